"""Text messages: the interface of a gateway, and the demo's simulator. A real gateway is added here."""

from __future__ import annotations

from typing import Protocol

from sun_commune.config import Settings


class SmsGateway(Protocol):
    """``is_simulator`` says that nothing really leaves; such messages are never shown as sent."""

    is_simulator: bool

    def send(self, number: str, text: str) -> None:
        """Hand over one text message; raises notifications.mail.CannotSend."""


class SimulatedSms:
    """Sends nothing, for the demo. The outbox page shows what would have been sent."""

    is_simulator = True

    def send(self, number: str, text: str) -> None:
        """The row itself is all there is to see."""


def gateway(settings: Settings) -> SmsGateway | None:
    """The simulator in the demo; none elsewhere: text messages then wait in the outbox."""
    return SimulatedSms() if settings.demo else None
