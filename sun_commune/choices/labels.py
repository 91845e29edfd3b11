"""Words for the enums of choices."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.choices.models import ChoiceState, Occasion, Route
from sun_commune.core import labels

labels.register(
    {
        Occasion.NEED_WITHDRAWN: _l("The need was withdrawn."),
        Occasion.NEED_EXPIRED: _l("The time of the need was over before it was met."),
        Occasion.NEED_CLOSED: _l("The need is closed, and this was not spent."),
        Occasion.LEFT_OVER: _l("The need has ended, and this is left of it."),
        Occasion.REFUND_FAILED: _l("The refund could not be paid out or came back."),
        Occasion.MOVE_REVERSED: _l("The move to another purpose was taken back."),
        Occasion.SURPLUS: _l("More was paid than was promised."),
        Occasion.PAID_ONLINE: _l("It was paid online when the pledge could not take it."),
    }
)
labels.register(
    {
        Route.REFUND: _l("Back to me"),
        Route.NEED: _l("To another need"),
        Route.POOL: _l("To the general pool"),
    }
)
labels.register(
    {
        ChoiceState.OPEN: _l("Waiting for your choice"),
        ChoiceState.CHOSEN: _l("Being refunded"),
        ChoiceState.PAID_OUT: _l("Refund sent, being checked"),
        ChoiceState.DONE: _l("Done"),
        ChoiceState.LAPSED: _l("Used as promised after all"),
        ChoiceState.UNDONE: _l("Came back"),
    }
)
