"""``/treasury/refunds``: what donors have asked back. A treasurer sends it, a second person looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role
from sun_commune.choices import policies, queries, services
from sun_commune.choices.forms import RefundForm
from sun_commune.choices.models import Choice, ChoiceState
from sun_commune.choices.services.rows import donor_of
from sun_commune.choices.views.doors import blueprint, do_once, status_of
from sun_commune.core import access
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import SunError
from sun_commune.ledger import desk
from sun_commune.ledger.forms import ConfirmForm, ReasonForm
from sun_commune.ledger.policies import DECIDERS, READERS
from sun_commune.statements import movements
from sun_commune.statements.models import StatementLine


@blueprint.get("/treasury/refunds")
@access.roles(*READERS)
def list_refunds() -> str:
    user = sessions.actor()
    return render_template(
        "choices/list_refunds.html",
        to_pay=queries.refunds_in(user, ChoiceState.CHOSEN),
        to_check=queries.refunds_in(user, ChoiceState.PAID_OUT),
        over=list(reversed(queries.refunds_in(user, ChoiceState.DONE, ChoiceState.UNDONE)))[:50],
    )


def get_refund(code: str) -> Choice:
    choice = queries.find_choice(code)
    access.require(policies.can_see_refund(sessions.actor(), choice))
    return choice


@blueprint.get("/treasury/refunds/<code>")
@access.roles(*READERS)
def show_refund(code: str) -> str:
    choice, form = get_refund(code), RefundForm()
    form.paid_on.data = today()
    for line in _shown(choice):
        if line.code == request.args.get("line"):
            form.paid_on.data, form.bank_reference.data = line.booked_on, line.reference
    return _show(choice, form, ReasonForm())


def _shown(choice: Choice) -> Sequence[StatementLine]:
    """Lines of statements by which it may have gone: of its amount, and of its reference once that is recorded."""
    if choice.state not in {ChoiceState.CHOSEN, ChoiceState.PAID_OUT}:
        return []
    if not policies.can_see_private_half(sessions.actor(), choice):
        return []
    return movements.find_outgoing(amount_fen=choice.amount_fen, reference=choice.bank_reference or "")


def _show(choice: Choice, form: RefundForm, reason: ReasonForm, refused: Any = None) -> str:
    user, donor = sessions.actor(), donor_of(choice)
    sees = policies.can_see_private_half(user, choice)
    said = refused or (reason if reason.errors else form)
    return render_template(
        "choices/show_refund.html",
        choice=choice,
        form=form,
        reason=reason,
        said=said,
        has_errors=bool(said.errors),
        sees_private=sees,
        donor=donor if sees else None,
        arrivals=queries.arrivals_of(choice.claim_code) if sees else [],
        shown=_shown(choice),
        may_pay=policies.can_pay_refund(user, choice),
        may_check=policies.can_check_refund(user, choice),
        is_payer=user.id == choice.payer_id,
        is_treasurer=user.serves(choice.county_code, Role.TREASURER),
        names=desk.names_of(choice.payer_id, choice.checker_id),
    )


@blueprint.post("/treasury/refunds/<code>/pay")
@access.roles(Role.TREASURER)
def record_refund(code: str) -> Any:
    choice, form = get_refund(code), RefundForm()
    if not form.validate():
        return _show(choice, form, ReasonForm(formdata=None)), 422

    def act(actor: Any) -> str:
        services.record_refund(actor, choice, bank_reference=form.bank_reference.data or "", paid_on=form.paid_on.data)
        return url_for("choices.show_refund", code=choice.code)

    try:
        answer = do_once(form, act)
    except SunError as error:
        db.session.rollback()
        form.take_error(error)
        return _show(get_refund(code), form, ReasonForm(formdata=None)), status_of(error)
    flash(_("Recorded. A second person has to find it in the account before it is posted."), "success")
    return answer


@blueprint.post("/treasury/refunds/<code>/confirm")
@access.roles(*DECIDERS)
def confirm_refund(code: str) -> Any:
    form = ConfirmForm()
    return _do(code, form, lambda choice: services.confirm_refund(sessions.actor(), choice),
               _("Confirmed: the refund stands on the public ledger."))  # fmt: skip


@blueprint.post("/treasury/refunds/<code>/refuse")
@access.roles(*DECIDERS)
def refuse_refund(code: str) -> Any:
    return _with_reason(code, services.refuse_refund, _("Sent back to the treasurers."))


@blueprint.post("/treasury/refunds/<code>/give-up")
@access.roles(Role.TREASURER)
def give_up_refund(code: str) -> Any:
    return _with_reason(code, services.give_up_refund, _("The donor chooses anew and is told."))


def _with_reason(code: str, service: Callable[..., Choice], done: str) -> Any:
    choice, form = get_refund(code), ReasonForm()
    if not form.validate():
        return _show(choice, RefundForm(formdata=None), form), 422
    return _do(code, form, lambda row: service(sessions.actor(), row, form.reason.data or ""), done)


def _do(code: str, form: Any, act: Callable[[Choice], Choice], done: str) -> Any:
    choice = get_refund(code)
    try:
        with transaction():
            act(choice)
    except SunError as error:
        db.session.rollback()
        form.take_error(error)
        reason = form if isinstance(form, ReasonForm) else ReasonForm(formdata=None)
        return _show(get_refund(code), RefundForm(formdata=None), reason, form), status_of(error)
    flash(done, "success")
    return redirect(url_for("choices.list_refunds"), 303)
