"""What claims forget: a donor's words when a family or the donor is forgotten; names when the donor wants none."""

from __future__ import annotations

from sqlalchemy import exists, select, update

from sun_commune.core.db import db
from sun_commune.pledges.models import Claim, ClaimState, Shown


def forget_messages(*, need_id: int | None = None, donor_id: int | None = None) -> None:
    """Blank what donors wrote with their claims, of one need or one donor."""
    where = Claim.need_id == need_id if donor_id is None else Claim.donor_id == donor_id
    db.session.execute(update(Claim).where(where).values(message=""))


def forget_names(donor_id: int) -> None:
    """From now on the pages of needs name this donor no more; the ledger's entries keep what was chosen then."""
    values = {"shown": Shown.ANONYMOUS, "display_name": ""}
    db.session.execute(update(Claim).where(Claim.donor_id == donor_id).values(**values))


def has_open_claims(donor_id: int) -> bool:
    """Something is still held or promised."""
    is_open = exists().where(Claim.donor_id == donor_id, Claim.state.in_((ClaimState.HELD, ClaimState.PLEDGED)))
    return bool(db.session.execute(select(is_open)).scalar_one())
