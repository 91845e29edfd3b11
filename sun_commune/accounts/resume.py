"""Nothing typed is lost when the sign-in or the form's token has ended meanwhile.

A form that comes without a sign-in is answered by the sign-in page, which carries the fields (signed, not stored);
after signing in a page offers them again, with a fresh token, and one press sends them on. A form whose token is
too old is offered again at once. Never carried: passwords, tokens, files.

Why this opens no door: only a form that this site's own page has sent is taken (Origin, Sec-Fetch-Site), the
signed text counts only in the browser it was made in (a mark in the session) and for the account whose sign-in
had ended, it leads to the address it was sent to and nowhere else, and nothing happens without a press.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from sun_commune.accounts import sessions
from sun_commune.accounts.forms import SignInForm
from sun_commune.core import access
from sun_commune.core.error_pages import render_error
from sun_commune.core.extensions import login_manager

VALID_SECONDS = 2 * 60 * 60
MOST_FIELDS = 500
MOST_CHARACTERS = 200_000
#: Not worth repeating, or harmful to repeat.
NEVER = frozenset(
    {"accounts.sign_in", "accounts.give_code", "accounts.sign_out", "accounts.enrol_second_factor",
     "accounts.remove_second_factor"}
)  # fmt: skip
NOT_SHOWN = frozenset({"once", "act", "decision"})


@dataclass(frozen=True)
class Kept:
    """A form as it was sent: where to, what with, and whose sign-in had ended (None: not known)."""

    target: str
    fields: list[tuple[str, str]]
    user_id: int | None
    has_lost_files: bool


def is_own_form() -> bool:
    """The browser says that a page of this site sent the request."""
    fetched_by = request.headers.get("Sec-Fetch-Site")
    if fetched_by not in {None, "same-origin"}:
        return False
    sender = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        return urlsplit(sender).netloc == request.host
    except ValueError:  # "http://[" is no address at all
        return False


def take() -> Kept | None:
    """The present request's form; None if there is nothing to keep, too much, or it must not be repeated."""
    if request.method != "POST" or request.endpoint in NEVER or not is_own_form() or not _leads_somewhere():
        return None
    sent = list(request.form.items(multi=True))
    fields = [(name, value) for name, value in sent if not _is_secret(name)]
    size = sum(len(name) + len(value) for name, value in fields)
    if not fields or len(fields) > MOST_FIELDS or size > MOST_CHARACTERS:
        return None
    lost = any("password" in name for name, _value in sent) or any(file.filename for file in request.files.values())
    return Kept(request.full_path.rstrip("?"), fields, sessions.ended_user_id(), lost)


def _is_secret(name: str) -> bool:
    return name in {"csrf_token", "kept"} or "password" in name


def _leads_somewhere(target: str | None = None) -> bool:
    """A page of this site that takes a form and declares who may use it."""
    path = urlsplit(target).path if target else request.path
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, _values = adapter.match(path, method="POST") if adapter else ("", {})
    except (HTTPException, RequestRedirect):
        return False
    return endpoint not in NEVER and access.rule_of(endpoint) is not None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="kept form")


def seal(kept: Kept) -> str:
    """Signed text that counts in this browser, for two hours."""
    mark = session.setdefault(sessions.KEPT_MARK, secrets.token_urlsafe(16))
    return str(_signer().dumps([mark, kept.target, kept.fields, kept.user_id, kept.has_lost_files]))


def open_seal(text: str | None) -> Kept | None:
    """What was kept, if it was made here, in this browser, not long ago."""
    try:
        mark, target, fields, user_id, lost = _signer().loads(text or "", max_age=VALID_SECONDS)
    except (BadData, ValueError, TypeError):
        return None
    if mark != session.get(sessions.KEPT_MARK) or not _leads_somewhere(target):
        return None
    return Kept(target, [(name, value) for name, value in fields], user_id, lost)


def offer(kept: Kept, lead: str) -> str:
    """The page with the kept fields and the button."""
    shown = [value for name, value in kept.fields if value.strip() and name not in NOT_SHOWN]
    return render_template(
        "accounts/kept.html",
        target=kept.target,
        fields=kept.fields,
        shown=shown,
        lead=lead,
        has_lost_files=kept.has_lost_files,
    )


def ask_to_sign_in() -> Any:
    """To the sign-in page, and afterwards back to the page asked for, or to the text that was typed."""
    kept = take()
    if kept is not None:
        form = SignInForm(formdata=None)
        form.kept.data = seal(kept)
        return render_template("accounts/sign_in.html", form=form), 401
    flash(_("Please sign in to go on."))
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=target))


def answer_lost_token(error: CSRFError) -> Any:
    """400; to a form of our own pages with the text kept, to anything else with the plain error page."""
    if request.endpoint == "accounts.sign_in" and is_own_form():
        return _sign_in_again()
    kept = take()
    rule = access.rule_of(request.endpoint)
    if kept is None or rule is None:
        return render_error(400)
    if rule.kind != "public" and not current_user.is_authenticated:
        return ask_to_sign_in()
    return offer(kept, _("The page had been open for too long. Nothing is lost: press the button to send it.")), 400


def _sign_in_again() -> Any:
    """A sign-in page that was open too long, perhaps with kept text in it."""
    form = SignInForm()
    kept = open_seal(form.kept.data)
    if kept is not None and current_user.is_authenticated:
        return greet(kept, current_user.id)
    form.password.data = None
    form.form_errors.append(_("The page had been open for too long. Enter your password once more."))
    return render_template("accounts/sign_in.html", form=form), 400


def greet(kept: Kept, user_id: int) -> Any:
    """After signing in: the kept text, if it is this person's."""
    if kept.user_id not in {None, user_id}:
        flash(_("The text typed before belongs to another account and was dropped."))
        return redirect(url_for("accounts.my_page"), 303)
    return offer(kept, _("You are signed in again. Press the button to send what you had typed."))


def init_app(app: Flask) -> None:
    login_manager.unauthorized_handler(ask_to_sign_in)
    app.register_error_handler(CSRFError, answer_lost_token)
