"""Who may do what in the treasury. Pure: the user and the row are enough. (Who stands behind the need is asked by
services, for it takes a read.)"""

from __future__ import annotations

from sun_commune import config
from sun_commune.accounts.models import Role, User
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Budget, Correction, Voucher, VoucherKind, VoucherState

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


def can_withdraw(user: User, paper: Voucher | Budget) -> bool:
    return user.id == paper.maker_id


def can_settle_advance(user: User, voucher: Voucher) -> bool:
    is_out = voucher.kind is VoucherKind.ADVANCE and voucher.state is VoucherState.APPROVED
    return is_out and user.serves(voucher.county_code, Role.TREASURER)


def can_name_parcels(user: User, voucher: Voucher) -> bool:
    """Of what is paid, or is to be paid, by an invoice."""
    lives = voucher.state in {VoucherState.DRAFTED, VoucherState.APPROVED} and voucher.kind is not VoucherKind.ADVANCE
    return lives and bool(voucher.need_code) and user.serves(voucher.county_code, Role.TREASURER)


def can_see_budget(user: User, budget: Budget) -> bool:
    return user.serves(budget.county_code, *READERS)


def can_decide_budget(user: User, budget: Budget) -> bool:
    is_open = budget.state is VoucherState.DRAFTED
    return is_open and user.serves(budget.county_code, *DECIDERS) and user.id != budget.maker_id


def _place(transfer: Transfer) -> str:
    """What belongs to no county, as the pool does, belongs to the city."""
    return transfer.county_code or config.current().city


def can_ask_correction(user: User, transfer: Transfer) -> bool:
    return user.serves(_place(transfer), Role.TREASURER) and transfer.reverses_id is None


def can_see_correction(user: User, transfer: Transfer) -> bool:
    return user.serves(_place(transfer), *READERS)


def can_decide_correction(user: User, wish: Correction, transfer: Transfer) -> bool:
    is_open = wish.state is VoucherState.DRAFTED
    return is_open and user.serves(_place(transfer), *DECIDERS) and user.id != wish.maker_id
