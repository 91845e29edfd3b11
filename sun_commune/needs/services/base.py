"""What every act on a need begins with: the lock, the right, the reason."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core.db import db
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.core.text import clean_line, find_private
from sun_commune.needs import queries
from sun_commune.needs.models import Need
from sun_commune.needs.rules import PRIVATE_WORDS
from sun_commune.needs.states import REASON_LENGTH


def lock(need: Need) -> None:
    """Read the need again under a row lock (SQLite's transaction already is one)."""
    db.session.flush()
    db.session.refresh(need, with_for_update={"key_share": True})


def lock_with_household(need: Need) -> None:
    """The household first: its consent may not be withdrawn between our look and our act."""
    household = queries.household_of(need)
    if household is not None:
        db.session.refresh(household, with_for_update={"key_share": True})
    lock(need)


def require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_l("This is for another office, or for another person of yours, to do."))


def clean_reason(reason: str) -> str:
    """The reason, cleaned; RuleBroken if it is too short, too long, or holds a private number."""
    text = clean_line(reason)
    least, most = REASON_LENGTH
    if not least <= len(text) <= most:
        raise RuleBroken(_l("Give a reason of %(least)s to %(most)s characters.", least=least, most=most),
                         field="reason")  # fmt: skip
    found = find_private(text)
    if found:
        raise RuleBroken(PRIVATE_WORDS[found], field="reason")
    return text
