"""Everything that changes claims: hold, pledge, bring, give back. docs/claims.md tells how a claim lives.

Each act locks the need's row first, then changes claim and stock by conditional UPDATEs in Core: of two acts that
race (a pledge and the end of its hold, a release and a delivery) one wins and the other gets a Conflict or does
nothing. Services announce; they never commit.
"""

from sun_commune.pledges.services.bringing import (
    mark_acted,
    mark_idle,
    record_line_delivery,
    release_line,
    undo_line_delivery,
)
from sun_commune.pledges.services.ending import (
    cancel_claim,
    expire_hold,
    give_back_need,
    release_overdue_claim,
)
from sun_commune.pledges.services.forgetting import forget_messages, forget_names, has_open_claims
from sun_commune.pledges.services.holding import Held, hold_claim, hold_lines
from sun_commune.pledges.services.pledging import (
    extend_dates,
    pledge_claim,
    remind_claim,
    shown_name,
)
from sun_commune.pledges.services.taking_over import allot, take_over

__all__ = [
    "Held",
    "allot",
    "cancel_claim",
    "expire_hold",
    "extend_dates",
    "forget_messages",
    "forget_names",
    "give_back_need",
    "has_open_claims",
    "hold_claim",
    "hold_lines",
    "mark_acted",
    "mark_idle",
    "pledge_claim",
    "record_line_delivery",
    "release_line",
    "release_overdue_claim",
    "remind_claim",
    "shown_name",
    "take_over",
    "undo_line_delivery",
]
