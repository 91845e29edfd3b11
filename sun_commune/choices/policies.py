"""Who may do what with a choice. The donor decides; a treasurer pays a refund, and a second person looks."""

from __future__ import annotations

from typing import Any

from sun_commune.accounts.models import Role, User
from sun_commune.choices.models import Choice, ChoiceState, Route
from sun_commune.ledger.policies import DECIDERS, READERS


def can_see_choice(user: User | Any, choice: Choice) -> bool:
    return user.id is not None and user.id == choice.donor_id


def can_choose(user: User | Any, choice: Choice) -> bool:
    return can_see_choice(user, choice) and choice.state is ChoiceState.OPEN


def can_see_refund(user: User, choice: Choice) -> bool:
    return choice.route is Route.REFUND and user.serves(choice.county_code, *READERS)


def can_see_private_half(user: User, choice: Choice) -> bool:
    """The donor's name and the bank's references."""
    return user.serves(choice.county_code, *DECIDERS)


def can_pay_refund(user: User, choice: Choice) -> bool:
    """Not the own one."""
    is_open = choice.state is ChoiceState.CHOSEN
    return is_open and user.serves(choice.county_code, Role.TREASURER) and user.id != choice.donor_id


def can_check_refund(user: User, choice: Choice) -> bool:
    is_paid = choice.state is ChoiceState.PAID_OUT
    others = user.id not in {choice.payer_id, choice.donor_id}
    return is_paid and others and user.serves(choice.county_code, *DECIDERS)
