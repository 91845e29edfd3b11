"""A need that has long been over keeps what was asked and given, and shows nobody any more."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from sun_commune import config
from sun_commune.core.db import db, transaction
from sun_commune.deliveries import jobs as deliveries_jobs
from sun_commune.deliveries.models import Delivery
from sun_commune.needs import jobs, queries
from sun_commune.needs import services as needs
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from sun_commune.uploads import services as uploads
from sun_commune.uploads.images import prepare_photo
from sun_commune.uploads.models import Upload
from tests.cast import Cast
from tests.deliveries import world
from tests.factories import make_household, make_need
from tests.uploads.pictures import picture

PHOTO = prepare_photo(picture(), most_megabytes=12)
MOMENT = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
def fulfilled(app: Flask, cast: Cast) -> tuple[Need, Delivery]:
    """A household's need with a photo of a person and one of a thing, met, with a photo of the handover."""
    secretary, reviewer, administrator = cast.secretary, cast.reviewer, cast.administrator
    with time_machine.travel(MOMENT, tick=False):
        need = make_need(cast, household=make_household(cast), lines=[world.BLANKETS], state=NeedState.DRAFT)
        with transaction():
            needs.add_photo(secretary, need, PHOTO, alt="老人坐在火塘边")
            needs.add_photo(secretary, need, PHOTO, alt="屋里的火塘", shows_person=False)
            needs.submit_need(secretary, need)
        for step, actor in ((needs.approve_need, reviewer), (needs.publish_need, administrator)):
            with transaction():
                step(actor, need)
        delivery = world.send(cast.donor, world.promise(cast, 10, need=need), 10)
        secretary_id = secretary.id
        with transaction(audited=False):
            photo_id = uploads.store_photo(actor_id=secretary_id, photo=PHOTO).id
        world.receive(secretary, delivery, 10, photo_id=photo_id, photo_shows_person=True)
        world.accept(secretary, delivery, 10)
    db.session.refresh(need)
    assert need.state is NeedState.FULFILLED
    return need, delivery


def public_photos(need: Need, delivery: Delivery) -> tuple[list[bool], bool]:
    db.session.rollback()
    shown = [upload.is_public for _photo, upload in queries.photos_of(need)]
    return shown, db.session.get_one(Upload, delivery.photo_id).is_public


def run_jobs() -> tuple[int, int]:
    return jobs.mask_old_photos(), deliveries_jobs.mask_old_photos()


def test_people_show_until_the_day_and_not_longer(
    cast: Cast, client: FlaskClient, fulfilled: tuple[Need, Delivery]
) -> None:
    need, delivery = fulfilled
    household = queries.household_of(need)
    assert household
    names = (household.code, household.masked_name, "老人坐在火塘边")
    address, days = f"/en/needs/{need.code}", timedelta(days=config.current().mask_after_days)
    with time_machine.travel(MOMENT + days, tick=False):
        assert run_jobs() == (0, 0)
        page = client.get(address).text
        assert all(name in page for name in names)
    assert public_photos(need, delivery) == ([True, True], True)
    with time_machine.travel(MOMENT + days + timedelta(seconds=1), tick=False):
        assert run_jobs() == (1, 1)
        assert run_jobs() == (0, 0)
        page = client.get(address).text
    assert not any(name in page for name in names)
    assert all(name in page for name in ("屋里的火塘", "电热毯", "A household"))
    assert public_photos(need, delivery) == ([False, True], False)


def test_a_need_in_progress_keeps_its_people_however_old(cast: Cast, client: FlaskClient) -> None:
    with time_machine.travel(MOMENT, tick=False):
        need = make_need(cast, household=make_household(cast))
    code = need.code
    with time_machine.travel(MOMENT + timedelta(days=179), tick=False):
        assert run_jobs() == (0, 0)
        assert "黄**" in client.get(f"/en/needs/{code}").text
