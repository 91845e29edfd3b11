"""Asking witnesses for their cosignatures (C2SP tlog-witness, add-checkpoint)."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable

from sqlalchemy import Connection

from sun_commune.transparency import merkle, notes
from sun_commune.transparency.notes import Malformed, Note, Signature
from sun_commune.transparency.quorum import Policy, Witness
from sun_commune.transparency.signer.reading import tile_reader
from sun_commune.transparency.signer.state import Refusal, State

SECONDS_TO_ANSWER = 10
MAX_ANSWER = 100_000

#: (address, body) -> (status, answer). OSError when nobody answers.
Post = Callable[[str, bytes], tuple[int, str]]


def post(url: str, body: bytes) -> tuple[int, str]:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310 - Policy takes http and https alone
    try:
        with urllib.request.urlopen(request, timeout=SECONDS_TO_ANSWER) as answer:  # noqa: S310 - as above
            return answer.status, answer.read(MAX_ANSWER).decode("utf-8", "replace")
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read(MAX_ANSWER).decode("utf-8", "replace")
    except http.client.HTTPException as broken:
        raise OSError(str(broken)) from broken


def cosigned(
    connection: Connection, state: State, policy: Policy, note: Note, *, post: Post, say: Callable[[str], None]
) -> Note:
    """The note with the cosignatures of those witnesses that gave them. One that does not answer is told and asked
    again next time; Refusal when one has seen another history."""
    for witness in policy.witnesses.values():
        if witness.url and not witness.key.has_signed(note):
            try:
                note = note.plus(*ask(connection, state, witness, note, post=post))
                state.witnessed[str(witness.key)] = state.frontier.size
            except (OSError, Malformed) as reason:
                say(f"witness {witness.name} has not cosigned: {reason}")
    return note


def ask(connection: Connection, state: State, witness: Witness, note: Note, *, post: Post) -> list[Signature]:
    """OSError or Malformed for an answer that is no cosignature."""
    known = min(state.witnessed.get(str(witness.key), 0), state.frontier.size)
    status, answer = post(f"{witness.url}/add-checkpoint", request_of(connection, state, known, note))
    if status == 409:
        known = _size_seen(state, witness, answer, known)
        status, answer = post(f"{witness.url}/add-checkpoint", request_of(connection, state, known, note))
        if status == 409:  # somebody else asked in between, or it knows another root for this very size
            _size_seen(state, witness, answer, known)
    if status == 422:
        raise Refusal(f"the witness {witness.name} has seen another history of this log: {answer.strip()[:200]}")
    if status != 200:
        raise OSError(f"it answers {status}: {answer.strip()[:200]}")
    return read_cosignatures(answer, witness, note)


def _size_seen(state: State, witness: Witness, answer: str, asked: int) -> int:
    """What the witness says it cosigned last. Refusal if that is more than was ever signed here, or no other size than
    the one that was asked about: then it knows another root for it."""
    size = int(answer.strip()) if answer.strip().isdecimal() and len(answer) < 20 else -1
    if size > state.frontier.size:
        raise Refusal(f"the witness {witness.name} has cosigned {size} leaves, here are {state.frontier.size}")
    if size < 0 or size == asked:
        raise Refusal(f"the witness {witness.name} knows another root for this log (409: {answer.strip()[:40]})")
    return size


def request_of(connection: Connection, state: State, known: int, note: Note) -> bytes:
    """The body of add-checkpoint for a witness that cosigned ``known`` leaves last."""
    size, proof = state.frontier.size, list[bytes]()
    if 0 < known < size:
        read = tile_reader(connection, size)
        try:
            proof, root = merkle.consistency_proof(known, size, read), merkle.range_root(0, size, read)
        except ValueError as reason:
            raise Refusal(f"the site's tiles are not whole: {reason}") from reason
        if root != state.frontier.root():
            raise Refusal("the site's tiles are not those of the log that was signed")
    lines = [f"old {known}", *map(notes.to_base64, proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + str(note).encode()


def read_cosignatures(text: str, witness: Witness, note: Note) -> list[Signature]:
    """The witness's own among the lines. Malformed if none of them holds."""
    lines = [line for line in text.split("\n") if line]
    found = [Signature.read(line) for line in lines[: notes.MAX_SIGNATURES]]
    good = [signature for signature in found if witness.key.has_signed(Note(note.text, (signature,)))]
    if not good:
        raise Malformed("its answer holds no cosignature by its key under this checkpoint")
    return good
