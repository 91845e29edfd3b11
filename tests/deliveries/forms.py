"""Short ways to fill in and send the forms of deliveries as a browser would."""

from __future__ import annotations

import io
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.deliveries.models import Delivery
from tests.cast import sign_in

SEND = {"quantity": "２", "method": "courier", "courier": "顺丰", "tracking_number": "SF123456"}
ACCEPT = {"accepted_quantity": "2", "accepted_for": "village", "value_fen": "200", "value_basis": "market"}
RECEIVE = {"quantity": "2", "condition": "good", "note": "", "accept_now": "y", **ACCEPT}


def once(client: FlaskClient, url: str) -> dict[str, str]:
    """The key of the form as the page gives it."""
    page = client.get(url)
    assert page.status_code == 200, page.status_code
    found = re.search(r'name="once"[^>]*value="([^"]+)"', page.get_data(as_text=True))
    assert found
    return {"once": found[1]}


def submit(client: FlaskClient, url: str, **values: Any) -> Any:
    return client.post(url, data={**once(client, url), **values}, content_type="multipart/form-data")


def deliveries() -> list[Delivery]:
    db.session.rollback()
    return list(db.session.execute(select(Delivery).order_by(Delivery.id)).scalars())


def jpeg() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "orange").save(file, "JPEG")
    file.seek(0)
    return file


def as_user(app: Flask, user: User) -> FlaskClient:
    return sign_in(app.test_client(), user)
