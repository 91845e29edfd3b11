"""What the supermarket shows is derived from state and lines, at every step of a need's life."""

import pytest
from flask import Flask
from sqlalchemy import select, text

from sun_commune.core.db import db, transaction
from sun_commune.needs import checks, listing, services, stock
from sun_commune.needs.models import KIND_BITS, LineKind, Need, NeedCell
from sun_commune.needs.states import PUBLIC, NeedState
from tests import factories
from tests.cast import Cast


def findings() -> list[str]:
    return [*checks.find_wrong_flags(), *checks.find_wrong_cells()]


@pytest.mark.parametrize("state", [NeedState.DRAFT, NeedState.APPROVED, NeedState.PUBLISHED, NeedState.PAUSED,
                                   NeedState.WITHDRAWN, NeedState.EXPIRED])  # fmt: skip
def test_listed_and_counted_by_state(app: Flask, cast: Cast, state: NeedState) -> None:
    need = factories.make_need(cast, state=state)
    assert need.is_listed is (state in PUBLIC)
    assert need.is_open is (state is NeedState.PUBLISHED)
    counted = db.session.execute(select(NeedCell.needs_count).where(NeedCell.needs_count > 0)).scalars().all()
    assert counted == ([1, 1] if state in PUBLIC else [])
    assert findings() == []


def test_open_until_everything_is_claimed(app: Flask, cast: Cast) -> None:
    need = factories.make_need(cast)
    wanted = {line.id: line.asked for line in need.lines}
    with transaction(audited=False):
        stock.lock_need(need.id)
        stock.reserve(need.id, wanted)
        stock.refresh_progress(need.id, actor_id=None)
    db.session.refresh(need)
    assert (need.is_listed, need.is_open, need.state) == (True, False, NeedState.CLAIMED)
    assert findings() == []


def test_kinds_are_the_lines_kinds(app: Flask, cast: Cast) -> None:
    need = factories.make_need(cast, lines=[factories.BLANKET, factories.HARVEST_HOURS])
    assert need.kinds == KIND_BITS[LineKind.GOODS] | KIND_BITS[LineKind.HOURS]


def test_resuming_lists_again_and_indexes_once(app: Flask, cast: Cast) -> None:
    need = factories.make_need(cast, state=NeedState.PAUSED)
    with transaction():
        services.resume_need(cast.administrator, need)
    db.session.refresh(need)
    assert need.is_open
    assert findings() == []


def test_checks_notice_what_is_wrong(app: Flask, cast: Cast) -> None:
    factories.make_need(cast)
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE need_cells SET n = n + 1"))
    assert len(checks.find_wrong_cells()) == 2
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE needs SET is_open = (1 = 0)"))
    assert len(checks.find_wrong_flags()) == 1


def test_relist_is_idempotent(app: Flask, cast: Cast) -> None:
    need = factories.make_need(cast)
    with transaction(audited=False):
        listing.relist(need)
        listing.relist(need)
    assert findings() == []


def test_sort_keys_ascend_in_reading_order(app: Flask, cast: Cast) -> None:
    needs = [factories.make_need(cast, title=f"第 {number} 个需求在这里") for number in range(3)]
    keys = db.session.execute(select(Need.id).order_by(Need.newest_key)).scalars().all()
    assert keys == sorted((need.id for need in needs), reverse=True)
