"""A movement is known again, whatever file or hand brought it before: it counts once. What is not wanted is refused."""

from __future__ import annotations

import pytest

from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.pledges.models import Claim
from sun_commune.statements import queries, services
from sun_commune.statements.events import SurplusLeft
from sun_commune.statements.models import Fate, LineState, SuspenseReason
from tests.cast import Cast
from tests.deliveries.world import record
from tests.statements import papers
from tests.statements.papers import movement
from tests.statements.world import (
    BANK,
    act,
    code_of,
    day,
    entries,
    fates,
    findings,
    import_file,
    import_rows,
    lines,
    open_fen,
    post,
    reading_of,
    store,
)

R = SuspenseReason


def test_others_import_nothing(cast: Cast) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "10.00")))
    run = services.plan_run(cast.treasurer, file, reading_of(file))
    for person in (cast.donor, cast.secretary, cast.administrator, cast.supervisor, cast.operator):
        with pytest.raises(NotAllowed):
            store(person, papers.bank(movement(day(), "11.00")))
        with pytest.raises(NotAllowed):
            act(services.post_statement, person, file, run, seen=run.plan.digest)
    assert entries() == []


def test_the_same_file_twice_changes_nothing(cast: Cast, claim: Claim) -> None:
    data = papers.bank(movement(day(), "100.00", code_of(claim), reference="A1"), movement(day(), "7.00", "无码"))
    import_file(cast.treasurer, data)
    before = (entries(), [line.code for line in lines()])
    again = store(cast.second_treasurer, data, "另一个名字")
    assert again.account_id == queries.list_accounts()[0].id
    plan = post(cast.second_treasurer, again)
    assert {fate for fate, _why in fates(plan)} == {Fate.KNOWN}
    assert (entries(), [line.code for line in lines()]) == before


@pytest.mark.parametrize("reference", ["", "R"])
def test_overlapping_files_bring_each_movement_once(cast: Cast, claim: Claim, reference: str) -> None:
    def row(number: int) -> papers.Row:
        return movement(day(), "5.00", f"第{number}笔", reference=f"{reference}{number}" if reference else "")

    import_rows(cast.treasurer, row(1), row(2), row(3))
    plan = import_rows(cast.treasurer, row(2), row(3), row(4))
    assert [fate for fate, _why in fates(plan)] == [Fate.KNOWN, Fate.KNOWN, Fate.SUSPENSE]
    assert [each.known_as for each in plan.planned][:2] == [lines()[1].code, lines()[2].code]
    assert len(lines()) == 4
    assert findings() == []


def test_movements_alike_without_reference_are_counted(cast: Cast) -> None:
    """Two donors named alike give the same on one day: two movements, and in the next file still two."""
    alike = movement(day(), "5.00", "同名")
    import_rows(cast.treasurer, alike, alike)
    assert len(lines()) == 2
    plan = import_rows(cast.treasurer, alike, alike, alike)
    assert [fate for fate, _why in fates(plan)] == [Fate.KNOWN, Fate.KNOWN, Fate.SUSPENSE]


def test_balances_tell_movements_apart_that_are_alike(cast: Cast) -> None:
    first = movement(day(), "5.00", "同名", balance="5.00")
    second = movement(day(), "5.00", "同名", balance="10.00")
    import_rows(cast.treasurer, first)
    plan = import_rows(cast.treasurer, second)
    assert fates(plan) == [(Fate.SUSPENSE, R.NO_CODE)]
    plan = import_rows(cast.treasurer, second, first)
    assert [fate for fate, _why in fates(plan)] == [Fate.KNOWN, Fate.KNOWN]


def test_one_reference_twice_in_a_file_is_one_movement(cast: Cast) -> None:
    row = movement(day(), "5.00", "x", reference="R1")
    plan = import_rows(cast.treasurer, row, row, movement(day(), "-5.00", "冲正", reference="R1"))
    assert [fate for fate, _why in fates(plan)] == [Fate.SUSPENSE, Fate.KNOWN, Fate.OUTGOING]


