"""Files: read one, say what its columns mean, look at the dry run, post it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from sun_commune import config
from sun_commune.accounts import sessions
from sun_commune.accounts.models import Role, User
from sun_commune.core import access
from sun_commune.core.errors import Conflict, SunError
from sun_commune.statements import forms, jobs, policies, queries, services
from sun_commune.statements.columns import Column, FileKind, Layout, header_names, sample
from sun_commune.statements.lines import Reading, read_lines
from sun_commune.statements.models import Fate, FileState, StatementFile
from sun_commune.statements.planning import Plan, Planned
from sun_commune.statements.tables import MOST_ROWS, Rows
from sun_commune.statements.vault import Private, mask_numbers
from sun_commune.statements.views.doors import (
    blueprint,
    clean_code,
    do_once,
    get_file,
    get_own_file,
    status_of,
    take_refusal,
)

ROWS_SHOWN = 100
MOST_AT_ONCE = 500  # lines that one press posts before it answers; the job goes on


@blueprint.get("/statements")
@access.roles(*policies.READERS)
def list_statements() -> str:
    """All files, and how much lies in suspense."""
    access.require(policies.can_read(sessions.actor()))
    return render_template(
        "statements/list_statements.html",
        files=queries.list_files(after=clean_code(request.args.get("after"))),
        ages=queries.ages(),
        may_import=policies.can_import(sessions.actor()),
    )


@blueprint.route("/statements/new", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def read_statement() -> Any:
    access.require(policies.can_import(sessions.actor()))
    form = forms.ReadForm()
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                return _read(form)
            except SunError as error:
                status = take_refusal(form, error)
    return render_template(
        "statements/read_statement.html", form=form, accounts=queries.list_accounts(), most_rows=f"{MOST_ROWS:,}"
    ), status


def _read(form: forms.ReadForm) -> Any:
    prepared = services.prepare_statement(
        form.file.data.stream.read(), most_megabytes=config.current().upload_megabytes
    )
    known = queries.find_file(prepared.sha256)
    if known is not None:
        flash(_("This very file is here already; nothing was changed."), "warning")
        return redirect(url_for("statements.show_statement", code=known.code), 303)

    def act(actor: User) -> str:
        file = services.store_statement(actor, prepared, account_name=form.account_name.data or "")
        return url_for("statements.show_statement", code=file.code)

    return do_once(form, act, {"file": prepared.sha256})


@blueprint.route("/statements/<code>/columns", methods=["GET", "POST"])
@access.roles(Role.TREASURER)
def choose_columns(code: str) -> Any:
    """The wizard: which column is what, above a preview of the first rows."""
    file = get_own_file(code)
    if file.kind is not FileKind.BANK or file.state is not FileState.READ:
        return redirect(url_for("statements.show_statement", code=file.code), 303)
    rows, layout = services.open_statement(file)
    form = forms.ColumnsForm()
    names = header_names(rows, layout.header_row)
    form.offer(names)
    status = 200
    if form.is_submitted():
        status = 422
        if form.validate():
            try:
                return _choose(form, file, rows)
            except SunError as error:
                status = take_refusal(form, error)
    else:
        form.show(layout.header_row, layout.columns)
    return render_template(
        "statements/choose_columns.html", form=form, file=file, names=names,
        preview=list(sample(rows, layout.header_row)), is_guess=layout.is_complete, mask=_mask_by(layout),
    ), status  # fmt: skip


def _mask_by(layout: Layout) -> Callable[[int, str], str]:
    """How a cell of the preview is shown: names and numbers masked, as far as the columns are known."""
    payers, accounts = layout.columns.get(Column.PAYER), layout.columns.get(Column.PAYER_ACCOUNT)

    def mask(place: int, cell: str) -> str:
        if place == payers:
            return Private(payer=cell).payer_masked
        return Private(payer_account=cell).payer_account_masked if place == accounts else mask_numbers(cell)

    return mask


def _choose(form: forms.ColumnsForm, file: StatementFile, rows: Rows) -> Any:
    header_row, columns = int(form.header_row.data or 0) - 1, form.chosen()
    code = file.code

    def act(actor: User) -> str:
        services.choose_columns(actor, queries.get_file(code), rows, header_row=header_row, columns=columns)
        return url_for("statements.show_statement", code=code)

    return do_once(form, act)


@blueprint.get("/statements/<code>")
@access.roles(*policies.READERS)
def show_statement(code: str) -> Any:
    """The dry run before posting, the lines after it. What is not posted is seen by treasurers alone."""
    file = get_file(code)
    may_import = policies.can_import(sessions.actor())
    if file.state is FileState.READ and not may_import:
        access.require(allowed=False)
    return _show(file, forms.PostForm(formdata=None), 200)


def _show(file: StatementFile, form: forms.PostForm, status: int) -> Any:
    user = sessions.actor()
    plan, layout, rows = _dry_run(file, user)
    if plan is None and layout is not None:
        return redirect(url_for("statements.choose_columns", code=file.code), 303)
    if plan is not None:
        form.seen.data = plan.digest
    fate = request.args.get("fate", "")
    fates = {fate} if fate in {each.value for each in Fate} else set(Fate)
    page = _page(plan, fates if fate or file.state is FileState.READ else fates - {Fate.KNOWN})
    return render_template(
        "statements/show_statement.html", file=file, form=form, plan=plan, layout=layout, fates=list(Fate), fate=fate,
        account=queries.get_account(file.account_id), page=page, done_count=queries.count_lines(file.id),
        lines=queries.page_of_lines(file.id, after=clean_code(request.args.get("after"))),
        names=header_names(rows, layout.header_row) if layout else [], Private=Private,
        may_import=policies.can_import(user), people=queries.names_of(file.read_by, file.posted_by),
    ), status  # fmt: skip


def _dry_run(file: StatementFile, user: User) -> tuple[Plan | None, Layout | None, Rows]:
    """No plan where nothing is to be decided: all is posted, the file is forgotten, or the reader only reads; a layout
    without a plan says that the columns are not known yet."""
    is_done = file.state is FileState.POSTED and not file.wrong_count
    if is_done or not policies.can_import(user) or file.document_id is None:
        return None, None, []
    rows, layout = services.open_statement(file)
    if not layout.is_complete:
        return None, layout, rows
    return services.plan_run(user, file, read_lines(rows, layout)).plan, layout, rows


def _page(plan: Plan | None, fates: Collection[str]) -> dict[str, Any]:
    """ROWS_SHOWN lines with these fates, from the row in the address on."""
    if plan is None:
        return {"rows": [], "next": 0, "wrong": []}
    after = request.args.get("row", "")
    first = int(after) if after.isascii() and after.isdigit() and len(after) < 8 else 0
    chosen = [each for each in plan.planned if each.line.row >= first and each.fate in fates]
    shown: list[Planned] = chosen[:ROWS_SHOWN]
    following = chosen[ROWS_SHOWN].line.row if len(chosen) > ROWS_SHOWN else 0
    return {"rows": shown, "next": following, "wrong": plan.wrong if Fate.WRONG in fates else []}


@blueprint.post("/statements/<code>/post")
@access.roles(Role.TREASURER)
def post_statement(code: str) -> Any:
    """Post what was shown, or go on with it: a batch in each transaction, as far as one request may take."""
    file, form = get_own_file(code), forms.PostForm()
    if not form.validate():
        return _show(file, form, 422)
    file_code, user_id = file.code, sessions.actor().id
    try:
        run = services.plan_run(sessions.actor(), file, _reading_of(file))

        def act(actor: User) -> str:
            services.post_statement(actor, queries.get_file(file_code), run, seen=form.seen.data or "")
            return url_for("statements.show_statement", code=file_code)

        response = do_once(form, act)
        is_done = jobs.go_on(run, code=file_code, actor_id=user_id, most=MOST_AT_ONCE)
    except SunError as error:
        status = take_refusal(form, error)
        return _show(queries.get_file(clean_code(code)), form, status)
    if is_done:
        flash(_("Posted: every incoming yuan of this file is in the books."), "success")
    return response


def _reading_of(file: StatementFile) -> Reading:
    rows, layout = services.open_statement(file)
    if not layout.is_complete:
        raise Conflict(_("Say first what the columns of this file mean."))
    return read_lines(rows, layout)


@blueprint.post("/statements/<code>/drop")
@access.roles(Role.TREASURER)
def drop_statement(code: str) -> Any:
    file, form = get_own_file(code), forms.PostForm()
    file_code = file.code
    try:

        def act(actor: User) -> str:
            services.drop_statement(actor, queries.get_file(file_code))
            return url_for("statements.list_statements")

        response = do_once(form, act)
    except SunError as error:
        flash(str(error), "error")
        return _show(queries.get_file(file_code), forms.PostForm(formdata=None), status_of(error))
    flash(_("Dropped. Nothing of this file was in the books."), "success")
    return response
