"""What the database itself refuses to write into the books, whoever asks.

One set of rules, written once as SQL conditions and set up as triggers on both databases. Services check the same
rules first and say it in words; these triggers hold when a service is wrong or somebody writes by hand. A refusal
is an IntegrityError on both databases. ``ledger.checks`` looks the triggers up again every ten minutes.
"""

from __future__ import annotations

from collections.abc import Sequence

from sun_commune.core.append_only import append_only, guard
from sun_commune.core.db import table_of
from sun_commune.ledger import spending_guards
from sun_commune.ledger.models import SIDES, Account, AccountKind, ClosedPeriod, Layer, Transfer, Use
from sun_commune.ledger.paper_guards import Paper, guard_paper
from sun_commune.ledger.papers import (
    AdvanceReturn,
    Budget,
    BudgetLine,
    Correction,
    Voucher,
    VoucherFlag,
    VoucherParcel,
)


def _kinds(sides: Sequence[AccountKind]) -> str:
    return ", ".join(f"'{kind.value}'" for kind in sides)


def _fitting(debit: str, credit: str) -> str:
    """The accounts are of the kinds that SIDES names for a forward entry."""
    return " OR ".join(
        f"(NEW.kind = '{kind.value}' AND {debit}.kind IN ({_kinds(left)}) AND {credit}.kind IN ({_kinds(right)}))"
        for kind, (left, right) in SIDES.items()
    )


def _of_need(account: str, need: str) -> str:
    """The account is the one of this need. The bank is everybody's; suspense belongs to nobody yet."""
    return f"({account}.kind IN ('bank', 'suspense') OR COALESCE({account}.need_code, '') = {need})"


_FROM, _TO = "NEW.need_code", "CASE WHEN NEW.kind = 'moved' THEN NEW.to_need_code ELSE NEW.need_code END"
_OUT = "SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t"
_ADVANCED = (  # of the fund f: handed out and neither settled nor brought back
    f"({_OUT} JOIN ledger_accounts a ON a.id = t.debit_id WHERE a.kind = 'advance' AND a.need_code = f.need_code)"
    f" - ({_OUT} JOIN ledger_accounts a ON a.id = t.credit_id WHERE a.kind = 'advance' AND a.need_code = f.need_code)"
)

#: A condition that must hold for a new transfer, and what is said when it does not.
RULES: tuple[tuple[str, str], ...] = (
    (
        "both accounts are of its book, of its need and of the kinds that fit",
        f"""EXISTS (SELECT 1 FROM ledger_accounts d, ledger_accounts c
      WHERE d.id = NEW.debit_id AND c.id = NEW.credit_id AND d.book = NEW.book AND c.book = NEW.book
      AND ((NEW.reverses_id IS NULL AND {_of_need("d", _FROM)} AND {_of_need("c", _TO)}
          AND ({_fitting("d", "c")}))
        OR (NEW.reverses_id IS NOT NULL AND {_of_need("c", _FROM)} AND {_of_need("d", _TO)}
          AND ({_fitting("c", "d")}))))""",  # noqa: S608 - no input
    ),
    (
        "a reversal is the exact mirror of an entry that is no reversal",
        """NEW.reverses_id IS NULL OR EXISTS (SELECT 1 FROM transfers o
      WHERE o.id = NEW.reverses_id AND o.reverses_id IS NULL
      AND o.debit_id = NEW.credit_id AND o.credit_id = NEW.debit_id AND o.amount_fen = NEW.amount_fen
      AND o.kind = NEW.kind AND o.book = NEW.book AND o.need_code = NEW.need_code
      AND o.county_code = NEW.county_code AND o.category = NEW.category
      AND o.to_need_code = NEW.to_need_code AND o.to_county_code = NEW.to_county_code
      AND o.to_category = NEW.to_category
      AND COALESCE(o.claim_code, '') = COALESCE(NEW.claim_code, '')
      AND COALESCE(o.delivery_code, '') = COALESCE(NEW.delivery_code, '')
      AND COALESCE(o.source_code, '') = COALESCE(NEW.source_code, '')
      AND COALESCE(o.voucher_code, '') = COALESCE(NEW.voucher_code, ''))""",
    ),
    (
        "an entry is reversed once",
        "NEW.reverses_id IS NULL OR NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = NEW.reverses_id)",
    ),
    (
        "what goes out has a voucher that a second person approved for exactly this",
        """NEW.kind NOT IN ('spending', 'advance', 'settled') OR NEW.reverses_id IS NOT NULL
      OR EXISTS (SELECT 1 FROM vouchers v
      WHERE v.code = NEW.voucher_code AND v.state = 'approved' AND v.transfer_uid = NEW.uid
      AND v.kind = CASE NEW.kind WHEN 'spending' THEN 'payment' WHEN 'advance' THEN 'advance' ELSE 'settlement' END
      AND v.amount_fen = NEW.amount_fen AND v.need_code = NEW.need_code AND v.checker_id <> v.maker_id)""",
    ),
    (
        "only what a voucher pays names one",
        "NEW.kind IN ('spending', 'advance', 'settled', 'advance_back') OR NEW.voucher_code IS NULL",
    ),
    (
        "a delivery stands in the books once",
        """NEW.delivery_code IS NULL OR NEW.reverses_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM transfers t
      WHERE t.delivery_code = NEW.delivery_code AND t.reverses_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = t.id))""",
    ),
    (
        "no entry falls into a closed period, nor into one before its day",
        """NEW.period >= SUBSTR(CAST(NEW.business_on AS TEXT), 1, 7)
      AND NOT EXISTS (SELECT 1 FROM ledger_closed_periods p WHERE p.period >= NEW.period)""",
    ),
    (
        "money leaves suspense by the statement line that it came with",
        f"""NOT EXISTS (SELECT 1 FROM ledger_accounts s WHERE s.id = NEW.debit_id AND s.kind = 'suspense')
      OR NEW.amount_fen <= ({_OUT} WHERE t.source_code = NEW.source_code AND t.credit_id = NEW.debit_id)
        - ({_OUT} WHERE t.source_code = NEW.source_code AND t.debit_id = NEW.debit_id)""",  # noqa: S608 - no input
    ),
    (
        "no more is settled or brought back than was advanced",
        f"""NOT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.id = NEW.credit_id AND a.kind = 'advance')
      OR NEW.amount_fen <= ({_OUT} WHERE t.debit_id = NEW.credit_id)
        - ({_OUT} WHERE t.credit_id = NEW.credit_id)""",  # noqa: S608 - no input
    ),
    (
        "a fund never falls below zero, nor below what was advanced from it",
        f"""NOT EXISTS (SELECT 1 FROM ledger_accounts f WHERE f.id = NEW.debit_id AND f.kind IN ('fund', 'pool')
      AND NEW.amount_fen > ({_OUT} WHERE t.credit_id = f.id) - ({_OUT} WHERE t.debit_id = f.id)
        - CASE WHEN NEW.kind = 'settled' THEN 0 ELSE {_ADVANCED} END)""",  # noqa: S608 - no input
    ),
    (
        "no more is advanced than the fund holds",
        f"""NEW.kind = 'settled' OR NOT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.id = NEW.debit_id
      AND a.kind = 'advance') OR EXISTS (SELECT 1 FROM ledger_accounts f WHERE f.kind = 'fund'
      AND f.need_code = NEW.need_code
      AND NEW.amount_fen <= ({_OUT} WHERE t.credit_id = f.id) - ({_OUT} WHERE t.debit_id = f.id)
        - ({_ADVANCED}))""",  # noqa: S608 - no input
    ),
    *spending_guards.RULES,
)

