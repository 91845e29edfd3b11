"""Where an act lies: in the place of its object. A county administrator reads the acts of the own county.

What has no place is read by every watcher: the site's own acts, and organisations, which any county may verify. Of
accounts a county reads those of its officers, as on their page; donors' are for operator and supervisors.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import InstrumentedAttribute

from sun_commune.accounts.models import Duty, Invitation, Role, User
from sun_commune.audit.models import AuditEntry
from sun_commune.choices.models import Choice
from sun_commune.deliveries.models import Delivery
from sun_commune.disclosure.models import Campaign, Task
from sun_commune.households.models import Household
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Budget, Voucher
from sun_commune.needs.models import Need
from sun_commune.payments.models import PaymentOrder
from sun_commune.pledges.models import Claim
from sun_commune.receipts.models import Receipt

CITY_DIGITS = 4
READ_ALL = (Role.SUPERVISOR, Role.OPERATOR)
PLACELESS = (
    "organisation",
    "lanes",
    "payment_notice",
    "selfcheck",
    "log",
    "period",
    "places",
    "demo",
    "database",
    "statement",
    "statement_line",
)


def acts_open_to(user: User) -> ColumnElement[bool] | None:
    """The condition on the trail; None: all of it."""
    return None if user.has_role(*READ_ALL) else acts_within(user.places(Role.COUNTY_ADMIN))


def acts_within(counties: Sequence[str]) -> ColumnElement[bool]:
    """Each row is looked up by its object's code (an index), so a page costs what it shows."""
    code = AuditEntry.object_code
    of_need = _within(Need.county_code, counties)
    placed = {
        "need": exists().where(Need.code == code, of_need),
        "claim": exists().where(Claim.code == code, Claim.need_id == Need.id, of_need),
        "delivery": exists().where(Delivery.code == code, Delivery.need_id == Need.id, of_need),
        "payment_order": exists().where(
            PaymentOrder.code == code, PaymentOrder.claim_id == Claim.id, Claim.need_id == Need.id, of_need
        ),
        "household": exists().where(Household.code == code, _within(Household.village_code, counties)),
        # Money that nobody has matched yet, and the general pool, lie in no county: every watcher reads of them.
        "transfer": exists().where(
            Transfer.uid == code, or_(Transfer.county_code == "", _within(Transfer.county_code, counties))
        ),
        "correction": exists().where(Transfer.uid == code, _within(Transfer.county_code, counties)),
        "choice": exists().where(Choice.code == code, _within(Choice.county_code, counties)),
        # The general pool is the whole city's: every county reads of its budget and vouchers.
        "voucher": exists().where(Voucher.code == code, _within_or_city(Voucher.county_code, counties)),
        "receipt": exists().where(
            Receipt.number == code, Transfer.id == Receipt.transfer_id, _within(Transfer.county_code, counties)
        ),
        "campaign": exists().where(Campaign.code == code, _within_or_all(Campaign.county_code, counties)),
        "disclosure": exists().where(
            Task.code == code, Campaign.id == Task.campaign_id, _within_or_all(Campaign.county_code, counties)
        ),
        "budget": exists().where(Budget.code == code, _within_or_city(Budget.county_code, counties)),
        "duty": exists().where(Duty.code == code, _within(Duty.place_code, counties)),
        "invitation": exists().where(Invitation.code == code, _within(Invitation.place_code, counties)),
        "user": exists().where(User.code == code, Duty.user_id == User.id, _within(Duty.place_code, counties)),
    }
    of_kind = [and_(AuditEntry.object_kind == kind, lies_there) for kind, lies_there in placed.items()]
    return or_(AuditEntry.object_kind.in_(PLACELESS), *of_kind)


def _within_or_all(column: InstrumentedAttribute[str], counties: Sequence[str]) -> ColumnElement[bool]:
    """What is of all counties together ("") is every county's."""
    return or_(column == "", _within(column, counties))


def _within_or_city(column: InstrumentedAttribute[str], counties: Sequence[str]) -> ColumnElement[bool]:
    return or_(column.in_({county[:CITY_DIGITS] for county in counties}), _within(column, counties))


def _within(column: InstrumentedAttribute[str], counties: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(column.startswith(county, autoescape=True) for county in counties))
