"""Scheduler, mail and signer are all down: public pages and claims go on, and pages say that the seal is delayed."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sun_commune.core.clock import now, standing_at, today
from sun_commune.core.db import db
from sun_commune.notifications import jobs
from sun_commune.notifications.models import MessageState, OutboxMessage
from sun_commune.pledges.models import Claim, ClaimState
from tests.cast import Cast, sign_in
from tests.choices import world
from tests.faults import acts
from tests.transparency.site import Signing


@pytest.fixture
def dead_mail(app: Flask) -> Iterator[None]:
    """A mail server at an address where nobody listens."""
    before = app.extensions["sun_settings"]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{unused.getsockname()[1]}"
        app.extensions["sun_settings"] = dataclasses.replace(before, mail_url=url)
        yield
    app.extensions["sun_settings"] = before


def waiting_messages() -> int:
    db.session.rollback()
    count = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.state == MessageState.WAITING)
    return db.session.execute(count).scalar_one()


@pytest.mark.usefixtures("dead_mail")
def test_pages_and_claims_go_on(client: FlaskClient, cast: Cast, signing: Signing) -> None:
    need = world.money_need(cast)
    world.give(cast, need, 1_000)
    entry = world.entries(world.TransferKind.GIFT)[0].uid
    signing.settle()
    pages = [
        "/en/", "/en/needs", f"/en/needs/{need.code}", "/en/ledger", "/en/ledger/entries", "/en/ledger/proof",
        f"/en/ledger/entries/{entry}", "/ledger/checkpoint", "/en/ledger.csv",
    ]  # fmt: skip
    assert "The seal is delayed" not in client.get("/en/ledger").text
    with standing_at(now() + timedelta(minutes=30)):  # nobody has sealed, signed or sent anything meanwhile
        donor = sign_in(client.application.test_client(), cast.other_donor)
        form = {"once": "one-key-for-all", f"lines-{need.lines[0].id}-quantity": "20"}
        held = donor.post(f"/en/needs/{need.code}/claim", data=form)
        assert held.status_code == 303, held.text
        said = {"due_on": today().isoformat(), "shown": "masked", "agrees": "y", "once": "another-key"}
        pledged = donor.post(held.location, data=said)
        assert pledged.status_code == 303, pledged.text
        world.arrive(
            cast.treasurer, db.session.execute(select(Claim).order_by(Claim.id.desc())).scalars().first(), 2_000
        )
        for page in pages:
            assert client.get(page).status_code == 200, page
        for page in ("/en/ledger", "/en/ledger/proof", f"/en/ledger/entries/{entry}"):
            assert "The seal is delayed" in client.get(page).text, page
        before = waiting_messages()
        assert before > 0
        jobs.SEND_OUTBOX.run()
        assert waiting_messages() == before, "what could not be sent is kept"
        db.session.rollback()
        states = db.session.execute(select(Claim.state).order_by(Claim.id)).scalars().all()
        assert states == [ClaimState.FULFILLED, ClaimState.FULFILLED]
        assert acts.wrong() == []
