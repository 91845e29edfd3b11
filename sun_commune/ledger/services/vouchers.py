"""Vouchers: one treasurer writes, a second person lets through or refuses; the maker may withdraw, time may end it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune import config
from sun_commune.accounts.models import Role, User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.money import yuan
from sun_commune.core.text import clean_line
from sun_commune.ledger import budgets, management
from sun_commune.ledger.events import (
    VoucherApproved,
    VoucherDrafted,
    VoucherEvent,
    VoucherExpired,
    VoucherRefused,
    VoucherWithdrawn,
)
from sun_commune.ledger.flags import Flag, find_flags
from sun_commune.ledger.models import AccountKind
from sun_commune.ledger.papers import (
    POSTED_AS,
    FlagKind,
    PayeeKind,
    SpendingCategory,
    Voucher,
    VoucherFlag,
    VoucherKind,
    VoucherState,
)
from sun_commune.ledger.payees import number_key, payee_key
from sun_commune.ledger.posting import BANK, Where, lock_accounts, new_uid, open_account, post, purse
from sun_commune.ledger.queries import find_stamp, fund_available
from sun_commune.ledger.services import rules
from sun_commune.uploads.models import Upload, UploadKind

VOUCHER_SERIES = "PZ"
SIDES = {
    VoucherKind.PAYMENT: lambda need_code: (purse(need_code), BANK),
    VoucherKind.ADVANCE: lambda need_code: (Where(AccountKind.ADVANCE, need_code), BANK),
    VoucherKind.SETTLEMENT: lambda need_code: (purse(need_code), Where(AccountKind.ADVANCE, need_code)),
}


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
    redacted_id: int | None,
    payee_number: str = "",
    invoice_number: str = "",
) -> Voucher:
    """A treasurer asks to pay from a need's fund (the general pool for ""). Nothing is posted yet, but the amount is
    held.

    ``payee_name``, ``payee_number`` (phone or credit code), ``invoice_number`` and the document (an uploads row) stay
    private; ``redacted_id`` is the photo of the paper that everybody will see. Raises RuleBroken without it, if the
    fund never received money, if less is available or the budget allows less, or if the payee is the maker or somebody
    who may not receive it (Charity Law, art. 40); NotAllowed if the actor asked for, reviewed or published this need.
    """
    rules.refuse_involved(actor, need_code)
    if find_stamp(need_code) is None:
        raise RuleBroken(_l("This need has received no money. Choose one that has."), field="need_code")
    refuse_management(need_code, category)
    if category is SpendingCategory.MANAGEMENT:
        management.refuse_before_first_money(spent_on)
    refuse_beyond_fund(need_code, amount_fen)
    refuse_beyond_budget(need_code, category, amount_fen)
    return write_voucher(
        actor, kind=VoucherKind.PAYMENT, need_code=need_code, payee_name=payee_name, payee_kind=payee_kind,
        category=category, purpose=purpose, amount_fen=amount_fen, spent_on=spent_on, document_id=document_id,
        redacted_id=redacted_id, payee_number=payee_number, invoice_number=invoice_number,
    )  # fmt: skip


def refuse_management(need_code: str, category: SpendingCategory) -> None:
    """What was given for a need does not pay the charity's own costs."""
    if category is SpendingCategory.MANAGEMENT and need_code:
        raise RuleBroken(_l("The charity's own costs are paid from the general pool alone."), field="category")


def refuse_beyond_fund(need_code: str, amount_fen: int) -> None:
    """RuleBroken unless so much is free. The fund is locked, so that two drafts never both count on the same money."""
    open_account(purse(need_code))
    available = fund_available(need_code)
    if amount_fen > available:
        raise RuleBroken(_l("%(left)s yuan are available for this need.", left=yuan(available)), field="amount_fen")


def refuse_beyond_budget(need_code: str, category: SpendingCategory, amount_fen: int) -> None:
    left = budgets.left_in_line(need_code, category)
    if left is not None and amount_fen > left:
        raise RuleBroken(
            _l("The budget leaves %(left)s yuan for this kind of spending. Change the budget first.", left=yuan(left)),
            field="amount_fen",
        )


