"""The second step of signing in: an app's code, or a recovery code from paper.

As with passwords, codes are compared before the transaction (recovery codes are hashed slowly, on purpose) and spent
in it, by one conditional UPDATE: of two who send one code at the same moment, one gets in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from sun_commune.accounts import passwords, policies, queries, sessions, throttles
from sun_commune.accounts.events import (
    RecoveryCodeUsed,
    SecondFactorEnrolled,
    SecondFactorRemoved,
    SecondFactorReset,
    SignInRefused,
    UserEvent,
    UserSignedIn,
)
from sun_commune.accounts.models import RecoveryCode, SecondFactor, User
from sun_commune.accounts.one_time_codes import clean_code, find_step, is_app_code
from sun_commune.core import sealing
from sun_commune.core.clock import now
from sun_commune.core.db import db, rows_changed
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce


@dataclass(frozen=True)
class Proof:
    """A code that was right when it was looked at: the step of the app's, or the row of a recovery code."""

    step: int | None = None
    recovery_id: int | None = None


def count_code(*, user: User) -> bool:
    """Count a try. False: too many."""
    counted = [throttles.count(limit, user.code) for limit in (throttles.CODE_USER, throttles.CODE_USER_DAY)]
    return all(counted)  # after the loop: every counter counts


def check_code(*, user: User, typed: str) -> Proof | None:
    """Read and compare; writes nothing."""
    code, factor = clean_code(typed), queries.find_second_factor(user.id)
    if factor is None or not code:
        return None
    if is_app_code(code):
        step = find_step(sealing.unseal(factor.secret_sealed, context_of(user.code)), code, now())
        return Proof(step=step) if step is not None and step > factor.last_step else None
    fitting = (row.id for row in queries.unused_recovery_codes(user.id) if passwords.fits(row.code_hash, code))
    found = next(fitting, None)
    return Proof(recovery_id=found) if found is not None else None


def open_sign_in(*, user: User, auth_epoch: int, proof: Proof | None) -> str | None:
    """The token of a sign-in that both steps have opened; None (and a line on the trail) if a step does not count."""
    db.session.refresh(user)
    # The password may have been changed, or the account disabled, since the first step.
    good = user.is_enabled and user.auth_epoch == auth_epoch
    if not good or proof is None or not _spend(user, proof):
        announce(SignInRefused(actor_id=None, user_id=user.id, object_code=user.code, reason="second step"))
        return None
    _forgive(user)
    token = sessions.open_sign_in(user)
    announce(UserSignedIn(actor_id=user.id, user_id=user.id, object_code=user.code, reason="second step"))
    return token


def enrol(*, actor: User, secret: str, step: int, recovery_hashes: Sequence[str]) -> str:
    """Turn it on. Every sign-in ends; gives back the token of a new one for the browser in which it was done."""
    db.session.execute(select(User.id).where(User.id == actor.id).with_for_update())
    if queries.find_second_factor(actor.id) is not None:
        raise Conflict(_l("The second step is on already."))
    sealed = sealing.seal(secret, context_of(actor.code))
    db.session.add(SecondFactor(user_id=actor.id, secret_sealed=sealed, last_step=step, created_at=now()))
    db.session.add_all([RecoveryCode(user_id=actor.id, code_hash=code_hash) for code_hash in recovery_hashes])
    return _switched(actor, SecondFactorEnrolled)


def remove(*, actor: User, proof: Proof | None) -> str:
    """Turn it off. Every sign-in ends; gives back the token of a new one, as ``enrol``."""
    if policies.must_have_second_factor(actor):
        raise RuleBroken(_l("Your duty asks for the second step, so it stays on."))
    if proof is None or not _spend(actor, proof):
        raise RuleBroken(_l("This code is wrong, or was used before. Wait for the next one."), field="code")
    _delete(actor)
    return _switched(actor, SecondFactorRemoved)


def reset(*, user: User, reason: str) -> None:
    """Take a lost factor away, for an operator who has made sure who asks."""
    if queries.find_second_factor(user.id) is None:
        raise RuleBroken(_l("This account has no second step."))
    _delete(user)
    sessions.end_all_sign_ins(user)
    announce(SecondFactorReset(actor_id=None, user_id=user.id, object_code=user.code, reason=reason))


def reseal(factor: SecondFactor) -> bool:
    """Seal under the present key what another one sealed. False: nothing to do."""
    if sealing.is_current(factor.secret_sealed):
        return False
    context = context_of(db.session.scalars(select(User.code).where(User.id == factor.user_id)).one())
    factor.secret_sealed = sealing.seal(sealing.unseal(factor.secret_sealed, context), context)
    return True


def context_of(user_code: str) -> str:
    return f"second factor {user_code}"


def _spend(user: User, proof: Proof) -> bool:
    """True once for each code."""
    if proof.step is not None:
        where = (SecondFactor.user_id == user.id, SecondFactor.last_step < proof.step)
        return rows_changed(db.session(), update(SecondFactor).where(*where).values(last_step=proof.step)) == 1
    unused = (RecoveryCode.id == proof.recovery_id, RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    if rows_changed(db.session(), update(RecoveryCode).where(*unused).values(used_at=now())) != 1:
        return False
    announce(RecoveryCodeUsed(actor_id=user.id, user_id=user.id, object_code=user.code))
    return True


def _switched(actor: User, kind: type[UserEvent]) -> str:
    _forgive(actor)
    sessions.end_all_sign_ins(actor)
    db.session.flush()
    announce(kind(actor_id=actor.id, user_id=actor.id, object_code=actor.code))
    return sessions.open_sign_in(actor)


def _delete(user: User) -> None:
    for table in (RecoveryCode, SecondFactor):
        db.session.execute(delete(table).where(table.user_id == user.id))


def _forgive(user: User) -> None:
    """The right code was given. The day's count stays, or who has the paper could guess on."""
    throttles.clear(throttles.CODE_USER, user.code)
