"""Consents bind: given one by one, withdrawn at any time, and what they allowed is gone in the same moment."""

from datetime import date, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sun_commune.core import clock
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.households import services
from sun_commune.households.models import Consent, ConsentPurpose, Household
from sun_commune.needs import jobs
from sun_commune.needs import services as needs
from sun_commune.needs.models import Need
from sun_commune.needs.public import find_public_need
from sun_commune.needs.states import NeedAct, NeedState, Side, SystemReason
from sun_commune.uploads.images import prepare_photo
from tests.cast import Cast, sign_in
from tests.factories import make_household, make_need
from tests.uploads.pictures import picture

PHOTO = prepare_photo(picture(), most_megabytes=12)


def withdraw(cast: Cast, household: Household, purpose: ConsentPurpose) -> int:
    actor = cast.secretary
    with transaction():
        return services.withdraw_consent(actor, household, purpose=purpose)


def give(cast: Cast, household: Household, purpose: ConsentPurpose, **more: object) -> None:
    actor = cast.secretary
    with transaction():
        services.give_consent(actor, household, purpose=purpose, given_on=clock.today(), **more)  # type: ignore[arg-type]


def village_of(cast: Cast, size: int) -> None:
    for _ in range(size):
        make_household(cast)


def test_withdrawal_hides_every_public_need_at_once(cast: Cast, client: FlaskClient) -> None:
    household = make_household(cast)
    shown = [make_need(cast, household=household, state=state) for state in (NeedState.PUBLISHED, NeedState.EXPIRED)]
    draft = make_need(cast, household=household, state=NeedState.DRAFT)
    codes = [need.code for need in shown]
    assert [client.get(f"/en/needs/{code}").status_code for code in codes] == [200, 200]
    withdraw(cast, household, ConsentPurpose.PUBLISH)
    db.session.rollback()
    assert [need.state for need in shown] == [NeedState.PAUSED, NeedState.PAUSED]
    assert [client.get(f"/en/needs/{code}").status_code for code in codes] == [404, 404]
    assert [client.get("/en/needs").text.count(code) for code in codes] == [0, 0]
    assert draft.state is NeedState.DRAFT
    last = shown[0].changes[-1]
    assert (last.act, last.side, last.actor_id) == (NeedAct.PAUSE, Side.SYSTEM, None)
    assert last.reason == SystemReason.CONSENT_OVER


def test_withdrawing_the_first_consent_ends_all(cast: Cast) -> None:
    household = make_household(cast)
    need = make_need(cast, household=household)
    assert withdraw(cast, household, ConsentPurpose.COLLECT) == len(ConsentPurpose)
    db.session.rollback()
    assert need.state is NeedState.PAUSED
    assert not any(household.consents_to(purpose, clock.today()) for purpose in ConsentPurpose)


def test_withdrawing_twice_does_nothing_the_second_time(cast: Cast) -> None:
    household = make_household(cast)
    assert withdraw(cast, household, ConsentPurpose.PUBLISH) == 1
    assert withdraw(cast, household, ConsentPurpose.PUBLISH) == 0


def test_hidden_need_comes_back_only_with_a_new_consent(cast: Cast) -> None:
    household = make_household(cast)
    need = make_need(cast, household=household)
    administrator = cast.administrator
    withdraw(cast, household, ConsentPurpose.PUBLISH)
    with pytest.raises(RuleBroken, match="consent"), transaction():
        needs.resume_need(administrator, need)
    give(cast, household, ConsentPurpose.PUBLISH)
    with transaction():
        needs.resume_need(administrator, need)
    assert need.state is NeedState.PUBLISHED


def test_nothing_is_submitted_or_published_without_consent(cast: Cast) -> None:
    household = make_household(cast, consents=())
    with pytest.raises(RuleBroken) as refusal:
        make_need(cast, household=household, state=NeedState.SUBMITTED)
    assert refusal.value.field == "beneficiary"
    agreed = make_household(cast)
    need = make_need(cast, household=agreed, state=NeedState.APPROVED)
    withdraw(cast, agreed, ConsentPurpose.PUBLISH)
    administrator = cast.administrator
    with pytest.raises(RuleBroken), transaction():
        needs.publish_need(administrator, need)


