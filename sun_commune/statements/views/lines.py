"""The work queue of suspense, one line with all that may be done with its money, and returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _

from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role, User
from sun_commune.core import access
from sun_commune.core.errors import Missing, SunError
from sun_commune.core.forms import OnceForm
from sun_commune.core.labels import label
from sun_commune.core.money import yuan
from sun_commune.ledger.models import Transfer
from sun_commune.statements import forms, movements, policies, queries, services, vault
from sun_commune.statements.acts import find_acts
from sun_commune.statements.models import LineState, StatementLine
from sun_commune.statements.views.doors import (
    blueprint,
    clean_code,
    do_once,
    get_line,
    get_return,
    status_of,
    take_refusal,
)


@blueprint.get("/suspense")
@access.roles(*policies.READERS)
def list_suspense() -> str:
    """What nobody has placed yet, the oldest first; returns that wait; money that went without an entry."""
    user = sessions.actor()
    access.require(policies.can_read(user))
    sees = policies.can_see_private_half(user)
    page = queries.list_open(after=clean_code(request.args.get("after")))
    return render_template(
        "statements/list_suspense.html", page=page, ages=queries.ages(), returns=queries.waiting_returns(),
        outgoing=movements.waiting_outgoing(), private={line.code: vault.open_line(line) for line in page.rows if sees},
    )  # fmt: skip


@blueprint.get("/lines/<code>")
@access.roles(*policies.READERS)
def show_line(code: str) -> Any:
    return _show(get_line(code), {}, 200)


def _show(line: StatementLine, wrong: dict[str, OnceForm], status: int) -> Any:
    """``wrong`` holds the form that came back with errors, by its name."""
    user = sessions.actor()
    free = line.open_fen - queries.reserved_fen(line.id)
    place = wrong.get("place") or _filled(_apart(forms.PlaceForm(formdata=None), "place"), free)
    pool = wrong.get("pool") or _filled(_apart(forms.PoolForm(formdata=None), "pool"), free)
    back = wrong.get("back") or _filled(_return_form(line), free)
    tie = wrong.get("tie") or _tie_form(line)
    returns = queries.returns_of(line.id)
    signers = [row.maker_id for row in returns] + [row.checker_id for row in returns if row.checker_id]
    is_unexplained = line.state is LineState.OUTGOING and line.entry_uid is None
    return render_template(
        "statements/show_line.html", line=line, account=queries.get_account(line.account_id), free=free,
        private=vault.open_line(line) if policies.can_see_private_half(user) else None,
        entries=[*queries.entries_of(line.code), *queries.hand_entries_of(line)], returns=returns,
        form=next(iter(wrong.values()), None), place=place, pool=pool, back=back, tie=tie,
        refusal=wrong.get("refusal") or forms.RefuseForm(formdata=None), once=forms.PostForm(formdata=None),
        may_act=policies.can_import(user), names=queries.names_of(line.posted_by, *signers),
        may_decide={row.code for row in returns if policies.can_decide_return(user, row)},
        arrivals=movements.earlier_arrivals(line) if is_unexplained else [],
        refunds=find_acts(references=[line.reference]) if is_unexplained and line.reference else [],
    ), status  # fmt: skip


def _apart(form: Any, name: str) -> Any:
    """Several forms stand on one page, and each has an amount: their ids must differ."""
    for field in form:
        field.id = field.label.field_id = f"{name}-{field.name}"
    return form


def _filled(form: Any, free: int) -> Any:
    form.amount_fen.data = free or None
    return form


def _return_form(line: StatementLine, **given: Any) -> forms.ReturnForm:
    form: forms.ReturnForm = _apart(forms.ReturnForm(**(given or {"formdata": None})), "back")
    gone = [
        out for out in movements.waiting_outgoing()
        if out.account_id == line.account_id and -out.amount_fen in {line.amount_fen, line.open_fen}
    ]  # fmt: skip
    form.offer([(out.code, _gone_words(out)) for out in gone])
    return form


def _gone_words(out: StatementLine) -> str:
    return _("Yes, on %(day)s, ¥%(amount)s", day=format_date(out.booked_on, "long"), amount=yuan(-out.amount_fen))


def _tie_form(line: StatementLine, **given: Any) -> forms.TieForm:
    form: forms.TieForm = _apart(forms.TieForm(**(given or {"formdata": None})), "tie")
    is_out = line.state is LineState.OUTGOING
    find = movements.standing_payments if is_out else movements.standing_arrivals
    whole = line.entry_uid is None and (is_out or line.open_fen == line.amount_fen)
    found = find(abs(line.amount_fen), line.booked_on) if whole else []
    form.offer([(entry.uid, _entry_words(entry)) for entry in found], is_outgoing=is_out and whole)
    return form


def _entry_words(entry: Transfer) -> str:
    parts = [label(entry.kind), format_date(entry.business_on, "long"), entry.need_code, entry.uid]
    return " · ".join(part for part in parts if part)


def _act(
    line: StatementLine, name: str, form: OnceForm, act: Callable[[User, StatementLine], object], done: str
) -> Any:
    """What every form of a line does: act once, say ``done``, come back to the line."""
    code = line.code
    if not form.validate():
        return _show(line, {name: form}, 422)

    def once(actor: User) -> str:
        act(actor, queries.get_line(code))
        return url_for("statements.show_line", code=code)

    try:
        response = do_once(form, once)
    except Missing:
        raise
    except SunError as error:
        status = take_refusal(form, error)
        return _show(queries.get_line(code), {name: form}, status)
    flash(done, "success")
    return response


def _own_line(code: str) -> StatementLine:
    line = get_line(code)
    access.require(policies.can_import(sessions.actor()))
    return line


@blueprint.post("/lines/<code>/claim")
@access.roles(Role.TREASURER)
def place_on_claim(code: str) -> Any:
    line, form = _own_line(code), _apart(forms.PlaceForm(), "place")

    def act(actor: User, row: StatementLine) -> object:
        return services.place_on_claim(actor, row, code=form.code.data or "", amount_fen=int(form.amount_fen.data or 0))

    return _act(line, "place", form, act, _("Placed: it counts for the claim and stands in the public ledger."))


@blueprint.post("/lines/<code>/pool")
@access.roles(Role.TREASURER)
def place_in_pool(code: str) -> Any:
    line, form = _own_line(code), _apart(forms.PoolForm(), "pool")

    def act(actor: User, row: StatementLine) -> object:
        return services.place_in_pool(actor, row, amount_fen=int(form.amount_fen.data or 0))

    return _act(line, "pool", form, act, _("Placed in the general pool."))


@blueprint.post("/lines/<code>/return")
@access.roles(Role.TREASURER)
def ask_return(code: str) -> Any:
    line = _own_line(code)
    form = _return_form(line, formdata=request.form)

    def act(actor: User, row: StatementLine) -> object:
        taken_by = queries.get_line(form.taken_by.data) if form.taken_by.data else None
        return services.ask_return(
            actor, row, amount_fen=int(form.amount_fen.data or 0), reason=form.reason.data or "", taken_by=taken_by
        )

    return _act(line, "back", form, act, _("Asked for. A second treasurer has to agree before anything goes back."))


@blueprint.post("/lines/<code>/tie")
@access.roles(Role.TREASURER)
def tie_line(code: str) -> Any:
    """Say which entry the line is the bank's side of."""
    line = _own_line(code)
    form = _tie_form(line, formdata=request.form)

    def act(actor: User, row: StatementLine) -> object:
        uid = "" if form.kind else str(form.entry_uid.data or "")
        if row.state is LineState.OUTGOING:
            return services.explain_outgoing(actor, row, entry_uid=uid, kind=form.kind)
        return services.tie_incoming(actor, row, entry_uid=uid)

    return _act(line, "tie", form, act, _("Noted: the line and the entry are one movement."))


