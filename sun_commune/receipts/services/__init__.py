"""Writers of receipts."""

from sun_commune.receipts.services.forgetting import forget_names
from sun_commune.receipts.services.issuing import NUMBER_SERIES, issue_receipts, issue_waiting
from sun_commune.receipts.services.naming import choose_naming
from sun_commune.receipts.services.official import OfficialFields, record_official
from sun_commune.receipts.services.voiding import replace_receipt, void_receipt, void_reversed

__all__ = [
    "NUMBER_SERIES",
    "OfficialFields",
    "choose_naming",
    "forget_names",
    "issue_receipts",
    "issue_waiting",
    "record_official",
    "replace_receipt",
    "void_receipt",
    "void_reversed",
]
