"""The database's own rules for orders: never deleted, never about something else, paid once."""

from __future__ import annotations

FIXED = ("code", "gateway", "claim_id", "donor_id", "lane_version_id", "amount_fen", "currency", "created_at")


def order_guards(dialect: str) -> list[str]:
    """Statements that guard ``payment_orders``; a migration runs the same."""
    moved = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FIXED)
    repaid = (
        "OLD.paid_at IS NOT NULL AND (NEW.reference IS DISTINCT FROM OLD.reference "
        "OR NEW.paid_at IS DISTINCT FROM OLD.paid_at OR NEW.booked_fen IS DISTINCT FROM OLD.booked_fen)"
    )
    if dialect == "sqlite":
        # SQLite 3.40 writes IS DISTINCT FROM as IS NOT.
        moved, repaid = (words.replace("IS DISTINCT FROM", "IS NOT") for words in (moved, repaid))
        refuse = "BEGIN SELECT RAISE(ABORT, 'payment_orders keeps what an order is about'); END"
        same = "(SELECT 1 FROM payment_orders WHERE id = NEW.id OR code = NEW.code)"
        return [
            f"CREATE TRIGGER payment_orders_fixed BEFORE UPDATE ON payment_orders WHEN {moved} OR ({repaid}) {refuse}",
            f"CREATE TRIGGER payment_orders_kept BEFORE DELETE ON payment_orders {refuse}",
            f"CREATE TRIGGER payment_orders_no_replace BEFORE INSERT ON payment_orders WHEN EXISTS {same} {refuse}",
        ]
    return [
        f"""
CREATE OR REPLACE FUNCTION sun_payment_orders_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'payment_orders keeps what an order is about';
  END IF;
  IF {moved} OR ({repaid}) THEN
    RAISE EXCEPTION 'payment_orders keeps what an order is about';
  END IF;
  RETURN NEW;
END $$
""",
        "CREATE TRIGGER payment_orders_fixed BEFORE UPDATE OR DELETE ON payment_orders "
        "FOR EACH ROW EXECUTE FUNCTION sun_payment_orders_fixed()",
        "CREATE TRIGGER payment_orders_no_truncate BEFORE TRUNCATE ON payment_orders "
        "FOR EACH STATEMENT EXECUTE FUNCTION sun_payment_orders_fixed()",
        "ALTER TABLE payment_orders ENABLE ALWAYS TRIGGER payment_orders_fixed",
        "ALTER TABLE payment_orders ENABLE ALWAYS TRIGGER payment_orders_no_truncate",
    ]
