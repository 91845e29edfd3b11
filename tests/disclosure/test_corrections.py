"""The public page of corrections: what was taken back, why, when, by which office, and what was posted instead."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.accounts.models import Role
from sun_commune.core.db import db, transaction
from sun_commune.disclosure import corrections
from sun_commune.ledger import services
from tests.cast import Cast
from tests.disclosure.world import give, on
from tests.ledger import books

pytestmark = pytest.mark.usefixtures("book_checks_alone")
REASON = "金额录错，更正后重新入账"


def test_office_day_reason_and_what_was_posted_anew(app: Flask, cast: Cast, client: FlaskClient) -> None:
    treasurer, administrator = cast.treasurer, cast.administrator
    with on("2026-03-01"):
        wrong = give("2026-03-01", 9_000, claim_code="RLAAA")
        with transaction():
            wish = services.ask_correction(treasurer, wrong, REASON)
        with transaction():
            services.approve_correction(administrator, wish)
        right = give("2026-03-01", 900, claim_code="RLAAA").uid
        bare = give("2026-03-01", 77, claim_code="RLBBB")
        books.reverse(bare)
        rows = {row.entry.reverses_uid: row for row in corrections.list_corrections().rows}
        assert (rows[wrong.uid].role, rows[wrong.uid].posted_anew) == (Role.COUNTY_ADMIN, right)
        assert (rows[bare.uid].role, rows[bare.uid].posted_anew) == (None, "")
        db.session.rollback()
        page = client.get("/en/ledger/corrections").text
        assert REASON in page
        assert right in page
        assert "County administrator" in page
        assert treasurer.name not in page
        assert administrator.name not in page


def test_nothing_taken_back(client: FlaskClient, cast: Cast) -> None:
    assert "No entry was ever taken back" in client.get("/en/ledger/corrections").text


def test_pages_follow_each_other(app: Flask, cast: Cast) -> None:
    with on("2026-03-01"):
        for number in range(30):
            books.reverse(give("2026-03-01", 100 + number))
        first = corrections.list_corrections()
        second = corrections.list_corrections(after=first.after)
    assert (len(first.rows), len(second.rows)) == (25, 5)
    assert {row.entry.uid for row in first.rows}.isdisjoint({row.entry.uid for row in second.rows})
