"""The only writer of the charity's record, and the one sentence by which other features refuse money."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import text

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.codes import random_code
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, find_private
from sun_commune.lanes import events, policies, queries
from sun_commune.lanes.models import Lane, LaneDecision, LaneVersion, Outcome
from sun_commune.lanes.rules import LaneContent, clean, differences, find_faults
from sun_commune.lanes.words import why_closed

CODE_PREFIX = "TD"
REASON_LENGTH = (5, 100)
LAST_DIGITS = 4
#: One proposal at a time: whoever comes second waits here. Any number that nobody else locks.
LOCK = "SELECT pg_advisory_xact_lock(5107, 22)"


def propose_lanes(actor: User, *, content: LaneContent) -> LaneVersion:
    """Write a new version of the charity's record; nothing changes before another officer confirms it.

    RuleBroken names the first field that is wrong. Several may wait: the first that is confirmed makes the others void.
    """
    _require(policies.can_propose_lanes(actor))
    content = clean(content)
    for fault in find_faults(content, config.current().campaign_host_list):
        raise fault
    if not differences(queries.present().version, content):
        raise RuleBroken(_l("This is what is in force already; nothing would change."))
    version = LaneVersion(code=random_code(CODE_PREFIX), proposed_by=actor.id, proposed_at=now(), **content.values)
    db.session.add(version)
    db.session.flush()
    _tell(events.LanesProposed, actor, version)
    return version


def confirm_proposal(actor: User, version: LaneVersion, *, last_digits: str = "") -> None:
    """Put a version in force. ``last_digits`` are the last four of the account, typed from the charity's own paper:
    so the second officer has compared it, not only read it on the screen. Twice by the same person is once; Conflict
    for a version that was written before the one in force."""
    _require(policies.can_decide_proposal(actor, version))
    if _was_decided(actor, version, Outcome.CONFIRMED):
        return
    latest = queries.latest_confirmation()
    if latest is not None and latest.version_id > version.id:
        raise Conflict(_l("A later version is in force meanwhile. Write this change anew."))
    if version.account_number and clean_line(last_digits) != version.account_number[-LAST_DIGITS:]:
        words = _l("These are not the last four digits of the account. Compare it with the charity's paper.")
        raise RuleBroken(words, field="last_digits")
    _decide(actor, version, Outcome.CONFIRMED, events.LanesConfirmed)


def refuse_proposal(actor: User, version: LaneVersion, *, reason: str) -> None:
    """Say no, with a reason (5 to 100 characters, for other officers)."""
    _require(policies.can_decide_proposal(actor, version))
    reason, (least, most) = clean_line(reason), REASON_LENGTH
    if not least <= len(reason) <= most:
        raise RuleBroken(_l("Write %(least)s to %(most)s characters.", least=least, most=most), field="reason")
    if find_private(reason):
        raise RuleBroken(_l("Take the number out: others read this text."), field="reason")
    if not _was_decided(actor, version, Outcome.REFUSED):
        _decide(actor, version, Outcome.REFUSED, events.LanesRefused, reason)


def take_back_proposal(actor: User, version: LaneVersion) -> None:
    """The writer thinks better of it."""
    _require(policies.can_take_back_proposal(actor, version))
    if not _was_decided(actor, version, Outcome.TAKEN_BACK):
        _decide(actor, version, Outcome.TAKEN_BACK, events.LanesTakenBack)


def require_money_lane() -> None:
    """RuleBroken, saying what is missing, while no lane can take money: then nobody is asked for money in public."""
    lanes = queries.present()
    if not lanes.takes_money:
        raise RuleBroken(
            _l(
                "This need asks for money, and no lane can take money now, so it cannot be published. "
                "Lane B: %(account)s Lane C: %(campaign)s",
                account=why_closed(lanes.status(Lane.ACCOUNT)),
                campaign=why_closed(lanes.status(Lane.CAMPAIGN)),
            )
        )


def require_account() -> LaneVersion:
    """The charity into whose account money goes now; RuleBroken while lane B is closed."""
    lanes = queries.present()
    if lanes.account is None:
        why = why_closed(lanes.status(Lane.ACCOUNT))
        raise RuleBroken(
            _l("Money cannot be taken on now: the lane into a charity's account is closed. %(why)s", why=why)
        )
    return lanes.account


def _lock() -> None:
    if not is_sqlite(db.session()):
        db.session.execute(text(LOCK))


def _was_decided(actor: User, version: LaneVersion, outcome: Outcome) -> bool:
    """Under the lock: already decided so by the same person; Conflict if decided otherwise."""
    _lock()
    decision = queries.find_decision(version.id)
    if decision is None:
        return False
    if decision.decided_by == actor.id and decision.outcome is outcome:
        return True
    raise Conflict(_l("This proposal is decided already."))


def _decide(
    actor: User, version: LaneVersion, outcome: Outcome, kind: type[events.LanesEvent], reason: str = ""
) -> None:
    db.session.add(
        LaneDecision(
            version_id=version.id, proposed_by=version.proposed_by, outcome=outcome, decided_by=actor.id,
            decided_at=now(), reason=reason,
        )
    )  # fmt: skip
    db.session.flush()
    _tell(kind, actor, version, reason)


def _tell(kind: type[events.LanesEvent], actor: User, version: LaneVersion, reason: str = "") -> None:
    announce(kind(actor_id=actor.id, object_code=version.code, version_id=version.id, reason=reason))


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_l("Two officers of county or city look after this: one writes, another confirms."))
