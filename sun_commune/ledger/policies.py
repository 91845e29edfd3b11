"""Who may do what in the treasury. Pure: the user and the row are enough. (Who stands behind the need is asked by
services, for it takes a read.)"""

from __future__ import annotations

from sun_commune.accounts.models import Role, User
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Correction, Voucher, VoucherState

#: They may decide what another person has written.
DECIDERS = (Role.TREASURER, Role.COUNTY_ADMIN)
#: They may read the desk; the supervisor without what is private.
READERS = (*DECIDERS, Role.SUPERVISOR)
#: They may close a month before its day.
CLOSERS = (Role.TREASURER,)


def can_draft_voucher(user: User) -> bool:
    return user.has_role(Role.TREASURER)


def can_close_periods(user: User) -> bool:
    return user.has_role(*CLOSERS)


def can_see_voucher(user: User, voucher: Voucher) -> bool:
    return user.serves(voucher.county_code, *READERS)


def can_see_private_half(user: User, voucher: Voucher) -> bool:
    """Payee's name and the paper."""
    return user.serves(voucher.county_code, *DECIDERS)


def can_decide_voucher(user: User, voucher: Voucher) -> bool:
    return user.serves(voucher.county_code, *DECIDERS) and user.id != voucher.maker_id


def can_ask_correction(user: User, transfer: Transfer) -> bool:
    return user.serves(transfer.county_code, Role.TREASURER) and transfer.reverses_id is None


def can_see_correction(user: User, transfer: Transfer) -> bool:
    return user.serves(transfer.county_code, *READERS)


def can_decide_correction(user: User, wish: Correction, transfer: Transfer) -> bool:
    is_open = wish.state is VoucherState.DRAFTED
    return is_open and user.serves(transfer.county_code, *DECIDERS) and user.id != wish.maker_id
