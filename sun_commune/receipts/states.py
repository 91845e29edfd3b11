"""How a receipt stands now; derived (receipts.standing), never stored."""

from __future__ import annotations

from enum import StrEnum


class ReceiptState(StrEnum):
    """VOIDED: by hand, or because the ledger took the entry back. REFUNDED: all of the gift went back to the donor."""

    VALID = "valid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
