"""When a lane is open: pure functions of the version in force and the day.

A direct gift needs no licence (Charity Law, art. 35). Money given in public needs a charity with a certificate and a
filed campaign (art. 22, 26), and online fundraising a designated platform (art. 27): lanes B and C stay closed until
all of that is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sun_commune.lanes.models import Lane, LaneVersion

CHARITY = ("charity_name", "credit_code", "certificate_number")
#: What must be filled in before a lane opens.
NEEDED: Mapping[Lane, tuple[str, ...]] = {
    Lane.DIRECT: (),
    Lane.ACCOUNT: (*CHARITY, "filing_number", "account_name", "account_number", "bank_name"),
    Lane.CAMPAIGN: (*CHARITY, "campaign_name", "campaign_filing_number", "campaign_url"),
}
SWITCHES = {Lane.ACCOUNT: "takes_account", Lane.CAMPAIGN: "takes_campaign"}


@dataclass(frozen=True)
class LaneStatus:
    """``missing`` names fields of LaneVersion; a lane is open if nothing is missing, it is on, and its time runs."""

    lane: Lane
    missing: tuple[str, ...] = ()
    is_switched_off: bool = False
    expired_on: date | None = None

    @property
    def is_open(self) -> bool:
        return not (self.missing or self.is_switched_off or self.expired_on)


def status_of(version: LaneVersion | None, lane: Lane, day: date) -> LaneStatus:
    """``version`` is the one in force, None if none ever was; ``day`` in Asia/Shanghai."""
    if lane is Lane.DIRECT:
        return LaneStatus(lane)
    if version is None:
        return LaneStatus(lane, missing=NEEDED[lane])
    missing = tuple(name for name in NEEDED[lane] if not getattr(version, name))
    is_expired = version.valid_until is not None and version.valid_until < day
    return LaneStatus(
        lane,
        missing=missing,
        is_switched_off=not missing and not getattr(version, SWITCHES[lane]),
        expired_on=version.valid_until if is_expired else None,
    )


def lane_of_book(book: str) -> Lane:
    """The lane of a ledger entry, which its public page tells: money lies in the charity's account (``cash``), goods
    went from hand to hand (``goods``). Of lane C nothing is ever entered."""
    return Lane.ACCOUNT if book == "cash" else Lane.DIRECT
