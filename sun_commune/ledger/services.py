"""The only writer of the books. Each function runs inside the caller's transaction() and says what it refuses."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.clock import today
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.text import clean_line
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.posting import new_uid, post
from sun_commune.ledger.queries import fund_available, fund_balance, reversal_of

__all__ = ["fund_available", "fund_balance", "new_uid", "post_gift", "post_goods", "reverse_transfer"]

REASON_LENGTH = (5, 200)


def post_gift(
    *,
    actor_id: int | None,
    uid: str,
    need_code: str,
    county_code: str,
    category: str,
    amount_fen: int,
    business_on: date,
    claim_code: str | None = None,
    delivery_code: str | None = None,
    donor_shown: str = "",
) -> Transfer:
    """Money arrived in the charity's account for a need: into the need's fund.

    ``uid`` comes from new_uid() and is kept by the caller: posting again with the same uid and content gives back
    the same entry. ``business_on`` is the day it arrived. ``donor_shown`` is the name the donor chose ("" = anonymous).
    """
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.GIFT, need_code=need_code, county_code=county_code,
        category=str(category), amount_fen=amount_fen, business_on=business_on, claim_code=claim_code,
        delivery_code=delivery_code, donor_shown=clean_line(donor_shown)[:120],
    )  # fmt: skip


def post_goods(
    *,
    actor_id: int | None,
    uid: str,
    need_code: str,
    county_code: str,
    category: str,
    item: str,
    quantity: int,
    unit: str,
    value_fen: int,
    value_basis: str,
    business_on: date,
    claim_code: str | None = None,
    delivery_code: str | None = None,
    donor_shown: str = "",
) -> Transfer:
    """Goods were accepted by the household or village: in the goods book, at the value accepted and its basis
    (``invoice``, ``market``, ``declared``). ``quantity`` is in ``unit``; ``value_fen`` is of all of it."""
    if quantity < 1:
        raise RuleBroken(_l("Goods in the ledger are at least one piece."), field="quantity")
    if not value_basis:
        raise RuleBroken(_l("Say where the value of the goods comes from."), field="value_basis")
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.GOODS, need_code=need_code, county_code=county_code,
        category=str(category), amount_fen=value_fen, business_on=business_on, claim_code=claim_code,
        delivery_code=delivery_code, donor_shown=clean_line(donor_shown)[:120], item=clean_line(item)[:60],
        quantity=quantity, unit=clean_line(unit)[:12], value_basis=str(value_basis),
    )  # fmt: skip


def check_reason(reason: str) -> str:
    """The cleaned reason; RuleBroken unless it is a sentence one can use (REASON_LENGTH characters)."""
    reason = clean_line(reason)
    least, most = REASON_LENGTH
    if not least <= len(reason) <= most:
        raise RuleBroken(
            _l("Give the reason in %(least)d to %(most)d characters.", least=least, most=most), field="reason"
        )
    return reason


def reverse_transfer(actor: User | None, transfer: Transfer, reason: str) -> Transfer:
    """Take an entry back by its exact mirror, posted today. Asked twice, it gives back the one reversal.

    The desk asks a second person first (ask_correction); a settled dispute calls this straight away, because there
    two people have spoken already. Raises RuleBroken if the money was spent meanwhile: the fund cannot go below zero.
    """
    if transfer.reverses_id is not None:
        raise Conflict(_l("A reversal cannot be reversed. Post the right entry anew."))
    reason = check_reason(reason)
    earlier = reversal_of(transfer.id)
    if earlier is not None:
        return earlier
    said = (
        "need_code", "county_code", "category", "amount_fen", "claim_code", "delivery_code", "voucher_code",
        "donor_shown", "item", "quantity", "unit", "value_basis",
    )  # fmt: skip
    return post(
        actor_id=actor.id if actor else None, uid=new_uid(), kind=transfer.kind, reverses=transfer, reason=reason,
        business_on=max(today(), transfer.business_on), **{name: getattr(transfer, name) for name in said},
    )  # fmt: skip
