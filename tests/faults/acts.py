"""One donor's gift from claim to payment, again and again, each act in its transaction and told once it is committed.

``told`` gets a line after each commit: what is told must be there whatever happens afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.core import selfcheck
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.deliveries import services as deliveries
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import PayeeKind, SpendingCategory, Voucher, VoucherState
from sun_commune.needs.models import LineKind, Need
from sun_commune.needs.rules import LineInput
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import Claim, ClaimState, Shown
from tests.cast import Cast
from tests.factories import make_need
from tests.ledger.books import document, public_copy

MONEY = LineInput(kind=LineKind.MONEY, item="化肥款（虚构）", asked=90_000_000_000)
GIFT_FEN, SPENT_FEN = 5_000, 3_000


def build_town(cast: Cast) -> dict[str, int]:
    """Who and what the acts need, as row ids; committed."""
    need = make_need(cast, lines=(MONEY,))
    town = {"need": need.id, "donor": cast.donor.id, "maker": cast.treasurer.id, "checker": cast.second_treasurer.id}
    return {**town, "document": document(cast.treasurer)}


def give_and_spend(town: dict[str, int], number: str, told: Callable[[str], None]) -> None:
    """Claim, pledge, payment recorded, voucher, approval."""
    donor, maker, checker = (db.session.get_one(User, town[name]) for name in ("donor", "maker", "checker"))
    need = db.session.get_one(Need, town["need"])
    lines = [line.id for line in need.lines]
    with transaction():
        claim = pledges.hold_claim(donor, need, wanted={lines[0]: GIFT_FEN})
        code = claim.code
    told(f"held {code}")
    with transaction():
        pledges.pledge_claim(donor, claim, due_on=today() + timedelta(days=7), shown=Shown.MASKED)
        payment_code = claim.payment_code or ""
    told(f"pledged {code}")
    with transaction():
        rows = deliveries.record_payment(
            maker, payment_code=payment_code, amount_fen=GIFT_FEN, arrived_on=today(), bank_reference=f"BANK{number}"
        )
        uid = rows[0].transfer_uid
    told(f"paid {uid}")
    copy_id = public_copy(maker)
    with transaction():
        voucher = ledger.draft_voucher(
            maker, need_code=need.code, payee_name=f"黄溪农资店{number}（虚构）", payee_kind=PayeeKind.SHOP,
            category=SpendingCategory.GOODS_PURCHASE, purpose="购买化肥（虚构）", amount_fen=SPENT_FEN,
            spent_on=today(), document_id=town["document"], redacted_id=copy_id,
        )  # fmt: skip
        paper = voucher.code
    told(f"drafted {paper}")
    with transaction():
        ledger.approve_voucher(checker, voucher, answer="同一张发票分次付款（虚构）", copy_checked=True)
    told(f"approved {paper}")


def missing(told: list[str]) -> list[str]:
    """Lines that were told and are not in the database."""
    db.session.rollback()
    claims = {row.code: row.state for row in db.session.execute(select(Claim)).scalars()}
    vouchers = {row.code: row.state for row in db.session.execute(select(Voucher)).scalars()}
    there = {
        "held": lambda code: code in claims,
        "pledged": lambda code: claims.get(code) not in {None, ClaimState.HELD},
        "paid": lambda uid: db.session.execute(select(Transfer.id).where(Transfer.uid == uid)).first() is not None,
        "drafted": lambda code: code in vouchers,
        "approved": lambda code: vouchers.get(code) is VoucherState.APPROVED,
    }
    lost = [line for line in told if not there[line.split()[0]](line.split()[1])]
    db.session.rollback()
    return lost


def wrong() -> list[str]:
    """What every self-check of the house finds: empty when nothing is half-done."""
    db.session.rollback()
    found = [str(finding) for finding in selfcheck.find_all(selfcheck.all_checks())]
    db.session.rollback()
    return found


def posted_twice() -> list[str]:
    """Bank references of payments that are in the books more than once."""
    twice = select(Delivery.bank_reference).group_by(Delivery.bank_reference).having(func.count() > 1)
    return list(db.session.execute(twice).scalars())
