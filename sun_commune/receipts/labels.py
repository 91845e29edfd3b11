"""Words of receipts."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.core import labels
from sun_commune.receipts.models import Naming
from sun_commune.receipts.states import ReceiptState

labels.register(
    {
        Naming.REAL: _l("With my full name, or my organisation's"),
        Naming.SHOWN: _l("As the public ledger shows me"),
        Naming.ANONYMOUS: _l("Without a name"),
        Naming.WAIVED: _l("I want no receipts"),
    }
)
labels.register(
    {
        ReceiptState.VALID: _l("Valid"),
        ReceiptState.PARTLY_REFUNDED: _l("Refunded in part"),
        ReceiptState.REFUNDED: _l("Refunded"),
        ReceiptState.VOIDED: _l("Void"),
    }
)
