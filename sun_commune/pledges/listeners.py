"""What a need's fate means for its claims.

Paused: holds end, pledges wait, and after the pause nobody falls due at once. Withdrawn or closed: what was promised
and not begun is given back. Expired: holds end; what was pledged may still be brought until its day.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.events import UserClosed
from sun_commune.core.errors import RuleBroken
from sun_commune.needs.events import NeedClosed, NeedErased, NeedExpired, NeedPaused, NeedResumed, NeedWithdrawn
from sun_commune.pledges import services
from sun_commune.pledges.models import EndReason


def end_holds_of_paused_need(event: NeedPaused) -> None:
    services.give_back_need(event.need_id, reason=EndReason.NEED_PAUSED, actor_id=event.actor_id, holds_only=True)


def end_holds_of_expired_need(event: NeedExpired) -> None:
    services.give_back_need(event.need_id, reason=EndReason.NEED_EXPIRED, actor_id=event.actor_id, holds_only=True)


def release_claims_of_withdrawn_need(event: NeedWithdrawn) -> None:
    services.give_back_need(event.need_id, reason=EndReason.NEED_WITHDRAWN, actor_id=event.actor_id)


def release_claims_of_closed_need(event: NeedClosed) -> None:
    services.give_back_need(event.need_id, reason=EndReason.NEED_CLOSED, actor_id=event.actor_id)


def forget_messages_of_erased_need(event: NeedErased) -> None:
    """What donors wrote to the family."""
    services.forget_messages(need_id=event.need_id)


def forget_donor(event: UserClosed) -> None:
    """What a donor wrote goes, and the name where that is wished; a promise must be kept or taken back before."""
    if services.has_open_claims(event.user_id):
        raise RuleBroken(_l("You still have open claims. Keep or take back each of them first."))
    services.forget_messages(donor_id=event.user_id)
    if event.wants_anonymity:
        services.forget_names(event.user_id)


def give_time_after_pause(event: NeedResumed) -> None:
    services.extend_dates(event.need_id)
