"""Who stands behind a need: asked by the ledger (through the switchboard), so that nobody pays for an own need."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.needs import stock
from sun_commune.needs.models import Need, NeedChange
from sun_commune.needs.states import NeedAct

#: Progress is noted in the name of whoever recorded a payment: that is no part in the need itself.
DECIDING = (NeedAct.SUBMIT, NeedAct.RETURN, NeedAct.APPROVE, NeedAct.PUBLISH)


def people_of_need(need_code: str) -> frozenset[int]:
    """Row ids of its author, of whoever submitted, returned, approved or published it."""
    named = select(Need.author_id, Need.township_reviewer_id, Need.publisher_id).where(Need.code == need_code)
    moved = (
        select(NeedChange.actor_id)
        .join(Need, Need.id == NeedChange.need_id)
        .where(Need.code == need_code, NeedChange.act.in_(DECIDING))
    )
    people = {person for row in db.session.execute(named) for person in row}
    people |= set(db.session.execute(moved).scalars())
    return frozenset(person for person in people if person is not None)


def county_of_need(need_code: str) -> str | None:
    """Six digits; None if there is no such need."""
    return db.session.execute(select(Need.county_code).where(Need.code == need_code)).scalar_one_or_none()


def lock_needs(need_codes: Collection[str]) -> None:
    """All these needs, in one order (those that are none are left out)."""
    ids = select(Need.id).where(Need.code.in_(need_codes)).order_by(Need.id)
    for need_id in db.session.execute(ids).scalars().all():
        stock.lock_need(need_id)
