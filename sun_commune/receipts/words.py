"""Words and pictures of a slip, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import segno
from flask_babel import format_date
from flask_babel import gettext as _

from sun_commune.core import labels
from sun_commune.core.addresses import absolute
from sun_commune.core.capitals import capitals
from sun_commune.core.clock import local
from sun_commune.core.labels import label
from sun_commune.core.money import yuan
from sun_commune.lanes.models import Lane
from sun_commune.pledges.labels import donor_words
from sun_commune.receipts.models import Naming, Receipt
from sun_commune.receipts.queries import Slip
from sun_commune.receipts.states import ReceiptState

__all__ = ["capitals"]


def title() -> str:
    """What this paper is, and what it is not (only the charity issues the fiscal one)."""
    return _("Donation slip (not a fiscal receipt)")


def donor_on_slip(receipt: Receipt, name: str) -> str:
    """``name`` is the unsealed one; "" where there is none, or no more."""
    if receipt.naming is Naming.WAIVED:
        return _("The donor wants no receipt; this is recorded (Charity Law, art. 38).")
    if name:
        return donor_words(name)
    if receipt.naming is Naming.ANONYMOUS:
        return _("Without a name, as the donor wishes")
    return _("The name was erased when the donor's account was closed.")


def public_donor(slip: Slip) -> str:
    """As the ledger shows the donor; never from the slip."""
    return donor_words(slip.entry.donor_shown)


def kind(slip: Slip) -> str:
    return _("Goods") if slip.is_goods else _("Money")


def quantity(slip: Slip) -> str:
    return f"{slip.entry.item} {slip.entry.quantity} {slip.entry.unit}".strip() if slip.is_goods else ""


def basis(slip: Slip) -> str:
    """Where the value of goods comes from."""
    return labels.find("ValueBasis", slip.entry.value_basis) or slip.entry.value_basis


def purpose(slip: Slip) -> str:
    if not slip.entry.need_code:
        return _("The charity's general pool")
    return f"{slip.need_title} ({slip.entry.need_code})" if slip.need_title else slip.entry.need_code


def money(fen: int) -> str:
    return _("¥%(amount)s", amount=yuan(fen))


def stamp(slip: Slip) -> str:
    """The state in words large enough to be no small print; "" while the slip simply holds."""
    standing = slip.standing
    if standing.state is ReceiptState.VOIDED:
        return _("VOID: this slip counts no more.")
    if standing.state is ReceiptState.REFUNDED:
        return _("REFUNDED: all of this gift went back to the donor.")
    if standing.state is ReceiptState.PARTLY_REFUNDED:
        return _(
            "REFUNDED IN PART: %(back)s went back to the donor, %(left)s remain given.",
            back=money(standing.refunded_fen), left=money(standing.counted_fen),
        )  # fmt: skip
    return ""


def slip_rows(
    slip: Slip, *, name: str, handler: str, before: Receipt | None, after: Receipt | None
) -> list[tuple[str, str]]:
    """What a slip says, row by row (Charity Law, art. 38); the page and the PDF say the same. ``name`` is the donor's,
    unsealed; ``before`` is what it replaces, ``after`` what replaced it."""
    receipt, entry, void = slip.receipt, slip.entry, slip.standing.void
    rows = [
        (_("Donor"), donor_on_slip(receipt, name)),
        (_("Kind"), f"{kind(slip)} · {label(Lane.DIRECT if slip.is_goods else Lane.ACCOUNT)}"),
    ]
    amount = f"{money(receipt.amount_fen)} · {capitals(receipt.amount_fen)}"
    if slip.is_goods:
        rows += [(_("Goods and quantity"), quantity(slip)), (_("Value of the goods"), f"{amount} ({basis(slip)})")]
    else:
        rows.append((_("Amount"), amount))
    rows += [(_("Given for"), purpose(slip)), (_("Day of the gift"), day(entry.business_on))]
    if receipt.charity_name:
        rows.append((_("Charity"), " ".join(filter(None, (receipt.charity_name, receipt.charity_credit_code)))))
    given_out = " · ".join(filter(None, (handler, day(local(receipt.issued_at).date()))))
    rows += [(_("Handled by"), given_out), (_("Ledger entry"), entry.uid), (_("Fiscal receipt"), _official(slip))]
    if before:
        rows.append((_("Replaces"), before.number))
    if void:
        rows.append((_("Void since"), day(local(void.voided_at).date())))
    rows += [(_("Replaced by"), after.number)] if after else []
    return rows


def _official(slip: Slip) -> str:
    row = slip.official
    if row is None:
        return _("The charity has not issued one yet.")
    said = [_("check code %(code)s", code=row.check_code)]
    said += [_("project code %(code)s", code=row.project_code)] if row.project_code else []
    said += [_("issued by %(code)s", code=row.credit_code), day(row.issued_on)]
    return " · ".join([f"{row.invoice_code} {row.invoice_number}", *said])


def day(value: date) -> str:
    return str(format_date(value, "long"))


def scan_it() -> str:
    """What the QR is for."""
    return _(
        "Scan it to see how this slip stands now, its entry in the public ledger, and the proof that nobody has "
        "changed that entry."
    )


def address(receipt: Receipt) -> str:
    """The page behind the QR: no language in it, and no number that one could count on from."""
    return absolute(f"/receipts/{receipt.secret}")


def qr_picture(receipt: Receipt) -> str:
    return segno.make_qr(address(receipt), error="m").svg_data_uri(scale=4, border=2, dark="#000", light="#fff")


def in_yuan(fen: int) -> Decimal:
    """Exact: a Decimal of two places, never a float."""
    return Decimal(fen).scaleb(-2)


def csv_head() -> list[str]:
    return [
        _("Receipt"), _("State"), _("Day of the gift"), _("Kind"), _("Amount of money (yuan)"),
        _("Refunded (yuan)"), _("Still given (yuan)"), _("Goods"), _("Quantity"), _("Unit"),
        _("Value of goods (yuan)"), _("Basis of value"), _("Need"), _("Donor as shown in public"), _("Entry"),
        _("Given on (Shanghai time)"), _("Voided on (Shanghai time)"), _("Reason of the void"),
        _("Fiscal receipt: code"), _("Fiscal receipt: number"), _("Fiscal receipt: day"),
    ]  # fmt: skip


def csv_row(slip: Slip) -> Sequence[object]:
    """Money and goods in columns of their own, so that nobody adds them up."""
    receipt, entry, standing, official = slip.receipt, slip.entry, slip.standing, slip.official
    void = standing.void
    sums = [in_yuan(fen) for fen in (receipt.amount_fen, standing.refunded_fen, standing.counted_fen)]
    return [
        receipt.number, label(standing.state), entry.business_on.isoformat(), kind(slip),
        *([None] * 3 if slip.is_goods else sums),
        entry.item, entry.quantity, entry.unit, sums[0] if slip.is_goods else None, basis(slip), entry.need_code,
        public_donor(slip), entry.uid, local(receipt.issued_at).strftime("%Y-%m-%d %H:%M:%S"),
        local(void.voided_at).strftime("%Y-%m-%d %H:%M:%S") if void else "", void.reason if void else "",
        official.invoice_code if official else "", official.invoice_number if official else "",
        official.issued_on.isoformat() if official else "",
    ]  # fmt: skip
