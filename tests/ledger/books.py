"""Short ways to post, for the tests of the books."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from sun_commune.accounts.models import User
from sun_commune.core import selfcheck
from sun_commune.core.clock import now, today
from sun_commune.core.db import transaction
from sun_commune.ledger import checks, services
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Budget, PayeeKind, SpendingCategory, Voucher
from sun_commune.uploads.models import Upload, UploadKind

NEED = "XQ-2026-00001"
OTHER_NEED = "XQ-2026-00002"
DAY = date(2017, 12, 6)

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


def document(maker: User) -> int:
    """Row id of a paper that a voucher can name."""
    paper = Upload(
        token=secrets.token_hex(16), kind=UploadKind.DOCUMENT, media_type="application/pdf",
        sha256=secrets.token_hex(32), size_bytes=1, created_by=maker.id, created_at=now(),
    )  # fmt: skip
    with transaction(audited=False) as session:
        session.add(paper)
    return paper.id


def draft(maker: User, **changes: Any) -> Voucher:
    values: dict[str, Any] = {
        "need_code": NEED, "payee_name": "盐亭县黄溪五金店", "payee_kind": PayeeKind.SHOP,
        "category": SpendingCategory.GOODS_PURCHASE, "purpose": "买一台烤火炉", "amount_fen": 12_000, "spent_on": DAY,
        "document_id": document(maker),
    }  # fmt: skip
    with transaction():
        return services.draft_voucher(maker, **{**values, **changes})


def spend(maker: User, checker: User, **changes: Any) -> Voucher:
    voucher = draft(maker, **changes)
    with transaction():
        return services.approve_voucher(checker, voucher)


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
        return services.approve_voucher(checker, voucher, **said)


def hand_out(maker: User, checker: User, **changes: Any) -> Voucher:
    """An advance of 120 yuan to the village, approved."""
    return approve(checker, draft_advance(maker, **changes))


def draft_settlement(maker: User, advance: Voucher, **changes: Any) -> Voucher:
    values = {"advance_code": advance.code, **PAYEE, "amount_fen": 5_000, "document_id": document(maker)}
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
