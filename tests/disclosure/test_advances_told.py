"""A report tells advances that were not settled in time."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.disclosure.models import TaskKind
from sun_commune.ledger.papers import Voucher
from tests.cast import Cast
from tests.disclosure.world import give, on, publish, run, tasks, write
from tests.ledger import books

pytestmark = pytest.mark.usefixtures("book_checks_alone")


def test_overdue_advances_are_told_and_others_are_not(app: Flask, cast: Cast, client: FlaskClient) -> None:
    with on("2026-01-10"):
        give("2026-01-05", 500_000)
        run()
        late = books.hand_out(
            cast.treasurer,
            cast.second_treasurer,
            amount_fen=12_000,
            spent_on=today(),
            due_on=today() + timedelta(days=20),
        ).code
        books.hand_out(
            cast.treasurer, cast.second_treasurer, amount_fen=700, spent_on=today(), due_on=today() + timedelta(days=85)
        )
    with on("2026-04-05"):
        run()
        (task,) = tasks(TaskKind.PROGRESS)
        draft = write(cast.treasurer, task)
        (told,) = json.loads(draft.figures)["overdue_advances"]
        assert (told["voucher"], told["due"], told["open"]) == (late, "2026-01-30", 12_000)
        publish(cast.administrator, task)
        assert late in client.get(f"/en/disclosure/{task.code}").text
    assert db.session.execute(select(Voucher.due_on).where(Voucher.code == late)).scalar_one() == date(2026, 1, 30)
