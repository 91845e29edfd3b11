"""Who gave: asked by the ledger (through the switchboard), so that no fund pays its own donors unnoticed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from sun_commune.core.db import db
from sun_commune.pledges.models import Claim

CHUNK = 500


def donors_of_claims(codes: Collection[str]) -> frozenset[int]:
    """Row ids of the users who made these claims."""
    wanted, found = sorted(codes), set()
    for at in range(0, len(wanted), CHUNK):
        chunk = select(Claim.donor_id).where(Claim.code.in_(wanted[at : at + CHUNK]))
        found |= set(db.session.execute(chunk).scalars())
    return frozenset(found)
