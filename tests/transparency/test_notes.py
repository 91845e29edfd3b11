"""Notes, checkpoints, cosignatures and proof files: written and read back, and refused when anything is changed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sun_commune.transparency import notes
from sun_commune.transparency.notes import COSIGNER, Checkpoint, Key, Malformed, Note, Proof, open_checkpoint

ORIGIN = "sun.example/ledger"
LOG = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
LOG_KEY = notes.key_of(ORIGIN, LOG)
WITNESS_KEY = notes.key_of("village.example/witness", OTHER, COSIGNER)
CHECKPOINT = Checkpoint(ORIGIN, 70_000, hashlib.sha256(b"tree").digest())
SIGNED = str(Note(CHECKPOINT.text, (notes.sign(CHECKPOINT.text, LOG_KEY, LOG),))).encode()


def test_a_checkpoint_is_five_lines() -> None:
    lines = SIGNED.decode().split("\n")
    assert lines[:2] == [ORIGIN, "70000"]
    assert base64.b64decode(lines[2]) == CHECKPOINT.root
    assert lines[3] == ""
    assert lines[4].startswith(f"— {ORIGIN} ")
    assert lines[5:] == [""]
    read, note = open_checkpoint(SIGNED, [LOG_KEY])
    assert read == CHECKPOINT
    assert str(note).encode() == SIGNED


def test_a_key_reads_back_and_knows_its_number() -> None:
    assert Key.read(str(LOG_KEY)) == LOG_KEY
    public = LOG.public_key().public_bytes_raw()
    assert LOG_KEY.id == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + public).digest()[:4]
    name, number, body = str(LOG_KEY).split("+", 2)
    for wrong in (f"{name}+00000000+{body}", f"{name}x+{number}+{body}", name, f"{name}+{number}+AAAA", ""):
        with pytest.raises(Malformed):
            Key.read(wrong)


def test_only_the_logs_own_key_opens_a_checkpoint() -> None:
    for keys in ([], [notes.key_of(ORIGIN, OTHER)], [notes.key_of("other.example", LOG)], [WITNESS_KEY]):
        with pytest.raises(Malformed, match="no signature"):
            open_checkpoint(SIGNED, keys)


def test_a_witness_cosigns_with_its_time() -> None:
    note = Note.read(SIGNED)
    cosigned = note.plus(notes.sign(note.text, WITNESS_KEY, OTHER, at=1_700_000_000))
    assert WITNESS_KEY.cosigned_at(Note.read(str(cosigned).encode())) == 1_700_000_000
    assert WITNESS_KEY.cosigned_at(note) is None
    assert cosigned.plus(cosigned.signatures[1]) == cosigned
    late = bytearray(base64.b64decode(str(cosigned.signatures[1]).rsplit(" ", 1)[1]))
    late[11] ^= 1  # the time says something else than what was signed
    forged = f"— {WITNESS_KEY.name} {base64.b64encode(late).decode()}\n"
    assert WITNESS_KEY.cosigned_at(Note.read(SIGNED + forged.encode())) is None


def test_every_changed_bit_is_noticed() -> None:
    for at in range(len(SIGNED)):
        for bit in (1, 4, 128):
            changed = bytearray(SIGNED)
            changed[at] ^= bit
            try:
                read, _note = open_checkpoint(bytes(changed), [LOG_KEY])
            except Malformed:
                continue
            pytest.fail(f"byte {at} changed by {bit} still opens: {read}")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"", lambda data: data[:-1], lambda data: data.replace(b"\n\n", b"\n"),
        lambda data: data.replace(b"70000", b"070000"), lambda data: data.replace(b"70000", b"-1"),
        lambda data: data.replace(b"70000", b"7e4"), lambda data: data + b"\n", lambda data: data + b"\xff\n",
        lambda data: data.replace(b"\n", b"\r\n"), lambda data: data + b"\xe2\x80\x94 name\n",
        lambda data: data + b"\xe2\x80\x94 name AAAA\n", lambda data: data + b"x" * 1_000_001,
        lambda data: data + "".join(f"— w{n}.example AAAAAAAA\n" for n in range(100)).encode(),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint(spoil: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Malformed):
        open_checkpoint(spoil(SIGNED), [LOG_KEY])


def test_unknown_signatures_do_no_harm() -> None:
    read, note = open_checkpoint(SIGNED + "— w.example AAAAAAAAAAA=\n".encode(), [LOG_KEY])
    assert (read, len(note.signatures)) == (CHECKPOINT, 2)


def test_extension_lines_are_kept() -> None:
    wide = Checkpoint(ORIGIN, 3, CHECKPOINT.root, ("time 1", "note"))
    assert Checkpoint.read(wide.text) == wide


def test_a_proof_file_reads_back() -> None:
    proof = Proof(5, (b"\x03" * 32, b"\x04" * 32), SIGNED)
    assert Proof.read(bytes(proof)) == proof
    assert bytes(proof).startswith(b"c2sp.org/tlog-proof@v1\nindex 5\n")
    alone = Proof(0, (), SIGNED)
    assert Proof.read(bytes(alone)) == alone
    extra = bytes(proof).replace(b"index", b"extra AAAA\nindex", 1)
    assert Proof.read(extra) == proof


@pytest.mark.parametrize(
    "data",
    [b"", b"c2sp.org/tlog-proof@v2\nindex 0\n\nx", b"c2sp.org/tlog-proof@v1\nindex x\n\nx",
     b"c2sp.org/tlog-proof@v1\nindex 00\n\nx", b"c2sp.org/tlog-proof@v1\nAAAA\n\nx",
     b"c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nx", b"c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\nx",
     b"c2sp.org/tlog-proof@v1\nindex 0\n", b"c2sp.org/tlog-proof@v1\n\nx",
     b"c2sp.org/tlog-proof@v1\nindex 0\n" + b"A" * 43 + b"=\n" * 70 + b"\nx"],
)  # fmt: skip
def test_what_is_no_proof(data: bytes) -> None:
    with pytest.raises(Malformed):
        Proof.read(data)
