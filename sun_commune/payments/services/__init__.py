"""The only writer of orders and call-backs."""

from sun_commune.payments.services.calls import take_paid, take_stale
from sun_commune.payments.services.orders import expire_order, open_order, set_pay_url, settle_order, slip_of

__all__ = ["expire_order", "open_order", "set_pay_url", "settle_order", "slip_of", "take_paid", "take_stale"]
