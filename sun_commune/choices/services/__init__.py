"""The only writers of choices. docs/choices.md tells how a choice lives.

Every act locks the need that receives, then the fund that gives, then the choice, reads anew, and moves the money in
the caller's one transaction: of a donor and the default that race, one wins and the other finds it decided.
"""

from sun_commune.choices.services.deciding import choose, take_default
from sun_commune.choices.services.following import follow_reversal
from sun_commune.choices.services.opening import remind_choice, settle_fund, settle_line
from sun_commune.choices.services.refunding import confirm_refund, give_up_refund, record_refund, refuse_refund

__all__ = [
    "choose",
    "confirm_refund",
    "follow_reversal",
    "give_up_refund",
    "record_refund",
    "refuse_refund",
    "remind_choice",
    "settle_fund",
    "settle_line",
    "take_default",
]
