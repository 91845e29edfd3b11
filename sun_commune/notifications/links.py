"""Addresses of pages, for messages that are written where no request is open (a job, a listener)."""

from __future__ import annotations

from flask import current_app
from werkzeug.routing import BuildError

from sun_commune.core.addresses import absolute
from sun_commune.notifications.labels import Words


def path_to(endpoint: str, lang: str, **values: str) -> str:
    """The path of a page in one language, such as ``/zh/claims/RL7K3M9QXW``."""
    adapter = current_app.url_map.bind("localhost")
    try:
        return adapter.build(endpoint, {"lang": lang, **values})
    except BuildError as error:
        return current_app.handle_url_build_error(error, endpoint, {"lang": lang, **values})


def address_of(words: Words, lang: str, code: str) -> str:
    """Where a notice leads, as a whole address."""
    return absolute(path_to(words.endpoint, lang, **words.values(code)))
