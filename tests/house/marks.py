"""A person without a browser: opens the page of a form, fills it in, sends it - and sends it once more."""

from __future__ import annotations

import re
from collections import deque
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from sun_commune.accounts.models import User
from sun_commune.core.db import Base, db
from tests.cast import sign_in
from tests.house.bad_values import Form

LINK = re.compile(r'(?:href|src|action)="([^"]+)"')
#: What a second sending may add: a wrong or repeated try leaves a line on the trail, a counter, a sign-in.
REPEATS = frozenset({"throttles", "sign_ins", "form_keys"})


def counts() -> dict[str, int]:
    tables = sorted(Base.metadata.tables)
    union = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in tables)  # noqa: S608 - own names
    rows = db.session.execute(text(union)).all()
    db.session.rollback()
    return {row[0]: row[1] for row in rows if row[0] not in REPEATS}


class Person:
    """Somebody of the cast, or a visitor."""

    def __init__(self, app: Flask, user: User | None) -> None:
        self.client: FlaskClient = app.test_client()
        if user is not None:
            sign_in(self.client, user)

    def sends(self, path: str, page: str = "", *, again: bool = True, **values: Any) -> str:
        """Fill in the form that ``page`` sends to ``path``; where it led. Sent ``again``, it changes nothing more."""
        shown = self.client.get(page or path)
        assert shown.status_code == 200, (page or path, shown.status_code, shown.location)
        form = Form(shown.text, path.partition("?")[0], (page or path).partition("?")[0])
        assert form.found, ("no form for", path, "on", page or path)
        names = {name.replace("__", "-"): value for name, value in values.items()}
        filled = {**form.filled({}), **names}
        files = {name: value for name, value in filled.items() if callable(value)}
        answer = self.client.post(path, data={**filled, **{name: make() for name, make in files.items()}})
        assert answer.status_code in {200, 302, 303}, (path, answer.status_code, errors_of(answer.text))
        if again:
            before = counts()
            repeated = self.client.post(path, data={**filled, **{name: make() for name, make in files.items()}})
            assert repeated.status_code < 500, path
            after = counts()
            assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {}, path
        return str(answer.location or "")

    def reads(self, *starts: str, most: int = 120) -> dict[str, str]:
        """Every page that can be reached by links from ``starts``; at most three of one shape."""
        pages: dict[str, str] = {}
        shapes: dict[str, int] = {}
        waiting = deque(starts)
        while waiting and len(pages) < most:
            url = waiting.popleft()
            shape = re.sub(r"[A-Z0-9-]{6,}|\d+|=[^&]*", "*", url)
            if url in pages or shapes.get(shape, 0) >= 3:
                continue
            shapes[shape] = shapes.get(shape, 0) + 1
            answer = self.client.get(url)
            assert answer.status_code < 500, url
            pages[url] = f"{answer.headers}\n{answer.get_data().decode('utf-8', 'replace')}"
            if answer.mimetype == "text/html":
                waiting += [link for link in map(self.local(url), LINK.findall(answer.text)) if link]
            answer.close()
        return pages

    @staticmethod
    def local(base: str) -> Any:
        def follow(link: str) -> str:
            target = urlsplit(urldefrag(urljoin(f"http://localhost{base}", link.replace("&amp;", "&")))[0])
            is_own = target.netloc == "localhost" and not target.path.startswith(("/static", "/assets", "/photos"))
            return f"{target.path}{'?' + target.query if target.query else ''}" if is_own else ""

        return follow


def errors_of(page: str) -> list[str]:
    """What the summary of a form says."""
    return re.findall(r'<li><a href="#[^"]*">([^<]*)', page)[:6]
