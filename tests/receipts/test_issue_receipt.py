"""Each gift gets the next number of the year's series, in the transaction that posts it, and only with it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from sun_commune.audit.models import AuditEntry
from sun_commune.core import clock
from sun_commune.core.clock import now, today
from sun_commune.core.counters import Counter
from sun_commune.core.db import at_end, db, transaction
from sun_commune.core.errors import RuleBroken
from sun_commune.ledger import services as ledger
from sun_commune.ledger.models import TransferKind
from sun_commune.ledger.queries import Stamp
from sun_commune.ledger.services import moving
from sun_commune.receipts import checks, queries, services
from sun_commune.receipts.jobs import issue_waiting_receipts
from sun_commune.receipts.models import Naming, Receipt, ReceiptName, ReceiptWaiting
from tests.cast import Cast
from tests.deliveries import world
from tests.ledger.books import GIFT, NEED, OTHER_NEED, bring, give, reverse
from tests.pledges.crowd import together

CROWD = 16


def receipts() -> list[Receipt]:
    db.session.rollback()
    return list(db.session.execute(select(Receipt).order_by(Receipt.id)).scalars())


def numbers() -> list[str]:
    return [receipt.number for receipt in receipts()]


def all_checks() -> list[str]:
    db.session.rollback()
    return [words for check in checks.CHECKS for words in check.find()]


def number(serial: int) -> str:
    return f"PJ-{today().year}-{serial:06d}"


def test_gift_of_money_gets_its_receipt(app: Flask, cast: Cast) -> None:
    claim = world.promise(cast, 0, 30_000)
    (delivery,) = world.record(cast.treasurer, claim.payment_code, 30_000)
    (receipt,) = receipts()
    assert (receipt.number, receipt.version, receipt.amount_fen) == (number(1), 1, 30_000)
    assert (receipt.donor_id, receipt.naming) == (cast.donor.id, Naming.REAL)
    assert queries.name_on(receipt) == cast.donor.name
    assert queries.slip_of(receipt).entry.uid == delivery.transfer_uid
    assert receipt.issued_by == cast.treasurer.id
    assert len(receipt.secret) >= 20
    assert receipt.number not in receipt.secret
    assert all_checks() == []


def test_goods_get_theirs_when_they_are_accepted(app: Flask, cast: Cast) -> None:
    claim = world.promise(cast, 2)
    delivery = world.send(cast.donor, claim)
    world.receive(cast.secretary, delivery)
    assert receipts() == []
    world.accept(cast.secretary, delivery)
    (receipt,) = receipts()
    assert receipt.amount_fen == 20_000
    assert queries.slip_of(receipt).is_goods


def test_secrets_are_beyond_guessing(app: Flask) -> None:
    """No two alike, and chance in every place: 200 draws show more than ten characters at each."""
    drawn = [services.issuing.new_secret() for _ in range(200)]
    assert len(set(drawn)) == len(drawn)
    assert {len(secret) for secret in drawn} == {24}
    assert min(len(set(place)) for place in zip(*drawn, strict=True)) > 10


def test_work_gets_none(app: Flask, cast: Cast) -> None:
    delivery = world.agree(cast.donor, world.promise(cast, 0, 0, 2))
    world.in_transaction(world.services.mark_done, cast.donor, delivery)
    world.in_transaction(world.services.confirm_work, cast.secretary, delivery, quantity=2)
    assert receipts() == []


def test_name_is_sealed_in_the_database(app: Flask, cast: Cast) -> None:
    world.record(cast.treasurer, world.promise(cast, 0, 30_000).payment_code, 30_000)
    sealed = db.session.execute(select(ReceiptName.name_sealed)).scalar_one()
    assert cast.donor.name.encode() not in sealed


def test_unmatched_money_gets_its_receipt_when_it_is_matched(app: Flask) -> None:
    with transaction():
        moving.post_unmatched(
            actor_id=None, uid=ledger.new_uid(), amount_fen=500, business_on=today(), source_code="ZD1"
        )
    assert receipts() == []
    with transaction():
        entry = moving.post_matched(
            actor_id=None, uid=ledger.new_uid(), source_code="ZD1", amount_fen=300, need_code=NEED,
            stamp=Stamp("510723", "daily_necessities"),
        )  # fmt: skip
    (receipt,) = receipts()
    assert (receipt.transfer_id, receipt.amount_fen) == (entry.id, 300)
    assert all_checks() == []


def test_gift_without_an_account_behind_it_has_no_name(app: Flask) -> None:
    give()
    (receipt,) = receipts()
    assert (receipt.donor_id, receipt.naming, queries.name_on(receipt)) == (None, Naming.ANONYMOUS, "")


def test_same_posting_again_gets_no_second_receipt(app: Flask) -> None:
    uid = ledger.new_uid()
    give(uid=uid)
    give(uid=uid)
    assert numbers() == [number(1)]


def test_issuing_again_gives_nothing(app: Flask) -> None:
    gift = give()
    with transaction(audited=False):
        assert services.issue_receipts([gift.id]) == []
    assert numbers() == [number(1)]


def test_several_gifts_of_one_transaction_are_numbered_in_their_order(app: Flask) -> None:
    with transaction():
        entries = [
            ledger.post_gift(**{**GIFT, "uid": ledger.new_uid(), "need_code": code}) for code in (OTHER_NEED, NEED)
        ]
        assert db.session.execute(select(Receipt)).all() == []  # only when all the rest is done
    assert [(row.serial, row.transfer_id) for row in receipts()] == [(1, entries[0].id), (2, entries[1].id)]


def test_gift_taken_back_at_once_gets_none(app: Flask) -> None:
    with transaction():
        gift = ledger.post_gift(**{**GIFT, "uid": ledger.new_uid()})
        ledger.reverse_transfer(None, gift, "金额录错，更正后重新入账")
    assert receipts() == []
    assert all_checks() == []


def test_receipt_is_on_the_audit_trail(app: Flask) -> None:
    give()
    statement = select(AuditEntry.object_code).where(AuditEntry.act == "ReceiptIssued")
    assert db.session.execute(statement).scalars().all() == [number(1)]


def test_rolled_back_posting_leaves_no_gap(app: Flask) -> None:
    give()
    _fails(0)  # after the receipt was numbered
    with pytest.raises(RuleBroken):
        _refused()
    give()
    assert numbers() == [number(1), number(2)]
    assert all_checks() == []


def test_each_year_has_its_own_series(app: Flask) -> None:
    for year in (2025, 2026, 2026):
        # Half past midnight in Shanghai on New Year's Day is still the old year in UTC.
        with clock.standing_at(datetime(year - 1, 12, 31, 16, 30, tzinfo=UTC)):
            give()
    assert numbers() == ["PJ-2025-000001", "PJ-2026-000001", "PJ-2026-000002"]


def _give_or_fail(serial: int) -> None:
    """Every fourth breaks off after its number was taken."""
    with transaction():
        ledger.post_gift(**{**GIFT, "uid": ledger.new_uid(), "need_code": f"XQ-2026-{serial:05d}"})
        if serial % 4 == 0:
            at_end(lambda _items: 1 // 0, None)


def _refused() -> None:
    with transaction():
        ledger.post_gift(**{**GIFT, "uid": ledger.new_uid()})
        raise RuleBroken("no")


def _fails(serial: int) -> None:
    try:
        _give_or_fail(serial)
    except ZeroDivisionError:
        return


def test_sixteen_at_once_leave_no_gap(app: Flask) -> None:
    db.session.rollback()
    together(app, [lambda serial=serial: _fails(serial) for serial in range(CROWD)])
    assert numbers() == [number(serial) for serial in range(1, CROWD - CROWD // 4 + 1)]
    assert all_checks() == []


def test_one_with_two_gifts_and_one_with_the_second_do_not_lock_each_other_out(app: Flask) -> None:
    """The counter is taken last: whoever holds it waits for nobody. (Of two categories and two givers, for
    the kept sums of one category, and of one giver, are rows that two postings share as well.)"""
    kinds = {
        NEED: {"category": "daily_necessities", "donor_shown": "张**"},
        OTHER_NEED: {"category": "medical", "donor_shown": "李**"},
    }
    for code, kind in kinds.items():
        give(need_code=code, **kind)
    db.session.rollback()

    def post(*codes: str) -> None:
        with transaction():
            for code in codes:
                ledger.post_gift(**{**GIFT, "uid": ledger.new_uid(), "need_code": code, **kinds[code]})

    acts = [lambda: post(NEED, OTHER_NEED), lambda: post(OTHER_NEED)] * (CROWD // 2)
    together(app, acts)
    assert len(numbers()) == 2 + 3 * CROWD // 2
    assert all_checks() == []


def test_negative_control_a_number_of_its_own_transaction_leaves_gaps(app: Flask) -> None:
    """As a sequence or a counter service would: what is rolled back has used up its number, and the check says so."""

    def careless(serial: int) -> None:
        with transaction(audited=False):
            taken = services.issuing.next_number(f"PJ-{today().year}")
        if serial % 4 == 0:
            return  # the posting was rolled back
        with transaction():
            gift = ledger.post_gift(**{**GIFT, "uid": ledger.new_uid(), "need_code": f"XQ-2026-{serial:05d}"})
            db.session.info["sun_at_end"].clear()
            _insert(gift.id, serial=taken)

    with _without_guard():
        db.session.rollback()
        together(app, [lambda serial=serial: careless(serial) for serial in range(CROWD)])
        assert any("receipts from" in words for words in checks.receipt_numbers_have_no_gap())


class _without_guard:  # noqa: N801 - reads as a phrase
    """The database's own guard would refuse the gap, so it is taken away for the control."""

    def __enter__(self) -> None:
        on = "" if db.engine.dialect.name == "sqlite" else " ON receipts"
        _run(f"DROP TRIGGER receipts_guard{on}")

    def __exit__(self, *_error: object) -> None:
        db.session.rollback()


