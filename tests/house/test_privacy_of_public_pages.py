"""No private value on any public page: the whole demo is read as a visitor reads it, in both languages.

The crawl starts at the two home pages and follows every link, picture and file within the site. What it read is
searched for everything private that the demo holds. A planted value is found, so a blind search does not pass.
"""

from __future__ import annotations

import html
import re
from collections import Counter, deque
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urldefrag, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select, update

from sun_commune.accounts.contacts import show_phone
from sun_commune.accounts.models import User, UserKind
from sun_commune.core.db import db, transaction
from sun_commune.core.i18n import LANGUAGES
from sun_commune.core.labels import label
from sun_commune.deliveries.models import Delivery
from sun_commune.households.models import Household, SupportLabel
from sun_commune.households.services import PrivateFields, open_private
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Voucher
from sun_commune.needs.models import Need, NeedChange
from sun_commune.pledges.models import Claim, Shown
from sun_commune.uploads.models import Upload

HOST = "http://localhost"
LINK = re.compile(r"""(?:href|src|srcset|action|poster|data)=["']([^"']+)["']|url\(["']?([^"')]+)""")
#: Filters can be joined without end; of one page with the same kinds of filters so many are read.
MOST_OF_A_SHAPE = 5
#: Pages and files made of the books' entries.
BOOKS = re.compile(r"(/zh|/en)?/ledger")


@dataclass
class Site:
    """What a visitor read: address -> bytes."""

    pages: dict[str, bytes] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)

    def addresses(self, pattern: str) -> list[str]:
        return [address for address in self.pages if re.fullmatch(pattern, address)]


def shape_of(address: str) -> tuple[str, tuple[str, ...]]:
    parts = urlsplit(address)
    return parts.path, tuple(sorted(name for name, _ in parse_qsl(parts.query, keep_blank_values=True)))


def links_in(address: str, text: str) -> list[str]:
    """Addresses within the site that a page names."""
    found = []
    for one, other in LINK.findall(text):
        for candidate in html.unescape(one or other).split(","):
            target = urldefrag(urljoin(HOST + address, candidate.strip().split(" ")[0]))[0]
            if target.startswith(HOST + "/"):
                found.append(target.removeprefix(HOST))
    return found


def read_site(client: FlaskClient) -> Site:
    site, waiting = Site(), deque(["/zh/", "/en/"])
    seen, shapes = set(waiting), Counter[Any]()
    while waiting:
        address = waiting.popleft()
        with client.get(address) as answer:
            site.statuses[answer.status_code] += 1
            body = answer.get_data() + str(answer.headers).encode()
        site.pages[address] = body
        text = body.decode("utf-8", "replace") if answer.mimetype.startswith("text/") else ""
        moved = [answer.headers["Location"]] if "Location" in answer.headers else []
        for link in [*links_in(address, text), *(urljoin(HOST + address, each).removeprefix(HOST) for each in moved)]:
            shape = shape_of(link)
            if link in seen or not link.startswith("/") or (shape[1] and shapes[shape] >= MOST_OF_A_SHAPE):
                continue
            shapes[shape] += 1
            seen.add(link)
            waiting.append(link)
    return site


@dataclass(frozen=True)
class Secret:
    """``whose`` names the field and the object, never the value: it stands in the test's report."""

    whose: str
    value: str

    @property
    def needles(self) -> set[bytes]:
        digits = re.sub(r"\D", "", self.value)
        spellings = {self.value}
        if "phone" in self.whose:
            number = digits[-11:]
            spellings |= {number, show_phone(f"+86{number}"), f"{number[:3]}-{number[3:7]}-{number[7:]}"}
        return {spelling.encode() for spelling in spellings if spelling}


def secrets_of_families() -> list[Secret]:
    secrets = []
    for household in db.session.execute(select(Household)).scalars():
        private = open_private(household)
        for entry in fields(PrivateFields):
            value = getattr(private, entry.name)
            # The label is one of a few words that the privacy page must name; its place is asked for below.
            if value and entry.name != "support_label":
                secrets.append(Secret(f"{entry.name} of household {household.code}", value))
    return secrets


