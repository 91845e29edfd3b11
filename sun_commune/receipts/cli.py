"""``flask receipts issue-waiting``, and the names' part in ``flask households rotate-key``."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from sun_commune.core.db import db, transaction
from sun_commune.core.sealing import is_current, seal, unseal
from sun_commune.receipts.jobs import issue_waiting_receipts
from sun_commune.receipts.models import Receipt, ReceiptName, name_context

receipts = AppGroup("receipts", help="Slips for gifts.")
BATCH = 500


@receipts.command("issue-waiting")
def issue_waiting() -> None:
    """Give receipts to the gifts of the time before receipts, the oldest first. The scheduler does so by itself."""
    click.echo(f"{issue_waiting_receipts()} gifts have their receipts.")


def reseal_names() -> tuple[str, int, int]:
    """Seal the names on slips anew under the present key."""
    ids = list(db.session.execute(select(ReceiptName.receipt_id).order_by(ReceiptName.receipt_id)).scalars())
    changed = 0
    for start in range(0, len(ids), BATCH):
        with transaction(audited=False):  # the same words under another key: nobody's act
            changed += sum(map(_reseal, _locked(ids[start : start + BATCH])))
    return "names on receipts", changed, len(ids)


def _locked(ids: list[int]) -> list[tuple[ReceiptName, str]]:
    statement = (
        select(ReceiptName, Receipt.number)
        .join(Receipt, Receipt.id == ReceiptName.receipt_id)
        .where(ReceiptName.receipt_id.in_(ids))
        .with_for_update(of=ReceiptName)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def _reseal(found: tuple[ReceiptName, str]) -> int:
    name, number = found
    if is_current(name.name_sealed):
        return 0
    context = name_context(number)
    name.name_sealed = seal(unseal(name.name_sealed, context), context)
    return 1
