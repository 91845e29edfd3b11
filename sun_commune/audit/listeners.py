"""The audit trail hears every event."""

from __future__ import annotations

from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.events import Event
from sun_commune.core.logs import request_id


def record_act(event: Event) -> None:
    """Write one row in the event's own transaction."""
    entry = AuditEntry(
        at=now(),
        actor_id=event.actor_id,
        act=type(event).__name__,
        object_kind=event.object_kind,
        object_code=event.object_code[:80],
        from_state=event.from_state,
        to_state=event.to_state,
        reason=event.reason[:500],
        request_id=request_id(),
    )
    db.session.add(entry)
