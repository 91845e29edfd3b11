"""The self-check finds what got past the guards, says so, stops money going out, and is quiet otherwise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from sun_commune.accounts.models import User
from sun_commune.audit.models import AuditEntry
from sun_commune.core import selfcheck
from sun_commune.core.append_only import AFTER_CREATE
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.core.selfcheck import Check
from sun_commune.ledger import checks, jobs, services
from sun_commune.ledger.models import SelfcheckRun
from sun_commune.uploads.images import prepare_photo
from sun_commune.uploads.services import store_photo
from tests.cast import Cast
from tests.ledger.books import NEED, OTHER_NEED, bring, draft, give, hand_out, plan, reverse, settle, spend
from tests.uploads.pictures import picture

pytestmark = pytest.mark.usefixtures("book_checks_alone")

GUARDED = ("transfers", "ledger_accounts", "ledger_layers", "ledger_uses", "log_leaves", "vouchers", "corrections",
           "budgets", "budget_lines", "voucher_flags", "advance_returns", "receipts")  # fmt: skip
DOCUMENT = Path(__file__).parents[2] / "docs" / "ledger.md"

#: name -> (what a hand with the guards taken off writes, the checks that must notice)
TAMPERING: dict[str, tuple[str, set[str]]] = {
    "an amount": (
        "UPDATE transfers SET amount_fen = amount_fen + 5 WHERE kind = 'goods'",
        {"entries_say_what_was_posted", "sums_equal_entries", "public_figures_equal_entries"},
    ),
    "a donor's name": (
        "UPDATE transfers SET donor_shown = '李四' WHERE kind = 'gift'",
        {"entries_say_what_was_posted"},
    ),
    "an entry gone": (
        "DELETE FROM receipts WHERE transfer_id = (SELECT min(id) FROM transfers);"
        "DELETE FROM log_openings WHERE leaf_id = (SELECT min(id) FROM log_leaves);"
        "DELETE FROM log_waiting WHERE leaf_id = (SELECT min(id) FROM log_leaves);"
        "DELETE FROM log_leaves WHERE id = (SELECT min(id) FROM log_leaves);"
        "DELETE FROM ledger_uses WHERE layer_id = (SELECT min(id) FROM ledger_layers);"
        "DELETE FROM ledger_layers WHERE id = (SELECT min(id) FROM ledger_layers);"
        "DELETE FROM receipts_waiting WHERE transfer_id = (SELECT min(id) FROM transfers);"
        "DELETE FROM receipts WHERE transfer_id = (SELECT min(id) FROM transfers);"
        "DELETE FROM transfers WHERE kind = 'gift' AND id = (SELECT min(id) FROM transfers)",
        {"sums_equal_entries", "public_figures_equal_entries", "funds_are_not_negative", "layers_equal_entries"},
    ),
    "what is left of a gift": (
        "UPDATE ledger_layers SET left_fen = left_fen - 1 WHERE left_fen > 0",
        {"layers_equal_entries"},
    ),
    "who paid for it": (
        "UPDATE ledger_uses SET amount_fen = amount_fen + CASE WHEN id = (SELECT min(id) FROM ledger_uses) "
        "THEN -1 ELSE 1 END",
        {"layers_equal_entries"},
    ),
    "where a gift came from": (
        "UPDATE ledger_layers SET origin_id = (SELECT max(id) FROM transfers WHERE kind = 'gift') "
        "WHERE id = (SELECT min(id) FROM ledger_layers)",
        {"origins_are_gifts"},
    ),
    "a sum": (
        "UPDATE ledger_sums SET amount_fen = amount_fen + 1",
        {"sums_equal_entries", "public_figures_equal_entries"},
    ),
    "a sum too many": (
        "INSERT INTO ledger_sums (month, county_code, category, kind, amount_fen, reversed_fen, entries_count) "
        "VALUES ('2016-01', '510723', 'medical', 'gift', 100, 100, 2)",
        {"sums_equal_entries"},
    ),
    "spending turned round": (
        "UPDATE transfers SET debit_id = credit_id, credit_id = debit_id WHERE kind = 'spending'",
        {"transfers_are_valid", "raised_is_spent_held_and_returned", "entries_say_what_was_posted"},
    ),
    "another need's entry": (
        "UPDATE transfers SET need_code = 'XQ-2026-77777' WHERE kind = 'spending'",
        {"transfers_are_valid", "raised_is_spent_held_and_returned", "vouchers_are_posted_once"},
    ),
    "an approved amount": (
        "UPDATE vouchers SET amount_fen = amount_fen - 1 WHERE state = 'approved'",
        {"vouchers_are_posted_once"},
    ),
    "a reversal of less": (
        "UPDATE transfers SET amount_fen = 1 WHERE reverses_id IS NOT NULL",
        {"reversals_are_mirrors", "entries_say_what_was_posted"},
    ),
    "a delivery twice": (
        "UPDATE transfers SET delivery_code = 'SD1' WHERE kind = 'gift'",
        {"deliveries_are_posted_once"},
    ),
    "goods without a piece": ("UPDATE transfers SET quantity = NULL WHERE kind = 'goods'", {"goods_stand_apart"}),
    "goods in the other book": (
        "UPDATE ledger_accounts SET book = 'cash' WHERE kind = 'goods_given'",
        {"goods_stand_apart"},
    ),
    "a line of a budget": (
        "UPDATE budget_lines SET amount_fen = 32499",
        {"budgets_hold"},
    ),
    "an advance settled too far": (
        "UPDATE transfers SET amount_fen = amount_fen + 1 WHERE kind = 'settled'",
        {"advances_are_settled_by_their_own", "layers_equal_entries", "entries_say_what_was_posted"},
    ),
    "a copy shown too early": (
        "UPDATE uploads SET is_public = TRUE WHERE id IN (SELECT redacted_id FROM vouchers WHERE state = 'drafted')",
        {"copies_follow_the_approval"},
    ),
    "an entry nobody posted": (
        "UPDATE transfers SET uid = 'ZMNOBODY11' WHERE kind = 'gift' AND id = (SELECT min(id) FROM transfers)",
        {"entries_are_on_the_audit_trail"},
    ),
}


@pytest.fixture
def books(app: Flask, cast: Cast) -> None:
    give()
    give(amount_fen=700)
    maker, checker = cast.treasurer, cast.second_treasurer
    plan(maker, checker, goods_purchase=33_000)
    spend(maker, checker, amount_fen=32_500)
    give(need_code=OTHER_NEED)
    settle(maker, checker, hand_out(maker, checker, need_code=OTHER_NEED, amount_fen=600), amount_fen=600)
    copied(maker)
    bring()
    reverse(bring())


def copied(maker: User) -> None:
    """A draft with a copy that nobody has looked at."""
    photo, maker_id = prepare_photo(picture(), most_megabytes=1), maker.id
    with transaction(audited=False):
        copy_id = store_photo(actor_id=maker_id, photo=photo).id
    draft(maker, need_code=OTHER_NEED, amount_fen=100, redacted_id=copy_id)


def take_guards_off(database_kind: str, *also: str) -> list[str]:
    """Disable every guard, as an intruder who owns the database could; statements that put them back."""
    with db.engine.begin() as connection:
        if database_kind == "postgresql":
            for table in (*GUARDED, *also):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            return []
        names = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _sql in names:
            connection.execute(text(f"DROP TRIGGER {name}"))
        return [sql for _name, sql in names]


def put_guards_back(database_kind: str, statements: list[str]) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        for kind, statement in AFTER_CREATE:
            if kind == database_kind and "ENABLE ALWAYS" in statement:
                connection.exec_driver_sql(statement)


def failing() -> set[str]:
    db.session.rollback()
    return {finding.check for finding in selfcheck.find_all(checks.CHECKS)}


def test_all_hold_on_sound_books(books: None) -> None:
    assert failing() == set()


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found_though_the_guards_are_back(books: None, database_kind: str, name: str) -> None:
    statement, noticed = TAMPERING[name]
    db.session.rollback()
    kept = take_guards_off(database_kind)
    with db.engine.begin() as connection:
        if database_kind == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for part in statement.split(";"):
            connection.execute(text(part))
    assert "guards_stand" in failing()
    put_guards_back(database_kind, kept)
    found = failing()
    assert "guards_stand" not in found
    assert noticed <= found


def test_each_guard_taken_away_is_missed(app: Flask, database_kind: str) -> None:
    """One by one: no trigger can go without being named."""
    for kind, statement in AFTER_CREATE:
        match = re.match(r"CREATE TRIGGER (\w+) .*?ON (\w+)", statement, re.DOTALL)
        if kind == database_kind and match:
            drop = f"DROP TRIGGER {match[1]}" + (f" ON {match[2]}" if kind == "postgresql" else "")
            with db.engine.begin() as connection:
                connection.execute(text(drop))
            db.session.rollback()
            assert f"trigger {match[1]} is missing" in checks.guards_stand()
    assert len(checks.guards_stand()) >= 10


def test_changed_guard_is_noticed(app: Flask, database_kind: str) -> None:
    with db.engine.begin() as connection:
        if database_kind == "postgresql":
            head = "CREATE OR REPLACE FUNCTION sun_transfers_guard() RETURNS trigger LANGUAGE plpgsql AS "
            connection.exec_driver_sql(head + "$$ BEGIN RETURN NEW; END $$")
            connection.exec_driver_sql("ALTER TABLE transfers ENABLE TRIGGER transfers_no_change")
        else:
            connection.exec_driver_sql("DROP TRIGGER transfers_guard")
            connection.exec_driver_sql("CREATE TRIGGER transfers_guard BEFORE INSERT ON transfers BEGIN SELECT 1; END")
    db.session.rollback()
    wrong = checks.guards_stand()
    if database_kind == "postgresql":
        assert wrong == [
            "trigger transfers_no_change does not fire always",
            "function sun_transfers_guard has been changed",
        ]
    else:
        assert wrong == ["trigger transfers_guard has been changed"]


def test_run_is_kept_and_told(books: None) -> None:
    assert jobs.selfcheck_books() == 0
    run = db.session.execute(select(SelfcheckRun)).scalar_one()
    assert (run.has_passed, run.failed_names) == (True, [])
    assert run.checks_count == len(selfcheck.all_checks())
    acts = select(AuditEntry).where(AuditEntry.act == "SelfcheckFinished")
    assert db.session.execute(acts).scalar_one().to_state == "passed"


def test_failing_check_stops_spending_until_it_passes(books: None, cast: Cast) -> None:
    voucher, second = draft(cast.treasurer, amount_fen=100), cast.second_treasurer
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_sums SET amount_fen = amount_fen + 1"))
    jobs.selfcheck_books()
    with transaction(), pytest.raises(RuleBroken, match="sums_equal_entries"):
        services.approve_voucher(second, voucher, copy_checked=True)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_sums SET amount_fen = amount_fen - 1"))
    jobs.selfcheck_books()
    with transaction():
        services.approve_voucher(second, voucher, copy_checked=True)
    assert services.fund_balance(NEED) == 100


def test_without_a_recent_run_the_checks_run_at_the_approval(books: None, cast: Cast) -> None:
    voucher, second = draft(cast.treasurer, amount_fen=100), cast.second_treasurer
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_sums SET entries_count = entries_count + 1"))
    with transaction(), pytest.raises(RuleBroken, match="sums_equal_entries"):
        services.approve_voucher(second, voucher, copy_checked=True)
    assert services.fund_balance(NEED) == 200


def test_command_names_what_failed(books: None, app: Flask) -> None:
    runner = app.test_cli_runner()
    good = runner.invoke(args=["selfcheck"])
    assert (good.exit_code, "all checks passed" in good.output) == (0, True)
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_sums SET amount_fen = amount_fen + 1"))
    bad = runner.invoke(args=["selfcheck"])
    assert bad.exit_code == 1
    assert "FAILED  sums_equal_entries" in bad.output
    assert "ok      guards_stand" in bad.output


def test_documentation_lists_exactly_these_checks() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows.keys() == {check.name for check in checks.CHECKS}


def test_names_must_differ() -> None:
    twin: Any = Check("transfers_are_valid", "twice", list)
    before = selfcheck.all_checks()
    with pytest.raises(RuntimeError, match="same name"):
        selfcheck.bind([twin, twin])
    assert selfcheck.all_checks() == before
