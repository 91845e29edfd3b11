"""Reversals as everybody may read them: the entry taken back, the reason, the day, the office that decided, and what
was posted instead. Who asked and who decided are offices here, never names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from sun_commune.accounts.models import Duty, Role
from sun_commune.core.clock import local
from sun_commune.core.db import db
from sun_commune.core.paging import Page
from sun_commune.ledger import entries
from sun_commune.ledger.entries import REVERSALS, Entry, EntryFilters
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.papers import Correction, VoucherState
from sun_commune.ledger.policies import DECIDERS


@dataclass(frozen=True)
class Taken:
    """``entry`` is the reversal. ``role`` is None where no second person's paper stands behind it: a dispute that the
    county settled. ``posted_anew`` is the next entry of the same claim and kind, "" if there is none."""

    entry: Entry
    role: Role | None
    posted_anew: str


def list_corrections(*, after: str = "", before: str = "") -> Page[Taken]:
    """One page, the newest business day first; ``after`` and ``before`` are uids of reversals."""
    page = entries.list_entries(EntryFilters(kind=REVERSALS), after=after, before=before)
    roles = _roles_of({entry.reverses_uid or "" for entry in page.rows})
    rows = [
        Taken(entry, roles.get(entry.reverses_uid or ""), _posted_anew(entry))
        for entry in page.rows
    ]  # fmt: skip
    return Page(rows, after=page.after, before=page.before)


def _roles_of(uids: Iterable[str]) -> dict[str, Role]:
    """Uid of the entry taken back -> the role in which the second person agreed, as held on that day."""
    statement = (
        select(Transfer.uid, Transfer.county_code, Correction.checker_id, Correction.checked_at)
        .join(Transfer, Transfer.id == Correction.transfer_id)
        .where(Transfer.uid.in_(list(uids)), Correction.state == VoucherState.APPROVED)
    )
    found: dict[str, Role] = {}
    for uid, county_code, checker_id, checked_at in db.session.execute(statement):
        if checker_id is not None and checked_at is not None:
            role = _role_then(checker_id, county_code, checked_at)
            found.update({uid: role} if role else {})
    return found


def _role_then(user_id: int, county_code: str, moment: datetime) -> Role | None:
    day = local(moment).date()
    statement = select(Duty).where(Duty.user_id == user_id, Duty.role.in_(DECIDERS), Duty.starts_on <= day)
    for duty in db.session.execute(statement.order_by(Duty.id)).scalars():
        if county_code.startswith(duty.place_code) and (duty.ends_on is None or day <= duty.ends_on):
            return duty.role
    return None


def _posted_anew(entry: Entry) -> str:
    """Uid of the first entry of the same claim and kind that was posted after the reversal."""
    if entry.claim_code is None:
        return ""
    this = select(Transfer.id).where(Transfer.uid == entry.uid).scalar_subquery()
    statement = select(Transfer.uid).where(
        Transfer.claim_code == entry.claim_code, Transfer.kind == entry.kind, Transfer.reverses_id.is_(None),
        Transfer.id > this,
    ).order_by(Transfer.id).limit(1)  # fmt: skip
    return db.session.execute(statement).scalar() or ""
