"""What came: money into the need's fund, goods into the goods book."""

from __future__ import annotations

from datetime import date

from flask_babel import lazy_gettext as _l

from sun_commune.core.errors import RuleBroken
from sun_commune.core.text import clean_line
from sun_commune.ledger.models import AccountKind, Transfer, TransferKind
from sun_commune.ledger.posting import BANK, Where, post, purse


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
    source_code: str | None = None,
    donor_shown: str = "",
) -> Transfer:
    """Money arrived in the charity's account for a need (the general pool for ""): into its fund.

    ``uid`` comes from new_uid() and is kept by the caller: posting again with the same uid and content gives back
    the same entry. ``business_on`` is the day it arrived, ``source_code`` the statement line that shows it (None: by
    hand). ``donor_shown`` is the name the donor chose ("" = anonymous).
    """
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.GIFT, debit=BANK, credit=purse(need_code),
        need_code=need_code, county_code=county_code,
        category=str(category), amount_fen=amount_fen, business_on=business_on, claim_code=claim_code,
        delivery_code=delivery_code, source_code=source_code, donor_shown=clean_line(donor_shown)[:120],
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
        actor_id=actor_id, uid=uid, kind=TransferKind.GOODS, debit=Where(AccountKind.GOODS_HANDED_OVER, need_code),
        credit=Where(AccountKind.GOODS_GIVEN, need_code), need_code=need_code, county_code=county_code,
        category=str(category), amount_fen=value_fen, business_on=business_on, claim_code=claim_code,
        delivery_code=delivery_code, donor_shown=clean_line(donor_shown)[:120], item=clean_line(item)[:60],
        quantity=quantity, unit=clean_line(unit)[:12], value_basis=str(value_basis),
    )  # fmt: skip
