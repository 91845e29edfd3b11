"""Witnesses: a real one in a process of its own cosigns what only grows, and refuses everything else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient

from sun_commune.transparency import merkle, notes, published, sunwitness
from sun_commune.transparency.notes import Checkpoint, Key, Malformed, Note
from sun_commune.transparency.quorum import Policy
from sun_commune.transparency.signer import __main__ as commands
from sun_commune.transparency.signer import asking
from sun_commune.transparency.signer.state import Refusal, State, Usage
from tests.transparency.site import ORIGIN, Signing, grow

NAME = "village.example/witness"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG_KEY = notes.key_of(ORIGIN, PRIVATE)
LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(40)]


def checkpoint(
    size: int, *, leaves: list[bytes] = LEAVES, origin: str = ORIGIN, private: Ed25519PrivateKey = PRIVATE
) -> bytes:
    text = Checkpoint(origin, size, merkle.root_of(leaves[:size])).text
    return str(Note(text, (notes.sign(text, notes.key_of(origin, private), private),))).encode()


def request(old: int, size: int, *, proof: list[bytes] | None = None, note: bytes | None = None) -> bytes:
    def read(start: int, height: int) -> bytes:
        return merkle.root_of(LEAVES[start : start + (1 << height)])

    if proof is None:
        proof = merkle.consistency_proof(old, size, read) if 0 < old < size else []
    lines = [f"old {old}", *map(notes.to_base64, proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + (note or checkpoint(size))


@pytest.fixture
def witness(tmp_path: Path) -> sunwitness.Witness:
    folder = tmp_path / "witness"
    sunwitness.init(folder, NAME)
    sunwitness.trust(folder, str(LOG_KEY))
    return sunwitness.Witness(folder)


def status_of(witness: sunwitness.Witness, body: bytes) -> int:
    before = witness.last(ORIGIN)
    with pytest.raises(sunwitness.Refused) as refused:
        witness.cosign(body)
    assert witness.last(ORIGIN) == before
    return refused.value.status


def test_cosigns_what_grows(witness: sunwitness.Witness) -> None:
    for old, size in ((0, 3), (3, 3), (3, 8), (8, 21), (21, 40)):
        line = witness.cosign(request(old, size))
        note = Note.read(checkpoint(size)).plus(notes.Signature.read(line.rstrip("\n")))
        assert Key.read(witness.key).cosigned_at(note) is not None
        assert sunwitness.Witness(witness.folder).last(ORIGIN)["size"] == size


def test_refuses_everything_else(witness: sunwitness.Witness) -> None:
    witness.cosign(request(0, 8))
    other = [merkle.leaf_hash(bytes([number, 1])) for number in range(40)]
    assert status_of(witness, request(8, 3)) == 400  # smaller
    assert status_of(witness, request(3, 5)) == 409  # rolled back
    assert status_of(witness, request(0, 40)) == 409
    assert status_of(witness, request(8, 8, note=checkpoint(8, leaves=other))) == 409  # a fork of one size
    assert status_of(witness, request(8, 40, note=checkpoint(40, leaves=other))) == 422  # a fork further on
    assert status_of(witness, request(8, 40, proof=[])) == 422
    assert status_of(witness, request(8, 8, proof=[LEAVES[0]])) == 422
    assert status_of(witness, request(8, 40, note=checkpoint(40, origin="other.example"))) == 404
    stranger = Ed25519PrivateKey.generate()
    assert status_of(witness, request(8, 40, note=checkpoint(40, private=stranger))) == 403
    assert witness.cosign(request(8, 40))


@pytest.mark.parametrize(
    "spoil",
    [lambda body: b"", lambda body: body.replace(b"old 8", b"old 08"), lambda body: body.replace(b"old", b"new"),
     lambda body: body.replace(b"\n\n", b"\n"), lambda body: body[:-1], lambda body: body + b"\xff",
     lambda body: body.replace(b"\n40\n", b"\n+40\n"), lambda body: body.replace(b"=", b"", 1),
     lambda body: b"old 8\n" * 70 + body],
)  # fmt: skip
def test_what_is_no_request(witness: sunwitness.Witness, spoil: object) -> None:
    witness.cosign(request(0, 8))
    assert status_of(witness, spoil(request(8, 40))) == 400  # type: ignore[operator]  # a function


def test_every_changed_bit_of_a_request_is_refused(witness: sunwitness.Witness) -> None:
    witness.cosign(request(0, 8))
    good = request(8, 40)
    text, _signature = good.split(b"\xe2\x80\x94")
    for at in range(len(text)):
        changed = bytearray(good)
        changed[at] ^= 1
        assert status_of(witness, bytes(changed)) in {400, 403, 404, 409, 422}, at
    assert witness.cosign(good)


def test_two_requests_at_once_sign_one_history(witness: sunwitness.Witness) -> None:
    """Each of two forks is offered in many threads; all that is signed lies on one line."""
    other = LEAVES[:8] + [merkle.leaf_hash(bytes([number, 2])) for number in range(32)]
    witness.cosign(request(0, 8))

    def read_other(start: int, height: int) -> bytes:
        return merkle.root_of(other[start : start + (1 << height)])

    fork = request(8, 30, proof=merkle.consistency_proof(8, 30, read_other), note=checkpoint(30, leaves=other))
    signed: list[int] = []

    def ask(number: int) -> None:
        body = request(8, 30) if number % 2 else fork
        try:
            witness.cosign(body)
        except sunwitness.Refused:
            return
        signed.append(number % 2)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(signed) == 1


def test_what_cannot_be_kept_is_not_signed(witness: sunwitness.Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sunwitness.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        witness.cosign(request(0, 8))
    monkeypatch.undo()
    assert witness.last(ORIGIN)["size"] == 0


class Serving:
    """sunwitness.py in a process of its own, as a village would run it."""

    def __init__(self, folder: Path, log_key: str, name: str = NAME) -> None:
        self.folder = folder
        self.key = self.command("init", str(folder), name).stdout.strip()
        self.command("trust", str(folder), log_key)
        self.process = subprocess.Popen(
            [sys.executable, sunwitness.__file__, "serve", str(folder), "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
        )  # fmt: skip
        assert self.process.stdout
        assert self.key in self.process.stdout.readline()
        found = re.search(r"listens on 127\.0\.0\.1:(\d+)", self.process.stdout.readline())
        assert found
        self.url = f"http://127.0.0.1:{found[1]}"

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, sunwitness.__file__, *arguments],
            capture_output=True, encoding="utf-8", check=False, timeout=60,
        )  # fmt: skip

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def serving(signing: Signing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    made = Serving(tmp_path / "village", str(signing.key))
    (signing.state / "policy").write_text(f"witness village {made.key} {made.url}\nquorum village\n")
    yield made
    made.end()


def test_the_signer_collects_cosignatures(signing: Signing, serving: Serving) -> None:
    for count in (3, 1, 300):
        grow(count)
        signing.settle()
        seal = published.seal()
        assert (seal.cosigners, seal.is_witnessed) == (["village"], True), signing.said
    assert State.read(signing.state).witnessed == {serving.key: published.seal().size}


def test_a_silent_witness_delays_nothing(signing: Signing, serving: Serving) -> None:
    grow(2)
    serving.process.kill()
    serving.process.wait()
    assert signing.settle().size == 3
    assert not published.seal().is_witnessed
    assert any("village has not cosigned" in words for words in signing.said)


def test_a_witness_that_comes_back_is_asked_again(signing: Signing, serving: Serving) -> None:
    policy = (signing.state / "policy").read_text()
    (signing.state / "policy").write_text(policy.replace(serving.url, "http://127.0.0.1:9"))
    grow(2)
    signing.settle()
    assert published.seal().cosigners == []
    (signing.state / "policy").write_text(policy)
    signing.sign()
    assert published.seal().cosigners == ["village"]


def test_a_forgotten_size_is_learnt_from_the_witness(signing: Signing, serving: Serving) -> None:
    grow(2)
    signing.settle()
    kept = State.read(signing.state)
    kept.witnessed = {}
    kept.write()
    grow(5)
    signing.seal_and_sign()
    assert published.seal().cosigners == ["village"]


def test_a_witness_that_saw_more_stops_the_signer(signing: Signing, serving: Serving) -> None:
    """The signer's folder and what it published were both restored from an old copy; the witness was not."""
    grow(2)
    signing.settle()
    last = next(serving.folder.glob("last-*.json"))
    kept = json.loads(last.read_text())
    last.write_text(json.dumps({**kept, "size": 99}))
    grow(1)
    before = published.read("checkpoint")
    with pytest.raises(Refusal, match="has cosigned 99 leaves"):
        signing.seal_and_sign()
    assert published.read("checkpoint") == before


