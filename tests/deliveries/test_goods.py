"""Goods: sent, received, accepted, in full and in part, by two people on the two sides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from sun_commune.accounts.models import Role
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, Missing, NotAllowed, RuleBroken
from sun_commune.deliveries import services
from sun_commune.deliveries.models import Condition, Delivery, DeliveryMethod, DeliveryState, ValueBasis
from sun_commune.needs.models import Subject
from sun_commune.pledges.models import ClaimState
from tests.cast import JINLU, Cast
from tests.deliveries.world import (
    accept,
    bring,
    claim_line,
    in_transaction,
    line_of,
    promise,
    receive,
    send,
    state,
    stock,
    transfers,
)

S = DeliveryState


def test_goods_sent_received_and_accepted_stand_in_stock_and_ledger(cast: Cast) -> None:
    claim = promise(cast, 2)
    delivery = send(cast.donor, claim)
    assert (delivery.state, delivery.code[:2]) == (S.IN_TRANSIT, "SD")
    assert claim_line(claim) == (0, 0, True)
    receive(cast.information_officer, delivery)
    assert state(delivery) is S.RECEIVED
    assert transfers() == []
    accept(cast.secretary, delivery)
    assert state(delivery) is S.ACCEPTED
    assert stock(claim.need_id)[0] == (2, 2)
    assert claim_line(claim) == (2, 0, False)
    assert claim.state is ClaimState.FULFILLED
    entry = transfers()[0]
    assert (entry.uid, entry.amount_fen, entry.quantity, entry.unit, entry.value_basis) == (
        delivery.transfer_uid, 20_000, 2, "床", "market",
    )  # fmt: skip
    assert (entry.claim_code, entry.delivery_code, entry.donor_shown) == (claim.code, delivery.code, "张**")


def test_what_was_not_accepted_is_to_be_sent_again(cast: Cast) -> None:
    claim = promise(cast, 5)
    delivery = send(cast.donor, claim, 5)
    receive(cast.secretary, delivery, 4, condition=Condition.DAMAGED)
    accept(cast.secretary, delivery, 3, value_fen=30_000)
    assert claim_line(claim) == (3, 0, False)
    assert stock(claim.need_id)[0] == (5, 3)
    assert claim.state is ClaimState.PLEDGED
    again = send(cast.donor, claim, 2)
    assert again.quantity == 2


def test_no_more_is_sent_than_was_promised(cast: Cast) -> None:
    claim = promise(cast, 5)
    send(cast.donor, claim, 3)
    with pytest.raises(RuleBroken, match="2") as caught:
        send(cast.donor, claim, 3)
    assert caught.value.field == "quantity"
    send(cast.donor, claim, 2)
    with pytest.raises(RuleBroken):
        send(cast.donor, claim, 1)


@pytest.mark.parametrize("quantity", [0, -1, 6, 10**12])
def test_quantities_outside_the_promise_are_refused(cast: Cast, quantity: int) -> None:
    claim = promise(cast, 5)
    with pytest.raises(RuleBroken):
        send(cast.donor, claim, quantity)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"courier": ""}, "courier"),
        ({"tracking_number": ""}, "tracking_number"),
        ({"tracking_number": "<script>"}, "tracking_number"),
        ({"tracking_number": "1" * 41}, "tracking_number"),
        ({"method": DeliveryMethod.TRANSFER}, "method"),
        ({"method": DeliveryMethod.FACE_TO_FACE}, "planned_on"),
        ({"method": DeliveryMethod.FACE_TO_FACE, "planned_on": today() - timedelta(days=1)}, "planned_on"),
        ({"method": DeliveryMethod.FACE_TO_FACE, "planned_on": today() + timedelta(days=400)}, "planned_on"),
    ],
)
def test_sending_says_what_is_missing(cast: Cast, values: dict[str, Any], field: str) -> None:
    claim = promise(cast, 2)
    with pytest.raises(RuleBroken) as caught:
        send(cast.donor, claim, **values)
    assert caught.value.field == field


def test_tracking_number_is_read_as_people_type_it(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2), tracking_number=" ｓｆ１２３ 456 ")
    assert delivery.tracking_number == "SF123456"


def test_face_to_face_needs_no_courier(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2), method=DeliveryMethod.FACE_TO_FACE, planned_on=today())
    assert (delivery.courier, delivery.tracking_number, delivery.planned_on) == ("", "", today())


def test_only_the_donor_sends(cast: Cast) -> None:
    claim = promise(cast, 2)
    for person in (cast.other_donor, cast.secretary, cast.administrator, cast.stranger):
        with pytest.raises(Missing):
            send(person, claim)


def test_only_the_needs_village_receives_and_accepts(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    outsiders = (cast.donor, cast.other_donor, cast.other_secretary, cast.reviewer, cast.administrator, cast.treasurer)
    for person in outsiders:
        with pytest.raises(NotAllowed):
            receive(person, delivery)
    receive(cast.secretary, delivery)
    for person in outsiders:
        with pytest.raises(NotAllowed):
            accept(person, delivery)
    assert state(delivery) is S.RECEIVED


def test_a_secretary_who_gives_cannot_receive_the_own_gift(cast: Cast) -> None:
    claim = promise(cast, 2, donor=cast.secretary, author=cast.information_officer)
    delivery = send(cast.secretary, claim)
    with pytest.raises(NotAllowed):
        receive(cast.secretary, delivery)
    receive(cast.information_officer, delivery)
    with pytest.raises(NotAllowed):
        accept(cast.secretary, delivery)


def test_a_colleague_of_the_giving_organisation_cannot_receive(cast: Cast) -> None:
    enterprise = cast.enterprise
    colleague = cast.officer("刘书记", Role.FIRST_SECRETARY, JINLU)
    with transaction(audited=False):
        colleague.organisation_id = enterprise.organisation_id
    delivery = send(enterprise, promise(cast, 2, donor=enterprise))
    with pytest.raises(NotAllowed):
        receive(colleague, delivery)


def test_the_database_itself_wants_two_people(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    donor_id = cast.donor.id
    with pytest.raises(IntegrityError), transaction(audited=False):
        delivery.accepted_by = donor_id


def test_quantities_only_shrink_on_the_way(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 5), 4)
    for quantity in (0, 5):
        with pytest.raises(RuleBroken) as caught:
            receive(cast.secretary, delivery, quantity)
        assert caught.value.field == "quantity"
    receive(cast.secretary, delivery, 3)
    for quantity in (0, 4):
        with pytest.raises(RuleBroken) as caught:
            accept(cast.secretary, delivery, quantity)
        assert caught.value.field == "accepted_quantity"


def test_acceptance_needs_a_value(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    receive(cast.secretary, delivery)
    with pytest.raises(RuleBroken) as caught:
        accept(cast.secretary, delivery, value_fen=0)
    assert caught.value.field == "value_fen"
    assert (state(delivery), transfers()) == (S.RECEIVED, [])


def test_no_household_accepts_for_a_village(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    receive(cast.secretary, delivery)
    with pytest.raises(RuleBroken):
        accept(cast.secretary, delivery, accepted_for=Subject.HOUSEHOLD)


def test_each_step_is_taken_once(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    with pytest.raises(Conflict):
        accept(cast.secretary, delivery)
    receive(cast.secretary, delivery)
    with pytest.raises(Conflict):
        receive(cast.secretary, delivery)
    accept(cast.secretary, delivery, value_basis=ValueBasis.INVOICE)
    with pytest.raises(Conflict):
        accept(cast.secretary, delivery)
    assert len(transfers()) == 1


def test_calling_off_frees_the_quantity_to_be_sent_again(cast: Cast) -> None:
    claim = promise(cast, 2)
    delivery = send(cast.donor, claim)
    with pytest.raises(NotAllowed):
        in_transaction(services.cancel_delivery, cast.other_donor, delivery)
    in_transaction(services.cancel_delivery, cast.donor, delivery)
    assert state(delivery) is S.CANCELLED
    assert claim_line(claim) == (0, 0, False)
    send(cast.donor, claim)


def test_what_was_received_is_not_called_off(cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    receive(cast.secretary, delivery)
    with pytest.raises(Conflict):
        in_transaction(services.cancel_delivery, cast.donor, delivery)


def test_thanks_are_given_once_and_hold_no_number(cast: Cast) -> None:
    delivery = bring(cast, promise(cast, 2))
    secretary = cast.secretary
    for text in ("谢谢，打我电话13812345678", "谢", "长" * 301):
        with pytest.raises(RuleBroken) as caught, transaction():
            services.thank_donor(secretary, delivery, text=text)
        assert caught.value.field == "text"
    with transaction():
        services.thank_donor(secretary, delivery, text="谢谢您，老人家今晚睡得很暖和。")
    with pytest.raises(Conflict), transaction():
        services.thank_donor(secretary, delivery, text="再次感谢")
    assert delivery.thanks == "谢谢您，老人家今晚睡得很暖和。"


def test_the_rest_of_a_mixed_promise_is_left_alone(cast: Cast) -> None:
    claim = promise(cast, 2, 5_000, 1, 8)
    bring(cast, claim)
    assert claim.state is ClaimState.PLEDGED
    assert stock(claim.need_id) == [(2, 2), (5_000, 0), (1, 0), (8, 0)]
    assert db.session.get(Delivery, 1) is not None
    assert line_of(claim).delivered == 2
