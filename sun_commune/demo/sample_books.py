"""Ledger entries of a sample with all that a posting writes: account, layer, sums, act, leaf in the log."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import local
from sun_commune.core.db import Base, db
from sun_commune.deliveries.models import ValueBasis
from sun_commune.demo.sample_parts import Rows, add_up, spread_code
from sun_commune.ledger.events import TransferPosted
from sun_commune.ledger.models import SIDES, SINGLE, Account, Book, GiverKind, Layer, Transfer, TransferKind
from sun_commune.ledger.posting import BANK, Where, body_sha256, month_of
from sun_commune.ledger.search import document_of
from sun_commune.ledger.sums import ANONYMOUS
from sun_commune.needs.models import LineKind
from sun_commune.receipts.models import Naming, Receipt
from sun_commune.receipts.services.issuing import new_secret
from sun_commune.transparency import merkle
from sun_commune.transparency.leaves import SALT_BYTES, leaf_of_entry
from sun_commune.transparency.models import LeafKind, LogLeaf, LogOpening, LogWaiting, Opened


class SampleBooks:
    """``take_id`` gives each row its id. Salts come from the seed: a sample keeps no secret, and is the same again."""

    def __init__(self, take_id: Callable[[type[Base]], int], seed: int, moment: datetime) -> None:
        self.take_id = take_id
        self.salts = random.Random(f"salts {seed}")
        self.moment = moment
        bank = db.session.execute(select(Account.id, Account.code).where(Account.key == BANK.key)).one_or_none()
        self.accounts: dict[str, dict[str, Any]] = {}
        if bank is not None:
            self.accounts[BANK.key] = {"id": bank.id, "key": BANK.key, "code": bank.code}

    def post(
        self, rows: Rows, need: dict[str, Any], claim: dict[str, Any], line: dict[str, Any], delivery: dict[str, Any]
    ) -> None:
        """The entry of one delivery."""
        day = local(delivery["accepted_at"]).date()
        is_money = line["kind"] is LineKind.MONEY
        kind = TransferKind.GIFT if is_money else TransferKind.GOODS
        debit, credit = (self._account(rows, Where(sides[0], need["code"])) for sides in SIDES[kind])
        body = {
            "kind": kind,
            "book": Book.CASH if is_money else Book.GOODS,
            "amount_fen": delivery["quantity"] if is_money else delivery["value_fen"],
            "currency": "CNY",
            "business_on": day,
            "period": month_of(day),
            "need_code": need["code"],
            "county_code": need["county_code"],
            "category": need["category"].value,
            "claim_code": claim["code"],
            "delivery_code": delivery["code"],
            "donor_shown": claim["display_name"],
            "giver_kind": GiverKind.PERSON.value if claim["display_name"] else "",
            "item": "" if is_money else line["item"],
            "quantity": None if is_money else delivery["quantity"],
            "unit": "" if is_money else line["unit"],
            "value_basis": "" if is_money else ValueBasis.MARKET.value,
            "reason": "",
            "voucher_code": None,
        }
        entry = {
            **body, "id": self.take_id(Transfer), "uid": delivery["transfer_uid"], "debit_id": debit["id"],
            "credit_id": credit["id"], "posted_at": delivery["accepted_at"],
            "body_sha256": body_sha256(body, debit=debit["key"], credit=credit["key"], reverses=""),
        }  # fmt: skip
        rows.add(Transfer, **entry)
        if is_money:
            self._lay(rows, entry)
        self._tell(rows, entry)
        self._receipt(rows, entry, claim["donor_id"])
        self._log(rows, entry, debit["code"], credit["code"])
        rows.entry_documents.append({"id": entry["id"], "document": document_of(entry)})
        fen, key = entry["amount_fen"], (entry["period"], need["county_code"], need["category"].value, kind.value)
        added = {"amount_fen": fen, "reversed_fen": 0, "entries_count": 1}
        add_up(rows.sums, key, **added)
        add_up(rows.facets, (*key, entry["giver_kind"] or ANONYMOUS), **added)
        if entry["donor_shown"]:
            net = {"raised_fen": fen if is_money else 0, "goods_fen": 0 if is_money else fen}
            add_up(rows.givers, (entry["donor_shown"], entry["giver_kind"]), **net, entries_count=1)

    def _account(self, rows: Rows, where: Where) -> dict[str, Any]:
        """The account's id, key and code, made at first use."""
        key = where.key
        if key not in self.accounts:
            number = self.take_id(Account)
            made = {"id": number, "key": key, "code": spread_code("AC", number, 11)}
            self.accounts[key] = made
            rows.add(
                Account,
                **made,
                kind=where.kind,
                book=Book.GOODS if where.kind.value.startswith("goods") else Book.CASH,
                need_code=None if where.kind in SINGLE else where.need_code,
                created_at=self.moment,
            )
        return self.accounts[key]

    def _lay(self, rows: Rows, entry: dict[str, Any]) -> None:
        amount = entry["amount_fen"]
        rows.add(
            Layer, id=self.take_id(Layer), account_id=entry["credit_id"], transfer_id=entry["id"],
            origin_id=entry["id"], amount_fen=amount, left_fen=amount,
        )  # fmt: skip

    def _receipt(self, rows: Rows, entry: dict[str, Any], donor_id: int) -> None:
        """Its number is given when the batch is written, in the order of the entries."""
        rows.add(
            Receipt, id=self.take_id(Receipt), transfer_id=entry["id"], version=1, secret=new_secret(),
            amount_fen=entry["amount_fen"], donor_id=donor_id, naming=Naming.ANONYMOUS, issued_at=self.moment,
        )  # fmt: skip

    def _tell(self, rows: Rows, entry: dict[str, Any]) -> None:
        rows.add(
            AuditEntry,
            id=self.take_id(AuditEntry),
            at=self.moment,
            actor_id=None,
            act=TransferPosted.__name__,
            object_kind=TransferPosted.object_kind,
            object_code=entry["uid"],
            from_state="",
            to_state=entry["kind"].value,
            reason="",
            request_id="",
        )

    def _log(self, rows: Rows, entry: dict[str, Any], debit: str, credit: str) -> None:
        leaf, commitments = leaf_of_entry(
            entry, debit=debit, credit=credit, reverses="", paper_sha256="",
            salt=lambda: self.salts.randbytes(SALT_BYTES),
        )  # fmt: skip
        number = self.take_id(LogLeaf)
        rows.add(
            LogLeaf, id=number, kind=LeafKind.TRANSFER, transfer_id=entry["id"], leaf=leaf,
            hash=merkle.leaf_hash(leaf), made_at=self.moment,
        )  # fmt: skip
        rows.add(LogWaiting, leaf_id=number)
        for field, part in commitments.items():
            rows.add(
                LogOpening, id=self.take_id(LogOpening), leaf_id=number, field=Opened(field), salt=part.salt,
                value=part.value,
            )  # fmt: skip
