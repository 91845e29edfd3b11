"""Money: reported by the donor, found by its payment code, recorded once, never more than is outstanding."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask

from sun_commune.accounts.models import Role, User
from sun_commune.core import selfcheck
from sun_commune.core.clock import today
from sun_commune.core.codes import ALPHABET
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, Missing, NotAllowed, RuleBroken
from sun_commune.deliveries import queries, services
from sun_commune.deliveries.models import DeliveryState
from sun_commune.deliveries.services.money import read_payment_code
from sun_commune.ledger import figures
from sun_commune.ledger.queries import fund_balance
from sun_commune.needs.models import LineKind, Need
from sun_commune.needs.rules import LineInput
from sun_commune.pledges.models import Claim, ClaimState
from tests.cast import JINLU, Cast
from tests.deliveries.world import (
    FERTILISER_MONEY,
    claim_line,
    in_transaction,
    promise,
    record,
    report,
    state,
    stock,
    transfers,
)
from tests.factories import make_need

S = DeliveryState


@pytest.fixture
def claim(cast: Cast) -> Claim:
    """A pledge of 1,000 yuan."""
    return promise(cast, 100_000, need=make_need(cast, lines=(FERTILISER_MONEY,)))


def test_arrival_is_posted_and_counted_at_once(cast: Cast, claim: Claim) -> None:
    (delivery,) = record(cast.treasurer, claim.payment_code, 100_000, bank_reference="ｗx 123")
    assert delivery.state is S.PAID
    assert (delivery.bank_reference, delivery.arrived_on) == ("WX 123", today())
    entry = transfers()[0]
    assert (entry.uid, entry.amount_fen, entry.claim_code) == (delivery.transfer_uid, 100_000, claim.code)
    assert stock(claim.need_id) == [(100_000, 100_000)]
    assert claim.state is ClaimState.FULFILLED
    need = queries.view_claim(claim.code).need
    assert fund_balance(need.code) == 100_000
    fund = figures.fund_totals(need.code)
    assert (fund.raised, fund.spent) == (100_000, 0)


def test_reported_transfer_becomes_the_paid_one(cast: Cast, claim: Claim) -> None:
    reported = report(cast.donor, claim, 60_000)
    assert reported.state is S.REPORTED
    assert (stock(claim.need_id), transfers()) == ([(100_000, 0)], [])
    (delivery,) = record(cast.treasurer, claim.payment_code, 60_000)
    assert delivery.id == reported.id
    assert claim_line(claim) == (60_000, 0, False)
    assert report(cast.donor, claim, 40_000).id != reported.id


def test_report_of_another_amount_is_set_right_by_the_arrival(cast: Cast, claim: Claim) -> None:
    report(cast.donor, claim, 60_000)
    (delivery,) = record(cast.treasurer, claim.payment_code, 50_000)
    assert (delivery.state, delivery.accepted_quantity) == (S.PAID, 50_000)
    assert claim_line(claim) == (50_000, 0, False)


def test_money_may_arrive_in_parts(cast: Cast, claim: Claim) -> None:
    record(cast.treasurer, claim.payment_code, 30_000, bank_reference="A-001")
    assert claim.state is ClaimState.PLEDGED
    with pytest.raises(RuleBroken, match=r"700") as caught:
        record(cast.treasurer, claim.payment_code, 70_001, bank_reference="A-002")
    assert caught.value.field == "amount_fen"
    record(cast.treasurer, claim.payment_code, 70_000, bank_reference="A-002")
    assert claim.state is ClaimState.FULFILLED
    with pytest.raises(RuleBroken) as caught:
        record(cast.treasurer, claim.payment_code, 1, bank_reference="A-003")
    assert caught.value.field == "payment_code"
    assert [entry.amount_fen for entry in transfers()] == [30_000, 70_000]


def test_one_movement_of_the_bank_is_recorded_once(cast: Cast, claim: Claim) -> None:
    record(cast.treasurer, claim.payment_code, 30_000, bank_reference="A-001")
    with pytest.raises(RuleBroken) as caught:
        record(cast.treasurer, claim.payment_code, 30_000, bank_reference=" a-001 ")
    assert caught.value.field == "bank_reference"


def test_several_lines_of_money_are_filled_in_order(cast: Cast) -> None:
    lines = (FERTILISER_MONEY, LineInput(kind=LineKind.MONEY, item="种子款", asked=50_000))
    claim = promise(cast, 100_000, 50_000, need=make_need(cast, lines=lines))
    first, second = record(cast.treasurer, claim.payment_code, 120_000)
    assert (first.accepted_quantity, second.accepted_quantity) == (100_000, 20_000)
    assert stock(claim.need_id) == [(100_000, 100_000), (50_000, 20_000)]
    assert [entry.amount_fen for entry in transfers()] == [100_000, 20_000]


@pytest.mark.parametrize("change", ["lower", "spaces", "full width", "hyphens"])
def test_code_is_read_as_people_type_it(cast: Cast, claim: Claim, change: str) -> None:
    code = claim.payment_code or ""
    typed = {
        "lower": code.lower(),
        "spaces": f"  {code[:4]} {code[4:7]} {code[7:]} ",
        "full width": "".join(chr(ord(char) + 0xFEE0) for char in code),
        "hyphens": f"{code[:2]}-{code[2:6]}-{code[6:]}",
    }[change]
    assert read_payment_code(typed) == code


def test_a_wrong_character_is_noticed(cast: Cast, claim: Claim) -> None:
    code = claim.payment_code or ""
    for place in range(2, len(code)):
        for char in ALPHABET:
            wrong = code[:place] + char + code[place + 1 :]
            if wrong != code:
                with pytest.raises(RuleBroken, match=r"check character|校验") as caught:
                    read_payment_code(wrong)
                assert caught.value.field == "payment_code"


@pytest.mark.parametrize("code", ["", "JK", "XX2345678", "JK234567890123", "<script>", "JK000000000"])
def test_what_is_no_code_is_refused(cast: Cast, code: str) -> None:
    with pytest.raises(RuleBroken):
        record(cast.treasurer, code, 100)


def test_an_unknown_code_is_told_apart(cast: Cast) -> None:
    with pytest.raises(RuleBroken) as caught:
        record(cast.treasurer, "JK22222222", 100)
    assert caught.value.field == "payment_code"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"arrived_on": today() + timedelta(days=1)}, "arrived_on"),
        ({"arrived_on": today() - timedelta(days=30)}, "arrived_on"),
        ({"bank_reference": ""}, "bank_reference"),
        ({"bank_reference": "x" * 65}, "bank_reference"),
    ],
)
def test_recording_says_what_is_wrong(cast: Cast, claim: Claim, values: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleBroken) as caught:
        record(cast.treasurer, claim.payment_code, 100, **values)
    assert caught.value.field == field
    assert transfers() == []


def test_who_gave_wrote_or_reviewed_does_not_record(cast: Cast) -> None:
    """One person may hold several duties; the books are kept by one without a hand in this need."""
    need = make_need(cast, lines=(FERTILISER_MONEY,))
    claim = promise(cast, 100_000, need=need)
    for person in (cast.secretary, cast.reviewer, cast.administrator, cast.donor):
        _make_treasurer(person)
        with pytest.raises(NotAllowed):
            record(person, claim.payment_code, 100)
    for person in (cast.stranger, cast.supervisor, cast.information_officer):
        with pytest.raises(NotAllowed):
            record(person, claim.payment_code, 100)
    assert transfers() == []


def _make_treasurer(person: Any) -> None:
    from sun_commune.accounts.models import Duty, DutyState
    from sun_commune.core.clock import now
    from sun_commune.core.db import db, transaction

    with transaction(audited=False) as session:
        session.add(
            Duty(
                code=f"T{person.id}", user_id=person.id, role=Role.TREASURER, place_code=JINLU[:4],
                starts_on=today(), state=DutyState.ACTIVE, created_at=now(),
            )
        )  # fmt: skip
    db.session.refresh(person)


def test_only_the_donor_reports(cast: Cast, claim: Claim) -> None:
    for person in (cast.other_donor, cast.treasurer, cast.secretary):
        with pytest.raises(Missing):
            report(person, claim, 100)


def test_no_more_is_reported_than_promised(cast: Cast, claim: Claim) -> None:
    report(cast.donor, claim, 60_000)
    with pytest.raises(RuleBroken, match="400"):
        report(cast.donor, claim, 50_000)


def test_a_report_may_be_taken_back(cast: Cast, claim: Claim) -> None:
    delivery = report(cast.donor, claim, 60_000)
    in_transaction(services.cancel_delivery, cast.donor, delivery)
    assert (state(delivery), claim_line(claim)) == (S.CANCELLED, (0, 0, False))


def test_a_transfer_that_does_not_arrive_goes_to_the_county(cast: Cast, claim: Claim) -> None:
    delivery = report(cast.donor, claim, 60_000)
    in_transaction(services.dispute_delivery, cast.treasurer, delivery, reason="账户里没有这笔款")
    (booked,) = record(cast.treasurer, claim.payment_code, 60_000)
    assert (booked.id, state(booked)) == (delivery.id, S.PAID)
    with pytest.raises(Conflict):
        in_transaction(services.dispute_delivery, cast.donor, delivery, reason="其实没有转账")


def test_nothing_is_recorded_for_a_claim_that_has_ended(cast: Cast) -> None:
    from sun_commune.pledges import services as pledges

    need: Need = make_need(cast, lines=(FERTILISER_MONEY,))
    claim = promise(cast, 100_000, need=need)
    in_transaction(pledges.cancel_claim, cast.donor, claim, "手头紧张，无法兑现")
    with pytest.raises(RuleBroken) as caught:
        record(cast.treasurer, claim.payment_code, 100)
    assert caught.value.field == "payment_code"


def test_a_reversed_gift_no_longer_counts(cast: Cast, claim: Claim) -> None:
    from sun_commune.ledger.services import reverse_transfer

    (delivery,) = record(cast.treasurer, claim.payment_code, 100_000)
    entry = transfers()[0]
    in_transaction(reverse_transfer, cast.second_treasurer, entry, "记错了人，银行已更正")
    assert state(delivery) is S.CANCELLED
    assert (delivery.accepted_quantity, delivery.transfer_uid) == (None, None)
    assert claim_line(claim) == (0, 0, False)
    assert claim.state is ClaimState.PLEDGED
    assert stock(claim.need_id) == [(100_000, 0)]
    record(cast.treasurer, claim.payment_code, 100_000)
    assert fund_balance(queries.view_claim(claim.code).need.code) == 100_000


def findings() -> list[str]:
    with selfcheck.watch():
        return [str(finding) for finding in selfcheck.find_all(selfcheck.all_checks())]


def test_report_that_covers_an_arrival_is_taken_first(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 0, 10_000)
    small, large = report(cast.donor, claim, 3_000), report(cast.donor, claim, 7_000)
    (booked,) = record(cast.treasurer, claim.payment_code, 5_000)
    assert booked.code == large.code
    assert (state(small), state(large)) == (S.REPORTED, S.PAID)
    assert findings() == []


@pytest.mark.parametrize(("reported", "left"), [((3_000, 7_000), []), ((1_000, 1_000, 7_000), [1_000])])
def test_arrival_that_answers_several_reports_drops_those_that_no_longer_fit(
    app: Flask, cast: Cast, reported: tuple[int, ...], left: list[int]
) -> None:
    claim = promise(cast, 0, 10_000)
    rows = [report(cast.donor, claim, amount) for amount in reported]
    record(cast.treasurer, claim.payment_code, 10_000 - sum(left))
    assert [row.quantity for row in rows if state(row) is S.REPORTED] == left
    assert findings() == []


def test_one_movement_is_booked_once_by_two_treasurers_at_once(app: Flask, cast: Cast) -> None:
    codes = [promise(cast, 0, 10_000).payment_code, promise(cast, 0, 10_000).payment_code]
    treasurers = [cast.treasurer, cast.second_treasurer]
    ids = [user.id for user in treasurers]
    db.session.rollback()
    start, refused = Barrier(2), []

    def book(number: int) -> None:
        with app.app_context():
            actor = db.session.get_one(User, ids[number])
            start.wait()
            try:
                record(actor, codes[number], 10_000, bank_reference="SAME-0001")
            except RuleBroken as error:
                refused.append(error.field)
            db.session.remove()

    threads = [Thread(target=book, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["bank_reference"]
    assert len(transfers()) == 1
