"""The words of every duty on the desk: what it is, and what to do."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.backoffice.duties import DutyKind
from sun_commune.core import labels

K = DutyKind

labels.register(
    {
        K.NEED_RETURNED: _l("returned need"),
        K.DRAFT_OLD: _l("old draft"),
        K.GOODS_TO_RECEIVE: _l("goods on their way"),
        K.GOODS_TO_ACCEPT: _l("goods to accept"),
        K.WORK_TO_CONFIRM: _l("work to confirm"),
        K.THANKS_DUE: _l("thanks due"),
        K.NEED_TO_REVIEW: _l("need to review"),
        K.NEED_TO_PUBLISH: _l("need to publish"),
        K.DISPUTE_TO_SETTLE: _l("dispute"),
        K.ERASURE_REQUESTED: _l("erasure asked for"),
        K.HOUSEHOLD_TO_FORGET: _l("family long without a need"),
        K.ORGANISATION_TO_VERIFY: _l("organisation to verify"),
        K.DUTY_REQUESTED: _l("request for a duty"),
        K.ORDER_HELD: _l("online payment not booked"),
        K.LANES_TO_CONFIRM: _l("change of the charity's record"),
        K.PAYMENT_REPORTED: _l("reported payment"),
        K.VOUCHER_TO_CHECK: _l("voucher to check"),
        K.CORRECTION_TO_CHECK: _l("correction to check"),
        K.SUSPENSE_TO_PLACE: _l("money to place"),
        K.RETURN_TO_CHECK: _l("return to check"),
        K.REFUND_TO_SEND: _l("refund to send"),
        K.REFUND_TO_CHECK: _l("refund to check"),
        K.REPORT_TO_WRITE: _l("report to write"),
        K.REPORT_TO_REVIEW: _l("report to look at"),
        K.BUDGET_TO_CHECK: _l("budget to check"),
        K.ADVANCE_OVERDUE: _l("overdue advance"),
    }
)

WHAT_TO_DO: dict[DutyKind, Any] = {
    K.NEED_RETURNED: _l("Read the reason, change it, submit it again"),
    K.DRAFT_OLD: _l("Finish and submit it, or withdraw it"),
    K.GOODS_TO_RECEIVE: _l("Record what was received"),
    K.GOODS_TO_ACCEPT: _l("Hand it over and record the acceptance"),
    K.WORK_TO_CONFIRM: _l("Confirm the work"),
    K.THANKS_DUE: _l("Thank the donor"),
    K.NEED_TO_REVIEW: _l("Check it and approve or return it"),
    K.NEED_TO_PUBLISH: _l("Check it and publish or return it"),
    K.DISPUTE_TO_SETTLE: _l("Hear both sides and settle it"),
    K.ERASURE_REQUESTED: _l("Look at what goes and carry it out"),
    K.HOUSEHOLD_TO_FORGET: _l("Ask for its erasure, or have the village renew its record"),
    K.ORGANISATION_TO_VERIFY: _l("Compare its papers and decide"),
    K.DUTY_REQUESTED: _l("Grant or refuse it"),
    K.ORDER_HELD: _l("Find its money a place and say which"),
    K.LANES_TO_CONFIRM: _l("Compare it with the charity's papers and decide"),
    K.PAYMENT_REPORTED: _l("Look for it in the account and record it"),
    K.VOUCHER_TO_CHECK: _l("Check its document and approve or refuse it"),
    K.CORRECTION_TO_CHECK: _l("Check the entry and decide"),
    K.SUSPENSE_TO_PLACE: _l("Find out what it is for and place it"),
    K.RETURN_TO_CHECK: _l("Check it and let the money go back or refuse"),
    K.REFUND_TO_SEND: _l("Send it back the way it came and record it"),
    K.REFUND_TO_CHECK: _l("Find it in the account and confirm it"),
    K.REPORT_TO_WRITE: _l("Write it before its last day"),
    K.REPORT_TO_REVIEW: _l("Compare words and figures, publish it or send it back"),
    K.BUDGET_TO_CHECK: _l("Check its lines and approve or refuse it"),
    K.ADVANCE_OVERDUE: _l("Hand in its invoices and book what came back"),
}
