#!/usr/bin/env python3
"""Check Sun Commune's public ledger yourself, offline. One file; Python 3.9 or newer and the package "cryptography".

    python3 sunverify.py full https://site/ledger         copy the whole log and check it: signature, tree, every rule,
                                                          the public totals
    python3 sunverify.py fetch https://site/ledger DIR    copy it into DIR (a second time: what is new)
    python3 sunverify.py full DIR                         check the copy, offline
    python3 sunverify.py receipt FILE.json                check an entry's bundle: is my gift in the log, and what of it?
    python3 sunverify.py receipt FILE.tlog-proof LEAF [OPENINGS.json]
    python3 sunverify.py consistency OLD NEW PROOF        is the log of checkpoint OLD the beginning of NEW?

It keeps the last checkpoint that it has seen of each log (in ~/.sunverify, or where SUNVERIFY_HOME says) and says so if
the log ever went back on it: run it now and then, and you are a watcher. --key KEY names the log's key if you know it
from elsewhere (a poster, a newspaper), --witness KEY a witness's whose cosignature you ask for, --policy FILE a list of
witnesses with how many of them must have cosigned. What it cannot show: that what was entered is true.

It shares no code with the site, on purpose. Formats: RFC 9162 (tree), C2SP signed-note, tlog-checkpoint, tlog-tiles,
tlog-cosignature, tlog-proof.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

FIELDS = {"v", "kind", "uid", "at", "biz_date", "period", "amount_fen", "cur", "debit", "credit", "reverses",
          "payer_c", "memo_c", "doc_c"}  # fmt: skip
KEY_FIELDS = {"v", "kind", "at", "key", "state"}
#: What the two sides of an entry are, debit first.
ROLES = {
    "gift": ("bank", "purse"), "unmatched": ("bank", "suspense"), "matched": ("suspense", "purse"),
    "sent_back": ("suspense", "bank"), "moved": ("purse", "purse"), "refund": ("purse", "bank"),
    "spending": ("purse", "bank"), "advance": ("advance", "bank"), "settled": ("purse", "advance"),
    "advance_back": ("bank", "advance"), "goods": ("goods out", "goods in"),
}  # fmt: skip
HOLDING = ("purse", "suspense")
SMALL = 64 * 1024 * 1024


class Refused(Exception):
    """What does not fit, in one sentence."""


def need(holds: object, sentence: str) -> None:
    if not holds:
        raise Refused(sentence)


# The tree (RFC 9162)


def leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(roots: list[bytes], size: int, value: bytes) -> None:
    """Append a leaf's hash to the roots of a tree's full subtrees, the largest first."""
    roots.append(value)
    while size & 1:
        right = roots.pop()
        roots[-1] = node_hash(roots[-1], right)
        size >>= 1


def root_of(roots: list[bytes]) -> bytes:
    if not roots:
        return hashlib.sha256(b"").digest()
    found = roots[-1]
    for left in roots[-2::-1]:
        found = node_hash(left, found)
    return found


def walk(position: int, last: int, path: Iterable[bytes], first: bytes, second: bytes) -> tuple[bytes, bytes]:
    """Both proofs of RFC 9162 climb like this; gives the roots of the older and of the newer tree."""
    for sibling in path:
        need(last > 0, "The proof is longer than the tree is high.")
        if position & 1 or position == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        position, last = position >> 1, last >> 1
    need(last == 0, "The proof is shorter than the tree is high.")
    return first, second


def check_inclusion(index: int, size: int, value: bytes, proof: Sequence[bytes], root: bytes) -> None:
    need(0 <= index < size, "The leaf's place lies outside the tree.")
    _first, found = walk(index, size - 1, proof, value, value)
    need(found == root, "The leaf is not in the tree that was signed.")


def check_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    need(1 <= old_size <= new_size, "The older log is larger than the newer one: entries are gone.")
    if old_size == new_size:
        need(not proof and old_root == new_root, "Two logs of one size have different roots: history was rewritten.")
        return
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    need(path, "The proof is empty.")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    first, second = walk(position, last, path[1:], path[0], path[0])
    need(
        first == old_root and second == new_root, "The newer log does not begin with the older: history was rewritten."
    )


# Signed notes


def from_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Refused(f"A text that should be base64 is not: {text[:60]!r}") from None
    need(base64.b64encode(data).decode() == text, "A base64 text is spelt in an unusual way.")
    return data


class Key:
    """A C2SP verifier key: name+number+base64 of the kind (1 signs, 4 cosigns) and 32 bytes."""

    def __init__(self, text: str) -> None:
        name, _plus, rest = text.strip().partition("+")
        number, _plus, body = rest.partition("+")
        data = from_base64(body)
        self.text = text.strip()
        need(name and len(data) == 33 and data[0] in (1, 4), f"This is no verifier key: {text[:80]!r}")
        self.name, self.kind, self.public = name, data[0], data[1:]
        self.number = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        need(self.number.hex() == number, "The key's number does not fit the key.")

    def has_signed(self, text: str, signatures: Sequence[tuple[str, bytes]]) -> bool:
        return any(self._fits(text, data) for name, data in signatures if name == self.name and data[:4] == self.number)

    def _fits(self, text: str, data: bytes) -> bool:
        message, signature = text.encode(), data[4:]
        if self.kind == 4:
            if len(signature) != 72:
                return False
            time = int.from_bytes(signature[:8], "big")
            message, signature = ("cosignature/v1\ntime %d\n" % time).encode() + message, signature[8:]
        return is_signed(self.public, signature, message)


def is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise Refused('The package "cryptography" is missing: pip install cryptography') from None
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


class Checkpoint:
    """A signed checkpoint, opened with the log's keys (any one of them) and every witness that is asked for."""

    def __init__(self, data: bytes, keys: Sequence[Key], witnesses: Iterable[Key] = ()) -> None:
        try:
            whole = data.decode()
        except UnicodeDecodeError:
            raise Refused("The checkpoint is not text.") from None
        cut = whole.rfind("\n\n")
        need(cut >= 0 and whole.endswith("\n"), "The checkpoint has no signatures.")
        self.text, self.data = whole[: cut + 1], data
        lines = self.text.split("\n")
        need(len(lines) >= 4 and "" not in lines[:-1], "The checkpoint is not origin, size and root, a line each.")
        need(re.fullmatch("0|[1-9][0-9]{0,17}", lines[1]), "The checkpoint's size is no number.")
        self.origin, self.size, self.root = lines[0], int(lines[1]), from_base64(lines[2])
        need(len(self.root) == 32, "The checkpoint's root is no hash.")
        signatures = [self._signature(line) for line in whole[cut + 2 : -1].split("\n")]
        signed = any(
            key.kind == 1 and key.name == self.origin and key.has_signed(self.text, signatures) for key in keys
        )
        need(signed, "The checkpoint is not signed by the log's key.")
        for key in witnesses:
            need(
                key.has_signed(self.text, signatures),
                f"The witness {key.name} has not cosigned this checkpoint.",
            )
        self.signatures = signatures
        self.signers = [
            key.text for key in keys if key.name == self.origin and key.has_signed(self.text, signatures)
        ]  # fmt: skip

    @staticmethod
    def _signature(line: str) -> tuple[str, bytes]:
        need(line.startswith("\u2014 ") and line.count(" ") == 2, "A signature line of the checkpoint cannot be read.")
        _dash, name, data = line.split(" ")
        return name, from_base64(data)


