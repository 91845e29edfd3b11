"""The page behind the QR: how the slip stands now, and nothing of who gave that was not public already."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.ledger.queries import Stamp
from sun_commune.pledges.models import Shown
from sun_commune.receipts.models import Receipt
from sun_commune.receipts.standing import Standing, standings_of
from sun_commune.receipts.states import ReceiptState
from tests.cast import Cast
from tests.deliveries import world
from tests.ledger import books
from tests.ledger.books import OTHER_NEED, give, reverse, spend
from tests.receipts.papers import REASON, brought, entry_of, given, paid, refund, void
from tests.receipts.test_issue_receipt import all_checks, receipts

STAMP = Stamp("510723", "daily_necessities")


def standing(receipt: Receipt) -> Standing:
    db.session.rollback()
    return standings_of([receipt])[receipt.id]


def test_page_of_a_slip_that_holds(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    answer = client.get(f"/en/receipts/{receipt.secret}")
    assert answer.status_code == 200
    for words in (receipt.number, "This slip holds.", "¥300", "人民币叁佰元整", entry_of(receipt).uid, "not a fiscal"):
        assert words in answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert 'name="robots" content="noindex' in answer.text


def test_address_without_language_leads_to_the_readers(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    for language, lang in (("en", "en"), ("zh-CN", "zh"), ("", "zh")):
        answer = client.get(f"/receipts/{receipt.secret}", headers={"Accept-Language": language})
        assert answer.location == f"/{lang}/receipts/{receipt.secret}"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


def test_number_opens_nothing(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    for wrong in (receipt.number, receipt.secret[:-1], receipt.secret.swapcase(), "x" * 400, str(receipt.id)):
        assert client.get(f"/en/receipts/{wrong}").status_code == 404
        assert client.get(f"/receipts/{wrong}", follow_redirects=True).status_code == 404


@pytest.mark.parametrize("shown", list(Shown))
def test_real_name_is_read_only_by_the_donors_choice(app: Flask, client: FlaskClient, cast: Cast, shown: Shown) -> None:
    claim = world.promise(cast, 0, 30_000)
    with transaction(audited=False):
        name = world.pledges.pledging.shown_name(claim.donor_id, shown)
        db.session.get_one(type(claim), claim.id).display_name = name
    receipt = paid(cast, claim, 30_000)
    page = client.get(f"/en/receipts/{receipt.secret}").text
    assert (cast.donor.name in page) is (shown is Shown.REAL)
    assert cast.treasurer.name not in page


def test_void_slip_says_so(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    void(cast.treasurer, receipt, replace=True)
    first, second = receipts()
    page = client.get(f"/en/receipts/{first.secret}").text
    for words in ("VOID: this slip counts no more.", REASON, f"replaced by {second.number}"):
        assert words in page
    assert "This slip holds." not in page
    assert second.secret not in page  # who holds the old paper does not hold the new one
    assert f"{first.number}" in client.get(f"/en/receipts/{second.secret}").text


def test_reversed_gift_is_void_there_at_once(app: Flask, client: FlaskClient) -> None:
    gift = give()
    (receipt,) = receipts()
    secret = receipt.secret
    back = reverse(gift)
    page = client.get(f"/en/receipts/{secret}").text
    assert "VOID" in page
    assert back.uid in page


def test_refund_is_stamped_on_the_page(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    part = refund(receipt, 10_000)
    page = client.get(f"/en/receipts/{receipt.secret}").text
    assert "REFUNDED IN PART: ¥100 went back to the donor, ¥200 remain given." in page
    assert part.uid in page
    rest = refund(receipt, 20_000)
    page = client.get(f"/en/receipts/{receipt.secret}").text
    assert "REFUNDED: all of this gift went back to the donor." in page
    assert rest.uid in page
    assert all_checks() == []


def test_refund_taken_back_counts_no_more(app: Flask, cast: Cast) -> None:
    _claim, receipt = given(cast)
    reverse(refund(receipt, 10_000))
    assert standing(receipt).state is ReceiptState.VALID


def test_refund_without_a_claim_is_followed_by_the_layers(app: Flask, cast: Cast) -> None:
    first, second = give(amount_fen=100, claim_code="RLA"), give(amount_fen=100, claim_code="RLB")
    one, two = receipts()
    books.refund(150, on=today())
    assert [standing(row).refunded_fen for row in (one, two)] == [100, 50]
    assert [standing(row).state for row in (one, two)] == [ReceiptState.REFUNDED, ReceiptState.PARTLY_REFUNDED]
    assert first.id < second.id


def test_refund_of_one_claim_is_never_anothers(app: Flask, cast: Cast) -> None:
    """The first donor's money was spent (first in, first out), the second one's is what the bank sends back."""
    give(amount_fen=12_000, claim_code="RLA")
    give(amount_fen=12_000, claim_code="RLB")
    one, two = receipts()
    spend(cast.treasurer, cast.second_treasurer, amount_fen=12_000)
    books.refund(5_000, claim_code="RLA", on=today())
    assert [standing(row).refunded_fen for row in (one, two)] == [5_000, 0]


def test_refund_of_a_claim_with_two_gifts_fills_the_first(app: Flask, cast: Cast) -> None:
    for amount in (10_000, 20_000):
        give(amount_fen=amount, claim_code="RLA")
    one, two = receipts()
    refund(one, 15_000)
    assert [standing(row).refunded_fen for row in (one, two)] == [10_000, 5_000]


def test_refund_is_followed_through_a_move(app: Flask, cast: Cast) -> None:
    """Given to one need, moved to another by the donor's choice, and then sent back from there."""
    give(amount_fen=10_000, claim_code=None)
    (receipt,) = receipts()
    books.move(8_000)
    assert standing(receipt).state is ReceiptState.VALID
    books.refund(3_000, need_code=OTHER_NEED, on=today())
    assert standing(receipt).refunded_fen == 3_000


def test_spending_is_no_refund(app: Flask, cast: Cast) -> None:
    give(amount_fen=12_000)
    (receipt,) = receipts()
    spend(cast.treasurer, cast.second_treasurer, amount_fen=12_000)
    assert standing(receipt).state is ReceiptState.VALID


def test_goods_say_quantity_unit_value_and_its_basis(app: Flask, client: FlaskClient, cast: Cast) -> None:
    receipt = brought(cast)
    page = client.get(f"/en/receipts/{receipt.secret}").text
    for words in ("电热毯 2 床", "¥200", "人民币贰佰元整", "market"):
        assert words in page
