"""The one way to write: one act, one commit, nothing unannounced, nothing outside."""

import pytest
from flask import Flask
from sqlalchemy import select, text

from sun_commune.accounts.events import UserRegistered
from sun_commune.audit.models import AuditEntry
from sun_commune.core.counters import Counter, next_number
from sun_commune.core.db import db, transaction
from sun_commune.core.events import announce
from tests.cast import Cast


def test_announced_act_is_committed_and_audited(app: Flask, cast: Cast) -> None:
    donor = cast.donor
    with transaction():
        number = next_number("XQ-2026")
        announce(UserRegistered(actor_id=donor.id, user_id=donor.id, object_code="U1", to_state="active"))
    assert number == 1
    entry = db.session.execute(select(AuditEntry)).scalar_one()
    assert (entry.act, entry.object_kind, entry.object_code) == ("UserRegistered", "user", "U1")
    assert entry.actor_id == donor.id


def test_unannounced_write_is_refused_and_rolled_back(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="no event was announced"), transaction():
        next_number("XQ-2026")
    assert db.session.execute(select(Counter)).all() == []


def test_write_outside_transaction_is_refused(app: Flask) -> None:
    db.session.add(Counter(series="x", last=1))
    with pytest.raises(RuntimeError, match="outside"):
        db.session.flush()


def test_transactions_do_not_nest(app: Flask) -> None:
    with transaction(audited=False), pytest.raises(RuntimeError, match="nest"):
        transaction().__enter__()


def test_error_rolls_everything_back(app: Flask) -> None:
    def fail_halfway() -> None:
        with transaction(audited=False):
            next_number("XQ-2026")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    assert db.session.execute(select(Counter)).all() == []


@pytest.mark.parametrize(
    "attack",
    ["UPDATE audit_entries SET act = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries",
     "INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries"],
)  # fmt: skip
def test_audit_trail_cannot_be_rewritten(app: Flask, cast: Cast, database_kind: str, attack: str) -> None:
    if ("TRUNCATE" in attack) == (database_kind == "sqlite") and "UPDATE" not in attack and "DELETE" not in attack:
        attack = "UPDATE audit_entries SET reason = 'other dialect'"
    donor = cast.donor
    with transaction():
        announce(UserRegistered(actor_id=None, user_id=donor.id, object_code="U1"))
    with pytest.raises(Exception, match="append-only"), db.engine.begin() as connection:
        connection.execute(text(attack))
    db.session.rollback()
    assert db.session.execute(select(AuditEntry.act)).scalars().all() == ["UserRegistered"]
