"""Reads of receipts: one slip with all that stands on it, and a donor's own. The register: receipts.register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, exists, extract, or_, select
from sqlalchemy.orm import aliased

from sun_commune.accounts.models import Organisation, User, UserKind
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.core.paging import Page, page_of
from sun_commune.core.sealing import unseal
from sun_commune.ledger.models import Book, Transfer
from sun_commune.needs.models import Need
from sun_commune.receipts.models import (
    Naming,
    OfficialReceipt,
    Receipt,
    ReceiptName,
    ReceiptWaiting,
    ReceiptWish,
    name_context,
)
from sun_commune.receipts.standing import Standing, standings_of

PAGE_SIZE = 25
CHUNK = 500


@dataclass(frozen=True)
class Slip:
    """A receipt with its entry, how it stands now, the newest fiscal receipt, and the need's title ("" when the public
    may not read it). Without the donor's name, which is asked for by itself (name_on)."""

    receipt: Receipt
    entry: Transfer
    standing: Standing
    official: OfficialReceipt | None
    need_title: str

    @property
    def is_goods(self) -> bool:
        return self.entry.book is Book.GOODS


def are_gifts_waiting() -> bool:
    return db.session.execute(select(ReceiptWaiting.transfer_id).limit(1)).first() is not None


def slips_of(receipts: Sequence[Receipt]) -> list[Slip]:
    """In the order of ``receipts``; a handful of statements however many they are."""
    ids = [receipt.id for receipt in receipts]
    statement = select(Transfer).where(Transfer.id.in_([receipt.transfer_id for receipt in receipts]))
    entries = {entry.id: entry for entry in db.session.execute(statement).scalars()}
    standings, officials = standings_of(receipts), latest_officials(ids)
    titles = public_titles({entry.need_code for entry in entries.values()})
    return [
        Slip(
            receipt, entries[receipt.transfer_id], standings[receipt.id], officials.get(receipt.id),
            titles.get(entries[receipt.transfer_id].need_code, ""),
        )
        for receipt in receipts
    ]  # fmt: skip


def slip_of(receipt: Receipt) -> Slip:
    return slips_of([receipt])[0]


def public_titles(codes: Iterable[str]) -> dict[str, str]:
    """Titles of those needs that the public may read now, by code."""
    statement = select(Need.code, Need.title).where(Need.code.in_(set(codes)), Need.is_listed.is_(True))
    return {row.code: row.title for row in db.session.execute(statement)}


def latest_officials(receipt_ids: Sequence[int]) -> dict[int, OfficialReceipt]:
    newer = aliased(OfficialReceipt)
    newest = ~exists().where(newer.receipt_id == OfficialReceipt.receipt_id, newer.version > OfficialReceipt.version)
    statement = select(OfficialReceipt).where(OfficialReceipt.receipt_id.in_(receipt_ids), newest)
    return {row.receipt_id: row for row in db.session.execute(statement).scalars()}


def official_history(receipt_id: int) -> Sequence[OfficialReceipt]:
    """All versions, the newest first."""
    statement = select(OfficialReceipt).where(OfficialReceipt.receipt_id == receipt_id)
    return db.session.execute(statement.order_by(OfficialReceipt.version.desc())).scalars().all()


def find_by_number(number: str) -> Receipt:
    """Missing if there is none."""
    return _one(select(Receipt).where(Receipt.number == number))


def find_by_secret(secret: str) -> Receipt:
    return _one(select(Receipt).where(Receipt.secret == secret))


def newest_of_entry(uid: str) -> Receipt:
    """The slip that holds (or held last) for an entry."""
    statement = select(Receipt).join(Transfer, Transfer.id == Receipt.transfer_id).where(Transfer.uid == uid)
    return _one(statement.order_by(Receipt.version.desc()).limit(1))


def _one(statement: Select[Receipt]) -> Receipt:
    receipt = db.session.execute(statement).scalar_one_or_none()
    if receipt is None:
        raise Missing
    return receipt


def donor_of(receipt: Receipt) -> User | None:
    return db.session.get(User, receipt.donor_id) if receipt.donor_id else None


