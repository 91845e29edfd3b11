"""Claims a second: the service in process, and the claim form by HTTP, against the bare driver doing the same SQL."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Flask
from flask_wtf.csrf import generate_csrf
from sqlalchemy import insert, text

from benchmarks import web
from benchmarks.floors import RawClaims
from benchmarks.report import Report, Result
from benchmarks.stores import Store, environment, make_app
from sun_commune.accounts import sessions
from sun_commune.accounts.models import User, UserKind
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.pledges.services import hold_lines

NEEDS = 1_000
SIZE = 5_669
PLENTY = 10**9
MOST_P99_MS = 250


class Ask(NamedTuple):
    """One unit each of two lines of a need, for one donor."""

    donor_id: int
    need_id: int
    code: str
    lines: tuple[tuple[int, int], ...]  # id, position


def prepare(app: Flask, count: int) -> list[Ask]:
    """So many donors, and needs of two divisible lines each with plenty to take; each donor claims once."""
    with app.app_context():
        with transaction(audited=False) as session:
            session.execute(text("UPDATE need_lines SET asked = :n WHERE is_divisible"), {"n": PLENTY})
            session.execute(text("UPDATE needs SET expires_on = NULL"))
            first = 1 + session.execute(text("SELECT MAX(id) FROM users")).scalar_one()
            donors = [
                {"id": first + index, "code": f"BENCH{first + index}", "kind": UserKind.PERSON, "name": "量速",
                 "email": f"bench{first + index}@example.invalid", "password_hash": "!", "created_at": now()}
                for index in range(count)
            ]  # fmt: skip
            session.execute(insert(User), donors)
        rows = db.session.execute(
            text("SELECT n.id, n.code, a.id, a.position, b.id, b.position FROM needs n "
                 "JOIN need_lines a ON a.need_id = n.id JOIN need_lines b ON b.need_id = n.id "
                 "WHERE a.position < b.position AND a.is_divisible AND b.is_divisible AND n.is_open "
                 "AND n.state IN ('published', 'partly_claimed') "
                 "ORDER BY n.id LIMIT :n"), {"n": NEEDS},
        ).all()  # fmt: skip
        db.session.remove()
    asks = []
    for index in range(count):
        row = rows[index % len(rows)]
        asks.append(Ask(first + index, row[0], row[1], ((row[2], row[3]), (row[4], row[5]))))
    return asks


def claimed(url: str) -> int:
    """Claims in the database, and a stop if any line is claimed beyond what was asked."""
    raw = RawClaims(url)
    over = raw.connection.execute("SELECT COUNT(*) FROM need_lines WHERE claimed > asked").fetchone()[0]
    count: int = raw.connection.execute("SELECT COUNT(*) FROM claims WHERE state = 'held'").fetchone()[0]
    raw.connection.close()
    if over:
        raise SystemExit(f"{over} lines are over-claimed")
    return count


def timed(asks: Sequence[Ask], claim: Callable[[Ask], object]) -> float:
    """Claims a second."""
    began = time.perf_counter()
    for ask in asks:
        claim(ask)
    return len(asks) / (time.perf_counter() - began)


def measure_service(store: Store, report: Report) -> None:
    url = store.copy(SIZE, "claims_service")
    app = make_app(url, store.folder / "instance", SUN_HELD_CLAIMS="1000")
    asks = prepare(app, report.requests * (report.rounds + 1) * 2)
    raw, batches = RawClaims(url), batches_of(asks, report.requests)
    hot = asks[0]._replace(donor_id=0)

    def by_driver(ask: Ask) -> None:
        raw.hold(ask.donor_id, ask.need_id, dict.fromkeys((line for line, _position in ask.lines), 1))

    def by_service(ask: Ask) -> None:
        with transaction():
            wanted = dict.fromkeys((line for line, _position in ask.lines), 1)
            hold_lines(donor_id=ask.donor_id, need_id=ask.need_id, wanted=wanted)

    ratios: dict[str, list[float]] = {"spread": [], "hot": []}
    best: dict[str, tuple[float, float]] = {}
    with app.app_context():
        timed(batches.pop()[:20], by_service)
        timed(batches.pop()[:20], by_driver)
        for _ in range(report.rounds):
            for name, shares in ratios.items():
                of_hot = {"need_id": hot.need_id, "code": hot.code, "lines": hot.lines} if name == "hot" else {}
                first, second = ([ask._replace(**of_hot) for ask in half] for half in _halves(batches.pop()))
                floor, rate = timed(first, by_driver), timed(second, by_service)
                shares.append(rate / floor)
                best[name] = max(best.get(name, (0.0, 0.0)), (rate, floor))
        db.session.remove()
        db.engine.dispose()
    raw.connection.close()
    claimed(url)
    # speed.md measured psycopg at 0.69 of pgbench, so a quarter of pgbench is 0.36 of psycopg.
    goal = 0.36 if store.server else 0.10
    report.head("Claims, the service in process, one client: share of the bare driver's claims a second")
    for name, words in (("spread", f"spread over {NEEDS:,} needs"), ("hot", "one need")):
        notes = f"{best[name][0]:.0f} of {best[name][1]:.0f} a second"
        report.add(Result(f"claims, {words}", ratios[name], f"bare {_driver(store)}", goal, at_least=True, notes=notes))


def batches_of(asks: list[Ask], size: int) -> list[list[Ask]]:
    return [asks[at : at + size] for at in range(0, len(asks), size)]


def _halves(batch: Sequence[Ask]) -> tuple[Sequence[Ask], Sequence[Ask]]:
    return batch[: len(batch) // 2], batch[len(batch) // 2 :]


def _driver(store: Store) -> str:
    return "psycopg" if store.server else "sqlite3"


def measure_http(store: Store, report: Report) -> None:
    """The form as a browser sends it, signed in, with token and once key; each donor claims once."""
    url = store.copy(SIZE, "claims_http")
    app = make_app(url, store.folder / "instance")
    asks = prepare(app, report.requests * report.rounds * 2 + 16)
    settings = environment(url, store.folder)
    forms = [form_of(app, ask) for ask in asks]
    plain = [
        web.post("/", urlencode({"donor": ask.donor_id, "need": ask.need_id,
                                 "lines": ",".join(str(line) for line, _position in ask.lines)}))
        for ask in asks
    ]  # fmt: skip
    ratios, slowest, rates = [], [], (0.0, 0.0)
    with ExitStack() as stack:
        floor = stack.enter_context(
            web.serve("benchmarks.floors:from_environment()", {**settings, "BENCH_FLOOR": "claims"})
        )
        site = stack.enter_context(web.serve("sun_commune.wsgi:app", settings))
        send(floor, plain[:8])
        send(site, forms[8:16])
        for number in range(report.rounds):
            start = 16 + number * report.requests * 2
            turn, end = start + report.requests, start + report.requests * 2
            bare, ours = send(floor, plain[start:turn]), send(site, forms[turn:end])
            ratios.append(ours.rate / bare.rate)
            slowest.append(ours.p99_ms())
            rates = max(rates, (ours.rate, bare.rate))
    if claimed(url) != len(asks):
        raise SystemExit(f"{claimed(url)} claims stand where {len(asks)} were made")
    report.head(f"Claims by HTTP, {web.CONNECTIONS} connections, spread over {NEEDS:,} needs")
    notes = f"{rates[0]:.0f} of {rates[1]:.0f} a second, no error, none over-claimed"
    report.add(Result("claims by HTTP, share of the floor's", ratios, f"bare {_driver(store)} app", 0.25, True, notes))
    report.add(Result("claims by HTTP, p99 in ms", slowest, "", MOST_P99_MS))


def send(server: web.Server, requests: Sequence[bytes]) -> web.Load:
    load = web.ask(server.port, requests)
    if set(load.statuses) != {303}:
        raise SystemExit(f"claims were answered {load.statuses}")
    return load


def form_of(app: Flask, ask: Ask) -> bytes:
    """The claim form of a donor who signed in, as the browser would send it."""
    with app.test_request_context("/zh/"):
        with transaction(audited=False) as session:
            token = sessions.open_sign_in(session.get_one(User, ask.donor_id))
        from flask import session as cookie  # noqa: PLC0415 - named beside the database's

        cookie.update(_user_id=token, _fresh=True)
        fields = {f"lines-{position}-quantity": "1" for _line, position in ask.lines}
        fields |= {"csrf_token": generate_csrf(), "once": f"bench-{ask.donor_id:012d}"}
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # secure cookie
        signed = serializer.dumps(dict(cookie))
        db.session.remove()
    headers = f"Cookie: {app.config['SESSION_COOKIE_NAME']}={signed}\r\n"
    return web.post(f"/zh/needs/{ask.code}/claim", urlencode(fields), headers=headers)
