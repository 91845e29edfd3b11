"""Parts of pages that are made once and used again, in the memory of each process.

    {% call kept("card", card, seconds=20) %} ... {% endcall %}

A part is kept under its name, its values, the language and the door of the site; so it may use nothing that is not
among its values, unless ``seconds`` says how long what it shows may be out of date (counts, names of places).
Nothing that belongs to a person who signed in may be kept.

KEEP_SECONDS of the application's configuration bounds ``seconds``; 0, as in tests, keeps only what never grows old.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import get_locale

Value = TypeVar("Value")
MOST_PARTS = 2_000
NEVER = float("inf")

#: Key -> the value and the moment (monotonic seconds) from which on it is too old.
Parts = dict[Hashable, tuple[Any, float]]


def keep(key: Hashable, make: Callable[[], Value], *, seconds: float | None = None) -> Value:
    """The value kept under ``key``, or what ``make`` gives. ``seconds`` None: it never grows old."""
    parts: Parts = current_app.extensions["sun_kept"]
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
    if len(parts) >= MOST_PARTS:
        forget_oldest(parts)
    parts[key] = (value, moment + lifetime)
    return value


def forget_oldest(parts: Parts) -> None:
    """Make room: what was made first goes, and what is used will be made again."""
    for key in list(parts)[: MOST_PARTS // 10]:
        parts.pop(key, None)


def here() -> Hashable:
    """What the words and addresses of every part depend on: language and the path at which the site is mounted."""
    return g.get("lang"), str(get_locale()), request.script_root if has_request_context() else None


def part(name: str, *values: Hashable, caller: Callable[[], str], seconds: float | None = None) -> str:
    """For templates; ``caller`` is the block between ``call`` and ``endcall``."""
    return keep((name, here(), values), caller, seconds=seconds)


def init_app(app: Flask) -> None:
    app.config.setdefault("KEEP_SECONDS", 20)
    app.extensions["sun_kept"] = {}
    app.add_template_global(part, "kept")
