"""Public pages: CPU in process against a bare hello, growth with the number of needs, requests a second by HTTP."""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from benchmarks import web
from benchmarks.floors import make_hello, make_orm_page
from benchmarks.report import Report, Result
from benchmarks.stores import Store, environment, make_app
from sun_commune.core.db import db
from sun_commune.core.kept import PAGES, PARTS

CALLS = 12
SMALL = 5_669  # needs on the real platform
LIST = "list, newest"
SEARCHES = "search "
#: What is kept as a whole page and has that goal. Pages that show needs never are, by design: see docs/speed.md.
KEPT_WHOLE = ("ledger page",)


def find_pages(app: Flask) -> dict[str, str]:
    """Name -> address; deep pages begin where four fifths of the open needs are passed."""
    with app.app_context():

        def one(statement: str, **values: Any) -> Any:
            return db.session.execute(text(statement), values).scalar()

        count = one("SELECT COUNT(*) FROM needs WHERE is_listed AND is_open")
        walk = "SELECT {0}_key FROM needs WHERE is_listed AND is_open ORDER BY {0}_key LIMIT 1 OFFSET :n"
        deep = {
            sort: one(walk.format(sort),
                      n=count * 4 // 5)
            for sort in ("newest", "urgent")
        }  # fmt: skip
        county = one("SELECT county_code FROM needs GROUP BY county_code ORDER BY COUNT(*) DESC LIMIT 1")
        township = one("SELECT township_code FROM needs GROUP BY township_code ORDER BY COUNT(*) DESC LIMIT 1")
        some = one("SELECT MIN(id) + (MAX(id) - MIN(id)) / 2 FROM needs")
        code = one("SELECT code FROM needs WHERE id >= :id AND is_listed ORDER BY id LIMIT 1", id=some)
        village = one("SELECT p.name FROM places p JOIN needs n ON n.village_code = p.code WHERE n.id >= :id "
                      "ORDER BY n.id LIMIT 1", id=some)  # fmt: skip
        db.session.remove()
    return {
        LIST: "/zh/needs",
        "list, most urgent": "/zh/needs?sort=urgent",
        "list, soonest date": "/zh/needs?sort=deadline",
        "list, deep page": f"/zh/needs?after={deep['newest']}",
        "list, deep page, most urgent": f"/zh/needs?sort=urgent&after={deep['urgent']}",
        "filter county": f"/zh/needs?county={county}",
        "filter township": f"/zh/needs?township={township}",
        "filter category": "/zh/needs?category=medical",
        "filter kind": "/zh/needs?kind=hours",
        "filter village's own": "/zh/needs?subject=village",
        "filter urgency": "/zh/needs?urgency=3",
        "filter none, helped ones too": "/zh/needs?open=0",
        "filter of four kinds": f"/zh/needs?county={county}&category=medical&kind=money&urgency=2",
        SEARCHES + "common, characters": f"/zh/needs?q={quote('电热毯')}",
        SEARCHES + "common, pinyin": "/zh/needs?q=huajiao",
        SEARCHES + "rare, a village": f"/zh/needs?q={quote(village)}",
        SEARCHES + "rare, a code": f"/zh/needs?q={quote(code.rpartition('-')[2])}",
        "need page": f"/zh/needs/{code}",
        "ledger page": "/zh/ledger",
        "ledger entries": "/zh/ledger/entries",
        "home": "/zh/",
    }


class Clock:
    """CPU seconds of this process; with PostgreSQL wall seconds, for the server's work is not ours."""

    def __init__(self, kind: str) -> None:
        self.now: Callable[[], float] = time.process_time if kind == "sqlite" else time.perf_counter

    def per_call_ms(self, client: FlaskClient, path: str, calls: int = CALLS) -> float:
        """The least of some calls: what the page needs when nothing disturbs it."""
        best = float("inf")
        for _ in range(calls):
            began = self.now()
            status = client.get(path).status_code
            best = min(best, self.now() - began)
            if status != 200:
                raise SystemExit(f"{path} answered {status}")
        return best * 1000


def count_statements(app: Flask, path: str) -> int:
    """SQL statements of one call when nothing is kept and nothing else has just been asked."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    for shelf in (PARTS, PAGES):
        app.extensions[shelf].clear()
    app.test_client(use_cookies=False).get(path)
    event.remove(engine, "before_cursor_execute", note)
    return len([statement for statement in seen if not statement.startswith("BEGIN")])


@dataclass
class Costs:
    """Milliseconds of each round: per size and page, of both floors, and of the list with nothing kept."""

    pages: dict[tuple[int, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    hello: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)

    def over_hello(self, measured: Sequence[float]) -> list[float]:
        return [one / floor for one, floor in zip(measured, self.hello, strict=True)]


def measure_in_process(store: Store, report: Report, sizes: Sequence[int]) -> None:
    clock, costs, small = Clock(store.kind), Costs(), sizes[0]
    # Whole pages are not kept here: what is measured is the making of a page.
    apps = {size: make_app(store.sample(size), store.folder / "instance", KEEP_PAGES=False) for size in sizes}
    pages = {size: find_pages(app) for size, app in apps.items()}
    users = {size: app.test_client(use_cookies=False) for size, app in apps.items()}
    hello = make_hello().test_client(use_cookies=False)
    bare = make_orm_page(store.sample(small)).test_client(use_cookies=False)
    for size in sizes:  # the first calls compile templates and statements
        for path in pages[size].values():
            clock.per_call_ms(users[size], path, calls=2)
    for _ in range(report.rounds):
        gc.collect()
        costs.hello.append(clock.per_call_ms(hello, "/", CALLS * 5))
        costs.bare.append(clock.per_call_ms(bare, "/"))
        for name in pages[small]:
            for size in sizes:
                costs.pages[size, name].append(clock.per_call_ms(users[size], pages[size][name]))
        longest, apps[small].config["KEEP_SECONDS"] = apps[small].config["KEEP_SECONDS"], 0
        costs.cold.append(clock.per_call_ms(users[small], pages[small][LIST]))
        apps[small].config["KEEP_SECONDS"] = longest
    statements = {name: count_statements(apps[small], path) for name, path in pages[small].items()}
    tell_costs(report, costs, small, statements)
    for size in sizes[1:]:
        tell_growth(report, costs, small, size)
    for app in apps.values():
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def tell_costs(report: Report, costs: Costs, size: int, statements: Mapping[str, int]) -> None:
    floor = f"bare hello {min(costs.hello):.3f} ms"
    report.head(f"In process, {size:,} needs: times the floor")
    report.add(Result("bare ORM page of 20 needs", costs.over_hello(costs.bare), floor))
    report.add(Result("list, nothing kept", costs.over_hello(costs.cold), floor, notes=f"{min(costs.cold):.2f} ms"))
    for name, number in statements.items():
        measured = costs.pages[size, name]
        goal = 25.0 if name.startswith(("list", "filter")) else None
        notes = f"{min(measured):.2f} ms, {number} statements when nothing is kept"
        report.add(Result(name, costs.over_hello(measured), floor, goal, notes=notes))


def tell_growth(report: Report, costs: Costs, small: int, size: int) -> None:
    report.head(f"Growth from {small:,} to {size:,} needs: times the smaller")
    for name in (name for of, name in costs.pages if of == size):
        before, after = costs.pages[small, name], costs.pages[size, name]
        ratios = [one / other for one, other in zip(after, before, strict=True)]
        goal = 2.0 if name.startswith(SEARCHES) else 1.3
        report.add(Result(name, ratios, "same page", goal, notes=f"{min(before):.2f} -> {min(after):.2f} ms"))


def measure_http(store: Store, report: Report, size: int) -> None:
    """Requests a second over the loopback, gzip accepted, nobody signed in."""
    url = store.sample(size)
    app = make_app(url, store.folder / "instance")
    pages = find_pages(app)
    wanted = [LIST, "filter county", "list, deep page", "need page", "ledger page"]
    settings = environment(url, store.folder)
    with ExitStack() as stack:
        hello = stack.enter_context(web.serve("benchmarks.floors:from_environment()", {"BENCH_FLOOR": "hello"}))
        bare = stack.enter_context(
            web.serve("benchmarks.floors:from_environment()", {**settings, "BENCH_FLOOR": "orm"})
        )
        site = stack.enter_context(web.serve("sun_commune.wsgi:app", settings))
        made = stack.enter_context(web.serve("benchmarks.floors:site_without_kept_pages()", settings))
        targets = {"hello": (hello, "/"), "bare ORM page": (bare, "/")}
        targets |= {name: (made, pages[name]) for name in wanted}
        targets |= {f"{name}, kept": (site, pages[name]) for name in KEPT_WHOLE}
        rates: dict[str, list[float]] = {name: [] for name in targets}
        cpu: dict[str, list[float]] = {name: [] for name in targets}
        last: dict[str, web.Load] = {}
        for server, path in targets.values():
            web.ask(server.port, [web.get(path)] * 16)
        for _ in range(report.rounds):
            for name, (server, path) in targets.items():
                before = server.cpu_seconds()
                load = web.ask(server.port, [web.get(path)] * report.requests)
                after = server.cpu_seconds()
                if set(load.statuses) != {200}:
                    raise SystemExit(f"{path} answered {load.statuses}")
                rates[name].append(load.rate)
                cpu[name].append(
                    1000 * (after - before) / report.requests if before is not None and after is not None else 0
                )
                last[name] = load
    report.head(
        f"Over HTTP, {size:,} needs, {web.CONNECTIONS} connections: share of the floor's requests a second\n"
        "(pages that show needs are made anew for everybody; the ledger's page alone may be kept whole)"
    )
    for name in list(targets)[1:]:
        ratios = [one / floor for one, floor in zip(rates[name], rates["hello"], strict=True)]
        best = min(cpu[name]) / max(min(cpu["hello"]), 0.001)
        notes = (
            f"{max(rates[name]):.0f} of {max(rates['hello']):.0f} a second, CPU {best:.1f} times, "
            f"p99 {last[name].p99_ms():.0f} ms, {last[name].bytes_read // report.requests:,} bytes"
        )
        goal = 0.6 if name.endswith(", kept") else 0.15 if name.startswith(("list", "filter")) else None
        report.add(Result(name, ratios, "bare hello", goal, at_least=True, notes=notes))
