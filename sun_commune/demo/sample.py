"""A load of any size, the same for the same seed: villages, households, needs, claims, deliveries, ledger entries.

Written by bulk inserts in batches, each its own transaction; every invariant of ``flask selfcheck`` holds afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from sun_commune.accounts.models import User, UserKind
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db, is_sqlite, table_of, transaction
from sun_commune.demo.bulk import write_rows
from sun_commune.demo.charity import put_sample_in_force
from sun_commune.demo.sample_parts import NUMBERED, Rows
from sun_commune.demo.sample_rows import SERIES_YEAR, Sampler, VillageOf
from sun_commune.ledger import search as entry_search
from sun_commune.ledger.models import FacetSum, GiverSum, LedgerSum
from sun_commune.ledger.sums import raise_sums
from sun_commune.needs import listing, search
from sun_commune.places.models import Level, Place
from sun_commune.receipts.models import Receipt
from sun_commune.receipts.services.issuing import NUMBER_DIGITS, NUMBER_SERIES

BATCH = 5000
#: SQLite's page cache while a sample is loaded, in KiB: the indexes of a million needs are not read again and again.
CACHE_KIB = 400_000


def load_sample(*, villages: int, households: int, seed: int, tell: Callable[[int, int], None]) -> int:
    """Add a sample: one need for each household and one for each village. Gives back how many needs.

    ``tell(done, total)`` is called after every batch. Raises ValueError if there are not that many villages.
    """
    with transaction(audited=False):
        put_sample_in_force()
        chosen, donor_ids = _make_people(villages, households, seed)
    total = villages + households
    first = _take_numbers(total)
    sampler = Sampler(seed, chosen, donor_ids, first, total)
    step = total // villages  # every so many needs one is a village's own
    for start in range(0, total, BATCH):
        rows = Rows()
        for index in range(start, min(start + BATCH, total)):
            turn, rest = divmod(index, step)
            for_village = rest == 0 and turn < villages
            sampler.add_need(rows, chosen[turn if for_village else index % villages], for_village=for_village)
        write_batch(rows)
        tell(min(start + BATCH, total), total)
    finish()
    return total


def _take_numbers(count: int) -> int:
    with transaction(audited=False):
        return next_number(f"XQ-{SERIES_YEAR}", step=count) - count


def _make_people(villages: int, households: int, seed: int) -> tuple[list[VillageOf], list[int]]:
    """A disabled author per village, and donors (one for fifty needs, at least twenty)."""
    dice = random.Random(seed)
    known = {place.code: place for place in db.session.execute(select(Place)).scalars()}
    codes = sorted(code for code, place in known.items() if place.level is Level.VILLAGE and len(code) == 12)
    if villages > len(codes):
        raise ValueError(f"there are only {len(codes)} villages; load places first or ask for fewer")
    codes = sorted(dice.sample(codes, villages))
    start = 1 + (db.session.execute(select(func.max(User.id))).scalar() or 0)
    authors = [_person(start + index, "样例书记") for index in range(villages)]
    donors = [_person(start + villages + index, "样例捐赠人") for index in range(max(20, households // 50))]
    write_rows(db.session(), table_of(User), authors + donors)
    chosen = [
        VillageOf(code, (known[code].name, known[code[:9]].name, known[code[:6]].name), author["id"])
        for code, author in zip(codes, authors, strict=True)
    ]
    return chosen, [donor["id"] for donor in donors]


def _person(user_id: int, name: str) -> dict[str, Any]:
    """A user who cannot sign in: no usable password, not enabled."""
    return {
        "id": user_id,
        "code": f"SAMPLE{user_id}",
        "kind": UserKind.PERSON,
        "name": name,
        "email": f"sample{user_id}@example.invalid",
        "password_hash": "!",
        "is_enabled": False,
        "created_at": now(),
    }


def write_batch(rows: Rows) -> None:
    """One batch in one transaction."""
    with transaction(audited=False) as session:
        if is_sqlite(session):
            session.execute(text(f"PRAGMA cache_size=-{CACHE_KIB}"))
        put_rows(session, rows)


def put_rows(session: Session, rows: Rows) -> None:
    """One batch in the caller's transaction."""
    _number_receipts(rows.by_table[Receipt])
    for table, values in rows.by_table.items():
        write_rows(session, table_of(table), values)
    entry_search.index_documents(rows.entry_documents)
    if rows.documents:  # a batch may hold entries alone
        search.index_documents(rows.documents)
        listing.add_to_cells(rows.cells)
    raise_sums(LedgerSum, rows.sums)
    raise_sums(FacetSum, rows.facets)
    raise_sums(GiverSum, rows.givers)


def _number_receipts(receipts: list[dict[str, Any]]) -> None:
    """The next numbers of this year's series: a sample is loaded beside real gifts."""
    year = today().year
    last = next_number(f"{NUMBER_SERIES}-{year}", step=len(receipts)) if receipts else 0
    for serial, receipt in enumerate(receipts, start=last - len(receipts) + 1):
        number = yearly_code(NUMBER_SERIES, year, serial, digits=NUMBER_DIGITS)
        receipt.update(year=year, serial=serial, number=number)


def finish() -> None:
    """PostgreSQL: let the sequences go on after the ids that were given; both: gather the planner's statistics."""
    with transaction(audited=False) as session:
        if not is_sqlite(session):
            tables: tuple[type[Any], ...] = (*NUMBERED, User)
            for table in tables:
                name = table.__tablename__
                newest = select(func.max(table.id)).scalar_subquery()
                session.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), newest)))
        session.execute(text("ANALYZE"))