def test_the_same_movement_under_another_account_is_named(cast: Cast) -> None:
    row = movement(day(), "5.00", "x", reference="R12345")
    import_rows(cast.treasurer, row)
    plan = import_rows(cast.treasurer, row, movement(day(), "6.00", "y", reference="R2"), account="另一个账户")
    assert [fate for fate, _why in fates(plan)] == [Fate.WRONG, Fate.SUSPENSE]
    assert BANK in str(plan.planned[0].words)
    assert len(lines()) == 2


def test_wrong_rows_are_posted_when_they_are_corrected(cast: Cast) -> None:
    good, bad = movement(day(), "5.00", "x", reference="R1"), movement(day(), "5,0x", "y", reference="R2")
    file = store(cast.treasurer, papers.bank(good, bad))
    plan = post(cast.treasurer, file)
    assert (plan.count(Fate.WRONG), len(lines())) == (1, 1)
    db.session.refresh(file)
    assert file.wrong_count == 1
    plan = import_rows(cast.treasurer, good, movement(day(), "5.00", "y", reference="R2"))
    assert [fate for fate, _why in fates(plan)] == [Fate.KNOWN, Fate.SUSPENSE]


def test_what_was_recorded_by_hand_is_known(cast: Cast, claim: Claim) -> None:
    code = code_of(claim)
    record(cast.treasurer, code, 30_000, bank_reference="r-77")
    plan = import_rows(cast.treasurer, movement(day(), "300.00", code, reference="R-77"))
    assert fates(plan) == [(Fate.RECORDED, None)]
    (line,) = lines()
    assert (line.recorded_fen, line.open_fen, line.state) == (30_000, 0, LineState.PLACED)
    assert [(kind, fen) for kind, fen, _need in entries()] == [("gift", 30_000)]
    assert findings() == []


def test_a_rest_beyond_what_was_recorded_by_hand_is_not_lost(
    cast: Cast, claim: Claim, surpluses: list[SurplusLeft]
) -> None:
    code = code_of(claim)
    record(cast.treasurer, code, 100_000, bank_reference="R-77")
    plan = import_rows(cast.treasurer, movement(day(), "1,050.00", code, reference="R-77"))
    assert fates(plan) == [(Fate.RECORDED, R.RECORDED_REST)]
    assert open_fen() == 5_000
    assert [told.claim_code for told in surpluses] == [claim.code]
    assert findings() == []


def test_more_recorded_by_hand_than_came_is_wrong(cast: Cast, claim: Claim) -> None:
    code = code_of(claim)
    record(cast.treasurer, code, 100_000, bank_reference="R-77")
    plan = import_rows(cast.treasurer, movement(day(), "900.00", code, reference="R-77"))
    assert [fate for fate, _why in fates(plan)] == [Fate.WRONG]
    assert "1,000" in str(plan.planned[0].words)
    assert lines() == []


@pytest.mark.parametrize("memo", ["code", "nothing"])
def test_an_imported_movement_is_not_recorded_by_hand_again(cast: Cast, claim: Claim, memo: str) -> None:
    code = code_of(claim)
    import_rows(cast.treasurer, movement(day(), "300.00", code if memo == "code" else "", reference="R-77"))
    with pytest.raises(RuleBroken) as caught:
        record(cast.treasurer, code, 30_000, bank_reference="R-77")
    assert caught.value.field == "bank_reference"
    assert len(entries()) == 1


def test_a_file_that_was_never_posted_can_go(cast: Cast) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "5.00")))
    act(services.drop_statement, cast.treasurer, file)
    assert queries.list_files().rows == []
    posted = store(cast.treasurer, papers.bank(movement(day(), "5.00")))
    post(cast.treasurer, posted)
    with pytest.raises(Conflict):
        act(services.drop_statement, cast.treasurer, posted)
