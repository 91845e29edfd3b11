-- The guards as revision 0001 made them, for the way back from 0004.

CREATE TRIGGER transfers_guard BEFORE INSERT ON transfers BEGIN
  SELECT RAISE(ABORT, 'ledger: amounts are integers') WHERE (typeof(NEW.amount_fen) = 'integer' AND (NEW.quantity IS NULL OR typeof(NEW.quantity) = 'integer')) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: the business day is a day') WHERE (NEW.business_on GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' AND date(NEW.business_on, '+0 days') = NEW.business_on) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: texts fit their columns') WHERE (length(NEW.uid) BETWEEN 6 AND 40 AND length(NEW.donor_shown) <= 120 AND length(NEW.reason) <= 200) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: both accounts are of its book, of its need and of the kinds that fit') WHERE (EXISTS (SELECT 1 FROM ledger_accounts d, ledger_accounts c
      WHERE d.id = NEW.debit_id AND c.id = NEW.credit_id AND d.book = NEW.book AND c.book = NEW.book
      AND (d.kind = 'bank' OR d.need_code = NEW.need_code) AND (c.kind = 'bank' OR c.need_code = NEW.need_code)
      AND ((NEW.reverses_id IS NULL AND (
        (NEW.kind = 'gift' AND d.kind = 'bank' AND c.kind = 'fund')
        OR (NEW.kind = 'spending' AND d.kind = 'fund' AND c.kind = 'bank')
        OR (NEW.kind = 'goods' AND d.kind = 'goods_handed_over' AND c.kind = 'goods_given')))
        OR (NEW.reverses_id IS NOT NULL AND (
        (NEW.kind = 'gift' AND c.kind = 'bank' AND d.kind = 'fund')
        OR (NEW.kind = 'spending' AND c.kind = 'fund' AND d.kind = 'bank')
        OR (NEW.kind = 'goods' AND c.kind = 'goods_handed_over' AND d.kind = 'goods_given')))))) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: a reversal is the exact mirror of an entry that is no reversal') WHERE (NEW.reverses_id IS NULL OR EXISTS (SELECT 1 FROM transfers o
      WHERE o.id = NEW.reverses_id AND o.reverses_id IS NULL
      AND o.debit_id = NEW.credit_id AND o.credit_id = NEW.debit_id AND o.amount_fen = NEW.amount_fen
      AND o.kind = NEW.kind AND o.book = NEW.book AND o.need_code = NEW.need_code
      AND o.county_code = NEW.county_code AND o.category = NEW.category
      AND COALESCE(o.claim_code, '') = COALESCE(NEW.claim_code, '')
      AND COALESCE(o.delivery_code, '') = COALESCE(NEW.delivery_code, '')
      AND COALESCE(o.voucher_code, '') = COALESCE(NEW.voucher_code, ''))) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: an entry is reversed once') WHERE (NEW.reverses_id IS NULL OR NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = NEW.reverses_id)) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: spending has a voucher that a second person approved for exactly this') WHERE (NEW.kind <> 'spending' OR NEW.reverses_id IS NOT NULL OR EXISTS (SELECT 1 FROM vouchers v
      WHERE v.code = NEW.voucher_code AND v.state = 'approved' AND v.transfer_uid = NEW.uid
      AND v.amount_fen = NEW.amount_fen AND v.need_code = NEW.need_code AND v.checker_id <> v.maker_id)) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: only spending names a voucher') WHERE (NEW.kind = 'spending' OR NEW.voucher_code IS NULL) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: a delivery stands in the books once') WHERE (NEW.delivery_code IS NULL OR NEW.reverses_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM transfers t
      WHERE t.delivery_code = NEW.delivery_code AND t.reverses_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = t.id))) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: a fund never falls below zero') WHERE (NOT EXISTS (SELECT 1 FROM ledger_accounts f WHERE f.id = NEW.debit_id AND f.kind = 'fund')
      OR NEW.amount_fen <= (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.credit_id = NEW.debit_id)
        - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.debit_id = NEW.debit_id)) IS NOT TRUE;
END

-- next

CREATE TRIGGER vouchers_frozen BEFORE UPDATE ON vouchers WHEN (OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.need_code = OLD.need_code AND NEW.county_code = OLD.county_code AND NEW.need_category = OLD.need_category AND NEW.payee_name = OLD.payee_name AND NEW.payee_kind = OLD.payee_kind AND NEW.category = OLD.category AND NEW.purpose = OLD.purpose AND NEW.amount_fen = OLD.amount_fen AND NEW.spent_on = OLD.spent_on AND NEW.document_id = OLD.document_id AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at) IS NOT TRUE
BEGIN SELECT RAISE(ABORT, 'vouchers: decided or frozen'); END
