"""Messages about needs, claims, deliveries and the spending of a need's money."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import format_date
from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import VILLAGE_ROLES, Role, User
from sun_commune.core.events import Event
from sun_commune.core.money import yuan
from sun_commune.deliveries import events as deliveries
from sun_commune.deliveries import queries as deliveries_queries
from sun_commune.deliveries.queries import DeliveryView
from sun_commune.ledger import events as ledger
from sun_commune.ledger.papers import Voucher, VoucherKind
from sun_commune.needs import events as needs
from sun_commune.needs import stock
from sun_commune.needs.models import Need
from sun_commune.notifications import queries, services
from sun_commune.notifications.models import NoticeKind
from sun_commune.pledges import events as pledges
from sun_commune.pledges import labels as claim_labels
from sun_commune.pledges.models import Claim, ClaimState, EndReason

K = NoticeKind
Listener = Callable[[Any], None]


def _others(people: Iterable[User], actor_id: int | None) -> list[User]:
    return [user for user in people if user.id != actor_id]


def village_of(need: Need) -> list[User]:
    return queries.officers_for(need.village_code, *VILLAGE_ROLES)


def author(kind: NoticeKind) -> Listener:
    """Tells a need's author what an office did with it."""

    def tell_author(event: needs.NeedEvent) -> None:
        need = queries.get_row(Need, event.need_id)
        people = _others(queries.users_of({need.author_id}), event.actor_id)
        services.tell(people, kind, code=need.code, about=need.title, note=event.reason)

    return tell_author


def _about_claim(event: pledges.ClaimEvent) -> tuple[Claim, Need]:
    claim = queries.get_row(Claim, event.claim_id)
    return claim, queries.get_row(Need, claim.need_id)


def tell_village_of_pledge(event: pledges.ClaimPledged) -> None:
    claim, need = _about_claim(event)
    day = claim.due_on
    people = _others(village_of(need), event.actor_id)
    services.tell(people, K.CLAIM_PLEDGED, code=claim.code, about=need.title, note=lambda: format_date(day, "long"))


def tell_village_of_cancelling(event: pledges.ClaimCancelled) -> None:
    """A hold that is dropped is nobody's news; a pledge that is taken back is."""
    if event.from_state != ClaimState.HELD:
        claim, need = _about_claim(event)
        people = _others(village_of(need), event.actor_id)
        services.tell(people, K.CLAIM_CANCELLED, code=claim.code, about=need.title, note=event.reason)


def remind_donor(event: pledges.ClaimReminded) -> None:
    claim, need = _about_claim(event)
    people = queries.users_of({claim.donor_id})
    day = event.due_on
    services.tell(people, K.CLAIM_REMINDED, code=claim.code, about=need.title, note=lambda: format_date(day, "long"))


def tell_donor_of_expiry(event: pledges.ClaimExpired | pledges.ClaimReleased) -> None:
    """A pledge, or a part of one, went back, by its date or with its need; a hold's end is seen on its own page."""
    if event.from_state != ClaimState.PLEDGED:
        return
    claim, need = _about_claim(event)
    donor = queries.users_of({claim.donor_id})
    if event.reason in {EndReason.NEED_WITHDRAWN, EndReason.NEED_CLOSED}:
        reason = event.reason
        services.tell(
            donor, K.CLAIM_RELEASED, code=claim.code, about=need.title, note=lambda: claim_labels.reason_words(reason)
        )
    elif event.actor_id is None:
        services.tell(donor, K.CLAIM_EXPIRED, code=claim.code, about=need.title)


def tell_donor_of_fulfilment(event: pledges.ClaimFulfilled) -> None:
    claim, need = _about_claim(event)
    people = _others(queries.users_of({claim.donor_id}), event.actor_id)
    services.tell(people, K.CLAIM_FULFILLED, code=claim.code, about=need.title)


def _amount(view: DeliveryView) -> Any:
    """The quantity in the words of the step that was taken last."""
    row = view.delivery
    quantity = row.accepted_quantity or row.received_quantity or row.quantity
    return stock.amount_words(view.need_line.kind, quantity, view.need_line.unit)


def _planned(view: DeliveryView) -> Any:
    day = view.delivery.planned_on
    return lambda: format_date(day, "long")


def _tell_of_delivery(
    event: deliveries.DeliveryEvent, people: Callable[[DeliveryView], list[User]], kind: NoticeKind, note: Any
) -> None:
    view = deliveries_queries.view_delivery_by_id(event.delivery_id)
    words = note(view) if callable(note) else note
    receivers = _others(people(view), event.actor_id)
    services.tell(receivers, kind, code=view.claim.code, about=view.need.title, note=words)


def to_village(kind: NoticeKind, note: Any = _amount) -> Listener:
    def tell_village(event: deliveries.DeliveryEvent) -> None:
        _tell_of_delivery(event, lambda view: village_of(view.need), kind, note)

    return tell_village


def to_donor(kind: NoticeKind, note: Any = _amount) -> Listener:
    def tell_donor(event: deliveries.DeliveryEvent) -> None:
        _tell_of_delivery(event, lambda view: [view.donor], kind, note)

    return tell_donor


