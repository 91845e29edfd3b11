"""The words of every notice, and the page that it leads to.

``subject`` and ``text`` may name ``about`` (the need's title), ``code`` and ``note``. ``by_message`` says whether an
e-mail or SMS goes out too: only what somebody waits for or must act on does, the rest stays in the inbox, because
people who are written to for every step stop reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.notifications.models import Channel, MessageState, NoticeKind


@dataclass(frozen=True)
class Words:
    """``endpoint`` takes the object's code, as ``argument``, if ``takes_code``."""

    subject: Any
    text: Any
    endpoint: str
    takes_code: bool = True
    by_message: bool = True
    argument: str = "code"

    def values(self, code: str) -> dict[str, str]:
        """What the page's address is made of."""
        return {self.argument: code} if self.takes_code else {}


K = NoticeKind
CLAIM = "deliveries.show_claim"
REPORT = "disclosure.show_report"
CHOICE = "choices.choose"

WORDS: dict[NoticeKind, Words] = {
    K.NEED_RETURNED: Words(
        _l("Returned: %(about)s"),
        _l("Your need “%(about)s” came back with a reason: %(note)s. Change it and submit it again."),
        "needs.edit_need",
    ),
    K.NEED_APPROVED: Words(
        _l("Approved by the township: %(about)s"),
        _l("The township approved your need “%(about)s”. The county publishes it next."),
        "needs.list_own",
        takes_code=False,
        by_message=False,
    ),
    K.NEED_PUBLISHED: Words(
        _l("Published: %(about)s"),
        _l("Your need “%(about)s” is in the supermarket now; donors can claim it."),
        "portal.show_need",
    ),
    K.NEED_EXPIRED: Words(
        _l("Expired: %(about)s"),
        _l("Your need “%(about)s” has reached its last day and takes no more claims."),
        "portal.show_need",
        by_message=False,
    ),
    K.CLAIM_PLEDGED: Words(
        _l("A donor pledged: %(about)s"),
        _l("A donor pledged help for “%(about)s”, to come by %(note)s."),
        CLAIM,
    ),
    K.CLAIM_CANCELLED: Words(
        _l("A pledge was taken back: %(about)s"),
        _l("The donor took back a pledge for “%(about)s”; what was promised is open again."),
        CLAIM,
        by_message=False,
    ),
    K.CLAIM_REMINDED: Words(
        _l("Please remember your pledge: %(about)s"),
        _l("Your pledge for “%(about)s” is due by %(note)s. After that day it goes back to the supermarket."),
        CLAIM,
    ),
    K.CLAIM_EXPIRED: Words(
        _l("Your pledge has run out: %(about)s"),
        _l("The day of your pledge for “%(about)s” has passed, so it is open to others again. You can claim anew."),
        CLAIM,
    ),
    K.CLAIM_RELEASED: Words(
        _l("No longer needed: %(about)s"),
        _l("“%(about)s” takes no more help. %(note)s What you had pledged and not begun is given back. Thank you!"),
        CLAIM,
    ),
    K.CLAIM_FULFILLED: Words(
        _l("All you promised has arrived: %(about)s"),
        _l("Everything you promised for “%(about)s” has arrived. Thank you!"),
        CLAIM,
        by_message=False,
    ),
    K.PAYMENT_REPORTED: Words(
        _l("A donor reports a transfer: %(about)s"),
        _l("A donor says that %(note)s for “%(about)s” is on its way to the account."),
        "deliveries.record_payment",
        takes_code=False,
        by_message=False,
    ),
    K.PAYMENT_ARRIVED: Words(
        _l("Your money has arrived: %(about)s"),
        _l("%(note)s for “%(about)s” has arrived in the charity's account and stands in the public ledger."),
        CLAIM,
    ),
    K.RECEIPT_VOIDED: Words(
        _l("Your slip %(code)s is void"),
        _l("Slip %(code)s counts no more: %(note)s. If another one replaces it, that one is among your slips."),
        "receipts.show_slip",
        by_message=False,
        argument="number",
    ),
    K.OFFICIAL_RECEIPT: Words(
        _l("Fiscal receipt for %(code)s"),
        _l("The charity issued the fiscal receipt for your gift; slip %(code)s carries its number now."),
        "receipts.show_slip",
        by_message=False,
        argument="number",
    ),
    K.GOODS_SENT: Words(
        _l("On its way to you: %(about)s"),
        _l("A donor sent %(note)s for “%(about)s”. Please record it when it is here."),
        CLAIM,
    ),
    K.GOODS_RECEIVED: Words(
        _l("Received in the village: %(about)s"),
        _l("The village received %(note)s for “%(about)s”. Acceptance comes next."),
        CLAIM,
        by_message=False,
    ),
    K.GOODS_ACCEPTED: Words(
        _l("Accepted: %(about)s"),
        _l("%(note)s for “%(about)s” was handed over and accepted. Thank you!"),
        CLAIM,
    ),
    K.WORK_AGREED: Words(
        _l("A day is agreed: %(about)s"),
        _l("A donor will come for “%(about)s” on %(note)s."),
        CLAIM,
    ),
    K.WORK_DONE: Words(
        _l("Please confirm: %(about)s"),
        _l("The donor says that %(note)s for “%(about)s” is done. Please confirm it."),
        CLAIM,
    ),
    K.WORK_CONFIRMED: Words(
        _l("Confirmed: %(about)s"),
        _l("The village confirmed %(note)s for “%(about)s”. Thank you!"),
        CLAIM,
    ),
    K.DELIVERY_CANCELLED: Words(
        _l("A delivery was called off: %(about)s"),
        _l("The donor called off a delivery for “%(about)s”. The pledge itself stands."),
        CLAIM,
        by_message=False,
    ),
    K.DELIVERY_DISPUTED: Words(
        _l("A delivery is disputed: %(about)s"),
        _l("A delivery for “%(about)s” is disputed: %(note)s. The county looks into it."),
        CLAIM,
    ),
    K.DISPUTE_TO_SETTLE: Words(
        _l("A dispute to settle: %(about)s"),
        _l("A delivery for “%(about)s” is disputed: %(note)s. Please settle it."),
        CLAIM,
    ),
    K.DISPUTE_SETTLED: Words(
        _l("A dispute is settled: %(about)s"),
        _l("The county settled the dispute on “%(about)s”: %(note)s"),
        CLAIM,
    ),
    K.DELIVERY_THANKED: Words(
        _l("A word of thanks: %(about)s"),
        _l("The village thanks you for “%(about)s”: %(note)s"),
        CLAIM,
    ),
    K.MONEY_SPENT: Words(
        _l("Money was spent: %(about)s"),
        _l("%(note)s was spent from the fund of “%(about)s”, to which you gave. The ledger shows what for."),
        "portal.show_need",
        by_message=False,
    ),
    K.CHOICE_OPENED: Words(
        _l("Please choose what shall become of your gift: %(about)s"),
        _l("Money that you gave for “%(about)s” cannot be used as promised. %(note)s Choose here:"),
        CHOICE,
    ),
    K.CHOICE_REMINDED: Words(
        _l("Your choice is due soon: %(about)s"),
        _l("What you gave for “%(about)s” still waits for your choice. %(note)s Choose here:"),
        CHOICE,
    ),
    K.CHOICE_DEFAULTED: Words(
        _l("Your gift goes on: %(about)s"),
        _l("You chose nothing about what was left of your gift for “%(about)s”, so it went as announced. %(note)s"),
        CHOICE,
    ),
    K.REFUND_ASKED: Words(
        _l("A donor asks money back: %(code)s"),
        _l("%(note)s are to go back to a donor, out of the fund of “%(about)s”."),
        "choices.show_refund",
        by_message=False,
    ),
    K.REFUND_SENT: Words(
        _l("Your refund has gone out: %(about)s"),
        _l("%(note)s went back to the account that it came from, and it stands in the public ledger."),
        CHOICE,
    ),
    K.REFUND_FAILED: Words(
        _l("Your refund failed, please choose anew: %(about)s"),
        _l(
            "What you asked back of your gift for “%(about)s” could not be paid out or came back. %(note)s Choose here:"
        ),
        CHOICE,
    ),
    K.VOUCHER_REFUSED: Words(
        _l("A voucher was refused: %(code)s"),
        _l("The voucher %(code)s was refused: %(note)s"),
        "ledger.show_voucher",
        by_message=False,
    ),
    K.REPORT_DUE: Words(
        _l("A report is due: %(about)s"),
        _l("The calendar asks for a report: %(about)s, due by %(note)s."),
        REPORT,
        by_message=False,
    ),
    K.REPORT_REMINDED: Words(
        _l("Please write the report: %(about)s"),
        _l("A report is still to be published: %(about)s. Its last day is %(note)s."),
        REPORT,
    ),
    K.REPORT_OVERDUE: Words(
        _l("A report is overdue: %(about)s"),
        _l("A report was due by %(note)s: %(about)s. Everybody can read that it is overdue."),
        REPORT,
    ),
    K.REPORT_TO_REVIEW: Words(
        _l("A report to look at: %(about)s"),
        _l("A report was written: %(about)s. A second person has to look at it by %(note)s."),
        "disclosure.review_report",
        by_message=False,
    ),
    K.REPORT_SENT_BACK: Words(
        _l("Your report was sent back: %(about)s"),
        _l("Your report (%(about)s) was sent back: %(note)s"),
        "disclosure.review_report",
    ),
    K.VOUCHER_EXPIRED: Words(
        _l("A voucher waited too long: %(code)s"),
        _l("Nobody decided the voucher %(code)s in time. It has ended; its money is free again."),
        "ledger.show_voucher",
        by_message=False,
    ),
    K.ADVANCE_DUE: Words(
        _l("An advance is to be settled: %(code)s"),
        _l("The advance %(code)s is to be settled by %(note)s. Hand in its invoices and book what came back."),
        "ledger.show_voucher",
        by_message=False,
    ),
    K.DUTY_GRANTED: Words(
        _l("You have a duty"),
        _l("Your duty is granted. Your desk shows what waits for you."),
        "backoffice.show_desk",
        takes_code=False,
    ),
    K.DUTY_REFUSED: Words(
        _l("Your request was refused"),
        _l("Your request for a duty was refused: %(note)s"),
        "accounts.my_page",
        takes_code=False,
    ),
    K.DUTY_ENDED: Words(
        _l("A duty has ended"),
        _l("One of your duties has ended. Thank you for your work."),
        "accounts.my_page",
        takes_code=False,
    ),
    K.ORGANISATION_VERIFIED: Words(
        _l("Your organisation is verified"),
        _l("Your organisation was checked; its name is now shown as verified."),
        "accounts.my_page",
        takes_code=False,
    ),
    K.ORGANISATION_REFUSED: Words(
        _l("Your organisation could not be verified"),
        _l("Your organisation could not be verified: %(note)s"),
        "accounts.my_page",
        takes_code=False,
    ),
    K.UNMASKING_ALARM: Words(
        _l("Please look into it: many families' data were opened"),
        _l("%(about)s has opened the private data of %(note)s families today. Ask why; the record has the reasons."),
        "backoffice.list_acts",
        takes_code=False,
    ),
}

labels.register(
    {
        Channel.EMAIL: _l("e-mail"),
        Channel.SMS: _l("text message"),
        MessageState.WAITING: _l("waiting"),
        MessageState.SENT: _l("sent"),
        MessageState.SIMULATED: _l("simulated, not sent"),
        MessageState.FAILED: _l("failed"),
    }
)
labels.register({kind: words.subject for kind, words in WORDS.items()})