def _run(statement: str) -> None:
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text(statement))


def _insert(transfer_id: int, **changes: object) -> None:
    serial = changes.get("serial", 1)
    values = {
        "number": f"PJ-{today().year}-{serial:06d}", "year": today().year, "serial": serial,
        "transfer_id": transfer_id, "version": 1, "replaces_id": None, "secret": secrets.token_urlsafe(18),
        "amount_fen": 32_000, "naming": Naming.ANONYMOUS, "issued_at": now(), **changes,
    }  # fmt: skip
    db.session.execute(Receipt.__table__.insert().values(**values))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"serial": 3}, "numbers follow one another"),
        ({"serial": 1, "number": "PJ-X"}, "numbers follow one another"),
        ({"serial": 2, "amount_fen": 31_999}, "of its amount"),
        ({"serial": 2, "version": 2, "replaces_id": 1}, "replaces a voided one"),
    ],
)
def test_database_refuses(app: Flask, changes: dict[str, object], words: str) -> None:
    first, second = give(), give(need_code=OTHER_NEED)
    _open_again()
    with pytest.raises((DatabaseError, IntegrityError), match=words), transaction(audited=False):
        _insert(first.id if "version" in changes else second.id, **changes)


def _open_again() -> None:
    """As if the second gift had no receipt yet."""
    _delete("receipts", "WHERE serial = 2")


