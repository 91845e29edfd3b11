-- A voucher names deliveries of its own need; the reasons: deliveries/guards.py.

CREATE OR REPLACE FUNCTION sun_voucher_parcels_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM vouchers v JOIN needs n ON n.code = v.need_code
      JOIN deliveries d ON d.need_id = n.id JOIN claim_lines c ON c.id = d.claim_line_id
      JOIN need_lines l ON l.id = c.need_line_id
      WHERE v.id = NEW.voucher_id AND v.state IN ('drafted', 'approved') AND v.kind <> 'advance'
      AND d.code = NEW.delivery_code AND l.kind <> 'money') THEN
    RAISE EXCEPTION 'voucher_parcels: a voucher names deliveries of its own need' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
-- next
CREATE TRIGGER voucher_parcels_fit BEFORE INSERT ON voucher_parcels FOR EACH ROW EXECUTE FUNCTION sun_voucher_parcels_guard()
-- next
ALTER TABLE voucher_parcels ENABLE ALWAYS TRIGGER voucher_parcels_fit
