"""Files that people hand in. The row says what a file is; the bytes lie under the instance folder by token."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.db import Base, Ref, RowId, StrEnumType


class UploadKind(StrEnum):
    PHOTO = "photo"
    DOCUMENT = "document"


class Upload(Base):
    """A photo (re-encoded JPEG, two sizes) or a private document. ``token`` is random and the only public name.

    ``is_public`` is set by the feature that shows it, and cleared at once when consent is withdrawn.
    ``sha256`` is of the bytes as handed in: the same paper handed in twice is noticed. ``mark`` says roughly what a
    picture of a paper looks like (uploads.marks; "" for PDF and photos): the same paper photographed twice.
    """

    __tablename__ = "uploads"

    id: Mapped[RowId]
    token: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[UploadKind] = mapped_column(StrEnumType(UploadKind))
    media_type: Mapped[str] = mapped_column(String(60))
    sha256: Mapped[str] = mapped_column(String(64))
    mark: Mapped[str] = mapped_column(String(64), default="")
    size_bytes: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    is_public: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[Ref]
    created_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("size_bytes > 0", name="not_empty"),
        CheckConstraint("kind = 'photo' OR NOT is_public", name="papers_stay_private"),
        Index(None, "sha256"),
    )
