"""Parts of pages that are made once and used again, in the memory of each process.

    {% call kept("card", card, seconds=20) %} ... {% endcall %}

A part is kept under its name, its values, the language and the door of the site; so it may use nothing that is not
among its values, unless ``seconds`` says how long what it shows may be out of date (counts, names of places).
Nothing that belongs to a person who signed in may be kept.

Whole pages are kept for visitors (``for_visitors``): who has no session cookie may see a page some seconds old. Never a
page that shows needs: a consent that is withdrawn hides them at once.

KEEP_SECONDS of the application's configuration bounds ``seconds``; 0, as in tests, keeps only what never grows old.
KEEP_PAGES False keeps no whole pages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, Response, current_app, g, has_request_context, request, session
from flask_babel import get_locale

from sun_commune.core import gzip_pages

View = TypeVar("View", bound=Callable[..., Any])
Value = TypeVar("Value")
MOST_PARTS = 2_000
MOST_PAGES = 500
PAGE_SECONDS = 10
NEVER = float("inf")

#: Where parts and pages are kept among the application's extensions.
PARTS, PAGES = "sun_kept", "sun_kept_pages"

#: Key -> the value and the moment (monotonic seconds) from which on it is too old.
Parts = dict[Hashable, tuple[Any, float]]


def keep(key: Hashable, make: Callable[[], Value], *, seconds: float | None = None, shelf: str = PARTS) -> Value:
    """The value kept under ``key``, or what ``make`` gives. ``seconds`` None: it never grows old."""
    parts: Parts = current_app.extensions[shelf]
    longest = current_app.config["KEEP_SECONDS"]
    lifetime = NEVER if seconds is None else min(seconds, longest)
    if not lifetime or current_app.debug:
        return make()
    moment = time.monotonic()
    found = parts.get(key)
    if found is not None and moment < found[1]:
        value: Value = found[0]
        return value
    value = make()
    most = MOST_PARTS if shelf == PARTS else MOST_PAGES
    if len(parts) >= most:
        forget_oldest(parts, most // 10)
    parts[key] = (value, moment + lifetime)
    return value


def forget(key: Hashable) -> None:
    """Make it anew at the next question."""
    current_app.extensions[PARTS].pop(key, None)


def forget_oldest(parts: Parts, number: int) -> None:
    """Make room: what was made first goes, and what is used will be made again."""
    for key in list(parts)[:number]:
        parts.pop(key, None)


def here() -> Hashable:
    """What the words and addresses of every part depend on: language and the path at which the site is mounted."""
    return g.get("lang"), str(get_locale()), request.script_root if has_request_context() else None


def part(name: str, *values: Hashable, caller: Callable[[], str], seconds: float | None = None) -> str:
    """For templates; ``caller`` is the block between ``call`` and ``endcall``."""
    return keep((name, here(), values), caller, seconds=seconds)


def for_visitors(view: View) -> View:
    """Keep the view's page for PAGE_SECONDS, as it goes over the wire. The view gives back its text, or raises."""

    @wraps(view)
    def answer(**values: Any) -> Any:
        is_plain = request.method == "GET" and current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
        settings = current_app.config
        if not is_plain or not settings["KEEP_PAGES"] or not settings["KEEP_SECONDS"] or current_app.debug:
            return view(**values)
        gzipped = request.accept_encodings["gzip"] > 0
        key = (here(), request.full_path, gzipped)

        def make() -> bytes:
            text = view(**values)
            if session.modified:  # a page that begins a session belongs to one visitor
                raise _BelongsToOneError(text)
            return gzip_pages.squeeze(text.encode()) if gzipped else text.encode()

        try:
            response = Response(keep(key, make, seconds=PAGE_SECONDS, shelf=PAGES), mimetype="text/html")
        except _BelongsToOneError as own:
            return own.text
        if gzipped:
            response.headers["Content-Encoding"] = "gzip"
        return response

    return cast("View", answer)


class _BelongsToOneError(Exception):
    """The page that was just made may not be kept."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def init_app(app: Flask) -> None:
    app.config.setdefault("KEEP_SECONDS", 20)
    app.config.setdefault("KEEP_PAGES", True)
    app.extensions[PARTS] = {}
    app.extensions[PAGES] = {}
    app.add_template_global(part, "kept")
