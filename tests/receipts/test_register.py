"""The treasurer's register: all numbers of a year, filters, the void register, and its file."""

from __future__ import annotations

import csv
import io

from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.receipts import register
from sun_commune.receipts.register import RegisterFilters
from tests.cast import Cast, sign_in
from tests.deliveries import world
from tests.ledger.books import bring, give, reverse
from tests.receipts.papers import REASON, entry_of, given, paid, refund, void
from tests.receipts.test_issue_receipt import _delete, receipts

YEAR = today().year


def listed(**filters: str) -> list[int]:
    db.session.rollback()
    page = register.list_register(RegisterFilters(YEAR, **filters))
    assert [slip.receipt.serial for slip in page.rows] == [
        slip.receipt.serial for slip in reversed(list(register.stream_register(RegisterFilters(YEAR, **filters))))
    ]
    return [slip.receipt.serial for slip in page.rows]


def test_filters(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)  # 1
    refund(receipt, 100)
    bring()  # 2
    reverse(give(claim_code=None))  # 3
    assert listed() == [3, 2, 1]
    assert listed(state="standing") == [2, 1]
    assert listed(state="voided") == [3]
    assert listed(state="refunded") == [1]
    assert listed(book="goods") == [2]
    assert listed(book="cash") == [3, 1]
    assert listed(q=receipt.number) == [1]
    assert listed(q=entry_of(receipt).uid) == [1]
    assert register.series_of(YEAR) == (3, 3, 1)
    assert register.years() == [YEAR]


def test_pages(app: Flask) -> None:
    for _gift in range(register.PAGE_SIZE + 3):
        give()
    first = register.list_register(RegisterFilters(YEAR))
    second = register.list_register(RegisterFilters(YEAR), after=int(first.after))
    again = register.list_register(RegisterFilters(YEAR), before=int(second.before))
    assert [slip.receipt.serial for slip in second.rows] == [3, 2, 1]
    assert [slip.receipt.id for slip in again.rows] == [slip.receipt.id for slip in first.rows]
    assert (first.before, second.after) == ("", "")


def test_page_says_that_no_number_is_missing(app: Flask, client: FlaskClient, cast: Cast) -> None:
    given(cast)
    reverse(give(claim_code=None))
    sign_in(client, cast.treasurer)
    page = client.get("/en/treasury/receipts").text
    assert "Numbers 1 to 2 are all here; 1 of them are void." in page
    assert cast.donor.name not in page  # the register shows names as the public reads them
    void_page = client.get("/en/treasury/receipts?state=voided").text
    assert "the system" in void_page
    assert "金额录错" in void_page


def test_page_says_when_one_is(app: Flask, client: FlaskClient, cast: Cast) -> None:
    for _gift in range(3):
        give()
    _delete("receipts", "WHERE serial = 2")
    sign_in(client, cast.supervisor)
    assert "2 of 3 numbers are there" in client.get("/en/treasury/receipts").text


def test_void_register_names_who_and_why(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    void(cast.treasurer, receipt)
    sign_in(client, cast.supervisor)
    page = client.get("/en/treasury/receipts?state=voided").text
    assert cast.treasurer.name in page
    assert REASON in page
    assert f"/treasury/receipts/{receipt.number}" not in page  # the supervisor reads the register, not the slips


def test_file_is_safe_to_open(app: Flask, client: FlaskClient, cast: Cast) -> None:
    bring(item="=HYPERLINK(1)", donor_shown="@SUM(1)")
    sign_in(client, cast.treasurer)
    answer = client.get(f"/en/treasury/receipts.csv?year={YEAR}&book=goods")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    head, row = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    said = dict(zip(head, row, strict=True))
    assert (said["Goods"], said["Donor as shown in public"]) == ("'=HYPERLINK(1)", "'@SUM(1)")
    assert said["Receipt"] == receipts()[0].number


def test_filters_that_are_none_are_left_aside(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.treasurer)
    odd = "year=x&state=y&book=z&after=-1&before=x&q=%22"
    assert "No receipt fits what you chose" in client.get(f"/en/treasury/receipts?{odd}").text
    assert client.get(f"/en/treasury/receipts.csv?{odd}").status_code == 200
    assert client.get("/en/treasury/receipts?year=9999").status_code == 200


def test_treasurer_reads_the_register_the_donor_does_not(app: Flask, client: FlaskClient, cast: Cast) -> None:
    claim = world.promise(cast, 0, 5_000)
    receipt = paid(cast, claim, 5_000)
    sign_in(client, cast.donor)
    for path in ("receipts", "receipts.csv", f"receipts/{receipt.number}", f"receipts/{receipt.number}/void"):
        assert client.get(f"/en/treasury/{path}").status_code == 403