#: SQLite stores whatever it is given; PostgreSQL's columns refuse these by themselves.
SQLITE_SHAPES: tuple[tuple[str, str], ...] = (
    (
        "amounts are integers",
        "typeof(NEW.amount_fen) = 'integer' AND (NEW.quantity IS NULL OR typeof(NEW.quantity) = 'integer')",
    ),
    (
        "the business day is a day",
        "NEW.business_on GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' "
        "AND date(NEW.business_on, '+0 days') = NEW.business_on",
    ),
    (
        "texts fit their columns",
        "length(NEW.uid) BETWEEN 6 AND 40 AND length(NEW.donor_shown) <= 120 AND length(NEW.reason) <= 200",
    ),
)

#: A decided paper stays as it is, and an open one changes only by a decision.
PAPERS: dict[type, Paper] = {
    Voucher: Paper(
        "code kind need_code county_code need_category payee_name payee_kind category purpose amount_fen spent_on "
        "document_id payee_key payee_number invoice_number maker_id made_at",
        maybe=(("advance_code", "''"), ("redacted_id", "0"), ("due_on", "'1900-01-01'")),
        keys=" OR code = NEW.code",
        whole=f" AND (NEW.state <> 'approved' OR {spending_guards.VOUCHER_PAPERS})",
        begins=spending_guards.VOUCHER_PAPERS,
    ),
    Correction: Paper("transfer_id reason maker_id made_at"),
    Budget: Paper(
        "code need_code county_code version total_fen reason maker_id made_at",
        keys=" OR code = NEW.code OR (need_code = NEW.need_code AND version = NEW.version)",
        whole=f" AND {spending_guards.BUDGET_WHOLE}",
    ),
}


def sqlite_statements() -> list[str]:
    refusals = "\n".join(
        f"  SELECT RAISE(ABORT, 'ledger: {words}') WHERE ({condition}) IS NOT TRUE;"
        for words, condition in (*SQLITE_SHAPES, *RULES)
    )
    return [f"CREATE TRIGGER transfers_guard BEFORE INSERT ON transfers BEGIN\n{refusals}\nEND"]


