"""Nothing that can be sent breaks a page, shows its insides, or leaves something behind when it was refused.

Every route, as a visitor and as everybody of the cast, with the corpus of tests/house/bad_values.py. Forms are first
read from their own pages and filled as a sensible person would, so that the one bad value reaches as deep as it can.
What was accepted is undone by laying the database back, so that each value meets the same town (on PostgreSQL, where
that takes long, only for whom it matters).
"""

from __future__ import annotations

import io
import logging
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.routing import IntegerConverter, Rule

from sun_commune.core import access, pages
from sun_commune.core.db import Base, db
from tests.cast import PASSWORD, Cast, sign_in
from tests.house import bad_values as bad
from tests.house.town import ENTITLED, PEOPLE, Town, build
from tests.postgres import Server

#: Counters and sign-ins are no one's act.
UNCOUNTED = frozenset({"throttles", "sign_ins"})
#: What stays on purpose although the answer says that something is wrong.
STAYS = {
    "accounts.sign_in": {"audit_entries"},  # a wrong password stands on the trail
    "deliveries.receive_goods": {"uploads"},  # a photo is not lost because another field is wrong
    "needs.draft_need": None,  # a draft is saved however unfinished it is (None: anything)
    "needs.edit_need": None,
}
#: Pages on which the forms of acts without a page of their own stand.
PAGE_OF = {
    "accounts.sign_out": "accounts.my_page", "accounts.withdraw_invitation": "accounts.show_invitation",
    "backoffice.erase_household": "backoffice.request_erasure",
    "backoffice.take_back_erasure": "backoffice.request_erasure",
    **{f"choices.{act}_refund": "choices.show_refund" for act in ("record", "give_up", "confirm", "refuse")},
    **{f"disclosure.{act}_report": "disclosure.review_report" for act in ("publish", "send_back")},
    "households.give_consent": "households.show_household", "households.unmask_household": "households.show_household",
    "households.withdraw_consent": "households.show_household", "ledger.approve_correction": "ledger.show_correction",
    **{f"lanes.{act}_proposal": "lanes.show_proposal" for act in ("confirm", "refuse", "take_back")},
    "ledger.close_periods": "ledger.list_periods",
    "ledger.approve_voucher": "ledger.show_voucher", "ledger.refuse_correction": "ledger.show_correction",
    "ledger.refuse_voucher": "ledger.show_voucher", "ledger.withdraw_voucher": "ledger.show_voucher",
    "ledger.name_parcel": "ledger.show_voucher",
    "ledger.approve_budget": "ledger.show_budget", "ledger.refuse_budget": "ledger.show_budget",
    "ledger.withdraw_budget": "ledger.show_budget", "notifications.mark_all_read": "notifications.list_notices",
    "notifications.mark_read": "notifications.list_notices",
    "receipts.choose_naming": "receipts.list_my_receipts", "receipts.replace_receipt": "receipts.keep_receipt",
    **{f"statements.{act}": "statements.show_line" for act in
       ("ask_return", "place_in_pool", "place_on_claim", "tie_line")},
    "statements.approve_return": "statements.show_return", "statements.refuse_return": "statements.show_return",
    "statements.drop_statement": "statements.show_statement",
    "statements.post_statement": "statements.show_statement",
    **{f"needs.{act}_need": "needs.review_need" for act in
       ("approve", "close", "pause", "publish", "resume", "return", "submit", "withdraw")},
}  # fmt: skip


#: The style guide is served in the demo alone; what fits the second step changes every 30 seconds, so its forms have
#: bad values of their own in tests/accounts/test_second_factor.py.
#: A provider's call has no page; tests/payments/test_take_callback.py spoils it in every way.
SECOND_STEP = ("enrol_second_factor", "give_code", "remove_second_factor")
OTHERS = {"portal.style_guide", "payment_calls.take_callback", *(f"accounts.{act}" for act in SECOND_STEP)}
FORMS = {endpoint: who for endpoint, who in ENTITLED.items() if endpoint not in OTHERS}
#: Whose eyes see most of the pages of a feature.
OPENS = {
    "backoffice": "supervisor", "ledger": "treasurer", "accounts": "operator", "deliveries": "donor",
    "choices": "treasurer", "disclosure": "treasurer", "lanes": "operator", "payments": "donor",
    "receipts": "treasurer", "statements": "treasurer",
}  # fmt: skip


