"""The fiscal receipt: the charity issues it in the state's own system, a treasurer copies its fields to our slip."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from sun_commune.accounts.credit_codes import normalise_credit_code
from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, to_half_width
from sun_commune.ledger.models import Transfer
from sun_commune.receipts.events import OfficialReceiptRecorded
from sun_commune.receipts.models import OfficialReceipt, Receipt, ReceiptVoid
from sun_commune.receipts.services.voiding import check_reason, lock_void

#: Electronic fiscal receipts have 8, 10 and 6 characters; paper ones and provinces differ a little.
INVOICE_CODE = re.compile(r"[0-9]{8,12}")
INVOICE_NUMBER = re.compile(r"[0-9]{8,20}")
CHECK_CODE = re.compile(r"[0-9A-Za-z]{4,20}")
PROJECT_CODE = re.compile(r"[0-9A-Za-z-]{0,30}")


@dataclass(frozen=True)
class OfficialFields:
    """As they stand on the fiscal receipt. ``credit_code`` is the charity's that issued it (18 characters)."""

    credit_code: str
    invoice_code: str
    invoice_number: str
    check_code: str
    project_code: str
    issued_on: date


def record_official(actor: User, receipt: Receipt, fields: OfficialFields, *, reason: str = "") -> OfficialReceipt:
    """Store the fields of the fiscal receipt; where there are some already, as a correction with its reason.

    The same fields again change nothing. Raises RuleBroken at the field that cannot be, or whose number another
    gift's receipt has; Conflict if the slip is void.
    """
    clean = _check_fields(fields, receipt)
    if lock_void(receipt) is not None:
        raise Conflict(_l("This slip is void. Enter the official receipt at the one that replaced it."))
    earlier = latest_official(receipt.id)
    if earlier is not None and _said(earlier) == clean:
        return earlier
    reason = check_reason(reason) if earlier is not None else ""
    _refuse_used(clean, receipt)
    row = OfficialReceipt(
        receipt_id=receipt.id, version=earlier.version + 1 if earlier else 1, reason=reason, recorded_by=actor.id,
        recorded_at=now(), **vars(clean),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    announce(
        OfficialReceiptRecorded(
            actor_id=actor.id, object_code=receipt.number, receipt_id=receipt.id, to_state=f"version {row.version}",
            reason=reason,
        )
    )  # fmt: skip
    return row


def latest_official(receipt_id: int) -> OfficialReceipt | None:
    statement = select(OfficialReceipt).where(OfficialReceipt.receipt_id == receipt_id)
    newest = statement.order_by(OfficialReceipt.version.desc()).limit(1)
    return db.session.execute(newest).scalar_one_or_none()


def _said(row: OfficialReceipt) -> OfficialFields:
    return OfficialFields(
        row.credit_code, row.invoice_code, row.invoice_number, row.check_code, row.project_code, row.issued_on
    )


def _check_fields(fields: OfficialFields, receipt: Receipt) -> OfficialFields:
    credit_code = normalise_credit_code(fields.credit_code)
    if credit_code is None:
        raise RuleBroken(
            _l("This is no unified social credit code: it has 18 characters, the last of which checks the others."),
            field="credit_code",
        )
    clean = replace(
        fields,
        credit_code=credit_code,
        invoice_code=_matching(fields.invoice_code, INVOICE_CODE, "invoice_code", _l("Enter 8 to 12 digits.")),
        invoice_number=_matching(fields.invoice_number, INVOICE_NUMBER, "invoice_number", _l("Enter 8 to 20 digits.")),
        check_code=_matching(
            fields.check_code, CHECK_CODE, "check_code", _l("Enter the 4 to 20 letters and digits of the check code.")
        ),
        project_code=_matching(
            fields.project_code, PROJECT_CODE, "project_code", _l("At most 30 letters, digits and hyphens.")
        ),
    )
    given_on = db.session.get_one(Transfer, receipt.transfer_id).business_on
    if not given_on <= fields.issued_on <= today():
        words = _l("Choose a day from %(first)s to %(last)s.", first=given_on.isoformat(), last=today().isoformat())
        raise RuleBroken(words, field="issued_on")
    return clean


def _matching(text: str, pattern: re.Pattern[str], field: str, words: object) -> str:
    cleaned = to_half_width(clean_line(text)).replace(" ", "")
    if not pattern.fullmatch(cleaned):
        raise RuleBroken(words, field=field)
    return cleaned


def _refuse_used(fields: OfficialFields, receipt: Receipt) -> None:
    if not is_sqlite(db.session()):
        # Two treasurers with one paper and two slips: the second waits here for the first.
        key = f"official {fields.invoice_code} {fields.invoice_number}"
        db.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))
    newer = aliased(OfficialReceipt)
    used = (
        select(Receipt.number)
        .join(OfficialReceipt, OfficialReceipt.receipt_id == Receipt.id)
        .where(
            OfficialReceipt.invoice_code == fields.invoice_code,
            OfficialReceipt.invoice_number == fields.invoice_number,
            Receipt.id != receipt.id,
            ~exists().where(newer.receipt_id == Receipt.id, newer.version > OfficialReceipt.version),
            ~exists().where(ReceiptVoid.receipt_id == Receipt.id),
        )
    )
    number = db.session.execute(used.limit(1)).scalar()
    if number is not None:
        words = _l("Slip %(number)s carries this official receipt already.", number=number)
        raise RuleBroken(words, field="invoice_number")
