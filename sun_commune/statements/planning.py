"""What becomes of each line of a file, decided before anything is posted; the dry run shows it, posting does it.

Nothing is guessed. Money is matched only when a payment code in its remark leads to a claim that still waits for it, on
a day when the claim was there, imported by somebody without a part in the need. Everything else goes to suspense, with
the reason. Several codes match when what is outstanding for them adds up to the amount.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.clock import local
from sun_commune.core.money import yuan
from sun_commune.deliveries import policies as deliveries_policies
from sun_commune.deliveries import queries as deliveries
from sun_commune.needs.models import LineKind
from sun_commune.needs.people import people_of_need
from sun_commune.needs.states import NeedState
from sun_commune.pledges.models import Claim, ClaimState
from sun_commune.statements import queries
from sun_commune.statements.codes import find_codes, looks_like_code
from sun_commune.statements.lines import Line, Wrong
from sun_commune.statements.models import Fate, StatementAccount, StatementLine, SuspenseReason

R = SuspenseReason
#: What banks write when they send a payment back to where it came from.
BOUNCED = re.compile(r"退汇|退票|退回|冲正|冲账|撤销|bounced|returned|reversal", re.IGNORECASE)
#: A need that only ran out may still get what was pledged to it.
GONE = frozenset({NeedState.WITHDRAWN, NeedState.CLOSED})


@dataclass(frozen=True)
class Part:
    """So many fen of a line for one claim."""

    claim_id: int
    claim_code: str
    need_id: int
    need_code: str
    amount_fen: int


@dataclass
class Planned:
    """A line with its fate. ``parts`` go to claims, ``recorded_fen`` was recorded by hand before, ``rest_fen`` goes to
    suspense for ``reason``; together they are the amount. ``known_as`` is the line that it is already, ``entry_uid``
    the entry of the rest of an advance that it is."""

    line: Line
    fate: Fate
    base: str = ""
    nth: int = 0
    parts: list[Part] = field(default_factory=list)
    recorded_fen: int = 0
    rest_fen: int = 0
    reason: SuspenseReason | None = None
    claim_code: str = ""
    entry_uid: str = ""
    known_as: str = ""
    words: Any = ""

    @property
    def is_to_post(self) -> bool:
        return self.fate not in {Fate.KNOWN, Fate.WRONG}

    @property
    def said(self) -> tuple[object, ...]:
        """What becomes of the money: two plans that say the same of a line mean the same."""
        parts = [(part.claim_code, part.amount_fen) for part in self.parts]
        return (self.line.row, self.fate.value, self.recorded_fen, self.rest_fen, str(self.reason), parts)


@dataclass
class Plan:
    """The fates of all lines, and the rows that could not be read. ``views`` are the claims, by their row's id, as they
    were read for it."""

    planned: list[Planned]
    wrong: Sequence[Wrong]
    views: dict[int, deliveries.ClaimView] = field(default_factory=dict)
    notes_count: int = 0

    def count(self, fate: Fate) -> int:
        read = sum(1 for each in self.planned if each.fate is fate)
        return read + len(self.wrong) if fate is Fate.WRONG else read

    def fen(self, fate: Fate) -> int:
        return sum(each.line.amount_fen for each in self.planned if each.fate is fate)

    @property
    def to_post(self) -> list[Planned]:
        return [each for each in self.planned if each.is_to_post]

    @property
    def digest(self) -> str:
        """Fingerprint of all fates: what is posted is what was shown, or nothing."""
        return hashlib.sha256(repr([(*each.said, each.nth) for each in self.planned]).encode()).hexdigest()


def base_of(account: StatementAccount, line: Line) -> str:
    """The natural key of a line, without the count of lines like it."""
    said: tuple[object, ...] = (account.code, "ref", line.reference, line.amount_fen)
    if not line.reference:
        said = (account.code, line.booked_on.isoformat(), line.amount_fen, line.payer, line.memo)
    return hashlib.sha256(repr(said).encode()).hexdigest()


class Candidate(NamedTuple):
    """A line with its natural key (``base_of``). One that is not ``is_chosen`` is not decided about and only takes its
    place: among lines that are alike it is their order in the file that tells which is which."""

    line: Line
    base: str
    is_chosen: bool = True


def make_plan(actor: User, account: StatementAccount, lines: Sequence[Line], wrong: Sequence[Wrong] = ()) -> Plan:
    """Decide about every line, in the file's order: an earlier line may fill what a later one asks for."""
    return decide(actor, account, [Candidate(line, base_of(account, line)) for line in lines], wrong)


