"""Messages about accounts: links by which somebody gets in, duties, organisations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.accounts import events
from sun_commune.accounts.models import Role, User
from sun_commune.core.addresses import absolute
from sun_commune.core.events import Event
from sun_commune.households.events import UnmaskingAlarmed
from sun_commune.notifications import queries, services
from sun_commune.notifications.links import path_to
from sun_commune.notifications.models import NoticeKind


def send_reset_link(event: events.PasswordResetAsked) -> None:
    """The single-use link goes to the account's own address alone, and its message is blanked once sent."""
    for user in queries.users_of({event.user_id}):
        services.post_link(
            user,
            subject=_l("Choose a new password"),
            text=_l(
                "Somebody, you we hope, asked for a new password. If it was not you, do nothing. The link works once:"
            ),
            link=absolute(path_to("accounts.reset_password", user.locale, token=event.link_token)),
            is_secret=True,
        )


def warn_of_registration(event: events.RegistrationRepeated) -> None:
    """Who tried is not told that the account exists; its owner is."""
    for user in queries.users_of({event.user_id}):
        services.post_link(
            user,
            subject=_l("You have an account already"),
            text=_l(
                "Somebody tried to register with your phone or e-mail. If it was you, sign in or renew your password:"
            ),
            link=absolute(path_to("accounts.sign_in", user.locale)),
        )


def warn_of_password(event: events.PasswordChanged) -> None:
    for user in queries.users_of({event.user_id}):
        services.post_link(
            user,
            subject=_l("Your password was changed"),
            text=_l(
                "Your password was changed and you were signed out everywhere. If it was not you, ask for a new one:"
            ),
            link=absolute(path_to("accounts.ask_reset", user.locale)),
        )


def duty(kind: NoticeKind) -> Callable[[Any], None]:
    """A listener that tells the holder of a duty what became of it."""

    def tell_holder(event: events.DutyEvent) -> None:
        people = _others({event.user_id}, event.actor_id)
        services.tell(people, kind, code=event.object_code, note=event.reason)

    return tell_holder


def organisation(kind: NoticeKind) -> Callable[[Any], None]:
    def tell_members(event: events.OrganisationEvent) -> None:
        people = queries.members_of(event.organisation_id)
        services.tell(people, kind, code=event.object_code, note=event.reason)

    return tell_members


def forget_person(event: events.UserClosed) -> None:
    services.forget_person(event.user_id)


def alarm_of_unmasking(event: UnmaskingAlarmed) -> None:
    """The county where it was noticed, and the operator; whoever did it is not asked about it."""
    name = queries.get_row(User, event.user_id).name
    watchers = queries.officers_for(event.village_code, Role.COUNTY_ADMIN, Role.OPERATOR)
    people = [user for user in watchers if user.id != event.actor_id]
    services.tell(people, NoticeKind.UNMASKING_ALARM, code=event.object_code, about=name, note=event.reason)


def _others(user_ids: set[int], actor_id: int | None) -> list[User]:
    return queries.users_of(user_ids - {actor_id or 0})


PEOPLE: dict[type[Event], list[Callable[[Any], None]]] = {
    events.PasswordResetAsked: [send_reset_link],
    events.RegistrationRepeated: [warn_of_registration],
    events.PasswordChanged: [warn_of_password],
    events.DutyGranted: [duty(NoticeKind.DUTY_GRANTED)],
    events.DutyRefused: [duty(NoticeKind.DUTY_REFUSED)],
    events.DutyEnded: [duty(NoticeKind.DUTY_ENDED)],
    events.UserClosed: [forget_person],
    UnmaskingAlarmed: [alarm_of_unmasking],
    events.OrganisationVerified: [organisation(NoticeKind.ORGANISATION_VERIFIED)],
    events.OrganisationRefused: [organisation(NoticeKind.ORGANISATION_REFUSED)],
}
