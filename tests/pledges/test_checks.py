"""The self-checks of claims: silent on a lived-in database, and each one finds what it is for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.core.events import announce
from sun_commune.core.selfcheck import find_all
from sun_commune.pledges import services
from sun_commune.pledges.checks import CHECKS
from sun_commune.pledges.events import ClaimExpired
from sun_commune.pledges.models import Claim
from tests.cast import Cast
from tests.pledges.world import BLANKETS, HOURS, hold, pledged, publish_need


@pytest.fixture
def claim(app: Flask, cast: Cast) -> Claim:
    """A life: held, cancelled, brought in part, booked in error, brought again, released."""
    need = publish_need(cast, BLANKETS, HOURS)
    publish_need(cast, BLANKETS, code="XQ-2026-00002")
    dropped = hold(cast.other_donor, need, 2)
    other = cast.other_donor
    with transaction():
        services.cancel_claim(other, dropped)
    hold(other, need, 2)
    claim = pledged(cast.donor, need, 5, 1)
    line = claim.lines[0].id
    with transaction(audited=False):
        services.record_line_delivery(line, 4, None)
        services.undo_line_delivery(line, 1, None)
        services.release_line(line, 2, None, "两床已经不用了")
    return claim


def findings() -> set[str]:
    found = {finding.check for finding in find_all(CHECKS)}
    db.session.rollback()
    return found


def run(statement: str, **values: object) -> None:
    with transaction(audited=False) as session:
        session.execute(text(statement), values)


def test_silent_when_all_is_well(claim: Claim) -> None:
    assert find_all(CHECKS) == []


@pytest.mark.parametrize(
    ("damage", "check"),
    [
        ("UPDATE need_lines SET claimed = claimed + 1 WHERE id = :line", "claims_match_lines"),
        ("UPDATE need_lines SET delivered = 0 WHERE id = :line", "claims_match_lines"),
        ("UPDATE claims SET need_id = need_id + 1 WHERE id = :claim", "claims_of_one_need"),
        ("UPDATE needs SET state = 'published' WHERE id = :need", "needs_match_lines"),
        ("UPDATE needs SET state = 'fulfilled' WHERE id = :need", "needs_match_lines"),
        ("UPDATE claim_lines SET released = quantity - delivered WHERE claim_id = :claim", "claims_end_clean"),
    ],
)
def test_each_damage_is_found(claim: Claim, damage: str, check: str) -> None:
    run(damage, **_named(damage, claim))
    assert check in findings()


def _named(statement: str, claim: Claim) -> dict[str, object]:
    known = {"line": claim.lines[0].need_line_id, "claim": claim.id, "need": claim.need_id}
    return {name: value for name, value in known.items() if f":{name}" in statement}


def test_end_against_the_lines_is_found(claim: Claim) -> None:
    with transaction(audited=False):
        claim.state, claim.ended_at = type(claim.state).EXPIRED, now()
    assert "claims_end_clean" in findings()


def test_hold_that_nobody_ends_is_found(claim: Claim, cast: Cast) -> None:
    held = hold(cast.enterprise, publish_need(cast, BLANKETS, code="XQ-2026-00003"), 1)
    with transaction(audited=False):
        held.held_until = now() - timedelta(hours=2)
    assert findings() == {"holds_end_in_time"}


def test_unlisted_and_repeated_moves_are_found(claim: Claim) -> None:
    for source in ("pledged", "cancelled"):
        event = ClaimExpired(
            actor_id=None, object_code=claim.code, claim_id=claim.id, from_state=source, to_state="expired"
        )
        with transaction():
            announce(event)
    assert {"claims_move_as_listed", "claims_end_once"} <= findings()


def test_over_claim_would_be_found_if_the_check_were_gone(claim: Claim, database_kind: str) -> None:
    """The CHECK forbids it; take it away as an intruder could."""
    number = claim.lines[0].need_line_id
    db.session.rollback()
    with db.engine.connect() as connection:
        if database_kind == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        else:
            connection.exec_driver_sql("ALTER TABLE need_lines DROP CONSTRAINT ck_need_lines_never_over_claimed")
        connection.execute(text("UPDATE need_lines SET claimed = asked + 1 WHERE id = :line"), {"line": number})
        connection.commit()
        if database_kind == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")
            connection.commit()
    assert {"claims_within_asked", "claims_match_lines"} <= findings()