def write_voucher(
    actor: User,
    *,
    kind: VoucherKind,
    need_code: str,
    payee_name: str,
    payee_kind: PayeeKind,
    category: SpendingCategory,
    purpose: str,
    amount_fen: int,
    spent_on: date,
    document_id: int,
    redacted_id: int | None = None,
    payee_number: str = "",
    invoice_number: str = "",
    advance_code: str | None = None,
    due_on: date | None = None,
) -> Voucher:
    """The draft itself; each kind's own act has checked what is the kind's own."""
    if spent_on > today():
        raise RuleBroken(_l("The day of an entry cannot lie in the future."), field="spent_on")
    paper = db.session.get(Upload, document_id)
    if paper is None or paper.kind is not UploadKind.DOCUMENT:
        raise RuleBroken(_l("Choose the invoice or receipt."), field="document")
    if kind is not VoucherKind.ADVANCE:
        _require_copy(redacted_id)
    payee = rules.Payee(payee_key(payee_name), number_key(payee_number), payee_kind)
    rules.refuse_related(actor, need_code, payee, category)
    stamp = find_stamp(need_code)
    year = today().year
    voucher = Voucher(
        code=yearly_code(VOUCHER_SERIES, year, next_number(f"{VOUCHER_SERIES}-{year}")), kind=kind,
        need_code=need_code, county_code=rules.place_of(stamp.county_code if stamp and need_code else ""),
        need_category=stamp.category if stamp and need_code else "",
        payee_name=clean_line(payee_name), payee_key=payee.key, payee_number=payee.number, payee_kind=payee_kind,
        category=category, purpose=clean_line(purpose), amount_fen=amount_fen, spent_on=spent_on,
        document_id=document_id, redacted_id=redacted_id, invoice_number=number_key(invoice_number),
        advance_code=advance_code, due_on=due_on, maker_id=actor.id, made_at=now(), state=VoucherState.DRAFTED,
    )  # fmt: skip
    db.session.add(voucher)
    db.session.flush()
    _tell_voucher(VoucherDrafted, actor.id, voucher, "", "")
    return voucher


def _require_copy(redacted_id: int | None) -> None:
    """Whoever was paid has given a paper, and everybody is to see a copy of it."""
    copy = db.session.get(Upload, redacted_id) if redacted_id is not None else None
    if copy is None or copy.kind is not UploadKind.PHOTO or copy.is_public:
        raise RuleBroken(_l("Choose a photo of the paper with what is private covered."), field="redacted")


def approve_voucher(
    actor: User,
    voucher: Voucher,
    *,
    answer: str = "",
    copy_checked: bool = False,
    seen: Collection[FlagKind] | None = None,
) -> Voucher:
    """The second person lets the voucher through: it is posted with the amount it was drafted with.

    ``answer`` says in words why what was flagged is all right; ``seen`` are the flags that the person was shown (None:
    not asked). ``copy_checked``: the person has looked at the public copy and nothing private is on it. Again by the
    same person: nothing more happens. Raises NotAllowed if maker and checker are one, or either has a part in the need,
    or the checker is the payee; Conflict if it was decided otherwise or flagged anew; RuleBroken while a self-check
    fails, without an answer to the flags or a look at the copy, when fund, advance or budget do not hold as much, or
    when management would pass its cap.
    """
    rules.lock_paper(voucher)
    if voucher.state is VoucherState.APPROVED and voucher.checker_id == actor.id:
        return voucher
    _refuse_decider(actor, voucher)
    rules.refuse_involved(actor, voucher.need_code)
    _refuse_maker(db.session.get_one(User, voucher.maker_id), voucher)
    payee = rules.Payee(voucher.payee_key, voucher.payee_number, voucher.payee_kind)
    rules.refuse_related(actor, voucher.need_code, payee, voucher.category)
    rules.require_sound_books()
    debit, credit = SIDES[voucher.kind](voucher.need_code)
    lock_accounts(debit, credit)  # before the flags are counted
    management.refuse_over_cap(voucher)
    answered = _answer_flags(voucher, answer, seen)
    _show_copy(voucher, copy_checked)
    voucher.state, voucher.checker_id, voucher.checked_at = VoucherState.APPROVED, actor.id, now()
    voucher.transfer_uid = new_uid()
    db.session.flush()  # before the posting: the database wants to see the approval
    _refuse_more_than_planned(voucher)
    post(
        actor_id=actor.id, uid=voucher.transfer_uid, kind=POSTED_AS[voucher.kind], debit=debit, credit=credit,
        need_code=voucher.need_code, county_code=voucher.county_code if voucher.need_code else "",
        category=voucher.need_category, amount_fen=voucher.amount_fen,
        business_on=voucher.spent_on, voucher_code=voucher.code, donor_shown="",
    )  # fmt: skip
    _tell_voucher(VoucherApproved, actor.id, voucher, VoucherState.DRAFTED, answered)
    return voucher


def _refuse_decider(actor: User, voucher: Voucher) -> None:
    rules.refuse_decided(voucher.state)
    rules.refuse_same(actor, voucher.maker_id)
    rules.refuse_others(actor, voucher.county_code)


