"""Private halves that are no longer needed go; what stays is sealed anew when the key changes.

Bank statements are kept for ten years (accounting archives rule of 2015, Ministry of Finance and State Archives
Administration, order 79, annex: statements of bank accounts); SUN_STATEMENT_YEARS says so. After that a line keeps
its day, amount and code, and nobody's name.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path

from sqlalchemy import select

from sun_commune import config
from sun_commune.core import sealing
from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.core.events import announce
from sun_commune.statements import queries, vault
from sun_commune.statements.events import StatementForgotten
from sun_commune.statements.models import StatementFile, StatementLine
from sun_commune.uploads import services as uploads
from sun_commune.uploads import storage

BATCH = 200


def forget_payers(most: int = 20) -> int:
    """Forget files whose last movement is SUN_STATEMENT_YEARS old; how many, at most ``most``."""
    day = today()
    before = day.replace(year=day.year - config.current().statement_years, day=min(day.day, 28))
    files = queries.files_to_forget(before, most)
    for file in files:
        forget_file(file)
    return len(files)


def forget_file(file: StatementFile) -> None:
    """The file's bytes, payers, their accounts and remarks. The natural keys, made of them, become random."""
    document = queries.document_of(file)
    file.document_id = None
    for line in queries.lines_of_file(file.id):
        line.payer_sealed = line.payer_account_sealed = line.memo_sealed = None
        line.base = secrets.token_hex(32)
    db.session.flush()
    if document is not None:
        uploads.remove_upload(document)
    announce(StatementForgotten(actor_id=None, object_code=file.code, to_state=file.state.value))


def reseal_lines(after_id: int) -> tuple[int, int]:
    """Seal the private halves of the next BATCH lines anew under the present key: how many changed, and the last id (0:
    no more lines)."""
    statement = select(StatementLine).where(StatementLine.id > after_id).order_by(StatementLine.id).limit(BATCH)
    lines = db.session.execute(statement.with_for_update()).scalars().all()
    stale = [line for line in lines if not vault.is_current(line)]
    for line in stale:
        vault.seal_line(line, vault.open_line(line))
    db.session.flush()
    return len(stale), lines[-1].id if lines else 0


def reseal_file(file: StatementFile) -> bool:
    """Seal a file's bytes anew under the present key; False if they are."""
    document = queries.document_of(file)
    if document is None:
        return False
    path = storage.document_path(document.token)
    sealed = path.read_bytes()
    if sealing.is_current(sealed):
        return False
    plain = vault.open_file(sealed, file.sha256)
    # Not storage.write_with_transaction: its rollback would take the only copy away.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(descriptor, "wb") as out:
        out.write(vault.seal_file(plain, file.sha256))
        out.flush()
        os.fsync(out.fileno())
    Path(name).replace(path)
    return True