def test_village_is_named_with_consent_and_among_enough(cast: Cast) -> None:
    village_of(cast, 3)
    fourth = make_household(cast)
    assert not make_need(cast, household=fourth).names_village
    fifth = make_household(cast)
    assert make_need(cast, household=fifth).names_village
    silent = make_household(cast, consents=(ConsentPurpose.PUBLISH,))
    assert not make_need(cast, household=silent).names_village
    assert make_need(cast).names_village  # the village's own need


def test_village_is_named_no_more_when_that_is_withdrawn(cast: Cast, client: FlaskClient) -> None:
    village_of(cast, 5)
    household = make_household(cast)
    need = make_need(cast, household=household)
    code, village = need.code, need.village_code
    assert code in client.get("/en/needs", query_string={"q": "金禄村"}).text
    withdraw(cast, household, ConsentPurpose.VILLAGE)
    db.session.rollback()
    assert need.state is NeedState.PUBLISHED
    page = client.get(f"/en/needs/{code}")
    assert (page.status_code, "金禄村" in page.text) == (200, False)
    assert code not in client.get("/en/needs", query_string={"q": "金禄村"}).text
    assert code in client.get("/en/needs", query_string={"q": "电热毯"}).text
    assert code not in client.get(f"/en/villages/{village}").text


def test_photos_of_people_follow_their_consent(cast: Cast) -> None:
    household = make_household(cast, consents=(ConsentPurpose.PUBLISH,))
    need = make_need(cast, household=household, state=NeedState.DRAFT)
    secretary, reviewer, administrator = cast.secretary, cast.reviewer, cast.administrator
    with transaction():
        needs.add_photo(secretary, need, PHOTO, alt="屋里的火塘", shows_person=False)
        needs.add_photo(secretary, need, PHOTO, alt="老人坐在火塘边", shows_person=True)
        needs.submit_need(secretary, need)
    with transaction():
        needs.approve_need(reviewer, need)
    with transaction():
        needs.publish_need(administrator, need)
    code = need.code
    assert shown_photos(code) == ["屋里的火塘"]
    give(cast, household, ConsentPurpose.PHOTO)
    assert shown_photos(code) == ["屋里的火塘", "老人坐在火塘边"]
    withdraw(cast, household, ConsentPurpose.PHOTO)
    assert shown_photos(code) == ["屋里的火塘"]
    with transaction():
        needs.pause_need(administrator, need, "核实一下情况")
    assert all(not upload.is_public for _photo, upload in needs_photos(need))


def shown_photos(code: str) -> list[str]:
    need = find_public_need(code)
    assert need is not None
    return [photo.alt for photo in need.photos]


def needs_photos(need: Need) -> list:  # type: ignore[type-arg]
    from sun_commune.needs import queries

    return queries.photos_of(need)


def test_photo_of_a_person_in_a_village_need_is_not_shown(cast: Cast) -> None:
    need = make_need(cast, state=NeedState.DRAFT)
    secretary, reviewer, administrator = cast.secretary, cast.reviewer, cast.administrator
    with transaction():
        needs.add_photo(secretary, need, PHOTO, alt="村民在修路")
        needs.submit_need(secretary, need)
    with transaction():
        needs.approve_need(reviewer, need)
    with transaction():
        needs.publish_need(administrator, need)
    assert shown_photos(need.code) == []


def test_consents_run_out_by_themselves(cast: Cast) -> None:
    with time_machine.travel("2026-03-01T04:00Z", tick=False):
        village_of(cast, 5)
        household, lasting = make_household(cast, consents=()), make_household(cast)
        for purpose in (ConsentPurpose.PUBLISH, ConsentPurpose.VILLAGE):
            give(cast, household, purpose, expires_on=date(2026, 3, 10))
        need, other = make_need(cast, household=household), make_need(cast, household=lasting)
    with time_machine.travel("2026-03-10T04:00Z", tick=False):
        assert jobs.follow_ended_consents() == 0
    with time_machine.travel("2026-03-10T16:00Z", tick=False):  # midnight in Mianyang
        assert jobs.follow_ended_consents() == 1
        assert jobs.follow_ended_consents() == 0
    db.session.rollback()
    assert (need.state, other.state) == (NeedState.PAUSED, NeedState.PUBLISHED)