def name_on(receipt: Receipt) -> str:
    """The donor's name on the slip; "" if there is none, or no more."""
    sealed = db.session.execute(
        select(ReceiptName.name_sealed).where(ReceiptName.receipt_id == receipt.id)
    ).scalar_one_or_none()
    return unseal(sealed, name_context(receipt.number)) if sealed else ""


def handler_of(receipt: Receipt) -> str:
    """Who booked the gift; officers stay on record by name."""
    return db.session.execute(select(User.name).where(User.id == receipt.issued_by)).scalar() or ""


def predecessor_of(receipt: Receipt) -> Receipt | None:
    return db.session.get(Receipt, receipt.replaces_id) if receipt.replaces_id else None


def replacement_of(receipt: Receipt) -> Receipt | None:
    return db.session.execute(select(Receipt).where(Receipt.replaces_id == receipt.id)).scalar_one_or_none()


def uid_of(receipt: Receipt) -> str:
    """Of its entry in the ledger."""
    return db.session.execute(select(Transfer.uid).where(Transfer.id == receipt.transfer_id)).scalar_one()


def wish_of(user_id: int) -> Naming:
    wish = db.session.get(ReceiptWish, user_id)
    return wish.naming if wish else Naming.REAL


def read_by(user: User) -> ColumnElement[bool]:
    """The condition on Receipt that this person is on the donor's side (policies.is_donor_side, as SQL)."""
    mine = Receipt.donor_id == user.id
    if user.organisation_id is None:
        return mine
    accounts = select(User.id).join(Organisation, Organisation.id == User.organisation_id)
    ours = accounts.where(
        User.kind == UserKind.ORGANISATION,
        User.organisation_id == user.organisation_id,
        Organisation.verified_at.is_not(None),
    )
    return or_(mine, Receipt.donor_id.in_(ours))


def list_own(user: User, *, after: str = "") -> Page[Slip]:
    """A donor's slips, the newest first; ``after`` is the number of the last one seen."""
    statement = select(Receipt).where(read_by(user))
    last = select(Receipt.id).where(Receipt.number == after, read_by(user))
    anchor = db.session.execute(last).scalar_one_or_none()
    if anchor is not None:
        statement = statement.where(Receipt.id < anchor)
    rows = db.session.execute(statement.order_by(Receipt.id.desc()).limit(PAGE_SIZE + 1)).scalars().all()
    return page_of(slips_of(rows), [row.number for row in rows], PAGE_SIZE, after=after)


def years_of(user: User) -> list[int]:
    """Years in which gifts of this donor came, the newest first."""
    year = extract("year", Transfer.business_on)
    statement = select(year).join(Receipt, Receipt.transfer_id == Transfer.id).where(read_by(user)).distinct()
    return sorted((int(value) for value in db.session.execute(statement).scalars()), reverse=True)


@dataclass(frozen=True)
class Statement:
    """A donor's year: gifts by the day on which they came. Money and goods apart, in fen; never one sum of both."""

    year: int
    money: list[Slip]
    goods: list[Slip]

    @property
    def money_fen(self) -> int:
        """What the slips for money still stand for: neither void nor refunded."""
        return sum(slip.standing.counted_fen for slip in self.money)

    @property
    def refunded_fen(self) -> int:
        return sum(slip.standing.refunded_fen for slip in self.money if slip.standing.void is None)

    @property
    def goods_fen(self) -> int:
        """The accepted values of the goods."""
        return sum(slip.standing.counted_fen for slip in self.goods)


def statement_of(user: User, year: int) -> Statement:
    """Every slip for a gift of that year (Asia/Shanghai), void ones among them, in the order of the days."""
    statement = (
        select(Receipt)
        .join(Transfer, Transfer.id == Receipt.transfer_id)
        .where(read_by(user), Transfer.business_on.between(date(year, 1, 1), date(year, 12, 31)))
        .order_by(Transfer.business_on, Receipt.id)
    )
    rows = db.session.execute(statement).scalars().all()
    slips = [slip for start in range(0, len(rows), CHUNK) for slip in slips_of(rows[start : start + CHUNK])]
    return Statement(year, [slip for slip in slips if not slip.is_goods], [slip for slip in slips if slip.is_goods])
