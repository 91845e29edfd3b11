"""What the database itself refuses of budgets and advances, in the manner of ledger.guards.

``RULES`` are conditions on a new transfer. A budget and its lines are written together as a draft; its lines never
change, and it is approved only with the sum that it was drafted with.
"""

from __future__ import annotations

#: Of the entry, the advance that it settles, brings back or takes back.
_ADVANCE = (
    "CASE WHEN NEW.kind = 'settled' THEN (SELECT v.advance_code FROM vouchers v WHERE v.code = NEW.voucher_code) "
    "ELSE NEW.voucher_code END"
)
#: Handed out and neither settled nor brought back of that advance.
_OPEN = f"""(SELECT COALESCE(SUM(CASE WHEN (t.kind = 'advance') = (t.reverses_id IS NULL)
        THEN t.amount_fen ELSE -t.amount_fen END), 0)
      FROM transfers t JOIN vouchers p ON p.code = t.voucher_code
      WHERE t.need_code = NEW.need_code AND ((t.kind IN ('advance', 'advance_back') AND p.code = {_ADVANCE})
        OR (t.kind = 'settled' AND p.advance_code = {_ADVANCE})))"""  # noqa: S608 - no input

#: The category in which the entry lets more go out; no row or NULL: in none.
_RAISED = """(SELECT CASE
        WHEN NEW.kind IN ('spending', 'advance') AND NEW.reverses_id IS NULL THEN v.category
        WHEN NEW.kind = 'settled' AND NEW.reverses_id IS NULL AND v.category <> a.category THEN v.category
        WHEN NEW.kind = 'settled' AND NEW.reverses_id IS NOT NULL AND v.category <> a.category THEN a.category
        WHEN NEW.kind = 'advance_back' AND NEW.reverses_id IS NOT NULL THEN v.category END AS category
      FROM vouchers v LEFT JOIN vouchers a ON a.code = v.advance_code WHERE v.code = NEW.voucher_code)"""
#: What has gone out for the category ``r.category``: spent, or handed out and neither settled nor back.
_GONE = """(SELECT COALESCE(SUM((CASE WHEN t.reverses_id IS NULL THEN t.amount_fen ELSE -t.amount_fen END)
        * ((CASE WHEN t.kind IN ('spending', 'advance', 'settled') AND p.category = r.category THEN 1 ELSE 0 END)
        - (CASE WHEN t.kind = 'settled' AND o.category = r.category THEN 1 ELSE 0 END)
        - (CASE WHEN t.kind = 'advance_back' AND p.category = r.category THEN 1 ELSE 0 END))), 0)
      FROM vouchers p JOIN transfers t ON t.voucher_code = p.code LEFT JOIN vouchers o ON o.code = p.advance_code
      WHERE p.need_code = NEW.need_code)"""
_APPROVED = "SELECT MAX(b.version) FROM budgets b WHERE b.need_code = NEW.need_code AND b.state = 'approved'"
_PLANNED = f"""COALESCE((SELECT l.amount_fen FROM budget_lines l JOIN budgets b ON b.id = l.budget_id
      WHERE b.need_code = NEW.need_code AND l.category = r.category AND b.version = ({_APPROVED})), 0)"""  # noqa: S608

RULES: tuple[tuple[str, str], ...] = (
    (
        "an advance is settled and brought back by its own papers, no further than it was handed out",
        f"""NOT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.id = NEW.credit_id AND a.kind = 'advance')
      OR NEW.amount_fen <= {_OPEN}""",  # noqa: S608 - no input
    ),
    (
        "no more goes out than the budget in force allows",
        f"""NEW.voucher_code IS NULL OR ({_APPROVED}) IS NULL OR NOT EXISTS (SELECT 1 FROM {_RAISED} r
      WHERE r.category IS NOT NULL AND NEW.amount_fen > {_PLANNED} - {_GONE})""",  # noqa: S608 - no input
    ),
)

#: A budget is approved only as it was drafted.
BUDGET_WHOLE = (
    "(NEW.state <> 'approved' OR NEW.total_fen = "
    "(SELECT COALESCE(SUM(l.amount_fen), 0) FROM budget_lines l WHERE l.budget_id = NEW.id))"
)

#: The paper is private; and whatever is no advance has a photo of it beside, for everybody.
VOUCHER_PAPERS = (
    "(EXISTS (SELECT 1 FROM uploads d WHERE d.id = NEW.document_id AND d.kind = 'document' AND NOT d.is_public) "
    "AND (NEW.kind = 'advance' OR EXISTS (SELECT 1 FROM uploads c WHERE c.id = NEW.redacted_id AND c.kind = 'photo')))"
)

_LINES = "budget_lines: written with the draft, and never changed"
_OF_DRAFT = "EXISTS (SELECT 1 FROM budgets b WHERE b.id = NEW.budget_id AND b.state = 'drafted')"
_SAME_LINE = (
    "EXISTS (SELECT 1 FROM budget_lines l WHERE l.id = NEW.id "
    "OR (l.budget_id = NEW.budget_id AND l.category = NEW.category))"
)


def sqlite_lines() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_LINES}'); END"
    return [
        f"CREATE TRIGGER budget_lines_no_update BEFORE UPDATE ON budget_lines {refuse}",
        f"CREATE TRIGGER budget_lines_no_delete BEFORE DELETE ON budget_lines {refuse}",
        f"CREATE TRIGGER budget_lines_begin BEFORE INSERT ON budget_lines "
        f"WHEN ({_OF_DRAFT} AND NOT {_SAME_LINE}) IS NOT TRUE {refuse}",
    ]


def postgresql_lines() -> list[str]:
    return [
        "CREATE OR REPLACE FUNCTION sun_budget_lines_guard() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  IF TG_OP = 'INSERT' THEN\n"
        "    PERFORM 1 FROM budgets b WHERE b.id = NEW.budget_id AND b.state = 'drafted' FOR UPDATE;\n"
        "    IF FOUND THEN RETURN NEW; END IF;\n"
        "  END IF;\n"
        f"  RAISE EXCEPTION '{_LINES}' USING ERRCODE = 'check_violation';\n"
        "END $$",
        "CREATE TRIGGER budget_lines_guard BEFORE INSERT OR UPDATE OR DELETE ON budget_lines "
        "FOR EACH ROW EXECUTE FUNCTION sun_budget_lines_guard()",
        "CREATE TRIGGER budget_lines_no_truncate BEFORE TRUNCATE ON budget_lines "
        "FOR EACH STATEMENT EXECUTE FUNCTION sun_budget_lines_guard()",
        "ALTER TABLE budget_lines ENABLE ALWAYS TRIGGER budget_lines_guard",
        "ALTER TABLE budget_lines ENABLE ALWAYS TRIGGER budget_lines_no_truncate",
    ]
