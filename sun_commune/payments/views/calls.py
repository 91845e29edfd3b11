"""``/payments/<gateway>/notify``: what providers call. No sign-in, no token: the signature is the right.

The answer has the provider's own form: 401 for what is not believed, 409 for what is true and not taken, 200 for what
is booked - now or before. Nothing of a message is logged but what went wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from sun_commune import config
from sun_commune.core import access
from sun_commune.core.db import transaction
from sun_commune.core.extensions import csrf
from sun_commune.payments import services
from sun_commune.payments.gateways.base import Answer, CallbackRefused, Gateway
from sun_commune.payments.services.calls import Taken
from sun_commune.payments.views.doors import gateway_named

logger = logging.getLogger(__name__)
blueprint = Blueprint("payment_calls", __name__)
STALE = "stale"


@blueprint.post("/payments/<gateway>/notify")
@access.public
@csrf.exempt
def take_callback(gateway: str) -> Response:
    """404 for a gateway that is not on."""
    answer = hear(gateway_named(gateway), dict(request.headers), _body())
    return Response(answer.body, status=answer.status, mimetype=answer.mimetype)


def _body() -> bytes:
    """As it came; a form, which was read before any view, is written anew: its signature is over names and values."""
    return request.get_data() or urlencode(list(request.form.items(multi=True))).encode()


def hear(gateway: Gateway, headers: Mapping[str, str], body: bytes) -> Answer:
    """Believe it or not, then act on it in one transaction."""
    try:
        paid = gateway.parse(headers, body)
    except CallbackRefused as refused:
        logger.warning("call-back refused", extra={"gateway": gateway.name, "reason": refused.refusal.value})
        return gateway.refuse(401, refused.refusal.value)
    if paid is None:
        return gateway.accept()
    if not paid.is_fresh(timedelta(minutes=config.current().callback_minutes)):
        logger.warning("call-back refused", extra={"gateway": gateway.name, "reason": STALE})
        with transaction():
            services.take_stale(gateway, paid)
        return gateway.refuse(401, STALE)
    with transaction():
        taken = services.take_paid(gateway, paid)
    if taken is Taken.BOOKED:
        return gateway.accept()
    logger.warning("call-back flagged", extra={"gateway": gateway.name})
    return gateway.refuse(409, taken.value)
