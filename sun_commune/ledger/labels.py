"""Words for the enums of the books."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.ledger.models import AccountKind, Book, GiverKind, TransferKind
from sun_commune.ledger.papers import FlagKind, PayeeKind, SpendingCategory, VoucherKind, VoucherState

# One dictionary per enum: members of two StrEnums with the same value are equal, and the second would win.
labels.register(
    {
        Book.CASH: _l("Money book"),
        Book.GOODS: _l("Goods book"),
    }
)
labels.register(
    {
        AccountKind.BANK: _l("Charity's bank account"),
        AccountKind.SUSPENSE: _l("Money not matched yet"),
        AccountKind.FUND: _l("Fund of the need"),
        AccountKind.POOL: _l("General pool"),
        AccountKind.ADVANCE: _l("Handed out in advance"),
        AccountKind.GOODS_GIVEN: _l("Goods given"),
        AccountKind.GOODS_HANDED_OVER: _l("Goods handed over"),
    }
)
labels.register(
    {
        TransferKind.GIFT: _l("Gift of money"),
        TransferKind.UNMATCHED: _l("Money arrived, not matched yet"),
        TransferKind.MATCHED: _l("Matched to its purpose"),
        TransferKind.SENT_BACK: _l("Sent back unmatched"),
        TransferKind.MOVED: _l("Moved to another purpose"),
        TransferKind.REFUND: _l("Refund to the donor"),
        TransferKind.SPENDING: _l("Spending"),
        TransferKind.ADVANCE: _l("Advance handed out"),
        TransferKind.SETTLED: _l("Spending out of an advance"),
        TransferKind.ADVANCE_BACK: _l("Rest of an advance returned"),
        TransferKind.GOODS: _l("Goods accepted"),
    }
)
labels.register(
    {
        PayeeKind.SHOP: _l("Shop"),
        PayeeKind.COMPANY: _l("Company"),
        PayeeKind.PERSON: _l("Person"),
        PayeeKind.HOSPITAL: _l("Hospital or clinic"),
        PayeeKind.SCHOOL: _l("School"),
        PayeeKind.COOPERATIVE: _l("Cooperative"),
        PayeeKind.VILLAGE: _l("Village collective"),
        PayeeKind.OFFICER: _l("First secretary or village team"),
        PayeeKind.HOUSEHOLD: _l("The household itself"),
        PayeeKind.GOVERNMENT: _l("Government unit"),
    }
)
labels.register(
    {
        SpendingCategory.GOODS_PURCHASE: _l("Purchase of goods"),
        SpendingCategory.WORKS: _l("Building and repair"),
        SpendingCategory.TRANSPORT: _l("Transport"),
        SpendingCategory.TRAINING: _l("Training"),
        SpendingCategory.MEDICAL_FEES: _l("Medical fees"),
        SpendingCategory.GRANT: _l("Grant"),
        SpendingCategory.MANAGEMENT: _l("Management of the charity"),
    }
)
labels.register(
    {
        VoucherKind.PAYMENT: _l("Payment"),
        VoucherKind.ADVANCE: _l("Advance"),
        VoucherKind.SETTLEMENT: _l("Settlement of an advance"),
    }
)
labels.register(
    {
        VoucherState.DRAFTED: _l("Waiting for a second person"),
        VoucherState.APPROVED: _l("Approved"),
        VoucherState.REFUSED: _l("Refused"),
        VoucherState.WITHDRAWN: _l("Withdrawn by its maker"),
        VoucherState.EXPIRED: _l("Waited too long"),
    }
)
labels.register(
    {
        FlagKind.SAME_PAPER: _l("The same paper was handed in before"),
        FlagKind.LIKE_PAPER: _l("The paper looks like one that was handed in before"),
        FlagKind.SAME_INVOICE: _l("The same invoice number was handed in before"),
        FlagKind.ABOVE_USUAL: _l("The amount is far above what is usual for this kind of spending"),
        FlagKind.UNDER_LIMIT: _l("Several vouchers lie just under the limit"),
        FlagKind.NEW_PAYEE: _l("A large amount to somebody who was never paid before"),
        FlagKind.PAYEE_GAVE: _l("The payee gave to this fund"),
        FlagKind.PAYEE_DECIDED: _l("The payee asked for, reviewed or published the need"),
        FlagKind.COPY_IS_PAPER: _l("The public copy is the paper itself, with nothing covered"),
    }
)
labels.register(
    {
        GiverKind.ENTERPRISE: _l("Enterprises"),
        GiverKind.SOCIAL_ORGANISATION: _l("Social organisations"),
        GiverKind.PERSON: _l("Persons"),
    }
)
