"""Vouchers: one treasurer writes, a second person lets through or refuses."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import Role, User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db
from sun_commune.core.errors import RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.money import yuan
from sun_commune.core.text import clean_line
from sun_commune.ledger.events import VoucherApproved, VoucherDrafted, VoucherRefused
from sun_commune.ledger.models import TransferKind
from sun_commune.ledger.papers import PayeeKind, SpendingCategory, Voucher, VoucherState
from sun_commune.ledger.posting import BANK, new_uid, open_account, post, purse
from sun_commune.ledger.queries import find_stamp, fund_available
from sun_commune.ledger.services import rules

VOUCHER_SERIES = "PZ"


def draft_voucher(
    actor: User,
    *,
    need_code: str,
    payee_name: str,
    payee_kind: PayeeKind,
    category: SpendingCategory,
    purpose: str,
    amount_fen: int,
    spent_on: date,
    document_id: int,
) -> Voucher:
    """A treasurer asks to spend from a need's fund. Nothing is posted yet, but the amount counts as waiting.

    ``payee_name`` and the document (an uploads row) stay private. Raises RuleBroken if the need never received
    money, if less is available, or if the actor asked for, reviewed or published this need.
    """
    rules.refuse_involved(actor, need_code)
    stamp = find_stamp(need_code)
    if stamp is None:
        raise RuleBroken(_l("This need has received no money. Choose one that has."), field="need_code")
    if spent_on > today():
        raise RuleBroken(_l("The day of an entry cannot lie in the future."), field="spent_on")
    open_account(purse(need_code))  # locked: two drafts never both count on the same money
    available = fund_available(need_code)
    if amount_fen > available:
        raise RuleBroken(_l("%(left)s yuan are available for this need.", left=yuan(available)), field="amount_fen")
    year = today().year
    voucher = Voucher(
        code=yearly_code(VOUCHER_SERIES, year, next_number(f"{VOUCHER_SERIES}-{year}")),
        need_code=need_code, county_code=stamp.county_code, need_category=stamp.category,
        payee_name=clean_line(payee_name), payee_kind=payee_kind, category=category, purpose=clean_line(purpose),
        amount_fen=amount_fen, spent_on=spent_on, document_id=document_id, maker_id=actor.id, made_at=now(),
        state=VoucherState.DRAFTED,
    )  # fmt: skip
    db.session.add(voucher)
    db.session.flush()
    _tell_voucher(VoucherDrafted, actor, voucher, "", "")
    return voucher


def approve_voucher(actor: User, voucher: Voucher) -> Voucher:
    """The second person lets the voucher through: it is posted as spending, with the amount it was drafted with.

    Again by the same person: nothing more happens. Raises NotAllowed if maker and checker are one, or either has a
    part in the need; Conflict if it was decided otherwise; RuleBroken while a self-check fails.
    """
    rules.lock_paper(voucher)
    if voucher.state is VoucherState.APPROVED and voucher.checker_id == actor.id:
        return voucher
    rules.refuse_decided(voucher.state)
    rules.refuse_same(actor, voucher.maker_id)
    rules.refuse_others(actor, voucher.county_code)
    rules.refuse_involved(actor, voucher.need_code)
    maker = db.session.get_one(User, voucher.maker_id)
    rules.refuse_involved(maker, voucher.need_code)
    if not maker.serves(voucher.county_code, Role.TREASURER):
        raise RuleBroken(_l("Who wrote this voucher serves no more. Refuse it, and let it be written anew."))
    rules.require_sound_books()
    voucher.state, voucher.checker_id, voucher.checked_at = VoucherState.APPROVED, actor.id, now()
    voucher.transfer_uid = new_uid()
    db.session.flush()  # before the posting: the database wants to see the approval
    post(
        actor_id=actor.id, uid=voucher.transfer_uid, kind=TransferKind.SPENDING, debit=purse(voucher.need_code),
        credit=BANK, need_code=voucher.need_code,
        county_code=voucher.county_code, category=voucher.need_category, amount_fen=voucher.amount_fen,
        business_on=voucher.spent_on, voucher_code=voucher.code, donor_shown="",
    )  # fmt: skip
    _tell_voucher(VoucherApproved, actor, voucher, VoucherState.DRAFTED, "")
    return voucher


def refuse_voucher(actor: User, voucher: Voucher, reason: str) -> Voucher:
    """The second person refuses, with a reason of REFUSAL_LENGTH characters; the money is free again."""
    reason = rules.check_reason(reason, rules.REFUSAL_LENGTH)
    rules.lock_paper(voucher)
    if voucher.state is VoucherState.REFUSED and voucher.checker_id == actor.id:
        return voucher
    rules.refuse_decided(voucher.state)
    rules.refuse_same(actor, voucher.maker_id)
    rules.refuse_others(actor, voucher.county_code)
    voucher.state, voucher.checker_id, voucher.checked_at = VoucherState.REFUSED, actor.id, now()
    voucher.refusal = reason
    db.session.flush()
    _tell_voucher(VoucherRefused, actor, voucher, VoucherState.DRAFTED, reason)
    return voucher


def _tell_voucher(
    kind: type[VoucherDrafted | VoucherApproved | VoucherRefused], actor: User, voucher: Voucher, before: str, why: str
) -> None:
    announce(
        kind(
            actor_id=actor.id, object_code=voucher.code, voucher_id=voucher.id, from_state=str(before),
            to_state=voucher.state.value, reason=why,
        )
    )  # fmt: skip
