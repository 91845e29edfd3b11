"""Writing a need: /needs/new, /needs/<code>/edit, /village/needs.

Whatever button is pressed, the draft is saved first, so nothing typed and no photo is lost; only then are lines added
or removed, or the need submitted. A wrong field keeps it from being submitted, never from being saved. Only a new form
in which nothing is written is not stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from sun_commune import config
from sun_commune.accounts import sessions
from sun_commune.accounts.models import VILLAGE_ROLES
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.i18n import current_lang
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.households import queries as households
from sun_commune.needs import policies, queries, services
from sun_commune.needs.forms import BLANK_LINE, NeedForm, all_faults, fill, is_blank, read_content, typed_of
from sun_commune.needs.models import Need
from sun_commune.needs.rules import MOST_LINES, MOST_PHOTOS, Fault, NeedInput, says_nothing
from sun_commune.needs.states import EDITABLE, PUBLIC, NeedState
from sun_commune.needs.views.doors import blueprint, open_need, village_staff
from sun_commune.places import queries as places
from sun_commune.uploads.images import PreparedPhoto, prepare_photo

GROUPS = {
    "todo": EDITABLE,
    "review": frozenset({NeedState.SUBMITTED, NeedState.APPROVED}),
    "public": PUBLIC,
    "hidden": frozenset({NeedState.PAUSED, NeedState.WITHDRAWN}),
}


@blueprint.get("/village/needs")
@village_staff
def list_own() -> str:
    """Needs of my village, what I must do first."""
    villages = current_user.places(*VILLAGE_ROLES)
    group = request.args.get("group", "todo")
    group = group if group in GROUPS else "todo"
    page = max(1, min(request.args.get("page", 1, int), 10_000))
    rows = queries.list_of_villages(villages, states=GROUPS[group], page=page)
    counts = queries.count_states(villages)
    return render_template(
        "needs/list_own.html", needs=rows[: queries.PAGE_SIZE], group=group, page=page,
        has_more=len(rows) > queries.PAGE_SIZE, EDITABLE=EDITABLE,
        counts={name: sum(counts.get(state, 0) for state in states) for name, states in GROUPS.items()},
    )  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """One sending of the form: what was typed (``rows`` with blank lines, as the buttons count), what it means."""

    typed: dict[str, Any]
    rows: list[dict[str, Any]]
    content: NeedInput
    button: str
    photos: list[PreparedPhoto]
    refusals: list[str]
    kept: list[dict[str, Any]]
    once: str
    version: int | None

    @property
    def is_empty(self) -> bool:
        return says_nothing(self.content) and not self.photos

    def faults(self) -> list[Fault]:
        return all_faults(self.typed, self.content, [photo["alt"] for photo in self.kept])


@blueprint.route("/needs/new", methods=["GET", "POST"])
@village_staff
def draft_need() -> Any:
    if request.method == "GET":
        codes = beneficiaries()
        chosen = request.args.get("household", "")
        only = next(iter(codes.villages)) if len(codes.villages) == 1 and not codes.households else ""
        form = fill({"beneficiary": chosen if chosen in codes.ids else only, "urgency": "1"}, [], version=None)
        return _page(form, None)
    sheet = read_sheet()
    return _show_empty(sheet) if sheet.is_empty else _save(sheet, None)


@blueprint.route("/needs/<code>/edit", methods=["GET", "POST"])
@village_staff
def edit_need(code: str) -> Any:
    need = open_need(code)
    access.require(policies.is_village_side(current_user, need))
    if need.state not in EDITABLE:
        return redirect(url_for("needs.review_need", code=code), 303)
    if request.method == "GET":
        return _page(_fresh(need), need)
    return _save(read_sheet(), need)


@dataclass(frozen=True)
class Beneficiaries:
    """Whom the signed-in person may post for."""

    villages: dict[str, str]
    households: list[tuple[str, str]]
    ids: dict[str, int]
    village_of: dict[str, str]


def beneficiaries(village_code: str = "") -> Beneficiaries:
    """Of one village, or of all that the person serves."""
    codes = [village_code] if village_code else list(current_user.places(*VILLAGE_ROLES))
    rows = households.list_of_villages(codes)
    return Beneficiaries(
        villages={code: places.full_name(code, current_lang()) for code in codes},
        households=[(row.code, f"{row.masked_name} · {row.code}") for row in rows],
        ids={row.code: row.id for row in rows},
        village_of={row.code: row.village_code for row in rows} | {code: code for code in codes},
    )


def read_sheet() -> Sheet:
    """Read the sent form; photos are decoded here, before any transaction holds the write lock."""
    form = NeedForm()
    typed = form.typed()
    photos, refusals = _prepare_photos(form.photos.data or [])
    version = form.version.data or ""
    return Sheet(
        typed=typed,
        rows=[entry.form.typed() for entry in form.lines.entries],
        content=read_content(typed, beneficiaries().ids),
        button=request.form.get("act", "save"),
        photos=photos,
        refusals=refusals,
        kept=[entry.form.typed() for entry in form.kept.entries],
        once=form.once.data or "",
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None,
    )


def _prepare_photos(files: list[FileStorage]) -> tuple[list[PreparedPhoto], list[str]]:
    prepared, refusals = [], []
    for number, file in enumerate((file for file in files if file and file.filename), start=1):
        try:
            prepared.append(prepare_photo(file.read(), most_megabytes=config.current().upload_megabytes))
        except RuleBroken as error:
            refusals.append(_("Photo %(number)s was not taken: %(why)s", number=number, why=str(error)))
    return prepared, refusals


def _save(sheet: Sheet, need: Need | None) -> Any:
    try:
        need, earlier = _store(sheet, need)
    except RuleBroken as error:
        return _show_again(sheet, need, [Fault(error.field or "", error.message)], 422)
    except Conflict as error:
        if error.field != "version" or need is None:
            raise
        return _show_conflict(sheet, need)
    if earlier:
        return redirect(earlier, 303)
    if sheet.button == "submit":
        return _submit(sheet, need)
    for refusal in sheet.refusals:
        flash(refusal, "error")
    flash(_("The draft is saved."), "success")
    return redirect(url_for("needs.edit_need", code=need.code, _anchor=_anchor(sheet)), 303)


def _show_empty(sheet: Sheet) -> Any:
    """Nothing is stored. Lines still come and go by their buttons; the others are told what to write first."""
    name, _dash, row = sheet.button.partition("-")
    if name == "add_line":
        return _show_again(replace(sheet, typed={**sheet.typed, "lines": [*sheet.rows, BLANK_LINE]}), None, [], 200)
    if name == "remove_line":
        lines = [line for number, line in enumerate(sheet.rows) if str(number) != row]
        return _show_again(replace(sheet, typed={**sheet.typed, "lines": lines}), None, [], 200)
    faults = [Fault("photos", refusal) for refusal in sheet.refusals]
    nothing = _("There is nothing to save yet. Write a title, the story or a line of what is needed, or add a photo.")
    return _show_again(sheet, None, faults or [Fault("title", nothing)], 422)


def _anchor(sheet: Sheet) -> str | None:
    """Where the person goes on after the page has come back."""
    if sheet.button == "add_line":
        return f"lines-{min(len(sheet.typed['lines']), MOST_LINES - 1)}"
    return "photo-list" if sheet.photos or sheet.refusals else None


def _store(sheet: Sheet, need: Need | None) -> tuple[Need, str]:
    """Save the draft, its photos and their words. The text is where an earlier sending of this very form led."""
    typed = _after_button(sheet)
    kept = "" if typed == sheet.typed and not sheet.faults() else json.dumps(typed, ensure_ascii=False)
    with transaction():
        actor = sessions.actor()
        body = body_hash(request.form.to_dict(flat=False))
        earlier = begin_once(user_id=actor.id, key=sheet.once, body_sha256=body)
        if earlier is not None:
            return need or queries.get_need(earlier.split("/")[-2]), earlier
        if need is None:
            village = _village(sheet)
            need = services.draft_need(actor, village_code=village, content=sheet.content, typed=kept)
        else:
            services.edit_need(actor, need, content=sheet.content, typed=kept, version=sheet.version)
        _store_photos(sheet, need)
        finish_once(user_id=actor.id, key=sheet.once, location=url_for("needs.edit_need", code=need.code))
    return need, ""


def _village(sheet: Sheet) -> str:
    """The village of a new need: that of its beneficiary, or while none is chosen the person's first."""
    choice = beneficiaries()
    return choice.village_of.get(sheet.typed["beneficiary"]) or next(iter(choice.villages))


