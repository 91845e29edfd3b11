"""The blueprint, and which gateways are on."""

from __future__ import annotations

from flask import Blueprint, url_for

from sun_commune.core.errors import Missing
from sun_commune.payments.gateways import current_gateways
from sun_commune.payments.gateways.base import Gateway

blueprint = Blueprint("payments", __name__)


def gateway_named(name: str) -> Gateway:
    """Missing if it is not on."""
    found = current_gateways().get(name)
    if found is None:
        raise Missing
    return found


@blueprint.app_template_global()
def pay_online_url(claim_code: str) -> str:
    """Where a claim can be paid online; "" while no gateway is on. For pages of lower floors."""
    return url_for("payments.pay_claim", code=claim_code) if current_gateways() else ""
