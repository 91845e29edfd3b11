"""The only writers of deliveries. docs/deliveries.md tells how a delivery lives.

Each act locks the need's row first (needs.stock.lock_need), reads everything anew, asks the policies and the table of
deliveries.states, and changes delivery, claim and ledger in the caller's one transaction.
"""

from sun_commune.deliveries.services.closing import (
    cancel_delivery,
    forget_words,
    hide_photo,
    mask_old_photos,
    show_photo,
    thank_donor,
)
from sun_commune.deliveries.services.disputes import dispute_delivery, settle_dispute, undo_reversed
from sun_commune.deliveries.services.goods import accept_goods, receive_goods, send_goods
from sun_commune.deliveries.services.money import (
    Arrival,
    lock_reference,
    record_gateway_payment,
    record_payment,
    record_planned_payment,
    record_statement_payment,
    report_payment,
)
from sun_commune.deliveries.services.moved import count_moved, who_saw_arrive
from sun_commune.deliveries.services.work import agree_work, confirm_work, mark_done

__all__ = [
    "Arrival",
    "accept_goods",
    "agree_work",
    "cancel_delivery",
    "confirm_work",
    "count_moved",
    "dispute_delivery",
    "forget_words",
    "hide_photo",
    "lock_reference",
    "mark_done",
    "mask_old_photos",
    "receive_goods",
    "record_gateway_payment",
    "record_payment",
    "record_planned_payment",
    "record_statement_payment",
    "report_payment",
    "send_goods",
    "settle_dispute",
    "show_photo",
    "thank_donor",
    "undo_reversed",
    "who_saw_arrive",
]
