"""What a visit may weigh, and what the content security policy forbids in templates."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import sun_commune
from sun_commune.core.assets import build_assets, join_files

PACKAGE = Path(sun_commune.__file__).parent
STATIC = PACKAGE / "static"
TEMPLATES = sorted((PACKAGE / "templates").rglob("*.html"))
#: A name with a leading _ is a part that several pages of one feature include.
PAGES = [
    path
    for path in TEMPLATES
    if path.parent.name not in {"components", "layouts", "emails"} and not path.name.startswith("_")
]

CSS_MOST_BYTES = 12 * 1024
#: A sheet that only some pages load beside the common one; each, and no more of them than are named here.
PAGE_CSS_MOST_BYTES = 4 * 1024
PAGE_SHEETS = {"ledger.css", "covers.css"}
JS_MOST_BYTES = 8 * 1024
#: A script that only some pages load, likewise.
PAGE_JS_MOST_BYTES = 4 * 1024
PAGE_SCRIPTS = {"covers.js"}

#: An inline script, an inline style, a handler attribute, or anything from another address.
FORBIDDEN = {
    "inline style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "inline script": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "handler attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "asset from elsewhere": re.compile(
        r"<(?:script|link|img|use)\b[^>]*(?:src|href)=[\"']?(?:https?:)?//", re.IGNORECASE
    ),
}


def template_name(path: Path) -> str:
    return path.relative_to(PACKAGE / "templates").as_posix()


def without_comments(text: str) -> str:
    return re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)


def test_css_fits_its_budget() -> None:
    assert len(join_files(STATIC / "css", "*.css")) <= CSS_MOST_BYTES


@pytest.mark.parametrize(
    ("folder", "names", "most"),
    [("css", PAGE_SHEETS, PAGE_CSS_MOST_BYTES), ("js", PAGE_SCRIPTS, PAGE_JS_MOST_BYTES)],
    ids=["sheets", "scripts"],
)
def test_what_some_pages_load_fits_its_budget(folder: str, names: set[str], most: int) -> None:
    sizes = {path.name: len(path.read_bytes()) for path in (STATIC / folder / "pages").iterdir()}
    assert sizes.keys() == names
    assert max(sizes.values()) <= most


def test_js_fits_its_budget() -> None:
    assert len(join_files(STATIC / "js", "*.js")) <= JS_MOST_BYTES


@pytest.mark.parametrize("path", TEMPLATES, ids=template_name)
def test_template_holds_nothing_that_the_policy_forbids(path: Path) -> None:
    text = without_comments(path.read_text(encoding="utf-8"))
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    assert not found


@pytest.mark.parametrize("path", PAGES, ids=template_name)
def test_page_extends_a_layout(path: Path) -> None:
    first_tag = re.search(r"\{%.*?%\}", without_comments(path.read_text(encoding="utf-8")))
    assert first_tag is not None
    assert re.fullmatch(r"\{%-? extends \"(layouts|errors)/\w+\.html\" -?%\}", first_tag[0])


def test_static_files_are_built_once_under_their_hash(tmp_path: Path) -> None:
    names = build_assets(STATIC, tmp_path)
    assert {"app.css", "app.js", "icons.svg", "logo.svg"} <= set(names)
    css = tmp_path / names["app.css"]
    assert css.read_bytes().startswith(b":root"), "base.css comes first"
    assert gzip.decompress(Path(f"{css}.gz").read_bytes()) == css.read_bytes()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert build_assets(STATIC, tmp_path) == names
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_changed_content_gets_another_name(tmp_path: Path) -> None:
    source = tmp_path / "static"
    for folder in ("css", "js", "img"):
        (source / folder).mkdir(parents=True)
    (source / "css" / "base.css").write_text("a{}")
    first = build_assets(source, tmp_path / "out")["app.css"]
    (source / "css" / "base.css").write_text("b{}")
    assert build_assets(source, tmp_path / "out")["app.css"] != first
