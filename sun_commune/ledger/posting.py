"""Writing one transfer: its accounts, its row, its layers, the kept sums and the announcement, all in the caller's
transaction."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune.core import codes
from sun_commune.core.clock import now, today
from sun_commune.core.db import at_end, db, is_sqlite, technical_write
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.money import MAX_FEN
from sun_commune.ledger import advances, neighbours, search, sums, tracing
from sun_commune.ledger.events import TransferPosted, TransferReversed
from sun_commune.ledger.models import (
    SINGLE,
    Account,
    AccountKind,
    Book,
    ClosedPeriod,
    Transfer,
    TransferKind,
)
from sun_commune.ledger.queries import find_transfer, free_balance, suspense_left

UID_PREFIX = "ZM"
ACCOUNT_PREFIX = "AC"
PERIOD_LOCK = 7_415_002  # PostgreSQL's advisory lock between postings and the closing of a month

#: What a posting says: the same uid with the same of these is the same posting.
BODY = (
    "kind", "book", "amount_fen", "currency", "business_on", "need_code", "county_code", "category", "claim_code",
    "delivery_code", "voucher_code", "donor_shown", "item", "quantity", "unit", "value_basis", "reason",
)  # fmt: skip
#: Said later than the first books were: they enter the fingerprint only where they say something, so that the
#: fingerprints of older entries stay what they are.
LATER = ("to_need_code", "to_county_code", "to_category", "source_code", "giver_kind")
_SPELL = json.JSONEncoder(sort_keys=True, ensure_ascii=True).encode
#: Made once: every posting asks them.
_SHARED = select(Account).where(Account.key == bindparam("key"))
_QUEUED = _SHARED.with_for_update()
_LAST_CLOSED = select(func.max(ClosedPeriod.period))


class Where(NamedTuple):
    """An account by its kind and need ("" for those of which there is one)."""

    kind: AccountKind
    need_code: str = ""

    @property
    def key(self) -> str:
        name = self.kind.value.replace("_", "-")
        return name if self.kind in SINGLE else f"{name}:{self.need_code}"


BANK = Where(AccountKind.BANK)
SUSPENSE = Where(AccountKind.SUSPENSE)


def purse(need_code: str) -> Where:
    """The need's fund; the general pool for ""."""
    return Where(AccountKind.FUND, need_code) if need_code else Where(AccountKind.POOL)


def where_is(account_id: int) -> Where:
    account = db.session.get_one(Account, account_id)
    return Where(account.kind, account.need_code or "")


def new_uid() -> str:
    """A random public identifier: it tells nothing of order, time or volume."""
    return codes.random_code(UID_PREFIX, 10)


def body_sha256(body: dict[str, Any], *, debit: str, credit: str, reverses: str) -> str:
    """SHA-256 of what a transfer says, account keys and the reversed uid included, in one fixed spelling."""
    said = {name: "" if body.get(name) is None else body[name] for name in BODY}
    said |= {name: body[name] for name in LATER if body.get(name)}
    if body["period"] != month_of(body["business_on"]):
        said["period"] = body["period"]
    said |= {"debit": debit, "credit": credit, "reverses": reverses, "business_on": body["business_on"].isoformat()}
    return hashlib.sha256(_SPELL(said).encode()).hexdigest()


def month_of(day: date) -> str:
    return day.isoformat()[:7]