# Witnesses (C2SP tlog-policy)


class Policy:
    def __init__(self, text: str) -> None:
        self.witnesses: dict[str, Key] = {}
        self.groups: dict[str, tuple[int, list[str]]] = {}
        self.quorum = ""
        for line in text.split("\n"):
            words = line.split()
            if not words or words[0].startswith("#") or words[0] == "log":
                continue
            known = {"none", *self.witnesses, *self.groups}
            if words[0] == "witness" and len(words) in (3, 4) and words[1] not in known:
                self.witnesses[words[1]] = Key(words[2])
            elif words[0] == "group" and len(words) >= 4 and words[1] not in known and {*words[3:]} <= known - {"none"}:
                count = {"all": str(len(words) - 3), "any": "1"}.get(words[2], words[2])
                need(re.fullmatch("[1-9][0-9]?", count) and int(count) <= len(set(words[3:])), "A group asks too much.")
                self.groups[words[1]] = (int(count), words[3:])
            elif words[0] == "quorum" and len(words) == 2 and words[1] in known and not self.quorum:
                self.quorum = words[1]
            else:
                raise Refused(f"A line of the policy cannot be read: {line[:80]!r}")
        need(self.quorum, "The policy has no line quorum.")

    def cosigners(self, checkpoint: Checkpoint) -> list[str]:
        return [name for name, key in self.witnesses.items() if key.has_signed(checkpoint.text, checkpoint.signatures)]

    def is_met(self, cosigners: Sequence[str], name: str = "") -> bool:
        name = name or self.quorum
        if name in self.groups:
            count, members = self.groups[name]
            return sum(self.is_met(cosigners, member) for member in members) >= count
        return name == "none" or name in cosigners


