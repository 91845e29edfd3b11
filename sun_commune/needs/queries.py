"""Reads of needs for the offices; the supermarket's reads are its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import selectinload

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core import clock
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.households.models import Consent, ConsentPurpose, Household
from sun_commune.needs.models import Need, NeedPhoto
from sun_commune.needs.retention import OVER
from sun_commune.needs.states import PUBLIC, NeedAct, NeedState, Side, find_move
from sun_commune.uploads.models import Upload

PAGE_SIZE = 30
ENDED_LATELY = timedelta(days=31)
EXPIRABLE = [state for state in NeedState if find_move(NeedAct.EXPIRE, Side.SYSTEM, state)]


def get_need(code: str) -> Need:
    """The need of a public code; Missing if there is none."""
    if not re.fullmatch(r"[A-Z0-9-]{1,20}", code):
        raise Missing
    need = db.session.execute(select(Need).where(Need.code == code)).scalar_one_or_none()
    if need is None:
        raise Missing
    return need


def household_of(need: Need) -> Household | None:
    return db.session.get(Household, need.household_id) if need.household_id else None


def photos_of(need: Need) -> list[tuple[NeedPhoto, Upload]]:
    statement = (
        select(NeedPhoto, Upload)
        .join(Upload, Upload.id == NeedPhoto.upload_id)
        .where(NeedPhoto.need_id == need.id)
        .order_by(NeedPhoto.position)
    )
    return [(photo, upload) for photo, upload in db.session.execute(statement).all()]


def upload_of(photo: NeedPhoto) -> Upload:
    return db.session.execute(select(Upload).where(Upload.id == photo.upload_id)).scalar_one()


def need_of_photo(upload_id: int) -> Need | None:
    """The need that holds this photo, if one does."""
    statement = select(Need).join(NeedPhoto, NeedPhoto.need_id == Need.id).where(NeedPhoto.upload_id == upload_id)
    return db.session.execute(statement).scalars().first()


def may_name_village(need: Need) -> bool:
    """A household's village is named with its consent, and only where it hides among enough others."""
    household = household_of(need)
    if household is None:
        return True
    here = (Household.village_code == need.village_code, Household.erased_at.is_(None))
    households = select(func.count()).where(*here)
    is_one_of_many = db.session.execute(households).scalar_one() >= config.current().min_cell
    return is_one_of_many and household.consents_to(ConsentPurpose.VILLAGE, clock.today())


def list_overdue(today: date, most: int) -> Sequence[Need]:
    """Needs whose last day is over and that the system may expire."""
    overdue = select(Need).where(Need.state.in_(EXPIRABLE), Need.expires_on < today)
    return db.session.execute(overdue.order_by(Need.id).limit(most)).scalars().all()


def list_of_household(household_id: int) -> Sequence[Need]:
    statement = select(Need).where(Need.household_id == household_id).order_by(Need.id)
    return db.session.execute(statement).scalars().all()


def list_showing_people_after(edge: datetime, most: int) -> Sequence[Need]:
    """Needs that have been over since before ``edge`` and still show a photo of a person."""
    over = select(Need).where(Need.state.in_(OVER), Need.updated_at < edge, _shows_person())
    return db.session.execute(over.order_by(Need.id).limit(most)).scalars().all()


def _shows_person() -> ColumnElement[bool]:
    return (
        select(NeedPhoto.id)
        .join(Upload, Upload.id == NeedPhoto.upload_id)
        .where(NeedPhoto.need_id == Need.id, NeedPhoto.shows_person, Upload.is_public)
        .exists()
    )


def list_with_ended_consents(today: date, most: int) -> Sequence[Need]:
    """Public needs that still show what a consent allowed which has run out, and none in its place.

    Whether something must change is decided by services.follow_consents; here only households of which a consent
    ended in the last month are looked at, so that the daily turn does not read every need.
    """
    ended = (
        select(Consent.household_id)
        .where(Consent.expires_on < today, Consent.expires_on > today - ENDED_LATELY, Consent.withdrawn_at.is_(None))
    )  # fmt: skip
    oversteps = or_(
        ~_consents_to(ConsentPurpose.PUBLISH, today),
        Need.names_village & ~_consents_to(ConsentPurpose.VILLAGE, today),
        _shows_person() & ~_consents_to(ConsentPurpose.PHOTO, today),
    )
    statement = select(Need).where(Need.household_id.in_(ended), Need.state.in_(PUBLIC), oversteps)
    return db.session.execute(statement.order_by(Need.id).limit(most)).scalars().all()


def _consents_to(purpose: ConsentPurpose, today: date) -> ColumnElement[bool]:
    return (
        select(Consent.id)
        .where(
            Consent.household_id == Need.household_id,
            Consent.purpose == purpose,
            Consent.withdrawn_at.is_(None),
            Consent.given_on <= today,
            or_(Consent.expires_on.is_(None), Consent.expires_on >= today),
        )
        .exists()
    )


def list_of_villages(village_codes: Sequence[str], *, states: Iterable[NeedState], page: int = 1) -> Sequence[Need]:
    """Needs of these villages in these states, the latest changed first; one more than a page shows what follows."""
    statement = (
        select(Need)
        .where(Need.village_code.in_(village_codes), Need.state.in_(list(states)))
        .options(selectinload(Need.lines))
        .order_by(Need.updated_at.desc(), Need.id.desc())
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE + 1)
    )
    return db.session.execute(statement).scalars().all()


def count_states(village_codes: Sequence[str]) -> dict[NeedState, int]:
    """How many needs of these villages are in each state."""
    statement = select(Need.state, func.count()).where(Need.village_code.in_(village_codes)).group_by(Need.state)
    return {row[0]: row[1] for row in db.session.execute(statement)}


def names_of(user_ids: Iterable[int | None]) -> dict[int, str]:
    """Names of people by row id, for the offices' own timeline."""
    ids = {user_id for user_id in user_ids if user_id is not None}
    rows = db.session.execute(select(User.id, User.name).where(User.id.in_(ids))).all()
    return {row.id: row.name for row in rows}