def test_consent_must_be_given_by_now(cast: Cast) -> None:
    household = make_household(cast)
    actor = cast.secretary
    tomorrow = clock.today() + timedelta(days=1)
    with pytest.raises(RuleBroken) as refusal, transaction():
        services.give_consent(actor, household, purpose=ConsentPurpose.PHOTO, given_on=tomorrow)
    assert refusal.value.field == "given_on"
    with pytest.raises(RuleBroken) as refusal, transaction():
        services.give_consent(
            actor, household, purpose=ConsentPurpose.PHOTO, given_on=clock.today(),
            expires_on=clock.today() - timedelta(days=1),
        )  # fmt: skip
    assert refusal.value.field == "expires_on"


def test_consent_is_recorded_on_the_page(cast: Cast, client: FlaskClient) -> None:
    code = make_household(cast, consents=()).code
    sign_in(client, cast.secretary)
    form = {"once": "another-key-here", "purpose": "photo", "given_on": "2026年1月5日", "is_by_guardian": "y"}
    for _ in range(2):
        answer = client.post(f"/en/households/{code}/consents", data=form)
        assert answer.status_code == 303
    consent = db.session.execute(select(Consent).where(Consent.purpose == ConsentPurpose.PHOTO)).scalar_one()
    assert (consent.given_on, consent.is_by_guardian) == (date(2026, 1, 5), True)
    wrong = client.post(f"/en/households/{code}/consents", data={**form, "once": "a-third-key", "given_on": "soon"})
    assert (wrong.status_code, "2026-12-04" in wrong.text) == (422, True)
    bad = client.post(f"/en/households/{code}/consents", data={**form, "once": "a-fourth-key", "purpose": "sell"})
    assert bad.status_code == 422


def test_secretary_and_county_withdraw_others_do_not(cast: Cast, app: Flask) -> None:
    household = make_household(cast)
    address = f"/en/households/{household.code}/consents/withdraw"
    reviewer = sign_in(app.test_client(), cast.reviewer)
    assert reviewer.post(address, data={"purpose": "publish"}).status_code == 404
    county = sign_in(app.test_client(), cast.administrator)
    assert county.post(address, data={"purpose": "all"}).status_code == 404
    assert county.post(address, data={"purpose": "publish"}).status_code == 303
    db.session.rollback()
    assert not household.consents_to(ConsentPurpose.PUBLISH, clock.today())
    actor = cast.other_secretary
    with pytest.raises(NotAllowed), transaction():
        services.withdraw_consent(actor, household, purpose=ConsentPurpose.PHOTO)


def test_a_withdrawal_that_fails_halfway_withdraws_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    household = make_household(cast)
    need = make_need(cast, household=household)
    monkeypatch.setattr("sun_commune.needs.services.consents.show_photos", lambda _need: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        withdraw(cast, household, ConsentPurpose.PUBLISH)
    db.session.rollback()
    assert household.consents_to(ConsentPurpose.PUBLISH, clock.today())
    assert need.state is NeedState.PUBLISHED


def test_every_consent_is_counted_apart(cast: Cast) -> None:
    household = make_household(cast)
    withdraw(cast, household, ConsentPurpose.PHOTO)
    db.session.rollback()
    holding = {purpose for purpose in ConsentPurpose if household.consents_to(purpose, clock.today())}
    assert holding == set(ConsentPurpose) - {ConsentPurpose.PHOTO}
    assert db.session.execute(select(func.count()).select_from(Consent)).scalar_one() == len(ConsentPurpose)


def test_closed_need_hides_too(cast: Cast) -> None:
    household = make_household(cast)
    need = make_need(cast, household=household, state=NeedState.CLOSED)
    withdraw(cast, household, ConsentPurpose.PUBLISH)
    db.session.rollback()
    assert need.state is NeedState.PAUSED
