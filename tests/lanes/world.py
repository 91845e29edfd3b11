"""The charity of the tests: named and confirmed in every fresh database, so that money can be given."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from sun_commune.accounts.credit_codes import check_character
from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.lanes import services
from sun_commune.lanes.models import LaneDecision, LaneVersion, Outcome
from sun_commune.lanes.rules import LaneContent
from tests.cast import Cast

BODY = "53510700MJ0000001"
CREDIT_CODE = BODY + check_character(BODY)
CHARITY: dict[str, Any] = {
    "charity_name": "绵阳市测试慈善会",
    "credit_code": CREDIT_CODE,
    "certificate_number": "测募证第0001号",
    "filing_number": f"{CREDIT_CODE}A26001",
    "takes_account": True,
    "account_name": "绵阳市测试慈善会",
    "account_number": "1234000056780000",
    "bank_name": "测试银行绵阳分行",
}
CAMPAIGN: dict[str, Any] = {
    "takes_campaign": True,
    "campaign_name": "金禄村冬衣",
    "campaign_filing_number": f"{CREDIT_CODE}A26002",
    "campaign_url": "https://gongyi.qq.com/detail/123",
}


def content(**values: Any) -> LaneContent:
    return LaneContent(**{**CHARITY, "note": "照慈善会来函填写", **values})


def add_charity() -> None:
    """Written and confirmed by two accounts that are closed, as an operator of long ago might be: whoever counts the
    people of a test finds nobody new among those who can sign in."""
    with transaction(audited=False) as session:
        officers = [
            User(
                code=f"LANES{number}", name=f"LANES{number}", password_hash="!", is_enabled=False, created_at=now(),
                closed_at=now(),
            )
            for number in (1, 2)
        ]  # fmt: skip
        session.add_all(officers)
        session.flush()
        put_in_force(content(), officers[0].id, officers[1].id)


def put_in_force(what: LaneContent, writer_id: int, decider_id: int) -> None:
    """Inside an open transaction, past the services."""
    count = db.session.execute(text("SELECT count(*) FROM lane_versions")).scalar_one()
    version = LaneVersion(code=f"TDTEST{count}", proposed_by=writer_id, proposed_at=now(), **what.values)
    db.session.add(version)
    db.session.flush()
    db.session.add(
        LaneDecision(
            version_id=version.id, proposed_by=writer_id, outcome=Outcome.CONFIRMED, decided_by=decider_id,
            decided_at=now(),
        )
    )  # fmt: skip
    db.session.flush()


def change(cast: Cast, **values: Any) -> LaneVersion:
    """The administrator writes what differs from the tests' charity, the operator confirms it."""
    version = propose(cast, **values)
    confirm(cast, version)
    return version


def propose(cast: Cast, **values: Any) -> LaneVersion:
    writer = cast.administrator
    with transaction():
        return services.propose_lanes(writer, content=content(**values))


def confirm(cast: Cast, version: LaneVersion) -> None:
    decider = cast.operator
    with transaction():
        services.confirm_proposal(decider, version, last_digits=version.account_number[-4:])


def close_money(cast: Cast) -> None:
    """Lane B off, C was never on."""
    change(cast, takes_account=False)
