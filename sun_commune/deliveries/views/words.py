"""Words that several pages of deliveries share: amounts, places, the story of one delivery, what is due next."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import format_date
from flask_babel import gettext as _

from sun_commune.core.clock import today
from sun_commune.core.i18n import current_lang
from sun_commune.core.labels import label
from sun_commune.core.money import yuan
from sun_commune.deliveries.models import Delivery, DeliveryMethod, DeliveryState
from sun_commune.deliveries.queries import ClaimView, LineView
from sun_commune.deliveries.states import COUNTED, DeliveryAct, Party
from sun_commune.needs import stock
from sun_commune.needs.models import LineKind, Need, NeedLine
from sun_commune.places import queries as places
from sun_commune.pledges.models import ClaimState

S = DeliveryState


def amount(line: NeedLine, quantity: int) -> str:
    return str(stock.amount_words(line.kind, quantity, line.unit))


def place(need: Need) -> str:
    return places.full_name(need.village_code, current_lang())


def day(value: Any) -> str:
    return format_date(value, "long") if value else ""


def story(line: NeedLine, row: Delivery) -> list[dict[str, Any]]:
    """The steps of one delivery as components/timeline.html asks for them, those to come included."""
    steps = [{"text": text, "at": at, "note": note} for text, at, note in _past(line, row)]
    if row.state not in {S.CANCELLED, S.DISPUTED}:
        steps += [{"text": text, "status": "later"} for text in _to_come(line, row)]
    return steps


def _past(line: NeedLine, row: Delivery) -> list[tuple[str, Any, str]]:
    events = [(_begun(line, row), row.sent_at, "")]
    if row.received_at is not None and line.kind is LineKind.GOODS:
        words = _("The village received %(amount)s", amount=amount(line, row.received_quantity or 0))
        events.append((words, row.received_at, label(row.condition)))
    if row.done_at is not None:
        events.append((_("Done, says the donor"), row.done_at, ""))
    if row.accepted_at is not None:
        events.append((_counted(line, row), row.accepted_at, _value(row)))
    if row.disputed_at is not None:
        events.append((_("Disputed"), row.disputed_at, row.dispute_reason))
    if row.settled_at is not None:
        events.append((_("Settled by the county"), row.settled_at, row.settlement))
    if row.thanked_at is not None:
        events.append((_("Thanked"), row.thanked_at, row.thanks))
    events.sort(key=lambda entry: entry[1])
    return events


def _begun(line: NeedLine, row: Delivery) -> str:
    words = amount(line, row.quantity)
    if row.method is DeliveryMethod.MOVED:
        return _("%(amount)s moved here from another purpose", amount=words)
    if line.kind is LineKind.MONEY:
        return _("Transfer of %(amount)s", amount=words)
    if line.kind is not LineKind.GOODS:
        return _("%(amount)s agreed for %(day)s", amount=words, day=day(row.planned_on))
    if row.method is DeliveryMethod.COURIER:
        return _(
            "%(amount)s sent with %(courier)s, number %(number)s",
            amount=words,
            courier=row.courier,
            number=row.tracking_number,
        )
    return _("%(amount)s to be brought on %(day)s", amount=words, day=day(row.planned_on))


def _counted(line: NeedLine, row: Delivery) -> str:
    words = amount(line, row.accepted_quantity or 0)
    if row.method is DeliveryMethod.MOVED:
        return _("%(amount)s lies in the fund of this need", amount=words)
    if line.kind is LineKind.MONEY:
        return _("%(amount)s arrived in the charity's account", amount=words)
    if line.kind is LineKind.GOODS:
        return _("%(amount)s accepted", amount=words)
    return _("%(amount)s confirmed by the village", amount=words)


def _value(row: Delivery) -> str:
    if row.value_fen is None:
        return ""
    return _("Value ¥%(amount)s, %(basis)s", amount=yuan(row.value_fen), basis=label(row.value_basis))


def _to_come(line: NeedLine, row: Delivery) -> list[str]:
    """The steps of this kind that have not been taken."""
    if line.kind is LineKind.MONEY:
        return [] if row.state is S.PAID else [_("The treasurer sees it in the account")]
    if line.kind is LineKind.GOODS:
        later = [(S.IN_TRANSIT, _("The village receives it")), (S.RECEIVED, _("Household or village accepts it"))]
        order = [S.IN_TRANSIT, S.RECEIVED, S.ACCEPTED]
    else:
        later = [(S.AGREED, _("You or your people do it")), (S.DONE, _("The village confirms it"))]
        order = [S.AGREED, S.DONE, S.CONFIRMED]
    taken = order.index(row.state)
    words = [text for state, text in later if order.index(state) >= taken]
    return words if row.thanked_at else [*words, _("Thanks")]


#: Acts that have a page or button of their own: words and endpoint, in the order in which they are offered.
BUTTONS: tuple[tuple[DeliveryAct, Any, str, str], ...] = (
    (DeliveryAct.RECEIVE, "receive", "deliveries.receive_goods", ""),
    (DeliveryAct.ACCEPT, "accept", "deliveries.accept_goods", ""),
    (DeliveryAct.CONFIRM, "confirm", "deliveries.confirm_work", ""),
    (DeliveryAct.MARK_DONE, "mark_done", "deliveries.mark_done", ""),
    (DeliveryAct.UPHOLD, "settle", "deliveries.settle_dispute", ""),
    (DeliveryAct.SEND_BACK, "settle", "deliveries.settle_dispute", ""),
    (DeliveryAct.CANCEL, "cancel", "deliveries.cancel_delivery", "quiet"),
    (DeliveryAct.DISPUTE, "dispute", "deliveries.dispute_delivery", "quiet"),
)


def button_words(name: str) -> str:
    return {
        "receive": _("Record what was received"),
        "accept": _("Record the acceptance"),
        "confirm": _("Confirm the work"),
        "mark_done": _("It is done"),
        "settle": _("Settle the dispute"),
        "cancel": _("Call it off"),
        "dispute": _("Something is wrong"),
        "thank": _("Thank the donor"),
        "hide_photo": _("Hide the photo"),
    }[name]


def buttons(row: Delivery, acts: set[DeliveryAct], parties: set[Party], *, may_hide: bool) -> list[dict[str, str]]:
    """What the reader may do with a delivery, each as text, address and kind of button."""
    offered: dict[str, dict[str, str]] = {}
    for act, name, endpoint, kind in BUTTONS:
        if act in acts and name not in offered:
            offered[name] = {"text": button_words(name), "url": url_for(endpoint, code=row.code), "kind": kind}
    if Party.VILLAGE in parties and row.state in COUNTED and row.thanked_at is None:
        url = url_for("deliveries.thank_donor", code=row.code)
        offered["thank"] = {"text": button_words("thank"), "url": url, "kind": ""}
    if may_hide:
        url = url_for("deliveries.hide_photo", code=row.code)
        offered["hide"] = {"text": button_words("hide_photo"), "url": url, "kind": "quiet"}
    return list(offered.values())


def give_button(view: ClaimView, line: LineView) -> dict[str, str] | None:
    """What the donor does next with a line of the claim; None when nothing is left to send."""
    if view.claim.state is not ClaimState.PLEDGED or line.to_send < 1:
        return None
    kind = line.need_line.kind
    endpoint, text = {
        LineKind.MONEY: ("deliveries.report_payment", _("I have transferred it")),
        LineKind.GOODS: ("deliveries.send_goods", _("Send it")),
        LineKind.SERVICE: ("deliveries.agree_work", _("Enter the agreed day")),
        LineKind.HOURS: ("deliveries.agree_work", _("Enter the agreed day")),
    }[kind]
    return {"text": text, "url": url_for(endpoint, code=view.claim.code, position=line.need_line.position)}


def next_step(view: ClaimView) -> str:
    """One sentence for the donor: what is due next in this claim."""
    ended = _("This claim has ended; nothing is due.")
    if view.claim.state is not ClaimState.PLEDGED:
        return {
            ClaimState.HELD: _("Check your answers and pledge, before the hold ends."),
            ClaimState.FULFILLED: _("Everything has arrived. Thank you!"),
        }.get(view.claim.state, ended)
    if any(row.state is S.DISPUTED for row in view.deliveries):
        return _("A delivery is disputed; the county looks into it.")
    if any(row.state is S.AGREED and (row.planned_on or today()) <= today() for row in view.deliveries):
        return _("Say that the agreed work is done.")
    if any(line.to_send for line in view.lines):
        return _send_words(view)
    return _("Your part is done for now: the other side confirms next.")


def _send_words(view: ClaimView) -> str:
    by = day(view.claim.due_on)
    kinds = {line.need_line.kind for line in view.lines if line.to_send}
    if kinds == {LineKind.MONEY}:
        return _("Transfer the money by %(day)s.", day=by)
    if LineKind.GOODS in kinds:
        return _("Send the goods by %(day)s.", day=by)
    return _("Agree on a day with the village by %(day)s.", day=by)


def amount_of(row: Delivery) -> str:
    """The amount of a money delivery."""
    return _("¥%(amount)s", amount=yuan(row.quantity))
