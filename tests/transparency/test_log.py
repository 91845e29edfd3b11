"""The log beside the books: a leaf in the entry's own transaction, places and tiles when it is sealed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from sun_commune.core import selfcheck
from sun_commune.core.db import db, transaction
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import Transfer
from sun_commune.transparency import checks, jobs, leaves, merkle, queries, services
from sun_commune.transparency.models import LogLeaf, LogOpening, LogSeal, LogTile, LogWaiting
from sun_commune.transparency.tiles import tiles_of, unpack_entries
from sun_commune.uploads.models import Upload
from tests.cast import Cast
from tests.ledger.books import GIFT, NEED, OTHER_NEED, bring, give, reverse, spend
from tests.ledger.test_selfcheck import put_guards_back, take_guards_off

pytestmark = pytest.mark.usefixtures("book_checks_alone")


def leaf_of(transfer: Transfer) -> dict[str, Any]:
    row = db.session.execute(select(LogLeaf).where(LogLeaf.transfer_id == transfer.id)).scalar_one()
    said: dict[str, Any] = json.loads(row.leaf)
    assert row.hash == hashlib.sha256(b"\x00" + row.leaf).digest()
    return said


def openings(transfer: Transfer) -> dict[str, LogOpening]:
    statement = select(LogOpening).join(LogLeaf, LogLeaf.id == LogOpening.leaf_id)
    rows = db.session.execute(statement.where(LogLeaf.transfer_id == transfer.id)).scalars()
    return {row.field.value: row for row in rows}


def sealed() -> int:
    jobs.seal_log()
    return queries.log_size()


def grow(count: int) -> None:
    with transaction():
        for _number in range(count):
            ledger.post_gift(**{**GIFT, "uid": ledger.new_uid(), "amount_fen": 100})


def count(model: Any) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def test_a_leaf_says_codes_and_amounts_and_no_name(app: Flask, cast: Cast) -> None:
    gift = give(donor_shown="张**")
    said = leaf_of(gift)
    assert said.keys() == set(leaves.FIELDS)
    assert (said["uid"], said["amount_fen"], said["kind"], said["period"]) == (gift.uid, 32_000, "gift", "2017-12")
    assert said["debit"].startswith("AC")
    stored = json.dumps(said, ensure_ascii=False)
    for private in ("张", gift.need_code, "RLTEST1", "510723"):
        assert private not in stored
    opened = openings(gift)
    assert opened["payer"].value == "张**"
    assert json.loads(opened["memo"].value)["claim_code"] == "RLTEST1"
    for field, row in opened.items():
        assert said[f"{field}_c"] == hashlib.sha256(row.salt + row.value.encode()).hexdigest()
    assert said["doc_c"] == ""


def test_two_gifts_of_one_person_cannot_be_joined(app: Flask) -> None:
    assert leaf_of(give())["payer_c"] != leaf_of(give())["payer_c"]


def test_spending_commits_to_its_paper(app: Flask, cast: Cast) -> None:
    give()
    voucher = spend(cast.treasurer, cast.second_treasurer)
    spending = db.session.execute(select(Transfer).where(Transfer.uid == voucher.transfer_uid)).scalar_one()
    paper = db.session.get_one(Upload, voucher.document_id)
    assert openings(spending)["doc"].value == paper.sha256
    back = reverse(spending)
    assert leaf_of(back)["reverses"] == spending.uid


def test_no_leaf_without_its_entry(app: Flask) -> None:
    def break_off() -> None:
        with transaction():
            ledger.post_gift(**{**GIFT, "uid": ledger.new_uid()})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert (count(Transfer), count(LogLeaf), count(LogWaiting)) == (0, 0, 0)


def test_sealing_gives_places_and_roots(app: Flask) -> None:
    give()
    bring()
    assert queries.log_size() == 0
    assert (sealed(), count(LogWaiting)) == (2, 0)
    give()
    assert sealed() == 3
    assert sealed() == 3
    rows = db.session.execute(select(LogLeaf.leaf).order_by(LogLeaf.id)).scalars().all()
    seals = db.session.execute(select(LogSeal.size, LogSeal.root).order_by(LogSeal.size)).all()
    assert [tuple(row) for row in seals] == [
        (size, merkle.root_of(map(merkle.leaf_hash, rows[:size]))) for size in (2, 3)
    ]


def test_tiles_over_many_sealings(app: Flask) -> None:
    for step in (1, 254, 2, 300, 200):
        grow(step)
        sealed()
    size = queries.log_size()
    hashes = [merkle.leaf_hash(leaf) for leaf in queries.leaves_at(0, size)]
    assert size == 757
    for tile in tiles_of(size):
        data = queries.tile_bytes(tile)
        if tile.level < 0:
            assert list(map(merkle.leaf_hash, unpack_entries(data))) == hashes[tile.number * 256 :][: tile.width]
        else:
            step = 256**tile.level
            assert data == b"".join(
                merkle.root_of(hashes[at * step : (at + 1) * step])
                for at in range(tile.number * 256, tile.number * 256 + tile.width)
            )
    assert queries.latest_seal().root == merkle.root_of(hashes)  # type: ignore[union-attr]  # it is there
    assert count(LogTile) == 2
    proof = merkle.inclusion_proof(400, size, queries.reader(size))
    assert merkle.is_included(400, size, hashes[400], proof, merkle.root_of(hashes))
    assert not selfcheck.find_all(checks.CHECKS)


#: name -> (what a hand with the guards taken off writes, the check that must notice)
TAMPERING = {
    "a leaf": ("UPDATE log_leaves SET leaf = CAST(:leaf AS {blob}) WHERE id = 1", "entries_have_leaves"),
    "an entry and its leaf": (
        "UPDATE transfers SET amount_fen = 5 WHERE id = 1; "
        "UPDATE log_leaves SET leaf = CAST(:leaf AS {blob}) WHERE id = 1",
        "tiles_follow_from_leaves",
    ),
    "two places": (
        "UPDATE log_places SET position = 99 WHERE position = 0; "
        "UPDATE log_places SET position = 0 WHERE position = 1; "
        "UPDATE log_places SET position = 1 WHERE position = 99",
        "tiles_follow_from_leaves",
    ),
    "a place gone": ("DELETE FROM log_places WHERE position = 1", "places_have_no_gap"),
    "a waiting leaf gone": ("DELETE FROM log_waiting", "places_have_no_gap"),
    "a root": ("UPDATE log_seals SET root = CAST(:root AS {blob})", "tiles_follow_from_leaves"),
    "what was committed to": ("UPDATE log_openings SET value = '李四' WHERE field = 'payer'", "commitments_open"),
    "a leaf gone": (
        "DELETE FROM log_openings; DELETE FROM log_places WHERE leaf_id = 1; DELETE FROM log_leaves WHERE id = 1",
        "entries_have_leaves",
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_is_found(app: Flask, database_kind: str, name: str) -> None:
    first, _second = give(donor_shown="张**"), give(donor_shown="李**")
    sealed()
    give()
    assert not selfcheck.find_all(checks.CHECKS)
    statement, noticed = TAMPERING[name]
    blob = "BLOB" if database_kind == "sqlite" else "BYTEA"
    leaf = leaves.canonical({**leaf_of(first), "amount_fen": 5})
    db.session.rollback()
    kept = take_guards_off(database_kind, "log_leaves", "log_places", "log_seals", "log_tiles")
    with db.engine.begin() as connection:
        if database_kind == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for part in statement.format(blob=blob).split(";"):
            values = {"leaf": leaf, "root": b"\x00" * 32}
            connection.execute(text(part), {key: value for key, value in values.items() if f":{key}" in part})
    put_guards_back(database_kind, kept)
    db.session.rollback()
    assert noticed in {finding.check for finding in selfcheck.find_all(checks.CHECKS)}


@pytest.mark.parametrize(
    "statement",
    ["UPDATE log_leaves SET kind = kind", "DELETE FROM log_leaves", "DELETE FROM log_places", "DELETE FROM log_seals",
     "UPDATE log_seals SET size = size + 1", "DELETE FROM log_tiles", "UPDATE log_places SET position = position + 1"],
)  # fmt: skip
def test_the_database_refuses_to_rewrite_the_log(app: Flask, statement: str) -> None:
    from sqlalchemy import exc

    grow(256)
    sealed()
    with pytest.raises((exc.IntegrityError, exc.ProgrammingError, exc.InternalError)), db.engine.begin() as connection:
        connection.execute(text(statement))


def test_words_of_an_erased_need_are_forgotten(app: Flask, cast: Cast) -> None:
    gift = give(donor_shown="张**")
    other = give(need_code=OTHER_NEED)
    voucher = spend(cast.treasurer, cast.second_treasurer)
    sealed()
    with transaction(audited=False):
        services.forget_words(need_code=NEED)
    assert openings(gift).keys() == {"payer"}
    assert openings(other).keys() == {"payer", "memo"}
    spending = db.session.execute(select(Transfer).where(Transfer.uid == voucher.transfer_uid)).scalar_one()
    assert openings(spending) == {}
    assert not selfcheck.find_all(checks.CHECKS)


def test_erasing_an_opening_leaves_the_log_sound(app: Flask) -> None:
    gift = give(donor_shown="张**")
    sealed()
    with transaction(audited=False) as session:
        for row in openings(gift).values():
            session.delete(session.merge(row))
    assert not selfcheck.find_all(checks.CHECKS)


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "礼"}, {"amount_fen": 1.5}, {"amount_fen": 2**53}, {"amount_fen": True}, {"extra": "x"}, {"uid": None},
     {"uid": "x" * 2048}],
)  # fmt: skip
def test_what_is_no_leaf(wrong: dict[str, Any]) -> None:
    said = dict.fromkeys(leaves.FIELDS, "x") | {"amount_fen": 1}
    del said["v"]
    assert leaves.make_leaf(**said)
    with pytest.raises(ValueError, match=r"leaf|canonical"):
        leaves.make_leaf(**{**said, **wrong})


def test_the_leaf_is_canonical(app: Flask) -> None:
    gift = give()
    row = db.session.execute(select(LogLeaf.leaf).where(LogLeaf.transfer_id == gift.id)).scalar_one()
    assert row == json.dumps(json.loads(row), sort_keys=True, separators=(",", ":")).encode()
