"""Which deliveries of its need a voucher has paid for: this invoice, this parcel, its photo."""

from __future__ import annotations

from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.ledger import neighbours
from sun_commune.ledger.neighbours import Parcel
from sun_commune.ledger.papers import Voucher, VoucherParcel, VoucherState


def named_codes(voucher_code: str) -> frozenset[str]:
    """Codes of the deliveries that the voucher names now."""
    statement = (
        select(VoucherParcel.delivery_code, VoucherParcel.is_named)
        .join(Voucher, Voucher.id == VoucherParcel.voucher_id)
        .where(Voucher.code == voucher_code)
        .order_by(VoucherParcel.id)
    )
    newest = {row[0]: row[1] for row in db.session.execute(statement)}
    return frozenset(code for code, is_named in newest.items() if is_named)


def public_codes(voucher_code: str | None) -> frozenset[str]:
    """As named_codes, once the voucher was approved."""
    if voucher_code is None:
        return frozenset()
    state = select(Voucher.state).where(Voucher.code == voucher_code)
    is_public = db.session.execute(state).scalar_one_or_none() is VoucherState.APPROVED
    return named_codes(voucher_code) if is_public else frozenset()


def parcels_of(voucher: Voucher) -> tuple[list[Parcel], list[Parcel]]:
    """Those that it names, and the others of its need."""
    named = named_codes(voucher.code)
    parcels = neighbours.parcels_of_need(voucher.need_code)
    return [each for each in parcels if each.code in named], [each for each in parcels if each.code not in named]
