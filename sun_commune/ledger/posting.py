"""Writing one transfer: its accounts, its row, the kept sums and the announcement, all in the caller's transaction."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune.core import codes
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.money import MAX_FEN
from sun_commune.ledger.events import TransferPosted, TransferReversed
from sun_commune.ledger.models import Account, AccountKind, Book, LedgerSum, Transfer, TransferKind
from sun_commune.ledger.queries import BANK_KEY, find_transfer, fund_balance, fund_key

UID_PREFIX = "ZM"

#: Debit and credit account kind of each kind of transfer (a reversal has them exchanged).
SIDES = {
    TransferKind.GIFT: (AccountKind.BANK, AccountKind.FUND),
    TransferKind.SPENDING: (AccountKind.FUND, AccountKind.BANK),
    TransferKind.GOODS: (AccountKind.GOODS_HANDED_OVER, AccountKind.GOODS_GIVEN),
}

#: What a posting says: the same uid with the same of these is the same posting.
BODY = (
    "kind", "book", "amount_fen", "currency", "business_on", "need_code", "county_code", "category", "claim_code",
    "delivery_code", "voucher_code", "donor_shown", "item", "quantity", "unit", "value_basis", "reason",
)  # fmt: skip


def new_uid() -> str:
    """A random public identifier: it tells nothing of order, time or volume."""
    return codes.random_code(UID_PREFIX, 10)


def body_sha256(body: dict[str, Any], *, debit: str, credit: str, reverses: str) -> str:
    """SHA-256 of what a transfer says, account keys and the reversed uid included, in one fixed spelling."""
    said = {name: "" if body.get(name) is None else body[name] for name in BODY}
    said |= {"debit": debit, "credit": credit, "reverses": reverses, "business_on": body["business_on"].isoformat()}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def account_key(kind: AccountKind, need_code: str) -> str:
    if kind is AccountKind.BANK:
        return BANK_KEY
    return fund_key(need_code) if kind is AccountKind.FUND else f"{kind.value.replace('_', '-')}:{need_code}"


def open_account(kind: AccountKind, need_code: str) -> Account:
    """The account, made at first use, and locked unless it is the bank's: postings to one fund queue."""
    session = db.session()
    key = account_key(kind, need_code)
    statement = select(Account).where(Account.key == key)
    if kind is not AccountKind.BANK:
        statement = statement.with_for_update()
    found = session.execute(statement).scalar_one_or_none()
    if found is not None:
        return found
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    row = {
        "key": key,
        "book": Book.CASH if kind in {AccountKind.BANK, AccountKind.FUND} else Book.GOODS,
        "kind": kind,
        "need_code": None if kind is AccountKind.BANK else need_code,
        "created_at": now(),
    }
    session.execute(insert(Account).values(row).on_conflict_do_nothing(index_elements=["key"]))
    return session.execute(statement).scalar_one()


def post(
    *, actor_id: int | None, uid: str, kind: TransferKind, reverses: Transfer | None = None, **body: Any
) -> Transfer:
    """Write one transfer, or give back the one that this uid already is.

    Raises RuleBroken for an amount or a day that cannot be, or a fund that would fall below zero; Conflict if the
    uid stands for another posting.
    """
    if not codes.is_valid(uid, UID_PREFIX):
        raise ValueError("a transfer's uid comes from new_uid()")
    _check_shape(body)
    debit_kind, credit_kind = SIDES[kind] if reverses is None else SIDES[kind][::-1]
    # In one order whatever the direction, so that two postings to the same two accounts never wait for each other.
    accounts = {side: open_account(side, body["need_code"]) for side in sorted(SIDES[kind])}
    debit, credit = accounts[debit_kind], accounts[credit_kind]
    body |= {"kind": kind, "book": debit.book, "currency": "CNY"}
    sha = body_sha256(body, debit=debit.key, credit=credit.key, reverses=reverses.uid if reverses else "")
    earlier = find_transfer(uid)
    if earlier is not None:
        if earlier.body_sha256 != sha:
            raise Conflict(_l("This entry was already posted with other content."))
        return earlier
    if debit.kind is AccountKind.FUND and body["amount_fen"] > fund_balance(body["need_code"]):
        raise RuleBroken(_l("The fund of this need does not hold that much."), field="amount_fen")
    transfer = Transfer(
        uid=uid, debit_id=debit.id, credit_id=credit.id, posted_at=now(), posted_by=actor_id,
        reverses_id=reverses.id if reverses else None, body_sha256=sha, **body,
    )  # fmt: skip
    db.session.add(transfer)
    db.session.flush()
    _add_to_sums(transfer)
    _tell(transfer, reverses)
    return transfer


def _check_shape(body: dict[str, Any]) -> None:
    if not 1 <= body["amount_fen"] <= MAX_FEN:
        most = f"{MAX_FEN // 100:,}"
        raise RuleBroken(_l("An entry is from 0.01 to %(most)s yuan.", most=most), field="amount_fen")
    if body["business_on"] > today():
        raise RuleBroken(_l("The day of an entry cannot lie in the future."), field="business_on")


def _add_to_sums(transfer: Transfer) -> None:
    key = (transfer.business_on.isoformat()[:7], transfer.county_code, transfer.category, transfer.kind)
    forward = transfer.reverses_id is None
    add_to_sum(key, transfer.amount_fen if forward else 0, 0 if forward else transfer.amount_fen, 1)


def add_to_sum(key: tuple[str, str, str, TransferKind], amount_fen: int, reversed_fen: int, entries_count: int) -> None:
    """Add to the kept sums of (month, county, category, kind), in the caller's transaction."""
    session = db.session()
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    names = ("month", "county_code", "category", "kind")
    added = {"amount_fen": amount_fen, "reversed_fen": reversed_fen, "entries_count": entries_count}
    statement = insert(LedgerSum).values(**dict(zip(names, key, strict=True)), **added)
    raised = {name: getattr(LedgerSum, name) + statement.excluded[name] for name in added}
    session.execute(statement.on_conflict_do_update(index_elements=list(names), set_=raised))


def _tell(transfer: Transfer, reverses: Transfer | None) -> None:
    told: dict[str, Any] = {
        "actor_id": transfer.posted_by, "object_code": transfer.uid, "transfer_id": transfer.id,
        "to_state": transfer.kind.value, "reason": transfer.reason,
    }  # fmt: skip
    if reverses is None:
        announce(TransferPosted(**told))
    else:
        announce(TransferReversed(**told, reversed_uid=reverses.uid, delivery_code=transfer.delivery_code))
