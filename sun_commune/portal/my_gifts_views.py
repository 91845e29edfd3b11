"""``/my/gifts``: a donor's own gifts, and of each how many fen are spent, held and went back."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from sun_commune.core import access
from sun_commune.core.db import db
from sun_commune.core.paging import page_of
from sun_commune.ledger import entries, traces
from sun_commune.ledger.filters import EntryFilters
from sun_commune.ledger.traces import Fate, Gift
from sun_commune.needs.models import Need
from sun_commune.pledges.models import Claim
from sun_commune.portal import ledger_words as words
from sun_commune.portal.blueprint import blueprint
from sun_commune.portal.entries_views import clean_code
from sun_commune.portal.trace_views import split_of

PAGE_SIZE = 12


@dataclass(frozen=True)
class Followed:
    """One arrival of money with what became of it."""

    gift: Gift
    fate: Fate
    title: str

    @property
    def split(self) -> list[dict[str, object]]:
        return split_of(self.fate)


@blueprint.get("/my/gifts")
@access.signed_in
def list_my_gifts() -> str:
    """Claims of the donor from the newest on, PAGE_SIZE at a time, with all money that arrived for each."""
    after = clean_code(request.args.get("after", ""))
    statement = (
        select(Claim.id, Claim.code, Need.title)
        .join(Need, Need.id == Claim.need_id)
        .where(Claim.donor_id == current_user.id, Claim.pledged_at.is_not(None))
        .order_by(Claim.id.desc())
    )
    last = db.session.execute(
        select(Claim.id).where(Claim.code == after, Claim.donor_id == current_user.id)
    ).scalar()  # fmt: skip
    if last is not None:
        statement = statement.where(Claim.id < last)
    rows = db.session.execute(statement.limit(PAGE_SIZE + 1)).all()
    page = page_of(rows, [row.code for row in rows], PAGE_SIZE)
    titles = {row.code: row.title for row in page.rows}
    gifts = traces.gifts_of_claims(list(titles))
    fates = traces.fates([gift.transfer_id for gift in gifts])
    return render_template(
        "portal/list_my_gifts.html",
        gifts=[Followed(gift, fates[gift.transfer_id], titles[gift.claim_code]) for gift in gifts],
        goods=goods_of(list(titles)),
        older_url=url_for("portal.list_my_gifts", after=page.after) if page.after else None,
        first_url=url_for("portal.list_my_gifts") if last is not None else None,
        words=words,
    )


def goods_of(claim_codes: list[str]) -> list[entries.Entry]:
    """Goods of these claims that were accepted; told apart from money."""
    found: list[entries.Entry] = []
    for code in claim_codes:
        found += entries.list_entries(EntryFilters(kind="goods", claim=code)).rows
    return [entry for entry in found if not entry.is_reversal and not entry.reversed_by_uid]
