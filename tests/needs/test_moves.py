"""The table of moves, walked in full: every act by every person in every state, and the document that shows it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken, SunError
from sun_commune.needs import policies, services
from sun_commune.needs.models import Need, NeedChange
from sun_commune.needs.states import IN_PROGRESS, MOVES, NeedAct, NeedState, Side, find_move, progress_state
from tests.cast import YANGWUGOU, Cast, sign_in
from tests.factories import ROUTES, make_household, make_need
from tests.needs.document import table_of_moves

REASON = "写得不清楚，请补充"
DOCUMENT = Path(__file__).parents[2] / "docs" / "states.md"


def do(act: NeedAct, actor: User, need: Need) -> Need:
    acts: dict[NeedAct, Callable[[], Need]] = {
        NeedAct.SUBMIT: lambda: services.submit_need(actor, need),
        NeedAct.RETURN: lambda: services.return_need(actor, need, REASON),
        NeedAct.APPROVE: lambda: services.approve_need(actor, need),
        NeedAct.PUBLISH: lambda: services.publish_need(actor, need),
        NeedAct.PAUSE: lambda: services.pause_need(actor, need, REASON),
        NeedAct.RESUME: lambda: services.resume_need(actor, need),
        NeedAct.WITHDRAW: lambda: services.withdraw_need(actor, need, REASON),
        NeedAct.CLOSE: lambda: services.close_need(actor, need, REASON),
    }
    with transaction():
        return acts[act]()


HUMAN_ACTS = sorted(set(NeedAct) - {NeedAct.PROGRESS, NeedAct.EXPIRE})
SIDES = {Side.VILLAGE: "secretary", Side.TOWNSHIP: "reviewer", Side.COUNTY: "administrator"}


def put_into(need: Need, state: NeedState) -> None:
    """Lay the need's row into a state, reached or not by the offices alone, as if nobody had been there before."""
    step = NeedChange(at=now(), act=NeedAct.PROGRESS, side=Side.SYSTEM, from_state=state, to_state=state, reason="")
    with transaction(audited=False):
        db.session.refresh(need)
        need.state = state
        need.changes.append(step)


@pytest.mark.parametrize("act", HUMAN_ACTS)
def test_every_act_by_every_side_in_every_state(cast: Cast, act: NeedAct) -> None:
    need = make_need(cast, state=NeedState.SUBMITTED)
    people = {side: getattr(cast, name) for side, name in SIDES.items()}
    for side, person in people.items():
        for state in NeedState:
            put_into(need, state)
            move = find_move(act, side, state)
            before = db.session.execute(select(func.count()).select_from(NeedChange)).scalar_one()
            try:
                do(act, person, need)
                done = True
            except (Conflict, NotAllowed):
                done = False
            db.session.rollback()
            after = db.session.execute(select(func.count()).select_from(NeedChange)).scalar_one()
            assert done == (move is not None), (act, side, state)
            assert after - before == int(done)
            expected = (move.target or NeedState.PUBLISHED) if move else state
            assert need.state is expected, (act, side, state)


def test_the_document_shows_this_table() -> None:
    assert table_of_moves() in DOCUMENT.read_text(encoding="utf-8"), (
        "docs/states.md does not show needs.states.MOVES; run: python -m tests.needs.document"
    )


def test_every_state_is_reached_and_every_move_is_of_known_states() -> None:
    reached = {move.target for move in MOVES} | IN_PROGRESS | {NeedState.DRAFT}
    assert set(NeedState) <= reached


def test_no_act_is_ambiguous() -> None:
    triples = [(move.act, move.side, source) for move in MOVES for source in move.sources]
    assert len(triples) == len(set(triples))


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ([(2, 0, 0), (1, 0, 0)], NeedState.PUBLISHED),
        ([(2, 1, 0), (1, 0, 0)], NeedState.PARTLY_CLAIMED),
        ([(2, 2, 0), (1, 0, 0)], NeedState.PARTLY_CLAIMED),
        ([(2, 2, 0), (1, 1, 0)], NeedState.CLAIMED),
        ([(2, 2, 1), (1, 1, 0)], NeedState.PARTLY_FULFILLED),
        ([(2, 2, 2), (1, 0, 0)], NeedState.PARTLY_FULFILLED),
        ([(2, 2, 2), (1, 1, 1)], NeedState.FULFILLED),
    ],
)
def test_progress_follows_the_lines(lines: list[tuple[int, int, int]], state: NeedState) -> None:
    assert progress_state(lines) is state