def _after_button(sheet: Sheet) -> dict[str, Any]:
    """What was typed, with the line added or removed that the button asks for."""
    lines = list(sheet.typed["lines"])
    if sheet.button == "add_line" and len(lines) < MOST_LINES:
        lines.append(dict(BLANK_LINE))
    name, _dash, row = sheet.button.partition("-")
    if name == "remove_line" and row.isascii() and row.isdigit():
        others = [line for number, line in enumerate(sheet.rows) if number != int(row[:3])]
        lines = [line for line in others if not is_blank(line)]
    return {**sheet.typed, "lines": lines}


def _store_photos(sheet: Sheet, need: Need) -> None:
    actor = sessions.actor()
    words = {str(photo["token"]): photo for photo in sheet.kept}
    for photo, upload in queries.photos_of(need):
        if sheet.button == f"remove_photo-{upload.token}":
            services.remove_photo(actor, need, photo)
        elif upload.token in words:
            said = words[upload.token]
            alt, shows_person = said["alt"], said["shows_person"]
            if (alt, shows_person) != (photo.alt, photo.shows_person):
                services.describe_photo(actor, need, photo, alt=alt, shows_person=shows_person)
    room = MOST_PHOTOS - len(need.photos)
    for prepared in sheet.photos[:room]:
        services.add_photo(actor, need, prepared)
    if len(sheet.photos) > room:
        sheet.refusals.append(_("At most %(most)s photos: the last ones were not taken.", most=MOST_PHOTOS))


