"""One style sheet, one script, a few pictures, each under the hash of its content; and for the few pages that draw
what no other page draws, a sheet or a script of their own (``static/css/pages``, ``static/js/pages``).

There is no build step: at start the files of ``static/css`` (``base.css`` first) and of ``static/js``
are laid together and written, plain and gzipped, to ``<instance>/assets``. The name changes with the
content, so browsers may keep a file for ever. WhiteNoise serves the folder below ``/assets/``.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from tempfile import NamedTemporaryFile

from flask import Flask
from whitenoise import WhiteNoise

PREFIX = "/assets/"
COMPRESSED = {".css", ".js", ".svg"}
HASH_LENGTH = 12
#: Served each by itself.
ALONE = ("img/*", "css/pages/*.css", "js/pages/*.js")


def init_app(app: Flask) -> None:
    """Build the assets, serve them, and give templates ``asset_url("app.css")``."""
    folder = Path(app.instance_path) / "assets"
    is_debug = app.debug
    names = build_assets(Path(str(app.static_folder)), folder)
    app.extensions["assets"] = names
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(folder),
        prefix=PREFIX,
        autorefresh=is_debug,
        immutable_file_test=lambda path, url: True,
        add_headers_function=_forbid_guessing,
        allow_all_origins=False,
    )

    def asset_url(name: str) -> str:
        if is_debug:  # a changed style sheet shows at the next reload
            names.update(build_assets(Path(str(app.static_folder)), folder))
        return f"{PREFIX}{names[name]}"

    app.add_template_global(asset_url)


def build_assets(source: Path, folder: Path) -> dict[str, str]:
    """Write every asset of ``source`` to ``folder``; return plain name -> hashed name."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {"app.css": join_files(source / "css", "*.css"), "app.js": join_files(source / "js", "*.js")}
    alone = [path for part in ALONE for path in sorted(source.glob(part))]
    contents |= {path.name: path.read_bytes() for path in alone if path.is_file()}
    return {name: _write(folder, name, content) for name, content in contents.items()}


def join_files(folder: Path, pattern: str) -> bytes:
    """The files of a folder in one: ``base`` first, since the others lean on it, then by name."""
    paths = sorted(folder.glob(pattern), key=lambda path: (path.stem != "base", path.name))
    return b"\n".join(path.read_bytes() for path in paths)


def _write(folder: Path, name: str, content: bytes) -> str:
    stem, ending = Path(name).stem, Path(name).suffix
    hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:HASH_LENGTH]}{ending}"
    _write_once(folder / hashed, content)
    if ending in COMPRESSED:
        # mtime=0: the same content gives the same bytes on every machine.
        _write_once(folder / f"{hashed}.gz", gzip.compress(content, 9, mtime=0))
    return hashed


def _write_once(path: Path, content: bytes) -> None:
    """Write whole or not at all: several processes may start at the same moment."""
    if path.exists():
        return
    with NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        file.write(content)
    fresh = Path(file.name)
    fresh.chmod(0o644)
    fresh.replace(path)


def _forbid_guessing(headers: object, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"  # type: ignore[index]
