"""What strangers send: a fixed corpus, the same in every run, for tests/house/test_bad_requests.py."""

from __future__ import annotations

import io
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from tests.uploads.pictures import picture, png_bomb

#: Raw in any answer, this would be a hole.
MARK = "<b id=zq1>"
LONG = "长" * 10_000
#: 7 * 7777777: in an answer it would mean that typed text was run as a template.
TEMPLATE, TEMPLATE_RUN = "{{7*7777777}}${7*7777777}", "54444439"

TEXTS: tuple[str, ...] = (
    "", " ", "0", "-1", "-0", "1" + "0" * 30, str(2**63), str(2**31), "1e308", "NaN", "0x10", "1_000", "²", "१२",
    "１２３", "999999999", "0.001", "99.999", "1,2,3", "\x00", "ab\x00cd", "\u202e\u200b\ufeff", "\ud7ff\uffff😀" * 20,
    LONG, "x" * 300, f"{MARK}x</b>", f'"><img src=x onerror=alert(1)>{MARK}', f"</textarea>{MARK}",
    "' OR 1=1; DROP TABLE users;--", '" OR ""="', "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd", TEMPLATE, "%(name)s %s %d %",
    "{0} {x}", "../../etc/passwd", "..%2f..%2f", "javascript:alert(1)", "//evil.example/", "\\\\evil",
    "a\r\nSet-Cookie: x=y",
    "2026-02-30", "9999-12-31", "0001-01-01", "99999999999999999999-1-1", "1900-01-01", "2200-12-31", "true", "null",
    "[]", "{}", "on", "no_such_choice", "RLXXXXXXXX", "JK2345678X", "XQ-2026-99999", "D0001", "U0001",
)  # fmt: skip

PATHS: tuple[str, ...] = (
    "..", "..%2f..%2fetc%2fpasswd", "%00", "a%00b", "%ff%fe", "%ed%a0%80", "²", "x" * 5000, "%3Cscript%3E", "-1", "0",
    "' OR 1=1--", "%7B%7B7*7777777%7D%7D", "１２", "%F0%9F%98%80", "%25s", "a;b", "%0d%0aX-Bad:1",
)  # fmt: skip
INTS = ("0", "-1", "1" + "0" * 40, "²", "1.5", "%00", "999")

QUERY_NAMES = (
    "after", "before", "q", "page", "day", "object", "act", "county", "township", "category", "kind", "subject",
    "urgency", "open", "sort", "month", "need", "claim", "next", "as", "group", "household", "payment_code",
    "lines-1-quantity", "lines-1-all", "endpoint", "_scheme", "_method", "_anchor", "_external", "lang", "code",
    "back", "by", "fate", "name", "row", "source", "state", "version", "voucher",
)  # fmt: skip


#: What a sensible person hands in, by the name of the field.
GOOD_FILES: dict[str, tuple[bytes, str]] = {
    "document": (b"%PDF-1.7\nx", "x.pdf"),
    "redacted": (picture(), "x.jpg"),
    "file": ("日期,收入,支出,流水号\n2026-11-02,5.00,,A9\n".encode(), "x.csv"),
}


def files() -> dict[str, tuple[bytes, str]]:
    """Bytes and file name of what is handed in as a photo or a paper."""
    good = picture()
    return {
        "empty": (b"", "empty.jpg"),
        "text": ("这不是照片".encode(), "photo.jpg"),
        "bomb": (png_bomb(30_000, 30_000), "bomb.png"),
        "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "x.svg"),
        "polyglot": (good + b"<script>alert(1)</script>", "x.jpg"),
        "zip": (good + b"PK\x05\x06" + bytes(18), "x.jpg"),
        "truncated": (good[: len(good) // 2], "x.jpg"),
        "start alone": (b"\xff\xd8\xff", "x.jpg"),
        "wide": (png_bomb(60_000, 1), "wide.png"),
        "html": (b"<html><script>alert(1)</script>", "x.pdf"),
        "pdf": (b"%PDF-1.7\n1 0 obj\n", "../../evil.pdf"),
        "heic": (b"\0\0\0\x18ftypheic" + bytes(40), "IMG_1.HEIC"),
        "strange name": (good, 'a"b\\..\\c%00\u202e.jpg' + "n" * 400),
    }


RAW: tuple[tuple[str, bytes], ...] = (
    ("application/json", b'{"name": ["x"], "title": {"a": 1}}'),
    ("application/json", b"[1, 2"),
    ("text/plain", b"name=x"),
    ("application/xml", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\ncut'),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; filename="a"\r\n\r\nb\r\n--x--'),
    ("application/x-www-form-urlencoded", b"name=%ff%fe&title=%ed%a0%80&%00=1&=&&&a=b=c&x%5B%5D=1"),
    ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(3000))),
    ("application/x-www-form-urlencoded; charset=utf-7", b"name=%2BADw-b%2BAD4-"),
)


