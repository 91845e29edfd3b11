"""Who may do what with statements. The accounts are the charity's, so they belong to the city's treasurers; the
supervisor reads along without what is private. Who has a part in a need is asked by services, for it takes a read."""

from __future__ import annotations

from sun_commune import config
from sun_commune.accounts.models import Role, User
from sun_commune.ledger.papers import VoucherState
from sun_commune.statements.models import StatementReturn

READERS = (Role.TREASURER, Role.SUPERVISOR)


def can_import(user: User) -> bool:
    """Read files, post them, place what lies in suspense, ask for money to go back."""
    return user.serves(config.current().city, Role.TREASURER)


def can_read(user: User) -> bool:
    return user.serves(config.current().city, *READERS)


def can_see_private_half(user: User) -> bool:
    """The remark, the masked payer: whoever places the money needs them."""
    return can_import(user)


def can_decide_return(user: User, paper: StatementReturn) -> bool:
    return paper.state is VoucherState.DRAFTED and can_import(user) and user.id != paper.maker_id