def month_after(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def last_closed() -> str:
    """The newest closed period; "" if none is."""
    return db.session.execute(_LAST_CLOSED).scalar() or ""


def lock_periods(*, alone: bool = False) -> None:
    """On PostgreSQL: whoever posts holds off whoever closes, and the other way round, until the end of the transaction;
    postings do not wait for each other. (SQLite has one writer at a time.)"""
    session = db.session()
    if not is_sqlite(session):
        lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        session.execute(select(lock(PERIOD_LOCK)))


def open_period(business_on: date) -> str:
    """The period in which an entry of this day counts: its month, or the first open one if that is closed."""
    lock_periods()
    closed = last_closed()
    return max(month_of(business_on), month_after(closed)) if closed else month_of(business_on)


def open_account(where: Where) -> Account:
    """The account, made at first use, and locked unless it is the bank's or suspense: postings to one fund queue."""
    found = find_account(where)
    if found is not None:
        return found
    session = db.session()
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    is_goods = where.kind in {AccountKind.GOODS_GIVEN, AccountKind.GOODS_HANDED_OVER}
    row = {
        "key": where.key,
        "book": Book.GOODS if is_goods else Book.CASH,
        "kind": where.kind,
        "need_code": None if where.kind in SINGLE else where.need_code,
        "code": codes.random_code(ACCOUNT_PREFIX, 10),
        "created_at": now(),
    }
    with technical_write():  # an account with nothing in it is no act yet
        session.execute(insert(Account).values(row).on_conflict_do_nothing(index_elements=["key"]))
    found = find_account(where)
    if found is None:
        raise RuntimeError("an account was made and is not there")
    return found


def find_account(where: Where) -> Account | None:
    """As ``open_account``, but None if it was never used."""
    is_shared = where.kind in {AccountKind.BANK, AccountKind.SUSPENSE}
    return db.session.execute(_SHARED if is_shared else _QUEUED, {"key": where.key}).scalar_one_or_none()


def lock_accounts(*wheres: Where) -> dict[Where, Account]:
    """Open all accounts that the transaction is going to post to, in one order whoever asks: of two transactions that
    need the same ones, one waits for the other, and never both. docs/ledger.md says what is locked before them."""
    return {where: open_account(where) for where in sorted(set(wheres))}


def post(
    *,
    actor_id: int | None,
    uid: str,
    kind: TransferKind,
    debit: Where,
    credit: Where,
    reverses: Transfer | None = None,
    **body: Any,
) -> Transfer:
    """Write one transfer, or give back the one that this uid already is.

    Raises RuleBroken for an amount or a day that cannot be, or an account that does not hold as much; Conflict if the
    uid stands for another posting.
    """
    if not codes.is_valid(uid, UID_PREFIX):
        raise ValueError("a transfer's uid comes from new_uid()")
    _check_shape(body)
    accounts = lock_accounts(debit, credit)
    left, right = accounts[debit], accounts[credit]
    earlier = find_transfer(uid)
    body |= {"kind": kind, "book": left.book, "currency": "CNY"}
    body["period"] = earlier.period if earlier else open_period(body["business_on"])
    body["giver_kind"] = _giver_kind(body, earlier or reverses)
    sha = body_sha256(body, debit=left.key, credit=right.key, reverses=reverses.uid if reverses else "")
    if earlier is not None:
        if earlier.body_sha256 != sha:
            raise Conflict(_l("This entry was already posted with other content."))
        return earlier
    _check_balance(left, right, body)
    transfer = Transfer(
        uid=uid, debit_id=left.id, credit_id=right.id, posted_at=now(), posted_by=actor_id,
        reverses_id=reverses.id if reverses else None, body_sha256=sha, **body,
    )  # fmt: skip
    db.session.add(transfer)
    db.session.flush()
    tracing.follow(transfer, left, right, reverses)
    at_end(sums.add_transfers, transfer)
    search.index_transfer(transfer)
    _tell(transfer, reverses)
    return transfer


def _giver_kind(body: dict[str, Any], said: Transfer | None) -> str:
    """As it was said before, of the same entry or of the one that is reversed. Nothing is said of an unnamed donor."""
    if said is not None:
        return said.giver_kind
    return neighbours.giver_kind(body.get("claim_code")) if body.get("donor_shown") else ""


def _check_shape(body: dict[str, Any]) -> None:
    if not 1 <= body["amount_fen"] <= MAX_FEN:
        most = f"{MAX_FEN // 100:,}"
        raise RuleBroken(_l("An entry is from 0.01 to %(most)s yuan.", most=most), field="amount_fen")
    if body["business_on"] > today():
        raise RuleBroken(_l("The day of an entry cannot lie in the future."), field="business_on")


def _check_balance(debit: Account, credit: Account, body: dict[str, Any]) -> None:
    """What ledger.guards refuses, said in words."""
    amount = body["amount_fen"]
    if debit.kind is AccountKind.SUSPENSE and amount > suspense_left(body["source_code"]):
        raise RuleBroken(_l("Less than that of this statement line is still unmatched."), field="amount_fen")
    if credit.kind is AccountKind.ADVANCE and amount > advances.open_for(body["kind"], body.get("voucher_code")):
        raise RuleBroken(_l("Less than that has been advanced and not settled."), field="amount_fen")
    purses = {AccountKind.FUND, AccountKind.POOL, AccountKind.ADVANCE}
    within = {debit.kind, credit.kind} == {AccountKind.FUND, AccountKind.ADVANCE}  # settled, or its reversal
    if debit.kind in purses and not within and amount > free_balance(debit.need_code or ""):
        raise RuleBroken(_l("The fund of this need does not hold that much."), field="amount_fen")


def _tell(transfer: Transfer, reverses: Transfer | None) -> None:
    told: dict[str, Any] = {
        "actor_id": transfer.posted_by, "object_code": transfer.uid, "transfer_id": transfer.id,
        "to_state": transfer.kind.value, "reason": transfer.reason,
    }  # fmt: skip
    if reverses is None:
        announce(TransferPosted(**told))
    else:
        announce(TransferReversed(**told, reversed_uid=reverses.uid, delivery_code=transfer.delivery_code))
