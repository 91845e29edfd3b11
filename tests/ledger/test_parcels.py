"""This invoice, this parcel, this photo: a voucher names the deliveries that it paid for."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger import parcels, services
from sun_commune.ledger.papers import SpendingCategory, Voucher, VoucherParcel
from tests.cast import Cast, sign_in
from tests.deliveries import world
from tests.ledger.books import approve, draft
from tests.ledger.test_guards import is_refused, try_attack

SAID = "What this paper has paid for"


@dataclass
class Bought:
    """A need with money and two parcels, a voucher that its money paid, and a parcel of another need."""

    voucher: Voucher
    first: Delivery
    second: Delivery
    elsewhere: Delivery


@pytest.fixture
def bought(app: Flask, cast: Cast) -> Bought:
    claim, other = world.promise(cast, 2, 30_000), world.promise(cast, 1)
    first, second, elsewhere = world.bring(cast, claim, 1), world.bring(cast, claim, 1), world.bring(cast, other, 1)
    world.record(cast.treasurer, claim.payment_code, 30_000)
    need_code = world.need_code_of(claim)
    voucher = draft(cast.treasurer, need_code=need_code, amount_fen=5_000, category=SpendingCategory.TRANSPORT)
    return Bought(voucher, first, second, elsewhere)


def say(actor: User, voucher: Voucher, delivery_code: str, *, is_named: bool = True) -> bool:
    with transaction():
        return services.name_parcel(actor, voucher, delivery_code=delivery_code, is_named=is_named)


def rows() -> list[tuple[str, bool]]:
    db.session.rollback()
    return [(row.delivery_code, row.is_named) for row in db.session.query(VoucherParcel).order_by(VoucherParcel.id)]


def test_the_trace_leads_to_this_very_parcel(client: FlaskClient, cast: Cast, bought: Bought) -> None:
    voucher = approve(cast.second_treasurer, bought.voucher)
    path = f"/en/ledger/trace/{voucher.transfer_uid}"
    page = client.get(path).text
    assert SAID not in page
    assert "Nobody has said which of these" in page
    assert page.count("电热毯 1 床") == 2
    say(cast.treasurer, voucher, bought.second.code)
    page = client.get(path).text
    assert SAID in page
    assert page.count("电热毯 1 床") == 1
    assert str(bought.second.transfer_uid) in page
    assert str(bought.first.transfer_uid) not in page
    say(cast.second_treasurer, voucher, bought.second.code, is_named=False)
    assert SAID not in client.get(path).text
    assert rows() == [(bought.second.code, True), (bought.second.code, False)]


def test_nothing_is_public_before_the_approval(client: FlaskClient, cast: Cast, bought: Bought) -> None:
    say(cast.treasurer, bought.voucher, bought.first.code)
    assert parcels.named_codes(bought.voucher.code) == {bought.first.code}
    assert parcels.public_codes(bought.voucher.code) == frozenset()
    approve(cast.second_treasurer, bought.voucher)
    assert parcels.public_codes(bought.voucher.code) == {bought.first.code}


def test_said_twice_is_said_once_and_stands_on_the_record(cast: Cast, bought: Bought) -> None:
    code = bought.voucher.code
    assert [say(cast.treasurer, bought.voucher, bought.first.code) for _ in range(2)] == [True, False]
    assert say(cast.treasurer, bought.voucher, bought.first.code, is_named=False)
    acts = db.session.query(AuditEntry).filter(AuditEntry.object_code == code).order_by(AuditEntry.id)
    assert [entry.act for entry in acts][-2:] == ["ParcelNamed", "ParcelTakenBack"]


def test_who_may_not_say_it_and_what_may_not_be_said(cast: Cast, bought: Bought) -> None:
    voucher = bought.voucher
    money = db.session.execute(select(Delivery.code).where(Delivery.bank_reference.is_not(None))).scalar_one()
    for code in (bought.elsewhere.code, money, "SD-NONE"):
        with pytest.raises(RuleBroken) as refused:
            say(cast.treasurer, voucher, code)
        assert refused.value.field == "delivery_code"
    for actor in (cast.administrator, cast.supervisor, cast.donor, cast.other_treasurer):
        with pytest.raises(NotAllowed):
            say(actor, voucher, bought.first.code)
    with transaction():
        services.withdraw_voucher(cast.treasurer, voucher)
    with pytest.raises(NotAllowed):
        say(cast.treasurer, voucher, bought.first.code)
    assert rows() == []


def test_the_database_refuses_by_itself(cast: Cast, bought: Bought, database_kind: str) -> None:
    voucher = bought.voucher
    say(cast.treasurer, voucher, bought.first.code)
    money = db.session.execute(select(Delivery.code).where(Delivery.bank_reference.is_not(None))).scalar_one()
    gone = draft(cast.treasurer, need_code=voucher.need_code, amount_fen=100)
    with transaction():
        services.withdraw_voucher(cast.treasurer, gone)
    row = (
        "INSERT INTO voucher_parcels (voucher_id, delivery_code, is_named, said_by, said_at) "
        "SELECT {}, '{}', is_named, said_by, said_at FROM voucher_parcels"
    )
    attacks = {
        "another need's": row.format(voucher.id, bought.elsewhere.code),
        "money": row.format(voucher.id, money),
        "nothing": row.format(voucher.id, "SD-NONE"),
        "a withdrawn voucher": row.format(gone.id, bought.first.code),
        "change it": "UPDATE voucher_parcels SET is_named = FALSE",
        "forget it": "DELETE FROM voucher_parcels",
    }
    if database_kind == "postgresql":
        attacks["truncate"] = "TRUNCATE voucher_parcels"
        attacks["as a replica"] = "SET session_replication_role = replica; " + attacks["another need's"]
    else:
        attacks["replace"] = "INSERT OR REPLACE INTO voucher_parcels SELECT * FROM voucher_parcels"
    db.session.rollback()
    for name, statement in attacks.items():
        assert is_refused(statement), name
    assert rows() == [(bought.first.code, True)]
    try_attack(row.format(voucher.id, bought.second.code))  # what is as it should be passes


def test_the_treasurer_does_it_on_the_vouchers_page(client: FlaskClient, cast: Cast, bought: Bought) -> None:
    path = f"/en/treasury/vouchers/{bought.voucher.code}"
    sign_in(client, cast.treasurer)
    page = client.get(path).text
    assert bought.first.code in page
    assert bought.elsewhere.code not in page
    form = {"delivery_code": bought.first.code}
    assert client.post(f"{path}/parcels", data=form).status_code == 303
    assert "This was named in error" in client.get(path).text
    answer = client.post(f"{path}/parcels", data={"delivery_code": bought.elsewhere.code})
    assert answer.status_code == 422
    assert rows() == [(bought.first.code, True)]
    assert client.post(f"{path}/parcels", data={**form, "is_wrong": "1"}).status_code == 303
    assert "This was named in error" not in client.get(path).text