def secrets_of_people() -> list[Secret]:
    """Phones and e-mails of all; names of those who never chose to be named."""
    named = set(db.session.execute(select(Claim.donor_id).where(Claim.shown == Shown.REAL)).scalars())
    people = list(db.session.execute(select(User)).scalars())
    shown_names = {user.name for user in people if user.duties or user.id in named}
    secrets = [Secret(f"phone of {user.code}", user.phone) for user in people if user.phone]
    secrets += [Secret(f"email of {user.code}", user.email) for user in people if user.email]
    for user in people:
        is_hidden = user.id not in named and not user.duties
        if is_hidden and user.kind is UserKind.PERSON and user.name not in shown_names:
            secrets.append(Secret(f"name of {user.code}", user.name))
    # Contact persons of organisations share one invented name.
    secrets += [Secret(f"contact person {user.code}", user.name) for user in people if user.name == "联系人示例"]
    return secrets


def secrets_of_papers() -> list[Secret]:
    """Payees, bank references, parcels' numbers, payment codes, and what offices wrote to each other."""
    vouchers = list(db.session.execute(select(Voucher)).scalars())
    secrets = [Secret(f"payee of {voucher.code}", voucher.payee_name) for voucher in vouchers]
    secrets += [Secret(f"refusal of {voucher.code}", voucher.refusal) for voucher in vouchers if voucher.refusal]
    for name in ("bank_reference", "tracking_number", "note", "dispute_reason", "settlement"):
        rows = db.session.execute(select(Delivery.code, getattr(Delivery, name)))
        secrets += [Secret(f"{name} of {code}", value) for code, value in rows if value]
    payments = db.session.execute(select(Claim.code, Claim.payment_code).where(Claim.payment_code.is_not(None)))
    secrets += [Secret(f"payment code of {code}", value) for code, value in payments if value]
    reasons = db.session.execute(select(NeedChange.id, NeedChange.reason).where(NeedChange.reason != ""))
    # A reason in ASCII is one of the system's own words, a value of SystemReason.
    secrets += [Secret(f"reason of change {row}", reason) for row, reason in reasons if not reason.isascii()]
    return secrets


def find_leaks(pages: dict[str, bytes], secrets: list[Secret]) -> list[str]:
    """ "address: whose" of each secret that a page holds, as it is, escaped for HTML, or in an address."""
    found = []
    for address, body in pages.items():
        plain = html.unescape(body.decode("utf-8", "ignore")).encode()
        texts = (body, plain, unquote_to_bytes(body), unquote_to_bytes(address))
        found += [
            f"{address}: {secret.whose}"
            for secret in secrets
            if any(needle in text for needle in secret.needles for text in texts)
        ]
    return found


_read: dict[int, Site] = {}


@pytest.fixture
def site(demo_site: Flask, demo_client: FlaskClient) -> Site:
    """Read once per worker and database."""
    if id(demo_site) not in _read:
        _read[id(demo_site)] = read_site(demo_client)
    return _read[id(demo_site)]


def test_visitor_reads_every_public_page(site: Site) -> None:
    """The crawl is whole: each listed need, entry, photo and file, in both languages, and nothing breaks."""
    assert not {status for status in site.statuses if status >= 500}
    for need in db.session.execute(select(Need).where(Need.is_listed)).scalars():
        assert f"/zh/needs/{need.code}" in site.pages
        assert f"/en/needs/{need.code}" in site.pages
    for uid in db.session.execute(select(Transfer.uid)).scalars():
        assert f"/zh/ledger/entries/{uid}" in site.pages
    for token in db.session.execute(select(Upload.token).where(Upload.is_public)).scalars():
        assert site.addresses(rf"/photos/{token}/\d+\.jpg"), "a public photo that no page shows"
    assert site.addresses(r"/(zh|en)/ledger\.csv.*")
    assert site.addresses(r"/zh/villages/\d+")
    assert len(site.pages) > 300


def codes_of_hidden_needs() -> tuple[set[str], set[str]]:
    """Codes of needs that the public may not see now: those that stand in the books, and the others.

    An entry of the books keeps the code for good, also when its need is withdrawn or paused later: whoever gave can ask
    what became of the money. It was public when the money came, for nobody can give for a need that is not.
    """
    hidden = set(db.session.execute(select(Need.code).where(~Need.is_listed)).scalars())
    both = select(Transfer.need_code, Transfer.to_need_code)
    booked = {code for row in db.session.execute(both) for code in row if code} & hidden
    return booked, hidden - booked


