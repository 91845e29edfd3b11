"""What happens in the books. ``object_code`` is the transfer's uid or the voucher's code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TransferEvent(Event):
    object_kind: ClassVar[str] = "transfer"
    transfer_id: int


class TransferPosted(TransferEvent): ...


@dataclass(frozen=True, kw_only=True)
class TransferReversed(TransferEvent):
    """``object_code`` and ``transfer_id`` are the reversal's; ``reversed_uid`` is what it takes back."""

    reversed_uid: str
    delivery_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class CorrectionEvent(Event):
    """``object_code`` is the uid of the entry that is to be reversed."""

    object_kind: ClassVar[str] = "correction"
    correction_id: int


class CorrectionAsked(CorrectionEvent): ...


class CorrectionApproved(CorrectionEvent): ...


class CorrectionRefused(CorrectionEvent): ...


@dataclass(frozen=True, kw_only=True)
class VoucherEvent(Event):
    object_kind: ClassVar[str] = "voucher"
    voucher_id: int


class VoucherDrafted(VoucherEvent): ...


class VoucherApproved(VoucherEvent): ...


class VoucherRefused(VoucherEvent): ...


class VoucherWithdrawn(VoucherEvent): ...


class VoucherExpired(VoucherEvent): ...


class ParcelNamed(VoucherEvent):
    """``reason`` is the code of the delivery that the voucher paid for."""


class ParcelTakenBack(VoucherEvent):
    """It was named in error; ``reason`` is the code of the delivery."""


class AdvanceReturned(VoucherEvent): ...


class AdvanceReminded(VoucherEvent):
    """``reason`` is the day by which the advance is to be settled."""


@dataclass(frozen=True, kw_only=True)
class BudgetEvent(Event):
    object_kind: ClassVar[str] = "budget"
    budget_id: int


class BudgetDrafted(BudgetEvent): ...


class BudgetApproved(BudgetEvent): ...


class BudgetRefused(BudgetEvent): ...


class BudgetWithdrawn(BudgetEvent): ...


@dataclass(frozen=True, kw_only=True)
class PeriodClosed(Event):
    """``object_code`` is the month, ``reason`` the fingerprint of its figures."""

    object_kind: ClassVar[str] = "period"
    closed_period_id: int


@dataclass(frozen=True, kw_only=True)
class SelfcheckFinished(Event):
    object_kind: ClassVar[str] = "selfcheck"
