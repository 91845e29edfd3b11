"""Related parties: who pays, gave, asked or decided is not paid - or is pointed out to the checker."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from sun_commune.core.db import db
from sun_commune.core.errors import RuleBroken
from sun_commune.ledger import flags, neighbours
from sun_commune.ledger.papers import FlagKind, PayeeKind, SpendingCategory, Voucher
from sun_commune.ledger.payees import number_key, payee_key
from sun_commune.needs.models import Need
from tests.cast import Cast
from tests.deliveries import world
from tests.ledger.books import approve, draft, give, move

pytestmark = pytest.mark.usefixtures("book_checks_alone")
GRANT: dict[str, Any] = {"category": SpendingCategory.GRANT, "payee_kind": PayeeKind.PERSON}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("盐亭县黄溪五金有限公司", "盐亭县 黄溪五金（有限责任公司）"), ("Sun Shop Co., Ltd.", "ＳＵＮ　ＳＨＯＰ"),
        ("张建国", " 张 建国"), ("李·四", "李四"),
    ],
)  # fmt: skip
def test_one_payee_however_it_is_written(one: str, other: str) -> None:
    assert payee_key(one) == payee_key(other) != ""


@pytest.mark.parametrize(("one", "other"), [("有限公司", "股份有限公司"), ("张建国", "张建"), ("黄溪店", "黄溪厂")])
def test_other_payees_stay_others(one: str, other: str) -> None:
    assert payee_key(one) != payee_key(other)


def test_numbers_are_compared_by_their_digits() -> None:
    assert number_key("+86 139-0000-1234") == number_key("１３９００００１２３４") == "13900001234"
    assert number_key("91510723ma6xxxxx0k") == "91510723MA6XXXXX0K"


@pytest.fixture
def need_code(app: Flask, cast: Cast) -> str:
    """A need with 300 yuan of cast.donor's in its fund."""
    claim = world.promise(cast, 0, 100_000)
    world.record(cast.treasurer, str(claim.payment_code), 30_000, bank_reference="REL-1")
    return db.session.get_one(Need, claim.need_id).code


def test_maker_and_checker_are_not_paid(app: Flask, cast: Cast) -> None:
    give()
    maker, checker = cast.treasurer, cast.second_treasurer
    for about in ({"payee_name": f" {maker.name}"}, {"payee_number": maker.phone}):
        with pytest.raises(RuleBroken) as refused:
            draft(maker, **about)
        assert refused.value.field == "payee_name"
    voucher = draft(maker, payee_name=checker.name)
    with pytest.raises(RuleBroken):
        approve(checker, voucher)
    approve(cast.administrator, voucher)


@pytest.mark.parametrize("who", ["donor", "secretary", "reviewer", "administrator"])
def test_who_gave_or_decided_gets_no_grant(app: Flask, cast: Cast, need_code: str, who: str) -> None:
    person = getattr(cast, who)
    for about in ({**GRANT}, {"payee_kind": PayeeKind.HOUSEHOLD}):
        with pytest.raises(RuleBroken) as refused:
            draft(cast.treasurer, need_code=need_code, amount_fen=100, payee_name=person.name, **about)
        assert refused.value.field == "payee_name"
    draft(cast.treasurer, need_code=need_code, amount_fen=100, payee_name="王五", **GRANT)


def kinds(voucher: Voucher) -> list[FlagKind]:
    return [flag.kind for flag in flags.find_flags(voucher)]


def test_who_gave_or_decided_and_sells_something_is_pointed_out(app: Flask, cast: Cast, need_code: str) -> None:
    maker, said = cast.treasurer, {"need_code": need_code, "amount_fen": 100}
    assert kinds(draft(maker, **said, payee_name=cast.donor.name)) == [FlagKind.PAYEE_GAVE]
    assert kinds(draft(maker, **said, payee_number=cast.donor.phone or "")) == [FlagKind.PAYEE_GAVE]
    author = draft(maker, **said, payee_name=cast.secretary.name, payee_kind=PayeeKind.OFFICER)
    assert kinds(author) == [FlagKind.PAYEE_DECIDED]
    assert kinds(draft(maker, **said, payee_name=cast.other_donor.name)) == []


def test_organisation_that_gave_is_known_by_its_name_and_code(app: Flask, cast: Cast) -> None:
    company = cast.enterprise.organisation
    assert company is not None
    claim = world.promise(cast, 0, 100_000, donor=cast.enterprise)
    world.record(cast.treasurer, str(claim.payment_code), 30_000, bank_reference="REL-2")
    said = {"need_code": db.session.get_one(Need, claim.need_id).code, "amount_fen": 100}
    assert kinds(draft(cast.treasurer, **said, payee_name=f"{company.name}")) == [FlagKind.PAYEE_GAVE]
    assert kinds(draft(cast.treasurer, **said, payee_number=company.credit_code.lower())) == [FlagKind.PAYEE_GAVE]


def test_donor_of_moved_money_is_a_donor_of_the_fund(app: Flask, cast: Cast, need_code: str) -> None:
    elsewhere, apart = "XQ-2026-00077", "XQ-2026-00078"
    give(need_code=elsewhere)
    move(500, need_code=need_code, to=elsewhere)
    assert kinds(draft(cast.treasurer, need_code=elsewhere, amount_fen=100, payee_name=cast.donor.name)) == [
        FlagKind.PAYEE_GAVE
    ]
    give(need_code=apart)
    assert kinds(draft(cast.treasurer, need_code=apart, amount_fen=100, payee_name=cast.donor.name)) == []


def test_without_an_answer_about_donors_no_money_goes_out(
    app: Flask, cast: Cast, need_code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    voucher, checker = draft(cast.treasurer, need_code=need_code, amount_fen=100), cast.second_treasurer
    monkeypatch.setattr(neighbours, "_donors_of_claims", [])
    with pytest.raises(RuntimeError):
        approve(checker, voucher)
