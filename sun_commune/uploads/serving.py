"""Answers with a file's bytes; the caller has asked who may have them."""

from __future__ import annotations

from pathlib import Path

from flask import Response, request

from sun_commune.core.errors import Missing
from sun_commune.uploads import storage
from sun_commune.uploads.documents import ENDINGS
from sun_commune.uploads.models import Upload

#: Seconds that a browser may show a public photo without asking again: a withdrawn consent must reach it soon.
PUBLIC_SECONDS = 60
SANDBOX = "default-src 'none'; sandbox"


def send_photo(upload: Upload, size: int) -> Response:
    """A photo; public ones may be kept for a minute and are then asked for by ETag, others are never kept."""
    response = _answer(storage.photo_path(upload.token, size), "image/jpeg")
    if not upload.is_public:
        response.headers["Cache-Control"] = "private, no-store"
        return response
    response.headers["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}, must-revalidate"
    response.set_etag(f"{upload.token}-{size}")
    response.make_conditional(request)
    return response


def send_document(upload: Upload, name: str) -> Response:
    """A private paper as a download called ``name`` (ASCII, without ending); browsers neither show nor keep it."""
    response = _answer(storage.document_path(upload.token), upload.media_type)
    ending = ENDINGS.get(upload.media_type, ".bin")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}{ending}")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _answer(path: Path, media_type: str) -> Response:
    """The bytes (a few hundred kilobytes, papers some megabytes), harmless even to a browser that guesses."""
    try:
        response = Response(path.read_bytes(), mimetype=media_type)
    except FileNotFoundError as error:
        raise Missing from error
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