def postgresql_statements() -> list[str]:
    # The lock makes postings to one fund queue: two spendings never both read the balance before either writes.
    # Under REPEATABLE READ the balance read after the lock would still be the old one, so that level is refused.
    refusals = "\n".join(
        f"  IF ({condition}) IS NOT TRUE THEN\n"
        f"    RAISE EXCEPTION 'ledger: {words}' USING ERRCODE = 'check_violation';\n  END IF;"
        for words, condition in RULES
    )
    function = (
        "CREATE OR REPLACE FUNCTION sun_transfers_guard() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  IF current_setting('transaction_isolation') = 'repeatable read' THEN\n"
        "    RAISE EXCEPTION 'ledger: no posting under REPEATABLE READ' USING ERRCODE = 'check_violation';\n"
        "  END IF;\n"
        "  PERFORM 1 FROM ledger_accounts WHERE kind <> 'bank' AND (id IN (NEW.debit_id, NEW.credit_id)\n"
        "    OR (kind = 'fund' AND need_code = NEW.need_code AND NEW.kind = 'advance')) ORDER BY id FOR UPDATE;\n"
        f"{refusals}\n"
        "  RETURN NEW;\n"
        "END $$"
    )
    return [
        function,
        "CREATE TRIGGER transfers_guard BEFORE INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION sun_transfers_guard()",
        "ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_guard",
    ]


#: Of a layer only what is left of it changes.
_LAYER_FROZEN = " OR ".join(
    f"NEW.{column} IS DISTINCT FROM OLD.{column}"
    for column in ("id", "account_id", "transfer_id", "origin_id", "parent_id", "amount_fen")
)


def sqlite_layers() -> list[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'ledger_layers: only what is left changes'); END"
    same = "SELECT 1 FROM ledger_layers WHERE id = NEW.id"
    changed = _LAYER_FROZEN.replace("IS DISTINCT FROM", "IS NOT")
    return [
        f"CREATE TRIGGER ledger_layers_frozen BEFORE UPDATE ON ledger_layers WHEN {changed}\n{refuse}",
        f"CREATE TRIGGER ledger_layers_no_delete BEFORE DELETE ON ledger_layers {refuse}",
        f"CREATE TRIGGER ledger_layers_no_replace BEFORE INSERT ON ledger_layers WHEN EXISTS ({same}) {refuse}",
    ]


def postgresql_layers() -> list[str]:
    return [
        "CREATE OR REPLACE FUNCTION sun_layers_guard() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  IF TG_OP = 'UPDATE' THEN\n"
        f"    IF NOT ({_LAYER_FROZEN}) THEN RETURN NEW; END IF;\n"
        "  END IF;\n"
        "  RAISE EXCEPTION 'ledger_layers: only what is left changes' USING ERRCODE = 'check_violation';\n"
        "END $$",
        "CREATE TRIGGER ledger_layers_frozen BEFORE UPDATE OR DELETE ON ledger_layers "
        "FOR EACH ROW EXECUTE FUNCTION sun_layers_guard()",
        "CREATE TRIGGER ledger_layers_no_truncate BEFORE TRUNCATE ON ledger_layers "
        "FOR EACH STATEMENT EXECUTE FUNCTION sun_layers_guard()",
        "ALTER TABLE ledger_layers ENABLE ALWAYS TRIGGER ledger_layers_frozen",
        "ALTER TABLE ledger_layers ENABLE ALWAYS TRIGGER ledger_layers_no_truncate",
    ]


_IN_ORDER = "EXISTS (SELECT 1 FROM ledger_closed_periods WHERE period >= NEW.period)"


def sqlite_periods() -> list[str]:
    return [
        f"CREATE TRIGGER ledger_closed_periods_in_order BEFORE INSERT ON ledger_closed_periods WHEN {_IN_ORDER}\n"
        "BEGIN SELECT RAISE(ABORT, 'ledger: months close in order'); END"
    ]


def postgresql_periods() -> list[str]:
    return [
        "CREATE OR REPLACE FUNCTION sun_closed_periods_guard() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        f"  IF {_IN_ORDER} THEN\n"
        "    RAISE EXCEPTION 'ledger: months close in order' USING ERRCODE = 'check_violation';\n"
        "  END IF;\n"
        "  RETURN NEW;\n"
        "END $$",
        "CREATE TRIGGER ledger_closed_periods_in_order BEFORE INSERT ON ledger_closed_periods "
        "FOR EACH ROW EXECUTE FUNCTION sun_closed_periods_guard()",
        "ALTER TABLE ledger_closed_periods ENABLE ALWAYS TRIGGER ledger_closed_periods_in_order",
    ]


def _close() -> None:
    append_only(table_of(Transfer), ("id", "uid"))
    append_only(table_of(Account), ("id", "key", "code"))
    append_only(table_of(Use))
    append_only(table_of(ClosedPeriod), ("id", "period"))
    append_only(table_of(VoucherFlag))
    append_only(table_of(VoucherParcel))
    append_only(table_of(AdvanceReturn), ("id", "transfer_uid"))
    guard(table_of(Transfer), sqlite=sqlite_statements(), postgresql=postgresql_statements())
    guard(table_of(ClosedPeriod), sqlite=sqlite_periods(), postgresql=postgresql_periods())
    guard(table_of(Layer), sqlite=sqlite_layers(), postgresql=postgresql_layers())
    guard(table_of(BudgetLine), sqlite=spending_guards.sqlite_lines(), postgresql=spending_guards.postgresql_lines())
    for model, paper in PAPERS.items():
        guard_paper(table_of(model), paper)


_close()
