"""A person leaves: what we keep about them goes, what they gave stays in the books."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from sun_commune.accounts import policies, sessions
from sun_commune.accounts.events import DutyEnded, UserClosed
from sun_commune.accounts.models import DutyState, PasswordReset, RecoveryCode, SecondFactor, User
from sun_commune.core import once
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.core.events import announce

NO_PASSWORD = "!"  # noqa: S105 - fits no password


def close_account(*, actor: User, wants_anonymity: bool) -> None:
    """Close the own account for good. Whoever holds or held an office stays on record by name."""
    if not policies.can_close_account(actor):
        raise NotAllowed
    db.session.flush()
    db.session.execute(select(User.id).where(User.id == actor.id).with_for_update(key_share=True))
    db.session.refresh(actor)
    if actor.closed_at is not None:
        return
    if any(duty.state in {DutyState.ACTIVE, DutyState.ENDED} for duty in actor.duties):
        raise RuleBroken(
            _l("You hold or held an office, and what you did in it stays under your name. Ask the operator.")
        )
    announce(
        UserClosed(actor_id=actor.id, user_id=actor.id, object_code=actor.code, wants_anonymity=wants_anonymity)
    )  # fmt: skip
    _drop_requests(actor)
    sessions.end_all_sign_ins(actor)
    for table in (PasswordReset, RecoveryCode, SecondFactor):
        db.session.execute(delete(table).where(table.user_id == actor.id))
    once.forget_person(actor.id)
    actor.name, actor.phone, actor.email, actor.office_phone = actor.code, None, None, ""
    actor.password_hash, actor.is_enabled, actor.closed_at = NO_PASSWORD, False, now()
    db.session.flush()


def _drop_requests(actor: User) -> None:
    for duty in actor.duties:
        if duty.state is DutyState.REQUESTED:
            duty.state = DutyState.ENDED
            announce(
                DutyEnded(
                    actor_id=actor.id, user_id=actor.id, object_code=duty.code,
                    from_state=DutyState.REQUESTED, to_state=DutyState.ENDED,
                )
            )  # fmt: skip
