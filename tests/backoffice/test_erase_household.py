"""A family is forgotten: by two people, for good, everywhere, and the books stay true."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, text

from sun_commune import config
from sun_commune.audit.models import AuditEntry
from sun_commune.backoffice import jobs, queries
from sun_commune.backoffice.duties import DutyKind
from sun_commune.core import clock, selfcheck
from sun_commune.core.db import Base, db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.deliveries import services as deliveries
from sun_commune.households import erasing
from sun_commune.households import services as households
from sun_commune.households.models import Asker, Consent, ConsentPurpose, Household
from sun_commune.needs import services as needs
from sun_commune.needs.models import Need
from sun_commune.needs.services.erasing import ERASED_TITLE
from sun_commune.needs.states import NeedState
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, ClaimState, Shown
from sun_commune.uploads import services as uploads
from sun_commune.uploads.documents import prepare_document
from sun_commune.uploads.images import prepare_photo
from sun_commune.uploads.models import Upload
from tests.cast import JINLU, Cast, sign_in
from tests.deliveries import world
from tests.factories import PRIVATE, make_household, make_need, private_values
from tests.uploads.pictures import picture

PHOTO = prepare_photo(picture(), most_megabytes=12)
SCAN = prepare_document(b"%PDF-1.4\nsigned by the family", most_megabytes=1)
#: Words that only this family's needs, deliveries and claims hold.
TITLE, STORY, ALT = "欧阳家冬天的电热毯", "福贵老人住在九组，咳得睡不着。", "福贵老人的脸"
NOTE, THANKS, MESSAGE = "已交到福贵老人手里", "欧阳一家谢谢您", "祝福贵老人早日康复"
WORDS = (TITLE, STORY, ALT, NOTE, THANKS, MESSAGE)


@dataclass
class Family:
    household: Household
    met: Need
    open: Need
    promised: Claim
    tokens: list[str]


@pytest.fixture
def family(app: Flask, cast: Cast) -> Family:
    """Scans, photos, a need that was met with thanks, one with a promise on it, and a draft."""
    household = make_household(cast, **PRIVATE)
    secretary, donor = cast.secretary, cast.donor
    tokens = []
    with transaction():
        scan = uploads.store_document(actor_id=secretary.id, document=SCAN)
        households.give_consent(
            secretary, household, purpose=ConsentPurpose.PHOTO, given_on=clock.today(), document_id=scan.id
        )
        tokens.append(scan.token)
    met = make_need(cast, household=household, lines=[world.BLANKETS], title=TITLE, story=STORY, state=NeedState.DRAFT)
    with transaction():
        photo = needs.add_photo(secretary, met, PHOTO, alt=ALT)
        tokens.append(db.session.get_one(Upload, photo.upload_id).token)
        needs.submit_need(secretary, met)
    reviewer, administrator = cast.reviewer, cast.administrator
    for step, actor in ((needs.approve_need, reviewer), (needs.publish_need, administrator)):
        with transaction():
            step(actor, met)
    delivery = world.send(donor, world.promise(cast, 10, need=met), 10)
    with transaction(audited=False):
        handover = uploads.store_photo(actor_id=secretary.id, photo=PHOTO)
        tokens.append(handover.token)
        photo_id = handover.id
    world.receive(secretary, delivery, 10, photo_id=photo_id, photo_shows_person=True, note=NOTE)
    world.accept(secretary, delivery, 10)
    with transaction():
        deliveries.thank_donor(secretary, delivery, text=THANKS)
    still = make_need(cast, household=household, title=TITLE, story=STORY)
    with transaction():
        held = pledges.hold_claim(donor, still, wanted={still.lines[0].id: 1})
    with transaction():
        due_on = clock.today() + timedelta(days=9)
        pledges.pledge_claim(donor, held, due_on=due_on, shown=Shown.MASKED, message=MESSAGE)
    draft = make_need(cast, household=household, title=TITLE, state=NeedState.DRAFT)
    with transaction(audited=False):
        draft.typed = f'{{"story": "{STORY}"}}'
    return Family(household, met, still, held, tokens)


def second_administrator(cast: Cast):  # type: ignore[no-untyped-def]
    from sun_commune.accounts.models import Role

    return cast.officer("许管理员", Role.COUNTY_ADMIN, JINLU)


def ask(cast: Cast, household: Household) -> None:
    secretary = cast.secretary
    with transaction():
        erasing.request_erasure(secretary, household, asker=Asker.HOUSEHOLDER, asked_on=clock.today())


def erase(cast: Cast, household: Household) -> None:
    administrator = cast.administrator
    with transaction():
        erasing.erase_household(administrator, household)


def everything_stored() -> str:
    """Every value of every table, as text and as bytes in hex."""
    found = []
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            found += [value.hex() if isinstance(value, bytes) else str(value) for value in row]
    if db.engine.dialect.name == "postgresql":
        found += map(str, db.session.execute(text("SELECT document FROM need_search")).scalars())
    db.session.rollback()
    return "\n".join(found)


def sealed_values(household: Household) -> list[bytes]:
    names = ("name", "id_number", "phone", "address", "health", "support_label")
    return [getattr(household, f"{name}_sealed") for name in names]


def files_of(tokens: list[str]) -> list[Path]:
    folder = Path(config.current().instance_path) / "uploads"
    return [path for token in tokens for path in folder.glob(f"*/{token}*")]


def database_bytes() -> bytes:
    path = Path(str(db.engine.url.database))
    return b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))


def test_nothing_private_is_left_anywhere(app: Flask, cast: Cast, client: FlaskClient, family: Family) -> None:
    household, codes = family.household, (family.met.code, family.open.code)
    sealed, words = sealed_values(household), [*private_values(household), *WORDS]
    assert len(files_of(family.tokens)) == 1 + 2 + 2
    before = everything_stored()
    assert all(value.hex() in before for value in sealed)
    assert all(word in before for word in WORDS)
    ask(cast, household)
    erase(cast, household)
    after = everything_stored()
    assert [word for word in words if word in after] == []
    assert [value for value in sealed if value.hex() in after] == []
    assert files_of(family.tokens) == []
    assert selfcheck.find_all(selfcheck.all_checks()) == []
    exports = client.get("/zh/ledger.csv").text + client.get("/zh/ledger").text
    pages = "".join(client.get(f"/{lang}/needs/{code}").text for lang in ("zh", "en") for code in codes)
    assert [word for word in (*words, "欧**", "欧阳") if word in exports + pages] == []
    assert pages.count(ERASED_TITLE) >= 2


@pytest.fixture
def forgetful_deletion(app: Flask) -> Iterator[None]:
    """Some builds of SQLite overwrite what is deleted anyway; the house must not count on it."""

    def leave_bytes(connection: Any, _record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA secure_delete=OFF")

    db.engine.dispose()
    event.listen(db.engine, "connect", leave_bytes)
    yield
    event.remove(db.engine, "connect", leave_bytes)
    db.session.remove()
    db.engine.dispose()


@pytest.mark.usefixtures("forgetful_deletion")
def test_nothing_is_left_in_the_file_after_the_night(app: Flask, cast: Cast, family: Family) -> None:
    household = family.household
    sealed = sealed_values(household)
    words = [word.encode() for word in WORDS]
    ask(cast, household)
    erase(cast, household)
    if db.engine.dialect.name != "sqlite":  # its files are not ours to read
        assert jobs.purge_remnants() == 1
        return
    with db.engine.connect() as connection:  # into the file itself, out of the write-ahead log
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    assert any(value in database_bytes() for value in [*sealed, *words]), "the file still holds what was deleted"
    assert jobs.purge_remnants() == 1
    left = database_bytes()
    assert [value for value in [*sealed, *words] if value in left] == []
    with sqlite3.connect(str(db.engine.url.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tokens = " ".join(f"u{ord(sign):x}" for sign in TITLE[:2])
        assert connection.execute("SELECT rowid FROM need_search(?)", (f'"{tokens}"',)).fetchall() == []
    connection.close()


def test_the_night_rewrites_only_after_an_erasure(cast: Cast, family: Family) -> None:
    assert jobs.purge_remnants() == 0
    ask(cast, family.household)
    assert jobs.purge_remnants() == 0
    erase(cast, family.household)
    assert (jobs.purge_remnants(), jobs.purge_remnants()) == (1, 0)
    assert db.session.execute(select(func.count()).select_from(Need)).scalar_one() == 3


def test_open_needs_are_withdrawn_and_met_ones_stay(cast: Cast, client: FlaskClient, family: Family) -> None:
    household = family.household
    entries_before = client.get("/zh/ledger.csv").text
    ask(cast, household)
    erase(cast, household)
    db.session.rollback()
    states = db.session.execute(select(Need.state).where(Need.household_id == household.id).order_by(Need.id))
    assert list(states.scalars()) == [NeedState.CLOSED, NeedState.WITHDRAWN, NeedState.WITHDRAWN]
    assert db.session.get_one(Claim, family.promised.id).state is ClaimState.EXPIRED
    assert client.get("/zh/ledger.csv").text == entries_before
    met = client.get(f"/en/needs/{family.met.code}")
    assert (met.status_code, "Data removed at the family" in met.text) == (200, True)
    assert "电热毯" in met.text
    withdrawn = client.get(f"/en/needs/{family.open.code}")
    assert (withdrawn.status_code, "Data removed at the family" in withdrawn.text) == (410, True)
    assert client.get("/en/needs", query_string={"q": TITLE}).text.count(family.met.code) == 0
    inbox = sign_in(client, cast.donor).get("/en/my/inbox").text
    assert ERASED_TITLE in inbox


def test_the_days_of_the_consents_stay_as_proof(cast: Cast, family: Family) -> None:
    household = family.household
    ask(cast, household)
    erase(cast, household)
    db.session.rollback()
    consents = db.session.execute(select(Consent).where(Consent.household_id == household.id)).scalars().all()
    assert len(consents) == len(ConsentPurpose) + 1
    assert all(consent.withdrawn_at and not consent.document_id for consent in consents)
    assert (household.masked_name, household.name_sealed, household.members_count) == ("", b"", 1)


def test_erasing_twice_is_erasing_once(cast: Cast, family: Family) -> None:
    ask(cast, family.household)
    erase(cast, family.household)
    erased_at = family.household.erased_at
    erase(cast, family.household)
    ask(cast, family.household)
    acts = db.session.execute(select(func.count()).where(AuditEntry.act == "HouseholdErased")).scalar_one()
    assert (family.household.erased_at, acts) == (erased_at, 1)
    secretary = cast.secretary
    with pytest.raises(Conflict), transaction():
        erasing.take_back_erasure(secretary, family.household)


def test_two_people_of_the_right_offices(cast: Cast, family: Family) -> None:
    household, administrator, secretary = family.household, cast.administrator, cast.secretary
    with pytest.raises(Conflict), transaction():
        erasing.erase_household(administrator, household)  # nobody asked
    for person in (cast.other_secretary, cast.other_administrator, cast.information_officer, cast.operator):
        with pytest.raises(NotAllowed), transaction():
            erasing.request_erasure(person, household, asker=Asker.GUARDIAN, asked_on=clock.today())
    with transaction():
        erasing.request_erasure(administrator, household, asker=Asker.GUARDIAN, asked_on=clock.today())
    other_administrator = cast.other_administrator
    for person in (administrator, secretary, other_administrator):
        with pytest.raises(NotAllowed), transaction():
            erasing.erase_household(person, household)
    db.session.rollback()
    assert household.erased_at is None
    second = second_administrator(cast)
    with transaction():
        erasing.erase_household(second, household)
    assert household.erased_at is not None


def test_what_is_on_its_way_arrives_first(cast: Cast, family: Family) -> None:
    sent = world.send(cast.donor, family.promised, 1)
    ask(cast, family.household)
    with pytest.raises(RuleBroken, match=family.open.code):
        erase(cast, family.household)
    db.session.rollback()
    assert (family.household.erased_at, family.met.title, family.open.title) == (None, TITLE, TITLE)
    assert len(files_of(family.tokens)) == 5
    donor = cast.donor
    with transaction():
        deliveries.cancel_delivery(donor, sent)
    erase(cast, family.household)
    assert family.household.erased_at is not None


def test_other_families_keep_everything(cast: Cast, family: Family) -> None:
    other = make_household(cast, name="黄国基")
    need = make_need(cast, household=other, title="另一家的电热毯")
    ask(cast, family.household)
    erase(cast, family.household)
    db.session.rollback()
    assert "黄国基" in private_values(other)
    assert (need.title, need.state) == ("另一家的电热毯", NeedState.PUBLISHED)


def test_an_erased_household_is_closed(cast: Cast, app: Flask, family: Family) -> None:
    ask(cast, family.household)
    erase(cast, family.household)
    code = family.household.code
    secretary = sign_in(app.test_client(), cast.secretary)
    assert secretary.get(f"/en/households/{code}").status_code == 200
    assert code not in secretary.get("/en/households").text
    assert code not in secretary.get("/en/needs/new").text
    for path in ("edit", "unmask", "consents", "consents/withdraw"):
        answer = secretary.post(f"/en/households/{code}/{path}", data={"reason": "核对领取名单", "purpose": "photo"})
        assert answer.status_code == 404, path
    with pytest.raises(RuleBroken):
        make_need(cast, household=family.household, state=NeedState.DRAFT)
    assert not households.reseal(family.household)


def test_the_pages_from_request_to_erasure(cast: Cast, app: Flask, family: Family) -> None:
    address = f"/en/households/{family.household.code}/erasure"
    secretary, county = (sign_in(app.test_client(), user) for user in (cast.secretary, cast.administrator))
    assert "Erasure of this household" in secretary.get(f"/en/households/{family.household.code}").text
    form = {"once": "erasure-asked-1", "asker": "guardian", "asked_on": "2026年1月5日"}
    assert secretary.post(address, data={**form, "asker": "", "once": "erasure-asked-0"}).status_code == 422
    for _again in range(2):
        assert secretary.post(address, data=form).status_code == 303
    assert "It waits for a second person" in secretary.get(address).text
    assert "Erase for good" not in secretary.get(address).text
    assert secretary.post(f"{address}/act", data={"once": "erasure-done-0"}).status_code == 403
    assert "erasure asked for" in county.get("/en/desk").text
    page = county.get(address).text
    assert "Erase for good" in page
    assert "A guardian" in page
    back = {"once": "erasure-back-1"}
    assert county.post(f"{address}/withdrawal", data=back).status_code == 303
    assert county.post(f"{address}/act", data={"once": "erasure-done-1"}).status_code == 409
    assert secretary.post(address, data={**form, "once": "erasure-asked-2"}).status_code == 303
    world.send(cast.donor, family.promised, 1)
    blocked = county.post(f"{address}/act", data={"once": "erasure-done-2"})
    assert (blocked.status_code, "still on its way" in blocked.text) == (422, True)
    assert county.post(f"{address}/act", data={}).status_code == 422  # the form has lost its key


def test_a_double_press_erases_once(cast: Cast, app: Flask, family: Family) -> None:
    ask(cast, family.household)
    county = sign_in(app.test_client(), cast.administrator)
    for _again in range(2):
        address = f"/en/households/{family.household.code}/erasure"
        assert county.post(f"{address}/act", data={"once": "erasure-done-9"}).status_code == 303
    assert "are erased" in county.get(address).text


def kinds_on_desk(cast: Cast) -> set[DutyKind]:
    return set(queries.open_desk(cast.administrator).counts)


def forgotten_on_desk(cast: Cast) -> list[str]:
    items = queries.open_desk(cast.administrator).items
    return [item.code for item in items if item.kind is DutyKind.HOUSEHOLD_TO_FORGET]


def test_long_forgotten_families_come_to_the_desk(cast: Cast) -> None:
    with time_machine.travel("2024-01-02T04:00Z", tick=False):
        quiet, with_need = make_household(cast), make_household(cast)
        make_need(cast, household=with_need, state=NeedState.DRAFT)
        make_need(cast, household=quiet, state=NeedState.WITHDRAWN)
    with time_machine.travel("2025-12-30T04:00Z", tick=False):
        assert DutyKind.HOUSEHOLD_TO_FORGET not in kinds_on_desk(cast)
    with time_machine.travel("2026-01-04T04:00Z", tick=False):
        items = [
            item for item in queries.open_desk(cast.administrator).items if item.kind is DutyKind.HOUSEHOLD_TO_FORGET
        ]
        assert [item.code for item in items] == [quiet.code]
        assert DutyKind.HOUSEHOLD_TO_FORGET not in set(queries.open_desk(cast.other_administrator).counts)
        secretary = cast.secretary
        with transaction():
            households.edit_household(secretary, quiet, changed={})  # renewed: it stays
        assert DutyKind.HOUSEHOLD_TO_FORGET not in kinds_on_desk(cast)
    with time_machine.travel("2028-02-04T04:00Z", tick=False):
        with transaction():
            erasing.request_erasure(secretary, quiet, asker=Asker.RETENTION, asked_on=date(2028, 2, 4))
        assert kinds_on_desk(cast) >= {DutyKind.ERASURE_REQUESTED}
        assert quiet.code not in forgotten_on_desk(cast)
