"""What must always hold of needs: derived columns and counts are what the states and lines say."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import and_, case, func, literal, or_, select, union_all

from sun_commune.core.db import db
from sun_commune.core.selfcheck import MOST_FINDINGS, Check
from sun_commune.needs.models import Need, NeedCell, NeedLine
from sun_commune.needs.states import IN_PROGRESS, PUBLIC


def find_wrong_flags() -> list[str]:
    """Needs whose listed or open flag is not what their state and lines say."""
    left = select(func.coalesce(func.sum(NeedLine.asked - NeedLine.claimed), 0)).where(NeedLine.need_id == Need.id)
    is_listed = case((Need.state.in_(PUBLIC), True), else_=False)
    is_open = case((and_(Need.state.in_(IN_PROGRESS), left.correlate(Need).scalar_subquery() > 0), True), else_=False)
    wrong = select(Need.code).where(or_(Need.is_listed != is_listed, Need.is_open != is_open))
    codes = db.session.execute(wrong.order_by(Need.id).limit(MOST_FINDINGS)).scalars()
    return [f"need {code} is listed or open against its state" for code in codes]


def find_wrong_cells() -> list[str]:
    """Cells whose count differs from the needs that belong into them."""
    properties = ("category", "subject", "urgency", "kinds", "is_open")
    columns = [getattr(Need, name) for name in properties]
    counted = union_all(
        *(
            select(place.label("place_code"), *columns, literal(1).label("n")).where(Need.is_listed.is_(True))
            for place in (Need.county_code, Need.township_code)
        ),
        select(
            NeedCell.place_code, *(getattr(NeedCell, name) for name in properties), (-NeedCell.needs_count).label("n")
        ),
    ).subquery()
    keys = [counted.c.place_code, *(counted.c[name] for name in properties)]
    wrong = select(*keys, func.sum(counted.c.n)).group_by(*keys).having(func.sum(counted.c.n) != 0)
    rows = db.session.execute(wrong.limit(MOST_FINDINGS))
    return [f"the count of {', '.join(map(str, row[:-1]))} is wrong by {-row[-1]}" for row in rows]


CHECKS = (
    Check(
        "need_flags_true", _l("A need is listed and open exactly when its state and lines say so."), find_wrong_flags
    ),
    Check("need_counts_true", _l("The counts beside the filters equal the needs that they count."), find_wrong_cells),
)
