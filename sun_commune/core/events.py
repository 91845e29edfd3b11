"""Events: what happened, told by services, heard by the listeners that the switchboard binds.

Listeners run inside the transaction and only write rows, so nothing is sent for an act that was rolled
back and nothing committed is forgotten. One may raise a SunError: then its feature refuses the act, and all of it is
undone. Listeners of :class:`Event` itself (the audit trail) hear all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sun_commune.core.db import note_announcement


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to one object.

    ``actor_id`` is the user's row id, None for the system's own acts (a job). ``object_code`` is the public
    code. ``from_state``/``to_state``/``reason`` are what the audit trail keeps; nothing private goes in.
    """

    object_kind: ClassVar[str] = ""

    actor_id: int | None
    object_code: str
    from_state: str = ""
    to_state: str = ""
    reason: str = ""


Listener = Callable[[Any], None]
_listeners: dict[type[Event], list[Listener]] = {}


def bind(table: Mapping[type[Event], Sequence[Listener]]) -> None:
    """Replace all bindings; called once by the switchboard."""
    _listeners.clear()
    _listeners.update({kind: list(listeners) for kind, listeners in table.items()})


def announce(event: Event) -> None:
    """Tell every listener of the event's class and of its parents, the most general first."""
    note_announcement()
    for kind in reversed(type(event).__mro__):
        for listener in _listeners.get(kind, ()):
            listener(event)
