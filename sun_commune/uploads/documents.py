"""Private papers - consents, invoices, receipts - kept byte for byte, and never opened by the site itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from sun_commune.core.errors import RuleBroken
from sun_commune.uploads.images import check_size, kind_of, open_picture
from sun_commune.uploads.marks import mark_of

MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "PDF": "application/pdf"}
ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}


@dataclass(frozen=True)
class PreparedDocument:
    data: bytes
    media_type: str
    sha256: str
    mark: str = ""


def prepare_document(data: bytes, *, most_megabytes: int, field: str = "document") -> PreparedDocument:
    """Check one paper; RuleBroken (naming ``field``) for anything but PDF, JPEG and PNG within the limit."""
    try:
        check_size(data, most_megabytes)
        kind = "PDF" if data.startswith(b"%PDF-") else kind_of(data)
        if kind not in MEDIA_TYPES:
            raise RuleBroken(_l("Only PDF, JPEG or PNG files can be taken."))
        mark = "" if kind == "PDF" else _check_picture(data)
    except RuleBroken as error:
        raise RuleBroken(error.message, field=field) from error
    return PreparedDocument(data, MEDIA_TYPES[kind], hashlib.sha256(data).hexdigest(), mark)


def _check_picture(data: bytes) -> str:
    """The picture's mark."""
    try:
        open_picture(data).verify()
        return mark_of(open_picture(data))
    except RuleBroken:
        raise
    except Exception as error:
        raise RuleBroken(_l("This file is damaged and cannot be read.")) from error
