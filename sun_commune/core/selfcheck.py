"""Self-checks: a named list of what must always hold, each a function that says what does not.

Features keep theirs in ``<feature>/checks.py``; the switchboard joins them and binds the list here. A check reads
with as few statements as it can, and ``watch`` gives all of them one view of the database, so that a posting in
between is no false alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sun_commune.core.db import db, is_sqlite

MOST_FINDINGS = 20


@dataclass(frozen=True)
class Check:
    """``name`` is stable (snake_case); ``doc`` one sentence for everybody, lazily translated; ``find`` lists, in
    plain English for the operator, what is wrong - nothing when all is well - without any private value."""

    name: str
    doc: Any
    find: Callable[[], list[str]]


@dataclass(frozen=True)
class Finding:
    """What one check found. A check that cannot run at all has failed, too."""

    check: str
    words: str

    def __str__(self) -> str:
        return f"{self.check}: {self.words}"


_checks: list[Check] = []


def bind(checks: Sequence[Check]) -> None:
    """Replace the list; called once by the switchboard."""
    names = [check.name for check in checks]
    if len(set(names)) != len(names):
        raise RuntimeError("two self-checks have the same name")
    _checks[:] = checks


def all_checks() -> Sequence[Check]:
    return tuple(_checks)


@contextmanager
def watch() -> Iterator[None]:
    """One unmoving view of the database, outside any transaction() of a write."""
    session = db.session()
    session.rollback()
    if not is_sqlite(session):
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        yield
    finally:
        session.rollback()


def find_all(checks: Sequence[Check]) -> list[Finding]:
    """Run every check; at most MOST_FINDINGS findings of each are kept."""
    findings = []
    for check in checks:
        findings += [Finding(check.name, words) for words in check.find()[:MOST_FINDINGS]]
    return findings
