"""Advances: money handed out before there is an invoice, settled by invoices, the rest brought back."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, is_sqlite, rows_changed
from sun_commune.core.errors import RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.money import yuan
from sun_commune.core.text import clean_line
from sun_commune.ledger import advances
from sun_commune.ledger.advances import Advance
from sun_commune.ledger.events import AdvanceReminded, AdvanceReturned
from sun_commune.ledger.models import AccountKind, Transfer, TransferKind
from sun_commune.ledger.papers import (
    AdvanceReminder,
    AdvanceReturn,
    PayeeKind,
    SpendingCategory,
    Voucher,
    VoucherKind,
)
from sun_commune.ledger.posting import BANK, Where, open_account, post
from sun_commune.ledger.queries import find_stamp, find_voucher, reversal_of
from sun_commune.ledger.services import rules
from sun_commune.ledger.services.vouchers import (
    refuse_beyond_budget,
    refuse_beyond_fund,
    refuse_management,
    write_voucher,
)

LONGEST_DAYS = 90
#: Days relative to the due day on which the treasury is reminded: before it, after it, and then every week.
REMIND_BEFORE, REMIND_EVERY = 3, 7


def draft_advance(
    actor: User,
    *,
    need_code: str,
    payee_name: str,
    payee_kind: PayeeKind,
    category: SpendingCategory,
    purpose: str,
    amount_fen: int,
    spent_on: date,
    due_on: date,
    document_id: int,
    payee_number: str = "",
) -> Voucher:
    """A treasurer asks to hand money of a need's fund to somebody who has no invoice yet; it is to be settled by
    ``due_on``, at most LONGEST_DAYS after it was handed out. The document is the request or contract.

    Raises as draft_voucher does; and RuleBroken while the same payee has an overdue advance for this need.
    """
    rules.refuse_involved(actor, need_code)
    if not need_code or find_stamp(need_code) is None:
        raise RuleBroken(_l("This need has received no money. Choose one that has."), field="need_code")
    if not spent_on <= due_on <= spent_on + timedelta(days=LONGEST_DAYS):
        raise RuleBroken(
            _l("An advance is settled within %(days)s days after it was handed out.", days=LONGEST_DAYS), field="due_on"
        )
    refuse_management(need_code, category)
    refuse_beyond_fund(need_code, amount_fen)
    refuse_beyond_budget(need_code, category, amount_fen)
    if any(advance.need_code == need_code for advance in advances.overdue_advances()):
        raise RuleBroken(_l("An earlier advance for this need is overdue. Settle it first."), field="need_code")
    return write_voucher(
        actor, kind=VoucherKind.ADVANCE, need_code=need_code, payee_name=payee_name, payee_kind=payee_kind,
        category=category, purpose=purpose, amount_fen=amount_fen, spent_on=spent_on, document_id=document_id,
        payee_number=payee_number, due_on=due_on,
    )  # fmt: skip


def draft_settlement(
    actor: User,
    *,
    advance_code: str,
    payee_name: str,
    payee_kind: PayeeKind,
    category: SpendingCategory,
    purpose: str,
    amount_fen: int,
    spent_on: date,
    document_id: int,
    redacted_id: int | None,
    payee_number: str = "",
    invoice_number: str = "",
) -> Voucher:
    """A treasurer hands in an invoice that shows what an advance was spent on. Approved, it is spending of the need.

    Raises RuleBroken without a public copy (``redacted_id``), if less of the advance is open, or the budget allows less
    for another category.
    """
    advance = open_advance(advance_code, less=advances.settling(advance_code), amount_fen=amount_fen)
    rules.refuse_involved(actor, advance.need_code)
    refuse_management(advance.need_code, category)
    paper = find_voucher(advance_code)
    if paper is not None and paper.category is not category:
        refuse_beyond_budget(advance.need_code, category, amount_fen)
    return write_voucher(
        actor, kind=VoucherKind.SETTLEMENT, need_code=advance.need_code, payee_name=payee_name, payee_kind=payee_kind,
        category=category, purpose=purpose, amount_fen=amount_fen, spent_on=spent_on, document_id=document_id,
        redacted_id=redacted_id, payee_number=payee_number, invoice_number=invoice_number, advance_code=advance_code,
    )  # fmt: skip


def open_advance(code: str, *, less: int, amount_fen: int) -> Advance:
    """The advance, its accounts locked; RuleBroken unless ``amount_fen`` of it are open, ``less`` taken off."""
    advance = advances.find_advance(code)
    if advance is None:
        raise RuleBroken(_l("There is no approved advance of this number."), field="advance_code")
    open_account(Where(AccountKind.ADVANCE, advance.need_code))
    advance = advances.find_advance(code) or advance
    left = advance.open_fen - less
    if amount_fen > left:
        raise RuleBroken(_l("%(left)s yuan of this advance are still open.", left=yuan(left)), field="amount_fen")
    return advance


def return_advance(
    actor: User,
    *,
    uid: str,
    advance_code: str,
    amount_fen: int,
    returned_on: date,
    bank_reference: str,
    source_code: str | None = None,
) -> Transfer:
    """What was left of an advance has come back to the charity's account: the treasurer who sees it there books it.

    Money that comes in is booked by one person, against the bank's statement: ``bank_reference`` names the movement,
    and each movement is booked once. Raises RuleBroken if less of the advance is open (invoices that wait taken off).
    """
    bank_reference = clean_line(bank_reference)[:60]
    if not bank_reference:
        raise RuleBroken(_l("Enter the bank's reference of the movement."), field="bank_reference")
    advance = open_advance(advance_code, less=advances.settling(advance_code), amount_fen=amount_fen)
    rules.refuse_involved(actor, advance.need_code)
    _refuse_known(bank_reference)
    voucher = find_voucher(advance_code)
    if voucher is None:
        raise RuntimeError(f"the advance {advance_code} has no voucher")
    transfer = post(
        actor_id=actor.id, uid=uid, kind=TransferKind.ADVANCE_BACK, debit=BANK,
        credit=Where(AccountKind.ADVANCE, advance.need_code), need_code=advance.need_code,
        county_code=voucher.county_code, category=voucher.need_category, amount_fen=amount_fen,
        business_on=returned_on, voucher_code=advance_code, source_code=source_code, donor_shown="",
    )  # fmt: skip
    db.session.add(
        AdvanceReturn(
            voucher_id=voucher.id, transfer_uid=transfer.uid, bank_reference=bank_reference, recorded_by=actor.id,
            recorded_at=now(),
        )
    )  # fmt: skip
    announce(AdvanceReturned(actor_id=actor.id, object_code=advance_code, voucher_id=voucher.id))
    return transfer


def _refuse_known(bank_reference: str) -> None:
    """The same movement twice; what was booked wrongly and taken back may be booked again."""
    earlier = (
        select(Transfer)
        .join(AdvanceReturn, AdvanceReturn.transfer_uid == Transfer.uid)
        .where(AdvanceReturn.bank_reference == bank_reference)
    )
    if any(reversal_of(transfer.id) is None for transfer in db.session.execute(earlier).scalars().all()):
        raise RuleBroken(_l("This movement of the account was booked already."), field="bank_reference")


def remind_advances() -> int:
    """Remind the treasury of advances that are due in REMIND_BEFORE days, from then on once in REMIND_EVERY days until
    they are settled. Asked again on the same day it reminds nobody. How many reminders."""
    session, reminded = db.session(), 0
    insert = insert_sqlite if is_sqlite(session) else insert_pg
    for advance in advances.list_advances(Voucher.due_on <= today() + timedelta(days=REMIND_BEFORE)):
        days = (today() - advance.due_on).days
        if days not in {-REMIND_BEFORE, 1} and (days < 1 or (days - 1) % REMIND_EVERY):
            continue
        voucher = find_voucher(advance.code)
        if voucher is None:
            continue
        row = insert(AdvanceReminder).values(voucher_id=voucher.id, remind_on=today()).on_conflict_do_nothing()
        if rows_changed(session, row) == 1:
            day = advance.due_on.isoformat()
            announce(AdvanceReminded(actor_id=None, object_code=advance.code, voucher_id=voucher.id, reason=day))
            reminded += 1
    return reminded
