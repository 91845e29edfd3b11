"""Timed work on statements, and the change of keys."""

from __future__ import annotations

from sqlalchemy import func, select

from sun_commune.core.db import db, transaction
from sun_commune.core.jobs import Job
from sun_commune.statements import services
from sun_commune.statements.models import StatementFile, StatementLine


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


FORGET_PAYERS = Job("forget_payers", every_minutes=24 * 60, run=forget_payers)
