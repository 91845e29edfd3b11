"""What the public may read of a need: an allow-list, field by field. Public pages get these and no database objects.

A field that is not named here cannot reach a public page. The rule is the table in docs/privacy.md: of a household its
code, the masked name (黄**) and, with consent, that a family member is ill; the village only where it may be named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from sun_commune.core.clock import today
from sun_commune.core.db import db
from sun_commune.households.models import Consent, ConsentPurpose, Household
from sun_commune.needs.models import (
    Category,
    LineKind,
    Need,
    NeedChange,
    NeedLine,
    NeedPhoto,
    Subject,
)
from sun_commune.needs.retention import is_masked
from sun_commune.needs.states import NeedAct, NeedState, Side
from sun_commune.uploads.models import Upload

SMALL = 480


@dataclass(frozen=True)
class PublicHousehold:
    """``has_illness`` only says that a family member is ill, and only with the family's consent."""

    code: str
    masked_name: str
    has_illness: bool


@dataclass(frozen=True)
class PublicLine:
    """Quantities in the line's own unit (money: fen)."""

    position: int
    kind: LineKind
    item: str
    unit: str
    asked: int
    claimed: int
    delivered: int
    unit_price_fen: int | None
    is_divisible: bool
    minimum: int

    @property
    def left(self) -> int:
        return self.asked - self.claimed


@dataclass(frozen=True)
class PublicStep:
    """One change of the need: which side did what, never who; reasons stay inside the house."""

    at: datetime
    act: NeedAct
    side: Side
    to_state: NeedState


@dataclass(frozen=True)
class PublicPhoto:
    """``width`` and ``height`` are the large picture's; pages show the small one, at most SMALL pixels a side."""

    token: str
    width: int
    height: int
    alt: str = ""

    @property
    def shown_width(self) -> int:
        return round(self.width * self._scale)

    @property
    def shown_height(self) -> int:
        return round(self.height * self._scale)

    @property
    def _scale(self) -> float:
        return min(1.0, SMALL / max(self.width, self.height, 1))


@dataclass(frozen=True)
class PublicNeed:
    """``village_code`` is "" where the village may not be named; ``household`` None once the need is long over."""

    code: str
    title: str
    story: str
    category: Category
    subject: Subject
    state: NeedState
    urgency: int
    wanted_on: date | None
    published_at: datetime | None
    expires_on: date | None
    county_code: str
    township_code: str
    village_code: str
    is_open: bool
    is_erased: bool
    household: PublicHousehold | None
    lines: Sequence[PublicLine]
    steps: Sequence[PublicStep]
    photos: Sequence[PublicPhoto]


#: Steps before the publication are shown as well: who checked a need is part of its story.
HIDDEN_ACTS = frozenset({NeedAct.RETURN, NeedAct.PAUSE, NeedAct.RESUME})


def find_public_need(code: str) -> PublicNeed | None:
    """The need of that code if the public may see it now, else None."""
    need = db.session.execute(
        select(
            Need.id, Need.code, Need.title, Need.story, Need.category, Need.subject, Need.state, Need.urgency,
            Need.wanted_on, Need.published_at, Need.expires_on, Need.county_code, Need.township_code,
            Need.village_code, Need.names_village, Need.is_open, Need.household_id, Need.updated_at,
            Household.erased_at,
        )
        .outerjoin(Household, Household.id == Need.household_id)
        .where(Need.code == code, Need.is_listed.is_(True))
    ).one_or_none()  # fmt: skip
    if need is None:
        return None
    is_hidden = need.erased_at is not None or is_masked(need.state, need.updated_at)
    return PublicNeed(
        code=need.code,
        title=need.title,
        story=need.story,
        category=need.category,
        subject=need.subject,
        state=need.state,
        urgency=need.urgency,
        wanted_on=need.wanted_on,
        published_at=need.published_at,
        expires_on=need.expires_on,
        county_code=need.county_code,
        township_code=need.township_code,
        village_code=need.village_code if need.names_village else "",
        is_open=need.is_open,
        is_erased=need.erased_at is not None,
        household=None if is_hidden else _household(need.household_id, need.category),
        lines=_lines(need.id),
        steps=_steps(need.id),
        photos=_photos(need.id),
    )


def was_public_and_erased(code: str) -> bool:
    """The public saw this need once; its household's data are gone, and it with them."""
    statement = (
        select(Need.id)
        .join(Household, Household.id == Need.household_id)
        .where(Need.code == code, Need.published_at.is_not(None), Household.erased_at.is_not(None))
    )
    return db.session.execute(statement).first() is not None


def _household(household_id: int | None, category: Category) -> PublicHousehold | None:
    if household_id is None:
        return None
    code, masked_name = db.session.execute(
        select(Household.code, Household.masked_name).where(Household.id == household_id)
    ).one()
    consents = db.session.execute(
        select(Consent).where(Consent.household_id == household_id, Consent.purpose == ConsentPurpose.HARDSHIP)
    ).scalars()
    agreed = any(consent.holds(today()) for consent in consents)
    return PublicHousehold(code, masked_name, has_illness=agreed and category is Category.MEDICAL)


def _lines(need_id: int) -> list[PublicLine]:
    columns: tuple[Any, ...] = (
        NeedLine.position, NeedLine.kind, NeedLine.item, NeedLine.unit, NeedLine.asked, NeedLine.claimed,
        NeedLine.delivered, NeedLine.unit_price_fen, NeedLine.is_divisible, NeedLine.minimum,
    )  # fmt: skip
    found = select(*columns).where(NeedLine.need_id == need_id).order_by(NeedLine.position)
    return [PublicLine(*row) for row in db.session.execute(found)]


def _steps(need_id: int) -> list[PublicStep]:
    columns = (NeedChange.at, NeedChange.act, NeedChange.side, NeedChange.to_state)
    found = select(*columns).where(NeedChange.need_id == need_id).order_by(NeedChange.id)
    return [PublicStep(*row) for row in db.session.execute(found) if row.act not in HIDDEN_ACTS]


def _photos(need_id: int) -> list[PublicPhoto]:
    found = (
        select(Upload.token, Upload.width, Upload.height, NeedPhoto.alt)
        .join(NeedPhoto, NeedPhoto.upload_id == Upload.id)
        .where(NeedPhoto.need_id == need_id, Upload.is_public.is_(True))
        .order_by(NeedPhoto.position)
    )
    return [PublicPhoto(row.token, row.width or 0, row.height or 0, row.alt) for row in db.session.execute(found)]
