#!/usr/bin/env python3
"""Witness Sun Commune's public ledger. One file; Python 3.9 or newer and the package "cryptography".

    python3 sunwitness.py init  FOLDER NAME           make a key of your own; prints the public one for the site
    python3 sunwitness.py trust FOLDER KEY            the log's key, as it stands on the site, a poster or a newspaper
    python3 sunwitness.py serve FOLDER --port 8090    answer the site's requests (C2SP tlog-witness, add-checkpoint)
    python3 sunwitness.py visit FOLDER https://site/ledger   look at the site and print the cosignature, to be mailed
    python3 sunwitness.py sign  FOLDER REQUEST        the same offline, by a file that the site's people give you

A witness signs a checkpoint only if the log has grown from the last one that it signed, nothing before being changed
(RFC 9162 consistency proof). It keeps the last checkpoint of each log in FOLDER, written before it answers. It needs to
know nothing of the books: two villages and a newspaper that do this are enough that no history can be shown twice.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import json
import os
import re
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

try:
    import fcntl
except ImportError:  # Windows: do not run two of these programs over one folder there
    fcntl = None  # type: ignore[assignment]

MAX_REQUEST = 1_000_000
LOCK = threading.Lock()


class Refused(Exception):
    """``status`` as tlog-witness wants it; ``body`` is the answer's text."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status, self.body = status, body


def from_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Refused(400, "not base64\n") from None
    if base64.b64encode(data).decode() != text:
        raise Refused(400, "base64 in an unusual spelling\n")
    return data