def test_need_that_is_not_public_and_not_in_the_books_is_nowhere(site: Site) -> None:
    _booked, hidden = codes_of_hidden_needs()
    drafts = set(db.session.execute(select(Need.code).where(Need.published_at.is_(None))).scalars())
    assert drafts
    assert drafts < hidden, "beside drafts there are needs that were hidden before anything came"
    assert find_leaks(site.pages, [Secret(f"code of {code}", code) for code in sorted(hidden)]) == []


def test_need_that_is_hidden_now_is_a_mere_code_in_the_books(site: Site) -> None:
    booked, _hidden = codes_of_hidden_needs()
    assert booked
    assert not set(db.session.execute(select(Need.code).where(Need.published_at.is_(None))).scalars()) & booked
    elsewhere = {address: body for address, body in site.pages.items() if not BOOKS.match(address)}
    assert len(elsewhere) > 300
    assert find_leaks(elsewhere, [Secret(f"code of {code}", code) for code in sorted(booked)]) == []


def test_words_of_hidden_needs_are_nowhere(site: Site) -> None:
    needs = list(db.session.execute(select(Need)).scalars())
    shown = "\n".join(f"{need.title}\n{need.story}" for need in needs if need.is_listed)
    told = [(need.code, text) for need in needs if not need.is_listed for text in (need.title, need.story) if text]
    # Two families may ask for the same in the same words.
    secrets = [Secret(f"words of {code}", text) for code, text in told if text not in shown]
    booked, _hidden = codes_of_hidden_needs()
    assert {secret.whose for secret in secrets} >= {f"words of {code}" for code in booked}
    assert find_leaks(site.pages, secrets) == []


def test_no_page_tells_of_a_family(site: Site) -> None:
    secrets = secrets_of_families()
    assert len(secrets) > 4 * 60
    assert find_leaks(site.pages, secrets) == []


def test_no_page_tells_how_to_reach_a_person(site: Site) -> None:
    secrets = secrets_of_people()
    assert len(secrets) > 2 * 60
    assert find_leaks(site.pages, secrets) == []


def test_no_page_tells_what_only_offices_write(site: Site) -> None:
    secrets = secrets_of_papers()
    assert len(secrets) > 30
    assert find_leaks(site.pages, secrets) == []


def test_no_page_of_a_need_says_why_a_family_is_supported(demo_app: Flask, site: Site) -> None:
    words = set()
    for language in LANGUAGES.values():
        with force_locale(language):
            words |= {str(label(each)) for each in SupportLabel if each is not SupportLabel.NONE}
    assert len(words) >= len(SupportLabel) - 1
    pages = {address: site.pages[address] for address in site.addresses(r"/(zh|en)/(needs|villages|ledger).*")}
    assert find_leaks(pages, [Secret(f"support label {word}", word) for word in sorted(words)]) == []


def test_private_photo_is_not_served_to_a_visitor(demo_client: FlaskClient) -> None:
    tokens = db.session.execute(select(Upload.token).where(~Upload.is_public)).scalars().all()
    assert tokens
    for token in tokens:
        assert demo_client.get(f"/photos/{token}/480.jpg").status_code == 404


@pytest.mark.parametrize("name", ["phone", "id_number", "name"])
def test_planted_value_is_found(demo_client: FlaskClient, name: str) -> None:
    """The negative control: a family's secret slips into a public story, and the same search sees it."""
    need = db.session.execute(
        select(Need).where(Need.is_listed, Need.household_id.is_not(None)).order_by(Need.id.desc()).limit(1)
    ).scalar_one()
    address, story, need_id = f"/en/needs/{need.code}", need.story, need.id
    household = db.session.get_one(Household, need.household_id)
    planted = getattr(open_private(household), name)
    secrets = [secret for secret in secrets_of_families() if secret.whose == f"{name} of household {household.code}"]
    assert find_leaks({address: demo_client.get(address).get_data()}, secrets) == []
    with transaction(audited=False) as session:
        session.execute(update(Need).where(Need.id == need_id).values(story=f"{story} {planted}"))
    try:
        leaks = find_leaks({address: demo_client.get(address).get_data()}, secrets)
    finally:
        with transaction(audited=False) as session:
            session.execute(update(Need).where(Need.id == need_id).values(story=story))
    assert leaks == [f"{address}: {secrets[0].whose}"]
