"""The one blueprint of the public pages; its views stand in this package by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint

from sun_commune.portal.words import place_words

blueprint = Blueprint("portal", __name__)


@blueprint.app_context_processor
def words() -> dict[str, Callable[..., Any]]:
    """Every page may name a place by its code."""
    return {"place_words": place_words}
