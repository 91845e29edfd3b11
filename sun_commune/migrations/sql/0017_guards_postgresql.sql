-- Revision 0017: a voucher has its papers, money goes back and moves by a decision, choices move as listed

CREATE OR REPLACE FUNCTION sun_vouchers_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'drafted' AND (EXISTS (SELECT 1 FROM uploads d WHERE d.id = NEW.document_id AND d.kind = 'document' AND NOT d.is_public) AND (NEW.kind = 'advance' OR EXISTS (SELECT 1 FROM uploads c WHERE c.id = NEW.redacted_id AND c.kind = 'photo'))) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'vouchers: begins as a draft' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.kind = OLD.kind AND NEW.need_code = OLD.need_code AND NEW.county_code = OLD.county_code AND NEW.need_category = OLD.need_category AND NEW.payee_name = OLD.payee_name AND NEW.payee_kind = OLD.payee_kind AND NEW.category = OLD.category AND NEW.purpose = OLD.purpose AND NEW.amount_fen = OLD.amount_fen AND NEW.spent_on = OLD.spent_on AND NEW.document_id = OLD.document_id AND NEW.payee_key = OLD.payee_key AND NEW.payee_number = OLD.payee_number AND NEW.invoice_number = OLD.invoice_number AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at AND COALESCE(NEW.advance_code, '') = COALESCE(OLD.advance_code, '') AND COALESCE(NEW.redacted_id, 0) = COALESCE(OLD.redacted_id, 0) AND COALESCE(NEW.due_on, '1900-01-01') = COALESCE(OLD.due_on, '1900-01-01') AND (NEW.state <> 'approved' OR (EXISTS (SELECT 1 FROM uploads d WHERE d.id = NEW.document_id AND d.kind = 'document' AND NOT d.is_public) AND (NEW.kind = 'advance' OR EXISTS (SELECT 1 FROM uploads c WHERE c.id = NEW.redacted_id AND c.kind = 'photo')))) THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'vouchers: decided or frozen' USING ERRCODE = 'check_violation';
END $$
-- next
CREATE OR REPLACE FUNCTION sun_transfers_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.reverses_id IS NOT NULL THEN RETURN NEW; END IF;
  IF (NEW.kind <> 'refund' OR EXISTS (SELECT 1 FROM choices c WHERE c.transfer_uid = NEW.uid AND c.state = 'done' AND c.amount_fen = NEW.amount_fen AND c.route = 'refund'
      AND c.need_code = NEW.need_code AND COALESCE(c.claim_code, '') = COALESCE(NEW.claim_code, '') AND c.checker_id <> c.payer_id AND (c.donor_id IS NULL OR c.donor_id NOT IN (c.payer_id, c.checker_id)))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: a refund has the choice of its donor and two people behind it' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind <> 'moved' OR EXISTS (SELECT 1 FROM choices c WHERE c.transfer_uid = NEW.uid AND c.state = 'done' AND c.amount_fen = NEW.amount_fen AND c.route IN ('need', 'pool')
      AND c.need_code = NEW.need_code AND c.to_need_code = NEW.to_need_code AND COALESCE(c.claim_code, '') = COALESCE(NEW.claim_code, ''))) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: money moves by a choice or the announced default' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.kind <> 'sent_back' OR EXISTS (SELECT 1 FROM choices c WHERE c.transfer_uid = NEW.uid AND c.state = 'done' AND c.amount_fen = NEW.amount_fen AND c.route = 'refund'
      AND c.source_code = NEW.source_code AND c.checker_id <> c.payer_id AND (c.donor_id IS NULL OR c.donor_id NOT IN (c.payer_id, c.checker_id)))
      OR EXISTS (SELECT 1 FROM statement_returns r JOIN statement_lines l ON l.id = r.line_id
      WHERE r.transfer_uid = NEW.uid AND r.state = 'approved' AND r.amount_fen = NEW.amount_fen
      AND l.code = NEW.source_code AND r.checker_id <> r.maker_id)) IS NOT TRUE THEN
    RAISE EXCEPTION 'ledger: unmatched money goes back by two people' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER transfers_decided BEFORE INSERT ON transfers FOR EACH ROW EXECUTE FUNCTION sun_transfers_decided()
