"""What must always hold of deliveries, for the self-check (trust: both sides confirm; what counts is posted)."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from sun_commune.core.db import db
from sun_commune.core.selfcheck import MOST_FINDINGS, Check
from sun_commune.deliveries.models import Delivery, DeliveryState
from sun_commune.deliveries.states import UNDER_WAY
from sun_commune.ledger.models import Transfer, TransferKind
from sun_commune.ledger.papers import Voucher, VoucherParcel
from sun_commune.ledger.queries import BROUGHT
from sun_commune.needs.models import LineKind, Need, NeedLine
from sun_commune.pledges.models import Claim, ClaimLine

COUNTS = Delivery.accepted_quantity.is_not(None)


def _find(statement: Select[*tuple[Any, ...]], words: str) -> list[str]:
    rows = db.session.execute(statement.limit(MOST_FINDINGS))
    return [words.format(*row) for row in rows]


def find_one_sided() -> list[str]:
    """Deliveries that count without two different people on the two sides."""
    statement = (
        select(Delivery.code)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .where(COUNTS)
        .where(
            or_(
                Delivery.sent_by.is_(None),
                Delivery.accepted_by.is_(None),
                Delivery.accepted_by == Delivery.sent_by,
                Delivery.accepted_by == Claim.donor_id,
            )
        )
    )
    return _find(statement, "delivery {0} counts without two people on two sides")


def find_unposted() -> list[str]:
    """Money and goods that count as delivered without a standing entry that says the same."""
    reversal = aliased(Transfer)
    amount = case((NeedLine.kind == LineKind.MONEY, Delivery.accepted_quantity), else_=Delivery.value_fen)
    # A moved entry names the claim that the money was first given with, so that it can be followed.
    of_claim = Transfer.claim_code == Claim.code
    kinds = or_(
        and_(NeedLine.kind == LineKind.MONEY, Transfer.kind.in_(BROUGHT), of_claim),
        and_(NeedLine.kind == LineKind.MONEY, Transfer.kind == TransferKind.MOVED, Transfer.to_need_code == Need.code),
        and_(NeedLine.kind != LineKind.MONEY, Transfer.kind == TransferKind.GOODS, of_claim),
    )
    same = and_(
        Transfer.uid == Delivery.transfer_uid,
        Transfer.delivery_code == Delivery.code,
        Transfer.amount_fen == amount,
        kinds,
    )
    statement = (
        select(Delivery.code)
        .join(ClaimLine, ClaimLine.id == Delivery.claim_line_id)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .join(NeedLine, NeedLine.id == ClaimLine.need_line_id)
        .join(Need, Need.id == Claim.need_id)
        .outerjoin(Transfer, same)
        .outerjoin(reversal, reversal.reverses_id == Transfer.id)
        .where(COUNTS, NeedLine.kind.in_((LineKind.MONEY, LineKind.GOODS)))
        .where(or_(Transfer.id.is_(None), reversal.id.is_not(None)))
    )
    return _find(statement, "delivery {0} counts, but no standing entry says the same")


def find_undelivered_entries() -> list[str]:
    """Standing entries that name a delivery which does not count."""
    reversal = aliased(Transfer)
    statement = (
        select(Transfer.uid, Transfer.delivery_code)
        .outerjoin(reversal, reversal.reverses_id == Transfer.id)
        .outerjoin(Delivery, and_(Delivery.transfer_uid == Transfer.uid, COUNTS))
        .where(Transfer.delivery_code.is_not(None), Transfer.reverses_id.is_(None))
        .where(reversal.id.is_(None), Delivery.id.is_(None))
    )
    return _find(statement, "entry {0} stands, but its delivery {1} does not count")


def find_miscounted_lines() -> list[str]:
    """Lines of claims whose deliveries do not add up to what they say was brought, or promise too much."""
    brought = func.coalesce(func.sum(Delivery.accepted_quantity), 0)
    is_open_dispute = and_(Delivery.state == DeliveryState.DISPUTED, Delivery.accepted_quantity.is_(None))
    travelling = func.coalesce(
        func.sum(case((or_(Delivery.state.in_(UNDER_WAY), is_open_dispute), Delivery.quantity), else_=0)), 0
    )
    left = ClaimLine.quantity - ClaimLine.delivered - ClaimLine.released
    statement = (
        select(Claim.code, ClaimLine.delivered, brought, left, travelling)
        .join(Claim, Claim.id == ClaimLine.claim_id)
        .outerjoin(Delivery, Delivery.claim_line_id == ClaimLine.id)
        .group_by(Claim.code, ClaimLine.id, ClaimLine.quantity, ClaimLine.delivered, ClaimLine.released)
        .having(or_(ClaimLine.delivered != brought, travelling > left))
    )
    return _find(statement, "claim {0}: {1} counted but {2} brought, {3} promised but {4} on its way")


def find_foreign_parcels() -> list[str]:
    """Vouchers that name a delivery of another need, or one that is not there."""
    statement = (
        select(Voucher.code, VoucherParcel.delivery_code)
        .join(VoucherParcel, VoucherParcel.voucher_id == Voucher.id)
        .outerjoin(Delivery, Delivery.code == VoucherParcel.delivery_code)
        .outerjoin(Need, and_(Need.id == Delivery.need_id, Need.code == Voucher.need_code))
        .where(Need.id.is_(None))
    )
    return _find(statement, "voucher {0} names the delivery {1}, which is not of its need")


CHECKS = (
    Check(
        "delivery_has_two_sides",
        _l("Whatever counts as delivered was given by one person and confirmed by another."),
        find_one_sided,
    ),
    Check(
        "delivered_is_posted",
        _l("Money and goods that count as delivered stand in the ledger with the same amount."),
        find_unposted,
    ),
    Check(
        "posted_is_delivered",
        _l("Entries of gifts and goods that stand belong to a delivery that counts."),
        find_undelivered_entries,
    ),
    Check(
        "deliveries_match_claims",
        _l("What claims say was brought is the sum of their deliveries, and no more travels than is promised."),
        find_miscounted_lines,
    ),
    Check(
        "parcels_are_of_their_need",
        _l("A voucher names only deliveries of the need that it pays for."),
        find_foreign_parcels,
    ),
)
