"""Short ways to post, for the tests of the books."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from sun_commune.accounts.models import User
from sun_commune.core import selfcheck
from sun_commune.core.clock import now
from sun_commune.core.db import transaction
from sun_commune.ledger import checks, services
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import PayeeKind, SpendingCategory, Voucher
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
        token=secrets.token_hex(16), kind=UploadKind.DOCUMENT, media_type="application/pdf", sha256="0" * 64,
        size_bytes=1, created_by=maker.id, created_at=now(),
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
