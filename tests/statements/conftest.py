"""What the tests of statements share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sun_commune.core import events as core_events
from sun_commune.pledges.models import Claim
from sun_commune.statements.events import SurplusLeft
from tests.cast import Cast
from tests.statements.world import pledge


@pytest.fixture
def claim(cast: Cast) -> Claim:
    """A pledge of 1,000 yuan."""
    return pledge(cast)


@pytest.fixture
def surpluses() -> Iterator[list[SurplusLeft]]:
    """What is announced of money that is left over."""
    heard: list[SurplusLeft] = []
    core_events._listeners.setdefault(SurplusLeft, []).append(heard.append)
    yield heard
    core_events._listeners[SurplusLeft].remove(heard.append)
