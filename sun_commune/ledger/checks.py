"""The books' own self-checks: what trust asks of a ledger, each as a small function that says what is wrong.

Every check reads the entries themselves; the kept sums are only compared with them. ``docs/ledger.md`` lists the
same names (a test compares), and the public ledger page shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, or_, select, text
from sqlalchemy.orm import aliased

from sun_commune.audit.models import AuditEntry
from sun_commune.core.append_only import AFTER_CREATE
from sun_commune.core.db import db, is_sqlite
from sun_commune.core.money import MAX_FEN
from sun_commune.core.selfcheck import Check
from sun_commune.ledger import figures
from sun_commune.ledger.models import (
    Account,
    AccountKind,
    Book,
    LedgerSum,
    Transfer,
    TransferKind,
    Voucher,
    VoucherState,
)
from sun_commune.ledger.posting import BODY, SIDES, body_sha256

FORWARD = Transfer.reverses_id.is_(None)


def _uids(statement: Any, words: str) -> list[str]:
    return [f"{uid} {words}" for uid in db.session.execute(statement.limit(50)).scalars()]


def _sides() -> tuple[Any, Any, Any]:
    """Debit account, credit account, and a select of transfers joined with both."""
    debit, credit = aliased(Account), aliased(Account)
    joined = (
        select(Transfer.uid).join(debit, debit.id == Transfer.debit_id).join(credit, credit.id == Transfer.credit_id)
    )
    return debit, credit, joined


def transfers_are_valid() -> list[str]:
    debit, credit, joined = _sides()
    fits = []
    for kind, (left, right) in SIDES.items():
        forward = (Transfer.reverses_id.is_(None)) & (debit.kind == left) & (credit.kind == right)
        back = (Transfer.reverses_id.is_not(None)) & (debit.kind == right) & (credit.kind == left)
        fits.append((Transfer.kind == kind) & (forward | back))
    wrong = joined.where(
        or_(
            ~or_(*fits),
            Transfer.amount_fen < 1,
            Transfer.amount_fen > MAX_FEN,
            Transfer.currency != "CNY",
            Transfer.debit_id == Transfer.credit_id,
            (debit.kind != AccountKind.BANK) & (debit.need_code != Transfer.need_code),
            (credit.kind != AccountKind.BANK) & (credit.need_code != Transfer.need_code),
        )
    )
    lost = select(Transfer.uid).where(
        or_(Transfer.debit_id.not_in(select(Account.id)), Transfer.credit_id.not_in(select(Account.id)))
    )
    return _uids(wrong, "does not fit its kind and accounts") + _uids(lost, "names an account that is not there")


def entries_say_what_was_posted() -> list[str]:
    debit, credit, _joined = _sides()
    reversed_ = aliased(Transfer)
    statement = (
        select(*(getattr(Transfer, name) for name in BODY), Transfer.uid, Transfer.body_sha256,
               debit.key.label("debit"), credit.key.label("credit"), reversed_.uid.label("reverses"))
        .join(debit, debit.id == Transfer.debit_id).join(credit, credit.id == Transfer.credit_id)
        .outerjoin(reversed_, reversed_.id == Transfer.reverses_id)
        .execution_options(yield_per=2000)
    )  # fmt: skip
    wrong = []
    for row in db.session.execute(statement).mappings():
        said = body_sha256(dict(row), debit=row["debit"], credit=row["credit"], reverses=row["reverses"] or "")
        if said != row["body_sha256"]:
            wrong.append(f"{row['uid']} is not what was posted")
    return wrong


def entries_are_on_the_audit_trail() -> list[str]:
    told = select(AuditEntry.id).where(AuditEntry.object_kind == "transfer", AuditEntry.object_code == Transfer.uid)
    return _uids(select(Transfer.uid).where(~told.exists()), "was written without an act on the audit trail")


def sums_equal_entries() -> list[str]:
    kept = {
        (row.month, row.county_code, row.category, row.kind): (row.amount_fen, row.reversed_fen, row.entries_count)
        for row in db.session.execute(select(LedgerSum)).scalars()
    }
    counted = figures.sums_of_entries()
    return [
        f"{' '.join(key)}: kept {kept.get(key)}, entries say {counted.get(key)}"
        for key in sorted(kept.keys() | counted.keys())
        if kept.get(key) != counted.get(key)
    ]


def public_figures_equal_entries() -> list[str]:
    shown, counted = figures.totals(), figures.totals_of_entries()
    return [] if shown == counted else [f"shown {shown}, entries say {counted}"]


def _balances() -> Any:
    """Per account id: credits minus debits, as a subquery with columns id and fen."""
    moves = select(Transfer.credit_id.label("id"), Transfer.amount_fen.label("fen")).union_all(
        select(Transfer.debit_id, -Transfer.amount_fen)
    )
    both = moves.subquery()
    return select(both.c.id, func.sum(both.c.fen).label("fen")).group_by(both.c.id).subquery()


def funds_are_not_negative() -> list[str]:
    balance = _balances()
    statement = (
        select(Account.key, balance.c.fen)
        .join(balance, balance.c.id == Account.id)
        .where(Account.kind == AccountKind.FUND, balance.c.fen < 0)
    )
    return [f"{key} holds {fen} fen" for key, fen in db.session.execute(statement)]


def reversals_are_mirrors() -> list[str]:
    first = aliased(Transfer)
    same = ["amount_fen", "kind", "book", "need_code", "county_code", "category"]
    statement = (
        select(Transfer.uid)
        .join(first, first.id == Transfer.reverses_id)
        .where(
            or_(
                first.reverses_id.is_not(None),
                first.debit_id != Transfer.credit_id,
                first.credit_id != Transfer.debit_id,
                *(getattr(first, name) != getattr(Transfer, name) for name in same),
            )
        )
    )
    twice = select(Transfer.reverses_id).where(~FORWARD).group_by(Transfer.reverses_id).having(func.count() > 1)
    found = [f"entry row {row} is reversed twice" for row in db.session.execute(twice).scalars()]
    return _uids(statement, "is no mirror of what it reverses") + found


def raised_is_spent_held_and_returned() -> list[str]:
    fund = aliased(Account)
    balance = _balances()
    held: dict[str | None, int] = dict(
        db.session.execute(
            select(fund.need_code, balance.c.fen).join(balance, balance.c.id == fund.id)
            .where(fund.kind == AccountKind.FUND)
        ).all()
    )  # fmt: skip
    signed = case((FORWARD, Transfer.amount_fen), else_=-Transfer.amount_fen)
    columns = {
        "raised": (Transfer.kind == TransferKind.GIFT, FORWARD, Transfer.amount_fen),
        "returned": (Transfer.kind == TransferKind.GIFT, ~FORWARD, Transfer.amount_fen),
        "spent": (Transfer.kind == TransferKind.SPENDING, Transfer.kind == TransferKind.SPENDING, signed),
    }
    summed = [func.sum(case((one & two, fen), else_=0)).label(name) for name, (one, two, fen) in columns.items()]
    rows = db.session.execute(
        select(Transfer.need_code, *summed).where(Transfer.book == Book.CASH).group_by(Transfer.need_code)
    ).all()
    wrong = [
        f"{row.need_code}: raised {row.raised}, spent {row.spent}, held {held.get(row.need_code, 0)}, "
        f"returned {row.returned}"
        for row in rows
        if row.raised != row.spent + held.get(row.need_code, 0) + row.returned
    ]
    bank = db.session.execute(
        select(balance.c.fen).join(Account, Account.id == balance.c.id).where(Account.kind == AccountKind.BANK)
    ).scalar()
    if -int(bank or 0) != sum(held.values()):
        wrong.append(f"the bank account holds {-int(bank or 0)} fen, the funds {sum(held.values())}")
    return wrong


def goods_stand_apart() -> list[str]:
    debit, credit, joined = _sides()
    crossing = joined.where(or_(debit.book != Transfer.book, credit.book != Transfer.book))
    bare = select(Transfer.uid).where(
        Transfer.kind == TransferKind.GOODS, FORWARD, or_(Transfer.value_basis == "", Transfer.quantity.is_(None))
    )
    return _uids(crossing, "joins the goods book and the cash book") + _uids(bare, "has no quantity or value basis")


def vouchers_are_posted_once() -> list[str]:
    posted = aliased(Transfer)
    entries = select(func.count()).where(posted.voucher_code == Voucher.code, posted.reverses_id.is_(None))
    exact = select(posted.id).where(
        posted.uid == Voucher.transfer_uid, posted.voucher_code == Voucher.code, posted.need_code == Voucher.need_code,
        posted.amount_fen == Voucher.amount_fen, posted.kind == TransferKind.SPENDING,
    )  # fmt: skip
    approved = Voucher.state == VoucherState.APPROVED
    two = (Voucher.checker_id.is_not(None)) & (Voucher.checker_id != Voucher.maker_id)
    wrong = select(Voucher.code).where(
        or_(
            approved & ((entries.scalar_subquery() != 1) | ~exact.exists() | ~two),
            ~approved & (entries.scalar_subquery() != 0),
        )
    )
    known = select(Voucher.id).where(Voucher.code == Transfer.voucher_code)
    loose = select(Transfer.uid).where(Transfer.kind == TransferKind.SPENDING, ~known.exists())
    return _uids(wrong, "is not posted once by two people") + _uids(loose, "is spending without a voucher")


def deliveries_are_posted_once() -> list[str]:
    back = aliased(Transfer)
    taken_back = select(back.id).where(back.reverses_id == Transfer.id)
    statement = (
        select(Transfer.delivery_code)
        .where(Transfer.delivery_code.is_not(None), FORWARD, ~taken_back.exists())
        .group_by(Transfer.delivery_code)
        .having(func.count() > 1)
    )
    return _uids(statement, "stands in the books more than once")


def guards_stand() -> list[str]:
    """The triggers in the database, letter by letter, and on PostgreSQL that they fire in every session role."""
    return _sqlite_guards() if is_sqlite(db.session()) else _postgresql_guards()


def _expected(dialect: str, begins: str) -> Iterable[tuple[re.Match[str], str]]:
    for kind, statement in AFTER_CREATE:
        match = re.match(begins, statement) if kind == dialect else None
        if match:
            yield match, statement


def _sqlite_guards() -> list[str]:
    rows = db.session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    found = {row.name: " ".join(row.sql.split()) for row in rows}
    wrong = []
    for match, statement in _expected("sqlite", r"CREATE TRIGGER (\w+)"):
        if match[1] not in found:
            wrong.append(f"trigger {match[1]} is missing")
        elif found[match[1]] != " ".join(statement.split()):
            wrong.append(f"trigger {match[1]} has been changed")
    return wrong


def _postgresql_guards() -> list[str]:
    triggers = {
        (row.relname, row.tgname): row.tgenabled
        for row in db.session.execute(
            text(
                "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE NOT t.tgisinternal AND n.nspname = current_schema()"
            )
        )
    }
    sources = {
        row.proname: " ".join(row.prosrc.split())
        for row in db.session.execute(
            text(
                "SELECT p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
                "WHERE n.nspname = current_schema()"
            )
        )
    }
    wrong = []
    for match, _statement in _expected("postgresql", r"CREATE TRIGGER (\w+) .* ON (\w+) FOR"):
        state = triggers.get((match[2], match[1]))
        if state is None:
            wrong.append(f"trigger {match[1]} is missing")
        elif state != "A":
            wrong.append(f"trigger {match[1]} does not fire always")
    for match, statement in _expected("postgresql", r"CREATE OR REPLACE FUNCTION (\w+)"):
        body = " ".join(statement.split("$$")[1].split())
        if match[1] not in sources:
            wrong.append(f"function {match[1]} is missing")
        elif sources[match[1]] != body:
            wrong.append(f"function {match[1]} has been changed")
    return wrong


CHECKS = (
    Check("transfers_are_valid", _l("Each entry is one row with two fitting accounts and a whole number of fen."),
          transfers_are_valid),
    Check("entries_say_what_was_posted", _l("Each entry still says what was posted: its fingerprint is computed anew."),
          entries_say_what_was_posted),
    Check("entries_are_on_the_audit_trail", _l("Each entry was posted by an act on the audit trail."),
          entries_are_on_the_audit_trail),
    Check("sums_equal_entries", _l("The sums by month, county, category and kind equal the entries."),
          sums_equal_entries),
    Check("public_figures_equal_entries", _l("The public figures equal the entries."), public_figures_equal_entries),
    Check("funds_are_not_negative", _l("No need's fund lies below zero."), funds_are_not_negative),
    Check("reversals_are_mirrors", _l("Each reversal mirrors one entry exactly, and none twice."),
          reversals_are_mirrors),
    Check("raised_is_spent_held_and_returned",
          _l("Raised is spent plus held plus taken back, for each need and for the whole."),
          raised_is_spent_held_and_returned),
    Check("goods_stand_apart", _l("Goods stand in a book of their own, each with quantity and basis of value."),
          goods_stand_apart),
    Check("vouchers_are_posted_once", _l("Each approved voucher is posted once, and two people signed it."),
          vouchers_are_posted_once),
    Check("deliveries_are_posted_once", _l("No delivery stands in the books twice."), deliveries_are_posted_once),
    Check("guards_stand", _l("The database's own guards against changing the past are all in place, unaltered."),
          guards_stand),
)  # fmt: skip
