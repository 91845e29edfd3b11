"""How many public needs each village has, where the village may be named."""

from __future__ import annotations

from sqlalchemy import func, select

from sun_commune.core.db import db
from sun_commune.needs.models import Need


def count_by_village() -> dict[str, int]:
    """Village code -> listed needs that name their village."""
    statement = (
        select(Need.village_code, func.count().label("number"))
        .where(Need.is_listed, Need.names_village)
        .group_by(Need.village_code)
    )
    return {row.village_code: row.number for row in db.session.execute(statement)}
