"""What the database itself refuses of receipts: a gap, an amount that is not the entry's, a second valid slip."""

from __future__ import annotations

from sun_commune.core.append_only import append_only, guard
from sun_commune.core.db import table_of
from sun_commune.receipts.models import OfficialReceipt, Receipt, ReceiptVoid

#: (words, condition on NEW): an insert that does not meet one is refused.
RULES: tuple[tuple[str, str], ...] = (
    (
        "numbers follow one another",
        "NEW.serial = 1 + COALESCE((SELECT MAX(r.serial) FROM receipts r WHERE r.year = NEW.year), 0)",
    ),
    (
        "a receipt is for a gift that stands, of its amount",
        """EXISTS (SELECT 1 FROM transfers t WHERE t.id = NEW.transfer_id AND t.reverses_id IS NULL
      AND t.kind IN ('gift', 'matched', 'goods') AND t.amount_fen = NEW.amount_fen)
      AND NOT EXISTS (SELECT 1 FROM transfers b WHERE b.reverses_id = NEW.transfer_id)""",
    ),
    (
        "a further receipt replaces a voided one",
        """(NEW.version = 1 OR EXISTS (SELECT 1 FROM receipts r JOIN receipt_voids v ON v.receipt_id = r.id
      WHERE r.id = NEW.replaces_id AND r.transfer_id = NEW.transfer_id AND r.version = NEW.version - 1))
      AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.transfer_id = NEW.transfer_id AND r.version >= NEW.version)""",
    ),
)


def sqlite_statements() -> list[str]:
    refusals = "\n".join(
        f"  SELECT RAISE(ABORT, 'receipts: {words}') WHERE ({condition}) IS NOT TRUE;" for words, condition in RULES
    )
    return [f"CREATE TRIGGER receipts_guard BEFORE INSERT ON receipts BEGIN\n{refusals}\nEND"]


def postgresql_statements() -> list[str]:
    refusals = "\n".join(
        f"  IF ({condition}) IS NOT TRUE THEN\n"
        f"    RAISE EXCEPTION 'receipts: {words}' USING ERRCODE = 'check_violation';\n  END IF;"
        for words, condition in RULES
    )
    function = (
        "CREATE OR REPLACE FUNCTION sun_receipts_guard() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n{refusals}\n  RETURN NEW;\nEND $$"
    )
    return [
        function,
        "CREATE TRIGGER receipts_guard BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION sun_receipts_guard()",
        "ALTER TABLE receipts ENABLE ALWAYS TRIGGER receipts_guard",
    ]


def _close() -> None:
    append_only(table_of(Receipt), ("id", "number", "secret"))
    append_only(table_of(ReceiptVoid), ("id", "receipt_id"))
    append_only(table_of(OfficialReceipt))
    guard(table_of(Receipt), sqlite=sqlite_statements(), postgresql=postgresql_statements())


_close()
