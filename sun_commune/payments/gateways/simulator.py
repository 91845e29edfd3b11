"""A gateway that moves no money, for the demo and for tests. Its call-backs are signed, so that they go the real way.

The key is derived from the site's own secret: nobody outside can write a call-back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sun_commune.core.clock import now
from sun_commune.core.codes import random_code
from sun_commune.payments.gateways.base import Answer, CallbackRefused, OrderSlip, Paid, Refusal

SIGNATURE = "X-Simulator-Signature"
MERCHANT, APP = "SIMULATED-MERCHANT", "SIMULATED-APP"


@dataclass(frozen=True)
class Simulator:
    secret: str
    name: str = "simulator"
    is_link: bool = True

    def create(self, slip: OrderSlip) -> str:
        """A page of this very site: its path, so that the demo works under any port."""
        return urlsplit(slip.return_url).path + "/simulator"

    def sign(self, body: bytes) -> str:
        key = hmac.new(self.secret.encode(), b"sun-commune simulator", hashlib.sha256).digest()
        return hmac.new(key, body, hashlib.sha256).hexdigest()

    def pay(self, slip: OrderSlip, **changes: str | int) -> tuple[dict[str, str], bytes]:
        """Headers and body of the call-back of a payment that did not happen."""
        moment = now().isoformat()
        said = {
            "order": slip.code, "reference": random_code("SIM", 12), "amount_fen": slip.amount_fen,
            "currency": slip.currency, "merchant": MERCHANT, "app": APP, "paid_at": moment, "sent_at": moment,
            **changes,
        }  # fmt: skip
        body = json.dumps(said).encode()
        return {SIGNATURE: self.sign(body)}, body

    def parse(self, headers: Mapping[str, str], body: bytes) -> Paid | None:
        signature = headers.get(SIGNATURE, "")
        if not signature:
            raise CallbackRefused(Refusal.NO_SIGNATURE)
        if not hmac.compare_digest(signature.encode(), self.sign(body).encode()):
            raise CallbackRefused(Refusal.WRONG_SIGNATURE)
        try:
            said = json.loads(body)
            return Paid(
                order_code=str(said["order"]), reference=str(said["reference"]), amount_fen=int(said["amount_fen"]),
                currency=str(said["currency"]), merchant_id=str(said["merchant"]), app_id=str(said["app"]),
                paid_at=_moment(said["paid_at"]), sent_at=_moment(said["sent_at"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise CallbackRefused(Refusal.UNREADABLE) from error

    def query(self, order_code: str) -> Paid | None:
        """It knows of no payment that it has not called back for."""
        return None

    def is_ours(self, paid: Paid) -> bool:
        return (paid.merchant_id, paid.app_id) == (MERCHANT, APP)

    def accept(self) -> Answer:
        return Answer(200, '{"code": "SUCCESS"}', "application/json")

    def refuse(self, status: int, reason: str) -> Answer:
        return Answer(status, json.dumps({"code": "FAIL", "message": reason}), "application/json")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
