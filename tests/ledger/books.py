"""Short ways to post, for the tests of the books."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sun_commune.accounts.models import User, UserKind
from sun_commune.choices.models import Choice, ChoiceState, Occasion, Route
from sun_commune.core import selfcheck
from sun_commune.core.clock import now, today
from sun_commune.core.codes import random_code
from sun_commune.core.db import db, transaction
from sun_commune.ledger import checks, services
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Budget, PayeeKind, SpendingCategory, Voucher
from sun_commune.ledger.queries import Stamp
from sun_commune.ledger.services import moving
from sun_commune.uploads.models import Upload, UploadKind

NEED = "XQ-2026-00001"
OTHER_NEED = "XQ-2026-00002"
DAY = date(2017, 12, 6)
STAMP = Stamp("510723", "daily_necessities")

GIFT: dict[str, Any] = {
    "actor_id": None, "need_code": NEED, "county_code": "510723", "category": "daily_necessities",
    "amount_fen": 32_000, "business_on": DAY, "claim_code": "RLTEST1", "delivery_code": None, "donor_shown": "张**",
}  # fmt: skip
GOODS: dict[str, Any] = {
    "actor_id": None, "need_code": NEED, "county_code": "510723", "category": "daily_necessities",
    "item": "电热毯", "quantity": 2, "unit": "床", "value_fen": 20_000, "value_basis": "invoice", "business_on": DAY,
    "claim_code": "RLTEST2", "donor_shown": "",
}  # fmt: skip


@pytest.fixture
def book_checks_alone(app: Flask) -> Iterator[None]:
    """Only the ledger's own self-checks are bound: these books are written without claims and deliveries, which the
    whole house's checks would miss (tests/demo runs all of them on a whole story)."""
    bound = selfcheck.all_checks()
    selfcheck.bind(checks.CHECKS)
    yield
    selfcheck.bind(bound)


def give(**changes: Any) -> Transfer:
    with transaction():
        return services.post_gift(**{**GIFT, "uid": services.new_uid(), **changes})


def bring(**changes: Any) -> Transfer:
    with transaction():
        return services.post_goods(**{**GOODS, "uid": services.new_uid(), **changes})


def public_copy(maker: User) -> int:
    """Row id of a photo that a voucher can name as the copy of its paper."""
    return document(maker, kind=UploadKind.PHOTO, media_type="image/jpeg")


def document(maker: User, **changes: Any) -> int:
    """Row id of a paper that a voucher can name."""
    said = {"kind": UploadKind.DOCUMENT, "media_type": "application/pdf", **changes}
    paper = Upload(
        token=secrets.token_hex(16), sha256=secrets.token_hex(32), size_bytes=1, created_by=maker.id, created_at=now(),
        **said,
    )  # fmt: skip
    with transaction(audited=False) as session:
        session.add(paper)
    return paper.id


def draft(maker: User, **changes: Any) -> Voucher:
    values: dict[str, Any] = {
        "need_code": NEED, "payee_name": "盐亭县黄溪五金店", "payee_kind": PayeeKind.SHOP,
        "category": SpendingCategory.GOODS_PURCHASE, "purpose": "买一台烤火炉", "amount_fen": 12_000, "spent_on": DAY,
        "document_id": document(maker), "redacted_id": public_copy(maker),
    }  # fmt: skip
    with transaction():
        return services.draft_voucher(maker, **{**values, **changes})


def spend(maker: User, checker: User, **changes: Any) -> Voucher:
    voucher = draft(maker, **changes)
    with transaction():
        return services.approve_voucher(checker, voucher, copy_checked=True)


def reverse(transfer: Transfer, reason: str = "金额录错，更正后重新入账") -> Transfer:
    with transaction():
        return services.reverse_transfer(None, transfer, reason)


PAYEE: dict[str, Any] = {
    "payee_name": "盐亭县黄溪五金店", "payee_kind": PayeeKind.SHOP, "category": SpendingCategory.GOODS_PURCHASE,
    "purpose": "买一台烤火炉", "amount_fen": 12_000, "spent_on": DAY,
}  # fmt: skip


def draft_advance(maker: User, **changes: Any) -> Voucher:
    values = {
        "need_code": NEED, **PAYEE, "payee_name": "金禄村村委会", "payee_kind": PayeeKind.VILLAGE,
        "spent_on": today(), "due_on": today() + timedelta(days=30), "document_id": document(maker),
    }  # fmt: skip
    with transaction():
        return services.draft_advance(maker, **{**values, **changes})


def approve(checker: User, voucher: Voucher, **said: Any) -> Voucher:
    with transaction():
        return services.approve_voucher(checker, voucher, **{"copy_checked": True, **said})


def hand_out(maker: User, checker: User, **changes: Any) -> Voucher:
    """An advance of 120 yuan to the village, approved."""
    return approve(checker, draft_advance(maker, **changes))


