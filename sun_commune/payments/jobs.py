"""Timed work on orders: ending those whose time is over, and asking providers about those nobody called back for."""

from __future__ import annotations

import logging

from sun_commune.core.clock import now
from sun_commune.core.db import refresh_clean, transaction
from sun_commune.core.jobs import Job
from sun_commune.payments import queries, services
from sun_commune.payments.gateways import current_gateways
from sun_commune.payments.gateways.base import Gateway, GatewayFailed

logger = logging.getLogger(__name__)
BATCH = 200


def expire_orders() -> int:
    """End orders that nobody paid in time."""
    refresh_clean()
    done = 0
    for code in queries.list_ended(now(), BATCH):
        with transaction():
            done += services.expire_order(code)
    return done


def ask_providers() -> int:
    """Call-backs get lost: ask about orders of the last two days that are not paid. Returns how many are."""
    refresh_clean()
    waiting = [(order.code, order.gateway) for order in queries.list_to_ask(BATCH)]
    return sum(_ask(gateway, code) for code, name in waiting if (gateway := current_gateways().get(name)) is not None)


def _ask(gateway: Gateway, code: str) -> bool:
    refresh_clean()  # nothing stays open while the network is asked
    try:
        paid = gateway.query(code)
    except GatewayFailed as failed:
        logger.warning("provider not asked", extra={"gateway": gateway.name, "reason": str(failed)})
        return False
    if paid is None:
        return False
    with transaction():
        services.take_paid(gateway, paid)
    return True


JOBS = (
    Job("expire_payment_orders", every_minutes=5, run=expire_orders),
    Job("ask_payment_providers", every_minutes=10, run=ask_providers),
)
