-- Receipts: what the database itself refuses, as revision 0007 makes it (see receipts.guards).

CREATE OR REPLACE FUNCTION sun_receipts_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.serial = 1 + COALESCE((SELECT MAX(r.serial) FROM receipts r WHERE r.year = NEW.year), 0)) IS NOT TRUE THEN
    RAISE EXCEPTION 'receipts: numbers follow one another' USING ERRCODE = 'check_violation';
  END IF;
  IF (EXISTS (SELECT 1 FROM transfers t WHERE t.id = NEW.transfer_id AND t.reverses_id IS NULL
      AND t.kind IN ('gift', 'matched', 'goods') AND t.amount_fen = NEW.amount_fen)
      AND NOT EXISTS (SELECT 1 FROM transfers b WHERE b.reverses_id = NEW.transfer_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'receipts: a receipt is for a gift that stands, of its amount' USING ERRCODE = 'check_violation';
  END IF;
  IF ((NEW.version = 1 OR EXISTS (SELECT 1 FROM receipts r JOIN receipt_voids v ON v.receipt_id = r.id
      WHERE r.id = NEW.replaces_id AND r.transfer_id = NEW.transfer_id AND r.version = NEW.version - 1))
      AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.transfer_id = NEW.transfer_id AND r.version >= NEW.version)) IS NOT TRUE THEN
    RAISE EXCEPTION 'receipts: a further receipt replaces a voided one' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER receipts_guard BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION sun_receipts_guard()
-- next
ALTER TABLE receipts ENABLE ALWAYS TRIGGER receipts_guard
