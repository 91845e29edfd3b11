"""What happens to households. ``object_code`` is the household's public code; nothing private goes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class HouseholdEvent(Event):
    object_kind: ClassVar[str] = "household"
    household_id: int


class HouseholdRegistered(HouseholdEvent): ...


class HouseholdEdited(HouseholdEvent): ...


@dataclass(frozen=True, kw_only=True)
class ConsentGiven(HouseholdEvent):
    purpose: str


@dataclass(frozen=True, kw_only=True)
class ConsentWithdrawn(HouseholdEvent):
    purpose: str


class HouseholdUnmasked(HouseholdEvent): ...


class ErasureRequested(HouseholdEvent): ...


class ErasureTakenBack(HouseholdEvent): ...


class HouseholdErased(HouseholdEvent):
    """Announced before the household's own words go, so that every feature lets go of its part - or refuses."""


@dataclass(frozen=True, kw_only=True)
class UnmaskingAlarmed(Event):
    """One person has looked at more households in a day than SUN_UNMASK_ALARM. ``object_code`` is that person's."""

    object_kind: ClassVar[str] = "user"
    user_id: int
    village_code: str
