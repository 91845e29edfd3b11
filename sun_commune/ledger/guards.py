"""What the database itself refuses to write into the books, whoever asks.

One set of rules, written once as SQL conditions and set up as triggers on both databases. Services check the same
rules first and say it in words; these triggers hold when a service is wrong or somebody writes by hand. A refusal
is an IntegrityError on both databases. ``ledger.checks`` looks the triggers up again every ten minutes.
"""

from __future__ import annotations

from sqlalchemy import Table

from sun_commune.core.append_only import append_only, run_after_create
from sun_commune.ledger.models import Account, Correction, Transfer, Voucher

#: Debit and credit account kinds of each kind of transfer; a reversal has them exchanged.
_FITTING = """
        (NEW.kind = 'gift' AND {left}.kind = 'bank' AND {right}.kind = 'fund')
        OR (NEW.kind = 'spending' AND {left}.kind = 'fund' AND {right}.kind = 'bank')
        OR (NEW.kind = 'goods' AND {left}.kind = 'goods_handed_over' AND {right}.kind = 'goods_given')"""

#: A condition that must hold for a new transfer, and what is said when it does not.
RULES: tuple[tuple[str, str], ...] = (
    (
        "both accounts are of its book, of its need and of the kinds that fit",
        f"""EXISTS (SELECT 1 FROM ledger_accounts d, ledger_accounts c
      WHERE d.id = NEW.debit_id AND c.id = NEW.credit_id AND d.book = NEW.book AND c.book = NEW.book
      AND (d.kind = 'bank' OR d.need_code = NEW.need_code) AND (c.kind = 'bank' OR c.need_code = NEW.need_code)
      AND ((NEW.reverses_id IS NULL AND ({_FITTING.format(left="d", right="c")}))
        OR (NEW.reverses_id IS NOT NULL AND ({_FITTING.format(left="c", right="d")}))))""",  # noqa: S608 - no input
    ),
    (
        "a reversal is the exact mirror of an entry that is no reversal",
        """NEW.reverses_id IS NULL OR EXISTS (SELECT 1 FROM transfers o
      WHERE o.id = NEW.reverses_id AND o.reverses_id IS NULL
      AND o.debit_id = NEW.credit_id AND o.credit_id = NEW.debit_id AND o.amount_fen = NEW.amount_fen
      AND o.kind = NEW.kind AND o.book = NEW.book AND o.need_code = NEW.need_code
      AND o.county_code = NEW.county_code AND o.category = NEW.category
      AND COALESCE(o.claim_code, '') = COALESCE(NEW.claim_code, '')
      AND COALESCE(o.delivery_code, '') = COALESCE(NEW.delivery_code, '')
      AND COALESCE(o.voucher_code, '') = COALESCE(NEW.voucher_code, ''))""",
    ),
    (
        "an entry is reversed once",
        "NEW.reverses_id IS NULL OR NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = NEW.reverses_id)",
    ),
    (
        "spending has a voucher that a second person approved for exactly this",
        """NEW.kind <> 'spending' OR NEW.reverses_id IS NOT NULL OR EXISTS (SELECT 1 FROM vouchers v
      WHERE v.code = NEW.voucher_code AND v.state = 'approved' AND v.transfer_uid = NEW.uid
      AND v.amount_fen = NEW.amount_fen AND v.need_code = NEW.need_code AND v.checker_id <> v.maker_id)""",
    ),
    (
        "only spending names a voucher",
        "NEW.kind = 'spending' OR NEW.voucher_code IS NULL",
    ),
    (
        "a delivery stands in the books once",
        """NEW.delivery_code IS NULL OR NEW.reverses_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM transfers t
      WHERE t.delivery_code = NEW.delivery_code AND t.reverses_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = t.id))""",
    ),
    (
        "a fund never falls below zero",
        """NOT EXISTS (SELECT 1 FROM ledger_accounts f WHERE f.id = NEW.debit_id AND f.kind = 'fund')
      OR NEW.amount_fen <= (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.credit_id = NEW.debit_id)
        - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.debit_id = NEW.debit_id)""",
    ),
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

#: A decided voucher or correction stays as it is, and an open one changes only by a decision.
FROZEN = {
    "vouchers": "code need_code county_code need_category payee_name payee_kind category purpose amount_fen spent_on "
    "document_id maker_id made_at",
    "corrections": "transfer_id reason maker_id made_at",
}


def _frozen(table: str) -> str:
    same = " AND ".join(f"NEW.{column} = OLD.{column}" for column in ["id", *FROZEN[table].split()])
    return f"OLD.state = 'drafted' AND {same}"


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
        "  PERFORM 1 FROM ledger_accounts WHERE id IN (NEW.debit_id, NEW.credit_id) AND kind <> 'bank'\n"
        "    ORDER BY id FOR UPDATE;\n"
        f"{refusals}\n"
        "  RETURN NEW;\n"
        "END $$"
    )
    return [
        function,
        "CREATE TRIGGER transfers_guard BEFORE INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION sun_transfers_guard()",
        "ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_guard",
    ]


def _sqlite_decided(table: str) -> list[str]:
    kept = f"{table}: decided or frozen"
    also = " OR code = NEW.code" if table == "vouchers" else ""
    same = f"SELECT 1 FROM {table} WHERE id = NEW.id{also}"  # noqa: S608 - names of our own models, no input
    return [
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} WHEN ({_frozen(table)}) IS NOT TRUE\n"
        f"BEGIN SELECT RAISE(ABORT, '{kept}'); END",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{kept}'); END",
        f"CREATE TRIGGER {table}_begins BEFORE INSERT ON {table} WHEN NEW.state <> 'drafted'\n"
        f"BEGIN SELECT RAISE(ABORT, '{table}: begins as a draft'); END",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS ({same})\n"
        f"BEGIN SELECT RAISE(ABORT, '{kept}'); END",
    ]


def _postgresql_decided(table: str) -> list[str]:
    function = (
        f"CREATE OR REPLACE FUNCTION sun_{table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  IF TG_OP = 'INSERT' THEN\n"
        f"    IF NEW.state = 'drafted' THEN RETURN NEW; END IF;\n"
        f"    RAISE EXCEPTION '{table}: begins as a draft' USING ERRCODE = 'check_violation';\n"
        "  END IF;\n"
        "  IF TG_OP = 'UPDATE' THEN\n"
        f"    IF {_frozen(table)} THEN RETURN NEW; END IF;\n"
        "  END IF;\n"
        f"  RAISE EXCEPTION '{table}: decided or frozen' USING ERRCODE = 'check_violation';\n"
        "END $$"
    )
    return [
        function,
        f"CREATE TRIGGER {table}_guard BEFORE INSERT OR UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION sun_{table}_guard()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION sun_{table}_guard()",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_guard",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate",
    ]


def _close() -> None:
    transfers: Table = Transfer.__table__  # type: ignore[assignment]  # mypy sees FromClause; it is a Table
    accounts: Table = Account.__table__  # type: ignore[assignment]  # as above
    append_only(transfers, ("id", "uid"))
    append_only(accounts, ("id", "key"))
    run_after_create(transfers, sqlite_statements(), "sqlite")
    run_after_create(transfers, postgresql_statements(), "postgresql")
    for model in (Voucher, Correction):
        table: Table = model.__table__  # type: ignore[assignment]  # as above
        run_after_create(table, _sqlite_decided(table.name), "sqlite")
        run_after_create(table, _postgresql_decided(table.name), "postgresql")


_close()
