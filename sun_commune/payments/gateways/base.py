"""What a gateway must do, whoever the provider is. Amounts are whole fen, moments UTC.

A call-back is taken in this order: the provider's signature (by its own library), then our freshness window, then what
it says. The libraries accept a correctly signed message of yesterday; we do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sun_commune.core.clock import now


class Refusal(StrEnum):
    """Why a call-back is not believed. What it said is not kept: anybody may have written it."""

    NO_SIGNATURE = "no_signature"
    WRONG_SIGNATURE = "wrong_signature"
    UNREADABLE = "unreadable"


class CallbackRefused(Exception):
    """A call-back that is not believed. Holds a reason and nothing of the message."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class GatewayFailed(Exception):
    """The provider could not be asked, or answered no. The text names no key and no person."""


@dataclass(frozen=True)
class OrderSlip:
    """What a provider is told of an order: no name, no need's title that could name a family."""

    code: str
    amount_fen: int
    currency: str
    expires_at: datetime
    notify_url: str
    return_url: str


@dataclass(frozen=True)
class Paid:
    """What a true message of the provider says. ``sent_at`` is when the provider signed it; the rest is the payment."""

    order_code: str
    reference: str
    amount_fen: int
    currency: str
    merchant_id: str
    app_id: str
    paid_at: datetime
    sent_at: datetime

    def is_fresh(self, window: timedelta) -> bool:
        """Signed within ``window`` of now, before or after: clocks differ in both directions."""
        return abs(now() - self.sent_at) <= window


@dataclass(frozen=True)
class Answer:
    """What the provider wants to read."""

    status: int
    body: str
    mimetype: str


class Gateway(Protocol):
    """One provider. ``name`` is in addresses and rows; ``is_link``: the donor follows ``pay_url``, else scans it."""

    @property
    def name(self) -> str: ...

    @property
    def is_link(self) -> bool: ...

    def create(self, slip: OrderSlip) -> str:
        """Where the donor pays: an address, or what a QR code holds. GatewayFailed if the provider says no."""

    def parse(self, headers: Mapping[str, str], body: bytes) -> Paid | None:
        """What a call-back says; None for a true one that tells of no payment. CallbackRefused if not believed."""

    def query(self, order_code: str) -> Paid | None:
        """Ask the provider; None: not paid. GatewayFailed if it does not answer."""

    def is_ours(self, paid: Paid) -> bool:
        """The payment went to our charity's merchant number, by our app."""

    def accept(self) -> Answer:
        """Heard; do not send it again."""

    def refuse(self, status: int, reason: str) -> Answer:
        """Not taken. ``reason`` is a code, nothing secret."""
