"""What may happen to a choice: by which event, from which state to which.

docs/choices.md shows the same table, and a test compares the two. The services obey it (``services.rows.tell``), and so
does the database (``guards``).
"""

from __future__ import annotations

from sun_commune.choices.events import (
    ChoiceEvent,
    ChoiceLapsed,
    ChoiceMoved,
    ChoiceOpened,
    ChoiceReduced,
    ChoiceReminded,
    ChoiceUndone,
    RefundChosen,
    RefundConfirmed,
    RefundGivenUp,
    RefundPaid,
    RefundRefused,
)
from sun_commune.choices.models import ChoiceState

S = ChoiceState
MOVES: dict[type[ChoiceEvent], tuple[ChoiceState | None, ChoiceState]] = {
    ChoiceOpened: (None, S.OPEN),
    ChoiceReduced: (S.OPEN, S.OPEN),
    ChoiceReminded: (S.OPEN, S.OPEN),
    ChoiceLapsed: (S.OPEN, S.LAPSED),
    ChoiceMoved: (S.OPEN, S.DONE),
    RefundChosen: (S.OPEN, S.CHOSEN),
    RefundPaid: (S.CHOSEN, S.PAID_OUT),
    RefundConfirmed: (S.PAID_OUT, S.DONE),
    RefundRefused: (S.PAID_OUT, S.CHOSEN),
    RefundGivenUp: (S.CHOSEN, S.OPEN),
    ChoiceUndone: (S.DONE, S.UNDONE),
}
