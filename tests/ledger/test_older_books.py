"""Books that were begun before there were layers, periods and the log come through the upgrade whole."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_migrate import downgrade, stamp, upgrade
from sqlalchemy import func, select, text

from sun_commune.accounts.models import User
from sun_commune.core import selfcheck
from sun_commune.core.db import db, transaction
from sun_commune.ledger import checks, services
from sun_commune.ledger.models import Account, Layer, Transfer, Use
from sun_commune.ledger.services import moving
from sun_commune.transparency import checks as log_checks
from sun_commune.transparency.models import LogLeaf, LogOpening, LogWaiting
from tests.cast import Cast
from tests.ledger.books import DAY, OTHER_NEED, bring, give, reverse, spend

BEFORE = "0003"


@pytest.fixture(autouse=True)
def book_and_log_checks(app: Flask) -> Iterator[None]:
    bound = selfcheck.all_checks()
    selfcheck.bind((*checks.CHECKS, *log_checks.CHECKS))
    yield
    selfcheck.bind(bound)


def failures() -> list[str]:
    return [str(finding) for finding in selfcheck.find_all(selfcheck.all_checks())]


def layers() -> list[tuple[int, int, int, int]]:
    rows = db.session.execute(
        select(Layer.account_id, Layer.transfer_id, Layer.amount_fen, Layer.left_fen).order_by(Layer.id)
    )
    return [tuple(row) for row in rows]


def uses() -> list[tuple[int, int, int]]:
    rows = db.session.execute(
        select(Layer.transfer_id, Use.transfer_id, Use.amount_fen).join(Use, Use.layer_id == Layer.id).order_by(Use.id)
    )
    return [tuple(row) for row in rows]


def through_the_upgrade() -> None:
    db.session.remove()
    stamp()
    downgrade(revision=BEFORE)
    upgrade()
    db.session.remove()


def a_story(cast: Cast) -> None:
    """Gifts, goods, a spending over two gifts, one that is taken back, and a gift that is."""
    first = give(amount_fen=10_000, claim_code="RLTEST1")
    give(amount_fen=5_000, claim_code="RLTEST3", donor_shown="")
    bring()
    spend(cast.treasurer, cast.second_treasurer, amount_fen=12_000)
    wrong = spend(cast.treasurer, cast.second_treasurer, amount_fen=2_000)
    reverse(db.session.execute(select(Transfer).where(Transfer.uid == wrong.transfer_uid)).scalar_one())
    late = give(amount_fen=7_000, need_code=OTHER_NEED)
    reverse(late)
    assert first.id < late.id


def test_layers_and_uses_are_what_they_would_have_been(app: Flask, cast: Cast) -> None:
    a_story(cast)
    before = (layers(), uses())
    assert len(before[0]) == 3
    assert len(before[1]) == 5
    through_the_upgrade()
    assert (layers(), uses()) == before
    assert failures() == []


def test_each_entry_has_its_leaf_and_what_it_commits_to(app: Flask, cast: Cast) -> None:
    a_story(cast)
    said = {row.transfer_id: json.loads(row.leaf) for row in db.session.execute(select(LogLeaf)).scalars()}
    through_the_upgrade()
    accounts = {row.id: row.code for row in db.session.execute(select(Account)).scalars()}
    entries = {row.id: row for row in db.session.execute(select(Transfer)).scalars()}
    leaves = list(db.session.execute(select(LogLeaf)).scalars())
    assert [leaf.transfer_id for leaf in leaves] == sorted(entries)
    for leaf in leaves:
        words, entry = json.loads(leaf.leaf), entries[leaf.transfer_id or 0]
        salted = {"payer_c", "memo_c", "doc_c"}
        assert words | dict.fromkeys(salted, "") == said[entry.id] | dict.fromkeys(salted, "") | {
            "debit": accounts[entry.debit_id],
            "credit": accounts[entry.credit_id],
        }
        assert {name for name in salted if words[name]} == {name for name in salted if said[entry.id][name]}
    count = select(func.count()).select_from
    assert db.session.execute(count(LogWaiting)).scalar() == len(entries)
    assert db.session.execute(count(LogOpening)).scalar_one() >= len(entries)


def test_the_books_go_on_after_it(app: Flask, cast: Cast) -> None:
    a_story(cast)
    people = (cast.treasurer.id, cast.second_treasurer.id)
    through_the_upgrade()
    assert failures() == []
    give(amount_fen=4_000)
    maker, checker = (db.session.get_one(User, number) for number in people)
    spend(maker, checker, amount_fen=6_000)
    assert failures() == []


def test_new_kinds_of_entries_do_not_go_back(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with transaction():
        moving.post_unmatched(
            actor_id=None, uid=services.new_uid(), source_code="ZDTEST1", amount_fen=500, business_on=DAY
        )
    db.session.remove()
    stamp()
    with pytest.raises(SystemExit):
        downgrade(revision=BEFORE)
    assert "Restore a backup instead" in caplog.text
    db.session.remove()
    assert db.session.execute(text("SELECT count(*) FROM transfers")).scalar() == 1
