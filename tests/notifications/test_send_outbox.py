"""The outbox: sent by a real SMTP server, tried again with a growing delay, never by two at once."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.notifications import jobs, services
from sun_commune.notifications.mail import CannotSend, Mailer, build_message
from sun_commune.notifications.models import Channel, MessageState, OutboxMessage
from tests.cast import Cast
from tests.notifications.smtp_sink import SmtpSink, smtp_sink


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with smtp_sink() as server:
        yield server


@pytest.fixture
def settings(app: Flask) -> Iterator[Any]:
    """Change settings of the running application, and put them back."""
    before = app.extensions["sun_settings"]

    def change(**values: Any) -> None:
        app.extensions["sun_settings"] = dataclasses.replace(app.extensions["sun_settings"], **values)

    yield change
    app.extensions["sun_settings"] = before


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock for the job that only moves when told."""

    class Clock:
        at: datetime = now()

        def move(self, step: timedelta) -> None:
            self.at += step

    clock = Clock()
    monkeypatch.setattr(jobs, "now", lambda: clock.at)
    return clock


def queue(user: User, *, is_secret: bool = False, subject: str = "你好", text: str = "电热毯到了。") -> None:
    with transaction(audited=False):
        services.post(user, subject=subject, text=text, link="http://sun.test/zh/", is_secret=is_secret)


def only_message() -> OutboxMessage:
    db.session.rollback()
    return db.session.execute(select(OutboxMessage)).scalar_one()


def test_mail_arrives_with_its_words(cast: Cast, sink: SmtpSink, settings: Any) -> None:
    settings(mail_url=sink.url, mail_from="sun@example.test", base_url="https://sun.example.test")
    queue(cast.donor)
    assert jobs.send_outbox() == 1
    mail = sink.mails[0]
    assert (mail["To"], mail["From"], mail["Subject"]) == (cast.donor.email, "sun@example.test", "你好")
    assert mail["Message-ID"] == f"<outbox-{only_message().id}@sun.example.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "电热毯到了。" in mail.get_content()
    assert only_message().state is MessageState.SENT
    assert only_message().sent_at is not None


def test_sent_mail_is_not_sent_again(cast: Cast, sink: SmtpSink, settings: Any) -> None:
    settings(mail_url=sink.url)
    queue(cast.donor)
    assert [jobs.send_outbox(), jobs.send_outbox()] == [1, 0]
    assert len(sink.mails) == 1


def test_without_a_mail_server_messages_wait(cast: Cast, settings: Any) -> None:
    queue(cast.donor)
    assert jobs.send_outbox() == 0
    assert (only_message().state, only_message().attempts) == (MessageState.WAITING, 0)


def test_refused_for_now_is_tried_again_later_and_later(cast: Cast, sink: SmtpSink, settings: Any, moment: Any) -> None:
    settings(mail_url=sink.url)
    queue(cast.donor)
    sink.answer_to_data = "451 try later"
    waits = []
    for attempt in range(1, jobs.MOST_ATTEMPTS):
        assert jobs.send_outbox() == 0
        message = only_message()
        assert (message.state, message.attempts) == (MessageState.WAITING, attempt)
        assert message.last_error == "the mail server answered 451"
        waits.append(message.next_try_at - moment.at)
        assert jobs.send_outbox() == 0, "not before its time"
        assert only_message().attempts == attempt
        moment.move(waits[-1])
    assert waits == [timedelta(minutes=2**n) for n in range(1, jobs.MOST_ATTEMPTS)]
    jobs.send_outbox()
    assert (only_message().state, only_message().attempts) == (MessageState.FAILED, 8)
    moment.move(timedelta(days=1))
    sink.answer_to_data = "250 taken"
    assert jobs.send_outbox() == 0


