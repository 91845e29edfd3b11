"""Timed work on statements: posting large ones to their end, forgetting old ones; and the change of keys."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import db, is_sqlite, refresh_clean, transaction
from sun_commune.core.errors import SunError
from sun_commune.core.jobs import Job
from sun_commune.statements import policies, queries, services
from sun_commune.statements.lines import read_lines
from sun_commune.statements.models import StatementFile, StatementLine
from sun_commune.statements.runs import Run

logger = logging.getLogger(__name__)
QUIET = timedelta(minutes=1)  # of a statement in which nobody has posted for so long the rest is posted by the job
MOST_AT_ONCE = 2_000  # lines that one run of the job posts of a statement; the next run goes on
MOST_FILES = 5
#: Seconds between two batches on SQLite. Whoever waits for its one writer looks every tenth of a second at the latest.
PAUSE = 0.12


def go_on(run: Run, *, code: str, actor_id: int, most: int) -> bool:
    """Post on, a transaction for each batch, until ``most`` lines were posted. True: the statement is posted."""
    posted = 0
    while run.todo and posted < most:
        if is_sqlite(db.session()):
            time.sleep(PAUSE)
        with transaction():
            posted += services.post_next(db.session.get_one(User, actor_id), queries.get_file(code), run)
    return not run.todo


def post_rest() -> int:
    """Go on with statements whose posting was begun and left: how many are posted now. In the name of whoever began,
    while they are a treasurer still; otherwise a treasurer goes on by the button."""
    refresh_clean()
    codes = [file.code for file in queries.quiet_files(now() - QUIET, MOST_FILES)]
    return sum(_post_rest_of(code) for code in codes)


def _post_rest_of(code: str) -> bool:
    try:
        refresh_clean()
        file = queries.get_file(code)
        actor = db.session.get(User, file.posted_by) if file.posted_by else None
        if actor is None or not policies.can_import(actor):
            return False
        rows, layout = services.open_statement(file)
        actor_id, run = actor.id, services.plan_run(actor, file, read_lines(rows, layout))
        with transaction():
            services.post_next(db.session.get_one(User, actor_id), queries.get_file(code), run)
        return go_on(run, code=code, actor_id=actor_id, most=MOST_AT_ONCE)
    except SunError as error:  # the next statement is not kept waiting by this one
        logger.warning("statement not posted on", extra={"code": code, "reason": str(error)})
        return False


def forget_payers() -> int:
    """Forget the private halves of statements whose time is over, in batches."""
    forgotten = 0
    while True:
        with transaction():
            count = services.forget_payers()
        forgotten += count
        if not count:
            return forgotten


def reseal() -> tuple[str, int, int]:
    """Seal the private halves of lines, and the files, anew under the present key."""
    lines_count = db.session.execute(select(func.count()).select_from(StatementLine)).scalar_one()
    files = db.session.execute(select(StatementFile.id).order_by(StatementFile.id)).scalars().all()
    changed = last = 0
    while True:
        with transaction(audited=False):  # the same words under another key: nobody's act
            count, last = services.reseal_lines(last)
        changed += count
        if not last:
            break
    for file_id in files:
        with transaction(audited=False):
            changed += services.reseal_file(db.session.get_one(StatementFile, file_id))
    return "lines and files of statements", changed, lines_count + len(files)


POST_REST = Job("post_statements", every_minutes=1, run=post_rest)
FORGET_PAYERS = Job("forget_payers", every_minutes=24 * 60, run=forget_payers)
