"""Books of any length: gifts and goods beside a small sample's own, written as its makers write."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text

from benchmarks.stores import SEED, Store, bar, make_app
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.demo.sample import finish, write_batch
from sun_commune.demo.sample_books import SampleBooks
from sun_commune.demo.sample_parts import NUMBERED, Rows, spread_code
from sun_commune.ledger.models import Account, Transfer
from sun_commune.needs.models import Category, LineKind, Need

NEEDS = 5_669
BATCH = 5_000
GOODS_SHARE = 20  # per cent
NAMED_SHARE = 60  # per cent of gifts that carry a name
NAMES = [f"样例捐赠人{number}" for number in range(400)]
SPREAD_DAYS = 1_000
#: Codes that no sample's own deliveries have.
FIRST_CODE = 500_000_000


def books(store: Store, entries: int, needs: int) -> str:
    """The address of a database with so many entries (of a sample's needs, a few per cent more or less)."""
    needs = min(NEEDS, needs)
    store.sample(needs)

    def build(url: str) -> None:
        if store.server:
            store.copy(needs, url.rpartition("/")[2].partition("?")[0].removeprefix(store.server.prefix))
        else:
            copy = store.folder / "books_begin.sqlite"
            store.copy(needs, "books_begin")
            copy.rename(url.removeprefix("sqlite:///"))
        _grow(store, url, entries)

    return store.kept(f"books_{entries}", build)


def _grow(store: Store, url: str, entries: int) -> None:
    print(f"building books of {entries:,} entries on {store.kind} (kept for the next run) ...", flush=True)
    app, tell = make_app(url, store.folder / "instance"), bar(time.monotonic())
    with app.app_context():
        maker = _Maker(entries)
        while maker.made < maker.wanted:
            write_batch(maker.rows())
            tell(maker.made, maker.wanted)
        finish()
        db.session.remove()
        db.engine.dispose()
    if not store.server:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


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

    def rows(self) -> Rows:
        rows = Rows()
        for _entry in range(min(BATCH, self.wanted - self.made)):
            self.made += 1
            self._add(rows)
        return rows

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
