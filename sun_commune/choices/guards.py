"""What the database itself refuses of choices, and of the entries that only a decision may bring into the books.

The ledger lies below and knows of no choices; that no refund, no move and no return stands in it without its decision
is set up from here, beside the ledger's own triggers (ledger.guards).
"""

from __future__ import annotations

from sun_commune.choices.models import Choice
from sun_commune.choices.states import MOVES
from sun_commune.core.append_only import guard
from sun_commune.core.db import table_of
from sun_commune.ledger.models import Transfer

#: A refund was paid by one officer and seen by another, neither of them its donor.
_BY_TWO = "c.checker_id <> c.payer_id AND (c.donor_id IS NULL OR c.donor_id NOT IN (c.payer_id, c.checker_id))"
_CHOSEN = "FROM choices c WHERE c.transfer_uid = NEW.uid AND c.state = 'done' AND c.amount_fen = NEW.amount_fen"
_SAME_CLAIM = "COALESCE(c.claim_code, '') = COALESCE(NEW.claim_code, '')"

#: What must hold of a new entry that is no reversal, and what is said when it does not.
DECIDED: tuple[tuple[str, str], ...] = (
    (
        "a refund has the choice of its donor and two people behind it",
        f"""NEW.kind <> 'refund' OR EXISTS (SELECT 1 {_CHOSEN} AND c.route = 'refund'
      AND c.need_code = NEW.need_code AND {_SAME_CLAIM} AND {_BY_TWO})""",
    ),
    (
        "money moves by a choice or the announced default",
        f"""NEW.kind <> 'moved' OR EXISTS (SELECT 1 {_CHOSEN} AND c.route IN ('need', 'pool')
      AND c.need_code = NEW.need_code AND c.to_need_code = NEW.to_need_code AND {_SAME_CLAIM})""",
    ),
    (
        "unmatched money goes back by two people",
        f"""NEW.kind <> 'sent_back' OR EXISTS (SELECT 1 {_CHOSEN} AND c.route = 'refund'
      AND c.source_code = NEW.source_code AND {_BY_TWO})
      OR EXISTS (SELECT 1 FROM statement_returns r JOIN statement_lines l ON l.id = r.line_id
      WHERE r.transfer_uid = NEW.uid AND r.state = 'approved' AND r.amount_fen = NEW.amount_fen
      AND l.code = NEW.source_code AND r.checker_id <> r.maker_id)""",  # noqa: S608 - no input
    ),
)

_SAME = "NEW.{0} IS NOT DISTINCT FROM OLD.{0}"
ALWAYS = ("id", "code", "claim_code", "source_code", "need_code", "county_code", "category", "donor_id", "opened_at")
#: What stays, once it was said, until the choice is open again.
DECISION = ("route", "to_need_code", "to_claim_code", "decided_at", "decided_by")
PAYMENT = ("payer_id", "paid_on", "paid_at", "bank_reference")
END = ("checker_id", "checked_at", "transfer_uid")


def _kept(columns: tuple[str, ...]) -> str:
    return " AND ".join(_SAME.format(column) for column in columns)


def _rules() -> tuple[tuple[str, str], ...]:
    moves = sorted({(before.value, after.value) for before, after in MOVES.values() if before})
    listed = " OR ".join(f"(OLD.state = '{before}' AND NEW.state = '{after}')" for before, after in moves)
    return (
        ("moves only as listed", listed),
        ("what it is about stays", _kept(ALWAYS)),
        (
            "the amount of an open one shrinks, of another one it stays",
            "NEW.amount_fen = OLD.amount_fen OR (OLD.state = 'open' AND NEW.state = 'open' "
            "AND NEW.amount_fen < OLD.amount_fen)",
        ),
        ("a decision stays", f"OLD.state = 'open' OR NEW.state = 'open' OR ({_kept(DECISION)})"),
        ("a payment stays", f"NEW.state NOT IN ('done', 'undone') OR OLD.state = 'open' OR ({_kept(PAYMENT)})"),
        ("what is done stays", f"OLD.state <> 'done' OR ({_kept(END)})"),
    )


