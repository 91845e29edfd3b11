"""Self-checks of the log: one leaf per entry, places without gaps, tiles and roots that follow from the leaves."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.core.selfcheck import Check
from sun_commune.ledger.models import Account, Transfer
from sun_commune.transparency import merkle
from sun_commune.transparency.leaves import digest_of, moment_words
from sun_commune.transparency.models import DailyRoot, LogLeaf, LogOpening, LogPlace, LogSeal, LogTile, LogWaiting
from sun_commune.transparency.queries import log_size
from sun_commune.transparency.tiles import WIDTH

MOST = 50
CHUNK = 2_000


def entries_have_leaves() -> list[str]:
    """Each entry has one leaf, and the leaf says what the entry says."""
    missing = select(Transfer.uid).outerjoin(LogLeaf, LogLeaf.transfer_id == Transfer.id).where(LogLeaf.id.is_(None))
    found = [f"{uid} has no leaf" for uid in db.session.execute(missing.limit(MOST)).scalars()]
    debit, credit, reversed_ = aliased(Account), aliased(Account), aliased(Transfer)
    rows = db.session.execute(
        select(Transfer, LogLeaf.leaf, debit.code, credit.code, reversed_.uid)
        .join(LogLeaf, LogLeaf.transfer_id == Transfer.id)
        .join(debit, debit.id == Transfer.debit_id)
        .join(credit, credit.id == Transfer.credit_id)
        .outerjoin(reversed_, reversed_.id == Transfer.reverses_id)
        .order_by(Transfer.id),
        execution_options={"yield_per": CHUNK},
    )
    for entry, leaf, left, right, reverses in rows:
        said = {
            "kind": entry.kind.value, "uid": entry.uid, "at": moment_words(entry.posted_at),
            "biz_date": entry.business_on.isoformat(), "period": entry.period, "amount_fen": entry.amount_fen,
            "cur": entry.currency, "debit": left, "credit": right, "reverses": reverses or "",
        }  # fmt: skip
        if json.loads(leaf) | said != json.loads(leaf):
            found.append(f"{entry.uid} and its leaf differ")
    return found[:MOST]


def commitments_open() -> list[str]:
    """What lies behind a commitment gives the digest that stands in the leaf."""
    rows = db.session.execute(
        select(LogLeaf.leaf, LogOpening.field, LogOpening.salt, LogOpening.value)
        .join(LogLeaf, LogLeaf.id == LogOpening.leaf_id)
        .order_by(LogOpening.id),
        execution_options={"yield_per": CHUNK},
    )
    wrong = [
        f"{said['uid']}: {field.value} is not what was committed to"
        for said, field, salt, value in ((json.loads(row[0]), *row[1:]) for row in rows)
        if said[f"{field.value}_c"] != digest_of(salt, value)
    ]
    return wrong[:MOST]


def places_have_no_gap() -> list[str]:
    lowest, highest, count = db.session.execute(
        select(func.min(LogPlace.position), func.max(LogPlace.position), func.count(LogPlace.position))
    ).one()
    found = [] if not count or (lowest == 0 and highest == count - 1) else [f"{count} places up to {highest}"]
    lost = (
        select(LogLeaf.id)
        .outerjoin(LogPlace, LogPlace.leaf_id == LogLeaf.id)
        .outerjoin(LogWaiting, LogWaiting.leaf_id == LogLeaf.id)
        .where((LogPlace.position.is_(None)) == (LogWaiting.leaf_id.is_(None)))
    )
    return found + [f"leaf row {row} has not one place" for row in db.session.execute(lost.limit(MOST)).scalars()]


def tiles_follow_from_leaves() -> list[str]:
    """Every leaf is hashed anew; tiles, and the root of every sealed size, must be what comes out."""
    tree, found = merkle.Frontier(), list[str]()
    seals = {row.size: row.root for row in db.session.execute(select(LogSeal)).scalars()}
    tiles = db.session.execute(
        select(LogTile.hashes).where(LogTile.level == 0).order_by(LogTile.number), execution_options={"yield_per": 10}
    ).scalars()
    line = list[bytes]()
    for leaf, kept in _leaves():
        value = merkle.leaf_hash(leaf)
        if value != kept:
            found.append(f"the hash of leaf {tree.size} is another")
        tree.append(value)
        line.append(value)
        if len(line) == WIDTH:
            if next(tiles, None) != b"".join(line):
                found.append(f"the tile up to leaf {tree.size} is another")
            line = []
        if tree.size in seals and seals.pop(tree.size) != tree.root():
            found.append(f"the root sealed at {tree.size} leaves is another")
    # To its end, whatever was found: a stream that is left open keeps its cursor in the database.
    found += ["there is a tile for leaves that are not there" for _tile in tiles]
    found += [f"a root was sealed at {size} leaves, there are {log_size()}" for size in seals]
    return found[:MOST]


def daily_roots_were_sealed() -> list[str]:
    """What was announced for a day is the root that was sealed at that size."""
    rows = (
        select(DailyRoot.day)
        .outerjoin(LogSeal, LogSeal.size == DailyRoot.size)
        .where(or_(LogSeal.size.is_(None), LogSeal.root != DailyRoot.root))
        .order_by(DailyRoot.day)
    )
    return [f"the root announced for {day} was never sealed" for day in db.session.execute(rows.limit(MOST)).scalars()]


def _leaves() -> Iterator[tuple[bytes, bytes]]:
    rows = db.session.execute(
        select(LogLeaf.leaf, LogLeaf.hash).join(LogPlace, LogPlace.leaf_id == LogLeaf.id).order_by(LogPlace.position),
        execution_options={"yield_per": CHUNK},
    )
    return ((row[0], row[1]) for row in rows)


CHECKS = (
    Check("entries_have_leaves", _l("Each entry has one leaf in the log, and the leaf says what the entry says."),
          entries_have_leaves),
    Check("commitments_open", _l("What the log only commits to is what was committed to."), commitments_open),
    Check("places_have_no_gap", _l("Each leaf of the log has one place, without gaps."), places_have_no_gap),
    Check("tiles_follow_from_leaves", _l("All hashes and roots of the log follow from its leaves."),
          tiles_follow_from_leaves),
    Check("daily_roots_were_sealed", _l("Each root that was announced for a day is one that was sealed."),
          daily_roots_were_sealed),
)  # fmt: skip
