"""Invitations: a link that makes its reader an officer of one place for one term, once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import update

from sun_commune import config
from sun_commune.accounts import policies, queries, sessions
from sun_commune.accounts.events import DutyGranted, InvitationAccepted, InvitationWithdrawn, OfficerInvited
from sun_commune.accounts.models import Duty, Invitation, Role, User
from sun_commune.accounts.services.terms import add_duty, check_place, check_term
from sun_commune.core.clock import now
from sun_commune.core.codes import random_code
from sun_commune.core.db import db, rows_changed
from sun_commune.core.errors import Conflict, NotAllowed
from sun_commune.core.events import announce

VALID_FOR = timedelta(days=7)


def token_of(code: str) -> str:
    """The secret part of an invitation's link.

    It follows from the code and the site's secret, so that its maker can be shown the link again while the
    database, which holds only the hash, does not give it away.
    """
    secret = config.current().secret_key.encode()
    digest = hmac.new(secret, f"invitation {code}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def invite_officer(*, actor: User, role: Role, place_code: str, starts_on: date, ends_on: date | None) -> Invitation:
    if not policies.can_grant(actor, role, place_code):
        raise NotAllowed
    check_place(role, place_code)
    check_term(starts_on, ends_on)
    code = random_code("IV")
    moment = now()
    invitation = Invitation(
        code=code,
        token_hash=sessions.hash_token(token_of(code)),
        role=role,
        place_code=place_code,
        starts_on=starts_on,
        ends_on=ends_on,
        created_by=actor.id,
        created_at=moment,
        expires_at=moment + VALID_FOR,
    )
    db.session.add(invitation)
    db.session.flush()
    announce(OfficerInvited(actor_id=actor.id, object_code=code, to_state=role, reason=place_code))
    return invitation


def accept_invitation(*, actor: User, token: str, office_phone: str) -> Duty:
    """Take the duty. Raises Conflict if the link was used, withdrawn or has run out meanwhile."""
    invitation = queries.find_invitation(sessions.hash_token(token))
    if invitation is None or not _use(invitation, actor):
        raise Conflict(_l("This invitation was already used, withdrawn, or has run out."))
    maker = db.session.get(User, invitation.created_by)
    # Nobody appoints themselves, and nobody appoints with a right they have lost since.
    if invitation.created_by == actor.id or maker is None:
        raise NotAllowed(_l("You made this invitation; somebody else has to accept it."))
    if not policies.can_grant(maker, invitation.role, invitation.place_code):
        raise Conflict(_l("This invitation was already used, withdrawn, or has run out."))
    actor.office_phone = office_phone or actor.office_phone
    duty = add_duty(
        user=actor,
        role=invitation.role,
        place_code=invitation.place_code,
        starts_on=invitation.starts_on,
        ends_on=invitation.ends_on,
        granted_by=invitation.created_by,
    )
    announce(InvitationAccepted(actor_id=actor.id, object_code=invitation.code, from_state="open", to_state="used"))
    announce(DutyGranted(actor_id=actor.id, user_id=actor.id, object_code=duty.code, to_state=duty.state))
    return duty


def withdraw_invitation(*, actor: User, invitation: Invitation) -> None:
    """The link stops working. Withdrawing twice is withdrawing once."""
    if invitation.created_by != actor.id:
        raise NotAllowed
    where = (Invitation.id == invitation.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
    statement = update(Invitation).where(*where).values(withdrawn_at=now())
    if rows_changed(db.session(), statement) == 1:
        code = invitation.code
        announce(InvitationWithdrawn(actor_id=actor.id, object_code=code, from_state="open", to_state="withdrawn"))
    elif invitation.used_at is not None:
        raise Conflict(_l("This invitation was already accepted."))


def _use(invitation: Invitation, actor: User) -> bool:
    """One conditional UPDATE: of two who press at the same moment, one gets it."""
    where = (Invitation.id == invitation.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
    statement = update(Invitation).where(*where).values(used_at=now(), used_by=actor.id)
    return rows_changed(db.session(), statement) == 1
