"""A form is done once: a double click, a retried request or a reload gets the first answer again.

Every form that creates something carries a random key. The first transaction to insert the key does the act and
stores where it led; a later one with the same key and the same body gets that address, with another body a
Conflict. (Same rule as Stripe's idempotency keys, docs.stripe.com/idempotency.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, UniqueConstraint, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Mapped, mapped_column

from sun_commune.core.clock import now
from sun_commune.core.db import Base, Ref, RowId, is_sqlite, rows_changed, table_of, technical_write
from sun_commune.core.errors import Conflict, RuleBroken


class FormKey(Base):
    """A key that was used, by whom, and where the first answer led ("" while its transaction runs)."""

    __tablename__ = "form_keys"

    id: Mapped[RowId]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id"))
    key: Mapped[str] = mapped_column(String(64))
    body_sha256: Mapped[str] = mapped_column(String(64))
    location: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("user_id", "key"),)


FORM_KEYS = table_of(FormKey)
_this_key = (FORM_KEYS.c.user_id == bindparam("b_user"), FORM_KEYS.c.key == bindparam("b_key"))
# Built once, and without the objects' way of writing: every form that creates something does both.
_BEGIN = {
    is_lite: make(FORM_KEYS).on_conflict_do_nothing() for is_lite, make in ((True, insert_sqlite), (False, insert_pg))
}
_EARLIER = select(FORM_KEYS.c.body_sha256, FORM_KEYS.c.location).where(*_this_key)
_FINISH = update(FORM_KEYS).where(*_this_key)


def body_hash(body: Mapping[str, Sequence[str] | str]) -> str:
    """SHA-256 of a form's fields but for its token and key, in a fixed order."""
    lines = []
    for name in sorted(body):
        if name not in {"csrf_token", "once"}:
            values = body[name]
            lines.append(repr((name, [values] if isinstance(values, str) else list(values))))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def is_key(text: str) -> bool:
    return 8 <= len(text) <= 64 and text.isprintable()


def begin_once(*, user_id: int, key: str, body_sha256: str) -> str | None:
    """Claim the key for this transaction. None: go on. A text: it was done, go there.

    Must be the first write of the transaction: on PostgreSQL a second request waits here for the first.
    Raises RuleBroken for a missing key and Conflict for a key that served another form.
    """
    if not is_key(key):
        raise RuleBroken(_l("The form came without its key, so nothing was stored. Check it and send it once more."))
    row = {"user_id": user_id, "key": key, "body_sha256": body_sha256, "location": "", "at": now()}
    with technical_write() as session:
        if rows_changed(session, _BEGIN[is_sqlite(session)], row) == 1:
            return None
    earlier = session.execute(_EARLIER, {"b_user": user_id, "b_key": key}).one()
    if earlier.body_sha256 != body_sha256:
        raise Conflict(_l("This form was already sent with other content. Open it again and check."))
    return str(earlier.location)


def forget(place: str) -> None:
    """Delete the keys of forms that led to addresses with ``place`` in them: the hash of a form with a name in it could
    be guessed."""
    with technical_write() as session:
        session.execute(
            delete(FormKey).where(FormKey.location.contains(place, autoescape=True)),
            execution_options={"synchronize_session": False},
        )


def forget_person(user_id: int) -> None:
    """Delete all keys of a person whose account is closed."""
    with technical_write() as session:
        mine = delete(FormKey).where(FormKey.user_id == user_id)
        session.execute(mine, execution_options={"synchronize_session": False})


def finish_once(*, user_id: int, key: str, location: str) -> None:
    """Store where the act led, in the same transaction."""
    with technical_write() as session:
        session.execute(_FINISH, {"b_user": user_id, "b_key": key, "location": location})
