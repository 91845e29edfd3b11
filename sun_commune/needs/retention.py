"""How long a need that is over shows the people behind it.

For SUN_MASK_AFTER_DAYS the page of a need that was met, closed or has expired stays as it was, so that donors see what
came of it. Then photos with people and the household's code and name go; what was asked for and given stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sun_commune import config
from sun_commune.core.clock import now
from sun_commune.needs.states import NeedState

#: In public and over. A need that moves again (a gift is reversed) begins anew.
OVER = frozenset({NeedState.FULFILLED, NeedState.CLOSED, NeedState.EXPIRED})


def masked_before() -> datetime:
    """Needs that are over and have not moved since this moment show nobody any more."""
    return now() - timedelta(days=config.current().mask_after_days)


def is_masked(state: NeedState, updated_at: datetime) -> bool:
    return state in OVER and updated_at < masked_before()
