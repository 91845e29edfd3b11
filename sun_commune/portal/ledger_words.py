"""Words and cells of the public ledger, in the reader's language."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from sun_commune.core.i18n import current_lang
from sun_commune.core.labels import label
from sun_commune.core.money import yuan
from sun_commune.lanes.states import lane_of_book
from sun_commune.ledger.entries import Entry
from sun_commune.ledger.filters import GROUPS, POOL, REVERSALS
from sun_commune.ledger.models import GiverKind, TransferKind
from sun_commune.ledger.papers import SpendingCategory
from sun_commune.ledger.sums import ANONYMOUS, GIVEN, OTHER_GIVER
from sun_commune.needs.models import Category
from sun_commune.places import queries as places
from sun_commune.pledges.labels import donor_words as claim_donor_words

#: Where the value of goods comes from (deliveries.models.ValueBasis, as it stands in an entry).
BASIS = {
    "invoice": _l("by invoice"),
    "market": _l("by market price"),
    "declared": _l("as declared by the donor"),
}
#: What the filter's words for several kinds say.
GROUP_WORDS = {
    "raised": _l("Raised: gifts and matched money"),
    "spent": _l("Spent: payments and settled advances"),
    "waiting": _l("Not matched yet: in and out"),
    "advances": _l("Advances: out, settled, returned"),
    "held": _l("Left: everything that fills or empties a fund"),
    REVERSALS: _l("Reversal"),
}
K = TransferKind


def money(fen: int) -> str:
    return _("¥%(amount)s", amount=yuan(fen))


def county_words(code: str) -> str:
    if not code:
        return _("General pool")
    place = places.find_place(code)
    return places.label(place, current_lang()) if place else code


def category_words(category: str) -> str:
    if not category:
        return _("General pool")
    return label(Category(category)) if category in {member.value for member in Category} else category


def fund_words(need_code: str) -> str:
    """The fund of a need, or the pool ("" or POOL)."""
    return _("General pool") if need_code in {"", POOL} else need_code


def fund_phrase(need_code: str) -> str:
    """As fund_words, within a sentence."""
    return _("the fund of %(code)s", code=need_code) if need_code else _("the general pool")


def giver_words(facet: str) -> str:
    """A facet of givers (ledger.sums)."""
    words = {
        ANONYMOUS: _("Unnamed donors"), OTHER_GIVER: _("Other named donors"), "": _("Money not matched yet"),
    }  # fmt: skip
    return words.get(facet) or label(GiverKind(facet))


def use_words(use: str) -> str:
    return label(SpendingCategory(use)) if use in {member.value for member in SpendingCategory} else use


def filter_kind_words(kind: str) -> str:
    """A value of the filter of kinds."""
    return str(GROUP_WORDS[kind]) if kind in GROUPS or kind == REVERSALS else label(TransferKind(kind))


def day_words(day: str) -> str:
    """Of an ISO day."""
    return str(format_date(date.fromisoformat(day), "long"))


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
    return giver_shown(entry.kind, entry.donor_shown)


def giver_shown(kind: TransferKind, donor_shown: str) -> str:
    """Who gave, as the donor chose to be named; nothing where nobody gives."""
    if donor_shown:
        return claim_donor_words(donor_shown)
    return _("Anonymous") if kind in GIVEN else ""


def kind_words(entry: Entry) -> str:
    return kind_or_reversal(entry.kind, is_reversal=entry.is_reversal)


def kind_or_reversal(kind: TransferKind, *, is_reversal: bool) -> str:
    words = label(kind)
    return _("Reversal of: %(kind)s", kind=words) if is_reversal else words


def lane_words(book: str) -> str:
    """The way that it took (lanes), by its book."""
    return label(lane_of_book(book))


def basis_words(entry: Entry) -> str:
    return basis_said(entry.value_basis)


def basis_said(value_basis: str) -> str:
    return str(BASIS.get(value_basis, value_basis))


def what_words(entry: Entry) -> str:
    """What came, what it was spent on, or where it went, in a few words."""
    if entry.kind is K.GOODS:
        return f"{entry.item} {entry.quantity} {entry.unit}".strip()
    if entry.kind is K.MOVED:
        return _("to %(fund)s", fund=fund_words(entry.to_need_code))
    return entry.purpose or ""


def sentence(entry: Entry) -> str:
    """One plain sentence on what happened; of a reversal, what it took back."""
    values: dict[str, Any] = {
        "amount": money(entry.amount_fen), "fund": fund_phrase(entry.need_code), "donor": donor_words(entry),
        "to": fund_phrase(entry.to_need_code), "what": what_words(entry), "payee": label(entry.payee_kind),
        "need": entry.need_code,
    }  # fmt: skip
    said = SENTENCES[entry.kind](values)
    return _("Taken back: %(sentence)s", sentence=said) if entry.is_reversal else said


def _said(message: Any) -> Any:
    return lambda values: str(message) % values


#: Written out so that each can be translated whole.
SENTENCES: dict[TransferKind, Any] = {
    K.GIFT: _said(_l("%(donor)s gave %(amount)s; it arrived in the charity's account for %(fund)s.")),
    K.UNMATCHED: _said(_l("%(amount)s arrived in the charity's account, and nobody knows yet for what.")),
    K.MATCHED: _said(_l("%(amount)s that had arrived unexplained is a gift of %(donor)s for %(fund)s.")),
    K.SENT_BACK: _said(_l("%(amount)s that nobody could match went back to the account it came from.")),
    K.MOVED: _said(_l("%(amount)s moved from %(fund)s to %(to)s, by the donor's choice or the announced default.")),
    K.REFUND: _said(_l("%(amount)s of %(fund)s went back to the donor.")),
    K.SPENDING: _said(_l("%(amount)s of %(fund)s was paid (paid to: %(payee)s): %(what)s.")),
    K.ADVANCE: _said(_l("%(amount)s was handed out for %(fund)s before there is an invoice: %(what)s.")),
    K.SETTLED: _said(_l("Invoices show that %(amount)s of an advance was spent for %(fund)s: %(what)s.")),
    K.ADVANCE_BACK: _said(_l("%(amount)s that was left of an advance for %(fund)s came back to the account.")),
    K.GOODS: _said(_l("%(donor)s gave goods worth %(amount)s, and they were accepted for %(need)s: %(what)s.")),
}
