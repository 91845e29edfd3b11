"""The ledger: pages, totals, posting, export and the check of the whole log, against floors and at two lengths."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from flask import Flask
from sqlalchemy import text

from benchmarks import exports
from benchmarks.books import NAMES, books
from benchmarks.pages import SEARCHES, Clock
from benchmarks.report import Report, Result
from benchmarks.stores import Store, connect_raw, make_app
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.ledger import figures, services
from sun_commune.transparency import services as log
from sun_commune.transparency import sunverify
from sun_commune.transparency.models import LogWaiting
from sun_commune.transparency.signer import __main__ as signer
from sun_commune.transparency.signer import reading
from sun_commune.transparency.signer import state as memory

SMALL = 10_000
MOST_MEMORY_MB = 200
MOST_FOR_OTHERS = 1_000_000  # they hold all entries in memory: some gigabytes


def measure(store: Store, report: Report, entries: int) -> None:
    sizes = sorted({min(SMALL, entries), entries})
    apps = {}
    for size in sizes:
        url = books(store, size, report.needs)
        apps[size] = make_app(url, store.folder / "instance", KEEP_PAGES=False)
    _pages(store, report, apps)
    _let_go(apps)  # PostgreSQL copies a database to which nobody is connected
    _posting(store, report, sizes[-1])
    exports.measure(store, report, apps[sizes[-1]], books(store, sizes[-1], report.needs), sizes[-1])
    _let_go(apps)
    _verify(store, report, sizes[-1])


def _let_go(apps: dict[int, Flask]) -> None:
    for app in apps.values():
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _addresses(app: Flask) -> dict[str, str]:
    with app.app_context():
        walk = "SELECT uid, need_code, period FROM transfers WHERE kind = 'gift' AND id >= :middle ORDER BY id LIMIT 1"
        middle = db.session.execute(text("SELECT (min(id) + max(id)) / 2 FROM transfers")).scalar()
        gift, need, month = db.session.execute(text(walk), {"middle": middle}).one()
        db.session.remove()
    return {
        "ledger, front": "/zh/ledger",
        "entries, newest": "/zh/ledger/entries",
        "entries, deep page": f"/zh/ledger/entries?after={gift}",
        "entries, a county": "/zh/ledger/entries?county=510723",
        "entries, a category and kind": "/zh/ledger/entries?category=medical&kind=goods",
        "entries, a month": f"/zh/ledger/entries?month={month}",
        SEARCHES + "entries, a name": f"/zh/ledger/entries?q={quote(NAMES[7])}",
        "entry": f"/zh/ledger/entries/{gift}",
        "trace of a gift": f"/zh/ledger/trace/{gift}",
        "fund": f"/zh/ledger/funds/{need}",
    }


def _pages(store: Store, report: Report, apps: dict[int, Flask]) -> None:
    clock, (small, *larger) = Clock(store.kind), apps
    users = {size: app.test_client(use_cookies=False) for size, app in apps.items()}
    pages = {size: _addresses(app) for size, app in apps.items()}
    costs: dict[tuple[int, str], list[float]] = {(size, name): [] for size in apps for name in pages[size]}
    totals: dict[int, list[float]] = {size: [] for size in apps}
    for size, addresses in pages.items():
        for path in addresses.values():
            clock.per_call_ms(users[size], path, calls=2)
    for _ in range(report.rounds):
        gc.collect()
        for (size, name), measured in costs.items():
            measured.append(clock.per_call_ms(users[size], pages[size][name]))
        for size, app in apps.items():
            with app.app_context():
                totals[size].append(least(clock, figures.totals))
    report.head(f"Ledger pages in process, {small:,} entries (milliseconds)")
    for name in pages[small]:
        report.add(Result(name, costs[small, name], "ms, no floor"))
    for size in larger:
        report.head(f"Ledger, growth from {small:,} to {size:,} entries: times the smaller")
        for name in pages[small]:
            ratios = [one / other for one, other in zip(costs[size, name], costs[small, name], strict=True)]
            report.add(Result(name, ratios, "same page", 2.0 if name.startswith(SEARCHES) else 1.3))
        ratios = [one / other for one, other in zip(totals[size], totals[small], strict=True)]
        report.add(Result("totals, from kept sums", ratios, "same figures", 1.3))


def least(clock: Clock, act: Callable[[], object], calls: int = 12) -> float:
    best = float("inf")
    for _ in range(calls):
        began = clock.now()
        act()
        best = min(best, clock.now() - began)
    return best * 1000


class RawPosting:
    """What a posting writes at the very least: entry, two lines, link of a hash chain, two balances; a transaction."""

    TABLES = (
        "CREATE TABLE raw_entries (id INTEGER PRIMARY KEY, said TEXT NOT NULL, hash TEXT NOT NULL)",
        "CREATE TABLE raw_lines (entry_id INTEGER NOT NULL, account INTEGER NOT NULL, fen BIGINT NOT NULL)",
        "CREATE TABLE raw_balances (account INTEGER PRIMARY KEY, fen BIGINT NOT NULL)",
    )
    RAISE = (
        "INSERT INTO raw_balances VALUES ({0}, {1}) ON CONFLICT (account) DO UPDATE SET fen = raw_balances.fen + {1}"
    )

    def __init__(self, url: str) -> None:
        self.connection = connect_raw(url)
        self.mark = "%s" if url.startswith("postgresql") else "?"
        self.begin = "BEGIN" if url.startswith("postgresql") else "BEGIN IMMEDIATE"
        for statement in self.TABLES:
            self.connection.execute(statement)
        self.number, self.head = 0, ""

    def post(self, fen: int) -> None:
        do, mark = self.connection.execute, self.mark
        self.number += 1
        said = json.dumps({"number": self.number, "fen": fen})
        self.head = hashlib.sha256((self.head + said).encode()).hexdigest()
        do(self.begin)
        do(f"INSERT INTO raw_entries VALUES ({mark}, {mark}, {mark})", (self.number, said, self.head))  # noqa: S608
        for account, signed in ((1, fen), (2 + self.number % 1_000, -fen)):
            do(f"INSERT INTO raw_lines VALUES ({mark}, {mark}, {mark})", (self.number, account, signed))  # noqa: S608
            do(self.RAISE.format(account, signed))
        do("COMMIT")


def _posting(store: Store, report: Report, entries: int) -> None:
    url = store.copy_of(f"books_{entries}", "books_posting")
    app, raw, ratios, best = make_app(url, store.folder / "instance"), RawPosting(url), [], (0.0, 0.0)
    with app.app_context():
        found = db.session.execute(
            # Needs that are open: the rest of a closed one would be laid out to its donors besides.
            text(
                "SELECT code AS need_code, county_code, category FROM needs WHERE state = 'published'"
                " AND EXISTS (SELECT 1 FROM transfers WHERE need_code = needs.code AND kind = 'gift') LIMIT 500"
            )
        ).all()
        db.session.rollback()

        def ours(number: int) -> None:
            row = found[number % len(found)]
            with transaction():
                services.post_gift(
                    actor_id=None, uid=services.new_uid(), need_code=row.need_code, county_code=row.county_code,
                    category=row.category, amount_fen=5_000, business_on=today(), claim_code=None, delivery_code=None,
                    donor_shown="",
                )  # fmt: skip

        for number in range(10):
            ours(number)
        for _ in range(report.rounds):
            floor = rate(report.requests, lambda _number: raw.post(5_000))
            mine = rate(report.requests, ours)
            ratios.append(mine / floor)
            best = max(best, (mine, floor))
        db.session.remove()
        db.engine.dispose()
    raw.connection.close()
    store.throw_away("books_posting")
    report.head(f"Posting beside {entries:,} entries, one client: share of the bare driver's postings a second")
    notes = f"{best[0]:.0f} of {best[1]:.0f} a second; ours writes layer, sums, leaf, receipt and audit entry too"
    report.add(Result("posting a gift", ratios, "entry, lines, chain, balances", 0.10, at_least=True, notes=notes))


def rate(times: int, act: Callable[[int], object]) -> float:
    began = time.perf_counter()
    for number in range(times):
        act(number)
    return times / (time.perf_counter() - began)


def _verify(store: Store, report: Report, entries: int) -> None:
    """The file that everybody may take, on a copy of the log; in a process of its own, so that its memory is its."""
    folder = store.folder / f"log_{entries}_{store.kind}"
    if not (folder / "checkpoint").exists():
        _copy_log(store, entries, folder)
    size = int((folder / "checkpoint").read_text().split("\n")[1])
    leaves = list(sunverify.entries_of(folder, size))
    ratios, peaks = [], []
    for _ in range(min(report.rounds, 3)):
        bare = _chain(leaves)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-c", MEASURED, sunverify.__file__, str(folder)]
        home = store.folder / "home"  # where the file keeps what it saw: each time is its first visit
        shutil.rmtree(home, ignore_errors=True)
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, "HOME": str(home)}
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        ratios.append(spent / bare)
        peaks.append(int(done.stdout.splitlines()[-1]) / 1024)
    report.head(f"The whole log of {size:,} leaves: every rule, every hash")
    report.add(Result("sunverify full, CPU", ratios, "chain of hashes and sums over the same leaves", 2.0))
    report.add(Result("sunverify full, peak memory in MB", peaks, "", MOST_MEMORY_MB))
    _others(store, report, entries, spent)


#: (What getrusage calls its peak begins with the parent's own memory.)
MEASURED = """
import re, runpy, sys
path, folder = sys.argv[1:]
sys.argv = [path, "full", folder]
try:
    runpy.run_path(path, run_name="__main__")