def tell_cosigners(checkpoint: Checkpoint, own: Policy | None, sites: Policy | None) -> None:
    """``own`` was given by whoever asks, and must be met; ``sites`` is the site's own list, and only told."""
    policy = own or sites
    if policy is None:
        return
    cosigners = policy.cosigners(checkpoint)
    need(own is None or own.is_met(cosigners), "Too few of the witnesses in your policy have cosigned this checkpoint.")
    whose = "your list" if own else "the site's own list"
    print("cosigned by %d of %d witnesses on %s: %s" % (
        len(cosigners), len(policy.witnesses), whose, ", ".join(cosigners) or "nobody"))  # fmt: skip
    if not policy.is_met(cosigners):
        print("note: that is fewer than the list itself asks for")


# Remembering: each user is a watcher


def memory(origin: str) -> Path:
    folder = Path(os.environ.get("SUNVERIFY_HOME") or Path.home() / ".sunverify")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / (hashlib.sha256(origin.encode()).hexdigest()[:32] + ".json")


def check_memory(checkpoint: Checkpoint, roots_at: Callable[[int], bytes | None]) -> str:
    """Compare with what was seen before. ``roots_at(size)`` gives the root of an earlier size, or None if unknown."""
    path = memory(checkpoint.origin)
    if path.exists():
        before = json.loads(path.read_text())
        if before["size"] > checkpoint.size:
            raise Refused("On an earlier visit this log had %d entries, now %d: entries are gone. Keep %s as evidence."
                          % (before["size"], checkpoint.size, path))  # fmt: skip
        root = roots_at(before["size"])
        if root is None:
            return "the checkpoint of an earlier visit could not be compared (run: full)"
        need(root.hex() == before["root"], "This log is not what it was on an earlier visit: history was rewritten. "
             f"Keep {path} as evidence.")  # fmt: skip
        told = "consistent with all earlier visits from this computer"
    else:
        told = "the first visit from this computer: from now on any change of the past will be noticed here"
    new = path.with_suffix(".new")
    new.write_text(json.dumps({"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex(),
                               "keys": checkpoint.signers, "checkpoint": checkpoint.data.decode()}))  # fmt: skip
    new.replace(path)
    return told


def remembered(origin: str) -> dict[str, Any]:
    path = memory(origin)
    kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"size": 0, "keys": []}
    return kept


# The books


class Wrong(Refused):
    """What is wrong with one entry; its place is put before the sentence."""


def rule(holds: object, sentence: str) -> None:
    if not holds:
        raise Wrong(sentence)


