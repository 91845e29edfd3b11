"""What the pages of the treasury share: blueprint, codes out of addresses, papers out of forms, one act per form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request

from sun_commune import config
from sun_commune.accounts import sessions
from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken, SunError
from sun_commune.core.forms import OnceForm
from sun_commune.core.once import begin_once, body_hash, finish_once
from sun_commune.ledger.filters import POOL
from sun_commune.ledger.papers import PayeeKind, SpendingCategory
from sun_commune.uploads import covers, documents, images
from sun_commune.uploads import services as uploads
from sun_commune.uploads.documents import PreparedDocument
from sun_commune.uploads.images import PreparedPhoto

blueprint = Blueprint("ledger", __name__, url_prefix="/treasury")


def status_of(error: SunError) -> int:
    if isinstance(error, NotAllowed):
        return 403
    return 409 if isinstance(error, Conflict) else 422


def clean_code(text: str | None) -> str:
    return "".join(char for char in (text or "").upper() if char.isascii() and (char.isalnum() or char == "-"))[:20]


def fund_of(text: str | None) -> str:
    """The code of the need whose fund is meant; "" for the pool, and only for that word."""
    code = clean_code(text)
    return "" if code == POOL else code or "?"


@dataclass(frozen=True)
class Papers:
    """The private paper and its public copy, checked but not stored yet."""

    document: PreparedDocument
    copy: PreparedPhoto | None

    def store(self, actor_id: int) -> dict[str, Any]:
        """Row ids under the names by which services ask for them."""
        stored: dict[str, Any] = {"document_id": uploads.store_document(actor_id=actor_id, document=self.document).id}
        if self.copy is not None:
            stored["redacted_id"] = uploads.store_photo(actor_id=actor_id, photo=self.copy).id
        return stored

    @property
    def hashes(self) -> dict[str, str]:
        return {"document": self.document.sha256, "redacted": self.copy.sha256 if self.copy else ""}


def read_papers(form: Any) -> Papers:
    """Of ``document`` and, where the form has it, ``redacted`` or the boxes drawn on the document. Slow: before the
    transaction. RuleBroken names the field."""
    most = config.current().upload_megabytes
    document = documents.prepare_document(form.document.data.read(), most_megabytes=most)
    if not getattr(form, "redacted", None):
        return Papers(document, None)
    try:
        if form.redacted.data:
            return Papers(document, images.prepare_photo(form.redacted.data.read(), most_megabytes=most))
        boxes = covers.read_boxes(form.covers.data or "")
        return Papers(document, covers.cover_picture(document.data, boxes, most_megabytes=most))
    except RuleBroken as error:
        raise RuleBroken(error.message, field="redacted") from error


def said_of_payment(form: Any) -> dict[str, Any]:
    """What payments, advances and invoices say alike, under the names by which services ask for it."""
    return {
        "payee_name": form.payee_name.data or "",
        "payee_number": form.payee_number.data or "",
        "payee_kind": PayeeKind(form.payee_kind.data),
        "category": SpendingCategory(form.category.data),
        "purpose": form.purpose.data or "",
        "amount_fen": int(form.amount_fen.data or 0),
        "spent_on": form.spent_on.data or today(),
    }


def act_once(form: OnceForm, act: Callable[[], str], more: Mapping[str, str] | None = None) -> str:
    """Do ``act`` in one transaction, once for the form's key; where it led. ``more`` is what the fields do not say."""
    user, key = sessions.actor(), form.once.data or ""
    with transaction():
        body = body_hash({**request.form.to_dict(flat=False), **(more or {})})
        location = begin_once(user_id=user.id, key=key, body_sha256=body)
        if location is None:
            location = act()
            finish_once(user_id=user.id, key=key, location=location)
    return location
