-- What the database refuses of advances and budgets since 0012; the reasons: ledger/spending_guards.py.

CREATE OR REPLACE FUNCTION sun_transfers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') = 'repeatable read' THEN
    RAISE EXCEPTION 'ledger: no posting under REPEATABLE READ' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM 1 FROM ledger_accounts WHERE kind <> 'bank' AND (id IN (NEW.debit_id, NEW.credit_id)
    OR (kind = 'fund' AND need_code = NEW.need_code AND NEW.kind = 'advance')) ORDER BY id FOR UPDATE;
  IF (EXISTS (SELECT 1 FROM ledger_accounts d, ledger_accounts c
      WHERE d.id = NEW.debit_id AND c.id = NEW.credit_id AND d.book = NEW.book AND c.book = NEW.book
      AND ((NEW.reverses_id IS NULL AND (d.kind IN ('bank', 'suspense') OR COALESCE(d.need_code, '') = NEW.need_code) AND (c.kind IN ('bank', 'suspense') OR COALESCE(c.need_code, '') = CASE WHEN NEW.kind = 'moved' THEN NEW.to_need_code ELSE NEW.need_code END)
          AND ((NEW.kind = 'gift' AND d.kind IN ('bank') AND c.kind IN ('fund', 'pool')) OR (NEW.kind = 'unmatched' AND d.kind IN ('bank') AND c.kind IN ('suspense')) OR (NEW.kind = 'matched' AND d.kind IN ('suspense') AND c.kind IN ('fund', 'pool')) OR (NEW.kind = 'sent_back' AND d.kind IN ('suspense') AND c.kind IN ('bank')) OR (NEW.kind = 'moved' AND d.kind IN ('fund', 'pool') AND c.kind IN ('fund', 'pool')) OR (NEW.kind = 'refund' AND d.kind IN ('fund', 'pool') AND c.kind IN ('bank')) OR (NEW.kind = 'spending' AND d.kind IN ('fund', 'pool') AND c.kind IN ('bank')) OR (NEW.kind = 'advance' AND d.kind IN ('advance') AND c.kind IN ('bank')) OR (NEW.kind = 'settled' AND d.kind IN ('fund') AND c.kind IN ('advance')) OR (NEW.kind = 'advance_back' AND d.kind IN ('bank') AND c.kind IN ('advance')) OR (NEW.kind = 'goods' AND d.kind IN ('goods_handed_over') AND c.kind IN ('goods_given'))))
        OR (NEW.reverses_id IS NOT NULL AND (c.kind IN ('bank', 'suspense') OR COALESCE(c.need_code, '') = NEW.need_code) AND (d.kind IN ('bank', 'suspense') OR COALESCE(d.need_code, '') = CASE WHEN NEW.kind = 'moved' THEN NEW.to_need_code ELSE NEW.need_code END)
          AND ((NEW.kind = 'gift' AND c.kind IN ('bank') AND d.kind IN ('fund', 'pool')) OR (NEW.kind = 'unmatched' AND c.kind IN ('bank') AND d.kind IN ('suspense')) OR (NEW.kind = 'matched' AND c.kind IN ('suspense') AND d.kind IN ('fund', 'pool')) OR (NEW.kind = 'sent_back' AND c.kind IN ('suspense') AND d.kind IN ('bank')) OR (NEW.kind = 'moved' AND c.kind IN ('fund', 'pool') AND d.kind IN ('fund', 'pool')) OR (NEW.kind = 'refund' AND c.kind IN ('fund', 'pool') AND d.kind IN ('bank')) OR (NEW.kind = 'spending' AND c.kind IN ('fund', 'pool') AND d.kind IN ('bank')) OR (NEW.kind = 'advance' AND c.kind IN ('advance') AND d.kind IN ('bank')) OR (NEW.kind = 'settled' AND c.kind IN ('fund') AND d.kind IN ('advance')) OR (NEW.kind = 'advance_back' AND c.kind IN ('bank') AND d.kind IN ('advance')) OR (NEW.kind = 'goods' AND c.kind IN ('goods_handed_over') AND d.kind IN ('goods_given'))))))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: both accounts are of its book, of its need and of the kinds that fit' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.reverses_id IS NULL OR EXISTS (SELECT 1 FROM transfers o
      WHERE o.id = NEW.reverses_id AND o.reverses_id IS NULL
      AND o.debit_id = NEW.credit_id AND o.credit_id = NEW.debit_id AND o.amount_fen = NEW.amount_fen
      AND o.kind = NEW.kind AND o.book = NEW.book AND o.need_code = NEW.need_code
      AND o.county_code = NEW.county_code AND o.category = NEW.category
      AND o.to_need_code = NEW.to_need_code AND o.to_county_code = NEW.to_county_code
      AND o.to_category = NEW.to_category
      AND COALESCE(o.claim_code, '') = COALESCE(NEW.claim_code, '')
      AND COALESCE(o.delivery_code, '') = COALESCE(NEW.delivery_code, '')
      AND COALESCE(o.source_code, '') = COALESCE(NEW.source_code, '')
      AND COALESCE(o.voucher_code, '') = COALESCE(NEW.voucher_code, ''))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a reversal is the exact mirror of an entry that is no reversal' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.reverses_id IS NULL OR NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = NEW.reverses_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: an entry is reversed once' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind NOT IN ('spending', 'advance', 'settled') OR NEW.reverses_id IS NOT NULL
      OR EXISTS (SELECT 1 FROM vouchers v
      WHERE v.code = NEW.voucher_code AND v.state = 'approved' AND v.transfer_uid = NEW.uid
      AND v.kind = CASE NEW.kind WHEN 'spending' THEN 'payment' WHEN 'advance' THEN 'advance' ELSE 'settlement' END
      AND v.amount_fen = NEW.amount_fen AND v.need_code = NEW.need_code AND v.checker_id <> v.maker_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: what goes out has a voucher that a second person approved for exactly this' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind IN ('spending', 'advance', 'settled', 'advance_back') OR NEW.voucher_code IS NULL) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: only what a voucher pays names one' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.delivery_code IS NULL OR NEW.reverses_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM transfers t
      WHERE t.delivery_code = NEW.delivery_code AND t.reverses_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reverses_id = t.id))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a delivery stands in the books once' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.period >= SUBSTR(CAST(NEW.business_on AS TEXT), 1, 7)
      AND NOT EXISTS (SELECT 1 FROM ledger_closed_periods p WHERE p.period >= NEW.period)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: no entry falls into a closed period, nor into one before its day' USING ERRCODE = 'check_violation';
  END IF;
  IF (NOT EXISTS (SELECT 1 FROM ledger_accounts s WHERE s.id = NEW.debit_id AND s.kind = 'suspense')
      OR NEW.amount_fen <= (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.source_code = NEW.source_code AND t.credit_id = NEW.debit_id)
        - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.source_code = NEW.source_code AND t.debit_id = NEW.debit_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: money leaves suspense by the statement line that it came with' USING ERRCODE = 'check_violation';
  END IF;
  IF (NOT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.id = NEW.credit_id AND a.kind = 'advance')
      OR NEW.amount_fen <= (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.debit_id = NEW.credit_id)
        - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.credit_id = NEW.credit_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: no more is settled or brought back than was advanced' USING ERRCODE = 'check_violation';
  END IF;
  IF (NOT EXISTS (SELECT 1 FROM ledger_accounts f WHERE f.id = NEW.debit_id AND f.kind IN ('fund', 'pool')
      AND NEW.amount_fen > (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.credit_id = f.id) - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.debit_id = f.id)
        - CASE WHEN NEW.kind = 'settled' THEN 0 ELSE (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t JOIN ledger_accounts a ON a.id = t.debit_id WHERE a.kind = 'advance' AND a.need_code = f.need_code) - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t JOIN ledger_accounts a ON a.id = t.credit_id WHERE a.kind = 'advance' AND a.need_code = f.need_code) END)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a fund never falls below zero, nor below what was advanced from it' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind = 'settled' OR NOT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.id = NEW.debit_id
      AND a.kind = 'advance') OR EXISTS (SELECT 1 FROM ledger_accounts f WHERE f.kind = 'fund'
      AND f.need_code = NEW.need_code
      AND NEW.amount_fen <= (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.credit_id = f.id) - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t WHERE t.debit_id = f.id)
        - ((SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t JOIN ledger_accounts a ON a.id = t.debit_id WHERE a.kind = 'advance' AND a.need_code = f.need_code) - (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfers t JOIN ledger_accounts a ON a.id = t.credit_id WHERE a.kind = 'advance' AND a.need_code = f.need_code)))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: no more is advanced than the fund holds' USING ERRCODE = 'check_violation';
  END IF;
  IF (NOT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.id = NEW.credit_id AND a.kind = 'advance')
      OR NEW.amount_fen <= (SELECT COALESCE(SUM(CASE WHEN (t.kind = 'advance') = (t.reverses_id IS NULL)
        THEN t.amount_fen ELSE -t.amount_fen END), 0)
      FROM transfers t JOIN vouchers p ON p.code = t.voucher_code
      WHERE t.need_code = NEW.need_code AND ((t.kind IN ('advance', 'advance_back') AND p.code = CASE WHEN NEW.kind = 'settled' THEN (SELECT v.advance_code FROM vouchers v WHERE v.code = NEW.voucher_code) ELSE NEW.voucher_code END)
        OR (t.kind = 'settled' AND p.advance_code = CASE WHEN NEW.kind = 'settled' THEN (SELECT v.advance_code FROM vouchers v WHERE v.code = NEW.voucher_code) ELSE NEW.voucher_code END)))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: an advance is settled and brought back by its own papers, no further than it was handed out' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.voucher_code IS NULL OR (SELECT MAX(b.version) FROM budgets b WHERE b.need_code = NEW.need_code AND b.state = 'approved') IS NULL OR NOT EXISTS (SELECT 1 FROM (SELECT CASE
        WHEN NEW.kind IN ('spending', 'advance') AND NEW.reverses_id IS NULL THEN v.category
        WHEN NEW.kind = 'settled' AND NEW.reverses_id IS NULL AND v.category <> a.category THEN v.category
        WHEN NEW.kind = 'settled' AND NEW.reverses_id IS NOT NULL AND v.category <> a.category THEN a.category
        WHEN NEW.kind = 'advance_back' AND NEW.reverses_id IS NOT NULL THEN v.category END AS category
      FROM vouchers v LEFT JOIN vouchers a ON a.code = v.advance_code WHERE v.code = NEW.voucher_code) r
      WHERE r.category IS NOT NULL AND NEW.amount_fen > COALESCE((SELECT l.amount_fen FROM budget_lines l JOIN budgets b ON b.id = l.budget_id
      WHERE b.need_code = NEW.need_code AND l.category = r.category AND b.version = (SELECT MAX(b.version) FROM budgets b WHERE b.need_code = NEW.need_code AND b.state = 'approved')), 0) - (SELECT COALESCE(SUM((CASE WHEN t.reverses_id IS NULL THEN t.amount_fen ELSE -t.amount_fen END)
        * ((CASE WHEN t.kind IN ('spending', 'advance', 'settled') AND p.category = r.category THEN 1 ELSE 0 END)
        - (CASE WHEN t.kind = 'settled' AND o.category = r.category THEN 1 ELSE 0 END)
        - (CASE WHEN t.kind = 'advance_back' AND p.category = r.category THEN 1 ELSE 0 END))), 0)
      FROM vouchers p JOIN transfers t ON t.voucher_code = p.code LEFT JOIN vouchers o ON o.code = p.advance_code
      WHERE p.need_code = NEW.need_code))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: no more goes out than the budget in force allows' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE OR REPLACE FUNCTION sun_budget_lines_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM 1 FROM budgets b WHERE b.id = NEW.budget_id AND b.state = 'drafted' FOR UPDATE;
    IF FOUND THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'budget_lines: written with the draft, and never changed' USING ERRCODE = 'check_violation';