#: An entry as nearly all are: canonical JSON without an escaped character. What is spelt otherwise is read the long way.
_TEXT, _DIGEST = r'"([ !#-\[\]-~]*)"', '"(?:[0-9a-f]{64})?"'
USUAL = re.compile(
    r'\{"amount_fen":([1-9][0-9]{0,11}),"at":"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z",'
    rf'"biz_date":"([0-9]{{4}}-[01][0-9]-[0-3][0-9])","credit":{_TEXT},"cur":"CNY","debit":{_TEXT},"doc_c":{_DIGEST},'
    rf'"kind":"({"|".join(ROLES)})","memo_c":{_DIGEST},"payer_c":{_DIGEST},"period":"([0-9]{{4}}-[01][0-9])",'
    rf'"reverses":{_TEXT},"uid":{_TEXT},"v":1\}}'
)


class Books:
    """Plays the leaves in their order and refuses what no sound book would hold.

    Of each entry two numbers are kept, hashes (with Python's secret of this run) of its number and of what its reversal
    would have to mirror: a million entries fit into some hundred megabytes.
    """

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        self.reversed: set[str] = set()
        self.roles: dict[str, str] = {}
        self.balance: dict[str, int] = {}
        self.posted: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.closed = ""
        self.begun: list[str] = []
        self.ended: list[str] = []

    def add(self, number: int, data: bytes) -> None:
        usual = USUAL.fullmatch(data.decode("latin-1"))
        try:
            if usual:
                fen, *said = usual.groups()
                self._book(int(fen), *said)
            else:
                self._read(data)
        except Wrong as reason:
            raise Refused("Entry %d of the log %s" % (number, reason)) from None

    def _read(self, data: bytes) -> None:
        try:
            leaf = json.loads(data)
        except ValueError:
            raise Wrong("is no JSON.") from None
        plain = isinstance(leaf, dict) and json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode() == data
        rule(plain, "is not canonical JSON.")
        kind = leaf.get("kind")
        fields = KEY_FIELDS if kind == "key" else FIELDS
        rule(set(leaf) == fields and leaf["v"] == 1, "has other fields than it may have.")
        texts = all(isinstance(value, str) for name, value in leaf.items() if name not in ("v", "amount_fen"))
        moment = re.fullmatch(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z", str(leaf["at"]))
        rule(texts and moment and type(leaf["v"]) is int, "says something that cannot be read.")
        if kind == "key":
            self._change_key(leaf)
        elif kind == "close":
            self._close(leaf)
        else:
            self._enter(leaf)

    def _close(self, leaf: dict[str, Any]) -> None:
        empty = ("debit", "credit", "reverses", "payer_c", "doc_c")
        rule(re.fullmatch("[0-9]{4}-[01][0-9]", leaf["period"]) and leaf["uid"] == leaf["period"]
             and leaf["biz_date"][:7] == leaf["period"] and leaf["amount_fen"] == 0 and leaf["cur"] == "CNY"
             and not any(leaf[name] for name in empty) and re.fullmatch("[0-9a-f]{64}", leaf["memo_c"]),
             "closes no month.")  # fmt: skip
        rule(leaf["period"] > self.closed, "closes a period twice.")
        self.closed = leaf["period"]

    def _change_key(self, leaf: dict[str, Any]) -> None:
        key = Key(leaf["key"]).text
        if leaf["state"] == "begins":
            rule(key not in self.begun, "lets a key begin twice.")
            self.begun.append(key)
        else:
            rule(leaf["state"] == "ends" and key in self.begun and key not in self.ended,
                 "ends a key that did not sign.")  # fmt: skip
            self.ended.append(key)

    def _enter(self, leaf: dict[str, Any]) -> None:
        """An entry in an unusual spelling: what USUAL asks of the others, one by one."""
        kind, fen = leaf["kind"], leaf["amount_fen"]
        rule(re.fullmatch("[0-9]{4}-[01][0-9]-[0-3][0-9]", leaf["biz_date"]), "has no proper day.")
        rule(re.fullmatch("[0-9]{4}-[01][0-9]", leaf["period"]), "falls into no month.")
        rule(all(re.fullmatch("([0-9a-f]{64})?", leaf[name]) for name in ("payer_c", "memo_c", "doc_c")),
             "commits to nothing that can be opened.")  # fmt: skip
        rule(kind in ROLES, "is of an unknown kind.")
        rule(type(fen) is int and fen >= 1 and leaf["cur"] == "CNY", "has no proper amount.")
        self._book(fen, *(leaf[name] for name in ("biz_date", "credit", "debit", "kind", "period", "reverses", "uid")))

    def _book(self, fen: int, *said: str) -> None:
        biz_date, credit, debit, kind, period, reverses, uid = said  # as USUAL gives them
        rule(uid and debit and credit, "has no number or no account.")
        rule(fen <= 10**11, "has no proper amount.")
        mark = hash(uid)
        rule(mark not in self.seen, "has a number that was used before.")
        rule(debit != credit, "moves money from an account to itself.")
        rule(period >= biz_date[:7] and period > self.closed, "falls into a closed period.")
        out, into = ROLES[kind]
        if reverses:
            mirror = hash((reverses, kind, fen, credit, debit))
            rule(self.seen.get(hash(reverses)) == mirror, "is no exact mirror of what it takes back.")
            rule(reverses not in self.reversed, "takes something back a second time.")
            self.reversed.add(reverses)
            out, into = into, out
        self.seen[mark] = 0 if reverses else hash((uid, kind, fen, debit, credit))
        roles, balance = self.roles, self.balance
        fits = roles.setdefault(debit, out) == out and roles.setdefault(credit, into) == into
        rule(fits, "uses an account for something else.")
        left = balance[debit] = balance.get(debit, 0) - fen
        filled = balance[credit] = balance.get(credit, 0) + fen
        rule(left >= 0 or out not in HOLDING, "takes more out of a fund than it holds.")
        rule(filled <= 0 or into != "advance", "settles more than was advanced.")
        sums = self.taken if reverses else self.posted
        sums[kind] = sums.get(kind, 0) + fen

    def totals(self) -> dict[str, int]:
        net = {kind: self.posted.get(kind, 0) - self.taken.get(kind, 0) for kind in ROLES}
        total = {
            "raised": net["gift"] + net["matched"],
            "spent": net["spending"] + net["settled"],
            "refunded": net["refund"],
            "advanced": net["advance"] - net["settled"] - net["advance_back"],
            "unmatched": net["unmatched"] - net["matched"] - net["sent_back"],
            "goods": net["goods"],
            "entries_count": len(self.seen),
        }
        total["held"] = total["raised"] - total["spent"] - total["refunded"]
        bank = sum(-fen for account, fen in self.balance.items() if self.roles[account] == "bank")
        need(bank == total["held"] - total["advanced"] + total["unmatched"], "Funds and bank account do not agree.")
        return total


# A copy of the log


def tile_path(level: int | str, number: int, width: int) -> str:
    digits = "%03d" % number
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return "tile/{}/{}{}".format(level, name, "" if width == 256 else ".p/%d" % width)


def paths_of(size: int) -> Iterator[str]:
    """Addresses of all tiles and entry bundles of a log of this size."""
    level, count = 0, size
    while count:
        for number in range(-(-count // 256)):
            width = min(256, count - number * 256)
            yield tile_path(level, number, width)
            if level == 0:
                yield tile_path("entries", number, width)
        level, count = level + 1, count // 256


def fetch(address: str, folder: Path) -> None:
    """The log may grow meanwhile: the totals must be those of the very checkpoint, else what is new is fetched too."""
    folder.mkdir(parents=True, exist_ok=True)
    for _try in range(20):
        key, data = get(address, "key"), get(address, "checkpoint")
        checkpoint = Checkpoint(data, read_keys(key))
        for path in paths_of(checkpoint.size):
            target = folder / path
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                new = target.with_name(target.name + ".new")
                new.write_bytes(get(address, path))
                new.replace(target)
        summary = get(address, "summary.json")
        if json.loads(summary).get("size") == checkpoint.size:
            break
    else:
        raise Refused("The site's totals are never of the checkpoint's size; try again.")
    files = {"key": key, "policy": get(address, "policy"), "summary.json": summary, "checkpoint": data}
    for name, content in files.items():  # the checkpoint last: a copy that broke off has none, or an older one
        (folder / name).write_bytes(content)
    print("copied %d entries of %s" % (checkpoint.size, checkpoint.origin))


def read_keys(data: bytes) -> list[Key]:
    return [Key(line) for line in data.decode().split("\n") if line.strip()]


def get(address: str, path: str) -> bytes:
    need(re.match("https?://", address), "The address begins with http:// or https://.")
    import urllib.request  # here and below: what only some visits need, and takes long to be loaded

    with urllib.request.urlopen(address.rstrip("/") + "/" + path, timeout=60) as answer:  # noqa: S310 - checked above
        data: bytes = answer.read(SMALL + 1)
    need(len(data) <= SMALL, f"{path} is too large.")
    return data


def entries_of(folder: Path, size: int) -> Iterator[bytes]:
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        path = folder / tile_path("entries", number, width)
        data = read(path)
        at = 0
        for _count in range(width):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            need(len(data) >= end >= at + 2, f"{path.name} ends inside an entry.")
            yield data[at + 2 : end]
            at = end
        need(at == len(data), f"{path.name} holds more than its entries.")


def read(path: Path) -> bytes:
    need(path.is_file(), f"{path} is missing.")
    return path.read_bytes()


def check_full(folder: Path, keys: list[Key], witnesses: list[Key], policy: Policy | None = None) -> None:
    checkpoint = Checkpoint(read(folder / "checkpoint"), keys or read_keys(read(folder / "key")), witnesses)
    before = remembered(checkpoint.origin)
    wanted = before["size"]
    tree, books = Tree(folder), Books()
    seen: dict[int, bytes] = {}
    for number, leaf in enumerate(entries_of(folder, checkpoint.size)):
        if number == wanted:
            seen[number] = tree.root()
        tree.add(leaf_hash(leaf))
        books.add(number, leaf)
    seen[checkpoint.size] = tree.root()
    need(seen[checkpoint.size] == checkpoint.root, "The entries are not those that were signed.")
    tree.check_tiles()
    check_keys(checkpoint, books, [] if keys else before["keys"])
    totals = books.totals()
    check_summary(json.loads(read(folder / "summary.json")), checkpoint, totals)
    told = check_memory(checkpoint, seen.get)
    print("good: %d entries of %s, every rule holds, the site's totals are the entries' sums" % (
        checkpoint.size, checkpoint.origin))  # fmt: skip
    print(told)
    if not keys:
        print("note: the key is the one that the site itself names; compare it with the poster or the newspaper:")
        print("  " + "\n  ".join(checkpoint.signers))
    path = folder / "policy"
    tell_cosigners(checkpoint, policy, Policy(path.read_text()) if path.exists() else None)
    for name, value in sorted(totals.items()):
        print("  %-14s %s" % (name, value if name == "entries_count" else "%d.%02d yuan" % divmod(value, 100)))


def check_keys(checkpoint: Checkpoint, books: Books, known: Sequence[str]) -> None:
    """A key may change only as the log itself says, under a past that somebody remembers."""
    valid = [key for key in checkpoint.signers if key in books.begun and key not in books.ended]
    need(valid or not books.begun, "The checkpoint is signed by no key that the log itself names.")
    if known and not set(known) & set(checkpoint.signers):
        need(valid, "The log is signed by another key than on your last visit, and the log itself does not say so.")
        print("note: the key has changed since your last visit, and the log says so")


def check_summary(summary: dict[str, Any], checkpoint: Checkpoint, totals: dict[str, int]) -> None:
    need(summary.get("size") == checkpoint.size, "The summary is of another size than the checkpoint.")
    need(summary.get("origin") == checkpoint.origin and from_base64(summary["root"]) == checkpoint.root,
         "The summary is of another log than the checkpoint.")  # fmt: skip
    told = summary["totals"]
    need(set(told) == set(totals), "The summary names other totals than there are.")
    for name, value in totals.items():
        need(type(told[name]) is int and told[name] == value,
             f"The site says {name} = {told[name]}, the entries give {value}.")  # fmt: skip


class Tree:
    """The tree over the entries as they come: of each level only the tile that is not full yet is kept. The copy's tiles
    must be those, but what was signed is told first: the first one that is not waits for ``check_tiles``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[list[bytes]] = []
        self.full: list[int] = []
        self.wrong = ""

    def add(self, value: bytes, level: int = 0) -> None:
        if level == len(self.lines):
            self.lines.append([])
            self.full.append(0)
        line = self.lines[level]
        line.append(value)
        if len(line) < 256:
            return
        self._compare(level)
        self.lines[level], self.full[level] = [], self.full[level] + 1
        while len(line) > 1:
            line = list(map(node_hash, line[::2], line[1::2]))
        self.add(line[0], level + 1)

    def root(self) -> bytes:
        roots: list[bytes] = []
        for line in reversed(self.lines):
            part: list[bytes] = []
            for at, value in enumerate(line):
                grow(part, at, value)
            roots += part
        return root_of(roots)

    def _compare(self, level: int) -> None:
        line = self.lines[level]
        path = self.folder / tile_path(level, self.full[level], len(line))
        if not self.wrong and not (path.is_file() and path.read_bytes() == b"".join(line)):
            self.wrong = f"{path} is not what the entries give." if path.is_file() else f"{path} is missing."

    def check_tiles(self) -> None:
        for level, line in enumerate(self.lines):
            if line:
                self._compare(level)
        need(not self.wrong, self.wrong)


# A receipt


def read_proof(data: bytes) -> tuple[int, list[bytes], bytes]:
    head, empty, signed = data.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    need(lines[0] == "c2sp.org/tlog-proof@v1" and empty, "This is no proof file.")
    lines = [line for line in lines[1:] if not line.startswith("extra ")]
    need(lines and re.fullmatch("index (0|[1-9][0-9]{0,17})", lines[0]), "The proof names no place.")
    hashes = [from_base64(line) for line in lines[1:]]
    need(all(len(value) == 32 for value in hashes) and len(hashes) < 64, "The proof holds what is no hash.")
    return int(lines[0][6:]), hashes, signed


def check_receipt(
    proof: bytes, leaf: bytes, openings: dict[str, dict[str, str]], keys: list[Key], witnesses: list[Key],
    *, policy: Policy | None = None,
) -> None:  # fmt: skip
    index, hashes, signed = read_proof(proof)
    checkpoint = Checkpoint(signed, keys, witnesses)
    check_inclusion(index, checkpoint.size, leaf_hash(leaf), hashes, checkpoint.root)
    said = json.loads(leaf)
    shown = {name: open_one(said, name, opening) for name, opening in sorted(openings.items())}
    before = remembered(checkpoint.origin)
    if before["size"] == checkpoint.size:
        need(before["root"] == checkpoint.root.hex(), "This checkpoint is not the one that you saw of this size: there "
             "are two histories. Keep both as evidence.")  # fmt: skip
    print("good: entry %d of %s, signed at %d entries" % (index, checkpoint.origin, checkpoint.size))
    tell_cosigners(checkpoint, policy, None)
    for name in ("kind", "uid", "biz_date", "reverses"):
        if said[name]:
            print("  %-14s %s" % (name, said[name]))
    print("  %-14s %d.%02d yuan" % ("amount", *divmod(said["amount_fen"], 100)))
    for name, value in shown.items():
        print(f"  {name:<14} {value}")


def open_one(said: dict[str, Any], name: str, opening: dict[str, str]) -> str:
    """The words behind a commitment, if they are the ones that were committed to."""
    salt = bytes.fromhex(opening["salt"])
    digest = hashlib.sha256(salt + opening["value"].encode()).hexdigest()
    right = len(salt) == 32 and set(opening) == {"salt", "value"} and digest == said.get(name + "_c")
    need(right, f"What is said of the {name} is not what was committed to.")
    return opening["value"]


def run_receipt(files: list[Path], keys: list[Key], witnesses: list[Key], policy: Policy | None) -> None:
    if len(files) == 1:
        bundle = json.loads(read(files[0]))
        need(bundle["proof"], "The log was not signed over this entry yet; take the file again in some minutes.")
        need(bundle["uid"] == json.loads(bundle["leaf"])["uid"], "The bundle's number is not the leaf's.")
        proof, leaf = bundle["proof"].encode(), bundle["leaf"].encode()
        openings, own = bundle.get("openings", {}), [Key(text) for text in bundle.get("keys", [])]
    else:
        need(2 <= len(files) <= 3, "receipt takes one bundle, or a proof, a leaf and perhaps openings.")
        proof, leaf = read(files[0]), read(files[1])
        openings, own = json.loads(read(files[2])) if len(files) == 3 else {}, []
    need(keys or own, "Name the log's key: --key KEY (it stands on the site under /ledger/key).")
    if not keys:
        print("note: the key is the one that the bundle itself names; compare it with the poster or the newspaper:")
        print("  " + "\n  ".join(bundle["keys"]))
    check_receipt(proof, leaf, openings, keys or own, witnesses, policy=policy)


def run_full(where: str, keys: list[Key], witnesses: list[Key], policy: Policy | None) -> None:
    if not re.match("https?://", where):
        check_full(Path(where), keys, witnesses, policy)
        return
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        fetch(where, Path(folder))
        check_full(Path(folder), keys, witnesses, policy)


def run_consistency(files: list[Path], keys: list[Key], witnesses: list[Key]) -> None:
    need(len(files) == 3, "consistency takes an old checkpoint, a new one, and the proof.")
    need(keys, "Name the log's key: --key KEY.")
    old, new = (Checkpoint(read(path), keys, witnesses) for path in files[:2])
    need(old.origin == new.origin, "The two checkpoints are of two logs.")
    proof = [from_base64(line) for line in read(files[2]).decode().split()]
    check_consistency(old.size, old.root, new.size, new.root, proof)
    print("good: %d entries are the beginning of %d" % (old.size, new.size))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fetch", "full", "receipt", "consistency"])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--key", action="append", default=[], help="the log's verifier key; may be given again")
    parser.add_argument("--witness", action="append", default=[], help="a witness's key that must have cosigned")
    parser.add_argument("--policy", type=Path, help="a file of witnesses and how many must have cosigned (tlog-policy)")
    options = parser.parse_args(arguments)
    try:
        keys, witnesses = [Key(text) for text in options.key], [Key(text) for text in options.witness]
        policy = Policy(options.policy.read_text()) if options.policy else None
        files = [Path(name) for name in options.files]
        if options.what == "fetch":
            need(len(files) == 2, "fetch takes the ledger's address and a folder.")
            fetch(options.files[0], files[1])
        elif options.what == "full":
            need(len(files) == 1, "full takes the ledger's address, or a folder.")
            run_full(options.files[0], keys, witnesses, policy)
        elif options.what == "receipt":
            run_receipt(files, keys, witnesses, policy)
        else:
            run_consistency(files, keys, witnesses)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads what this prints has seen enough; nothing is wrong with the log
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    except Refused as reason:
        print(f"REFUSED: {reason}", file=sys.stderr)
        return 1
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as reason:
        print(f"REFUSED: the files cannot be read ({type(reason).__name__}: {reason})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