def decide(
    actor: User, account: StatementAccount, candidates: Sequence[Candidate], wrong: Sequence[Wrong] = ()
) -> Plan:
    """As make_plan, about the chosen ones; with each of them go all lines of the file with the same natural key."""
    return _Planner(actor, account, candidates).plan(wrong)


def claims_named(lines: Iterable[Line]) -> list[Claim]:
    """Every claim whose code stands in one of the remarks."""
    return queries.claims_with_codes(code for line in lines if line.amount_fen > 0 for code in find_codes(line.memo))


class _Planner:
    def __init__(self, actor: User, account: StatementAccount, candidates: Sequence[Candidate]) -> None:
        self.actor, self.account, self.candidates = actor, account, candidates
        chosen = [each.line for each in candidates if each.is_chosen]
        references = {line.reference for line in chosen if line.reference}
        self.stored = queries.lines_with_bases(each.base for each in candidates)
        self.elsewhere = queries.lines_elsewhere(references, account.id)
        self.by_hand = queries.recorded_by_hand(references)
        self.noticed = queries.noticed_before(references)
        self.views = {view.claim.id: view for view in deliveries.views_of(claims_named(chosen))}
        self.claims = {view.claim.payment_code: view for view in self.views.values()}
        self.left = {claim_id: _outstanding(view) for claim_id, view in self.views.items()}
        self.involved: dict[str, bool] = {}
        #: Per natural key: the stored lines that no line of this file is yet, and the new ones of this file.
        self.unused = {base: list(stored) for base, stored in self.stored.items()}
        self.new: dict[str, list[Line]] = {}

    def plan(self, wrong: Sequence[Wrong]) -> Plan:
        planned = []
        for line, base, is_chosen in self.candidates:
            if is_chosen:
                planned.append(self._decide(line, base))
            elif not self._known(line, base):
                self._next_nth(line, base)
        return Plan(planned, wrong, self.views)

    def _decide(self, line: Line, base: str) -> Planned:
        known = self._known(line, base)
        if known:
            return Planned(line, Fate.KNOWN, base, known_as=known)
        twin = self.elsewhere.get((line.reference, line.amount_fen, line.booked_on)) if line.reference else None
        if twin:
            words = _l(
                "The same reference, amount and day stand in the account %(name)s as %(code)s. If this is that "
                "account, import the file for it.", name=twin[1], code=twin[0],
            )  # fmt: skip
            return Planned(line, Fate.WRONG, base, words=words)
        planned = Planned(line, Fate.OUTGOING, base, self._next_nth(line, base))
        notice = self.noticed.pop(line.reference, None)
        if line.amount_fen > 0 and notice is not None:
            self._take_notice(planned, notice)
        elif line.amount_fen > 0:
            self._place(planned)
        return planned

    def _take_notice(self, planned: Planned, notice: StatementLine) -> None:
        """The provider's bill shows what its message has told: the line that holds the money becomes this one."""
        planned.known_as = notice.code
        planned.fate = Fate.NOTICED
        if planned.line.amount_fen != notice.amount_fen:
            planned.fate = Fate.WRONG
            planned.words = _l(
                "The provider's message told of ¥%(amount)s under this number (%(code)s). Ask the provider which is "
                "right.", amount=yuan(notice.amount_fen), code=notice.code,
            )  # fmt: skip

    def _known(self, line: Line, base: str) -> str:
        """The code of the stored line that this one is, or the row of this file that it repeats; "" if it is new.

        Two balances that differ prove two movements, however alike the rest is.
        """
        unused = self.unused.get(base, [])
        for place, stored in enumerate(unused):
            if _agree(stored.balance_fen, line.balance_fen):
                del unused[place]
                return stored.code
        if line.reference:
            # A reference is the bank's word that it is one movement; without one, two rows alike are two movements.
            for before in self.new.get(base, ()):
                if _agree(before.balance_fen, line.balance_fen) and before.booked_on == line.booked_on:
                    return str(_l("row %(number)s", number=before.row))
            if self.stored.get(base) and any(_agree(each.balance_fen, line.balance_fen) for each in self.stored[base]):
                return self.stored[base][0].code
        return ""

    def _next_nth(self, line: Line, base: str) -> int:
        fresh = self.new.setdefault(base, [])
        fresh.append(line)
        return max((each.nth for each in self.stored.get(base, ())), default=0) + len(fresh)

    def _place(self, planned: Planned) -> None:
        line = planned.line
        hand = self.by_hand.pop(line.reference, None) if line.reference else None
        if hand is not None and (not hand.entry_uid or hand.amount_fen == line.amount_fen):
            self._count_hand(planned, hand)
            return
        views = [self.claims[code] for code in find_codes(line.memo) if code in self.claims]
        if not views:
            self._to_suspense(planned, _why_no_claim(line.memo))
            return
        refusals = [reason for view in views if (reason := self._refusal(view, line)) is not None]
        if refusals:
            self._to_suspense(planned, refusals[0], views[0].claim.code)
        elif len(views) > 1:
            self._fill_several(planned, views)
        else:
            self._fill(planned, views[0])

    def _count_hand(self, planned: Planned, hand: queries.HandRecord) -> None:
        amount = planned.line.amount_fen
        planned.claim_code = hand.claim_code
        if hand.amount_fen > amount:
            planned.fate = Fate.WRONG
            planned.words = _l(
                "By hand ¥%(more)s were recorded under this reference, more than came. Have that entry taken back, "
                "then post the file again.", more=yuan(hand.amount_fen),
            )  # fmt: skip
            return
        planned.fate, planned.recorded_fen, planned.entry_uid = Fate.RECORDED, hand.amount_fen, hand.entry_uid
        planned.rest_fen = amount - hand.amount_fen
        planned.reason = R.RECORDED_REST if planned.rest_fen else None

    def _refusal(self, view: deliveries.ClaimView, line: Line) -> SuspenseReason | None:
        """Why this claim cannot take money of this line by itself; None if it can."""
        claim, need = view.claim, view.need
        if need.state in GONE:
            return R.NEED_WITHDRAWN
        if claim.state is ClaimState.FULFILLED or (claim.state is ClaimState.PLEDGED and not self.left[claim.id]):
            return R.NOTHING_LEFT
        if claim.state is not ClaimState.PLEDGED:
            return R.CLAIM_OVER
        if line.booked_on < local(claim.created_at).date():
            return R.TOO_EARLY
        return R.INVOLVED if self._is_involved(view) else None

    def _is_involved(self, view: deliveries.ClaimView) -> bool:
        if view.claim.code not in self.involved:
            may = deliveries_policies.can_record_payment(self.actor, view.need, view.donor)
            self.involved[view.claim.code] = not may or self.actor.id in people_of_need(view.need.code)
        return self.involved[view.claim.code]

    def _fill(self, planned: Planned, view: deliveries.ClaimView) -> None:
        amount = planned.line.amount_fen
        part = min(amount, self.left[view.claim.id])
        self._take(planned, view, part)
        planned.fate, planned.claim_code, planned.rest_fen = Fate.MATCHED, view.claim.code, amount - part
        planned.reason = R.OVERPAID if planned.rest_fen else None

    def _fill_several(self, planned: Planned, views: Sequence[deliveries.ClaimView]) -> None:
        wanted = sum(self.left[view.claim.id] for view in views)
        if wanted != planned.line.amount_fen:
            self._to_suspense(planned, R.SEVERAL_CODES, views[0].claim.code)
            return
        for view in views:
            self._take(planned, view, self.left[view.claim.id])
        planned.fate, planned.claim_code = Fate.MATCHED, views[0].claim.code

    def _take(self, planned: Planned, view: deliveries.ClaimView, amount_fen: int) -> None:
        self.left[view.claim.id] -= amount_fen
        planned.parts.append(Part(view.claim.id, view.claim.code, view.need.id, view.need.code, amount_fen))

    def _to_suspense(self, planned: Planned, reason: SuspenseReason, claim_code: str = "") -> None:
        planned.fate, planned.reason, planned.claim_code = Fate.SUSPENSE, reason, claim_code
        planned.rest_fen = planned.line.amount_fen


def _agree(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def _outstanding(view: deliveries.ClaimView) -> int:
    return sum(line.claim_line.outstanding for line in view.lines if line.need_line.kind is LineKind.MONEY)


def _why_no_claim(memo: str) -> SuspenseReason:
    if find_codes(memo):
        return R.UNKNOWN_CODE
    if looks_like_code(memo):
        return R.UNREADABLE_CODE
    return R.BOUNCED if BOUNCED.search(memo) else R.NO_CODE


def need_ids_of(claims: Iterable[Claim]) -> list[int]:
    """In the order in which they are locked."""
    return sorted({claim.need_id for claim in claims})
