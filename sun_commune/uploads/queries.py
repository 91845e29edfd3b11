"""Reads of uploads."""

from __future__ import annotations

import re

from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.uploads.models import Upload, UploadKind


def get_photo(token: str) -> Upload:
    """The photo of a token; Missing if there is none."""
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        raise Missing
    statement = select(Upload).where(Upload.token == token, Upload.kind == UploadKind.PHOTO)
    upload = db.session.execute(statement).scalar_one_or_none()
    if upload is None:
        raise Missing
    return upload
