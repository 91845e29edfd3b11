"""Closed months never change: late entries count in the first open one, on every way into the books."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from sun_commune.core import selfcheck
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.ledger import checks, closing, figures, jobs, posting, services
from sun_commune.ledger.models import ClosedPeriod
from sun_commune.transparency.models import LeafKind, LogLeaf
from tests.cast import Cast, sign_in
from tests.ledger.books import give, reverse

pytestmark = pytest.mark.usefixtures("book_checks_alone")
OCTOBER, NOVEMBER = date(2026, 10, 14), date(2026, 11, 3)


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 10, 4, 0, tzinfo=UTC)):
        yield


def close(cast: Cast, until: str = "2026-10") -> list[str]:
    treasurer = cast.treasurer
    with transaction():
        return [row.period for row in services.close_periods(treasurer, until=until)]


def failing() -> set[str]:
    db.session.rollback()
    return {finding.check for finding in selfcheck.find_all(checks.CHECKS)}


def test_late_entry_counts_in_the_first_open_month(app: Flask, cast: Cast) -> None:
    give(business_on=OCTOBER, amount_fen=1_000)
    assert close(cast) == ["2026-10"]
    before = figures.totals(until="2026-10")
    late = give(business_on=OCTOBER, amount_fen=300)
    assert (late.business_on, late.period) == (OCTOBER, "2026-11")
    assert figures.totals(until="2026-10") == before
    assert figures.totals().raised == 1_300
    assert failing() == set()


def test_reversal_of_a_closed_entry_counts_in_the_open_month(app: Flask, cast: Cast) -> None:
    wrong = give(business_on=OCTOBER, amount_fen=1_000)
    close(cast)
    assert reverse(wrong).period == "2026-11"
    said = closing.read_figures(closing.closed_periods()[0])
    assert (said["month"]["raised"], figures.totals().raised) == (1_000, 0)
    assert failing() == set()


def test_each_month_with_entries_gets_its_row_and_its_leaf(app: Flask, cast: Cast) -> None:
    give(business_on=date(2026, 3, 31), amount_fen=500)
    give(business_on=date(2026, 7, 1), amount_fen=700)
    assert close(cast, "2026-09") == ["2026-03", "2026-07", "2026-09"]
    assert close(cast, "2026-10") == ["2026-10"]
    rows = closing.closed_periods()
    assert [row.period for row in rows] == ["2026-10", "2026-09", "2026-07", "2026-03"]
    july = closing.read_figures(rows[2])
    assert (july["month"]["raised"], july["until"]["raised"]) == (700, 1_200)
    assert closing.sha256_of(rows[2].figures) == rows[2].figures_sha256
    leaves = db.session.execute(select(LogLeaf.leaf).where(LogLeaf.kind == LeafKind.CLOSE).order_by(LogLeaf.id))
    said = [json.loads(leaf) for leaf in leaves.scalars()]
    assert [(leaf["uid"], leaf["biz_date"], leaf["amount_fen"]) for leaf in said] == [
        ("2026-03", "2026-03-31", 0), ("2026-07", "2026-07-31", 0), ("2026-09", "2026-09-30", 0),
        ("2026-10", "2026-10-31", 0),
    ]  # fmt: skip


def test_closing_again_closes_nothing(app: Flask, cast: Cast) -> None:
    give(business_on=OCTOBER)
    assert close(cast) == ["2026-10"]
    assert close(cast) == []
    assert close(cast, "2026-08") == []
    assert len(closing.closed_periods()) == 1


@pytest.mark.parametrize("until", ["2026-11", "2026-12", "2027-01", "", "2026-13", "2026-1", "october", "2026-10 "])
def test_only_a_month_that_has_ended(app: Flask, cast: Cast, until: str) -> None:
    give(business_on=OCTOBER)
    with pytest.raises(RuleBroken) as refused:
        close(cast, until)
    assert refused.value.field == "period"


def test_nobody_else_closes(app: Flask, cast: Cast) -> None:
    give(business_on=OCTOBER)
    for person in (cast.administrator, cast.supervisor, cast.secretary, cast.donor):
        with pytest.raises(NotAllowed), transaction():
            services.close_periods(person, until="2026-10")
    assert closing.closed_periods() == []


def test_not_while_a_check_fails(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    give(business_on=OCTOBER)
    wrong = selfcheck.Check("always_wrong", "x", lambda: ["wrong"])
    selfcheck.bind((*checks.CHECKS, wrong))
    with pytest.raises(RuleBroken, match="always_wrong"):
        close(cast)


def test_job_closes_twenty_days_after_the_end(app: Flask) -> None:
    give(business_on=OCTOBER)
    with time_machine.travel(datetime(2026, 11, 19, 18, 0, tzinfo=UTC)):
        jobs.run_selfcheck()
    with time_machine.travel(datetime(2026, 11, 20, 15, 59, 50, tzinfo=UTC), tick=False):  # in Shanghai still the 20th
        assert jobs.CLOSE_PERIODS.run() == 0
    with time_machine.travel(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)):
        assert jobs.CLOSE_PERIODS.run() == 1
        assert jobs.CLOSE_PERIODS.run() == 0
    row = closing.closed_periods()[0]
    assert (row.period, row.closed_by) == ("2026-10", None)


def test_job_does_not_believe_a_clock_that_was_set_ahead(app: Flask) -> None:
    """Else every month of those years would be closed for good, and whatever comes counted years too late."""
    give(business_on=OCTOBER)
    jobs.run_selfcheck()
    with time_machine.travel(datetime(2031, 11, 20, 4, 0, tzinfo=UTC)):
        jobs.run_selfcheck()
        assert jobs.CLOSE_PERIODS.run() == 0
        assert closing.closed_periods() == []
    with time_machine.travel(datetime(2031, 11, 21, 4, 0, tzinfo=UTC)):  # and when it has gone on like that for a day
        assert jobs.CLOSE_PERIODS.run() > 0


def test_job_closes_nothing_before_the_first_entry(app: Flask) -> None:
    jobs.run_selfcheck()
    assert jobs.CLOSE_PERIODS.run() == 0
    assert closing.closed_periods() == []


def test_database_refuses_what_would_change_a_closed_month(app: Flask, cast: Cast) -> None:
    give(business_on=OCTOBER)
    close(cast)
    for statement in (
        COPY_INTO_OCTOBER,
        "UPDATE ledger_closed_periods SET figures = '{}'",
        "DELETE FROM ledger_closed_periods",
        "INSERT INTO ledger_closed_periods (period, figures, figures_sha256, closed_at) "
        "VALUES ('2026-09', '{}', '', '2026-11-10 00:00:00')",
    ):
        db.session.rollback()
        with pytest.raises(Exception, match=r"(?i)closed period|append-only|in order"), db.engine.begin() as connection:
            connection.execute(text(statement))
    assert failing() == set()


@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "control without it"])
def test_posting_that_meets_the_closing(
    app: Flask, cast: Cast, database_kind: str, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """An entry that is written but not committed when the month closes is in its figures, or in the next month. The
    control shows what PostgreSQL would do otherwise; SQLite has one writer anyway."""
    if not locked:
        monkeypatch.setattr(posting, "lock_periods", lambda **_: None)
        monkeypatch.setattr("sun_commune.ledger.services.closing.lock_periods", lambda **_: None)
    give(business_on=OCTOBER, amount_fen=100)
    written, finish = threading.Event(), threading.Event()
    outcome: dict[str, Any] = {}

    def post_slowly() -> None:
        with app.app_context(), transaction():
            values = {**GIFT_OF_OCTOBER, "uid": services.new_uid()}
            outcome["period"] = services.post_gift(**values).period
            written.set()
            finish.wait(20)

    def close_month() -> None:
        with app.app_context(), transaction():
            services.close_periods(None, until="2026-10")

    treasurer, closer = threading.Thread(target=post_slowly), threading.Thread(target=close_month)
    db.session.rollback()
    treasurer.start()
    assert written.wait(20)
    closer.start()
    closer.join(1.0)
    assert closer.is_alive() is (locked or database_kind == "sqlite")
    finish.set()
    treasurer.join(20)
    closer.join(20)
    assert outcome["period"] == "2026-10"
    assert ("closed_periods_are_unchanged" in failing()) is (not locked and database_kind == "postgresql")


COPY_INTO_OCTOBER = """
INSERT INTO transfers
  (uid, kind, book, debit_id, credit_id, amount_fen, currency, business_on, period, posted_at, need_code, county_code,
   category, to_need_code, to_county_code, to_category, donor_shown, item, unit, value_basis, reason, body_sha256)