-- next
ALTER TABLE transfers ENABLE ALWAYS TRIGGER transfers_decided
-- next
CREATE OR REPLACE FUNCTION sun_choices_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'open' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'choices: begins open' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'choices: never deleted' USING ERRCODE = 'check_violation';
  END IF;
  IF ((OLD.state = 'chosen' AND NEW.state = 'open') OR (OLD.state = 'chosen' AND NEW.state = 'paid_out') OR (OLD.state = 'done' AND NEW.state = 'undone') OR (OLD.state = 'open' AND NEW.state = 'chosen') OR (OLD.state = 'open' AND NEW.state = 'done') OR (OLD.state = 'open' AND NEW.state = 'lapsed') OR (OLD.state = 'open' AND NEW.state = 'open') OR (OLD.state = 'paid_out' AND NEW.state = 'chosen') OR (OLD.state = 'paid_out' AND NEW.state = 'done')) IS NOT TRUE THEN
    RAISE EXCEPTION 'choices: moves only as listed' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.id IS NOT DISTINCT FROM OLD.id AND NEW.code IS NOT DISTINCT FROM OLD.code AND NEW.claim_code IS NOT DISTINCT FROM OLD.claim_code AND NEW.source_code IS NOT DISTINCT FROM OLD.source_code AND NEW.need_code IS NOT DISTINCT FROM OLD.need_code AND NEW.county_code IS NOT DISTINCT FROM OLD.county_code AND NEW.category IS NOT DISTINCT FROM OLD.category AND NEW.donor_id IS NOT DISTINCT FROM OLD.donor_id AND NEW.opened_at IS NOT DISTINCT FROM OLD.opened_at) IS NOT TRUE THEN
    RAISE EXCEPTION 'choices: what it is about stays' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.amount_fen = OLD.amount_fen OR (OLD.state = 'open' AND NEW.state = 'open' AND NEW.amount_fen < OLD.amount_fen)) IS NOT TRUE THEN
    RAISE EXCEPTION 'choices: the amount of an open one shrinks, of another one it stays' USING ERRCODE = 'check_violation';
  END IF;
  IF (OLD.state = 'open' OR NEW.state = 'open' OR (NEW.route IS NOT DISTINCT FROM OLD.route AND NEW.to_need_code IS NOT DISTINCT FROM OLD.to_need_code AND NEW.to_claim_code IS NOT DISTINCT FROM OLD.to_claim_code AND NEW.decided_at IS NOT DISTINCT FROM OLD.decided_at AND NEW.decided_by IS NOT DISTINCT FROM OLD.decided_by)) IS NOT TRUE THEN
    RAISE EXCEPTION 'choices: a decision stays' USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.state NOT IN ('done', 'undone') OR OLD.state = 'open' OR (NEW.payer_id IS NOT DISTINCT FROM OLD.payer_id AND NEW.paid_on IS NOT DISTINCT FROM OLD.paid_on AND NEW.paid_at IS NOT DISTINCT FROM OLD.paid_at AND NEW.bank_reference IS NOT DISTINCT FROM OLD.bank_reference)) IS NOT TRUE THEN
    RAISE EXCEPTION 'choices: a payment stays' USING ERRCODE = 'check_violation';
  END IF;
  IF (OLD.state <> 'done' OR (NEW.checker_id IS NOT DISTINCT FROM OLD.checker_id AND NEW.checked_at IS NOT DISTINCT FROM OLD.checked_at AND NEW.transfer_uid IS NOT DISTINCT FROM OLD.transfer_uid)) IS NOT TRUE THEN
    RAISE EXCEPTION 'choices: what is done stays' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER choices_guard BEFORE INSERT OR UPDATE OR DELETE ON choices FOR EACH ROW EXECUTE FUNCTION sun_choices_guard()
-- next
CREATE TRIGGER choices_no_truncate BEFORE TRUNCATE ON choices FOR EACH STATEMENT EXECUTE FUNCTION sun_choices_guard()
-- next
ALTER TABLE choices ENABLE ALWAYS TRIGGER choices_guard
-- next
ALTER TABLE choices ENABLE ALWAYS TRIGGER choices_no_truncate
-- next
CREATE OR REPLACE FUNCTION sun_statement_returns_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'drafted' THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'statement_returns: begins as a draft' USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.line_id = OLD.line_id AND NEW.amount_fen = OLD.amount_fen AND NEW.reason = OLD.reason AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at AND COALESCE(NEW.taken_by_id, 0) = COALESCE(OLD.taken_by_id, 0) THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION 'statement_returns: decided or frozen' USING ERRCODE = 'check_violation';
END $$
-- next
CREATE TRIGGER statement_returns_guard BEFORE INSERT OR UPDATE OR DELETE ON statement_returns FOR EACH ROW EXECUTE FUNCTION sun_statement_returns_guard()
-- next
CREATE TRIGGER statement_returns_no_truncate BEFORE TRUNCATE ON statement_returns FOR EACH STATEMENT EXECUTE FUNCTION sun_statement_returns_guard()
-- next
ALTER TABLE statement_returns ENABLE ALWAYS TRIGGER statement_returns_guard
-- next
ALTER TABLE statement_returns ENABLE ALWAYS TRIGGER statement_returns_no_truncate
