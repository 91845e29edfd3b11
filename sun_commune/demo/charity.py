"""The demo's charity: invented, and marked as such wherever it is named. Lane B is open with it, lane C is not."""

from __future__ import annotations

from sun_commune.accounts.credit_codes import check_character
from sun_commune.accounts.models import User, UserKind
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.demo.arrivals import OPENED_ON
from sun_commune.demo.director import Story
from sun_commune.demo.world import World, at, later
from sun_commune.lanes import queries, services
from sun_commune.lanes.models import LaneDecision, LaneVersion, Outcome
from sun_commune.lanes.rules import LaneContent

NAME = "绵阳示例慈善会（演示，并不存在）"
_BODY = "53510700DEM000001"  # as an office would build it, but no office has given it

CHARITY = LaneContent(
    charity_name=NAME,
    credit_code=_BODY + check_character(_BODY),
    certificate_number="演示证书 DEMO-0001（不存在）",
    filing_number="演示备案 DEMO-17001（不存在）",
    takes_account=True,
    account_name=NAME,
    account_number="0000000000000000",
    bank_name="示例银行（演示，请勿转账）",
    note="演示：按示例慈善会的来函填写",
)


def all_charity(world: World) -> list[Story[None]]:
    return [_name_charity(world)]


def _name_charity(world: World) -> Story[None]:
    """The county writes it on the day after its officers came, the operator confirms it in the afternoon."""
    start = later(at(OPENED_ON, 9), 2, 10)
    yield start
    version = services.propose_lanes(world.user("county"), content=CHARITY)
    yield later(start, 0, 15)
    services.confirm_proposal(world.user("operator"), version, last_digits=CHARITY.account_number[-4:])


def put_sample_in_force() -> None:
    """For loads of any size: a charity without its story, by two people who cannot sign in. Inside a transaction; does
    nothing where a charity is in force."""
    if queries.present().version is not None:
        return
    officers = [
        User(
            code=f"SAMPLECHARITY{number}", kind=UserKind.PERSON, name="样例管理员", password_hash="!", is_enabled=False,
            email=f"sample-charity-{number}@example.invalid", created_at=now(),
        )
        for number in (1, 2)
    ]  # fmt: skip
    db.session.add_all(officers)
    db.session.flush()
    version = LaneVersion(code="TDSAMPLE", proposed_by=officers[0].id, proposed_at=now(), **CHARITY.values)
    db.session.add(version)
    db.session.flush()
    db.session.add(
        LaneDecision(
            version_id=version.id, proposed_by=officers[0].id, outcome=Outcome.CONFIRMED, decided_by=officers[1].id,
            decided_at=now(),
        )
    )  # fmt: skip
