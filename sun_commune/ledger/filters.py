"""Which entries a list, a file or a figure is about.

The answers are walks along indexes: an entry that moved money belongs to the place that it left and to the one that it
reached, and a word such as ``raised`` stands for several kinds, so one question may need several walks, laid together.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import ColumnElement, String, and_, func, select, true, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import Voucher
from sun_commune.ledger.sums import ANONYMOUS, GIVEN, OTHER_GIVER, SPENT

K = TransferKind
REVERSALS = "reversal"  # the filter's word for entries that take others back
POOL = "POOL"  # stands where a need's code would, for the general pool
#: Money that nobody has matched stands at no need either, and is not the pool's.
NOT_THE_POOLS = (K.UNMATCHED, K.SENT_BACK)
#: Words for several kinds at once: what a figure of the ledger's front adds up.
GROUPS: dict[str, tuple[TransferKind, ...]] = {
    "raised": (K.GIFT, K.MATCHED),
    "spent": (K.SPENDING, K.SETTLED),
    "waiting": (K.UNMATCHED, K.MATCHED, K.SENT_BACK),
    "advances": (K.ADVANCE, K.SETTLED, K.ADVANCE_BACK),
    "held": (K.GIFT, K.MATCHED, K.MOVED, K.SPENDING, K.SETTLED, K.REFUND),
}


@dataclass(frozen=True)
class EntryFilters:
    """ "" (0 for amounts) = all.

    ``kind`` is a TransferKind's value, REVERSALS or a word of GROUPS; ``month`` the period in which entries count
    (``2026-11``); ``since`` and ``until`` the entries' own days (``2026-11-22``), both included; ``need`` a need's code
    or POOL; ``giver`` a facet of givers (GiverKind, ANONYMOUS,
    OTHER_GIVER); ``name`` a shown name, exactly; ``use`` a SpendingCategory; ``least`` and ``most`` amounts in fen,
    both included; ``q`` words to be found.
    """

    kind: str = ""
    county: str = ""
    category: str = ""
    month: str = ""
    since: str = ""
    until: str = ""
    need: str = ""
    claim: str = ""
    giver: str = ""
    name: str = ""
    use: str = ""
    voucher: str = ""
    source: str = ""
    least: int = 0
    most: int = 0
    q: str = ""
    #: Not asked by anybody: few entries are left by the other filters, so amounts between bounds are looked up among
    #: those and not along all amounts (see listed.narrowed).
    few: bool = False

    def active(self) -> dict[str, str]:
        """The filters in force, as arguments of an address; amounts in fen."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) for name, value in values.items() if value and name != "few"}

    @property
    def kinds(self) -> tuple[TransferKind, ...]:
        """The kinds asked for; none for all."""
        if not self.kind or self.kind == REVERSALS:
            return ()
        return GROUPS.get(self.kind) or (TransferKind(self.kind),)

    @property
    def by_amount(self) -> bool:
        """A list of amounts between bounds is read along the amounts, the largest first."""
        return bool(self.least or self.most)

    @property
    def place(self) -> tuple[str, str, str]:
        return self.need, self.county, self.category


Condition = ColumnElement[bool]


def common(filters: EntryFilters) -> list[Condition]:
    """What must hold wherever the entry stands."""
    found: list[Condition] = []
    exact = (
        (_broad(filters, Transfer.period), filters.month), (Transfer.claim_code, filters.claim),
        (_broad(filters, Transfer.donor_shown), filters.name), (Transfer.voucher_code, filters.voucher),
        (Transfer.source_code, filters.source),
    )  # fmt: skip
    found += [column == value for column, value in exact if value]
    if filters.month and not filters.by_amount:
        found.append(Transfer.business_on <= last_day(filters.month))  # no entry counts before its day
    found += _days(filters)
    if filters.kind == REVERSALS:
        found.append(Transfer.reverses_id.is_not(None))
    if filters.giver:
        found += _given_by(filters)
    if filters.use:
        # Asked of each entry on the walk: a list of all vouchers of the category would be made anew for each page.
        its_own = select(Voucher.id).where(Voucher.code == Transfer.voucher_code, Voucher.category == filters.use)
        found.append(its_own.correlate(Transfer).exists())
    if filters.least:
        found.append(amount_of(filters) >= filters.least)
    if filters.most:
        found.append(amount_of(filters) <= filters.most)
    return found


