"""The books' own self-checks: what trust asks of a ledger, each as a small function that says what is wrong.

Every check reads the entries themselves; the kept sums are only compared with them. ``docs/ledger.md`` lists the
same names (a test compares), and the public ledger page shows them.
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased

from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db
from sun_commune.core.money import MAX_FEN
from sun_commune.core.selfcheck import Check
from sun_commune.ledger import figures, queries, sums
from sun_commune.ledger.closing import closed_periods, figures_of, sha256_of
from sun_commune.ledger.guard_checks import guards_stand
from sun_commune.ledger.models import (
    HOLDING,
    PURSES,
    SIDES,
    Account,
    AccountKind,
    Book,
    FacetSum,
    GiverSum,
    LedgerSum,
    Transfer,
    TransferKind,
)
from sun_commune.ledger.papers import POSTED_AS, Voucher, VoucherKind, VoucherState
from sun_commune.ledger.posting import BODY, LATER, body_sha256
from sun_commune.ledger.spending_checks import (
    advances_are_settled_by_their_own,
    budgets_hold,
    copies_follow_the_approval,
)
from sun_commune.ledger.trace_checks import layers_equal_entries, origins_are_gifts, taken_back_whole

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
        forward = FORWARD & debit.kind.in_(left) & credit.kind.in_(right)
        back = ~FORWARD & debit.kind.in_(right) & credit.kind.in_(left)
        fits.append((Transfer.kind == kind) & (forward | back))
    target = case((Transfer.kind == TransferKind.MOVED, Transfer.to_need_code), else_=Transfer.need_code)
    for_debit = case((FORWARD, Transfer.need_code), else_=target)
    for_credit = case((FORWARD, target), else_=Transfer.need_code)
    nobodys = (AccountKind.BANK, AccountKind.SUSPENSE)
    wrong = joined.where(
        or_(
            ~or_(*fits),
            Transfer.amount_fen < 1,
            Transfer.amount_fen > MAX_FEN,
            Transfer.currency != "CNY",
            Transfer.debit_id == Transfer.credit_id,
            debit.kind.not_in(nobodys) & (func.coalesce(debit.need_code, "") != for_debit),
            credit.kind.not_in(nobodys) & (func.coalesce(credit.need_code, "") != for_credit),
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
        select(*(getattr(Transfer, name) for name in (*BODY, *LATER, "period")), Transfer.uid, Transfer.body_sha256,
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
    counted = sums.sums_of_entries()
    return [
        f"{' '.join(key)}: kept {kept.get(key)}, entries say {counted.get(key)}"
        for key in sorted(kept.keys() | counted.keys())
        if kept.get(key) != counted.get(key)
    ]


def givers_and_uses_equal_entries() -> list[str]:
    """The sums behind the picture of the flow: by kind of giver, by category of spending, by shown name."""
    facets = {
        (row.month, row.county_code, row.category, row.kind, row.facet):
        (row.amount_fen, row.reversed_fen, row.entries_count)
        for row in db.session.execute(select(FacetSum)).scalars()
    }  # fmt: skip
    givers = {
        (row.donor_shown, row.giver_kind): (row.raised_fen, row.goods_fen, row.entries_count)
        for row in db.session.execute(select(GiverSum)).scalars()
    }
    counted, counted_givers = sums.facets_of_entries(), sums.givers_of_entries()
    wrong = [
        f"{' '.join(key)}: kept {facets.get(key)}, entries say {counted.get(key)}"
        for key in sorted(facets.keys() | counted.keys())
        if facets.get(key) != counted.get(key)
    ]
    # Shown names are public, yet a finding goes to logs: it says how many are wrong, not whose.
    others = sum(givers.get(key) != counted_givers.get(key) for key in givers.keys() | counted_givers.keys())
    return wrong + ([f"the sums of {others} shown names are not what their entries say"] if others else [])


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
    """Funds, pool and suspense hold no less than nothing; no advance is settled beyond what was handed out."""
    balance = _balances()
    signed = case((Account.kind == AccountKind.ADVANCE, -balance.c.fen), else_=balance.c.fen)
    statement = (
        select(Account.key, signed)
        .join(balance, balance.c.id == Account.id)
        .where(Account.kind.in_((*HOLDING, AccountKind.ADVANCE)), signed < 0)
    )
    return [f"{key} holds {fen} fen" for key, fen in db.session.execute(statement)]


def advances_are_covered() -> list[str]:
    """What was handed out of a fund still belongs to it."""
    balance, given = _balances(), _balances()
    fund, advance = aliased(Account), aliased(Account)
    statement = (
        select(advance.key, given.c.fen, balance.c.fen)
        .join(given, given.c.id == advance.id)
        .outerjoin(fund, (fund.need_code == advance.need_code) & (fund.kind == AccountKind.FUND))
        .outerjoin(balance, balance.c.id == fund.id)
        .where(advance.kind == AccountKind.ADVANCE, -given.c.fen > func.coalesce(balance.c.fen, 0))
    )
    return [f"{key}: {-out} fen are out, the fund holds {fen}" for key, out, fen in db.session.execute(statement)]


def reversals_are_mirrors() -> list[str]:
    first = aliased(Transfer)
    same = ["amount_fen", "kind", "book", "need_code", "county_code", "category", "to_need_code", "to_county_code"]
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
    """For each need and the pool: what came is what went, what is there and what was given back or taken back. And the
    bank account holds what all funds and suspense hold, but for what is handed out."""
    balance = _balances()
    held: dict[str, int] = {
        need_code or "": int(fen)
        for need_code, fen in db.session.execute(
            select(Account.need_code, balance.c.fen).join(balance, balance.c.id == Account.id)
            .where(Account.kind.in_(PURSES))
        )
    }  # fmt: skip
    flows: dict[str, int] = {}
    went = (TransferKind.SPENDING, TransferKind.SETTLED, TransferKind.REFUND, TransferKind.MOVED)
    signed = case((FORWARD, Transfer.amount_fen), else_=-Transfer.amount_fen)
    for need, sign, kinds in (
        (Transfer.need_code, 1, queries.BROUGHT),
        (Transfer.need_code, -1, went),
        (Transfer.to_need_code, 1, (TransferKind.MOVED,)),
    ):
        for code, fen in db.session.execute(
            select(need, func.sum(signed)).where(Transfer.kind.in_(kinds)).group_by(need)
        ):
            flows[code] = flows.get(code, 0) + sign * int(fen)
    wrong = [
        f"{code or 'the pool'}: came minus went is {flows.get(code, 0)}, there is {held.get(code, 0)}"
        for code in sorted(flows.keys() | held.keys())
        if flows.get(code, 0) != held.get(code, 0)
    ]
    others = select(func.coalesce(func.sum(balance.c.fen), 0)).join(Account, Account.id == balance.c.id)
    bank, rest = (
        int(db.session.execute(others.where(Account.book == Book.CASH, condition)).scalar_one())
        for condition in (Account.kind == AccountKind.BANK, Account.kind != AccountKind.BANK)
    )
    if bank + rest:
        wrong.append(f"the bank account holds {-bank} fen, all others {rest}")
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
    out = [POSTED_AS[kind] for kind in VoucherKind]
    kind = case({member.value: POSTED_AS[member].value for member in VoucherKind}, value=Voucher.kind)
    entries = select(func.count()).where(
        posted.voucher_code == Voucher.code, posted.reverses_id.is_(None), posted.kind.in_(out)
    )
    exact = select(posted.id).where(
        posted.uid == Voucher.transfer_uid, posted.voucher_code == Voucher.code, posted.need_code == Voucher.need_code,
        posted.amount_fen == Voucher.amount_fen, posted.kind == kind,
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
    loose = select(Transfer.uid).where(Transfer.kind.in_(out), ~known.exists())
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


def closed_periods_are_unchanged() -> list[str]:
    of_entries = sums.sums_of_entries()
    return [
        f"{row.period} says other figures than its entries"
        for row in closed_periods()
        if row.figures != figures_of(row.period, of_entries) or row.figures_sha256 != sha256_of(row.figures)
    ]


CHECKS = (
    Check("transfers_are_valid", _l("Each entry is one row with two fitting accounts and a whole number of fen."),
          transfers_are_valid),
    Check("entries_say_what_was_posted", _l("Each entry still says what was posted: its fingerprint is computed anew."),
          entries_say_what_was_posted),
    Check("entries_are_on_the_audit_trail", _l("Each entry was posted by an act on the audit trail."),
          entries_are_on_the_audit_trail),
    Check("sums_equal_entries", _l("The sums by month, county, category and kind equal the entries."),
          sums_equal_entries),
    Check("givers_and_uses_equal_entries", _l("The sums by kind of giver and by use equal the entries."),
          givers_and_uses_equal_entries),
    Check("public_figures_equal_entries", _l("The public figures equal the entries."), public_figures_equal_entries),
    Check("funds_are_not_negative", _l("No fund lies below zero, nor the pool, nor what is not matched yet."),
          funds_are_not_negative),
    Check("advances_are_covered", _l("What was handed out in advance still lies in its fund."), advances_are_covered),
    Check("layers_equal_entries", _l("Which gifts each spending used follows from the entries: first in, first out."),
          layers_equal_entries),
    Check("origins_are_gifts", _l("All money that lies in a fund can be followed to the entry by which it came."),
          origins_are_gifts),
    Check("taken_back_whole", _l("A move that was taken back took back its own money, and none that was used since."),
          taken_back_whole),
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
    Check("closed_periods_are_unchanged", _l("Closed months still say what they said when they were closed."),
          closed_periods_are_unchanged),
    Check("advances_are_settled_by_their_own", _l("No advance is settled beyond what was handed out by it."),
          advances_are_settled_by_their_own),
    Check("budgets_hold", _l("No more went out for a purpose than the budget in force allows."), budgets_hold),
    Check("copies_follow_the_approval", _l("No copy of a paper was public before a second person looked at it."),
          copies_follow_the_approval),
    Check("guards_stand", _l("The database's own guards against changing the past are all in place, unaltered."),
          guards_stand),
)  # fmt: skip
