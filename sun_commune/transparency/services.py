"""Writing the log: a leaf in its entry's own transaction, places and tiles when the log is sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import and_, delete, func, insert, or_, select

from sun_commune.core.clock import now
from sun_commune.core.db import db, is_sqlite, table_of
from sun_commune.core.errors import Conflict
from sun_commune.core.events import announce
from sun_commune.ledger.models import Account, ClosedPeriod, Transfer, TransferKind
from sun_commune.ledger.papers import Voucher
from sun_commune.ledger.posting import month_after
from sun_commune.transparency import merkle, notes
from sun_commune.transparency.events import DailyRootRecorded, LogKeyChanged, LogSealed
from sun_commune.transparency.leaves import (
    Commitment,
    leaf_of_closing,
    leaf_of_entry,
    make_key_leaf,
    moment_words,
)
from sun_commune.transparency.models import (
    DailyRoot,
    KeyUse,
    LeafKind,
    LogLeaf,
    LogOpening,
    LogPlace,
    LogSeal,
    LogTile,
    LogWaiting,
    Opened,
)
from sun_commune.transparency.notes import Checkpoint, Key, Note
from sun_commune.transparency.queries import key_uses, log_size, reader, tile_hashes
from sun_commune.transparency.tiles import WIDTH
from sun_commune.uploads.models import Upload

BATCH = 10_000
SEAL_LOCK = 7_415_001  # PostgreSQL's advisory lock: one sealer at a time
#: Made once, of the tables and not of their classes: every posting writes them.
_INSERT_LEAF = insert(table_of(LogLeaf)).returning(table_of(LogLeaf).c.id)
_INSERT_WAITING = insert(table_of(LogWaiting))
_INSERT_OPENINGS = insert(table_of(LogOpening))


def write_leaf(transfer: Transfer) -> None:
    """The leaf of an entry that was just posted, with what it commits to."""
    entry = {column.key: getattr(transfer, column.key) for column in Transfer.__table__.columns}
    leaf, commitments = leaf_of_entry(
        entry,
        debit=db.session.get_one(Account, transfer.debit_id).code,
        credit=db.session.get_one(Account, transfer.credit_id).code,
        reverses=_reversed_uid(transfer),
        paper_sha256=_paper(transfer),
    )
    _store(LeafKind.TRANSFER, leaf, commitments, transfer_id=transfer.id)


def write_closing_leaf(closed: ClosedPeriod) -> None:
    """The leaf of a month that was just closed."""
    ends_on = date.fromisoformat(f"{month_after(closed.period)}-01") - timedelta(days=1)
    leaf, commitment = leaf_of_closing(
        period=closed.period, ends_on=ends_on, figures=closed.figures, moment=closed.closed_at
    )
    _store(LeafKind.CLOSE, leaf, {Opened.MEMO.value: commitment})


def _paper(transfer: Transfer) -> str:
    """Fingerprint of the voucher's paper."""
    if transfer.voucher_code is None:
        return ""
    paper = select(Upload.sha256).join(Voucher, Voucher.document_id == Upload.id)
    return db.session.execute(paper.where(Voucher.code == transfer.voucher_code)).scalar() or ""


def _reversed_uid(transfer: Transfer) -> str:
    if transfer.reverses_id is None:
        return ""
    return db.session.execute(select(Transfer.uid).where(Transfer.id == transfer.reverses_id)).scalar_one()


def forget_words(*, need_code: str) -> None:
    """Erase salt and words of what the leaves of a need's entries say in words: the leaves stay, and nobody can guess
    any more what stood behind them. The donor's shown name is the donor's and stays."""
    moved_to = and_(Transfer.kind == TransferKind.MOVED, Transfer.to_need_code == need_code)
    ours = (
        select(LogLeaf.id)
        .join(Transfer, Transfer.id == LogLeaf.transfer_id)
        .where(or_(Transfer.need_code == need_code, moved_to))
    )
    db.session.execute(delete(LogOpening).where(LogOpening.field != Opened.PAYER, LogOpening.leaf_id.in_(ours)))