def key_number(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2, for 1 <= old < new."""
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path or any(len(value) != 32 for value in (old_root, new_root, *path)):
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


class Witness:
    """A folder with the witness's key, the logs that it knows, and what it signed last of each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = json.loads((folder / "witness.json").read_text())
        self.name, self.private = kept["name"], Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept["private"]))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def key(self) -> str:
        number = key_number(self.name, 4, self.public).hex()
        return f"{self.name}+{number}+{base64.b64encode(bytes([4]) + self.public).decode()}"

    def logs(self) -> dict[str, list[str]]:
        path = self.folder / "logs.json"
        found: dict[str, list[str]] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def state_path(self, origin: str) -> Path:
        return self.folder / f"last-{hashlib.sha256(origin.encode()).hexdigest()[:32]}.json"

    def last(self, origin: str) -> dict[str, Any]:
        path = self.state_path(origin)
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"size": 0, "root": ""}
        return found

    def cosign(self, request: bytes) -> str:
        """The signature line for a request of add-checkpoint. Refused with the status that the standard names."""
        old, proof, note = read_request(request)
        text, origin, size, root, signatures = read_checkpoint(note)
        keys = self.logs().get(origin)
        if keys is None:
            raise Refused(404, "this log is not known here\n")
        if not any(has_signed(key, text, signatures) for key in keys):
            raise Refused(403, "no signature by a known key of this log\n")
        if old > size:
            raise Refused(400, "the old size is larger than the checkpoint's\n")
        with self._alone():
            last = self.last(origin)
            if old != last["size"]:
                raise Refused(409, f"{last['size']}\n")
            self._check(last, size, root, proof)
            self._keep(origin, size, root, note)
        seconds = int(time.time())
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        data = key_number(self.name, 4, self.public) + seconds.to_bytes(8, "big") + self.private.sign(message)
        return f"\u2014 {self.name} {base64.b64encode(data).decode()}\n"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Between reading what was signed last and keeping the new, nobody else may sign: no thread and no process."""
        with LOCK, (self.folder / "lock").open("w") as file:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _check(self, last: dict[str, Any], size: int, root: bytes, proof: Sequence[bytes]) -> None:
        if last["size"] == size:
            if size and last["root"] != root.hex():
                raise Refused(409, f"{size}\n")
            if proof:
                raise Refused(422, "a proof between equal sizes is empty\n")
        elif last["size"] == 0:
            if proof:
                raise Refused(422, "a proof from nothing is empty\n")
        elif not is_consistent(last["size"], size, bytes.fromhex(last["root"]), root, proof):
            raise Refused(422, "the log does not continue what was signed before\n")

    def _keep(self, origin: str, size: int, root: bytes, note: bytes) -> None:
        """On the disk before anybody is told."""
        path = self.state_path(origin)
        new = path.with_suffix(".new")
        kept = {"origin": origin, "size": size, "root": root.hex(), "checkpoint": note.decode()}
        with new.open("w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)


def read_request(request: bytes) -> tuple[int, list[bytes], bytes]:
    """(old size, proof, checkpoint's note)"""
    head, empty, note = request.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    found = re.fullmatch("old (0|[1-9][0-9]{0,17})", lines[0])
    if not found or not empty or len(lines) > 64:
        raise Refused(400, "a request is: old SIZE, proof lines, an empty line, the checkpoint\n")
    return int(found[1]), [from_base64(line) for line in lines[1:]], note


def read_checkpoint(note: bytes) -> tuple[str, str, int, bytes, list[tuple[str, bytes]]]:
    """(signed text, origin, size, root, signatures)"""
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise Refused(400, "the checkpoint is not UTF-8\n") from None
    cut = whole.rfind("\n\n")
    lines = whole[: cut + 1].split("\n")
    if cut < 0 or not whole.endswith("\n") or len(lines) < 4 or not re.fullmatch("0|[1-9][0-9]{0,17}", lines[1]):
        raise Refused(400, "no checkpoint\n")
    root = from_base64(lines[2])
    if len(root) != 32:
        raise Refused(400, "the root is no hash\n")
    signatures = []
    for line in whole[cut + 2 : -1].split("\n")[:100]:
        dash, _space, rest = line.partition(" ")
        name, _space, data = rest.partition(" ")
        if dash != "\u2014" or not name or not data:
            raise Refused(400, "a signature line cannot be read\n")
        signatures.append((name, from_base64(data)))
    return whole[: cut + 1], lines[0], int(lines[1]), root, signatures


def read_key(text: str) -> tuple[str, bytes, bytes]:
    """(name, number, public key) of a log's verifier key; ValueError if it is none."""
    name, _plus, rest = text.strip().partition("+")
    number, _plus, body = rest.partition("+")
    data = base64.b64decode(body, validate=True)
    if len(data) != 33 or data[0] != 1 or key_number(name, 1, data[1:]).hex() != number:
        raise ValueError("this is no verifier key of a log")
    return name, bytes.fromhex(number), data[1:]


def has_signed(key: str, text: str, signatures: Sequence[tuple[str, bytes]]) -> bool:
    name, number, public = read_key(key)
    for signer, data in signatures:
        if signer == name and data[:4] == number:
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(data[4:], text.encode())
            except InvalidSignature:
                continue
            return True
    return False


def init(folder: Path, name: str) -> str:
    """A key of one's own; gives the public one."""
    if not re.fullmatch(r"[^\s+]{1,200}", name):
        raise SystemExit("A witness's name has no spaces and no plus, for example village.example/witness.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "witness.json"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"name": name, "private": Ed25519PrivateKey.generate().private_bytes_raw().hex()}, file)
    return Witness(folder).key


def trust(folder: Path, key: str) -> str:
    """The log's key, beside those that were known; gives what to tell."""
    name, _number, _public = read_key(key)
    logs = Witness(folder).logs()
    logs.setdefault(name, [])
    if key.strip() not in logs[name]:
        logs[name].append(key.strip())
    (folder / "logs.json").write_text(json.dumps(logs, indent=1))
    return f"{name}: {len(logs[name])} key(s)"


def serve(witness: Witness, host: str, port: int) -> None:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.path != "/add-checkpoint" or not re.fullmatch("[0-9]{1,9}", length) or int(length) > MAX_REQUEST:
                self._answer(404 if self.path != "/add-checkpoint" else 413, "")
                return
            try:
                self._answer(200, witness.cosign(self.rfile.read(int(length))))
            except Refused as reason:
                kind = "text/x.tlog.size" if reason.status == 409 else "text/plain; charset=utf-8"
                self._answer(reason.status, reason.body, kind)
            except OSError as reason:  # what cannot be kept is not signed
                self._answer(500, f"the witness cannot keep it: {reason}\n")

        def do_GET(self) -> None:
            self._answer(200, witness.key + "\n") if self.path == "/key" else self._answer(404, "")

        def _answer(self, status: int, body: str, kind: str = "text/plain; charset=utf-8") -> None:
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer((host, port), Handler)
    port = server.server_address[1]
    print(f"witness {witness.key}\nlistens on {host}:{port}", flush=True)
    server.serve_forever()


def visit(witness: Witness, address: str) -> str:
    """Build the request from what the site shows everybody, and answer it."""
    note = get(address, "checkpoint")
    _text, origin, size, _root, _signatures = read_checkpoint(note)
    old = witness.last(origin)["size"]
    proof = get(address, f"consistency/{old}/{size}").decode("ascii", "replace") if 0 < old < size else ""
    return witness.cosign(f"old {old}\n{proof}\n".encode() + note)


def get(address: str, path: str) -> bytes:
    if not re.match("https?://", address):
        raise Refused(400, "the address begins with http:// or https://\n")
    with urllib.request.urlopen(address.rstrip("/") + "/" + path, timeout=60) as answer:  # noqa: S310 - checked above
        data: bytes = answer.read(MAX_REQUEST)
    return data


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["init", "trust", "serve", "visit", "sign"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("argument", nargs="?", default="")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    options = parser.parse_args(arguments)
    try:
        if options.what == "init":
            print(init(options.folder, options.argument))
        elif options.what == "trust":
            print(trust(options.folder, options.argument))
        elif options.what == "serve":
            serve(Witness(options.folder), options.host, options.port)
        elif options.what == "visit":
            print(visit(Witness(options.folder), options.argument), end="")
        else:
            print(Witness(options.folder).cosign(Path(options.argument).read_bytes()), end="")
    except Refused as reason:
        print(f"REFUSED ({reason.status}): {reason.body.strip()}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as reason:
        print(f"REFUSED: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
