"""Money: reported by the donor if they like, recorded by a treasurer who sees it in the charity's account.

Two doors lead here: the treasurer's form, and a line of the imported statement (``record_statement_payment``). Both
fill the claim's lines in their order and post one entry for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.core import codes
from sun_commune.core.clock import local, now, today
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import RuleBroken
from sun_commune.core.money import yuan
from sun_commune.core.text import clean_line, to_half_width
from sun_commune.deliveries import policies, queries, statement_lines
from sun_commune.deliveries.events import DeliveryCancelled, PaymentArrived, PaymentReported
from sun_commune.deliveries.models import Delivery, DeliveryMethod, DeliveryState
from sun_commune.deliveries.queries import DeliveryView
from sun_commune.deliveries.services import steps
from sun_commune.deliveries.states import MONEY, DeliveryAct, Party
from sun_commune.ledger import services as ledger
from sun_commune.ledger.queries import Stamp
from sun_commune.needs import stock
from sun_commune.needs.models import LineKind
from sun_commune.needs.people import people_of_need
from sun_commune.pledges.models import Claim, ClaimLine, ClaimState
from sun_commune.pledges.services.pledging import PAYMENT_PREFIX

RECORDABLE = (DeliveryState.REPORTED, DeliveryState.DISPUTED)


def report_payment(actor: User, claim_line: ClaimLine, *, amount_fen: int) -> Delivery:
    """The donor says that a transfer was made. It counts only when a treasurer sees it arrive."""
    view = steps.begin_delivery(
        actor, claim_line, act=DeliveryAct.REPORT, kinds=MONEY, quantity=amount_fen, method=DeliveryMethod.TRANSFER
    )
    steps.tell(PaymentReported, view, view.delivery.sent_by, None)
    return view.delivery


def read_payment_code(text: str) -> str:
    """The code as it is stored, from spaces, hyphens, lower case and full width; RuleBroken if it cannot be one."""
    code = "".join(char for char in to_half_width(clean_line(text)).upper() if char not in " -_.")
    if not code.startswith(PAYMENT_PREFIX) or len(code) != len(PAYMENT_PREFIX) + 8:
        raise RuleBroken(
            _l("A payment code is %(prefix)s and eight more characters.", prefix=PAYMENT_PREFIX), field="payment_code"
        )
    if not codes.is_valid(code, PAYMENT_PREFIX):
        raise RuleBroken(
            _l("One character of this code is wrong: its check character does not fit. Read it again."),
            field="payment_code",
        )
    return code


def find_payment(text: str) -> Claim:
    """The claim behind a typed payment code; RuleBroken at ``payment_code`` if there is none."""
    claim = queries.find_money_claim(read_payment_code(text))
    if claim is None:
        raise RuleBroken(_l("No claim has this payment code."), field="payment_code")
    return claim


@dataclass(frozen=True)
class Arrival:
    """What the account shows of one movement: day, the bank's reference, the statement line's code ("" by hand), and
    whether its money was posted to suspense before, so that it leaves that instead of the bank."""

    arrived_on: date
    reference: str
    source_code: str = ""
    is_in_suspense: bool = False


def record_payment(
    actor: User, *, payment_code: str, amount_fen: int, arrived_on: date, bank_reference: str
) -> list[Delivery]:
    """Money has arrived in the charity's account: posts the gift and counts it as delivered, in one go.

    ``amount_fen`` may be part of what is outstanding, not more: NotEnough... is said with the amount. A claim with
    several lines of money is filled in their order, one delivery and one ledger entry for each.
    """
    view = _lock_claim(actor, find_payment(payment_code), amount_fen)
    _check_arrival(view.claim, arrived_on)
    return _fill_lines(actor, view, amount_fen, Arrival(arrived_on, _check_reference(bank_reference)))


def record_statement_payment(actor: User, claim: Claim, *, amount_fen: int, arrival: Arrival) -> list[Delivery]:
    """As record_payment, for ``amount_fen`` of a statement line: its reference and code go into delivery and entry.

    The line itself makes sure that its money is counted once (statements). Money out of suspense may have come before
    the claim was made, for a treasurer has decided so.
    """
    view = _lock_claim(actor, claim, amount_fen)
    if not arrival.is_in_suspense:
        _check_arrival(view.claim, arrival.arrived_on)
    return _fill_lines(actor, view, amount_fen, arrival)


def record_planned_payment(
    actor: User, view: queries.ClaimView, *, amount_fen: int, arrival: Arrival
) -> list[Delivery]:
    """As record_statement_payment, one of many in a transaction: the caller has read ``view`` under its need's lock and
    asked who may and how much is outstanding. The view is kept up to date for the next one."""
    _check_arrival(view.claim, arrival.arrived_on)
    return _fill_lines(actor, view, amount_fen, arrival)


def record_gateway_payment(
    provider: User, claim: Claim, *, amount_fen: int, arrived_on: date, reference: str
) -> list[Delivery]:
    """As record_payment, on the word of a provider whose message was verified (payments) instead of a treasurer's.

    ``provider`` is its technical account: it stands where a treasurer would, as the other one of the two sides.
    ``reference`` is the provider's number of the payment; a bill that is imported later knows it by that.
    """
    view = _lock_view(claim, amount_fen)
    _check_arrival(view.claim, arrived_on)
    return _fill_lines(provider, view, amount_fen, Arrival(arrived_on, _check_reference(reference)))


def _lock_claim(actor: User, claim: Claim, amount_fen: int) -> queries.ClaimView:
    """_lock_view for somebody who may record it."""
    _check_claim(actor, claim)
    return _lock_view(claim, amount_fen)


def _lock_view(claim: Claim, amount_fen: int) -> queries.ClaimView:
    """The claim as it stands under its need's lock; RuleBroken unless so much is outstanding."""
    stock.lock_need(claim.need_id)
    db.session.flush()
    db.session.expire_all()
    view = queries.views_of([claim])[0]
    outstanding = sum(line.claim_line.outstanding for line in _money_lines(view))
    if view.claim.state is not ClaimState.PLEDGED or outstanding < 1:
        raise RuleBroken(_l("Nothing is outstanding for this code any more."), field="payment_code")
    if not 1 <= amount_fen <= outstanding:
        words = _l("Only ¥%(amount)s is outstanding for this code.", amount=yuan(outstanding))
        raise RuleBroken(words, field="amount_fen")
    return view


