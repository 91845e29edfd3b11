-- What revision 0013 makes of the guards of payment_orders on sqlite.

CREATE TRIGGER payment_orders_fixed BEFORE UPDATE ON payment_orders WHEN NEW.code IS NOT OLD.code OR NEW.gateway IS NOT OLD.gateway OR NEW.claim_id IS NOT OLD.claim_id OR NEW.donor_id IS NOT OLD.donor_id OR NEW.lane_version_id IS NOT OLD.lane_version_id OR NEW.amount_fen IS NOT OLD.amount_fen OR NEW.currency IS NOT OLD.currency OR NEW.created_at IS NOT OLD.created_at OR (OLD.paid_at IS NOT NULL AND (NEW.reference IS NOT OLD.reference OR NEW.paid_at IS NOT OLD.paid_at OR NEW.booked_fen IS NOT OLD.booked_fen)) BEGIN SELECT RAISE(ABORT, 'payment_orders keeps what an order is about'); END
-- next
CREATE TRIGGER payment_orders_kept BEFORE DELETE ON payment_orders BEGIN SELECT RAISE(ABORT, 'payment_orders keeps what an order is about'); END
-- next
CREATE TRIGGER payment_orders_no_replace BEFORE INSERT ON payment_orders WHEN EXISTS (SELECT 1 FROM payment_orders WHERE id = NEW.id OR code = NEW.code) BEGIN SELECT RAISE(ABORT, 'payment_orders keeps what an order is about'); END
