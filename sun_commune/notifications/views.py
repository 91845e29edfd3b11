"""The inbox of whoever is signed in, and the demo's outbox."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user

from sun_commune import config
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.errors import Missing
from sun_commune.notifications import queries, services
from sun_commune.notifications.labels import WORDS
from sun_commune.notifications.models import Notice

blueprint = Blueprint("notifications", __name__)


def shown(notice: Notice) -> dict[str, Any]:
    """A notice in the reader's words, with the page that it leads to."""
    words = WORDS[notice.kind]
    values = {"about": notice.about, "code": notice.object_code, "note": notice.note}
    link = url_for(words.endpoint, **words.values(notice.object_code))  # type: ignore[arg-type]  # strings, no flags
    return {
        "code": notice.code,
        "subject": str(words.subject) % values,
        "text": str(words.text) % values,
        "url": link,
        "at": notice.at,
        "is_read": notice.read_at is not None,
    }


@blueprint.get("/my/inbox")
@access.signed_in
def list_notices() -> str:
    page = queries.list_notices(current_user.id, after=request.args.get("after", "")[:20])
    unread = queries.count_unread(current_user.id)
    rows = [shown(notice) for notice in page.rows]
    return render_template("notifications/list_notices.html", rows=rows, page=page, unread=unread)


@blueprint.post("/my/inbox/read")
@access.signed_in
def mark_all_read() -> Any:
    user_id = current_user.id
    with transaction(audited=False):
        services.mark_read(user_id=user_id)
    return redirect(url_for("notifications.list_notices"))


@blueprint.post("/my/inbox/<code>/read")
@access.signed_in
def mark_read(code: str) -> Any:
    user_id = current_user.id
    if queries.find_notice(user_id, code) is None:
        raise Missing
    with transaction(audited=False):
        services.mark_read(user_id=user_id, code=code)
    return redirect(url_for("notifications.list_notices"))


@blueprint.get("/outbox")
@access.public
def show_outbox() -> str:
    """What would be sent. Only in the demo, where every account is an invented one."""
    if not config.current().demo:
        raise Missing
    return render_template("notifications/show_outbox.html", messages=queries.list_outbox())
