"""Send what waits in the outbox.

A message is taken by a conditional UPDATE that moves its next try into the future; whoever changed the row sends
it, so two schedulers never send one message at once. The network is used outside of any transaction: no writer
waits for a mail server. A crash between sending and noting it repeats the message after the delay, under the same
Message-ID.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import update

from sun_commune import config
from sun_commune.core.clock import now
from sun_commune.core.db import db, rows_changed, transaction
from sun_commune.core.jobs import Job
from sun_commune.notifications import queries, sms
from sun_commune.notifications.mail import CannotSend, Mailer, build_message
from sun_commune.notifications.models import Channel, MessageState, OutboxMessage
from sun_commune.notifications.sms import SmsGateway

logger = logging.getLogger(__name__)
MOST_ATTEMPTS = 8
MOST_AT_ONCE = 200
FIRST_DELAY = timedelta(minutes=2)


def delay_after(attempts: int) -> timedelta:
    """2, 4, 8 ... minutes after the 1st, 2nd, 3rd try; about four hours in all."""
    return FIRST_DELAY * 2 ** (attempts - 1)


def send_outbox() -> int:
    """Try every message that is due, each by itself; gives back how many left."""
    settings = config.current()
    texts = sms.gateway(settings)
    channels = [*([Channel.EMAIL] if settings.mail_url else []), *([Channel.SMS] if texts else [])]
    if not channels:
        return 0
    due = queries.list_due(now(), channels, MOST_AT_ONCE)
    db.session.rollback()
    with Mailer(settings.mail_url) as mailer:
        return sum(send_one(row_id, mailer, texts) for row_id in due)


def take(row_id: int, moment: datetime) -> OutboxMessage | None:
    """Make this process the one that tries the message now; None if another one took it."""
    with transaction(audited=False) as session:
        message = session.get(OutboxMessage, row_id)
        if message is None or message.state is not MessageState.WAITING or message.next_try_at > moment:
            return None
        attempts = message.attempts + 1
        statement = (
            update(OutboxMessage)
            .where(OutboxMessage.id == row_id, OutboxMessage.state == MessageState.WAITING)
            .where(OutboxMessage.attempts == attempts - 1)
            .values(attempts=attempts, next_try_at=moment + delay_after(attempts))
        )
        taken = rows_changed(session, statement) == 1
    if not taken:
        return None
    db.session.refresh(message)
    db.session.expunge(message)
    db.session.rollback()
    return message


def send_one(row_id: int, mailer: Mailer, texts: SmsGateway | None) -> bool:
    """Take, send, note. True: it left."""
    message = take(row_id, now())
    if message is None:
        return False
    try:
        state = hand_over(message, mailer, texts)
    except CannotSend as error:
        is_over = error.is_final or message.attempts >= MOST_ATTEMPTS
        note(message, MessageState.FAILED if is_over else MessageState.WAITING, error=str(error))
        logger.warning("message not sent", extra={"outbox_id": row_id, "attempts": message.attempts})
        return False
    note(message, state)
    return True


def hand_over(message: OutboxMessage, mailer: Mailer, texts: SmsGateway | None) -> MessageState:
    settings = config.current()
    if message.channel is Channel.EMAIL:
        host = urlsplit(settings.base_url).hostname or "localhost"
        mailer.send(build_message(message, sender=settings.mail_from, host=host))
        return MessageState.SENT
    if texts is None:
        raise CannotSend("no gateway for text messages")
    texts.send(message.address, message.body)
    return MessageState.SIMULATED if texts.is_simulator else MessageState.SENT


def note(message: OutboxMessage, state: MessageState, *, error: str = "") -> None:
    """Write down how it went; a secret that has left or failed for good is blanked (but for the simulator's)."""
    values: dict[str, object] = {"state": state, "last_error": error[:200]}
    if state in {MessageState.SENT, MessageState.SIMULATED}:
        values["sent_at"] = now()
    if message.is_secret and state in {MessageState.SENT, MessageState.FAILED}:
        values["body"] = ""
    with transaction(audited=False) as session:
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == message.id, OutboxMessage.attempts == message.attempts)
            .values(**values)
        )


SEND_OUTBOX = Job("send_outbox", 1, send_outbox)