def test_factories_reach_every_state_of_the_offices(cast: Cast) -> None:
    household = make_household(cast)
    for state in ROUTES:
        need = make_need(cast, state=state, household=household)
        assert need.state is state
        assert [change.to_state for change in need.changes][-1:] == ([state] if state is not NeedState.DRAFT else [])
    elsewhere = make_need(cast, village=YANGWUGOU)
    assert (elsewhere.is_listed, elsewhere.is_open, elsewhere.county_code) == (True, True, "510722")


def test_timeline_says_who_when_from_where_to_where_and_why(cast: Cast) -> None:
    need = make_need(cast, state=NeedState.SUBMITTED)
    do(NeedAct.RETURN, cast.reviewer, need)
    do(NeedAct.SUBMIT, cast.secretary, need)
    do(NeedAct.APPROVE, cast.reviewer, need)
    do(NeedAct.PUBLISH, cast.administrator, need)
    told = [(change.act, change.side, change.from_state, change.to_state, change.reason) for change in need.changes]
    assert told == [
        (NeedAct.SUBMIT, Side.VILLAGE, NeedState.DRAFT, NeedState.SUBMITTED, ""),
        (NeedAct.RETURN, Side.TOWNSHIP, NeedState.SUBMITTED, NeedState.RETURNED, REASON),
        (NeedAct.SUBMIT, Side.VILLAGE, NeedState.RETURNED, NeedState.SUBMITTED, ""),
        (NeedAct.APPROVE, Side.TOWNSHIP, NeedState.SUBMITTED, NeedState.APPROVED, ""),
        (NeedAct.PUBLISH, Side.COUNTY, NeedState.APPROVED, NeedState.PUBLISHED, ""),
    ]
    assert [change.actor_id for change in need.changes] == [
        cast.secretary.id, cast.reviewer.id, cast.secretary.id, cast.reviewer.id, cast.administrator.id
    ]  # fmt: skip
    assert (need.township_reviewer_id, need.publisher_id) == (cast.reviewer.id, cast.administrator.id)


def test_a_second_click_is_the_same_answer_a_late_other_one_a_conflict(cast: Cast) -> None:
    need = make_need(cast, state=NeedState.SUBMITTED)
    do(NeedAct.APPROVE, cast.reviewer, need)
    changes = len(need.changes)
    do(NeedAct.APPROVE, cast.reviewer, need)
    assert len(need.changes) == changes
    with pytest.raises(Conflict):
        do(NeedAct.RETURN, cast.reviewer, need)


@pytest.mark.parametrize("reason", ["", "不行", "  太短 了 ", "长" * 101])
@pytest.mark.parametrize("act", ["return", "pause", "withdraw", "close"])
def test_reason_has_5_to_100_characters(cast: Cast, app: Flask, act: str, reason: str) -> None:
    state = {"return": NeedState.APPROVED, "close": NeedState.EXPIRED}.get(act, NeedState.PUBLISHED)
    need = make_need(cast, state=state)
    client = sign_in(app.test_client(), cast.administrator)
    answer = client.post(f"/en/needs/{need.code}/{act}", data={"reason": reason})
    assert answer.status_code == 422
    assert "5 to 100 characters" in answer.text
    assert reason.strip() in answer.text
    db.session.rollback()
    assert need.state is state


def test_reason_with_a_telephone_number_is_refused(cast: Cast) -> None:
    need = make_need(cast, state=NeedState.SUBMITTED)
    reviewer = cast.reviewer
    with pytest.raises(RuleBroken) as refusal, transaction():
        services.return_need(reviewer, need, "请打 139 0000 1234 问")
    assert refusal.value.field == "reason"


