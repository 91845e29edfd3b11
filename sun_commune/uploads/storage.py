"""Files under ``<instance>/uploads``, named by random token, living and dying with their transaction.

A file is written whole and flushed to the disk before the row that names it is committed; if the transaction is
rolled back the file goes again. From the commit on it stays whatever happens: when the answer is lost, the row may be
there. What that or a crash leaves behind, the job ``sweep_uploads`` removes.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from sun_commune import config
from sun_commune.core.db import db
from sun_commune.uploads.images import SIZES
from sun_commune.uploads.models import Upload, UploadKind

NEW, DOOMED = "sun_new_files", "sun_doomed_files"


def folder() -> Path:
    return Path(config.current().instance_path) / "uploads"


def new_token() -> str:
    """32 hex digits: alike on disks that tell capitals and on those that do not."""
    return secrets.token_hex(16)


def photo_path(token: str, size: int) -> Path:
    return folder() / token[:2] / f"{token}-{size}.jpg"


def document_path(token: str) -> Path:
    return folder() / token[:2] / f"{token}.document"


def paths_of(upload: Upload) -> list[Path]:
    if upload.kind is UploadKind.DOCUMENT:
        return [document_path(upload.token)]
    return [photo_path(upload.token, size) for size in SIZES]


def write_with_transaction(path: Path, data: bytes) -> None:
    """Write the file now; a rollback of the open transaction removes it."""
    is_new = not path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    db.session().info.setdefault(NEW, []).append(path)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)  # mkstemp made it for this user alone (0600), and nothing makes it executable
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync(path.parent)
    if is_new:
        _sync(path.parent.parent)


def _sync(place: Path) -> None:
    """Flush a folder: until then a file's name may be gone after a power cut, however well its bytes were flushed."""
    if os.name != "posix":  # elsewhere a folder cannot be opened; the rename itself must do
        return
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_after_commit(paths: Iterable[Path]) -> None:
    """Remove these files once the open transaction has committed."""
    db.session().info.setdefault(DOOMED, []).extend(paths)


@event.listens_for(Session, "before_commit")
def _keep(session: Session) -> None:
    session.info.pop(NEW, None)


@event.listens_for(Session, "after_commit")
def _settle(session: Session) -> None:
    for path in session.info.pop(DOOMED, ()):
        path.unlink(missing_ok=True)


@event.listens_for(Session, "after_rollback")
def _undo(session: Session) -> None:
    session.info.pop(DOOMED, None)
    for path in session.info.pop(NEW, ()):
        path.unlink(missing_ok=True)
