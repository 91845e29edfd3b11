"""Books of any length: gifts and goods beside a small sample's own, written as its makers write."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, select, text

from benchmarks.stores import SEED, Store, bar, make_app
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.demo.sample import finish, put_rows
from sun_commune.demo.sample_books import SampleBooks
from sun_commune.demo.sample_parts import NUMBERED, TABLES, Rows, spread_code
from sun_commune.ledger.models import Account, Transfer
from sun_commune.needs.models import Category, LineKind, Need

NEEDS = 5_669
BATCH = 5_000
BATCHES = 100  # of a transaction
GOODS_SHARE = 20  # per cent
NAMED_SHARE = 60  # per cent of gifts that carry a name
NAMES = [f"样例捐赠人{number}" for number in range(400)]
SPREAD_DAYS = 1_000
#: Indexes that the guards of the tables read while rows are written.
NEEDED = {"ix_transfers_delivery_code_given", "uq_transfers_reverses_id"}
SQLITE_INDEXES = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
POSTGRESQL_INDEXES = (
    "SELECT i.relname, t.relname, pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid"
    " JOIN pg_class t ON t.oid = x.indrelid WHERE NOT x.indisunique AND i.relnamespace = 'public'::regnamespace"
)
#: The cache holds the indexes of random codes, whose pages would be written anew with each batch.
SQLITE_HASTE = ("PRAGMA synchronous=OFF", "PRAGMA journal_mode=OFF", "PRAGMA cache_size=-2000000")
#: Codes that no sample's own deliveries have.
FIRST_CODE = 500_000_000


def books(store: Store, entries: int, needs: int) -> str:
    """The address of a database with so many entries (of a sample's needs, a few per cent more or less)."""
    needs = min(NEEDS, needs)
    store.sample(needs)
    sample = f"sample_{needs}"  # not by Store.copy: it would wait for the lock that whoever builds a database holds

    def build(url: str) -> None:
        if store.server:
            store.copy_of(sample, url.rpartition("/")[2].partition("?")[0].removeprefix(store.server.prefix))
        else:
            copy = store.folder / "books_begin.sqlite"
            store.copy_of(sample, "books_begin")
            copy.rename(url.removeprefix("sqlite:///"))
        _grow(store, url, entries)

    return store.kept(f"books_{entries}", build)


def _grow(store: Store, url: str, entries: int) -> None:
    print(f"building books of {entries:,} entries on {store.kind} (kept for the next run) ...", flush=True)
    app, tell = make_app(url, store.folder / "instance"), bar(time.monotonic())
    with app.app_context():
        maker = _Maker(entries)
        with _in_haste(store.server is None):
            while maker.made < maker.wanted:
                with transaction(audited=False) as session:
                    for rows in islice(maker.batches(), BATCHES):
                        put_rows(session, rows)
                        tell(maker.made, maker.wanted)
        finish()
        db.session.remove()
        db.engine.dispose()
    if not store.server:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _in_haste(is_sqlite: bool) -> Iterator[None]:
    """Without waiting for the disk, and with those indexes made at the end that no guard of the tables reads. Triggers
    and constraints see each row as ever; books that are broken off are thrown away."""
    db.session.rollback()
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    for statement in SQLITE_HASTE if is_sqlite else ("SET synchronous_commit TO off",):
        cursor.execute(statement)
    cursor.execute(SQLITE_INDEXES if is_sqlite else POSTGRESQL_INDEXES)
    names = {table.__tablename__ for table in TABLES}
    later = [(name, made) for name, table, made in cursor.fetchall() if table in names and name not in NEEDED]
    for name, _made in later:
        cursor.execute(f"DROP INDEX {name}")
    connection.commit()
    connection.close()
    yield
    with db.engine.begin() as again:
        for _name, made in later:
            again.exec_driver_sql(made)


class _Maker:
    def __init__(self, entries: int) -> None:
        self.dice = random.Random(SEED)
        self.next_ids = {table: 1 + (db.session.execute(select(func.max(table.id))).scalar() or 0)
                         for table in NUMBERED}  # fmt: skip
        self.books = SampleBooks(self._take_id, SEED, now())
        accounts = db.session.execute(select(Account.id, Account.key, Account.code))
        self.books.accounts = {row.key: dict(row._mapping) for row in accounts}
        found = db.session.execute(select(Need.code, Need.county_code, Need.category).order_by(Need.id)).all()
        self.needs = [{"code": row.code, "county_code": row.county_code, "category": Category(row.category)}
                      for row in found]  # fmt: skip
        self.donor_id = db.session.execute(text("SELECT max(id) FROM users")).scalar()
        self.wanted = max(0, entries - db.session.execute(select(func.count()).select_from(Transfer)).scalar_one())
        self.made = 0

    def _take_id(self, table: Any) -> int:
        taken = self.next_ids[table]
        self.next_ids[table] += 1
        return taken

    def batches(self) -> Iterator[Rows]:
        while self.made < self.wanted:
            rows = Rows()
            for _entry in range(min(BATCH, self.wanted - self.made)):
                self.made += 1
                self._add(rows)
            yield rows

    def _add(self, rows: Rows) -> None:
        dice, number = self.dice, FIRST_CODE + self.made
        is_goods = dice.randrange(100) < GOODS_SHARE
        age = timedelta(days=SPREAD_DAYS) * (1 - self.made / self.wanted)
        delivery = {
            "code": spread_code("SD", number), "transfer_uid": spread_code("ZM", number, 11),
            "accepted_at": self.books.moment - age, "quantity": 2 if is_goods else dice.randrange(1_000, 200_000),
            "value_fen": dice.randrange(5_000, 90_000),
        }  # fmt: skip
        line = {"kind": LineKind.GOODS if is_goods else LineKind.MONEY, "item": "电热毯", "unit": "床"}
        name = dice.choice(NAMES) if dice.randrange(100) < NAMED_SHARE else ""
        claim = {"code": spread_code("RL", number), "display_name": name, "donor_id": self.donor_id}
        self.books.post(rows, dice.choice(self.needs), claim, line, delivery)
