"""Two languages: Chinese under ``/zh``, English under ``/en``; texts are English in the code, Chinese in the .po file.

The .po file is the only one in the repository; the .mo that gettext reads is compiled into the instance folder at
start whenever the .po has changed.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, has_request_context, request, url_for
from flask_babel import Babel
from flask_babel.speaklater import LazyString
from markupsafe import escape
from werkzeug.routing import BaseConverter

LANGUAGES = {"zh": "zh_Hans_CN", "en": "en"}
CATALOG = Path(__file__).resolve().parent.parent / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"


class LanguageConverter(BaseConverter):
    regex = "zh|en"


def current_lang() -> str:
    """``zh`` or ``en`` of the present page; ``zh`` outside a request unless a message sets ``g.lang``."""
    return g.get("lang", "zh") if g else "zh"


def preferred_lang() -> str:
    """What the visitor's browser asks for; Chinese when it says nothing that we have."""
    return request.accept_languages.best_match(["zh", "zh-cn", "zh-hans", "en"], default="zh")[:2]


def compile_catalog(target: Path) -> None:
    """Compile the .po beside the instance's other caches, unless the same one is compiled already."""
    digest = hashlib.sha256(CATALOG.read_bytes()).hexdigest()
    folder = target / "zh_Hans_CN" / "LC_MESSAGES"
    stamp = folder / "source.sha256"
    if stamp.exists() and stamp.read_text() == digest:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with CATALOG.open("rb") as source:
        catalog = read_po(source, locale="zh_Hans_CN")
    # Processes may start together: each writes its own file and moves it into place.
    descriptor, name = tempfile.mkstemp(dir=folder)
    with os.fdopen(descriptor, "wb") as file:
        write_mo(file, catalog)
    Path(name).replace(folder / "messages.mo")
    stamp.write_text(digest)


def other_lang_url() -> str:
    """The same page in the other language (the home page if this page cannot be linked)."""
    other = "en" if current_lang() == "zh" else "zh"
    if request.endpoint is None or request.view_args is None or request.method not in {"GET", "HEAD"}:
        return f"/{other}/"
    path = url_for(request.endpoint, **{**request.view_args, "lang": other})
    # The visitor's own arguments are appended, never handed to url_for, which takes some names (_scheme) as orders.
    query = urlencode(list(request.args.items(multi=True)))
    return f"{path}?{query}" if query else path


def escape_lazily(text: LazyString) -> str:
    """Flask-Babel's lazy texts call themselves HTML, so a name put into one (``_l("... %(name)s", name=typed)``)
    would reach the page unescaped. Ours are plain text, escaped like any other."""
    return str(escape(str(text)))


def init_app(app: Flask, instance: Path) -> None:
    LazyString.__html__ = escape_lazily
    compile_catalog(instance / "translations")
    app.config.update(
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES=str(instance / "translations"),
    )
    Babel(app, locale_selector=lambda: LANGUAGES[current_lang()])
    app.url_map.converters["lang"] = LanguageConverter

    @app.url_value_preprocessor
    def take_lang(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.lang = values.pop("lang", preferred_lang()) if values is not None else _lang_of_path()

    @app.url_defaults
    def give_lang(endpoint: str, values: dict[str, Any]) -> None:
        # An endpoint that does not exist is url_for's to complain of, in its own words.
        known = endpoint in app.view_functions
        if "lang" not in values and known and app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values["lang"] = current_lang() if has_request_context() or g else "zh"


def _lang_of_path() -> str:
    first = request.path.split("/", 2)[1]
    return first if first in LANGUAGES else preferred_lang()