def _broad(filters: EntryFilters, column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """A column that many entries share. A list along the amounts must not be collected by it and then sorted, so there
    the column stands where no index answers; among few it is the other way round."""
    return func.coalesce(column, "") if filters.by_amount and not filters.few else column.expression


def amount_of(filters: EntryFilters) -> ColumnElement[int]:
    return func.coalesce(Transfer.amount_fen, 0) if filters.few else Transfer.amount_fen.expression


def _days(filters: EntryFilters) -> list[Condition]:
    """Between two days; along the amounts no index may answer it, as in ``_broad``."""
    day: ColumnElement[date] = Transfer.business_on.expression
    if filters.by_amount and not filters.few:
        day = func.coalesce(day, day)
    found: list[Condition] = []
    if filters.since:
        found.append(day >= date.fromisoformat(filters.since))
    if filters.until:
        found.append(day <= date.fromisoformat(filters.until))
    return found


def _of_kind(filters: EntryFilters, kind: TransferKind) -> Condition:
    if filters.by_amount and not filters.few:
        return func.coalesce(type_coerce(Transfer.kind, String), "") == kind.value
    return Transfer.kind == kind


def _given_by(filters: EntryFilters) -> list[Condition]:
    shown, kind = _broad(filters, Transfer.donor_shown), _broad(filters, Transfer.giver_kind)
    if filters.giver == ANONYMOUS:
        return [shown == ""]
    if filters.giver == OTHER_GIVER:
        return [shown != "", kind == ""]
    return [kind == filters.giver]


def last_day(month: str) -> date:
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])


def kinds_of(filters: EntryFilters) -> Sequence[TransferKind]:
    """The kinds that can fit: who gave is said of what was given only, what for of what was spent."""
    kinds = filters.kinds
    if filters.giver:
        kinds = tuple(kind for kind in kinds or GIVEN if kind in GIVEN)
    if filters.use:
        kinds = tuple(kind for kind in kinds or SPENT if kind in SPENT)
    return kinds


def here(filters: EntryFilters) -> list[Condition]:
    """The entry stands at the place asked for."""
    columns = (Transfer.need_code, Transfer.county_code, Transfer.category)
    found = _at(columns, filters)
    return [*found, Transfer.kind.not_in(NOT_THE_POOLS)] if filters.need == POOL else found


def _at(columns: Sequence[InstrumentedAttribute[str]], filters: EntryFilters) -> list[Condition]:
    codes = ("" if value == POOL else value for value in filters.place)
    asked = zip(columns, codes, filters.place, strict=True)
    return [_broad(filters, column) == code for column, code, value in asked if value]


def there(filters: EntryFilters) -> list[Condition]:
    """The entry moved money to the place asked for."""
    columns = (Transfer.to_need_code, Transfer.to_county_code, Transfer.to_category)
    return [_of_kind(filters, K.MOVED), *_at(columns, filters)]


def walks(filters: EntryFilters) -> list[Condition]:
    """Conditions, each answered along one index, that find all entries together; none finds an entry that another
    finds but for money moved within a place."""
    rest, kinds = common(filters), kinds_of(filters)
    if (filters.giver or filters.use) and not kinds:
        return []
    sides: list[list[Condition]] = [[_of_kind(filters, kind)] for kind in kinds] or [[]]
    found = [and_(true(), *here(filters), *side, *rest) for side in sides]
    if any(filters.place) and (not kinds or K.MOVED in kinds):
        found.append(and_(*there(filters), *rest))
    return found
