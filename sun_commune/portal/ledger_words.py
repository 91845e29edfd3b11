"""Words and cells of the public ledger, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from sun_commune.core.clock import local
from sun_commune.core.i18n import current_lang
from sun_commune.core.labels import label
from sun_commune.ledger.entries import Entry
from sun_commune.ledger.models import TransferKind
from sun_commune.needs.models import Category
from sun_commune.places import queries as places

#: Where the value of goods comes from (deliveries.models.ValueBasis, as it stands in an entry).
BASIS = {
    "invoice": _l("by invoice"),
    "market": _l("by market price"),
    "declared": _l("as declared by the donor"),
}


def county_words(code: str) -> str:
    place = places.find_place(code)
    return places.label(place, current_lang()) if place else code


def category_words(category: str) -> str:
    return label(Category(category)) if category in {member.value for member in Category} else category


def month_words(month: str) -> str:
    """``2017-12`` as 2017年12月 or December 2017."""
    return format_date(_first_day(month), "MMMM yyyy" if current_lang() == "en" else "yyyy年M月")


def month_short(month: str) -> str:
    """``2017-12`` as 12月 or Dec, for the foot of a narrow column; January is its year."""
    first = _first_day(month)
    if current_lang() == "en":
        return format_date(first, "yyyy" if first.month == 1 else "MMM")
    return format_date(first, "yy年" if first.month == 1 else "M月")


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def donor_words(entry: Entry) -> str:
    """Who gave, as the donor chose to be named; nothing for spending."""
    if entry.kind is TransferKind.SPENDING:
        return ""
    return entry.donor_shown or _("Anonymous")


def kind_words(entry: Entry) -> str:
    kind = label(entry.kind)
    return _("Reversal of: %(kind)s", kind=kind) if entry.is_reversal else kind


def basis_words(entry: Entry) -> str:
    return str(BASIS.get(entry.value_basis, entry.value_basis))


def what_words(entry: Entry) -> str:
    """What came or what it was spent on, in a few words."""
    if entry.kind is TransferKind.GOODS:
        return f"{entry.item} {entry.quantity} {entry.unit}".strip()
    if entry.kind is TransferKind.SPENDING:
        return entry.purpose or ""
    return ""


def csv_head() -> list[str]:
    return [
        _("Entry"), _("Day"), _("Posted at (Shanghai time)"), _("Kind"), _("Amount (yuan)"),
        _("Counts in the figures as (yuan)"), _("Book"), _("Debit account"), _("Credit account"), _("Need"),
        _("County code"), _("County"), _("Category code"), _("Category"), _("Donor"), _("Item"), _("Quantity"),
        _("Unit"), _("Basis of value"), _("Claim"), _("Delivery"), _("Voucher"), _("Paid to"), _("Spent on"),
        _("Purpose"), _("Reverses"), _("Reversed by"), _("Reason"), _("Fingerprint (SHA-256)"),
    ]  # fmt: skip


def csv_row(entry: Entry) -> Sequence[object]:
    return [
        entry.uid, entry.business_on.isoformat(), local(entry.posted_at).strftime("%Y-%m-%d %H:%M:%S"),
        kind_words(entry), in_yuan(entry.amount_fen), in_yuan(entry.counted_fen), label(entry.book), entry.debit_key,
        entry.credit_key, entry.need_code, entry.county_code, county_words(entry.county_code), entry.category,
        category_words(entry.category), donor_words(entry), entry.item, entry.quantity, entry.unit, basis_words(entry),
        entry.claim_code, entry.delivery_code, entry.voucher_code, label(entry.payee_kind),
        label(entry.spending_category), entry.purpose, entry.reverses_uid, entry.reversed_by_uid, entry.reason,
        entry.body_sha256,
    ]  # fmt: skip


def in_yuan(fen: int) -> Decimal:
    """Exact: a Decimal of two places, never a float."""
    return Decimal(fen).scaleb(-2)
