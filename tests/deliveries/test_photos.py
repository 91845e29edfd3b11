"""Photos of deliveries: whose they are, what is none, who may see them and how they follow need and consent."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import func, select

from sun_commune.core.db import db, transaction
from sun_commune.deliveries.models import DeliveryState
from sun_commune.households.models import ConsentPurpose
from sun_commune.needs import services as need_services
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from sun_commune.uploads.models import Upload
from tests.cast import Cast
from tests.deliveries.forms import RECEIVE, as_user, deliveries, jpeg, submit
from tests.deliveries.world import (
    in_transaction,
    promise,
    send,
)
from tests.factories import form_of_need, make_household, make_need

S = DeliveryState


def test_somebody_elses_photo_is_not_taken(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 4)
    first, second = send(cast.donor, claim), send(cast.donor, claim)
    first_code, second_code = first.code, second.code
    submit(as_user(app, cast.secretary), f"/en/deliveries/{first_code}/receive", **RECEIVE, photo=(jpeg(), "a.jpg"))
    token = db.session.execute(select(Upload.token)).scalar_one()
    submit(as_user(app, cast.information_officer), f"/en/deliveries/{second_code}/receive", **RECEIVE, kept_photo=token)
    assert deliveries()[1].photo_id is None


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"%PDF-1.4", b"\xff\xd8\xff" + b"x" * 50])
def test_what_is_no_photo_is_refused_with_words(app: Flask, cast: Cast, content: bytes) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    answer = submit(
        as_user(app, cast.secretary), f"/en/deliveries/{delivery.code}/receive", **RECEIVE,
        photo=(io.BytesIO(content), "../../etc/passwd.jpg"),
    )  # fmt: skip
    assert answer.status_code == 422
    assert deliveries()[0].state is S.IN_TRANSIT


def test_photo_with_a_person_needs_consent_and_follows_it(app: Flask, cast: Cast) -> None:
    from sun_commune.households import services as households

    household = make_household(cast)
    claim = promise(cast, 2, need=make_need(cast, household=household))
    delivery = send(cast.donor, claim)
    submit(
        as_user(app, cast.secretary), f"/en/deliveries/{delivery.code}/receive", photo=(jpeg(), "a.jpg"),
        photo_shows_person="y", **{**RECEIVE, "accepted_for": "household"},
    )  # fmt: skip
    assert is_public() is True
    in_transaction(households.withdraw_consent, cast.secretary, household, purpose=ConsentPurpose.PHOTO)
    assert is_public() is False


def test_photo_with_a_person_stays_private_without_consent(app: Flask, cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    submit(
        as_user(app, cast.secretary), f"/en/deliveries/{delivery.code}/receive", photo=(jpeg(), "a.jpg"),
        photo_shows_person="y", **RECEIVE,
    )  # fmt: skip
    assert is_public() is False
    token = db.session.execute(select(Upload.token)).scalar_one()
    assert as_user(app, cast.donor).get(f"/photos/{token}/480.jpg").status_code == 200
    assert as_user(app, cast.stranger).get(f"/photos/{token}/480.jpg").status_code == 404
    assert app.test_client().get(f"/photos/{token}/480.jpg").status_code == 404


def is_public() -> bool:
    db.session.rollback()
    return db.session.execute(select(Upload.is_public)).scalar_one()


def test_county_hides_a_photo_for_good(app: Flask, cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    url = f"/en/deliveries/{delivery.code}"
    submit(as_user(app, cast.secretary), f"{url}/receive", **RECEIVE, photo=(jpeg(), "a.jpg"))
    assert is_public() is True
    submit(as_user(app, cast.administrator), f"{url}/hide-photo", reason="照片里有门牌号")
    assert is_public() is False
    assert as_user(app, cast.other_administrator).get(f"{url}/hide-photo").status_code == 404


def test_photo_goes_with_its_need_and_comes_back(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 2)
    need_id, administrator = claim.need_id, cast.administrator
    submit(as_user(app, cast.secretary), f"/en/deliveries/{send(cast.donor, claim).code}/receive", **RECEIVE,
           photo=(jpeg(), "a.jpg"))  # fmt: skip
    assert is_public() is True
    with transaction():
        need_services.pause_need(administrator, db.session.get_one(Need, need_id), "核实情况，暂时不公开")
    assert is_public() is False
    with transaction():
        need_services.resume_need(administrator, db.session.get_one(Need, need_id))
    assert is_public() is True


def test_photo_that_shows_something_else_is_not_taken(app: Flask, cast: Cast) -> None:
    """A forged form names a photo of the same officer's need: deleting it there would break here."""
    delivery = send(cast.donor, promise(cast, 2))
    village, need_code, code = as_user(app, cast.secretary), make_need(cast, state=NeedState.DRAFT).code, delivery.code
    form = {**form_of_need(), "version": "", "photos": (jpeg(), "a.jpg")}
    village.post(f"/en/needs/{need_code}/edit", data=form)
    token = db.session.execute(select(Upload.token)).scalar_one()
    submit(village, f"/en/deliveries/{code}/receive", **RECEIVE, kept_photo=token)
    assert (deliveries()[0].state, deliveries()[0].photo_id) == (S.ACCEPTED, None)
    removed = village.post(f"/en/needs/{need_code}/edit", data={**form_of_need(), "act": f"remove_photo-{token}"})
    assert removed.status_code == 303
    assert db.session.execute(select(func.count()).select_from(Upload)).scalar_one() == 0