@blueprint.get("/returns/<code>")
@access.roles(*policies.READERS)
def show_return(code: str) -> Any:
    """A return is decided on the page of its line."""
    return _show(_line_of(get_return(code).line_id), {}, 200)


@blueprint.post("/returns/<code>/approve")
@access.roles(Role.TREASURER)
def approve_return(code: str) -> Any:
    paper, form = get_return(code), forms.PostForm()
    line_id, paper_code = paper.line_id, paper.code

    def act(actor: User) -> str:
        services.approve_return(actor, queries.get_return(paper_code))
        return _url_of(line_id)

    return _decide(form, act, line_id, "back_decision", _("Approved: the money leaves suspense for its sender."))


@blueprint.post("/returns/<code>/refuse")
@access.roles(Role.TREASURER)
def refuse_return(code: str) -> Any:
    paper, form = get_return(code), forms.RefuseForm()
    line_id, paper_code = paper.line_id, paper.code
    if not form.validate():
        return _show(_line_of(line_id), {"refusal": form}, 422)

    def act(actor: User) -> str:
        services.refuse_return(actor, queries.get_return(paper_code), form.refusal.data or "")
        return _url_of(line_id)

    return _decide(form, act, line_id, "refusal", _("Refused. The money of this line is free again."))


def _decide(form: OnceForm, act: Callable[[User], str], line_id: int, name: str, done: str) -> Any:
    try:
        response = do_once(form, act)
    except SunError as error:
        take_refusal(form, error)
        return _show(_line_of(line_id), {name: form}, status_of(error))
    flash(done, "success")
    return response


def _line_of(line_id: int) -> StatementLine:
    return queries.get_line_by_id(line_id)


def _url_of(line_id: int) -> str:
    return url_for("statements.show_line", code=_line_of(line_id).code)
