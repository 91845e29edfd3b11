"""Counting attempts in windows of time. One upsert per attempt, so that two processes cannot both read the same
count; counted before the costly hash, so that guessing does not cost the server more than the guesser.

Keys are hashes under the site's secret: the table tells nobody's phone or address.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, delete
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune import config
from sun_commune.accounts.models import Throttle
from sun_commune.core.clock import now
from sun_commune.core.db import db, is_sqlite, rows_changed


@dataclass(frozen=True)
class Limit:
    """At most ``most`` attempts in ``minutes`` minutes."""

    name: str
    most: int
    minutes: int


#: One account from one address: stops the usual guessing without locking the owner out from elsewhere.
SIGN_IN_PAIR = Limit("sign-in-pair", 10, 15)
#: One account from anywhere (NIST SP 800-63B: at most 100).
SIGN_IN_ACCOUNT = Limit("sign-in-account", 100, 24 * 60)
#: One address, whatever accounts; a township office shares one address.
SIGN_IN_ADDRESS = Limit("sign-in-address", 100, 15)
REGISTER_ADDRESS = Limit("register-address", 20, 60)
RESET_ACCOUNT = Limit("reset-account", 3, 60)
RESET_ADDRESS = Limit("reset-address", 20, 60)
PASSWORD_USER = Limit("password-user", 10, 15)
#: Codes of the second step: six digits, three of them right at any moment.
CODE_USER = Limit("code-user", 10, 15)
CODE_USER_DAY = Limit("code-user-day", 100, 24 * 60)


def key_of(limit: Limit, subject: str) -> str:
    secret = config.current().secret_key.encode()
    return f"{limit.name}:{hmac.new(secret, subject.encode(), hashlib.sha256).hexdigest()[:40]}"


def network_of(address: str | None) -> str:
    """The address, or the /64 network of an IPv6 one: a household has billions of those."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def count(limit: Limit, subject: str) -> bool:
    """Count one attempt (inside a transaction). False: too many in this window."""
    moment = now()
    end = moment + timedelta(minutes=limit.minutes)
    session = db.session()
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    over = Throttle.window_ends_at <= moment
    statement = insert(Throttle).values(key=key_of(limit, subject), window_ends_at=end, attempts=1)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "attempts": case((over, 1), else_=Throttle.attempts + 1),
            "window_ends_at": case((over, end), else_=Throttle.window_ends_at),
        },
    )
    attempts: int = session.execute(statement.returning(Throttle.attempts)).scalar_one()
    return attempts <= limit.most


def clear(limit: Limit, subject: str) -> None:
    """Forget the attempts: the right person has come (inside a transaction)."""
    db.session.execute(delete(Throttle).where(Throttle.key == key_of(limit, subject)))


def sweep() -> int:
    """Delete windows that are over (inside a transaction); how many."""
    return rows_changed(db.session(), delete(Throttle).where(Throttle.window_ends_at <= now()))
