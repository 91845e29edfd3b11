"""Messages about money that waits for its donor's choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from sun_commune import config
from sun_commune.accounts.models import Role
from sun_commune.choices import events
from sun_commune.choices.models import Choice, Occasion, Route
from sun_commune.core.events import Event
from sun_commune.core.labels import label
from sun_commune.core.money import yuan
from sun_commune.notifications import queries, services
from sun_commune.notifications.models import NoticeKind

K = NoticeKind


def _about(choice: Choice) -> str:
    need = queries.find_need(choice.need_code) if choice.need_code else None
    return need.title if need is not None else choice.need_code or choice.claim_code or ""


def _until(choice: Choice) -> Callable[[], str]:
    """How much, why, until when, and what happens then: the default is announced each time."""
    fen, due_on, occasion = choice.amount_fen, choice.due_on, choice.occasion
    to_similar = config.current().choice_default == "similar"

    def words() -> str:
        then = _("another need of the same category, or else the general pool") if to_similar else _("the general pool")
        return _(
            "%(why)s It is ¥%(amount)s. Without your choice by %(day)s it goes to %(then)s.",
            why=label(occasion), amount=yuan(fen), day=format_date(due_on, "long"), then=then,
        )  # fmt: skip

    return words


def _tell_donor(choice: Choice, kind: NoticeKind, note: Any, actor_id: int | None) -> None:
    """Not of what the donor has just done."""
    if choice.donor_id and choice.donor_id != actor_id:
        services.tell(queries.users_of({choice.donor_id}), kind, code=choice.code, about=_about(choice), note=note)


def ask_donor(event: events.ChoiceOpened) -> None:
    choice = queries.get_row(Choice, event.choice_id)
    kind = K.REFUND_FAILED if choice.occasion is Occasion.REFUND_FAILED else K.CHOICE_OPENED
    _tell_donor(choice, kind, _until(choice), event.actor_id)


def remind_donor(event: events.ChoiceReminded) -> None:
    choice = queries.get_row(Choice, event.choice_id)
    _tell_donor(choice, K.CHOICE_REMINDED, _until(choice), event.actor_id)


def tell_of_default(event: events.ChoiceMoved) -> None:
    """What donors chose themselves they know."""
    choice = queries.get_row(Choice, event.choice_id)
    if event.actor_id is None:
        fen, code = choice.amount_fen, choice.to_need_code
        to_need = choice.route is Route.NEED

        def words() -> str:
            if to_need:
                return _("¥%(amount)s lie in the fund of the need %(code)s now.", amount=yuan(fen), code=code)
            return _("¥%(amount)s lie in the general pool now.", amount=yuan(fen))

        _tell_donor(choice, K.CHOICE_DEFAULTED, words, None)


def tell_treasurers(event: events.RefundChosen | events.RefundRefused) -> None:
    choice = queries.get_row(Choice, event.choice_id)
    people = [user for user in queries.officers_for(choice.county_code, Role.TREASURER) if user.id != event.actor_id]
    words = _l("¥%(amount)s", amount=yuan(choice.amount_fen))
    services.tell(people, K.REFUND_ASKED, code=choice.code, about=_about(choice), note=words)


def tell_of_refund(event: events.RefundConfirmed) -> None:
    choice = queries.get_row(Choice, event.choice_id)
    _tell_donor(choice, K.REFUND_SENT, _l("¥%(amount)s", amount=yuan(choice.amount_fen)), event.actor_id)


CHOICES: dict[type[Event], list[Callable[[Any], None]]] = {
    events.ChoiceOpened: [ask_donor],
    events.RefundGivenUp: [ask_donor],
    events.ChoiceReminded: [remind_donor],
    events.ChoiceMoved: [tell_of_default],
    events.RefundChosen: [tell_treasurers],
    events.RefundRefused: [tell_treasurers],
    events.RefundConfirmed: [tell_of_refund],
}