class TestThreePeople:
    """Author, township reviewer and publisher are three; nobody judges what they wrote."""

    def test_author_does_not_approve(self, cast: Cast) -> None:
        both = cast.officer("身兼两职", cast.secretary.duties[0].role, "510723217204")
        self._add_duty(both, cast.reviewer)
        need = make_need(cast, state=NeedState.SUBMITTED, author=both)
        with pytest.raises(NotAllowed):
            do(NeedAct.APPROVE, both, need)
        with pytest.raises(NotAllowed):
            do(NeedAct.RETURN, both, need)
        do(NeedAct.APPROVE, cast.reviewer, need)

    def test_who_submitted_does_not_approve(self, cast: Cast) -> None:
        both = cast.officer("身兼两职", cast.secretary.duties[0].role, "510723217204")
        self._add_duty(both, cast.reviewer)
        need = make_need(cast, state=NeedState.DRAFT)
        do(NeedAct.SUBMIT, both, need)
        with pytest.raises(NotAllowed):
            do(NeedAct.APPROVE, both, need)

    def test_reviewer_does_not_publish(self, cast: Cast) -> None:
        both = cast.officer("身兼两职", cast.reviewer.duties[0].role, "510723217")
        self._add_duty(both, cast.administrator)
        need = make_need(cast, state=NeedState.SUBMITTED)
        do(NeedAct.APPROVE, both, need)
        with pytest.raises(NotAllowed):
            do(NeedAct.PUBLISH, both, need)
        assert not policies.can_do(both, need, NeedAct.PUBLISH)
        do(NeedAct.PUBLISH, cast.administrator, need)

    def test_author_does_not_publish(self, cast: Cast) -> None:
        both = cast.officer("身兼两职", cast.secretary.duties[0].role, "510723217204")
        self._add_duty(both, cast.administrator)
        need = make_need(cast, state=NeedState.APPROVED, author=both)
        with pytest.raises(NotAllowed):
            do(NeedAct.PUBLISH, both, need)

    @staticmethod
    def _add_duty(person: User, like: User) -> None:
        from sun_commune.accounts.models import Duty

        template = like.duties[0]
        with transaction(audited=False) as session:
            session.add(
                Duty(
                    code=f"X{person.id}", user_id=person.id, role=template.role, place_code=template.place_code,
                    starts_on=template.starts_on, state=template.state, created_at=template.created_at,
                )
            )  # fmt: skip
        db.session.refresh(person)


def test_offices_of_other_places_cannot_act(cast: Cast, app: Flask) -> None:
    for state, person, act in (
        (NeedState.DRAFT, cast.other_secretary, "submit"),
        (NeedState.SUBMITTED, cast.other_reviewer, "approve"),
        (NeedState.SUBMITTED, cast.other_reviewer, "return"),
        (NeedState.APPROVED, cast.other_administrator, "publish"),
        (NeedState.PUBLISHED, cast.other_administrator, "pause"),
        (NeedState.PAUSED, cast.other_administrator, "resume"),
        (NeedState.PUBLISHED, cast.other_secretary, "withdraw"),
        (NeedState.EXPIRED, cast.other_administrator, "close"),
    ):
        need = make_need(cast, state=state)
        answer = sign_in(app.test_client(), person).post(f"/en/needs/{need.code}/{act}", data={"reason": REASON})
        assert answer.status_code == 404
        with pytest.raises((NotAllowed, SunError)):
            do(NeedAct(act), person, need)
        db.session.rollback()
        assert need.state is state


@pytest.mark.parametrize("act", ["submit", "approve", "publish", "return", "pause", "resume", "withdraw", "close"])
def test_strangers_and_donors_cannot_act(cast: Cast, app: Flask, act: str) -> None:
    need = make_need(cast)
    for person in (cast.stranger, cast.donor, cast.supervisor, cast.treasurer, cast.operator):
        client = sign_in(app.test_client(), person)
        assert client.post(f"/en/needs/{need.code}/{act}", data={"reason": REASON}).status_code == 403
    assert app.test_client().post(f"/en/needs/{need.code}/{act}").status_code == 302


def test_withdrawing_in_the_village_ends_with_the_first_claim(cast: Cast) -> None:
    need = make_need(cast)
    put_into(need, NeedState.PARTLY_CLAIMED)
    with pytest.raises(Conflict):
        do(NeedAct.WITHDRAW, cast.secretary, need)
    do(NeedAct.WITHDRAW, cast.administrator, need)
    assert (need.state, need.is_listed, need.is_open) == (NeedState.WITHDRAWN, False, False)
