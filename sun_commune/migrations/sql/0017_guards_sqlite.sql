-- Revision 0017: a voucher has its papers, money goes back and moves by a decision, choices move as listed

CREATE TRIGGER vouchers_frozen BEFORE UPDATE ON vouchers WHEN (OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.kind = OLD.kind AND NEW.need_code = OLD.need_code AND NEW.county_code = OLD.county_code AND NEW.need_category = OLD.need_category AND NEW.payee_name = OLD.payee_name AND NEW.payee_kind = OLD.payee_kind AND NEW.category = OLD.category AND NEW.purpose = OLD.purpose AND NEW.amount_fen = OLD.amount_fen AND NEW.spent_on = OLD.spent_on AND NEW.document_id = OLD.document_id AND NEW.payee_key = OLD.payee_key AND NEW.payee_number = OLD.payee_number AND NEW.invoice_number = OLD.invoice_number AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at AND COALESCE(NEW.advance_code, '') = COALESCE(OLD.advance_code, '') AND COALESCE(NEW.redacted_id, 0) = COALESCE(OLD.redacted_id, 0) AND COALESCE(NEW.due_on, '1900-01-01') = COALESCE(OLD.due_on, '1900-01-01') AND (NEW.state <> 'approved' OR (EXISTS (SELECT 1 FROM uploads d WHERE d.id = NEW.document_id AND d.kind = 'document' AND NOT d.is_public) AND (NEW.kind = 'advance' OR EXISTS (SELECT 1 FROM uploads c WHERE c.id = NEW.redacted_id AND c.kind = 'photo'))))) IS NOT TRUE
BEGIN SELECT RAISE(ABORT, 'vouchers: decided or frozen'); END
-- next
CREATE TRIGGER vouchers_begins BEFORE INSERT ON vouchers WHEN NEW.state <> 'drafted' OR (EXISTS (SELECT 1 FROM uploads d WHERE d.id = NEW.document_id AND d.kind = 'document' AND NOT d.is_public) AND (NEW.kind = 'advance' OR EXISTS (SELECT 1 FROM uploads c WHERE c.id = NEW.redacted_id AND c.kind = 'photo'))) IS NOT TRUE
BEGIN SELECT RAISE(ABORT, 'vouchers: begins as a draft'); END
-- next
CREATE TRIGGER transfers_decided BEFORE INSERT ON transfers WHEN NEW.reverses_id IS NULL BEGIN
  SELECT RAISE(ABORT, 'ledger: a refund has the choice of its donor and two people behind it') WHERE (NEW.kind <> 'refund' OR EXISTS (SELECT 1 FROM choices c WHERE c.transfer_uid = NEW.uid AND c.state = 'done' AND c.amount_fen = NEW.amount_fen AND c.route = 'refund'
      AND c.need_code = NEW.need_code AND COALESCE(c.claim_code, '') = COALESCE(NEW.claim_code, '') AND c.checker_id <> c.payer_id AND (c.donor_id IS NULL OR c.donor_id NOT IN (c.payer_id, c.checker_id)))) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: money moves by a choice or the announced default') WHERE (NEW.kind <> 'moved' OR EXISTS (SELECT 1 FROM choices c WHERE c.transfer_uid = NEW.uid AND c.state = 'done' AND c.amount_fen = NEW.amount_fen AND c.route IN ('need', 'pool')
      AND c.need_code = NEW.need_code AND c.to_need_code = NEW.to_need_code AND COALESCE(c.claim_code, '') = COALESCE(NEW.claim_code, ''))) IS NOT TRUE;
  SELECT RAISE(ABORT, 'ledger: unmatched money goes back by two people') WHERE (NEW.kind <> 'sent_back' OR EXISTS (SELECT 1 FROM choices c WHERE c.transfer_uid = NEW.uid AND c.state = 'done' AND c.amount_fen = NEW.amount_fen AND c.route = 'refund'
      AND c.source_code = NEW.source_code AND c.checker_id <> c.payer_id AND (c.donor_id IS NULL OR c.donor_id NOT IN (c.payer_id, c.checker_id)))
      OR EXISTS (SELECT 1 FROM statement_returns r JOIN statement_lines l ON l.id = r.line_id
      WHERE r.transfer_uid = NEW.uid AND r.state = 'approved' AND r.amount_fen = NEW.amount_fen
      AND l.code = NEW.source_code AND r.checker_id <> r.maker_id)) IS NOT TRUE;