class Overheard(logging.Handler):
    """What the site logs as an accident."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@dataclass
class Walk:
    """Sends requests as the people of the town and keeps what was wrong with the answers."""

    app: Flask
    town: Town
    cookies: dict[str, str]
    lay_back: Callable[[], None]
    overheard: Overheard
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def send(self, who: str, method: str, path: str, said: str, **content: Any) -> int:
        client = self.app.test_client(use_cookies=False)
        headers = {"Cookie": f"sun={self.cookies[who]}"} if who else {}
        before = count_rows()
        self.overheard.records.clear()
        answer = client.open(path, method=method, headers={**headers, **content.pop("headers", {})}, **content)
        body = answer.get_data()
        self.statuses[answer.status_code] += 1
        where = f"{answer.status_code} {who or 'visitor'} {method} {path[:80]} {said}"
        wrongs = [f"logged {record.getMessage()} {record.exc_info and record.exc_info[1]!r:.300}"
                  for record in self.overheard.records]  # fmt: skip
        wrongs += ["a server error"] if answer.status_code >= 500 else []
        wrongs += [word for word in ("Traceback (most", bad.MARK, bad.TEMPLATE_RUN) if word.encode() in body]
        wrongs += ["split headers"] if "X-Bad" in answer.headers or "x=y" in str(answer.headers) else []
        if answer.status_code >= 400 or method == "GET":
            after = count_rows()
            left = [name for name in after if after[name] != before[name]]
            wrongs += [f"left rows in {name}" for name in left if not self.may(path, name)]
        elif method == "POST":
            self.lay_back()
        self.faults += [f"{where}: {wrong}" for wrong in wrongs]
        return answer.status_code

    def may(self, path: str, table: str) -> bool:
        """Rows of ``table`` may stay although the request at ``path`` was refused."""
        endpoint = self.endpoint_of(path)
        return table in UNCOUNTED or (endpoint in STAYS and (STAYS[endpoint] is None or table in STAYS[endpoint]))  # type: ignore[operator]  # None was first

    def endpoint_of(self, path: str) -> str:
        try:
            adapter = self.app.url_map.bind("localhost")
            return str(adapter.match(path.partition("?")[0], method="POST")[0])
        except Exception:  # noqa: BLE001 - a path that leads nowhere
            return ""

    def path(self, endpoint: str, **changes: str) -> str:
        rule = next(self.app.url_map.iter_rules(endpoint))
        values = {**self.town.values.get(endpoint, {}), "lang": "zh", **changes}
        parts = []
        for is_value, part in rule._trace:
            if part != "|":
                parts.append(str(values.get(part, "X1")) if is_value else part)
        return "".join(parts)

    def form(self, endpoint: str) -> bad.Form:
        """The form of an act, read from its page as whoever may do it."""
        page, path = self.path(PAGE_OF.get(endpoint, endpoint)), self.path(endpoint)
        if PAGE_OF.get(endpoint) == "needs.review_need":
            page = path.rpartition("/")[0] + "/review"
        elif endpoint in PAGE_OF and self.town.values.get(endpoint):
            values = {name: str(value) for name, value in self.town.values[endpoint].items()}
            page = self.path(PAGE_OF[endpoint], **values)
        who = ENTITLED[endpoint]
        headers = {"Cookie": f"sun={self.cookies[who]}"} if who else {}
        answer = self.app.test_client(use_cookies=False).get(page, headers=headers)
        assert answer.status_code == 200, (endpoint, page, answer.status_code)
        form = bad.Form(answer.text, path, page)
        assert form.found, (endpoint, "its form is not on", page)
        return form

    def forms(self) -> dict[str, bad.Form]:
        """All of them, read before anything is done: later acts end the sign-ins of those whom they concern."""
        return {endpoint: self.form(endpoint) for endpoint in FORMS}

    def say(self) -> None:
        """The summary, and all that was wrong."""
        print(f"{self.statuses.total()} requests: {dict(sorted(self.statuses.items()))}")
        assert self.faults == [], "\n".join(self.faults[:40])


def count_rows() -> Mapping[str, int]:
    """Rows of every table."""
    names = sorted(Base.metadata.tables)
    union = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in names)  # noqa: S608 - own names
    rows = db.session.execute(text(union)).all()
    db.session.rollback()
    return {row[0]: row[1] for row in rows}


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in access.UNRULED_ENDPOINTS]


@pytest.fixture
def walk(app: Flask, cast: Cast, database_kind: str) -> Iterator[Walk]:
    town = build(cast)
    cookies = {}
    for who in PEOPLE:
        client = app.test_client()
        sign_in(client, getattr(cast, who))
        cookie = client.get_cookie("sun")
        assert cookie
        cookies[who] = cookie.value
    overheard = Overheard()
    logging.getLogger("sun_commune").addHandler(overheard)
    yield Walk(app, town, cookies, keep_file(app) if database_kind == "sqlite" else lambda: None, overheard)
    logging.getLogger("sun_commune").removeHandler(overheard)


@pytest.fixture
def same_town_walk(walk: Walk, database_kind: str, worker_name: str, request: pytest.FixtureRequest) -> Walk:
    """A walk on which every act meets the same town on PostgreSQL too."""
    if database_kind == "postgresql":
        walk.lay_back = keep_database(request.getfixturevalue("postgres_server"), worker_name)
    return walk


def close() -> None:
    db.session.remove()
    db.engine.dispose()


def keep_database(server: Server, worker: str) -> Callable[[], None]:
    """Keep the PostgreSQL database as it is now; gives back how to lay it back."""
    close()
    server.create_database(f"town_{worker}", template=f"test_{worker}")

    def lay_back() -> None:
        close()
        server.create_database(f"test_{worker}", template=f"town_{worker}")

    return lay_back


def keep_file(app: Flask) -> Callable[[], None]:
    """The same for the SQLite database."""
    path, kept = Path(app.instance_path) / "test.sqlite", Path(app.instance_path) / "town.sqlite"
    close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    shutil.copy(path, kept)

    def lay_back() -> None:
        close()
        for extra in path.parent.glob("test.sqlite-*"):
            extra.unlink()
        shutil.copy(kept, path)

    return lay_back


def test_every_act_is_in_the_town(app: Flask) -> None:
    acts = {rule.endpoint for rule in rules(app) if "POST" in (rule.methods or set())}
    assert acts == ENTITLED.keys()


def test_one_bad_value_in_a_good_form(walk: Walk, database_kind: str) -> None:
    step = 12 if database_kind == "sqlite" else 24
    for endpoint, form in walk.forms().items():
        who = FORMS[endpoint]
        good, path = form.filled(walk.town.fill), walk.path(endpoint)
        for said, values in bad.spoiled(good, step):
            walk.send(who, "POST", path, said, data=values)
    walk.say()


@pytest.mark.one_database
def test_sensible_forms_are_accepted(same_town_walk: Walk) -> None:
    """Else the bad values would all be stopped by something that was wrong before."""
    walk = same_town_walk
    refused = {}
    for endpoint, who in FORMS.items():
        form = walk.form(endpoint)
        content: dict[str, Any] = form.filled(walk.town.fill)
        content |= {"password": PASSWORD} if endpoint == "accounts.sign_in" else {}
        content |= {name: bad.attached(bad.GOOD_FILES[name]) for name in form.files if name in bad.GOOD_FILES}
        status = walk.send(who, "POST", walk.path(endpoint), "sensible", data=content)
        if status >= 400:
            refused[endpoint] = status
    assert not refused, "\n".join(refused)
    walk.say()


@pytest.mark.one_database
@pytest.mark.parametrize("key", [None, "", "short", "x" * 65])
def test_form_without_its_key_does_nothing_and_keeps_what_was_typed(walk: Walk, key: str | None) -> None:
    """Each retry of a sender that drops the key would be an act of its own."""
    tried = []
    for endpoint, form in walk.forms().items():
        who, path, good = FORMS[endpoint], walk.path(endpoint), form.filled(walk.town.fill)
        if good.pop("once", None) is None:
            continue
        good |= {} if key is None else {"once": key}
        files = {name: bad.attached(bad.GOOD_FILES[name]) for name in form.files if name in bad.GOOD_FILES}
        client = walk.app.test_client(use_cookies=False)
        before = count_rows()
        answer = client.post(path, data={**good, **files}, headers={"Cookie": f"sun={walk.cookies[who]}"})
        says_so = "so nothing was stored" in answer.text or "所以什么都没有保存" in answer.text
        assert (answer.status_code, says_so) == (422, True), endpoint
        assert count_rows() == before, endpoint
        again = bad.Form(answer.text, path, path).filled({})
        assert 8 <= len(again["once"]) <= 64, endpoint
        assert {name: again[name] for name in again if good.get(name) and name != "once"} == {
            name: good[name] for name in again if good.get(name) and name != "once"
        }, endpoint
        tried.append(endpoint)
    assert len(tried) > 15, tried


def test_bad_files(walk: Walk) -> None:
    for endpoint, form in walk.forms().items():
        who = FORMS[endpoint]
        good, path = form.filled(walk.town.fill), walk.path(endpoint)
        for name in form.files:
            for said, content in bad.files().items():
                walk.send(who, "POST", path, f"{name}: {said}", data={**good, name: bad.attached(content)})
            walk.send(who, "POST", path, f"{name} as text", data={**good, name: "text"})
        for name in list(good)[:6]:
            walk.send(who, "POST", path, f"a file as {name}", data={**good, name: (io.BytesIO(b"x"), "x.txt")})
        with_nul = {**good, "once": "once\x00once", "file": (io.BytesIO(b"x"), "x.txt")}
        walk.send(who, "POST", path, "NUL in a part", data=with_nul)
    walk.say()


def test_bad_bodies(walk: Walk) -> None:
    for endpoint, who in ENTITLED.items():
        for kind, body in bad.RAW:
            walk.send(who, "POST", walk.path(endpoint), kind, data=body, content_type=kind)
    path = walk.path("needs.draft_need")
    large = {"story": "x" * 2_000_000}
    assert walk.send("secretary", "POST", path, "large", data=large) == 413
    for sender in ("http://[", "null", "javascript:x", "//", "http://localhost:99999999"):
        walk.send("", "POST", path, f"Origin {sender}", data=large | {"story": "x"}, headers={"Origin": sender})
        walk.send("", "GET", "/zh/needs", f"headers {sender}", headers={"Accept-Language": sender, "Range": sender})
    walk.say()


def test_bad_addresses(walk: Walk) -> None:
    for rule in rules(walk.app):
        who = ENTITLED.get(rule.endpoint, "supervisor" if rule.endpoint.startswith("backoffice") else "secretary")
        for name in sorted(rule.arguments - {"lang"}):
            values = bad.INTS if isinstance(rule._converters[name], IntegerConverter) else bad.PATHS
            for value in values:
                path = walk.path(rule.endpoint, **{name: value})
                for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                    walk.send(who, method, path, f"{name} {value[:20]}")
    walk.say()


def test_bad_arguments(walk: Walk) -> None:
    """Each name with many values at the lists; all names at once, with changing values, at every other page."""
    lists = {"portal.list_needs", "portal.list_entries", "backoffice.list_acts", "disclosure.list_corrections"}
    shown = [rule for rule in rules(walk.app) if "GET" in (rule.methods or set())]
    for number, rule in enumerate(shown):
        opener = next((who for part, who in OPENS.items() if rule.endpoint.startswith(part)), "secretary")
        who, path = ENTITLED.get(rule.endpoint) or opener, walk.path(rule.endpoint)
        for turn, name in enumerate(bad.QUERY_NAMES):
            for value in bad.TEXTS[(number + turn) % 8 :: 8] if rule.endpoint in lists else ():
                extra = [("q", "花椒")] if name in {"after", "before"} else []
                walk.send(who, "GET", f"{path}?{urlencode([(name, value[:2000]), *extra])}", "")
        for turn in range(3):
            chosen = [bad.TEXTS[(number + turn * 17 + at) % len(bad.TEXTS)][:500] for at in range(len(bad.QUERY_NAMES))]
            walk.send(who, "GET", f"{path}?{urlencode(list(zip(bad.QUERY_NAMES, chosen, strict=True)))}", "")
    walk.say()


def test_everybody_everywhere(walk: Walk) -> None:
    """Each person at each real address: by GET, by an empty form, and with what is meant for somebody else."""
    for number, who in enumerate(("", *PEOPLE)):
        for turn, rule in enumerate(rules(walk.app)):
            path = walk.path(rule.endpoint)
            if "GET" in (rule.methods or set()):
                walk.send(who, "GET", path, "")
            if "POST" in (rule.methods or set()):
                value = bad.TEXTS[(number * 7 + turn) % len(bad.TEXTS)]
                walk.send(who, "POST", path, f"everything {value[:20]!r}", data=dict.fromkeys(walk.town.fill, value))
    walk.say()


#: What broke once, each by name: who, method, path, content.
ONCE_BROKEN: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "an argument with the name of one of url_for's": ("", "GET", "/zh/needs?endpoint=1&_scheme=x&_anchor=a", {}),
    "a superscript as a page key": ("", "GET", "/zh/needs?q=花椒&after=²", {}),
    "no place to read on from, with words": ("", "GET", "/zh/ledger/entries?q=花椒&after=-0", {}),
    "the last day of the calendar": ("supervisor", "GET", "/zh/audit?day=9999-12-31", {}),
    "the first day of the calendar": ("supervisor", "GET", "/zh/audit?day=0001-01-01", {}),
    "a year too large for any calendar": (
        "donor", "POST", "/zh/my/duties/request", {"data": {"starts_on": "99999999999999999999-1-1"}}),
    "a file in the place of a text": ("donor", "POST", "/zh/my/contact", {"data": {"name": (b"x", "x.txt")}}),
    "blanks as a quantity": ("treasurer", "POST", "/zh/treasury/payments", {"data": {"amount_fen": " "}}),
    "an Origin that is no address": (
        "", "POST", "/zh/my/contact", {"data": {"name": "x"}, "headers": {"Origin": "http://["}}),
    "a form of JSON": ("donor", "POST", "/zh/my/contact", {"json": [1, 2]}),
}  # fmt: skip


@pytest.mark.parametrize("what", ONCE_BROKEN)
def test_what_once_broke(app: Flask, cast: Cast, what: str) -> None:
    who, method, path, content = ONCE_BROKEN[what]
    data = {
        name: (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
        for name, value in content.get("data", {}).items()
    }
    client = app.test_client()
    if who:
        sign_in(client, getattr(cast, who))
    answer = client.open(path, method=method, **(content | ({"data": data} if data else {})))
    assert answer.status_code < 500


def test_large_form_without_files_is_refused(client: FlaskClient) -> None:
    """Whether its length is told or not; two megabytes of text are no form of this site."""
    assert client.post("/zh/sign-in", data={"contact": "x" * 2_000_000}).status_code == 413


def test_repeated_nul_is_refused(client: FlaskClient) -> None:
    parts = {"contact": ["x", "a\x00b"], "file": (io.BytesIO(b"x"), "x.txt")}
    assert client.post("/zh/sign-in", data=parts).status_code == 400


def test_accident_in_what_pages_share_is_still_an_answer(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down() -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(pages.i18n, "other_lang_url", break_down)
    answer = client.get("/zh/about")
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.text


def test_errors_of_the_database_do_not_tell_values(app: Flask) -> None:
    with pytest.raises(DBAPIError) as refused:
        db.session.execute(text("SELECT :secret FROM no_such_table"), {"secret": "13800001234"})
    db.session.rollback()
    assert "13800001234" not in str(refused.value)
