"""Signing in and out. The password is checked before the transaction: Argon2 under the write lock would let
one guesser hold up everybody's writes."""

from __future__ import annotations

from dataclasses import dataclass

from sun_commune.accounts import passwords, queries, sessions, throttles
from sun_commune.accounts.contacts import Contact
from sun_commune.accounts.events import SecondStepAsked, SignInRefused, UserSignedIn, UserSignedOut
from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.core.events import announce


@dataclass(frozen=True)
class Checked:
    """Outcome of a password check: whose account it was, if any, and whether the password was right."""

    user_id: int | None
    user_code: str
    seen_hash: str
    is_right: bool
    new_hash: str | None


def count_attempt(*, contact: Contact | None, typed: str, address: str) -> bool:
    """Count an attempt to sign in. False: too many. An account that does not exist is counted the same way."""
    account = contact.value if contact else typed.casefold()
    return all(
        [  # a list, not a generator: every counter counts
            throttles.count(throttles.SIGN_IN_ADDRESS, address),
            throttles.count(throttles.SIGN_IN_PAIR, f"{account} {address}"),
            throttles.count(throttles.SIGN_IN_ACCOUNT, account),
        ]
    )


def forgive_attempts(*, contact: Contact, address: str) -> None:
    """The right password was given. The address's count stays, or a guesser's own account would clear it."""
    throttles.clear(throttles.SIGN_IN_PAIR, f"{contact.value} {address}")
    throttles.clear(throttles.SIGN_IN_ACCOUNT, contact.value)


def check_password(*, contact: Contact | None, password: str) -> Checked:
    """Read and compare; writes nothing. Takes the same time whether the account exists."""
    user = queries.find_by_contact(contact)
    stored = user.password_hash if user else None
    right = passwords.fits(stored, password)
    new_hash = passwords.hash_password(password) if stored and right and passwords.is_outdated(stored) else None
    return Checked(user.id if user else None, user.code if user else "", stored or "", right, new_hash)


def open_sign_in(*, checked: Checked) -> tuple[User, str] | None:
    """Open a sign-in; None (and a line on the trail) for a wrong password or a disabled account.

    Without a token nothing is open yet: this account has a second step (services.second_factor)."""
    user = db.session.get(User, checked.user_id) if checked.user_id else None
    # The password may have been changed, or the account disabled, since it was checked.
    good = checked.is_right and user is not None and user.is_enabled and user.password_hash == checked.seen_hash
    if not good or user is None:
        announce(SignInRefused(actor_id=None, user_id=checked.user_id or 0, object_code=checked.user_code))
        return None
    if checked.new_hash:
        user.password_hash = checked.new_hash
    if queries.find_second_factor(user.id) is not None:
        announce(SecondStepAsked(actor_id=user.id, user_id=user.id, object_code=user.code))
        return user, ""
    token = sessions.open_sign_in(user)
    announce(UserSignedIn(actor_id=user.id, user_id=user.id, object_code=user.code))
    return user, token


def sign_out(*, actor: User, token: str) -> None:
    sessions.end_sign_in(token)
    announce(UserSignedOut(actor_id=actor.id, user_id=actor.id, object_code=actor.code))
