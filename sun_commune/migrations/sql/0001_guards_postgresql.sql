-- The guards as revision 0001 made them, for the way back from 0004.

CREATE OR REPLACE FUNCTION sun_transfers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') = 'repeatable read' THEN
    RAISE EXCEPTION 'ledger: no posting under REPEATABLE READ' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM 1 FROM ledger_accounts WHERE id IN (NEW.debit_id, NEW.credit_id) AND kind <> 'bank'
    ORDER BY id FOR UPDATE;
  IF (EXISTS (SELECT 1 FROM ledger_accounts d, ledger_accounts c
      WHERE d.id = NEW.debit_id AND c.id = NEW.credit_id AND d.book = NEW.book AND c.book = NEW.book
      AND (d.kind = 'bank' OR d.need_code = NEW.need_code) AND (c.kind = 'bank' OR c.need_code = NEW.need_code)
      AND ((NEW.reverses_id IS NULL AND (
        (NEW.kind = 'gift' AND d.kind = 'bank' AND c.kind = 'fund')
        OR (NEW.kind = 'spending' AND d.kind = 'fund' AND c.kind = 'bank')
        OR (NEW.kind = 'goods' AND d.kind = 'goods_handed_over' AND c.kind = 'goods_given')))
        OR (NEW.reverses_id IS NOT NULL AND (
        (NEW.kind = 'gift' AND c.kind = 'bank' AND d.kind = 'fund')
        OR (NEW.kind = 'spending' AND c.kind = 'fund' AND d.kind = 'bank')
        OR (NEW.kind = 'goods' AND c.kind = 'goods_handed_over' AND d.kind = 'goods_given')))))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: both accounts are of its book, of its need and of the kinds that fit' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.reverses_id IS NULL OR EXISTS (SELECT 1 FROM transfers o
      WHERE o.id = NEW.reverses_id AND o.reverses_id IS NULL
      AND o.debit_id = NEW.credit_id AND o.credit_id = NEW.debit_id AND o.amount_fen = NEW.amount_fen
      AND o.kind = NEW.kind AND o.book = NEW.book AND o.need_code = NEW.need_code
      AND o.county_code = NEW.county_code AND o.category = NEW.category
      AND COALESCE(o.claim_code, '') = COALESCE(NEW.claim_code, '')
      AND COALESCE(o.delivery_code, '') = COALESCE(NEW.delivery_code, '')
      AND COALESCE(o.voucher_code, '') = COALESCE(NEW.voucher_code, ''))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a reversal is the exact mirror of an entry that is no reversal' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.reverses_id IS NULL OR NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = NEW.reverses_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: an entry is reversed once' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind <> 'spending' OR NEW.reverses_id IS NOT NULL OR EXISTS (SELECT 1 FROM vouchers v
      WHERE v.code = NEW.voucher_code AND v.state = 'approved' AND v.transfer_uid = NEW.uid
      AND v.amount_fen = NEW.amount_fen AND v.need_code = NEW.need_code AND v.checker_id <> v.maker_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: spending has a voucher that a second person approved for exactly this' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind = 'spending' OR NEW.voucher_code IS NULL) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: only spending names a voucher' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.delivery_code IS NULL OR NEW.reverses_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM transfers t
      WHERE t.delivery_code = NEW.delivery_code AND t.reverses_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = t.id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a delivery stands in the books once' USING ERRCODE = 'check_violation';
  END IF;
  IF (NOT EXISTS (SELECT 1 FROM ledger_accounts f WHERE f.id = NEW.debit_id AND f.kind = 'fund')
      OR NEW.amount_fen <= (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.credit_id = NEW.debit_id)
        - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.debit_id = NEW.debit_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a fund never falls below zero' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$

-- next

CREATE OR REPLACE FUNCTION sun_vouchers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'drafted' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'vouchers: begins as a draft' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.need_code = OLD.need_code AND NEW.county_code = OLD.county_code AND NEW.need_category = OLD.need_category AND NEW.payee_name = OLD.payee_name AND NEW.payee_kind = OLD.payee_kind AND NEW.category = OLD.category AND NEW.purpose = OLD.purpose AND NEW.amount_fen = OLD.amount_fen AND NEW.spent_on = OLD.spent_on AND NEW.document_id = OLD.document_id AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'vouchers: decided or frozen' USING ERRCODE = 'check_violation';
END $$