def draft_settlement(maker: User, advance: Voucher, **changes: Any) -> Voucher:
    papers = {"document_id": document(maker), "redacted_id": public_copy(maker)}
    values = {"advance_code": advance.code, **PAYEE, "amount_fen": 5_000, **papers}
    with transaction():
        return services.draft_settlement(maker, **{**values, **changes})


def settle(maker: User, checker: User, advance: Voucher, **changes: Any) -> Voucher:
    """An invoice of 50 yuan for the advance, approved."""
    return approve(checker, draft_settlement(maker, advance, **changes))


def bring_back(actor: User, advance: Voucher, amount_fen: int, *, reference: str = "BANK-1") -> Transfer:
    uid = services.new_uid()
    with transaction():
        return services.return_advance(
            actor, uid=uid, advance_code=advance.code, amount_fen=amount_fen, returned_on=today(),
            bank_reference=reference,
        )  # fmt: skip


def plan(maker: User, checker: User, *, need_code: str = NEED, reason: str = "", **fen: int) -> Budget:
    """A budget in force: ``plan(a, b, works=1000)``."""
    lines = {SpendingCategory(name): amount for name, amount in fen.items()}
    with transaction():
        budget = services.draft_budget(maker, need_code=need_code, lines=lines, reason=reason)
    with transaction():
        return services.approve_budget(checker, budget)


def _officers() -> list[int]:
    """Row ids of two users, made if there are not so many."""
    found = list(db.session.execute(select(User.id).order_by(User.id).limit(2)).scalars())
    while len(found) < 2:
        user = User(
            code=random_code("U"),
            kind=UserKind.PERSON,
            name="某人",
            phone=f"+86138{len(found):08d}",
            password_hash="!",
            created_at=now(),
        )
        db.session.add(user)
        db.session.flush()
        found.append(user.id)
    return found


def decided(
    *,
    amount_fen: int,
    only: ChoiceState = ChoiceState.DONE,
    need_code: str = "",
    to_need_code: str | None = None,
    claim_code: str | None = None,
    source_code: str | None = None,
) -> str:
    """The uid for an entry, and the choice that the database wants to see behind it, in the caller's transaction: for
    a refund, or a move to ``to_need_code``. Of one that gets ``only`` so far, its code.

    These books have no claims about which a donor could choose.
    """
    payer, checker = _officers()
    uid, is_refund, moment = services.new_uid(), to_need_code is None, now()
    choice = Choice(
        code=random_code("XZ"), claim_code=claim_code, source_code=source_code, need_code=need_code,
        county_code="510723", category="daily_necessities", amount_fen=amount_fen, occasion=Occasion.LEFT_OVER,
        state=ChoiceState.OPEN, opened_at=moment, due_on=today(),
    )  # fmt: skip
    db.session.add(choice)
    db.session.flush()
    if only is ChoiceState.OPEN:
        return choice.code
    choice.route = Route.REFUND if is_refund else Route.NEED if to_need_code else Route.POOL
    choice.to_need_code, choice.decided_at = to_need_code or "", moment
    if is_refund:
        choice.state = ChoiceState.CHOSEN
        db.session.flush()
        if only is ChoiceState.CHOSEN:
            return choice.code
        choice.state, choice.payer_id, choice.paid_on, choice.paid_at = ChoiceState.PAID_OUT, payer, today(), moment
        choice.bank_reference = f"BOOKS-{uid}"
        db.session.flush()
        if only is ChoiceState.PAID_OUT:
            return choice.code
        choice.checker_id, choice.checked_at = checker, moment
    choice.state, choice.ended_at, choice.transfer_uid = ChoiceState.DONE, moment, uid
    db.session.flush()
    return uid


def refund(fen: int, *, need_code: str = NEED, claim_code: str | None = None, on: date = DAY) -> Transfer:
    """So much of a need's fund went back to a donor who chose so."""
    with transaction():
        uid = decided(amount_fen=fen, need_code=need_code, claim_code=claim_code)
        return moving.refund(
            actor_id=None, uid=uid, need_code=need_code, stamp=STAMP, amount_fen=fen, business_on=on,
            claim_code=claim_code, reason="不再需要",
        )  # fmt: skip


def move(
    fen: int, *, need_code: str = NEED, to: str = OTHER_NEED, claim_code: str | None = None, there: Stamp = STAMP
) -> Transfer:
    """So much of a need's fund went to another one, to the pool for "", as its donor chose."""
    with transaction():
        uid = decided(amount_fen=fen, need_code=need_code, to_need_code=to, claim_code=claim_code)
        return moving.move_money(
            actor_id=None, uid=uid, need_code=need_code, stamp=STAMP, to_need_code=to,
            to_stamp=there if to else moving.NOWHERE, amount_fen=fen, claim_code=claim_code, reason="捐赠人选择",
        )  # fmt: skip


def send_back(fen: int, source_code: str) -> Transfer:
    """So much of a statement line that nobody matched went back to its sender, who chose so."""
    with transaction():
        uid = decided(amount_fen=fen, source_code=source_code)
        return moving.send_back(actor_id=None, uid=uid, source_code=source_code, amount_fen=fen, business_on=DAY)
