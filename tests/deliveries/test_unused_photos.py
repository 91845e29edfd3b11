"""A photo that was kept from a refused form and never used goes after a day; what something refers to stays."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from sun_commune.core import clock
from sun_commune.core.db import db, transaction
from sun_commune.deliveries.models import Delivery
from sun_commune.needs.models import NeedPhoto
from sun_commune.needs.states import NeedState
from sun_commune.uploads import services, storage
from sun_commune.uploads.jobs import SWEEP_UPLOADS
from sun_commune.uploads.models import Upload
from tests.cast import Cast, sign_in
from tests.deliveries.forms import RECEIVE, jpeg, submit
from tests.deliveries.world import promise, send
from tests.factories import form_of_need, make_need


def tokens() -> set[str]:
    db.session.rollback()
    return set(db.session.execute(select(Upload.token)).scalars())


def files() -> set[str]:
    return {path.name.split("-")[0] for path in storage.folder().glob("*/*.jpg")}


def in_use() -> set[str]:
    used = select(Delivery.photo_id).where(Delivery.photo_id.is_not(None)).union_all(select(NeedPhoto.upload_id))
    return set(db.session.execute(select(Upload.token).where(Upload.id.in_(used))).scalars())


def grow_old(hours: int) -> None:
    with transaction(audited=False) as session:
        session.execute(update(Upload).values(created_at=clock.now() - timedelta(hours=hours)))


def three_photos(client: FlaskClient, cast: Cast) -> None:
    """One of a need, one of a refused form, and the one that took its place."""
    url = f"/en/deliveries/{send(cast.donor, promise(cast, 2)).code}/receive"
    need_code = make_need(cast, state=NeedState.DRAFT).code
    village = sign_in(client, cast.secretary)
    village.post(f"/en/needs/{need_code}/edit", data={**form_of_need(), "version": "", "photos": (jpeg(), "a.jpg")})
    assert submit(village, url, **{**RECEIVE, "quantity": "99"}, photo=(jpeg(), "a.jpg")).status_code == 422
    assert submit(village, url, **RECEIVE, photo=(jpeg(), "b.jpg")).status_code == 302


def test_photo_of_a_refused_form_goes_after_a_day(client: FlaskClient, cast: Cast) -> None:
    three_photos(client, cast)
    before, used = tokens(), in_use()
    assert (len(before), len(used)) == (3, 2)
    grow_old(23)
    assert SWEEP_UPLOADS.run() == 0
    assert tokens() == before
    grow_old(25)
    assert SWEEP_UPLOADS.run() == 1
    assert tokens() == used
    assert files() >= used
    assert not files() & (before - used)
    assert SWEEP_UPLOADS.run() == 0


def test_it_goes_in_batches(client: FlaskClient, cast: Cast) -> None:
    three_photos(client, cast)
    with transaction(audited=False) as session:
        session.execute(update(Delivery).values(photo_id=None))
    grow_old(25)
    with transaction(audited=False):
        assert services.remove_unused(most=1) == 1
    assert len(tokens()) == 2
    assert SWEEP_UPLOADS.run() == 1
    assert tokens() == in_use()


def test_every_column_that_refers_to_an_upload_is_asked(app: Flask) -> None:
    """By its foreign key alone: a column without one would lose its files."""
    asked = {str(statement.selected_columns[0]) for statement in services._references()}
    papers = {"vouchers.document_id", "vouchers.redacted_id", "consents.document_id", "statement_files.document_id"}
    assert asked == papers | {"need_photos.upload_id", "deliveries.photo_id"}
