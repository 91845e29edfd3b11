"""Who may read and keep receipts. Pure: they look at rows alone."""

from __future__ import annotations

from sun_commune.accounts.models import Role, User, UserKind
from sun_commune.receipts.models import Receipt

#: They may read the register: numbers, amounts and the names that the public sees.
READERS = (Role.TREASURER, Role.SUPERVISOR)


def can_read_register(user: User) -> bool:
    """One series for the whole site, and so one register."""
    return user.has_role(*READERS)


def is_donor_side(user: User, donor: User | None) -> bool:
    """The donor, or a member of the verified organisation whose account gave. Who only typed an organisation's name is
    no member of it."""
    if donor is None:
        return False
    if user.id == donor.id:
        return True
    organisation = donor.organisation if donor.kind is UserKind.ORGANISATION else None
    return organisation is not None and organisation.is_verified and user.organisation_id == organisation.id


def can_see_slip(user: User, receipt: Receipt, donor: User | None) -> bool:
    """The slip with the donor's name: the donor's side, and treasurers, who hand slips out."""
    return is_donor_side(user, donor) or user.has_role(Role.TREASURER)


def can_keep_receipt(user: User, receipt: Receipt, donor: User | None) -> bool:
    """Void, replace, and fill in the official one: a treasurer who is not on the donor's side."""
    return user.has_role(Role.TREASURER) and not is_donor_side(user, donor)