def record_keys(*, published: Sequence[Key]) -> int:
    """Let the log say which keys sign it: a leaf for each key that is new among the published ones, and one for each
    that is gone. How many leaves that are; the caller's transaction."""
    current, known = {str(key): key for key in published}, key_uses()
    begins = [key for text, key in current.items() if text not in known]
    ends = [Key.read(text) for text, in_use in known.items() if in_use and text not in current]
    for key, state in [*((key, "begins") for key in reversed(begins)), *((key, "ends") for key in ends)]:
        leaf = make_key_leaf(at=moment_words(now()), key=str(key), state=state)
        leaf_id = _store(LeafKind.KEY, leaf, {})
        db.session.add(KeyUse(key=str(key), is_beginning=state == "begins", leaf_id=leaf_id))
        db.session.flush()
        announce(LogKeyChanged(actor_id=None, object_code=key.id.hex(), to_state=state))
    return len(begins) + len(ends)


def record_daily_root(*, day: date, note: Note) -> None:
    """Keep and announce the checkpoint that was signed last on ``day``. Conflict if it is not one of this log."""
    checkpoint = Checkpoint.read(note.text)
    if not 1 <= checkpoint.size <= log_size() or root_at(checkpoint.size) != checkpoint.root:
        raise Conflict(f"what was published on {day} is no checkpoint of this log")
    size, root = checkpoint.size, checkpoint.root
    db.session.add(DailyRoot(day=day, size=size, root=root, note=str(note), recorded_at=now()))
    db.session.flush()
    said = {"to_state": str(size), "reason": notes.to_base64(root)}
    announce(DailyRootRecorded(actor_id=None, object_code=day.isoformat(), **said))


def _store(
    kind: LeafKind, leaf: bytes, commitments: Mapping[str, Commitment], *, transfer_id: int | None = None
) -> int:
    """Its row id."""
    session = db.session()
    row = {"kind": kind, "transfer_id": transfer_id, "leaf": leaf, "hash": merkle.leaf_hash(leaf), "made_at": now()}
    leaf_id = int(session.execute(_INSERT_LEAF, row).scalar_one())
    session.execute(_INSERT_WAITING, {"leaf_id": leaf_id})
    openings = [
        {"leaf_id": leaf_id, "field": Opened(field), "salt": commitment.salt, "value": commitment.value}
        for field, commitment in commitments.items()
    ]
    if openings:
        session.execute(_INSERT_OPENINGS, openings)
    return leaf_id


def seal_log(*, most: int = BATCH) -> int:
    """Give the leaves that have none their places, in the order in which they were made; the new size.

    The caller's transaction holds the log's lock, so places have no gap. Nothing to seal changes nothing.
    """
    if not is_sqlite(db.session()):
        db.session.execute(select(func.pg_advisory_xact_lock(SEAL_LOCK)))
    size = log_size()
    waiting = db.session.execute(
        select(LogLeaf.id, LogLeaf.hash).join(LogWaiting, LogWaiting.leaf_id == LogLeaf.id)
        .order_by(LogLeaf.id).limit(most)
    ).all()  # fmt: skip
    if not waiting:
        return size
    places = [{"position": size + at, "leaf_id": row.id} for at, row in enumerate(waiting)]
    db.session.execute(insert(table_of(LogPlace)), places)
    # Whoever posts a lower number later waits for the next sealing: what is sealed here is exactly what was read.
    for at in range(0, len(waiting), 500):
        some = [row.id for row in waiting[at : at + 500]]
        db.session.execute(delete(LogWaiting).where(LogWaiting.leaf_id.in_(some)))
    grown = size + len(waiting)
    _fill_tiles(size, [row.hash for row in waiting])
    db.session.add(LogSeal(size=grown, root=root_at(grown), sealed_at=now()))
    db.session.flush()
    announce(LogSealed(actor_id=None, object_code="log", to_state=str(grown)))
    return grown


def _fill_tiles(size: int, new: Sequence[bytes]) -> None:
    """Store each tile that became full; its root goes up a level."""
    level, hashes = 0, list(new)
    while hashes:
        number, inside = divmod(size >> (8 * level), WIDTH)
        before = tile_hashes(level, number, inside) if inside else b""
        line = [before[at : at + 32] for at in range(0, len(before), 32)] + hashes
        full = [line[at : at + WIDTH] for at in range(0, len(line) - WIDTH + 1, WIDTH)]
        roots = [merkle.root_of(tile) for tile in full]
        for offset, (tile, root) in enumerate(zip(full, roots, strict=True)):
            db.session.add(LogTile(level=level, number=number + offset, hashes=b"".join(tile), root=root))
        db.session.flush()
        level, hashes = level + 1, roots


def root_at(size: int) -> bytes:
    """The root of the tree over the first ``size`` places, from tiles."""
    return merkle.range_root(0, size, reader(size))
