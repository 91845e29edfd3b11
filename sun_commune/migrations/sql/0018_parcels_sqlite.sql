-- A voucher names deliveries of its own need; the reasons: deliveries/guards.py.

CREATE TRIGGER voucher_parcels_fit BEFORE INSERT ON voucher_parcels WHEN NOT EXISTS (SELECT 1 FROM vouchers v JOIN needs n ON n.code = v.need_code
      JOIN deliveries d ON d.need_id = n.id JOIN claim_lines c ON c.id = d.claim_line_id
      JOIN need_lines l ON l.id = c.need_line_id
      WHERE v.id = NEW.voucher_id AND v.state IN ('drafted', 'approved') AND v.kind <> 'advance'
      AND d.code = NEW.delivery_code AND l.kind <> 'money')
BEGIN SELECT RAISE(ABORT, 'voucher_parcels: a voucher names deliveries of its own need'); END
