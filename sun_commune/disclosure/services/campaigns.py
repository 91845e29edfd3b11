"""Campaigns: what is reported on, from when until when."""

from __future__ import annotations

from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.clock import now, today
from sun_commune.core.codes import yearly_code
from sun_commune.core.counters import next_number
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line
from sun_commune.disclosure import policies, queries
from sun_commune.disclosure.events import CampaignEnded, CampaignOpened, CampaignRenamed
from sun_commune.disclosure.models import Campaign, CampaignKind, CampaignTitle, Task, TaskKind, TaskState
from sun_commune.disclosure.services.tasks import lift
from sun_commune.needs.models import Category, Need

SERIES = "HD"
TITLE_LENGTH = (4, 60)
REASON_LENGTH = (4, 200)
MOST_NEEDS = 50
#: How far back a campaign may have begun when it is entered here, in days: older ones were reported elsewhere.
FARTHEST_BACK = 366


def open_campaign(
    actor: User,
    *,
    title: str,
    kind: CampaignKind,
    county_code: str,
    category: Category | None,
    need_codes: list[str],
    begins_on: date,
    ends_on: date | None,
) -> Campaign:
    """Put a campaign into the calendar; ``county_code`` "" means all counties, ``category`` None and no
    ``need_codes`` all of them there. Days in Asia/Shanghai.

    Raises NotAllowed for a county that the actor does not serve; RuleBroken for a title, term or need that cannot be.
    """
    if not policies.can_open_campaign(actor, county_code):
        raise NotAllowed
    if kind is CampaignKind.STANDING:
        raise RuleBroken(_l("Standing funds are kept by the house itself."), field="kind")
    title = _checked_title(title)
    _check_term(begins_on, ends_on)
    _check_needs(need_codes, county_code)
    campaign = _add(
        kind, title=title, county_code=county_code, category=category.value if category else "",
        need_codes=" ".join(sorted(set(need_codes))), begins_on=begins_on, ends_on=ends_on, created_by=actor.id,
    )  # fmt: skip
    announce(CampaignOpened(actor_id=actor.id, object_code=campaign.code, campaign_id=campaign.id, to_state=kind.value))
    return campaign


def _checked_title(text: str) -> str:
    title = clean_line(text)
    if not TITLE_LENGTH[0] <= len(title) <= TITLE_LENGTH[1]:
        raise RuleBroken(_l("Give a title of 4 to 60 characters."), field="title")
    return title


def _check_term(begins_on: date, ends_on: date | None) -> None:
    if begins_on < today() - timedelta(days=FARTHEST_BACK):
        raise RuleBroken(_l("A campaign that began more than a year ago is reported elsewhere."), field="begins_on")
    if begins_on > today() + timedelta(days=FARTHEST_BACK):
        raise RuleBroken(_l("This day is more than a year away."), field="begins_on")
    if ends_on is not None and ends_on < begins_on:
        raise RuleBroken(_l("The last day lies before the first one."), field="ends_on")
    if ends_on is not None and ends_on > begins_on + timedelta(days=10 * FARTHEST_BACK):
        raise RuleBroken(_l("A campaign lasts ten years at most."), field="ends_on")


def _check_needs(need_codes: list[str], county_code: str) -> None:
    if len(need_codes) > MOST_NEEDS:
        raise RuleBroken(_l("At most %(most)d needs.", most=MOST_NEEDS), field="need_codes")
    rows = db.session.execute(select(Need.code, Need.county_code).where(Need.code.in_(need_codes)))
    known = {row.code for row in rows if not county_code or row.county_code == county_code}
    for code in need_codes:
        if code not in known:
            raise RuleBroken(_l("There is no need %(code)s in this county.", code=code), field="need_codes")


def _add(kind: CampaignKind, **values: object) -> Campaign:
    year = today().year
    code = yearly_code(SERIES, year, next_number(f"{SERIES}-{year}"))
    campaign = Campaign(code=code, kind=kind, created_at=now(), **values)
    db.session.add(campaign)
    db.session.flush()
    return campaign


def open_standing_campaigns() -> int:
    """The house's own: one for the platform, one for each county that has received money. Returns how many are new."""
    counties = queries.counties_without_standing_campaign()
    for county_code in counties:
        begins_on = queries.first_day_of(county_code) or today()
        campaign = _add(CampaignKind.STANDING, county_code=county_code, begins_on=begins_on)
        announce(
            CampaignOpened(
                actor_id=None, object_code=campaign.code, campaign_id=campaign.id, to_state=campaign.kind.value
            )
        )
    return len(counties)


def end_campaign(actor: User, campaign: Campaign, ends_on: date) -> Campaign:
    """Say on which day the campaign ends, or ended: the full report and what becomes of leftovers fall due three months
    later. Reports on the way that were due after that day are lifted.

    Raises NotAllowed for somebody else's campaign; Conflict if its end has passed; RuleBroken for a day before its
    first one or in the future.
    """
    campaign = _locked(campaign)
    if not policies.can_end_campaign(actor, campaign):
        raise NotAllowed
    if campaign.ends_on is not None and campaign.ends_on <= today():
        if campaign.ends_on == ends_on:
            return campaign
        raise Conflict(_l("This campaign has ended already."))
    if not campaign.begins_on <= ends_on <= today():
        raise RuleBroken(_l("Choose a day from the first one to today."), field="ends_on")
    campaign.ends_on = ends_on
    db.session.flush()
    announce(
        CampaignEnded(
            actor_id=actor.id, object_code=campaign.code, campaign_id=campaign.id, to_state=ends_on.isoformat()
        )
    )
    for task in _after(campaign, ends_on):
        lift(task, "ended", actor_id=actor.id)
    return campaign


def rename_campaign(actor: User, campaign: Campaign, *, title: str, reason: str) -> Campaign:
    """Correct a title; the earlier one stays in public, with the reason. The same title again changes nothing.

    Raises NotAllowed for somebody else's campaign or a standing one; RuleBroken for a title or reason that cannot be.
    """
    campaign = _locked(campaign)
    if not policies.can_rename_campaign(actor, campaign):
        raise NotAllowed
    title, reason = _checked_title(title), clean_line(reason)
    if not REASON_LENGTH[0] <= len(reason) <= REASON_LENGTH[1]:
        raise RuleBroken(_l("Give a reason of 4 to 200 characters."), field="reason")
    if title == campaign.title:
        return campaign
    db.session.add(
        CampaignTitle(
            campaign_id=campaign.id, earlier=campaign.title, title=title, reason=reason, said_by=actor.id, said_at=now()
        )
    )
    campaign.title = title
    db.session.flush()
    announce(CampaignRenamed(actor_id=actor.id, object_code=campaign.code, campaign_id=campaign.id, reason=reason))
    return campaign


def _locked(campaign: Campaign) -> Campaign:
    statement = select(Campaign).where(Campaign.id == campaign.id).with_for_update()
    return db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one()


def _after(campaign: Campaign, ends_on: date) -> list[Task]:
    """Open reports on the way that the end makes needless; an emergency's last days are still told."""
    statement = select(Task).where(Task.campaign_id == campaign.id, Task.state == TaskState.OPEN)
    tasks = db.session.execute(statement.order_by(Task.id)).scalars()
    return [
        task
        for task in tasks
        if (task.kind is TaskKind.PROGRESS and task.due_on > ends_on)
        or (task.kind is TaskKind.EMERGENCY and task.begins_on > ends_on)
    ]