END
-- next
CREATE TRIGGER choices_guard BEFORE UPDATE ON choices BEGIN
  SELECT RAISE(ABORT, 'choices: moves only as listed') WHERE ((OLD.state = 'chosen' AND NEW.state = 'open') OR (OLD.state = 'chosen' AND NEW.state = 'paid_out') OR (OLD.state = 'done' AND NEW.state = 'undone') OR (OLD.state = 'open' AND NEW.state = 'chosen') OR (OLD.state = 'open' AND NEW.state = 'done') OR (OLD.state = 'open' AND NEW.state = 'lapsed') OR (OLD.state = 'open' AND NEW.state = 'open') OR (OLD.state = 'paid_out' AND NEW.state = 'chosen') OR (OLD.state = 'paid_out' AND NEW.state = 'done')) IS NOT TRUE;
  SELECT RAISE(ABORT, 'choices: what it is about stays') WHERE (NEW.id IS OLD.id AND NEW.code IS OLD.code AND NEW.claim_code IS OLD.claim_code AND NEW.source_code IS OLD.source_code AND NEW.need_code IS OLD.need_code AND NEW.county_code IS OLD.county_code AND NEW.category IS OLD.category AND NEW.donor_id IS OLD.donor_id AND NEW.opened_at IS OLD.opened_at) IS NOT TRUE;
  SELECT RAISE(ABORT, 'choices: the amount of an open one shrinks, of another one it stays') WHERE (NEW.amount_fen = OLD.amount_fen OR (OLD.state = 'open' AND NEW.state = 'open' AND NEW.amount_fen < OLD.amount_fen)) IS NOT TRUE;
  SELECT RAISE(ABORT, 'choices: a decision stays') WHERE (OLD.state = 'open' OR NEW.state = 'open' OR (NEW.route IS OLD.route AND NEW.to_need_code IS OLD.to_need_code AND NEW.to_claim_code IS OLD.to_claim_code AND NEW.decided_at IS OLD.decided_at AND NEW.decided_by IS OLD.decided_by)) IS NOT TRUE;
  SELECT RAISE(ABORT, 'choices: a payment stays') WHERE (NEW.state NOT IN ('done', 'undone') OR OLD.state = 'open' OR (NEW.payer_id IS OLD.payer_id AND NEW.paid_on IS OLD.paid_on AND NEW.paid_at IS OLD.paid_at AND NEW.bank_reference IS OLD.bank_reference)) IS NOT TRUE;
  SELECT RAISE(ABORT, 'choices: what is done stays') WHERE (OLD.state <> 'done' OR (NEW.checker_id IS OLD.checker_id AND NEW.checked_at IS OLD.checked_at AND NEW.transfer_uid IS OLD.transfer_uid)) IS NOT TRUE;
END
-- next
CREATE TRIGGER choices_begin BEFORE INSERT ON choices WHEN NEW.state <> 'open'
BEGIN SELECT RAISE(ABORT, 'choices: begins open'); END
-- next
CREATE TRIGGER choices_no_delete BEFORE DELETE ON choices BEGIN SELECT RAISE(ABORT, 'choices: never deleted'); END
-- next
CREATE TRIGGER choices_no_replace BEFORE INSERT ON choices WHEN EXISTS (SELECT 1 FROM choices WHERE id = NEW.id OR code = NEW.code OR transfer_uid = NEW.transfer_uid)
BEGIN SELECT RAISE(ABORT, 'choices: never deleted'); END
-- next
CREATE TRIGGER statement_returns_frozen BEFORE UPDATE ON statement_returns WHEN (OLD.state = 'drafted' AND NEW.id = OLD.id AND NEW.code = OLD.code AND NEW.line_id = OLD.line_id AND NEW.amount_fen = OLD.amount_fen AND NEW.reason = OLD.reason AND NEW.maker_id = OLD.maker_id AND NEW.made_at = OLD.made_at AND COALESCE(NEW.taken_by_id, 0) = COALESCE(OLD.taken_by_id, 0)) IS NOT TRUE
BEGIN SELECT RAISE(ABORT, 'statement_returns: decided or frozen'); END
-- next
CREATE TRIGGER statement_returns_no_delete BEFORE DELETE ON statement_returns BEGIN SELECT RAISE(ABORT, 'statement_returns: decided or frozen'); END
-- next
CREATE TRIGGER statement_returns_begins BEFORE INSERT ON statement_returns WHEN NEW.state <> 'drafted'
BEGIN SELECT RAISE(ABORT, 'statement_returns: begins as a draft'); END
-- next
CREATE TRIGGER statement_returns_no_replace BEFORE INSERT ON statement_returns WHEN EXISTS (SELECT 1 FROM statement_returns WHERE id = NEW.id OR code = NEW.code OR transfer_uid = NEW.transfer_uid OR (line_id = NEW.line_id AND state = 'drafted'))
BEGIN SELECT RAISE(ABORT, 'statement_returns: decided or frozen'); END
