"""The audit trail hears every event."""

from __future__ import annotations

import re

from sqlalchemy import insert

from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now
from sun_commune.core.db import db, table_of
from sun_commune.core.events import Event
from sun_commune.core.logs import request_id
from sun_commune.core.text import find_private

AUDIT_ENTRIES = table_of(AuditEntry)
_INSERT = insert(AUDIT_ENTRIES).inline()  # nobody asks for its id
_LONG_NUMBER = re.compile(r"\d(?:[\s\-·.]?\d){9,}[Xx]?")


def record_act(event: Event) -> None:
    """Write one row in the event's own transaction: in Core, for it is part of every claim."""
    entry = {
        "at": now(),
        "actor_id": event.actor_id,
        "act": type(event).__name__,
        "object_kind": event.object_kind,
        "object_code": event.object_code[:80],
        "from_state": event.from_state,
        "to_state": event.to_state,
        "reason": without_private(event.reason)[:500],
        "request_id": request_id(),
    }
    db.session.execute(_INSERT, entry)


def without_private(reason: str) -> str:
    """The trail is never erased, so a phone or identity number that slipped into a reason stays out of it."""
    return _LONG_NUMBER.sub("***", reason) if find_private(reason) else reason