def test_a_witness_that_saw_another_history_stops_the_signer(signing: Signing, serving: Serving) -> None:
    grow(2)
    signing.settle()
    last = next(serving.folder.glob("last-*.json"))
    kept = json.loads(last.read_text())
    last.write_text(json.dumps({**kept, "root": "11" * 32}))
    grow(1)
    with pytest.raises(Refusal, match="another history"):
        signing.seal_and_sign()
    assert published.seal().state == "refused"


class Liar(BaseHTTPRequestHandler):
    answer = (200, "")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""


@pytest.mark.parametrize(
    ("answer", "stops"),
    [((200, "— village.example/witness AAAAAAAAAAAAAAAA\n"), False), ((200, "hello"), False), ((200, ""), False),
     ((500, "broken"), False), ((404, "unknown"), False), ((403, "no"), False), ((409, "x"), True),
     ((409, "0\n"), True)],
)  # fmt: skip
def test_a_witness_that_talks_nonsense(
    signing: Signing, answer: tuple[int, str], stops: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = HTTPServer(("127.0.0.1", 0), type("ThisLiar", (Liar,), {"answer": answer}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        key = notes.key_of("village.example/witness", PRIVATE, notes.COSIGNER)
        url = f"http://127.0.0.1:{server.server_address[1]}"
        (signing.state / "policy").write_text(f"witness village {key} {url}\nquorum village\n")
        grow(1)
        if stops:
            with pytest.raises(Refusal):
                signing.seal_and_sign()
        else:
            assert signing.seal_and_sign().size == 1
            assert not published.seal().is_witnessed
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_witness_by_hand(signing: Signing, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """The request goes on a stick to a machine without a network, and the line comes back by mail."""
    folder = tmp_path / "newspaper"
    key = Serving.command(None, "init", str(folder), "newspaper.example").stdout.strip()  # type: ignore[arg-type]
    Serving.command(None, "trust", str(folder), str(signing.key))  # type: ignore[arg-type]
    (signing.state / "policy").write_text(f"witness newspaper {key}\nquorum newspaper\n")
    where = ["--state", str(signing.state), "--publish", str(signing.publish)]
    known = 0
    for _round in range(2):
        grow(3)
        size = signing.settle().size
        capfdbinary.readouterr()
        asked = ["request", *where, "--database", signing.url, "--witness", "newspaper", "--known", str(known)]
        assert commands.main(asked) == 0
        (tmp_path / "request").write_bytes(capfdbinary.readouterr().out)
        done = Serving.command(None, "sign", str(folder), str(tmp_path / "request"))  # type: ignore[arg-type]
        assert done.returncode == 0, done.stderr
        assert published.seal().cosigners == []
        (tmp_path / "lines").write_text(done.stdout)
        assert commands.main(["cosigned", *where, str(tmp_path / "lines")]) == 0
        assert published.seal().cosigners == ["newspaper"]
        assert commands.main(["cosigned", *where, str(tmp_path / "lines")]) == 1  # nothing new
        signing.sign()
        assert published.seal().cosigners == ["newspaper"]  # and the signer keeps it
        known = size


def test_a_witness_that_visits(
    signing: Signing, tmp_path: Path, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "school"
    sunwitness.init(folder, "school.example")
    sunwitness.trust(folder, str(signing.key))
    monkeypatch.setattr(sunwitness, "get", lambda _address, path: client.get(f"/ledger/{path}").data)
    witness = sunwitness.Witness(folder)
    for count in (2, 5):
        grow(count)
        signing.settle()
        line = sunwitness.visit(witness, "http://site/ledger")
        note = Note.read(published.read("checkpoint") or b"").plus(notes.Signature.read(line.strip()))
        assert Key.read(witness.key).has_signed(note)
    monkeypatch.undo()


def a_witness(number: int) -> str:
    private = Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))
    return str(notes.key_of(f"w{number}.example", private, notes.COSIGNER))


A, B, C = (a_witness(number) for number in (1, 2, 3))
GROUP = f"witness a {A}\nwitness b {B} https://b.example/\nwitness c {C}\ngroup two 2 a b c\nquorum two\n"


def note_of(*numbers: int) -> Note:
    text = Checkpoint(ORIGIN, 1, bytes(32)).text
    note = Note(text, (notes.sign(text, LOG_KEY, PRIVATE),))
    for number in numbers:
        private = Ed25519PrivateKey.from_private_bytes(bytes([number] * 32))
        note = note.plus(notes.sign(text, notes.key_of(f"w{number}.example", private, notes.COSIGNER), private, at=9))
    return note


def test_a_quorum_of_two_of_three() -> None:
    policy = Policy.read(f"# outsiders\nlog {LOG_KEY} https://sun.example/ledger\n{GROUP}")
    assert (policy.wanted, len(policy.witnesses), policy.witnesses["b"].url) == (2, 3, "https://b.example")
    for numbers, is_met in (((), False), ((1,), False), ((1, 3), True), ((1, 2, 3), True), ((9, 8), False)):
        assert policy.is_met(note_of(*numbers)) is is_met, numbers
    assert Policy.read(policy.text([LOG_KEY])).is_met(note_of(2, 3))
    nested = Policy.read(GROUP.replace("quorum two", f"witness d {a_witness(4)}\ngroup all all two d\nquorum all"))
    assert nested.wanted == 3
    assert nested.is_met(note_of(1, 2, 4))
    assert not nested.is_met(note_of(1, 2, 3))
    assert Policy.read("quorum none").is_met(note_of())


@pytest.mark.parametrize(
    "text",
    ["", "quorum two", "quorum none\nquorum none", f"witness a {A}", GROUP + f"witness e {A}",
     GROUP.replace("2 a", "4 a"),
     GROUP.replace("2 a", "0 a"), GROUP.replace("a b c", "a b x"), GROUP.replace("a b c", "a a c"),
     GROUP.replace("group two", "group none"), GROUP.replace(A, str(LOG_KEY)), GROUP + "hello", f"log {A}\nquorum none",
     GROUP.replace("https://", "ftp://"), GROUP.replace("quorum two", "group x any a\nquorum x")],
)  # fmt: skip
def test_what_is_no_policy(text: str) -> None:
    with pytest.raises(Malformed):
        Policy.read(text)


def test_a_policy_that_cannot_be_read_signs_nothing(signing: Signing) -> None:
    (signing.state / "policy").write_text("quorum of elders\n")
    grow(1)
    with pytest.raises(Usage, match="line 1 of the policy"):
        signing.seal_and_sign()


def test_answers_are_taken_from_the_asked_witness_alone() -> None:
    policy = Policy.read(GROUP)
    lines = "".join(f"{signature}\n" for signature in note_of(1, 2).signatures[1:])
    (found,) = asking.read_cosignatures(lines, policy.witnesses["b"], note_of())
    assert found.name == "w2.example"
