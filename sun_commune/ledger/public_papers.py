"""What everybody may know of the papers behind an entry: the redacted copy, what was pointed out, the advance."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.ledger import advances
from sun_commune.ledger.advances import Advance
from sun_commune.ledger.papers import FlagKind, Voucher, VoucherFlag, VoucherKind, VoucherState
from sun_commune.uploads.models import Upload


@dataclass(frozen=True)
class PublicPaper:
    """``token``, ``width`` and ``height`` (pixels) are those of the copy, "" and 0 if there is none. ``flags`` are the
    kinds of what the second person was made to look at; what was said of it is not public. ``advance`` is what the
    entry handed out, settles or brings back."""

    kind: VoucherKind
    token: str
    width: int
    height: int
    flags: tuple[FlagKind, ...]
    advance: Advance | None


def find_public_paper(voucher_code: str | None) -> PublicPaper | None:
    """None without a voucher, or while it is not approved."""
    if voucher_code is None:
        return None
    statement = (
        select(Voucher, Upload.token, Upload.width, Upload.height)
        .outerjoin(Upload, (Upload.id == Voucher.redacted_id) & Upload.is_public.is_(True))
        .where(Voucher.code == voucher_code, Voucher.state == VoucherState.APPROVED)
    )
    row = db.session.execute(statement).one_or_none()
    if row is None:
        return None
    voucher = row[0]
    kinds = select(VoucherFlag.kind).where(VoucherFlag.voucher_id == voucher.id).order_by(VoucherFlag.id)
    advance = voucher.code if voucher.kind is VoucherKind.ADVANCE else voucher.advance_code
    return PublicPaper(
        voucher.kind, row[1] or "", row[2] or 0, row[3] or 0, tuple(db.session.execute(kinds).scalars()),
        advances.find_advance(advance) if advance else None,
    )  # fmt: skip
