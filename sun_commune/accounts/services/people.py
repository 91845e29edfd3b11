"""What officers do with accounts and organisations, and what people change on their own page."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.accounts import policies, sessions
from sun_commune.accounts.events import (
    ContactChanged,
    OrganisationRefused,
    OrganisationVerified,
    UserDisabled,
    UserEnabled,
)
from sun_commune.accounts.models import Organisation, User
from sun_commune.accounts.services.terms import check_reason
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce


def verify_organisation(*, actor: User, organisation: Organisation) -> None:
    """From now on its name is shown as verified. Verifying twice is verifying once."""
    before = _lock(actor, organisation)
    if organisation.is_verified:
        return
    same = (Organisation.credit_code == organisation.credit_code, Organisation.verified_at.is_not(None))
    if db.session.execute(select(Organisation.id).where(*same)).first():
        raise RuleBroken(_l("Another account is verified as this organisation already."))
    organisation.verified_at, organisation.verified_by, organisation.refused_reason = now(), actor.id, ""
    _tell(OrganisationVerified, actor, organisation, before)


def refuse_organisation(*, actor: User, organisation: Organisation, reason: str) -> None:
    """It may give, but its name is not shown as verified. A later decision may differ."""
    before = _lock(actor, organisation)
    check_reason(reason)
    if organisation.refused_reason == reason:
        return
    if organisation.is_verified:
        raise Conflict(_l("This organisation was already verified."))
    organisation.refused_reason = reason
    _tell(OrganisationRefused, actor, organisation, before, reason)


def disable_user(*, actor: User, person: User, reason: str) -> None:
    """Nobody signs in with this account any more, from the next request on."""
    if not policies.can_switch_user(actor, person):
        raise NotAllowed
    check_reason(reason)
    if person.is_enabled:
        person.is_enabled = False
        sessions.end_all_sign_ins(person)
        _tell_switch(UserDisabled, actor, person, reason)


def enable_user(*, actor: User, person: User, reason: str) -> None:
    if not policies.can_switch_user(actor, person):
        raise NotAllowed
    check_reason(reason)
    if not person.is_enabled:
        person.is_enabled = True
        _tell_switch(UserEnabled, actor, person, reason)


def change_contact(*, actor: User, name: str, office_phone: str) -> None:
    """The name that donors may choose to be shown with, and the phone that donors call the village by."""
    if (actor.name, actor.office_phone) != (name, office_phone):
        actor.name, actor.office_phone = name, office_phone
        announce(ContactChanged(actor_id=actor.id, user_id=actor.id, object_code=actor.code))


def _lock(actor: User, organisation: Organisation) -> str:
    if not policies.can_verify_organisation(actor, organisation):
        raise NotAllowed
    db.session.refresh(organisation, with_for_update=True)
    return organisation.state


def _tell(
    kind: type[OrganisationVerified | OrganisationRefused],
    actor: User,
    organisation: Organisation,
    before: str,
    reason: str = "",
) -> None:
    announce(
        kind(
            actor_id=actor.id,
            organisation_id=organisation.id,
            object_code=organisation.code,
            from_state=before,
            to_state=organisation.state,
            reason=reason,
        )
    )


def _tell_switch(kind: type[UserDisabled | UserEnabled], actor: User, person: User, reason: str) -> None:
    states = ("disabled", "enabled") if person.is_enabled else ("enabled", "disabled")
    announce(
        kind(
            actor_id=actor.id,
            user_id=person.id,
            object_code=person.code,
            from_state=states[0],
            to_state=states[1],
            reason=reason,
        )
    )
