"""Words for the enums of statements."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.statements.columns import Column, FileKind
from sun_commune.statements.models import Fate, FileState, LineState, OutgoingKind, SuspenseReason, TieRule

# One dictionary per enum: members of two StrEnums with the same value are equal, and the second would win.
labels.register(
    {
        Column.DATE: _l("Day"),
        Column.INCOME: _l("Money in"),
        Column.OUTGO: _l("Money out"),
        Column.AMOUNT: _l("Amount, in and out in one column"),
        Column.DIRECTION: _l("In or out, in words"),
        Column.BALANCE: _l("Balance"),
        Column.REFERENCE: _l("Bank's reference"),
        Column.PAYER: _l("Name of the other side"),
        Column.PAYER_ACCOUNT: _l("Account of the other side"),
        Column.MEMO: _l("Remark with the payment code"),
        Column.MEMO_2: _l("Second remark"),
    }
)
labels.register(
    {
        FileKind.BANK: _l("Bank statement"),
        FileKind.WECHAT_TRADES: _l("WeChat Pay, bill of orders"),
        FileKind.WECHAT_FUNDS: _l("WeChat Pay, movements of the account"),
        FileKind.WECHAT_PERSONAL: _l("WeChat, bill of a person"),
        FileKind.ALIPAY_ACCOUNT: _l("Alipay, movements of the account"),
        FileKind.ALIPAY_PERSONAL: _l("Alipay, bill of a person"),
        FileKind.NOTICES: _l("Messages of a payment provider"),
    }
)
labels.register(
    {
        FileState.READ: _l("Read, not posted"),
        FileState.POSTING: _l("Being posted"),
        FileState.POSTED: _l("Posted"),
    }
)
labels.register(
    {
        LineState.PLACED: _l("Placed"),
        LineState.OPEN: _l("In suspense"),
        LineState.OUTGOING: _l("Went out"),
    }
)
labels.register(
    {
        SuspenseReason.NO_CODE: _l("No payment code in the remark."),
        SuspenseReason.UNREADABLE_CODE: _l("Something like a payment code, but a character of it is wrong."),
        SuspenseReason.UNKNOWN_CODE: _l("A payment code that no claim has."),
        SuspenseReason.SEVERAL_CODES: _l("Several payment codes, and their outstanding amounts do not add up to it."),
        SuspenseReason.OVERPAID: _l("More than is outstanding: the rest waits for the donor's choice."),
        SuspenseReason.RECORDED_REST: _l("More than was recorded by hand under this reference."),
        SuspenseReason.NOTHING_LEFT: _l("Nothing is outstanding for this code any more."),
        SuspenseReason.CLAIM_OVER: _l("The claim was given back or has run out."),
        SuspenseReason.NEED_WITHDRAWN: _l("The need is withdrawn or over."),
        SuspenseReason.TOO_EARLY: _l("It came before the claim was made."),
        SuspenseReason.INVOLVED: _l("Who imported it has a part in the need: another treasurer places it."),
        SuspenseReason.BOUNCED: _l("It looks like money of ours that the bank sent back."),
        SuspenseReason.TAKEN_BACK: _l("Its entry was taken back by a correction."),
        SuspenseReason.PAID_ONLINE: _l("Paid online when the pledge could not take it: its donor chooses."),
    }
)
labels.register(
    {
        TieRule.REFERENCE: _l("Both name the same bank reference."),
        TieRule.AMOUNT: _l("They alone have this amount about this day."),
        TieRule.PERSON: _l("A treasurer said so."),
    }
)
labels.register({OutgoingKind.FEE: _l("Fee of the bank"), OutgoingKind.OTHER: _l("Something else, on paper")})
labels.register(
    {
        Fate.MATCHED: _l("Matched"),
        Fate.SUSPENSE: _l("To suspense"),
        Fate.KNOWN: _l("Already known"),
        Fate.RECORDED: _l("Recorded by hand before"),
        Fate.NOTICED: _l("Told by the provider before"),
        Fate.OUTGOING: _l("Went out"),
        Fate.WRONG: _l("Wrong"),
    }
)
