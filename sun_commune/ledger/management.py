"""Management cost of the charity against its cap, by calendar year.

Charity Law art. 61: a charity with a certificate for public fundraising spends on its own management at most 10 % of
the year's whole spending (that cost included). The rule of 2016 (民发〔2016〕189号) has other classes, and leaves out
whoever spends less than 200,000 yuan on it in the year. SUN_MANAGEMENT_CAP_PERCENT and SUN_MANAGEMENT_EXEMPT_YUAN say
which class the charity is of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func, select

from sun_commune import config
from sun_commune.core.db import db
from sun_commune.core.errors import RuleBroken
from sun_commune.core.money import yuan
from sun_commune.ledger.models import Account, AccountKind, Layer, LedgerSum, SumKind, Transfer, TransferKind
from sun_commune.ledger.papers import SpendingCategory, Voucher, VoucherKind
from sun_commune.ledger.posting import open_period

FEN = 100
SPENT = (SumKind.SPENDING, SumKind.SETTLED)


@dataclass(frozen=True)
class Cap:
    """Fen of the year, reversals taken off; ``management_fen`` is part of ``spent_fen``."""

    spent_fen: int
    management_fen: int
    percent: int
    exempt_fen: int

    def allows(self, more_fen: int) -> bool:
        """True if management may spend so much more: it stays below the exempt sum, or within the share of the
        year's whole spending, itself included."""
        after = self.management_fen + more_fen
        return after < self.exempt_fen or after * 100 <= (self.spent_fen + more_fen) * self.percent


def cap_of(year: int, last_month: int = 12) -> Cap:
    """Of the months January to ``last_month`` of the year."""
    settings = config.current()
    return Cap(
        spent_fen=sum_of(year, *SPENT, last_month=last_month),
        management_fen=management_of(year, last_month), percent=settings.management_cap_percent,
        exempt_fen=settings.management_exempt_yuan * FEN,
    )  # fmt: skip


def least_spending_percent() -> int:
    return config.current().least_spending_percent


def sum_of(year: int, *kinds: SumKind, last_month: int = 12) -> int:
    """Net fen of these kinds that count in the year, up to the end of ``last_month``."""
    statement = select(func.coalesce(func.sum(LedgerSum.amount_fen - LedgerSum.reversed_fen), 0)).where(
        LedgerSum.month.between(f"{year}-01", f"{year}-{last_month:02}"), LedgerSum.kind.in_(kinds)
    )
    return int(db.session.execute(statement).scalar_one())


def management_of(year: int, last_month: int = 12) -> int:
    """Net fen of the year's entries whose voucher is for management; they come from the general pool alone."""
    net = func.sum(case((Transfer.reverses_id.is_(None), Transfer.amount_fen), else_=-Transfer.amount_fen))
    statement = (
        select(func.coalesce(net, 0))
        .join(Voucher, Voucher.code == Transfer.voucher_code)
        .where(
            Voucher.need_code == "", Voucher.category == SpendingCategory.MANAGEMENT,
            Transfer.kind.in_((TransferKind.SPENDING, TransferKind.SETTLED)),
            Transfer.period.between(f"{year}-01", f"{year}-{last_month:02}"),
        )
    )  # fmt: skip
    return int(db.session.execute(statement).scalar_one())


def refuse_before_first_money(spent_on: date) -> None:
    """RuleBroken for a day on which the pool had held nothing yet: a cost put into an early year that has no closed
    months would be measured by that year's cap."""
    statement = (
        select(func.min(Transfer.business_on))
        .join(Layer, Layer.transfer_id == Transfer.id)
        .join(Account, Account.id == Layer.account_id)
        .where(Account.kind == AccountKind.POOL)
    )
    first = db.session.execute(statement).scalar_one()
    if first is not None and spent_on < first:
        raise RuleBroken(_l("The general pool had held no money yet on that day."), field="spent_on")


def refuse_over_cap(voucher: Voucher) -> None:
    """RuleBroken if approving this management voucher would pass the cap of its year.

    An advance is no spending yet: what settles it is asked. The caller has locked the pool's account, so that of two
    approvals at once the second one sees what the first has posted.
    """
    if voucher.category is not SpendingCategory.MANAGEMENT or voucher.kind is VoucherKind.ADVANCE:
        return
    year = int(open_period(voucher.spent_on)[:4])
    cap = cap_of(year)
    if not cap.allows(voucher.amount_fen):
        raise RuleBroken(
            _l(
                "Management would cost ¥%(cost)s in %(year)s, above its cap of %(percent)s %% of all spending "
                "(¥%(spent)s). Wait until more is spent on needs, or refuse it.",
                cost=yuan(cap.management_fen + voucher.amount_fen), year=year, percent=cap.percent,
                spent=yuan(cap.spent_fen + voucher.amount_fen),
            )
        )  # fmt: skip
