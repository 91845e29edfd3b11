"""``/ledger/funds/<code>`` and ``/ledger/advances``: what a fund planned and spent, and what is out and not settled."""

from __future__ import annotations

from flask import render_template

from sun_commune.core import access
from sun_commune.core.errors import Missing
from sun_commune.ledger import advances, budgets, entries, figures, flows, queries
from sun_commune.ledger.filters import POOL
from sun_commune.ledger.papers import Voucher, VoucherState
from sun_commune.needs.public import find_public_need
from sun_commune.portal import ledger_words as words
from sun_commune.portal.blueprint import blueprint
from sun_commune.portal.entries_views import clean_code
from sun_commune.portal.ledger_pictures import flow_picture

BESIDE = 10


@blueprint.get("/ledger/funds/<code>")
@access.public
def show_fund(code: str) -> str:
    """A need's fund, or the general pool: 404 for one that never held money nor had a budget."""
    code = clean_code(code)
    need_code = "" if code == POOL else code
    in_force = budgets.budget_in_force(need_code)
    if code == "" or (code != POOL and in_force is None and queries.find_stamp(need_code) is None):
        raise Missing
    approved = [each for each in budgets.versions_of(need_code) if each.state is VoucherState.APPROVED]
    flow = flows.flow_of_fund(need_code)
    return render_template(
        "portal/show_fund.html",
        flow=flow_picture(flow, "need") if flow.funds else None,
        code=need_code,
        need=find_public_need(need_code) if need_code else None,
        totals=figures.fund_totals(need_code),
        reserved_fen=queries.fund_reserved(need_code),
        in_force=in_force,
        versions=approved,
        planned=budgets.planned_and_spent(need_code),
        advances=advances.list_advances(Voucher.need_code == need_code, open_only=False),
        spent=entries.entries_of_fund(code, "spent", size=BESIDE),
        words=words,
    )


@blueprint.get("/ledger/advances")
@access.public
def list_advances() -> str:
    """Advanced, not settled, since when: the overdue ones in front, for their day came first."""
    rows = advances.list_advances()
    return render_template(
        "portal/list_advances.html",
        rows=rows,
        open_fen=sum(row.open_fen for row in rows),
        overdue_fen=sum(row.open_fen for row in rows if row.is_overdue),
    )
