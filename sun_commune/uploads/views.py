"""Photos by random name, outside the languages: ``/photos/<token>/480.jpg``."""

from __future__ import annotations

from flask import Blueprint, Response
from flask_login import current_user

from sun_commune.core import access
from sun_commune.core.errors import Missing
from sun_commune.uploads import policies, queries, serving
from sun_commune.uploads.images import SIZES

blueprint = Blueprint("uploads", __name__)


@blueprint.get("/photos/<token>/<int:size>.jpg")
@access.public
def show_photo(token: str, size: int) -> Response:
    """Everybody sees a public photo; any other only its owner and the offices of its need or delivery."""
    if size not in SIZES:
        raise Missing
    upload = queries.get_photo(token)
    access.require(upload.is_public or policies.can_see_photo(current_user, upload))
    return serving.send_photo(upload, size)
