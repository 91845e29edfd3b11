"""A site as people meet it: a WSGI server on loopback, a fresh database, CSRF tokens asked, cookies kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from flask import Flask
from flask_babel import force_locale, gettext
from waitress import wasyncore
from waitress.server import create_server

from sun_commune.core.i18n import LANGUAGES
from sun_commune.core.labels import label


@dataclass(frozen=True)
class Words:
    """The words of the site in one language, so that a story finds a button by what is written on it.

    ``words("Pledge")`` takes the words of the code, which are English, and gives those of the page.
    """

    lang: str

    def __call__(self, text: str, **values: Any) -> str:
        with force_locale(LANGUAGES[self.lang]):
            return str(gettext(text, **values))

    def label(self, member: Enum) -> str:
        with force_locale(LANGUAGES[self.lang]):
            return label(member)


@dataclass(frozen=True)
class Site:
    """Where it is served."""

    app: Flask
    address: str


@contextmanager
def serve(app: Flask) -> Iterator[Site]:
    """Serve ``app`` from threads, with what the other tests switch off switched on again."""
    strict = {"WTF_CSRF_ENABLED": True, "PROPAGATE_EXCEPTIONS": False}
    before = {name: app.config.get(name) for name in strict}
    app.config.update(strict)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Site(app, f"http://127.0.0.1:{server.effective_port}")
    finally:
        # Inside its own loop, which ends when nothing is left open: elsewhere it would raise under a running select.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
        thread.join()
        server.task_dispatcher.shutdown()
        app.config.update(before)