END $$
-- next
CREATE TRIGGER budget_lines_guard BEFORE INSERT OR UPDATE OR DELETE ON budget_lines FOR EACH ROW EXECUTE FUNCTION sun_budget_lines_guard()
-- next
CREATE TRIGGER budget_lines_no_truncate BEFORE TRUNCATE ON budget_lines FOR EACH STATEMENT EXECUTE FUNCTION sun_budget_lines_guard()
-- next
ALTER TABLE budget_lines ENABLE ALWAYS TRIGGER budget_lines_guard
-- next
ALTER TABLE budget_lines ENABLE ALWAYS TRIGGER budget_lines_no_truncate
-- next
CREATE OR REPLACE FUNCTION sun_vouchers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'drafted' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'vouchers: begins as a draft' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.kind = OLD.kind AND NEW.need_code = OLD.need_code AND NEW.county_code = OLD.county_code AND NEW.need_category = OLD.need_category AND NEW.payee_name = OLD.payee_name AND NEW.payee_kind = OLD.payee_kind AND NEW.category = OLD.category AND NEW.purpose = OLD.purpose AND NEW.amount_fen = OLD.amount_fen AND NEW.spent_on = OLD.spent_on AND NEW.document_id = OLD.document_id AND NEW.payee_key = OLD.payee_key AND NEW.payee_number = OLD.payee_number AND NEW.invoice_number = OLD.invoice_number AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at AND COALESCE(NEW.advance_code, '') = COALESCE(OLD.advance_code, '') AND COALESCE(NEW.redacted_id, 0) = COALESCE(OLD.redacted_id, 0) AND COALESCE(NEW.due_on, '1900-01-01') = COALESCE(OLD.due_on, '1900-01-01') THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'vouchers: decided or frozen' USING ERRCODE = 'check_violation';
END $$
-- next
CREATE OR REPLACE FUNCTION sun_budgets_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'drafted' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'budgets: begins as a draft' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.need_code = OLD.need_code AND NEW.county_code = OLD.county_code AND NEW.version = OLD.version AND NEW.total_fen = OLD.total_fen AND NEW.reason = OLD.reason AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at AND (NEW.state <> 'approved' OR NEW.total_fen = (SELECT COALESCE(SUM(l.amount_fen), 0) FROM budget_lines l WHERE l.budget_id = NEW.id)) THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'budgets: decided or frozen' USING ERRCODE = 'check_violation';
END $$
-- next
CREATE TRIGGER budgets_guard BEFORE INSERT OR UPDATE OR DELETE ON budgets FOR EACH ROW EXECUTE FUNCTION sun_budgets_guard()
-- next
CREATE TRIGGER budgets_no_truncate BEFORE TRUNCATE ON budgets FOR EACH STATEMENT EXECUTE FUNCTION sun_budgets_guard()
-- next
ALTER TABLE budgets ENABLE ALWAYS TRIGGER budgets_guard
-- next
ALTER TABLE budgets ENABLE ALWAYS TRIGGER budgets_no_truncate
