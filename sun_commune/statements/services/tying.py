"""Lines that are the bank's side of an entry which stands in the books by itself: what went out, and what was recorded
by hand before its line came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import TransferKind
from sun_commune.ledger.neighbours import promised_back
from sun_commune.ledger.papers import AdvanceReturn
from sun_commune.ledger.queries import find_transfer, reversal_of
from sun_commune.statements import movements, policies, queries
from sun_commune.statements.acts import find_acts
from sun_commune.statements.events import LineTied, OutgoingExplained
from sun_commune.statements.models import LineState, OutgoingKind, StatementLine, TieRule
from sun_commune.statements.services.suspense import lock_line, require


def tie_outgoing(amount_fen: int | None = None) -> int:
    """Tie outgoing lines that wait to the standing entries that they are the bank's side of, how many; those of this
    amount alone, if one is given.

    Amount and day (NEAR) must fit. Then the reference decides where an act names one (a refund). Else line and entry
    must be the only ones for each other. Whatever else is left waits for a treasurer: nothing is guessed.
    """
    pairs = movements.possible_ties(amount_fen)
    if not pairs:
        return 0
    references = {pair.reference for pair in pairs if pair.reference}
    acts = find_acts(references=references, entry_uids={pair.entry_uid for pair in pairs})
    named = {act.entry_uid: act.reference for act in acts if act.entry_uid}
    to_come = {(act.reference, act.amount_fen) for act in acts if not act.entry_uid}
    sure = [pair for pair in pairs if pair.reference and named.get(pair.entry_uid) == pair.reference]
    sure_lines, sure_entries = {pair.line_id for pair in sure}, {pair.entry_uid for pair in sure}

    def is_open(pair: movements.Pair) -> bool:
        """Neither side belongs to another movement by what an act says."""
        names_another = bool(pair.reference) and pair.entry_uid in named
        is_taken = pair.line_id in sure_lines or pair.entry_uid in sure_entries
        return not (is_taken or names_another or (pair.reference, pair.amount_fen) in to_come)

    others = [pair for pair in pairs if is_open(pair)]
    return _tie_single(sure, TieRule.REFERENCE) + _tie_single(others, TieRule.AMOUNT)


def _tie_single(pairs: Sequence[movements.Pair], rule: TieRule) -> int:
    """Those of which each side has only the other one."""
    lines, entries = Counter(pair.line_id for pair in pairs), Counter(pair.entry_uid for pair in pairs)
    sure = [pair for pair in pairs if lines[pair.line_id] == entries[pair.entry_uid] == 1]
    for pair in sure:
        line = db.session.get_one(StatementLine, pair.line_id)
        line.entry_uid, line.tied_by = pair.entry_uid, rule
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
        if entry_uid not in {entry.uid for entry in movements.standing_payments(-line.amount_fen, line.booked_on)}:
            raise RuleBroken(_l("No standing entry of this amount and these days has this number."), field="entry_uid")
        line.entry_uid, line.tied_by, line.outgoing_kind = entry_uid, TieRule.PERSON, None
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
    if entry_uid not in {entry.uid for entry in movements.standing_arrivals(line.amount_fen, line.booked_on)}:
        raise RuleBroken(_l("No standing entry of this amount and these days has this number."), field="entry_uid")
    return _tie_whole(actor, line, entry_uid, TieRule.PERSON)


def follow_return(actor: User, returned: AdvanceReturn) -> None:
    """The rest of an advance was booked from the account: if the statement has brought that very movement, by reference
    and amount, and it lies in suspense whole, both are one."""
    reference = returned.bank_reference.upper().replace(" ", "")
    entry = find_transfer(returned.transfer_uid)
    line = queries.find_whole_arrival(reference, entry.amount_fen) if entry else None
    if line is not None and promised_back(line.code) == 0:
        _tie_whole(actor, lock_line(line), returned.transfer_uid, TieRule.REFERENCE)


def _tie_whole(actor: User, line: StatementLine, entry_uid: str, rule: TieRule) -> StatementLine:
    # Before the reversal, so that it is not taken for money that needs suspense again (following).
    line.entry_uid, line.tied_by, line.recorded_fen, line.open_fen = entry_uid, rule, line.amount_fen, 0
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
