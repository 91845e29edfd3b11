"""Money that a payment provider has told of, in a message that was verified, before any statement shows it.

What the books cannot take for its pledge lies in suspense from that moment, as a line of the provider's notices. When
the provider's bill is imported, its line is found to be this one and takes its place (posting): nothing counts twice.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import NamedTuple

from sqlalchemy.dialects.postgresql import insert as insert_pg
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.events import announce
from sun_commune.deliveries import services as deliveries
from sun_commune.ledger import services as ledger
from sun_commune.statements import planning, queries
from sun_commune.statements.columns import FileKind
from sun_commune.statements.events import SurplusLeft
from sun_commune.statements.lines import Line
from sun_commune.statements.models import (
    LINE_SERIES,
    FileState,
    LineState,
    StatementAccount,
    StatementFile,
    StatementLine,
    SuspenseReason,
)
from sun_commune.statements.services.files import account_named, next_file_code


class Notice(NamedTuple):
    """A payment as the provider tells it: all of its fen, the provider's number, and whose pledge it was meant for."""

    amount_fen: int
    booked_on: date
    reference: str
    claim_code: str


def hold_noticed(provider: User, notice: Notice, *, account_name: str) -> StatementLine | None:
    """Keep what of the payment no entry holds yet: it lies in suspense, and its donor is asked.

    The line that holds it, which is an earlier one where a statement has brought the payment already. None where more
    was recorded by hand under this number than came: a treasurer has to look. ``provider`` is its technical account.
    """
    deliveries.lock_reference(notice.reference)
    earlier = queries.find_arrival(notice.reference)
    if earlier is not None:
        return earlier
    hand = queries.recorded_by_hand([notice.reference]).get(notice.reference)
    recorded_fen = hand.amount_fen if hand else 0
    rest_fen = notice.amount_fen - recorded_fen
    if rest_fen < 0:
        return None
    line = _add_line(provider, notice, recorded_fen, account_name)
    if rest_fen:
        ledger.post_unmatched(
            actor_id=provider.id, uid=ledger.new_uid(), amount_fen=rest_fen, business_on=notice.booked_on,
            source_code=line.code,
        )  # fmt: skip
        announce(
            SurplusLeft(
                actor_id=None, object_code=line.code, amount_fen=rest_fen, source_code=line.code,
                claim_code=notice.claim_code, to_state=line.state.value,
            )
        )  # fmt: skip
    return line


def _add_line(provider: User, notice: Notice, recorded_fen: int, account_name: str) -> StatementLine:
    account = account_named(account_name, created_by=provider.id)
    file = _file(provider, account)
    row = queries.count_lines(file.id) + 1
    said = Line(row, notice.booked_on, notice.amount_fen, reference=notice.reference)
    rest_fen, year = notice.amount_fen - recorded_fen, today().year
    line = StatementLine(
        code=yearly_code(LINE_SERIES, year, next_number(f"{LINE_SERIES}-{year}")), account_id=account.id,
        file_id=file.id, row=row, base=planning.base_of(account, said), nth=1, booked_on=notice.booked_on,
        amount_fen=notice.amount_fen, reference=notice.reference, recorded_fen=recorded_fen, open_fen=rest_fen,
        state=LineState.OPEN if rest_fen else LineState.PLACED, claim_code=notice.claim_code,
        reason=SuspenseReason.PAID_ONLINE if rest_fen else None, posted_by=provider.id, posted_at=now(),
    )  # fmt: skip
    db.session.add(line)
    file.first_on = min(file.first_on or notice.booked_on, notice.booked_on)
    file.last_on = max(file.last_on or notice.booked_on, notice.booked_on)
    db.session.flush()
    return line


def _file(provider: User, account: StatementAccount) -> StatementFile:
    """All notices of a provider stand in one file of the list, which is no file of anybody's."""
    session = db.session()
    sha256 = hashlib.sha256(f"notices of {provider.code}".encode()).hexdigest()
    found = queries.find_file(sha256)
    if found is None:
        insert = insert_sqlite if is_sqlite(session) else insert_pg
        moment = now()
        row = {
            "code": next_file_code(), "account_id": account.id, "kind": FileKind.NOTICES, "state": FileState.POSTED,
            "sha256": sha256, "header_row": -1, "columns": "{}", "wrong_count": 0, "read_by": provider.id,
            "read_at": moment, "posted_by": provider.id, "posted_at": moment,
        }  # fmt: skip
        session.execute(insert(StatementFile).values(row).on_conflict_do_nothing(index_elements=["sha256"]))
        found = queries.find_file(sha256)
    if found is None:
        raise RuntimeError("the file that was just made is not there")
    return found