def _money_lines(view: queries.ClaimView) -> list[queries.LineView]:
    return [line for line in view.lines if line.need_line.kind is LineKind.MONEY]


def _fill_lines(actor: User, view: queries.ClaimView, amount_fen: int, arrival: Arrival) -> list[Delivery]:
    booked = []
    for line in _money_lines(view):
        part = min(amount_fen, line.claim_line.outstanding)
        if part:
            booked.append(_book(actor, line, view, amount_fen=part, arrival=arrival))
            amount_fen -= part
    return booked


def _check_claim(actor: User, claim: Claim) -> None:
    view = queries.views_of([claim])[0]
    steps.require(policies.can_record_payment(actor, view.need, view.donor))
    steps.require(actor.id not in people_of_need(view.need.code))


def _check_arrival(claim: Claim, arrived_on: date) -> None:
    first, last = local(claim.created_at).date(), today()
    if not first <= arrived_on <= last:
        words = _l("Choose a day from %(first)s to %(last)s.", first=first.isoformat(), last=last.isoformat())
        raise RuleBroken(words, field="arrived_on")


def clean_reference(text: str) -> str:
    """The bank's reference as it is stored and compared."""
    return to_half_width(clean_line(text)).upper()


def lock_reference(reference: str) -> None:
    """Two treasurers with one movement and two codes lock two needs; here the second waits for the first. Taken after
    the needs' locks."""
    if not is_sqlite(db.session()):
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(reference))))