_BEGINS = "choices: begins open"
_STAYS = "choices: never deleted"


def sqlite_statements() -> list[str]:
    entry = "\n".join(
        f"  SELECT RAISE(ABORT, 'ledger: {words}') WHERE ({condition}) IS NOT TRUE;" for words, condition in DECIDED
    )
    # SQLite 3.40 writes IS NOT DISTINCT FROM as IS.
    change = "\n".join(
        f"  SELECT RAISE(ABORT, 'choices: {words}') "
        f"WHERE ({condition.replace('IS NOT DISTINCT FROM', 'IS')}) IS NOT TRUE;"
        for words, condition in _rules()
    )
    same = "SELECT 1 FROM choices WHERE id = NEW.id OR code = NEW.code OR transfer_uid = NEW.transfer_uid"
    return [
        f"CREATE TRIGGER transfers_decided BEFORE INSERT ON transfers WHEN NEW.reverses_id IS NULL BEGIN\n{entry}\nEND",
        f"CREATE TRIGGER choices_guard BEFORE UPDATE ON choices BEGIN\n{change}\nEND",
        "CREATE TRIGGER choices_begin BEFORE INSERT ON choices WHEN NEW.state <> 'open'\n"
        f"BEGIN SELECT RAISE(ABORT, '{_BEGINS}'); END",
        f"CREATE TRIGGER choices_no_delete BEFORE DELETE ON choices BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END",
        f"CREATE TRIGGER choices_no_replace BEFORE INSERT ON choices WHEN EXISTS ({same})\n"
        f"BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END",
    ]


def _refusals(subject: str, rules: tuple[tuple[str, str], ...]) -> str:
    return "\n".join(
        f"  IF ({condition}) IS NOT TRUE THEN\n"
        f"    RAISE EXCEPTION '{subject}: {words}' USING ERRCODE = 'check_violation';\n  END IF;"
        for words, condition in rules
    )


def postgresql_statements() -> list[str]:
    return [
        "CREATE OR REPLACE FUNCTION sun_transfers_decided() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  IF NEW.reverses_id IS NOT NULL THEN RETURN NEW; END IF;\n"
        f"{_refusals('ledger', DECIDED)}\n  RETURN NEW;\nEND $$",
        "CREATE TRIGGER transfers_decided BEFORE INSERT ON transfers "
        "FOR EACH ROW EXECUTE FUNCTION sun_transfers_decided()",
        "ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_decided",
        "CREATE OR REPLACE FUNCTION sun_choices_guard() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        "  IF TG_OP = 'INSERT' THEN\n"
        "    IF NEW.state = 'open' THEN RETURN NEW; END IF;\n"
        f"    RAISE EXCEPTION '{_BEGINS}' USING ERRCODE = 'check_violation';\n"
        "  END IF;\n"
        "  IF TG_OP <> 'UPDATE' THEN\n"
        f"    RAISE EXCEPTION '{_STAYS}' USING ERRCODE = 'check_violation';\n"
        "  END IF;\n"
        f"{_refusals('choices', _rules())}\n  RETURN NEW;\nEND $$",
        "CREATE TRIGGER choices_guard BEFORE INSERT OR UPDATE OR DELETE ON choices "
        "FOR EACH ROW EXECUTE FUNCTION sun_choices_guard()",
        "CREATE TRIGGER choices_no_truncate BEFORE TRUNCATE ON choices "
        "FOR EACH STATEMENT EXECUTE FUNCTION sun_choices_guard()",
        "ALTER TABLE choices ENABLE ALWAYS TRIGGER choices_guard",
        "ALTER TABLE choices ENABLE ALWAYS TRIGGER choices_no_truncate",
    ]


def _close() -> None:
    choices = table_of(Choice)
    choices.add_is_dependent_on(table_of(Transfer))  # its triggers stand on both
    guard(choices, sqlite=sqlite_statements(), postgresql=postgresql_statements())


_close()
