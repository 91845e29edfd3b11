"""Many people at once: each in a thread of its own, with its own application context and database connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from sun_commune.core.db import db
from sun_commune.core.errors import SunError

PATIENCE = 60  # seconds after which a thread that waits for the others gives up: a dead crowd must not hang the run


def together(app: Flask, acts: Sequence[Callable[[], object]]) -> list[object]:
    """Start all acts at one signal; gives back, in order, what each returned or the refusal it raised."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        with app.app_context():
            try:
                db.session.connection()  # the slow part, connecting, is done before the signal
                db.session.rollback()
                start.wait(PATIENCE)
                return act()
            except SunError as refusal:
                return refusal
            finally:
                db.session.remove()

    db.session.rollback()
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