def _check_reference(text: str) -> str:
    """The bank's own number of the movement: one movement is booked once."""
    reference = clean_reference(text)
    if not 4 <= len(reference) <= 64:
        raise RuleBroken(_l("Enter the bank's reference, in 4 to 64 characters."), field="bank_reference")
    lock_reference(reference)
    if queries.has_bank_reference(reference):
        raise RuleBroken(_l("A payment with this bank reference is recorded already."), field="bank_reference")
    if statement_lines.holds_reference(reference):
        raise RuleBroken(
            _l("An imported statement holds this bank reference. Place its money from the suspense list."),
            field="bank_reference",
        )
    return reference


def _book(
    actor: User, line: queries.LineView, claim: queries.ClaimView, *, amount_fen: int, arrival: Arrival
) -> Delivery:
    row = _take_report(line, amount_fen)
    if row is None:
        row = steps.new_delivery(
            line.claim_line, claim.need, state=DeliveryState.PAID, quantity=amount_fen,
            method=DeliveryMethod.TRANSFER, sent_by=claim.claim.donor_id,
        )  # fmt: skip
        line.deliveries.append(row)
    db.session.flush()
    view = DeliveryView(row, line.claim_line, claim.claim, line.need_line, claim.need, claim.donor)
    before = None if row.state is DeliveryState.PAID else steps.move_delivery(view, DeliveryAct.RECORD, Party.TREASURER)
    row.quantity = max(row.quantity, amount_fen)
    row.arrived_on, row.bank_reference = arrival.arrived_on, _free_reference(line, arrival.reference)
    row.received_quantity = row.accepted_quantity = amount_fen
    row.received_by = row.accepted_by = actor.id
    row.received_at = row.accepted_at = now()
    row.transfer_uid = ledger.new_uid()
    _post(actor, view, amount_fen, arrival)
    steps.count_delivered(view, actor.id, amount_fen)
    steps.tell(PaymentArrived, view, actor.id, before)
    _drop_answered_reports(view, actor)
    return row


def _free_reference(line: queries.LineView, reference: str) -> str:
    """A line of a claim has each reference once; a second part of the same movement gets a number behind it."""
    taken = {row.bank_reference for row in line.deliveries}
    spellings = [reference, *(f"{reference[:60]}#{number}" for number in range(2, len(taken) + 3))]
    return next(spelling for spelling in spellings if spelling not in taken)


def _post(actor: User, view: DeliveryView, amount_fen: int, arrival: Arrival) -> None:
    said: dict[str, Any] = {
        "actor_id": actor.id, "uid": view.delivery.transfer_uid or "", "amount_fen": amount_fen,
        "need_code": view.need.code, "claim_code": view.claim.code, "delivery_code": view.delivery.code,
        "donor_shown": view.claim.display_name,
    }  # fmt: skip
    county_code, category = view.need.county_code, view.need.category.value
    if arrival.is_in_suspense:
        stamp = Stamp(county_code, category)
        ledger.post_matched(source_code=arrival.source_code, stamp=stamp, **said)
    else:
        source_code = arrival.source_code or None
        ledger.post_gift(
            county_code=county_code, category=category, business_on=arrival.arrived_on, source_code=source_code, **said
        )


def _drop_answered_reports(view: DeliveryView, actor: User) -> None:
    """One arrival may answer several reports: those that are larger than what is still promised are called off, the
    newest first, or more would be on its way than was promised."""
    too_much = -steps.to_send(view.claim_line)
    if too_much <= 0:
        return
    open_reports = [row for row in queries.deliveries_of(view.claim_line.id) if row.state in RECORDABLE]
    while too_much > 0 and open_reports:
        report = view._replace(delivery=open_reports.pop())
        before = steps.move_delivery(report, DeliveryAct.CANCEL, Party.SYSTEM)
        too_much -= report.delivery.quantity
        steps.tell(DeliveryCancelled, report, actor.id, before)
    steps.settle_line(view)


def _take_report(line: queries.LineView, amount_fen: int) -> Delivery | None:
    """The donor's report that this arrival answers: the smallest that covers it, else the oldest."""
    reports = [row for row in line.deliveries if row.state in RECORDABLE]
    covering = sorted((row for row in reports if row.quantity >= amount_fen), key=lambda row: row.quantity)
    return next(iter(covering or reports), None)
