"""Money that arrives stands in the need's fund and in the public sums, once."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.money import MAX_FEN
from sun_commune.ledger import services
from sun_commune.ledger.models import Account, AccountKind, LedgerSum, Transfer
from tests.ledger.books import GIFT, NEED, OTHER_NEED, give

pytestmark = pytest.mark.usefixtures("book_checks_alone")


def test_gift_fills_the_fund_and_the_sums(app: Flask) -> None:
    gift = give()
    assert services.fund_balance(NEED) == 32_000
    assert services.fund_balance(OTHER_NEED) == 0
    accounts = {account.id: account.kind for account in db.session.execute(select(Account)).scalars()}
    assert (accounts[gift.debit_id], accounts[gift.credit_id]) == (AccountKind.BANK, AccountKind.FUND)
    kept = db.session.execute(select(LedgerSum)).scalar_one()
    assert (kept.month, kept.county_code, kept.amount_fen, kept.entries_count) == ("2017-12", "510723", 32_000, 1)


def test_gift_is_on_the_audit_trail(app: Flask) -> None:
    gift = give()
    entry = db.session.execute(select(AuditEntry).where(AuditEntry.object_kind == "transfer")).scalar_one()
    assert (entry.act, entry.object_code, entry.to_state) == ("TransferPosted", gift.uid, "gift")


def test_same_uid_and_content_is_the_same_entry(app: Flask) -> None:
    uid = services.new_uid()
    first, again = give(uid=uid), give(uid=uid)
    assert first.id == again.id
    assert services.fund_balance(NEED) == 32_000
    assert db.session.execute(select(LedgerSum.entries_count)).scalar_one() == 1


@pytest.mark.parametrize("change", [{"amount_fen": 1}, {"donor_shown": "李四"}, {"need_code": OTHER_NEED}])
def test_same_uid_with_other_content_is_a_conflict(app: Flask, change: dict[str, object]) -> None:
    uid = services.new_uid()
    give(uid=uid)
    with pytest.raises(Conflict):
        give(uid=uid, **change)
    assert len(db.session.execute(select(Transfer)).all()) == 1


@pytest.mark.parametrize("amount", [0, -1, MAX_FEN + 1])
def test_amount_must_be_one_that_can_be(app: Flask, amount: int) -> None:
    with pytest.raises(RuleBroken) as refused:
        give(amount_fen=amount)
    assert refused.value.field == "amount_fen"


def test_day_cannot_lie_in_the_future(app: Flask) -> None:
    with pytest.raises(RuleBroken) as refused:
        give(business_on=today() + timedelta(days=1))
    assert refused.value.field == "business_on"


def test_uid_is_random_and_has_a_check_character(app: Flask) -> None:
    assert len({services.new_uid() for _ in range(200)}) == 200
    with transaction(), pytest.raises(ValueError, match="new_uid"):
        services.post_gift(**{**GIFT, "uid": "ZM-1"})
