"""Words for orders, for why money is held, and for call-backs that were not booked."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.payments.models import HeldReason, NoticeOutcome, OrderState

labels.register(
    {
        OrderState.OPEN: _l("Waits for payment"),
        OrderState.PAID: _l("Arrived and booked"),
        OrderState.HELD: _l("Arrived, not booked in full"),
        OrderState.SETTLED: _l("Arrived, settled by a treasurer"),
        OrderState.EXPIRED: _l("Not paid in time"),
        OrderState.CANCELLED: _l("Replaced or cancelled"),
    }
)
labels.register(
    {
        HeldReason.CLAIM_OVER: _l("The pledge was over when the money came."),
        HeldReason.NEED_GONE: _l("The need had been withdrawn when the money came."),
        HeldReason.TOO_MUCH: _l("More came than was still promised."),
        HeldReason.RECORDED: _l("A payment with this reference was recorded before."),
        HeldReason.OTHER: _l("The books did not take it at that moment."),
    }
)
labels.register(
    {
        NoticeOutcome.STALE: _l("True, but too old when it came"),
        NoticeOutcome.UNKNOWN_ORDER: _l("For an order that is not ours"),
        NoticeOutcome.WRONG_AMOUNT: _l("Of another amount than the order"),
        NoticeOutcome.WRONG_CURRENCY: _l("In another currency"),
        NoticeOutcome.WRONG_MERCHANT: _l("Of another merchant or app"),
        NoticeOutcome.SECOND_PAYMENT: _l("A second payment of a paid order"),
    }
)

#: Gateways by name.
GATEWAYS = {
    "wechat": _l("WeChat Pay"),
    "alipay": _l("Alipay"),
    "simulator": _l("Simulator (no money moves)"),
}
