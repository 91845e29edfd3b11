"""What is measured against: a Flask that says hello, a bare page of 20 needs by the ORM, claims by the bare driver."""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, render_template_string, request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from benchmarks.stores import connect_raw
from sun_commune import create_app
from sun_commune.needs.models import Need

PAGE = """<!doctype html><title>Needs</title><ul>{% for need in needs %}
<li><a href="/needs/{{ need.code }}">{{ need.title }}</a> {{ need.county_code }} {{ need.urgency }}</li>
{% endfor %}</ul>"""

LOCK = "SELECT id, state, expires_on FROM needs WHERE id = {need}"
TAKE = "UPDATE need_lines SET claimed = claimed + {quantity} WHERE id = {line} AND claimed + {quantity} <= asked"
CLAIM = (
    "INSERT INTO claims"
    " (code, need_id, donor_id, state, shown, display_name, message, created_at, held_until, end_reason)"
    " VALUES ({code}, {need}, {donor}, 'held', 'masked', '', '', {now}, {until}, '') RETURNING id"
)
LINE = (
    "INSERT INTO claim_lines (claim_id, need_line_id, quantity, delivered, released)"
    " VALUES ({claim}, {line}, {quantity}, 0, 0)"
)


def make_hello() -> Flask:
    app = Flask("hello")

    @app.get("/")
    def hello() -> str:
        return "hello"

    return app


def make_orm_page(url: str) -> Flask:
    """20 open needs as objects, the newest first, in a list of links."""
    app = Flask("orm_page")
    engine = create_engine(url)
    statement = select(Need).where(Need.is_listed.is_(True), Need.is_open.is_(True)).order_by(Need.newest_key).limit(20)

    @app.get("/")
    def page() -> str:
        with Session(engine) as session:
            return render_template_string(PAGE, needs=session.scalars(statement).all())

    return app


class RawClaims:
    """The claim's SQL by the bare driver: lock, check, update, insert the claim and its lines, one transaction."""

    def __init__(self, url: str) -> None:
        self.connection = connect_raw(url)
        self.is_postgresql = url.startswith("postgresql")
        lock = LOCK + (" FOR NO KEY UPDATE" if self.is_postgresql else "")
        self.lock, self.take, self.claim, self.line = (self._marked(text) for text in (lock, TAKE, CLAIM, LINE))

    def _marked(self, text: str) -> str:
        names = ("need", "quantity", "line", "code", "donor", "now", "until", "claim")
        return text.format(**{name: f"%({name})s" if self.is_postgresql else f":{name}" for name in names})

    def hold(self, donor_id: int, need_id: int, wanted: dict[int, int]) -> bool:
        """False if so much is not left; then nothing is stored."""
        run = self.connection.execute
        moment = datetime.now(UTC)
        times: dict[str, Any] = {"now": moment, "until": moment + timedelta(minutes=30)}
        if not self.is_postgresql:
            times = {name: value.strftime("%Y-%m-%d %H:%M:%S.%f") for name, value in times.items()}
        run("BEGIN" if self.is_postgresql else "BEGIN IMMEDIATE")
        done = run(self.lock, {"need": need_id}).fetchone() is not None
        for line, quantity in sorted(wanted.items()):
            done = done and run(self.take, {"line": line, "quantity": quantity}).rowcount == 1
        if done:
            code = "FL" + secrets.token_hex(6)
            values = {"code": code, "need": need_id, "donor": donor_id, **times}
            claim_id = run(self.claim, values).fetchone()[0]
            for line, quantity in sorted(wanted.items()):
                run(self.line, {"claim": claim_id, "line": line, "quantity": quantity})
        run("COMMIT" if done else "ROLLBACK")
        return done


def make_raw_claims(url: str) -> Flask:
    """POST / with need, donor and line ids."""
    app = Flask("raw_claims")
    kept: dict[int, RawClaims] = {}

    @app.post("/")
    def claim() -> tuple[str, int]:
        raw = kept.get(os.getpid()) or kept.setdefault(os.getpid(), RawClaims(url))
        wanted = {int(line): 1 for line in request.form["lines"].split(",")}
        done = raw.hold(int(request.form["donor"]), int(request.form["need"]), wanted)
        return ("held", 303) if done else ("nothing left", 409)

    return app


def from_environment() -> Flask:
    """For gunicorn: the floor that BENCH_FLOOR names, on the project's database."""
    url = os.environ.get("SUN_DATABASE_URL", "")
    makers = {"hello": make_hello, "orm": lambda: make_orm_page(url), "claims": lambda: make_raw_claims(url)}
    return makers[os.environ["BENCH_FLOOR"]]()


def site_without_kept_pages() -> Flask:
    """For gunicorn: the project, which makes every page anew."""
    return create_app({"KEEP_PAGES": False})
