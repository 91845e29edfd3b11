"""The only writer of uploads. Bytes are prepared before the transaction (images, documents), stored inside it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Select, select, union_all

from sun_commune.core import clock
from sun_commune.core.db import Base, db
from sun_commune.uploads import storage
from sun_commune.uploads.documents import PreparedDocument
from sun_commune.uploads.images import PreparedPhoto
from sun_commune.uploads.models import Upload, UploadKind

ORPHAN_AGE = timedelta(days=1)


def store_photo(*, actor_id: int, photo: PreparedPhoto) -> Upload:
    """A photo that nobody but its owner's offices sees until a feature makes it public."""
    upload = Upload(
        token=storage.new_token(), kind=UploadKind.PHOTO, media_type="image/jpeg", sha256=photo.sha256,
        size_bytes=sum(map(len, photo.files.values())), width=photo.width, height=photo.height,
        created_by=actor_id, created_at=clock.now(),
    )  # fmt: skip
    for size, data in photo.files.items():
        storage.write_with_transaction(storage.photo_path(upload.token, size), data)
    db.session.add(upload)
    db.session.flush()
    return upload


def store_document(*, actor_id: int, document: PreparedDocument) -> Upload:
    """A private paper; only the feature that owns it serves it, as an attachment (uploads.serving)."""
    upload = Upload(
        token=storage.new_token(), kind=UploadKind.DOCUMENT, media_type=document.media_type, sha256=document.sha256,
        mark=document.mark, size_bytes=len(document.data), created_by=actor_id, created_at=clock.now(),
    )  # fmt: skip
    storage.write_with_transaction(storage.document_path(upload.token), document.data)
    db.session.add(upload)
    db.session.flush()
    return upload


def remove_upload(upload: Upload) -> None:
    """Delete the row now and the files when the transaction commits. Nothing may refer to it any more."""
    storage.remove_after_commit(storage.paths_of(upload))
    db.session.delete(upload)
    db.session.flush()


def remove_unused(most: int = 200) -> int:
    """Remove uploads older than a day to which no row of any table refers; how many, at most ``most``.

    A photo of a form that was refused and never sent again: kept for its owner, then of no use to anybody.
    """
    edge = clock.now() - ORPHAN_AGE
    statement = select(Upload).where(Upload.created_at < edge, Upload.id.not_in(union_all(*_references())))
    unused = db.session.execute(statement.order_by(Upload.id).limit(most)).scalars().all()
    for upload in unused:
        remove_upload(upload)
    return len(unused)


def _references() -> list[Select[tuple[int]]]:
    """Ids of uploads in use, from every column of the house that refers to one: features need not be known here."""
    columns = [column for table in Base.metadata.tables.values() for column in table.columns
               if any(key.column is Upload.__table__.c.id for key in column.foreign_keys)]  # fmt: skip
    return [select(column).where(column.is_not(None)) for column in columns]


def sweep_uploads() -> int:
    """Remove files older than a day that no row names (left by a crash). Returns how many."""
    edge = (clock.now() - ORPHAN_AGE).timestamp()
    old = [path for path in storage.folder().glob("*/*") if path.is_file() and path.stat().st_mtime < edge]
    orphans = [path for path in old if not _is_known(path)]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def _is_known(path: Path) -> bool:
    token = path.name.split("-")[0].split(".")[0]
    return db.session.execute(select(Upload.id).where(Upload.token == token)).first() is not None