class Form(HTMLParser):
    """The fields of the form of a page that is sent to ``path``, each with what a browser would send."""

    def __init__(self, html: str, path: str, page: str) -> None:
        super().__init__()
        self.path, self.page = path, page
        self.fields: list[tuple[str, str]] = []
        self.files: list[str] = []
        self.unticked: list[str] = []
        self._is_inside, self._text, self._select, self.found = False, "", "", False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.found:
            action = given.get("action") or self.page
            self._is_inside = given.get("method") == "post" and action.partition("?")[0].partition("#")[0] == self.path
        name = given.get("name", "")
        if not self._is_inside or not name:
            if tag == "option" and self._is_inside and self._select:
                self._choose(given)
            return
        kind = given.get("type", "text")
        if tag == "input" and kind == "file":
            self.files.append(name)
        elif tag == "input" and kind in {"radio", "checkbox"}:
            if "checked" in given or (kind == "radio" and name not in dict(self.fields)):
                self._put(name, given.get("value", "y"))
            else:
                self.unticked.append(name)
        elif tag == "input" or (tag == "button" and name not in dict(self.fields)):
            self.fields.append((name, given.get("value", "")))
        elif tag == "select":
            self._select = name
            self.fields.append((name, ""))
        elif tag == "textarea":
            self._text = name
            self.fields.append((name, ""))

    def _choose(self, given: dict[str, str]) -> None:
        if "selected" in given or not dict(self.fields)[self._select]:
            self._put(self._select, given.get("value", ""))

    def _put(self, name: str, value: str) -> None:
        self.fields = [(other, old) for other, old in self.fields if other != name] + [(name, value)]

    def handle_data(self, data: str) -> None:
        if self._text:
            self._put(self._text, data.strip("\r\n"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._is_inside:
            self._is_inside, self.found = False, True
        elif tag == "textarea":
            self._text = ""
        elif tag == "select":
            self._select = ""

    def filled(self, fill: dict[str, str]) -> dict[str, str]:
        """What a sensible person sends: the page's own values, and ``fill`` where it left a field empty."""
        ticked = {name: fill[name] for name in self.unticked if name in fill}
        return {name: value or fill.get(name, "") for name, value in self.fields} | ticked


def attached(content: tuple[bytes, str]) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content[0]), content[1]


def spoiled(form: dict[str, str], step: int) -> Iterator[tuple[str, Any]]:
    """The form with one thing wrong each time, and what that is. Every ``step``-th text at each field, beginning with
    another one at each."""
    for number, name in enumerate(form):
        for value in TEXTS[number % step :: step]:
            yield f"{name}={value[:20]!r}", {**form, name: value}
        yield f"without {name}", {other: value for other, value in form.items() if other != name}
        yield f"{name} twice", {**form, name: [form[name], TEXTS[number % len(TEXTS)]]}
    yield "nothing", {}
    yield "unknown fields", {**form, "is_admin": "1", "id": "1", "state": "published", "user_id": "1", "__proto__": "x"}
    yield "all empty", dict.fromkeys(form, "")
    yield "lists", {f"{name}[]": value for name, value in form.items()} | {"lines-9999-item": "x", "lines-²-item": "x"}
