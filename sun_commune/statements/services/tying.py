"""Lines that are the bank's side of an entry which stands in the books by itself: what went out, and what was recorded
by hand before its line came."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import TransferKind
from sun_commune.ledger.queries import reversal_of
from sun_commune.statements import policies, queries
from sun_commune.statements.events import LineTied, OutgoingExplained
from sun_commune.statements.models import LineState, OutgoingKind, StatementLine
from sun_commune.statements.services.suspense import lock_line, require


def tie_outgoing() -> int:
    """Tie outgoing lines that wait to the standing entries that they are the bank's side of, how many: where exactly
    one entry of the amount stands about the day, and the entry has no other such line. Else a treasurer says it.
    """
    pairs = queries.possible_ties()
    by_line, by_entry = Counter(line_id for line_id, _uid in pairs), Counter(uid for _line_id, uid in pairs)
    sure = [(line_id, uid) for line_id, uid in pairs if by_line[line_id] == by_entry[uid] == 1]
    for line_id, uid in sure:
        db.session.get_one(StatementLine, line_id).entry_uid = uid
    db.session.flush()
    return len(sure)


def explain_outgoing(
    actor: User, line: StatementLine, *, entry_uid: str = "", kind: OutgoingKind | None = None
) -> StatementLine:
    """A treasurer says which entry the line is, or what it is without one (a fee). Changes no money: reconciliation
    counts what has no entry as a difference with this name."""
    require(policies.can_import(actor))
    line = lock_line(line)
    if line.state is not LineState.OUTGOING or line.entry_uid is not None:
        raise Conflict(_l("This movement has its entry already."))
    if entry_uid:
        if entry_uid not in {entry.uid for entry in queries.standing_payments(-line.amount_fen, line.booked_on)}:
            raise RuleBroken(_l("No standing entry of this amount and these days has this number."), field="entry_uid")
        line.entry_uid, line.outgoing_kind = entry_uid, None
    elif kind is not None:
        line.outgoing_kind = kind
    else:
        raise RuleBroken(_l("Choose what this movement is."), field="entry_uid")
    db.session.flush()
    why = entry_uid or str(kind)
    told: dict[str, Any] = {
        "object_code": line.code,
        "amount_fen": -line.amount_fen,
        "to_state": line.state.value,
        "reason": why,
    }
    announce(OutgoingExplained(actor_id=actor.id, **told))
    return line


def tie_incoming(actor: User, line: StatementLine, *, entry_uid: str) -> StatementLine:
    """A line that lies in suspense whole is the bank's side of an entry that was posted before: a payment recorded by
    hand under another reference, or the rest of an advance. Its suspense is taken back, so the money counts once.
    """
    require(policies.can_import(actor))
    line = lock_line(line)
    if line.open_fen != line.amount_fen or queries.reserved_fen(line.id):
        raise Conflict(_l("Only a line that lies in suspense whole can be what was recorded before."))
    if entry_uid not in {entry.uid for entry in queries.standing_arrivals(line.amount_fen, line.booked_on)}:
        raise RuleBroken(_l("No standing entry of this amount and these days has this number."), field="entry_uid")
    # Before the reversal, so that it is not taken for money that needs suspense again (following).
    line.entry_uid, line.recorded_fen, line.open_fen = entry_uid, line.amount_fen, 0
    line.state = LineState.PLACED
    db.session.flush()
    for entry in queries.entries_of(line.code):
        if entry.kind is TransferKind.UNMATCHED and entry.reverses_id is None and reversal_of(entry.id) is None:
            ledger.reverse_transfer(actor, entry, str(_l("recorded before as %(uid)s", uid=entry_uid)))
    told: dict[str, Any] = {
        "object_code": line.code,
        "amount_fen": line.amount_fen,
        "to_state": line.state.value,
        "reason": entry_uid,
    }
    announce(LineTied(actor_id=actor.id, **told))
    return line
