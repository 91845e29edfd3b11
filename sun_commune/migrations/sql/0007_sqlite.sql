-- Receipts: what the database itself refuses, as revision 0007 makes it (see receipts.guards).

CREATE TRIGGER receipts_guard BEFORE INSERT ON receipts BEGIN
  SELECT RAISE(ABORT, 'receipts: numbers follow one another') WHERE (NEW.serial = 1 + COALESCE((SELECT MAX(r.serial) FROM receipts r WHERE r.year = NEW.year), 0)) IS NOT TRUE;
  SELECT RAISE(ABORT, 'receipts: a receipt is for a gift that stands, of its amount') WHERE (EXISTS (SELECT 1 FROM transfers t WHERE t.id = NEW.transfer_id AND t.reverses_id IS NULL
      AND t.kind IN ('gift', 'matched', 'goods') AND t.amount_fen = NEW.amount_fen)
      AND NOT EXISTS (SELECT 1 FROM transfers b WHERE b.reverses_id = NEW.transfer_id)) IS NOT TRUE;
  SELECT RAISE(ABORT, 'receipts: a further receipt replaces a voided one') WHERE ((NEW.version = 1 OR EXISTS (SELECT 1 FROM receipts r JOIN receipt_voids v ON v.receipt_id = r.id
      WHERE r.id = NEW.replaces_id AND r.transfer_id = NEW.transfer_id AND r.version = NEW.version - 1))
      AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.transfer_id = NEW.transfer_id AND r.version >= NEW.version)) IS NOT TRUE;
END