def test_mail_goes_out_when_the_server_is_back(cast: Cast, sink: SmtpSink, settings: Any, moment: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings(mail_url=f"smtp://127.0.0.1:{unused.getsockname()[1]}")
        queue(cast.donor)
        assert jobs.send_outbox() == 0
    assert "ConnectionRefusedError" in only_message().last_error
    settings(mail_url=sink.url)
    moment.move(timedelta(minutes=2))
    assert jobs.send_outbox() == 1


def test_unknown_recipient_fails_at_once(cast: Cast, sink: SmtpSink, settings: Any) -> None:
    settings(mail_url=sink.url)
    sink.answer_to_recipient = "550 no such person"
    queue(cast.donor)
    jobs.send_outbox()
    assert (only_message().state, only_message().attempts) == (MessageState.FAILED, 1)


def test_one_bad_message_does_not_stop_the_others(cast: Cast, sink: SmtpSink, settings: Any) -> None:
    settings(mail_url=sink.url)
    queue(cast.donor)
    with transaction(audited=False) as session:
        session.execute(OutboxMessage.__table__.update().values(address="a@b.test\r\nBcc: thief@example.test"))
    queue(cast.other_donor)
    assert jobs.send_outbox() == 1
    assert [mail["To"] for mail in sink.mails] == [cast.other_donor.email]
    states = db.session.execute(select(OutboxMessage.state).order_by(OutboxMessage.id)).scalars().all()
    assert states == [MessageState.FAILED, MessageState.SENT]


def test_a_second_sender_gets_nothing_while_the_first_sends(cast: Cast, settings: Any) -> None:
    settings(demo=True)
    queue(cast.donor)
    row_id = only_message().id
    first = jobs.take(row_id, now())
    assert first is not None
    assert first.attempts == 1
    assert jobs.take(row_id, now()) is None


def test_secret_body_is_gone_once_sent(cast: Cast, sink: SmtpSink, settings: Any) -> None:
    settings(mail_url=sink.url)
    queue(cast.donor, is_secret=True)
    assert "http://sun.test/zh/" in only_message().body
    jobs.send_outbox()
    assert only_message().body == ""
    assert "http://sun.test/zh/" in sink.mails[0].get_content()


def test_text_messages_are_simulated_in_the_demo_and_wait_elsewhere(cast: Cast, settings: Any) -> None:
    donor = cast.donor
    with transaction(audited=False) as session:
        session.execute(User.__table__.update().where(User.id == donor.id).values(email=None))
    queue(donor)
    assert only_message().channel is Channel.SMS
    assert jobs.send_outbox() == 0
    settings(demo=True)
    assert jobs.send_outbox() == 1
    assert only_message().state is MessageState.SIMULATED


@pytest.mark.parametrize("field", ["address", "subject"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\n ", "\x0b", "\u2028", "\x00"])
def test_no_header_is_smuggled_in(field: str, end: str) -> None:
    values = {"address": "a@example.test", "subject": "Hello"}
    values[field] += f"{end}Bcc: thief@example.test"
    message = OutboxMessage(id=1, body="text", created_at=now(), **values)
    try:
        mail = build_message(message, sender="sun@example.test", host="sun.test")
    except CannotSend:
        return
    head = mail.as_bytes().split(b"\r\n\r\n")[0].lower()
    assert b"\nbcc" not in head
    assert mail["Bcc"] is None
    assert len(mail["To"].addresses) == 1


@pytest.mark.parametrize("address", ["", "no-at-sign", "a@b.test, c@d.test", "a@", "Ünï <x@y.test>, b@c.test"])
def test_what_is_no_single_address_is_refused(address: str) -> None:
    message = OutboxMessage(id=1, address=address, subject="s", body="text", created_at=now())
    with pytest.raises(CannotSend) as caught:
        build_message(message, sender="sun@example.test", host="sun.test")
    assert caught.value.is_final


def test_a_password_is_not_sent_in_the_open(sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sun_commune.notifications.mail.LOCAL_HOSTS", frozenset())
    mailer = Mailer(sink.url.replace("smtp://", "smtp://user:secret@"))
    message = OutboxMessage(id=1, address="a@example.test", subject="s", body="text", created_at=now())
    with pytest.raises(CannotSend, match="no encryption"):
        mailer.send(build_message(message, sender="sun@example.test", host="sun.test"))
    assert sink.recipients == []
