"""A donor's own claims, and the page of one claim, which both sides and their offices read."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_login import current_user

from sun_commune.core import access
from sun_commune.deliveries import policies, queries
from sun_commune.deliveries.queries import ClaimView, LineView
from sun_commune.deliveries.states import Party
from sun_commune.deliveries.views import words
from sun_commune.deliveries.views.doors import blueprint
from sun_commune.ledger import figures, traces
from sun_commune.ledger.traces import Fate, Gift
from sun_commune.needs.models import LineKind
from sun_commune.needs.states import PUBLIC
from sun_commune.pledges.models import ClaimState


@blueprint.get("/my/claims")
@access.signed_in
def list_my_claims() -> str:
    page = queries.list_own_claims(current_user.id, after=request.args.get("after", "")[:20])
    return render_template("deliveries/list_my_claims.html", page=page, words=words)


@blueprint.get("/claims/<code>")
@access.signed_in
def show_claim(code: str) -> str:
    view = queries.view_claim(code)
    access.require(policies.can_see_claim(current_user, view.claim, view.need))
    parties = policies.parties_of(current_user, view.claim, view.need, view.donor)
    is_pledged = view.claim.state is ClaimState.PLEDGED
    money = sum(line.claim_line.outstanding for line in view.lines if line.need_line.kind is LineKind.MONEY)
    return render_template(
        "deliveries/show_claim.html",
        view=view,
        words=words,
        is_need_public=view.need.state in PUBLIC,
        is_donor=Party.DONOR in parties,
        lines=[_line_values(view, line, parties) for line in view.lines],
        money_due=money if is_pledged and Party.DONOR in parties else 0,
        office=queries.find_office(view.need.village_code),
        fund=figures.fund_totals(view.need.code) if _has_money(view) else None,
        gifts=_gifts(code) if _has_money(view) else [],
    )


def _gifts(code: str) -> list[tuple[Gift, Fate]]:
    """Money that arrived for the claim, with what became of it."""
    gifts = traces.gifts_of_claims([code])
    fates = traces.fates([gift.transfer_id for gift in gifts])
    return [(gift, fates[gift.transfer_id]) for gift in gifts]


def _has_money(view: ClaimView) -> bool:
    return any(line.need_line.kind is LineKind.MONEY for line in view.lines)


def _line_values(view: ClaimView, line: LineView, parties: set[Party]) -> dict[str, Any]:
    kind = line.need_line.kind
    return {
        "line": line,
        "give": words.give_button(view, line) if Party.DONOR in parties else None,
        "deliveries": [
            {
                "row": row,
                "story": words.story(line.need_line, row),
                "upload": queries.find_upload(row),
                "buttons": words.buttons(
                    row,
                    policies.acts_open_to(parties, kind, row),
                    parties,
                    may_hide=_may_hide(view, row),
                ),
            }
            for row in line.deliveries
        ],
    }


def _may_hide(view: ClaimView, row: Any) -> bool:
    has_photo = row.photo_id is not None and not row.is_photo_hidden
    return has_photo and policies.can_hide_photo(current_user, view.need)