def to_treasurers(kind: NoticeKind) -> Listener:
    def tell_treasurers(event: deliveries.DeliveryEvent) -> None:
        def treasurers(view: DeliveryView) -> list[User]:
            return queries.officers_for(view.need.village_code, Role.TREASURER)

        _tell_of_delivery(event, treasurers, kind, _amount)

    return tell_treasurers


def tell_all_of_dispute(event: deliveries.DeliveryDisputed) -> None:
    """The other side, and the county that is to settle it."""
    _tell_of_delivery(event, _both_sides, K.DELIVERY_DISPUTED, event.reason)
    _tell_of_delivery(
        event,
        lambda view: queries.officers_for(view.need.county_code, Role.COUNTY_ADMIN),
        K.DISPUTE_TO_SETTLE,
        event.reason,
    )


def tell_both_sides(event: deliveries.DisputeSettled) -> None:
    _tell_of_delivery(event, _both_sides, K.DISPUTE_SETTLED, event.reason)


def _both_sides(view: DeliveryView) -> list[User]:
    people = {user.id: user for user in [view.donor, *village_of(view.need)]}
    return list(people.values())


def tell_donors_of_spending(event: ledger.VoucherApproved) -> None:
    """Everybody whose money lies in the need's fund hears that some of it was spent, in the inbox only."""
    voucher = queries.get_row(Voucher, event.voucher_id)
    need = queries.find_need(voucher.need_code)
    if need is not None and voucher.kind is not VoucherKind.ADVANCE:
        donors = queries.users_of(set(deliveries_queries.list_claim_donors(need.id)))
        words = _l("¥%(amount)s", amount=yuan(voucher.amount_fen))
        services.tell(_others(donors, event.actor_id), K.MONEY_SPENT, code=need.code, about=need.title, note=words)


def tell_maker_of_refusal(event: ledger.VoucherRefused) -> None:
    voucher = queries.get_row(Voucher, event.voucher_id)
    people = _others(queries.users_of({voucher.maker_id}), event.actor_id)
    services.tell(people, K.VOUCHER_REFUSED, code=voucher.code, note=event.reason or voucher.refusal)


def tell_maker_of_the_end(event: ledger.VoucherExpired) -> None:
    voucher = queries.get_row(Voucher, event.voucher_id)
    services.tell(queries.users_of({voucher.maker_id}), K.VOUCHER_EXPIRED, code=voucher.code)


def remind_of_advance(event: ledger.AdvanceReminded) -> None:
    """Who wrote and who approved it; ``reason`` is the day by which it is to be settled."""
    voucher = queries.get_row(Voucher, event.voucher_id)
    people = {person for person in (voucher.maker_id, voucher.checker_id) if person is not None}
    services.tell(queries.users_of(people), K.ADVANCE_DUE, code=voucher.code, note=event.reason)


def forget_erased_need(event: needs.NeedErased) -> None:
    services.forget_need(event.need_id, event.object_code)


PROMISES: dict[type[Event], list[Listener]] = {
    needs.NeedReturned: [author(K.NEED_RETURNED)],
    needs.NeedApproved: [author(K.NEED_APPROVED)],
    needs.NeedPublished: [author(K.NEED_PUBLISHED)],
    needs.NeedErased: [forget_erased_need],
    needs.NeedExpired: [author(K.NEED_EXPIRED)],
    pledges.ClaimPledged: [tell_village_of_pledge],
    pledges.ClaimCancelled: [tell_village_of_cancelling],
    pledges.ClaimReminded: [remind_donor],
    pledges.ClaimExpired: [tell_donor_of_expiry],
    pledges.ClaimReleased: [tell_donor_of_expiry],
    pledges.ClaimFulfilled: [tell_donor_of_fulfilment],
    deliveries.PaymentReported: [to_treasurers(K.PAYMENT_REPORTED)],
    deliveries.PaymentArrived: [to_donor(K.PAYMENT_ARRIVED)],
    deliveries.GoodsSent: [to_village(K.GOODS_SENT)],
    deliveries.GoodsReceived: [to_donor(K.GOODS_RECEIVED)],
    deliveries.GoodsAccepted: [to_donor(K.GOODS_ACCEPTED)],
    deliveries.WorkAgreed: [to_village(K.WORK_AGREED, _planned)],
    deliveries.WorkDone: [to_village(K.WORK_DONE)],
    deliveries.WorkConfirmed: [to_donor(K.WORK_CONFIRMED)],
    deliveries.DeliveryCancelled: [to_village(K.DELIVERY_CANCELLED, "")],
    deliveries.DeliveryDisputed: [tell_all_of_dispute],
    deliveries.DisputeSettled: [tell_both_sides],
    deliveries.DeliveryThanked: [to_donor(K.DELIVERY_THANKED, lambda view: view.delivery.thanks)],
    ledger.VoucherApproved: [tell_donors_of_spending],
    ledger.VoucherRefused: [tell_maker_of_refusal],
    ledger.VoucherExpired: [tell_maker_of_the_end],
    ledger.AdvanceReminded: [remind_of_advance],
}