def _delete(table: str, where: str = "") -> None:
    """The guard against deletion is taken away before."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    _run(f"DROP TRIGGER {table}_no_delete" if is_sqlite else f"DROP TRIGGER {table}_no_change ON {table}")
    _run(f"DELETE FROM {table} {where}")  # noqa: S608 - our own words


@pytest.mark.parametrize("statement", ["UPDATE receipts SET amount_fen = 1", "DELETE FROM receipts"])
def test_receipt_is_never_changed(app: Flask, statement: str) -> None:
    give()
    with pytest.raises(DatabaseError, match="append-only"):
        _run(statement)


def test_receipt_for_a_reversed_gift_is_refused_by_the_database(app: Flask) -> None:
    gift = give()
    reverse(gift)
    with pytest.raises(DatabaseError, match="a gift that stands"), transaction(audited=False):
        _insert(gift.id, serial=2, version=2, replaces_id=receipts()[0].id)


# --- Gifts of the time before receipts --------------------------------------------------------------------------


def _as_before_receipts() -> None:
    """The books as an older version left them, and what the upgrade does."""
    _run("DELETE FROM receipt_names")
    _delete("receipt_voids")
    _delete("receipts")
    _run("DELETE FROM counters WHERE series LIKE 'PJ-%'")
    gifts = "kind IN ('gift', 'matched', 'goods') AND reverses_id IS NULL"
    _run(f"INSERT INTO receipts_waiting SELECT id FROM transfers WHERE {gifts}")  # noqa: S608 - our own words


def test_older_gifts_get_their_receipts_in_their_order(app: Flask) -> None:
    entries = [give(), bring(), give(need_code=OTHER_NEED)]
    reverse(entries[0])
    _as_before_receipts()
    assert all_checks() == []  # they wait, and nothing is called wrong meanwhile
    assert "3 gifts" in app.test_cli_runner().invoke(args=["receipts", "issue-waiting"]).output
    assert [(row.serial, row.transfer_id) for row in receipts()] == [(1, entries[1].id), (2, entries[2].id)]
    assert issue_waiting_receipts() == 0
    assert db.session.execute(select(ReceiptWaiting)).all() == []
    assert all_checks() == []


def test_missing_receipt_is_found(app: Flask) -> None:
    give()
    _as_before_receipts()
    _run("DELETE FROM receipts_waiting")
    assert [words for words in all_checks() if "has no receipt" in words]


def test_turned_back_counter_is_found_and_gives_no_number_twice(app: Flask) -> None:
    give()
    with transaction(audited=False):
        db.session.execute(update(Counter).where(Counter.series == f"PJ-{today().year}").values(last=0))
    assert any("counter says 0" in words for words in all_checks())
    with pytest.raises(DatabaseError):
        give()
    db.session.rollback()
    assert numbers() == [number(1)]


def test_kinds_that_get_a_receipt_are_those_the_database_knows(app: Flask) -> None:
    """RULES spell them out; a new kind of gift has to be written there, too."""
    assert [kind.value for kind in services.issuing.RECEIPTED] == ["gift", "matched", "goods"]
    assert TransferKind.UNMATCHED not in services.issuing.RECEIPTED
