"""Money that is not simply given and spent: it arrives unmatched, is matched, goes back, or moves to another purpose.

Each of these is decided elsewhere (by a statement line, a donor's choice, an announced default); here it is posted.
"""

from __future__ import annotations

from datetime import date

from sun_commune.core.clock import today
from sun_commune.core.text import clean_line
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.posting import BANK, SUSPENSE, post, purse
from sun_commune.ledger.queries import Stamp

NOWHERE = Stamp("", "")


def post_unmatched(*, actor_id: int | None, uid: str, amount_fen: int, business_on: date, source_code: str) -> Transfer:
    """Money arrived by the statement line ``source_code`` and nobody knows yet for what."""
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.UNMATCHED, debit=BANK, credit=SUSPENSE, need_code="",
        county_code="", category="", amount_fen=amount_fen, business_on=business_on, source_code=source_code,
    )  # fmt: skip


def post_matched(
    *,
    actor_id: int | None,
    uid: str,
    source_code: str,
    amount_fen: int,
    need_code: str,
    stamp: Stamp = NOWHERE,
    claim_code: str | None = None,
    delivery_code: str | None = None,
    donor_shown: str = "",
    business_on: date | None = None,
) -> Transfer:
    """Unmatched money of a statement line is for this need (the pool for ""); posted today unless said otherwise.

    ``stamp`` is the need's county and category. Raises RuleBroken if less of the line is unmatched.
    """
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.MATCHED, debit=SUSPENSE, credit=purse(need_code),
        need_code=need_code, county_code=stamp.county_code, category=stamp.category, amount_fen=amount_fen,
        business_on=business_on or today(), source_code=source_code, claim_code=claim_code,
        delivery_code=delivery_code, donor_shown=clean_line(donor_shown)[:120],
    )  # fmt: skip


def send_back(
    *, actor_id: int | None, uid: str, source_code: str, amount_fen: int, business_on: date, reason: str = ""
) -> Transfer:
    """Unmatched money went back to the account that it came from."""
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.SENT_BACK, debit=SUSPENSE, credit=BANK, need_code="",
        county_code="", category="", amount_fen=amount_fen, business_on=business_on, source_code=source_code,
        reason=reason,
    )  # fmt: skip


def refund(
    *,
    actor_id: int | None,
    uid: str,
    need_code: str,
    stamp: Stamp,
    amount_fen: int,
    business_on: date,
    claim_code: str | None = None,
    reason: str = "",
) -> Transfer:
    """Money of the need's fund (the pool for "") went back to the donor of ``claim_code``.

    It uses the fund's layers like any outgoing entry; whose gift it was stands in the claim code.
    """
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.REFUND, debit=purse(need_code), credit=BANK,
        need_code=need_code, county_code=stamp.county_code, category=stamp.category, amount_fen=amount_fen,
        business_on=business_on, claim_code=claim_code, reason=reason,
    )  # fmt: skip


def move_money(
    *,
    actor_id: int | None,
    uid: str,
    need_code: str,
    stamp: Stamp,
    to_need_code: str,
    to_stamp: Stamp,
    amount_fen: int,
    claim_code: str | None = None,
    delivery_code: str | None = None,
    donor_shown: str = "",
    reason: str = "",
) -> Transfer:
    """Money of one fund moves to another need's, or to the pool ("").

    ``claim_code`` is the claim that the money was first given with: its own layers move first. ``delivery_code`` is
    the delivery by which it counts for the other need.
    """
    return post(
        actor_id=actor_id, uid=uid, kind=TransferKind.MOVED, debit=purse(need_code), credit=purse(to_need_code),
        need_code=need_code, county_code=stamp.county_code, category=stamp.category, to_need_code=to_need_code,
        to_county_code=to_stamp.county_code, to_category=to_stamp.category, amount_fen=amount_fen,
        business_on=today(), claim_code=claim_code, delivery_code=delivery_code,
        donor_shown=clean_line(donor_shown)[:120], reason=reason,
    )  # fmt: skip