def _submit(sheet: Sheet, need: Need) -> Any:
    """The draft is stored; now hand it in, or say what is missing."""
    faults = sheet.faults()
    if sheet.photos:
        faults.append(Fault("kept", _("Say first what each new photo shows.")))
    faults += [Fault("photos", refusal) for refusal in sheet.refusals]
    if not faults:
        try:
            with transaction():
                services.submit_need(sessions.actor(), need)
        except RuleBroken as error:
            faults = [Fault(error.field or "", error.message)]
    if faults:
        return _show_again(sheet, need, faults, 422)
    flash(_("Submitted. The township reviews it next."), "success")
    return redirect(url_for("needs.review_need", code=need.code), 303)


def _show_again(sheet: Sheet, need: Need | None, faults: list[Fault], status: int) -> Any:
    """The form as it was typed, each fault at its field."""
    form = fill(sheet.typed, _photo_rows(need), version=need.version if need else None)
    for fault in faults:
        form.take_error(fault)
    return _page(form, need), status


def _show_conflict(sheet: Sheet, need: Need) -> Any:
    """Somebody else was faster: both versions on one page. New photos are kept in any case."""
    with transaction():
        _store_photos(replace(sheet, kept=[], button="save"), need)
    form = fill(sheet.typed, _photo_rows(need), version=need.version)
    form.form_errors.append(
        _("Somebody else has changed this need meanwhile. Below is what you typed, and beside it what is stored now. "
          "If you save, yours replaces it.")
    )  # fmt: skip
    return _page(form, need, theirs=typed_of(need, _household_code(need))), 409


def _fresh(need: Need) -> NeedForm:
    return fill(typed_of(need, _household_code(need)), _photo_rows(need), version=need.version)


def _household_code(need: Need) -> str:
    household = queries.household_of(need)
    return household.code if household else ""


def _photo_rows(need: Need | None) -> list[dict[str, Any]]:
    if need is None:
        return []
    pairs = queries.photos_of(need)
    return [{"token": upload.token, "alt": photo.alt, "shows_person": photo.shows_person} for photo, upload in pairs]


def _page(form: NeedForm, need: Need | None, *, theirs: Mapping[str, Any] | None = None) -> str:
    choice = beneficiaries(need.village_code if need else "")
    form.offer(choice.villages, choice.households)
    returned = need.changes[-1] if need and need.state is NeedState.RETURNED and need.changes else None
    return render_template(
        "needs/edit_need.html", form=form, need=need, theirs=theirs, returned=returned, most_lines=MOST_LINES,
        uploads={upload.token: upload for _photo, upload in (queries.photos_of(need) if need else ())},
    )  # fmt: skip
