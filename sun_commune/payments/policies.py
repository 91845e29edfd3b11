"""Who may pay a claim online, and who may look at orders."""

from __future__ import annotations

from sun_commune.accounts.models import Role, User
from sun_commune.payments.models import PaymentOrder
from sun_commune.pledges.models import Claim

#: They read all orders.
READERS = (Role.TREASURER, Role.SUPERVISOR)


def can_pay(user: User, claim: Claim) -> bool:
    return user.id == claim.donor_id


def can_see_order(user: User, order: PaymentOrder) -> bool:
    return user.id == order.donor_id or user.has_role(*READERS)


def can_pay_order(user: User, order: PaymentOrder) -> bool:
    return user.id == order.donor_id


def can_settle_order(user: User, order: PaymentOrder) -> bool:
    """A treasurer who did not pay it."""
    return user.has_role(Role.TREASURER) and user.id != order.donor_id
