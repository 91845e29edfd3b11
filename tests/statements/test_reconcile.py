"""Statement and books: the parts add up to the difference, whatever happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sun_commune.core.clock import today
from sun_commune.statements import services
from sun_commune.statements.models import OutgoingKind
from sun_commune.statements.reconciliation import ends_of_day, reconcile
from tests.cast import Cast
from tests.deliveries.world import record
from tests.statements.papers import movement
from tests.statements.world import act, code_of, day, import_rows, lines, pledge


def test_nothing_is_equal_to_nothing(cast: Cast) -> None:
    found = reconcile()
    assert (found.accounts, found.difference_fen, found.unexplained_fen) == ([], 0, 0)


def test_statement_and_books_agree(cast: Cast) -> None:
    claim = pledge(cast)
    import_rows(
        cast.treasurer, movement(day(), "300.00", code_of(claim), reference="A1", balance="300.00"),
        movement(day(), "5.00", "心意", reference="A2", balance="305.00"),
    )  # fmt: skip
    found = reconcile()
    assert (found.statement_fen, found.books_fen, found.difference_fen, found.unexplained_fen) == (30_500, 30_500, 0, 0)


def test_every_part_of_the_difference_has_its_name(cast: Cast) -> None:
    claim = pledge(cast)
    code = code_of(claim)
    record(cast.treasurer, code, 7_000, bank_reference="HAND-1")
    yesterday = (today() - timedelta(days=1)).isoformat()
    import_rows(
        cast.treasurer,
        movement(yesterday, "300.00", "无码", reference="A1", balance="1,300.00"),  # 1,000 were there before
        movement(yesterday, "-1.00", "手续费", reference="A2", balance="1,299.00"),
        movement(day(), "5.00", "心意", reference="A3", balance="1,354.00"),  # 50 are missing in between
        movement(day(), "-20.00", "转账", reference="A4", balance="1,334.00"),
        movement(day(), "-3.00", "其他", reference="A5", balance="1,331.00"),
    )
    act(services.explain_outgoing, cast.treasurer, lines()[1], kind=OutgoingKind.FEE)
    act(services.explain_outgoing, cast.treasurer, lines()[4], kind=OutgoingKind.OTHER)
    found = reconcile()
    assert (found.opening_fen, found.gap_fen) == (100_000, 5_000)
    assert (found.fees_fen, found.other_fen, found.waiting_fen) == (-100, -300, -2_000)
    assert (found.unseen_in_fen, found.unseen_out_fen) == (-7_000, 0)
    assert (found.statement_fen, found.books_fen) == (133_100, 37_500)
    assert found.unexplained_fen == 0
    import_rows(cast.treasurer, movement(day(), "70.00", code, reference="HAND-1"), account="另一个账户")
    assert reconcile().unseen_in_fen == 0
    paper = act(services.ask_return, cast.treasurer, lines()[0], amount_fen=30_000, reason="付款人要求退回")
    act(services.approve_return, cast.second_treasurer, paper)
    found = reconcile()
    assert (found.unseen_out_fen, found.unexplained_fen) == (30_000, 0)
    import_rows(cast.treasurer, movement(day(), "-300.00", "退款", reference="A9", balance="1,031.00"))
    found = reconcile()
    assert (found.unseen_out_fen, found.unexplained_fen) == (0, 0)


@pytest.mark.parametrize(
    ("moves", "ends"),
    [
        ([(0, 5)], (0, 5)),
        ([(0, 5), (5, 3)], (0, 3)),
        ([(5, 3), (0, 5)], (0, 3)),
        ([(3, 9), (5, 3), (0, 5)], (0, 9)),
        ([(5, 7), (7, 5)], (5, 5)),
        ([(0, 5), (6, 9)], (0, 9)),
    ],
)
def test_a_day_is_read_whichever_way_round_it_is_listed(moves: list[tuple[int, int]], ends: tuple[int, int]) -> None:
    assert ends_of_day(moves) == ends


@pytest.mark.parametrize("turned", [False, True])
def test_files_listed_newest_first_have_the_same_balance(cast: Cast, turned: bool) -> None:
    before = (today() - timedelta(days=2)).isoformat()
    rows: list[Any] = [
        movement(before, "10.00", "a", reference="A1", balance="10.00"),
        movement(before, "20.00", "b", reference="A2", balance="30.00"),
        movement(day(), "30.00", "c", reference="A3", balance="60.00"),
        movement(day(), "40.00", "d", reference="A4", balance="100.00"),
    ]
    import_rows(cast.treasurer, *(reversed(rows) if turned else rows))
    (account,) = reconcile().accounts
    assert (account.opening_fen, account.closing_fen, account.gap_fen) == (0, 10_000, 0)
