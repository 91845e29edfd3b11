"""Reads of households. Nothing here opens a sealed field."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import func, select

from sun_commune.core.clock import start_of_day, today
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.households.models import Consent, Erasure, Household, Unmasking
from sun_commune.uploads.models import Upload

PAGE_SIZE = 50


def get_household(code: str) -> Household:
    """The household of a public code; Missing if there is none."""
    if not re.fullmatch(r"[A-Z0-9]{1,20}", code):
        raise Missing
    household = db.session.execute(select(Household).where(Household.code == code)).scalar_one_or_none()
    if household is None:
        raise Missing
    return household


def list_of_villages(village_codes: Sequence[str], *, page: int | None = None) -> Sequence[Household]:
    """Households of these villages by code (in no order of names or wealth); all of them, or a page and one more."""
    here = (Household.village_code.in_(village_codes), Household.erased_at.is_(None))
    statement = select(Household).where(*here).order_by(Household.code)
    if page is not None:
        statement = statement.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE + 1)
    return db.session.execute(statement).scalars().all()


def find_erasure(household: Household) -> Erasure | None:
    """The request to erase this household, waiting or carried out."""
    return db.session.execute(select(Erasure).where(Erasure.household_id == household.id)).scalar_one_or_none()


def documents_of(household: Household) -> list[Upload]:
    """The scans of its consents."""
    ids = [consent.document_id for consent in household.consents if consent.document_id]
    return list(db.session.execute(select(Upload).where(Upload.id.in_(ids))).scalars())


def count_unmasked_today(user_id: int) -> int:
    """How many households this person has looked at on this day in Asia/Shanghai."""
    since = start_of_day(today())
    statement = select(func.count(Unmasking.household_id.distinct())).where(
        Unmasking.user_id == user_id, Unmasking.at >= since
    )
    return db.session.execute(statement).scalar_one()


def get_document(household: Household, number: int) -> Upload:
    """The scan of the household's consent number ``number`` (counted from 1); Missing if there is none."""
    consents: list[Consent] = household.consents
    if not 1 <= number <= len(consents) or consents[number - 1].document_id is None:
        raise Missing
    return db.session.execute(select(Upload).where(Upload.id == consents[number - 1].document_id)).scalar_one()
