"""What the database itself refuses of parcels that vouchers name: another need's, money, a voucher that is no more.

The ledger keeps the table and knows of no deliveries; this is set up from here, beside its own triggers.
"""

from __future__ import annotations

from sun_commune.core.append_only import guard
from sun_commune.core.db import table_of
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger.papers import VoucherParcel

_FITS = """EXISTS (SELECT 1 FROM vouchers v JOIN needs n ON n.code = v.need_code
      JOIN deliveries d ON d.need_id = n.id JOIN claim_lines c ON c.id = d.claim_line_id
      JOIN need_lines l ON l.id = c.need_line_id
      WHERE v.id = NEW.voucher_id AND v.state IN ('drafted', 'approved') AND v.kind <> 'advance'
      AND d.code = NEW.delivery_code AND l.kind <> 'money')"""
_REFUSED = "voucher_parcels: a voucher names deliveries of its own need"


def sqlite_statements() -> list[str]:
    return [
        f"CREATE TRIGGER voucher_parcels_fit BEFORE INSERT ON voucher_parcels WHEN NOT {_FITS}\n"
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    ]


def postgresql_statements() -> list[str]:
    return [
        "CREATE OR REPLACE FUNCTION sun_voucher_parcels_guard() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n"
        f"  IF NOT {_FITS} THEN\n"
        f"    RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'check_violation';\n  END IF;\n"
        "  RETURN NEW;\nEND $$",
        "CREATE TRIGGER voucher_parcels_fit BEFORE INSERT ON voucher_parcels "
        "FOR EACH ROW EXECUTE FUNCTION sun_voucher_parcels_guard()",
        "ALTER TABLE voucher_parcels ENABLE ALWAYS TRIGGER voucher_parcels_fit",
    ]


def _close() -> None:
    deliveries = table_of(Delivery)
    deliveries.add_is_dependent_on(table_of(VoucherParcel))
    guard(deliveries, sqlite=sqlite_statements(), postgresql=postgresql_statements())


_close()
