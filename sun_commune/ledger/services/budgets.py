"""Budgets: one treasurer writes a version, a second person approves it; from then on it binds what goes out."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select

from sun_commune.accounts.models import Role, User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.labels import label
from sun_commune.core.money import MAX_FEN, yuan
from sun_commune.ledger import budgets, neighbours
from sun_commune.ledger.events import BudgetApproved, BudgetDrafted, BudgetEvent, BudgetRefused, BudgetWithdrawn
from sun_commune.ledger.papers import Budget, BudgetLine, SpendingCategory, VoucherState
from sun_commune.ledger.posting import open_account, purse
from sun_commune.ledger.queries import find_stamp
from sun_commune.ledger.services import rules

BUDGET_SERIES = "YS"


def draft_budget(actor: User, *, need_code: str, lines: Mapping[SpendingCategory, int], reason: str = "") -> Budget:
    """A treasurer writes what a need's money (the pool's for "") may go out for: fen by category, none of them zero.

    A second version says in ``reason`` why the plan changes. Raises RuleBroken for an unknown need, no lines, a line
    that allows less than has gone out already, the charity's own costs in a need's budget; Conflict while a
    draft waits.
    """
    rules.refuse_involved(actor, need_code)
    county_code = _county_of(need_code)
    open_account(purse(need_code))  # locked: versions of one fund queue, and so does what goes out meanwhile
    if budgets.open_draft(need_code) is not None:
        raise Conflict(_l("A budget of this fund waits for a second person already."))
    _check_lines(need_code, lines)
    version = 1 + int(db.session.execute(_newest(need_code)).scalar_one() or 0)
    reason = rules.check_reason(reason) if version > 1 else ""
    year = today().year
    budget = Budget(
        code=yearly_code(BUDGET_SERIES, year, next_number(f"{BUDGET_SERIES}-{year}")), need_code=need_code,
        county_code=county_code, version=version, state=VoucherState.DRAFTED, total_fen=sum(lines.values()),
        reason=reason, maker_id=actor.id, made_at=now(),
    )  # fmt: skip
    db.session.add(budget)
    db.session.flush()
    rows = [BudgetLine(budget_id=budget.id, category=each, amount_fen=lines[each])
            for each in SpendingCategory if each in lines]  # fmt: skip
    db.session.add_all(rows)
    db.session.flush()
    _tell(BudgetDrafted, actor, budget, "", reason)
    return budget


def _newest(need_code: str) -> Select[int]:
    return select(func.max(Budget.version)).where(Budget.need_code == need_code)


def _county_of(need_code: str) -> str:
    stamp = find_stamp(need_code) if need_code else None
    county_code = stamp.county_code if stamp else neighbours.county_of_need(need_code) if need_code else ""
    if county_code is None:
        raise RuleBroken(_l("There is no need of this number."), field="need_code")
    return rules.place_of(county_code)


def _check_lines(need_code: str, lines: Mapping[SpendingCategory, int]) -> None:
    if not lines:
        raise RuleBroken(_l("Enter an amount for at least one kind of spending."), field="lines")
    if need_code and SpendingCategory.MANAGEMENT in lines:
        raise RuleBroken(_l("The charity's own costs are paid from the general pool alone."), field="lines")
    if min(lines.values()) < 1 or sum(lines.values()) > MAX_FEN:
        most = f"{MAX_FEN // 100:,}"
        raise RuleBroken(_l("A budget is from 0.01 to %(most)s yuan.", most=most), field="lines")
    _refuse_below_gone(need_code, lines)


def _refuse_below_gone(need_code: str, lines: Mapping[SpendingCategory, int]) -> None:
    for category, (spent, out) in budgets.gone_by_category(need_code).items():
        if spent + out > lines.get(category, 0):
            raise RuleBroken(
                _l("%(gone)s yuan have gone out already for: %(kind)s. The budget cannot allow less.",
                   gone=yuan(spent + out), kind=label(category)),
                field="lines",
            )  # fmt: skip


def approve_budget(actor: User, budget: Budget) -> Budget:
    """The second person agrees: from now on this version binds. Again by the same person: nothing more happens.

    Raises NotAllowed if maker and checker are one or either has a part in the need; RuleBroken if more has gone out
    meanwhile than a line allows.
    """
    open_account(purse(budget.need_code))
    rules.lock_paper(budget)
    if budget.state is VoucherState.APPROVED and budget.checker_id == actor.id:
        return budget
    _refuse_decider(actor, budget)
    rules.refuse_involved(actor, budget.need_code)
    maker = db.session.get_one(User, budget.maker_id)
    rules.refuse_involved(maker, budget.need_code)
    if not maker.serves(budget.county_code, Role.TREASURER):
        raise RuleBroken(_l("Who wrote this budget serves no more. Refuse it, and let it be written anew."))
    _refuse_below_gone(budget.need_code, {line.category: line.amount_fen for line in budget.lines})
    budget.state, budget.checker_id, budget.checked_at = VoucherState.APPROVED, actor.id, now()
    db.session.flush()
    _tell(BudgetApproved, actor, budget, VoucherState.DRAFTED, budget.reason)
    return budget


def refuse_budget(actor: User, budget: Budget, reason: str) -> Budget:
    """The second person refuses, with a reason of REFUSAL_LENGTH characters; the version before stays in force."""
    reason = rules.check_reason(reason, rules.REFUSAL_LENGTH)
    rules.lock_paper(budget)
    if budget.state is VoucherState.REFUSED and budget.checker_id == actor.id:
        return budget
    _refuse_decider(actor, budget)
    budget.state, budget.checker_id, budget.checked_at = VoucherState.REFUSED, actor.id, now()
    budget.refusal = reason
    db.session.flush()
    _tell(BudgetRefused, actor, budget, VoucherState.DRAFTED, reason)
    return budget


def withdraw_budget(actor: User, budget: Budget) -> Budget:
    """Its maker takes a draft back. Again: nothing more happens."""
    rules.lock_paper(budget)
    if actor.id != budget.maker_id:
        raise NotAllowed
    if budget.state is not VoucherState.WITHDRAWN:
        rules.refuse_decided(budget.state)
        budget.state, budget.checked_at = VoucherState.WITHDRAWN, now()
        db.session.flush()
        _tell(BudgetWithdrawn, actor, budget, VoucherState.DRAFTED, "")
    return budget


def _refuse_decider(actor: User, budget: Budget) -> None:
    rules.refuse_decided(budget.state)
    rules.refuse_same(actor, budget.maker_id)
    rules.refuse_others(actor, budget.county_code)


def _tell(kind: type[BudgetEvent], actor: User, budget: Budget, before: str, why: str) -> None:
    told = {"from_state": str(before), "to_state": budget.state.value, "reason": why}
    announce(kind(actor_id=actor.id, object_code=budget.code, budget_id=budget.id, **told))
