"""What waits for an officer: one item per duty, whatever feature it comes from.

Every source below is one statement that gives (code, title, since) of what waits, the oldest first, within the
officer's places. Whoever gave, wrote or made a thing is not asked to receive, review or check it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class DutyKind(StrEnum):
    """A kind of duty; backoffice.labels holds its words."""

    NEED_RETURNED = "need_returned"
    DRAFT_OLD = "draft_old"
    GOODS_TO_RECEIVE = "goods_to_receive"
    GOODS_TO_ACCEPT = "goods_to_accept"
    WORK_TO_CONFIRM = "work_to_confirm"
    THANKS_DUE = "thanks_due"
    NEED_TO_REVIEW = "need_to_review"
    NEED_TO_PUBLISH = "need_to_publish"
    DISPUTE_TO_SETTLE = "dispute_to_settle"
    ERASURE_REQUESTED = "erasure_requested"
    HOUSEHOLD_TO_FORGET = "household_to_forget"
    ORGANISATION_TO_VERIFY = "organisation_to_verify"
    DUTY_REQUESTED = "duty_requested"
    ORDER_HELD = "order_held"
    LANES_TO_CONFIRM = "lanes_to_confirm"
    PAYMENT_REPORTED = "payment_reported"
    VOUCHER_TO_CHECK = "voucher_to_check"
    CORRECTION_TO_CHECK = "correction_to_check"
    SUSPENSE_TO_PLACE = "suspense_to_place"
    RETURN_TO_CHECK = "return_to_check"
    REFUND_TO_SEND = "refund_to_send"
    REFUND_TO_CHECK = "refund_to_check"
    REPORT_TO_WRITE = "report_to_write"
    REPORT_TO_REVIEW = "report_to_review"
    BUDGET_TO_CHECK = "budget_to_check"
    ADVANCE_OVERDUE = "advance_overdue"


#: Where each duty is done; all take the object's code but for those in BY_ARGUMENT.
ENDPOINTS: dict[DutyKind, str] = {
    DutyKind.NEED_RETURNED: "needs.edit_need",
    DutyKind.DRAFT_OLD: "needs.edit_need",
    DutyKind.GOODS_TO_RECEIVE: "deliveries.receive_goods",
    DutyKind.GOODS_TO_ACCEPT: "deliveries.accept_goods",
    DutyKind.WORK_TO_CONFIRM: "deliveries.confirm_work",
    DutyKind.THANKS_DUE: "deliveries.thank_donor",
    DutyKind.NEED_TO_REVIEW: "needs.review_need",
    DutyKind.NEED_TO_PUBLISH: "needs.review_need",
    DutyKind.DISPUTE_TO_SETTLE: "deliveries.settle_dispute",
    DutyKind.ERASURE_REQUESTED: "backoffice.request_erasure",
    DutyKind.HOUSEHOLD_TO_FORGET: "backoffice.request_erasure",
    DutyKind.ORGANISATION_TO_VERIFY: "accounts.verify_organisation",
    DutyKind.DUTY_REQUESTED: "accounts.decide_duty",
    DutyKind.ORDER_HELD: "payments.settle_order",
    DutyKind.LANES_TO_CONFIRM: "lanes.show_proposal",
    DutyKind.PAYMENT_REPORTED: "deliveries.record_payment",
    DutyKind.VOUCHER_TO_CHECK: "ledger.show_voucher",
    DutyKind.CORRECTION_TO_CHECK: "portal.show_entry",
    DutyKind.SUSPENSE_TO_PLACE: "statements.show_line",
    DutyKind.RETURN_TO_CHECK: "statements.show_line",
    DutyKind.REFUND_TO_SEND: "choices.show_refund",
    DutyKind.REFUND_TO_CHECK: "choices.show_refund",
    DutyKind.REPORT_TO_WRITE: "disclosure.write_report",
    DutyKind.REPORT_TO_REVIEW: "disclosure.review_report",
    DutyKind.BUDGET_TO_CHECK: "ledger.show_budget",
    DutyKind.ADVANCE_OVERDUE: "ledger.show_voucher",
}
#: The name under which the code is handed over, where it is not ``code``.
ARGUMENTS = {DutyKind.PAYMENT_REPORTED: "payment_code", DutyKind.CORRECTION_TO_CHECK: "uid"}


@dataclass(frozen=True)
class Item:
    """One duty. ``since`` is when it came to this desk; ``title`` is public or the office's own words."""

    kind: DutyKind
    code: str
    title: str
    since: datetime

    @property
    def endpoint(self) -> str:
        return ENDPOINTS[self.kind]

    @property
    def values(self) -> dict[str, str]:
        return {ARGUMENTS.get(self.kind, "code"): self.code}


@dataclass(frozen=True)
class Source:
    """``statement`` selects (code, title, since), the oldest first, without a limit."""

    kind: DutyKind
    statement: Any


@dataclass(frozen=True)
class Desk:
    """``items`` are the oldest ones; ``counts`` says how many there are of each kind in all."""

    items: list[Item]
    counts: dict[DutyKind, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())
