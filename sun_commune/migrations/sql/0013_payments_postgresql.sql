-- What revision 0013 makes of the guards of payment_orders on postgresql.

CREATE OR REPLACE FUNCTION sun_payment_orders_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'payment_orders keeps what an order is about';
  END IF;
  IF NEW.code IS DISTINCT FROM OLD.code OR NEW.gateway IS DISTINCT FROM OLD.gateway OR NEW.claim_id IS DISTINCT FROM OLD.claim_id OR NEW.donor_id IS DISTINCT FROM OLD.donor_id OR NEW.lane_version_id IS DISTINCT FROM OLD.lane_version_id OR NEW.amount_fen IS DISTINCT FROM OLD.amount_fen OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.created_at IS DISTINCT FROM OLD.created_at OR (OLD.paid_at IS NOT NULL AND (NEW.reference IS DISTINCT FROM OLD.reference OR NEW.paid_at IS DISTINCT FROM OLD.paid_at OR NEW.booked_fen IS DISTINCT FROM OLD.booked_fen)) THEN
    RAISE EXCEPTION 'payment_orders keeps what an order is about';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER payment_orders_fixed BEFORE UPDATE OR DELETE ON payment_orders FOR EACH ROW EXECUTE FUNCTION sun_payment_orders_fixed()
-- next
CREATE TRIGGER payment_orders_no_truncate BEFORE TRUNCATE ON payment_orders FOR EACH STATEMENT EXECUTE FUNCTION sun_payment_orders_fixed()
-- next
ALTER TABLE payment_orders ENABLE ALWAYS TRIGGER payment_orders_fixed
-- next
ALTER TABLE payment_orders ENABLE ALWAYS TRIGGER payment_orders_no_truncate
