"""Photos and papers as files: written with their transaction, shown to whom they may be shown."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core import clock
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.uploads import policies, services, serving, storage
from sun_commune.uploads.documents import prepare_document
from sun_commune.uploads.images import prepare_photo
from sun_commune.uploads.models import Upload
from tests.cast import Cast, sign_in
from tests.uploads.pictures import exif, picture

PHOTO = prepare_photo(picture(900, 600, exif=exif()), most_megabytes=12)
PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF"


def store(cast: Cast, *, is_public: bool = False) -> Upload:
    actor = cast.secretary
    with transaction(audited=False):
        upload = services.store_photo(actor_id=actor.id, photo=PHOTO)
        upload.is_public = is_public
    return upload


def files() -> list[Path]:
    return sorted(path for path in storage.folder().glob("*/*") if path.is_file())


@pytest.fixture(autouse=True)
def _no_files_left(app: Flask) -> None:
    for path in files():
        path.unlink()


def test_everybody_sees_a_public_photo(cast: Cast, client: FlaskClient) -> None:
    upload = store(cast, is_public=True)
    for size, width in ((1280, 900), (480, 480)):
        answer = client.get(f"/photos/{upload.token}/{size}.jpg")
        assert answer.status_code == 200
        assert answer.mimetype == "image/jpeg"
        assert answer.headers["Cache-Control"] == "public, max-age=60, must-revalidate"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.data[:3] == b"\xff\xd8\xff"
        assert answer.data == PHOTO.files[size]
        assert width == min(900, size)
    again = client.get(f"/photos/{upload.token}/480.jpg", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_photo_vanishes_when_it_is_public_no_more(cast: Cast, client: FlaskClient) -> None:
    upload = store(cast, is_public=True)
    tag = client.get(f"/photos/{upload.token}/480.jpg").headers["ETag"]
    with transaction(audited=False):
        db.session.merge(upload).is_public = False
    assert client.get(f"/photos/{upload.token}/480.jpg", headers={"If-None-Match": tag}).status_code == 404


def test_private_photo_is_for_its_owner(cast: Cast, app: Flask) -> None:
    upload = store(cast)
    address = f"/photos/{upload.token}/480.jpg"
    own = sign_in(app.test_client(), cast.secretary).get(address)
    assert (own.status_code, own.headers["Cache-Control"]) == (200, "private, no-store")
    for person in (cast.other_secretary, cast.donor, cast.stranger):
        assert sign_in(app.test_client(), person).get(address).status_code == 404
    assert app.test_client().get(address).status_code == 404


def test_feature_lets_others_in(cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = store(cast)
    reviewer = cast.reviewer
    monkeypatch.setattr(policies, "_readers", [lambda user, photo: user.id == reviewer.id and photo.id == upload.id])
    client = sign_in(app.test_client(), reviewer)
    assert client.get(f"/photos/{upload.token}/480.jpg").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/photos/{}/481.jpg", "/photos/{}/480.png", "/photos/{}%00/480.jpg", "/photos/..%2f..%2fkeys/480.jpg",
     "/photos/%2e%2e/480.jpg", "/photos/00000000000000000000000000000000/480.jpg", "/photos/{}/99999999999999.jpg",
     "/photos/{}/-480.jpg", "/photos/\u4e00/480.jpg"],
)  # fmt: skip
def test_forged_names_are_not_found(cast: Cast, client: FlaskClient, path: str) -> None:
    upload = store(cast, is_public=True)
    assert client.get(path.format(upload.token)).status_code == 404


def test_lost_file_is_not_found(cast: Cast, client: FlaskClient) -> None:
    upload = store(cast, is_public=True)
    storage.photo_path(upload.token, 480).unlink()
    assert client.get(f"/photos/{upload.token}/480.jpg").status_code == 404


def test_document_is_no_photo(cast: Cast, app: Flask) -> None:
    actor = cast.secretary
    with transaction(audited=False):
        upload = services.store_document(actor_id=actor.id, document=prepare_document(picture(), most_megabytes=12))
    assert sign_in(app.test_client(), actor).get(f"/photos/{upload.token}/480.jpg").status_code == 404


def test_files_go_with_a_rolled_back_transaction(cast: Cast) -> None:
    actor = cast.secretary

    def fail() -> None:
        with transaction(audited=False):
            services.store_photo(actor_id=actor.id, photo=PHOTO)
            assert len(files()) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert files() == []


def test_files_stay_after_a_later_rollback(cast: Cast) -> None:
    store(cast)
    db.session.rollback()
    assert len(files()) == 2


def test_removed_photo_takes_its_files_along_but_only_at_commit(cast: Cast) -> None:
    upload = store(cast)

    def fail() -> None:
        with transaction(audited=False):
            services.remove_upload(upload)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(files()) == 2
    with transaction(audited=False):
        services.remove_upload(upload)
    assert files() == []


def test_sweeping_removes_only_old_files_without_a_row(cast: Cast) -> None:
    store(cast)
    kept = files()
    orphan = storage.photo_path("0" * 32, 480)
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"left by a crash")
    assert services.sweep_uploads() == 0
    old = (clock.now() - timedelta(days=2)).timestamp()
    for path in files():
        os.utime(path, (old, old))
    assert services.sweep_uploads() == 1
    assert files() == kept


def test_stored_files_are_not_executable_and_for_the_site_alone(cast: Cast) -> None:
    store(cast)
    for path in files():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_document_leaves_as_an_attachment(cast: Cast, app: Flask) -> None:
    actor = cast.secretary
    with transaction(audited=False):
        upload = services.store_document(actor_id=actor.id, document=prepare_document(PDF, most_megabytes=12))
    assert upload.media_type == "application/pdf"
    with app.test_request_context("/"):
        answer = serving.send_document(upload, "consent-H123")
        assert answer.get_data() == PDF
    assert answer.headers["Content-Disposition"] == "attachment; filename=consent-H123.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "data", [b"", b"<html>", b"GIF89a", b"PK\x03\x04", b"MZ\x90", picture(kind="WEBP"), b"\xff\xd8\xff bad"]
)
def test_other_documents_are_refused(data: bytes) -> None:
    with pytest.raises(RuleBroken) as refusal:
        prepare_document(data, most_megabytes=12, field="scan")
    assert refusal.value.field == "scan"


def test_large_document_is_refused() -> None:
    with pytest.raises(RuleBroken):
        prepare_document(PDF + bytes(1024 * 1024), most_megabytes=1)
