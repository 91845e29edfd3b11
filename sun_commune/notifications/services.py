"""Write notices and messages, inside the transaction of the act that they tell of; nothing is sent here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, update

from sun_commune.accounts.models import User
from sun_commune.choices.models import Choice
from sun_commune.core.clock import now
from sun_commune.core.codes import random_code
from sun_commune.core.db import db, rows_changed
from sun_commune.core.i18n import LANGUAGES
from sun_commune.core.text import clean_line
from sun_commune.notifications.labels import WORDS
from sun_commune.notifications.links import address_of
from sun_commune.notifications.models import Channel, Notice, NoticeKind, OutboxMessage
from sun_commune.pledges.models import Claim

SUBJECT_LENGTH = 120


#: A word of a notice: text, a lazy translation, or a function called under the reader's locale.
Words = Any


def tell(people: Iterable[User], kind: NoticeKind, *, code: str, about: str = "", note: Words = "") -> None:
    """Put a notice into each inbox, and a message into the outbox where the kind asks for one, each in the
    language of its reader."""
    moment = now()
    for user in people:
        with force_locale(LANGUAGES[user.locale]):
            said = str(note() if callable(note) else note)
            notice = Notice(
                code=random_code("XX", 9),
                user_id=user.id,
                kind=kind,
                object_code=code,
                about=about[:120],
                note=said[:300],
                at=moment,
            )
            db.session.add(notice)
            if WORDS[kind].by_message:
                _post_notice(user, notice)


def _post_notice(user: User, notice: Notice) -> None:
    words = WORDS[notice.kind]
    values = {"about": notice.about, "code": notice.object_code, "note": notice.note}
    post(
        user,
        subject=str(words.subject) % values,
        text=str(words.text) % values,
        link=address_of(words, user.locale, notice.object_code),
    )


def post_link(user: User, *, subject: Words, text: Words, link: str, is_secret: bool = False) -> None:
    """Queue a message that is no notice (its reader cannot sign in, or has not)."""
    with force_locale(LANGUAGES[user.locale]):
        post(user, subject=str(subject), text=str(text), link=link, is_secret=is_secret)


def post(user: User, *, subject: str, text: str, link: str, is_secret: bool = False) -> None:
    """Queue one message: by e-mail if there is an address, by SMS otherwise. Call under the user's locale."""
    channel, address = (Channel.EMAIL, user.email) if user.email else (Channel.SMS, user.phone)
    if not address:
        return
    moment = now()
    if channel is Channel.EMAIL:
        greeting = _("Hello %(name)s,", name=user.name)
        body = f"{greeting}\n\n{text}\n\n{link}\n\n{_('Sun Commune')}\n"
    else:
        body = f"【{_('Sun Commune')}】{text} {link}"
    message = OutboxMessage(
        user_id=user.id,
        channel=channel,
        address=address,
        subject=clean_line(subject)[:SUBJECT_LENGTH],
        body=body,
        is_secret=is_secret,
        created_at=moment,
        next_try_at=moment,
    )
    db.session.add(message)


def forget_need(need_id: int, need_code: str) -> None:
    """Of an erased need: every notice and message that told of it, for they hold its title and people's words. Each
    message ends with an address that names the need or the claim."""
    claims = db.session.execute(select(Claim.code).where(Claim.need_id == need_id)).scalars()
    named = or_(Choice.need_code == need_code, Choice.to_need_code == need_code)
    choices = db.session.execute(select(Choice.code).where(named)).scalars()
    codes = [need_code, *claims, *choices]
    db.session.execute(delete(Notice).where(Notice.object_code.in_(codes)))
    for code in codes:
        db.session.execute(delete(OutboxMessage).where(OutboxMessage.body.contains(code, autoescape=True)))


def forget_person(user_id: int) -> None:
    """The inbox and every message to a person whose account is closed, with the addresses they went to."""
    db.session.execute(delete(Notice).where(Notice.user_id == user_id))
    db.session.execute(delete(OutboxMessage).where(OutboxMessage.user_id == user_id))


def mark_read(*, user_id: int, code: str | None = None) -> int:
    """Mark one notice of a person as read, or all; gives back how many were not read before."""
    statement = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None)).values(read_at=now())
    if code is not None:
        statement = statement.where(Notice.code == code)
    return rows_changed(db.session(), statement.execution_options(synchronize_session=False))
