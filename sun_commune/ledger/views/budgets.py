"""Budgets of funds: written by one, approved by a second, changed by a new version with a reason."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import Missing, SunError
from sun_commune.ledger import budgets, desk, policies, services
from sun_commune.ledger.filters import POOL
from sun_commune.ledger.forms import BudgetForm, ConfirmForm, ReasonForm
from sun_commune.ledger.papers import Budget
from sun_commune.ledger.views.common import act_once, blueprint, clean_code, fund_of, status_of


@blueprint.route("/budgets/new", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def draft_budget() -> Any:
    """A first plan, or a new version of it: the form begins with the one in force."""
    form = BudgetForm()
    if not form.validate_on_submit():
        if request.method == "GET":
            form.need_code.data = clean_code(request.args.get("need"))
            form.begin_with(budgets.budget_in_force(fund_of(form.need_code.data)))
        return _show_draft(form), 422 if form.is_submitted() else 200
    user = sessions.actor()

    def act() -> str:
        budget = services.draft_budget(
            user, need_code=fund_of(form.need_code.data), lines=form.lines(), reason=form.reason.data or ""
        )
        return url_for("ledger.show_budget", code=budget.code)

    try:
        location = act_once(form, act)
    except SunError as error:
        form.take_error(error)
        return _show_draft(form), status_of(error)
    flash(_("The budget is written. It binds once a second person has approved it."), "success")
    return redirect(location, 303)


def _show_draft(form: BudgetForm) -> str:
    need_code = fund_of(form.need_code.data)
    return render_template(
        "ledger/draft_budget.html",
        form=form,
        in_force=budgets.budget_in_force(need_code),
        planned=budgets.planned_and_spent(need_code),
    )


def get_budget(code: str) -> Budget:
    budget = budgets.find_budget(clean_code(code))
    if budget is None:
        raise Missing
    access.require(policies.can_see_budget(sessions.actor(), budget))
    return budget


@blueprint.get("/budgets/<code>")
@access.roles(*policies.READERS)
def show_budget(code: str) -> str:
    return _show_budget(get_budget(code), ConfirmForm(), ReasonForm())


def _show_budget(budget: Budget, approval: ConfirmForm, refusal: ReasonForm) -> str:
    user = sessions.actor()
    return render_template(
        "ledger/show_budget.html",
        budget=budget,
        fund=budget.need_code or POOL,
        form=approval if approval.errors else refusal,
        refusal=refusal,
        may_decide=policies.can_decide_budget(user, budget),
        is_maker=user.id == budget.maker_id,
        names=desk.names_of(budget.maker_id, budget.checker_id),
        before={line.category: line for line in budgets.planned_and_spent(budget.need_code)},
        in_force=budgets.budget_in_force(budget.need_code),
        versions=budgets.versions_of(budget.need_code),
    )


@blueprint.post("/budgets/<code>/approve")
@access.roles(*policies.DECIDERS)
def approve_budget(code: str) -> Any:
    budget, form = get_budget(code), ConfirmForm()
    try:
        with transaction():
            services.approve_budget(sessions.actor(), budget)
    except SunError as error:
        form.take_error(error)
        return _show_budget(budget, form, ReasonForm(formdata=None)), status_of(error)
    flash(_("Approved: from now on this budget binds what goes out."), "success")
    return redirect(url_for("ledger.show_budget", code=budget.code), 303)


@blueprint.post("/budgets/<code>/refuse")
@access.roles(*policies.DECIDERS)
def refuse_budget(code: str) -> Any:
    budget, form = get_budget(code), ReasonForm()
    if not form.validate_on_submit():
        return _show_budget(budget, ConfirmForm(formdata=None), form), 422
    try:
        with transaction():
            services.refuse_budget(sessions.actor(), budget, form.reason.data or "")
    except SunError as error:
        form.take_error(error)
        return _show_budget(budget, ConfirmForm(formdata=None), form), status_of(error)
    flash(_("Refused. What was in force before stays in force."), "success")
    return redirect(url_for("ledger.show_budget", code=budget.code), 303)


@blueprint.post("/budgets/<code>/withdraw")
@access.roles(Role.TREASURER)
def withdraw_budget(code: str) -> Any:
    budget, form = get_budget(code), ConfirmForm()
    access.require(policies.can_withdraw(sessions.actor(), budget))
    try:
        with transaction():
            services.withdraw_budget(sessions.actor(), budget)
    except SunError as error:
        form.take_error(error)
        return _show_budget(budget, form, ReasonForm(formdata=None)), status_of(error)
    flash(_("Withdrawn."), "success")
    return redirect(url_for("ledger.show_budget", code=budget.code), 303)
