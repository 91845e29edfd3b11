"""The only writer of the books. Each function runs inside the caller's transaction() and says what it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.accounts.models import Role, User
from sun_commune.core import selfcheck
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.money import yuan
from sun_commune.core.selfcheck import Finding
from sun_commune.core.text import clean_line
from sun_commune.ledger import neighbours, policies
from sun_commune.ledger.events import (
    CorrectionApproved,
    CorrectionAsked,
    CorrectionRefused,
    SelfcheckFinished,
    VoucherApproved,
    VoucherDrafted,
    VoucherRefused,
)
from sun_commune.ledger.models import AccountKind, SelfcheckRun, Transfer, TransferKind
from sun_commune.ledger.papers import Correction, PayeeKind, SpendingCategory, Voucher, VoucherState
from sun_commune.ledger.posting import BANK, Where, new_uid, open_account, post, purse, where_is
from sun_commune.ledger.queries import (
    find_stamp,
    fund_available,
    fund_balance,
    latest_run,
    open_correction_of,
    reversal_of,
)

__all__ = ["fund_available", "fund_balance", "new_uid", "post_gift", "post_goods", "reverse_transfer"]

REASON_LENGTH = (5, 200)
REFUSAL_LENGTH = (5, 100)
VOUCHER_SERIES = "PZ"
CHECKED_WITHIN = timedelta(days=1)  # an older self-check says nothing about today's books


def post_gift(
    *,
    actor_id: int | None,
    uid: str,
    need_code: str,
    county_code: str,
    category: str,
    amount_fen: int,
    business_on: date,
    claim_code: str | None = None,
    delivery_code: str | None = None,
    donor_shown: str = "",
) -> Transfer:
    """Money arrived in the charity's account for a need (the general pool for ""): into its fund.

    ``uid`` comes from new_uid() and is kept by the caller: posting again with the same uid and content gives back
    the same entry. ``business_on`` is the day it arrived. ``donor_shown`` is the name the donor chose ("" = anonymous).
    """
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.GIFT, debit=BANK, credit=purse(need_code),
        need_code=need_code, county_code=county_code,
        category=str(category), amount_fen=amount_fen, business_on=business_on, claim_code=claim_code,
        delivery_code=delivery_code, donor_shown=clean_line(donor_shown)[:120],
    )  # fmt: skip


def post_goods(
    *,
    actor_id: int | None,
    uid: str,
    need_code: str,
    county_code: str,
    category: str,
    item: str,
    quantity: int,
    unit: str,
    value_fen: int,
    value_basis: str,
    business_on: date,
    claim_code: str | None = None,
    delivery_code: str | None = None,
    donor_shown: str = "",
) -> Transfer:
    """Goods were accepted by the household or village: in the goods book, at the value accepted and its basis
    (``invoice``, ``market``, ``declared``). ``quantity`` is in ``unit``; ``value_fen`` is of all of it."""
    if quantity < 1:
        raise RuleBroken(_l("Goods in the ledger are at least one piece."), field="quantity")
    if not value_basis:
        raise RuleBroken(_l("Say where the value of the goods comes from."), field="value_basis")
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.GOODS, debit=Where(AccountKind.GOODS_HANDED_OVER, need_code),
        credit=Where(AccountKind.GOODS_GIVEN, need_code), need_code=need_code, county_code=county_code,
        category=str(category), amount_fen=value_fen, business_on=business_on, claim_code=claim_code,
        delivery_code=delivery_code, donor_shown=clean_line(donor_shown)[:120], item=clean_line(item)[:60],
        quantity=quantity, unit=clean_line(unit)[:12], value_basis=str(value_basis),
    )  # fmt: skip


def check_reason(reason: str, length: tuple[int, int] = REASON_LENGTH) -> str:
    """The cleaned reason; RuleBroken unless it is a sentence one can use (``length`` characters)."""
    reason = clean_line(reason)
    least, most = length
    if not least <= len(reason) <= most:
        raise RuleBroken(
            _l("Give the reason in %(least)d to %(most)d characters.", least=least, most=most), field="reason"
        )
    return reason


def reverse_transfer(actor: User | None, transfer: Transfer, reason: str) -> Transfer:
    """Take an entry back by its exact mirror, posted today. Asked twice, it gives back the one reversal.

    The desk asks a second person first (ask_correction); a settled dispute calls this straight away, because there
    two people have spoken already. Raises RuleBroken if the money was spent meanwhile: the fund cannot go below zero.
    """
    if transfer.reverses_id is not None:
        raise Conflict(_l("A reversal cannot be reversed. Post the right entry anew."))
    reason = check_reason(reason)
    earlier = reversal_of(transfer.id)
    if earlier is not None:
        return earlier
    said = (
        "need_code", "county_code", "category", "to_need_code", "to_county_code", "to_category", "amount_fen",
        "claim_code", "delivery_code", "voucher_code", "source_code", "donor_shown", "item", "quantity", "unit",
        "value_basis",
    )  # fmt: skip
    debit, credit = (where_is(account_id) for account_id in (transfer.credit_id, transfer.debit_id))
    return post(
        actor_id=actor.id if actor else None, uid=new_uid(), kind=transfer.kind, debit=debit, credit=credit,
        reverses=transfer, reason=reason,
        business_on=max(today(), transfer.business_on), **{name: getattr(transfer, name) for name in said},
    )  # fmt: skip


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
    _refuse_involved(actor, need_code)
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
    _lock(voucher)
    if voucher.state is VoucherState.APPROVED and voucher.checker_id == actor.id:
        return voucher
    _refuse_decided(voucher.state)
    _refuse_same(actor, voucher.maker_id)
    _refuse_others(actor, voucher.county_code)
    _refuse_involved(actor, voucher.need_code)
    maker = db.session.get_one(User, voucher.maker_id)
    _refuse_involved(maker, voucher.need_code)
    if not maker.serves(voucher.county_code, Role.TREASURER):
        raise RuleBroken(_l("Who wrote this voucher serves no more. Refuse it, and let it be written anew."))
    require_sound_books()
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
    reason = check_reason(reason, REFUSAL_LENGTH)
    _lock(voucher)
    if voucher.state is VoucherState.REFUSED and voucher.checker_id == actor.id:
        return voucher
    _refuse_decided(voucher.state)
    _refuse_same(actor, voucher.maker_id)
    _refuse_others(actor, voucher.county_code)
    voucher.state, voucher.checker_id, voucher.checked_at = VoucherState.REFUSED, actor.id, now()
    voucher.refusal = reason
    db.session.flush()
    _tell_voucher(VoucherRefused, actor, voucher, VoucherState.DRAFTED, reason)
    return voucher


def ask_correction(actor: User, transfer: Transfer, reason: str) -> Correction:
    """A treasurer asks to reverse an entry; a second person decides. An open wish is given back as it is."""
    if transfer.reverses_id is not None:
        raise Conflict(_l("A reversal cannot be reversed. Post the right entry anew."))
    if reversal_of(transfer.id) is not None:
        raise Conflict(_l("This entry has been reversed already."))
    reason = check_reason(reason)
    earlier = open_correction_of(transfer.id)
    if earlier is not None:
        return earlier
    _refuse_involved(actor, transfer.need_code)
    wish = Correction(
        transfer_id=transfer.id, reason=reason, maker_id=actor.id, made_at=now(), state=VoucherState.DRAFTED
    )
    db.session.add(wish)
    db.session.flush()
    told = {"object_code": transfer.uid, "to_state": wish.state.value, "reason": reason}
    announce(CorrectionAsked(actor_id=actor.id, correction_id=wish.id, **told))
    return wish


def approve_correction(actor: User, wish: Correction) -> Transfer:
    """The second person agrees: the entry is reversed with the reason that was given."""
    _lock(wish)
    transfer = db.session.get_one(Transfer, wish.transfer_id)
    if wish.state is not VoucherState.APPROVED or wish.checker_id != actor.id:
        _refuse_decided(wish.state)
        _refuse_same(actor, wish.maker_id)
        _refuse_others(actor, transfer.county_code)
        _refuse_involved(actor, transfer.need_code)
        wish.state, wish.checker_id, wish.checked_at = VoucherState.APPROVED, actor.id, now()
        db.session.flush()
        told = {"object_code": transfer.uid, "from_state": "drafted", "to_state": "approved", "reason": wish.reason}
        announce(CorrectionApproved(actor_id=actor.id, correction_id=wish.id, **told))
    return reverse_transfer(actor, transfer, wish.reason)


def refuse_correction(actor: User, wish: Correction, reason: str) -> Correction:
    """The second person refuses, with a reason; the entry stands."""
    reason = check_reason(reason, REFUSAL_LENGTH)
    _lock(wish)
    if wish.state is VoucherState.REFUSED and wish.checker_id == actor.id:
        return wish
    transfer = db.session.get_one(Transfer, wish.transfer_id)
    _refuse_decided(wish.state)
    _refuse_same(actor, wish.maker_id)
    _refuse_others(actor, transfer.county_code)
    wish.state, wish.checker_id, wish.checked_at = VoucherState.REFUSED, actor.id, now()
    wish.refusal = reason
    told = {"object_code": transfer.uid, "from_state": "drafted", "to_state": "refused", "reason": reason}
    announce(CorrectionRefused(actor_id=actor.id, correction_id=wish.id, **told))
    return wish


def require_sound_books() -> None:
    """Refuse to let money out while a self-check fails. Without a run of the last day the checks run here."""
    run = latest_run()
    if run is not None and now() - run.ran_at <= CHECKED_WITHIN:
        names = run.failed_names
    else:
        names = sorted({finding.check for finding in selfcheck.find_all(selfcheck.all_checks())})
    if names:
        words = ", ".join(names)
        raise RuleBroken(
            _l("A self-check of the books fails (%(names)s). No money goes out until it passes again.", names=words)
        )


def store_selfcheck(findings: Sequence[Finding], *, checks_count: int) -> SelfcheckRun:
    """Keep the outcome of one run; the public ledger page and require_sound_books read the newest one."""
    run = SelfcheckRun(ran_at=now(), checks_count=checks_count, failures="\n".join(map(str, findings))[:4000])
    db.session.add(run)
    db.session.flush()
    outcome = "failed" if findings else "passed"
    names = ", ".join(run.failed_names)
    announce(SelfcheckFinished(actor_id=None, object_code="selfcheck", to_state=outcome, reason=names))
    return run


def _lock(row: Voucher | Correction) -> None:
    """Read the row again under its lock: of two deciders the second one sees what the first did."""
    kind = type(row)
    statement = select(kind).where(kind.id == row.id).with_for_update()
    db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one()


def _refuse_decided(state: VoucherState) -> None:
    if state is not VoucherState.DRAFTED:
        raise Conflict(_l("Somebody has decided this already. Open the page again."))


def _refuse_same(actor: User, maker_id: int) -> None:
    if actor.id == maker_id:
        raise NotAllowed(_l("You wrote this yourself. A second person has to decide it."))


def _refuse_others(actor: User, county_code: str) -> None:
    """Who may read of it (a supervisor here) and decide elsewhere (an administrator there) does not decide here."""
    if not actor.serves(county_code, *policies.DECIDERS):
        raise NotAllowed


def _refuse_involved(user: User, need_code: str) -> None:
    if user.id in neighbours.people_of_need(need_code):
        raise NotAllowed(_l("Who asked for, reviewed or published a need does not pay for it."))


def _tell_voucher(
    kind: type[VoucherDrafted | VoucherApproved | VoucherRefused], actor: User, voucher: Voucher, before: str, why: str
) -> None:
    announce(
        kind(
            actor_id=actor.id, object_code=voucher.code, voucher_id=voucher.id, from_state=str(before),
            to_state=voucher.state.value, reason=why,
        )
    )  # fmt: skip