except SystemExit as end:
    if end.code:
        raise
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def _chain(leaves: Sequence[bytes]) -> float:
    """CPU seconds of reading each leaf, chaining its hash and adding it up."""
    began, head, sums = time.process_time(), b"", {}  # type: tuple[float, bytes, dict[str, int]]
    for leaf in leaves:
        said = json.loads(leaf)
        head = hashlib.sha256(head + leaf).digest()
        for account, fen in ((said["debit"], said["amount_fen"]), (said["credit"], -said["amount_fen"])):
            sums[account] = sums.get(account, 0) + fen
    return time.process_time() - began


def _copy_log(store: Store, entries: int, folder: Path) -> None:
    """Seal, sign and copy the log, all by the project's own parts."""
    url = store.copy_of(f"books_{entries}", "books_log")
    shutil.rmtree(folder, ignore_errors=True)
    published, state = store.folder / "log_published", store.folder / "log_signer"
    for old in (published, state):
        shutil.rmtree(old, ignore_errors=True)
    app = make_app(url, store.folder / "instance", SUN_LOG_PUBLISH=str(published))
    with app.app_context():
        while db.session.execute(text(f"SELECT 1 FROM {LogWaiting.__tablename__} LIMIT 1")).first():  # noqa: S608
            with transaction():
                log.seal_log()
        db.session.remove()
    memory.init(state, "bench.invalid/ledger")
    engine = reading.open_database(url)
    signer.sign_once(state, engine, published, post=lambda *_: b"", say=lambda _words: None, now=time.time)
    engine.dispose()
    client = app.test_client(use_cookies=False)

    def get(_address: str, path: str) -> bytes:
        return client.get(f"/ledger/{path}").get_data()

    sunverify.get = get
    sunverify.fetch("http://bench.invalid/ledger", folder)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    store.throw_away("books_log")


def _others(store: Store, report: Report, entries: int, ours: float) -> None:
    """hledger and beancount on the same books, where they are installed and the books are not too long for them."""
    if entries > MOST_FOR_OTHERS:
        return
    client = make_app(books(store, entries, report.needs), store.folder / "instance").test_client(use_cookies=False)
    for name, ending, goal in (("hledger", "journal", 4.0), ("bean-check", "beancount", 8.0)):
        program = shutil.which(name) or shutil.which(str(Path(sys.executable).parent / name))
        if program is None:
            continue
        path = store.folder / f"books.{ending}"
        path.write_bytes(client.get(f"/en/ledger.{ending}").get_data())
        command = [program, "-f", str(path), "check"] if name == "hledger" else [program, "--no-cache", str(path)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        notes = f"{spent:.1f} s for theirs, {ours:.1f} s for ours"
        report.add(Result(f"{name} on the same books", [spent / ours], "sunverify full", goal, True, notes))