SELECT 'ZMCOPY12345', kind, book, debit_id, credit_id, amount_fen, currency, business_on, period, posted_at, need_code,
  county_code, category, to_need_code, to_county_code, to_category, donor_shown, item, unit, value_basis, reason,
  body_sha256
FROM transfers
"""
GIFT_OF_OCTOBER: dict[str, Any] = {
    "actor_id": None, "need_code": "XQ-2026-00009", "county_code": "510723", "category": "medical", "amount_fen": 50,
    "business_on": OCTOBER, "claim_code": "RLTEST9", "delivery_code": None, "donor_shown": "",
}  # fmt: skip


def test_treasurer_closes_on_the_page_and_everybody_reads_it(client: FlaskClient, cast: Cast) -> None:
    give(business_on=OCTOBER, amount_fen=123_456)
    assert "No month is closed yet." in client.get("/en/ledger/periods").text
    treasurer = sign_in(client, cast.treasurer)
    page = treasurer.get("/en/treasury/periods").text
    assert "Next: 2026-10" in page
    assert "1,234.56" in page
    assert treasurer.post("/en/treasury/periods/close", data={"period": "2026-11"}).status_code == 422
    assert treasurer.post("/en/treasury/periods/close", data={"period": "2026-10"}).status_code == 303
    assert treasurer.post("/en/treasury/periods/close", data={"period": "2026-10"}).status_code == 303
    row = db.session.execute(select(ClosedPeriod)).scalar_one()
    assert row.closed_by == cast.treasurer.id
    public = client.get("/en/ledger/periods").text
    assert row.figures_sha256[:16] in public
    said = client.get("/en/ledger/periods.json").get_json()
    assert said[0]["figures"] == row.figures
    assert json.loads(said[0]["figures"])["until"]["in_bank"] == 123_456


def test_supervisor_reads_and_does_not_close(client: FlaskClient, cast: Cast) -> None:
    give(business_on=OCTOBER)
    supervisor = sign_in(client, cast.supervisor)
    assert "Close 2026-10" not in supervisor.get("/en/treasury/periods").text
    assert supervisor.post("/en/treasury/periods/close", data={"period": "2026-10"}).status_code in {403, 404}
    assert closing.closed_periods() == []
