"""The log as files for programs, outside the languages: C2SP tlog-tiles under ``/ledger``, proofs, and the two programs
to download. All of it is public, the same for everybody, and may be kept by whoever stands in between."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Blueprint, Response, jsonify, request

from sun_commune.core import access, kept, selfcheck
from sun_commune.core.errors import Missing
from sun_commune.transparency import evidence, merkle, notes, published, queries
from sun_commune.transparency.tiles import Tile, read_number, unpack_entries

blueprint = Blueprint("log", __name__)

FOR_EVER = "public, max-age=31536000, immutable"
SHORTLY = "public, max-age=10"
PROGRAMS = Path(__file__).parent
SUMMARY_SECONDS = 10
LEVELS = tuple("0123456")  # a tile of level 7 would be of more leaves than a position can count
LONGEST_NUMBER = len("x999/x999/x999/999.p/255")


def answer(data: bytes, *, keep: str = SHORTLY, media: str = "text/plain; charset=utf-8") -> Response:
    response = Response(data, content_type=media)
    response.headers["Cache-Control"] = keep
    response.headers["Access-Control-Allow-Origin"] = "*"  # public bytes: pages of other sites may check them too
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug's Response


def file_or_missing(name: str) -> Response:
    data = published.read(name)
    if data is None:
        raise Missing
    return answer(data)


@blueprint.get("/ledger/checkpoint")
@access.public
def show_checkpoint() -> Response:
    """What was signed last (C2SP tlog-checkpoint)."""
    return file_or_missing("checkpoint")


@blueprint.get("/ledger/key")
@access.public
def show_key() -> Response:
    """The log's verifier keys, one a line, the newest first."""
    return file_or_missing("key")


@blueprint.get("/ledger/policy")
@access.public
def show_policy() -> Response:
    """Key, witnesses and quorum (C2SP tlog-policy)."""
    return file_or_missing("policy")


@blueprint.get("/ledger/alarms")
@access.public
def show_alarms() -> Response:
    """Each time the signer refused, and why; empty as long as it never did."""
    return answer(published.read("alarms") or b"")


@blueprint.get("/ledger/checkpoints/<day>")
@access.public
def show_daily_checkpoint(day: str) -> Response:
    """What was signed last on a day."""
    data = published.read_day(day)
    if data is None:
        raise Missing
    return answer(data)


@blueprint.get("/ledger/tile/<level>/<path:number>")
@access.public
def show_tile(level: str, number: str) -> Response:
    """A tile of 256 hashes or fewer, or with ``entries`` for a level the leaves themselves (C2SP tlog-tiles)."""
    found = read_number(number) if len(number) <= LONGEST_NUMBER else None
    if found is None or (level != "entries" and level not in LEVELS):
        raise Missing
    tile = Tile(-1 if level == "entries" else int(level), *found)
    data = queries.tile_bytes(tile)
    whole = len(unpack_entries(data)) if tile.level < 0 else len(data) // merkle.HASH_BYTES
    if whole != tile.width:
        raise Missing
    return answer(data, keep=FOR_EVER, media="application/octet-stream")


@blueprint.get("/ledger/consistency/<old>/<new>")
@access.public
def show_consistency(old: str, new: str) -> Response:
    """That the first ``old`` leaves are the beginning of the first ``new``: hashes in base64, one a line."""
    sizes = [int(text) for text in (old, new) if re.fullmatch(r"[1-9][0-9]{0,9}", text, re.ASCII)]
    if len(sizes) != 2 or not sizes[0] <= sizes[1] <= queries.log_size():
        raise Missing
    proof = merkle.consistency_proof(sizes[0], sizes[1], queries.reader(sizes[1]))
    return answer("".join(f"{notes.to_base64(value)}\n" for value in proof).encode(), keep=FOR_EVER)


@blueprint.get("/ledger/summary.json")
@access.public
def show_summary() -> Response:
    """The public figures (fen) as the signed leaves give them, for a comparison with one's own sums."""
    shown = published.checkpoint()
    if shown is None:
        raise Missing
    size = shown.checkpoint.size
    summary = kept.keep(("log_summary", size), lambda: summary_at(size), seconds=SUMMARY_SECONDS)
    response = jsonify(origin=shown.checkpoint.origin, root=notes.to_base64(shown.checkpoint.root), **summary)
    response.headers["Cache-Control"] = SHORTLY
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def summary_at(size: int) -> dict[str, object]:
    with selfcheck.watch():
        totals = queries.totals_at(size)
    names = ("raised", "spent", "refunded", "held", "advanced", "unmatched", "goods", "entries_count")
    return {"size": size, "totals": {name: getattr(totals, name) for name in names}}


@blueprint.get("/ledger/proof/<uid>.tlog-proof")
@access.public
def download_proof(uid: str) -> Response:
    """The entry's place under the newest checkpoint (C2SP tlog-proof)."""
    return as_file(evidence_of(uid).proof, f"{uid}.tlog-proof")


@blueprint.get("/ledger/proof/<uid>.leaf")
@access.public
def download_leaf(uid: str) -> Response:
    """The entry's leaf, byte by byte as it was hashed."""
    return as_file(evidence_of(uid).leaf, f"{uid}.leaf")


@blueprint.get("/ledger/proof/<uid>.json")
@access.public
def download_evidence(uid: str) -> Response:
    """Leaf, proof and openings in one file, as ``sunverify.py receipt`` takes it."""
    response = jsonify(evidence_of(uid).bundle())
    response.headers["Cache-Control"] = SHORTLY
    response.headers.set("Content-Disposition", "attachment", filename=f"{uid}.json")
    return response


def evidence_of(uid: str) -> evidence.Evidence:
    found = evidence.of_transfer(uid) if uid.isascii() and uid.isalnum() else None
    if found is None:
        raise Missing
    return found


def as_file(data: bytes | None, name: str) -> Response:
    """404 while the entry is not signed yet."""
    if data is None:
        raise Missing
    response = answer(data)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@blueprint.get("/sunverify.py")
@access.public
def download_sunverify() -> Response:
    """The program with which anybody checks the log."""
    return program("sunverify.py")


@blueprint.get("/sunwitness.py")
@access.public
def download_sunwitness() -> Response:
    """The program with which anybody witnesses it."""
    return program("sunwitness.py")


def program(name: str) -> Response:
    response = answer((PROGRAMS / name).read_bytes(), media="text/x-python; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