def _refuse_maker(maker: User, voucher: Voucher) -> None:
    rules.refuse_involved(maker, voucher.need_code)
    if not maker.serves(voucher.county_code, Role.TREASURER):
        raise RuleBroken(_l("Who wrote this voucher serves no more. Refuse it, and let it be written anew."))


def _answer_flags(voucher: Voucher, answer: str, seen: Collection[FlagKind] | None) -> str:
    """Store what was flagged with the checker's words; the words, "" if nothing was flagged."""
    flags: list[Flag] = find_flags(voucher)
    if not flags:
        return ""
    if seen is not None and any(flag.kind not in seen for flag in flags):
        raise Conflict(_l("Something more was noticed meanwhile. Look at it and decide again."))
    answer = rules.check_reason(answer, field="answer")
    for flag in flags:
        row = VoucherFlag(voucher_id=voucher.id, kind=flag.kind, about=flag.about[:200], answer=answer, noted_at=now())
        db.session.add(row)
    return answer


def _show_copy(voucher: Voucher, copy_checked: bool) -> None:
    if voucher.kind is VoucherKind.ADVANCE:
        return  # there is no invoice yet
    if voucher.redacted_id is None:  # written before copies were asked for
        raise RuleBroken(_l("This voucher has no public copy of its paper. Refuse it, and let it be written anew."))
    if not copy_checked:
        raise RuleBroken(_l("Look at the public copy and confirm that nothing private is on it."), field="copy_checked")
    db.session.get_one(Upload, voucher.redacted_id).is_public = True


def _refuse_more_than_planned(voucher: Voucher) -> None:
    """The budget may have changed since the draft; what waits beside it does not count here."""
    if budgets.budget_in_force(voucher.need_code) is None:
        return
    lines = {line.category: line for line in budgets.planned_and_spent(voucher.need_code)}
    line = lines.get(voucher.category)
    left = (line.planned_fen or 0) - line.gone_fen if line else 0
    if budgets.adds_to_its_line(voucher) and voucher.amount_fen > left:
        raise RuleBroken(
            _l("The budget leaves %(left)s yuan for this kind of spending. Change the budget first.", left=yuan(left))
        )


def refuse_voucher(actor: User, voucher: Voucher, reason: str) -> Voucher:
    """The second person refuses, with a reason of REFUSAL_LENGTH characters; the money is free again."""
    reason = rules.check_reason(reason, rules.REFUSAL_LENGTH)
    rules.lock_paper(voucher)
    if voucher.state is VoucherState.REFUSED and voucher.checker_id == actor.id:
        return voucher
    _refuse_decider(actor, voucher)
    voucher.state, voucher.checker_id, voucher.checked_at = VoucherState.REFUSED, actor.id, now()
    voucher.refusal = reason
    db.session.flush()
    _tell_voucher(VoucherRefused, actor.id, voucher, VoucherState.DRAFTED, reason)
    return voucher


def withdraw_voucher(actor: User, voucher: Voucher) -> Voucher:
    """Its maker takes a draft back; the money is free again. Again: nothing more happens."""
    rules.lock_paper(voucher)
    if actor.id != voucher.maker_id:
        raise NotAllowed
    if voucher.state is not VoucherState.WITHDRAWN:
        rules.refuse_decided(voucher.state)
        _end(voucher, VoucherState.WITHDRAWN)
        _tell_voucher(VoucherWithdrawn, actor.id, voucher, VoucherState.DRAFTED, "")
    return voucher


def expire_vouchers(most: int = 200) -> int:
    """End drafts that nobody has decided for ``voucher_days`` days, so that they hold no money for ever. How many."""
    edge = now() - timedelta(days=config.current().voucher_days)
    old = select(Voucher).where(Voucher.state == VoucherState.DRAFTED, Voucher.made_at < edge).order_by(Voucher.id)
    vouchers = db.session.execute(old.limit(most).with_for_update()).scalars().all()
    lock_accounts(*(purse(voucher.need_code) for voucher in vouchers))  # whoever hears of it settles these funds
    for voucher in vouchers:
        _end(voucher, VoucherState.EXPIRED)
        _tell_voucher(VoucherExpired, None, voucher, VoucherState.DRAFTED, "")
    return len(vouchers)


def _end(voucher: Voucher, state: VoucherState) -> None:
    voucher.state, voucher.checked_at = state, now()
    db.session.flush()


def _tell_voucher(kind: type[VoucherEvent], actor_id: int | None, voucher: Voucher, before: str, why: str) -> None:
    announce(
        kind(
            actor_id=actor_id, object_code=voucher.code, voucher_id=voucher.id, from_state=str(before),
            to_state=voucher.state.value, reason=why,
        )
    )  # fmt: skip
