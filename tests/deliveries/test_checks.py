"""The self-checks of deliveries: silent while all is well, each one heard when its rule is broken by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from sun_commune.core.db import db, transaction
from sun_commune.deliveries import services
from sun_commune.deliveries.checks import CHECKS
from sun_commune.deliveries.models import Settlement, ValueBasis
from sun_commune.ledger.services import reverse_transfer
from tests.cast import Cast
from tests.deliveries.world import agree, bring, in_transaction, promise, record, send, transfers


def failing() -> set[str]:
    db.session.rollback()
    return {check.name for check in CHECKS if check.find()}


@pytest.fixture
def busy(cast: Cast) -> Cast:
    """Everything that deliveries can be, at once."""
    claim = promise(cast, 6, 100_000, 1, 8)
    bring(cast, claim, 2)
    send(cast.donor, claim, 1)
    disputed = bring(cast, claim, 2)
    in_transaction(services.dispute_delivery, cast.secretary, disputed, reason="第二天就坏了")
    in_transaction(
        services.settle_dispute, cast.administrator, disputed, outcome=Settlement.ACCEPTED, text="一床算数，一床不算",
        quantity=1, value_fen=10_000, value_basis=ValueBasis.MARKET,
    )  # fmt: skip
    money = promise(cast, 0, 50_000, donor=cast.other_donor)
    record(cast.treasurer, money.payment_code, 30_000)
    record(cast.treasurer, money.payment_code, 20_000, bank_reference="BANK0002")
    hours = promise(cast, 0, 0, 0, 8, donor=cast.other_donor)
    work = agree(cast.other_donor, hours, 8)
    in_transaction(services.mark_done, cast.other_donor, work)
    in_transaction(services.confirm_work, cast.secretary, work, quantity=8)
    return cast


def test_all_is_well(busy: Cast) -> None:
    assert failing() == set()


def test_all_is_well_after_a_reversal(busy: Cast) -> None:
    gift = next(entry for entry in transfers() if entry.kind == "gift")
    in_transaction(reverse_transfer, busy.second_treasurer, gift, "银行通知此笔已退回")
    assert failing() == set()


@pytest.mark.parametrize(
    ("damage", "heard"),
    [
        ("UPDATE deliveries SET sent_by = NULL WHERE accepted_quantity IS NOT NULL", "delivery_has_two_sides"),
        ("UPDATE deliveries SET accepted_by = NULL WHERE accepted_quantity IS NOT NULL", "delivery_has_two_sides"),
        ("UPDATE deliveries SET transfer_uid = NULL WHERE transfer_uid IS NOT NULL", "delivered_is_posted"),
        ("UPDATE deliveries SET value_fen = value_fen + 1 WHERE value_fen IS NOT NULL", "delivered_is_posted"),
        ("UPDATE deliveries SET transfer_uid = NULL, accepted_quantity = NULL", "posted_is_delivered"),
        ("UPDATE deliveries SET quantity = quantity + 900 WHERE state = 'in_transit'", "deliveries_match_claims"),
        ("UPDATE deliveries SET accepted_quantity = 1 WHERE accepted_quantity = 2", "deliveries_match_claims"),
    ],
)
def test_each_damage_is_heard(busy: Cast, damage: str, heard: str) -> None:
    with transaction(audited=False) as session:
        assert session.execute(text(damage)).rowcount >= 1  # type: ignore[attr-defined]  # an UPDATE
    assert heard in failing()


def test_names_stand_in_the_document() -> None:
    from tests.deliveries.test_states import DOCUMENT

    document = DOCUMENT.read_text(encoding="utf-8")
    assert [name for name in (check.name for check in CHECKS) if f"`{name}`" not in document] == []
