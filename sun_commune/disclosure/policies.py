"""Who may do what with campaigns and reports. Pure; what is published everybody reads."""

from __future__ import annotations

from sun_commune.accounts.models import Role, User
from sun_commune.disclosure.models import Campaign, CampaignKind, Draft, DraftState, Task, TaskState

#: They write reports, and another one of them looks at what one has written.
WRITERS = (Role.TREASURER, Role.COUNTY_ADMIN)


def serves(user: User, county_code: str) -> bool:
    """Writes and reviews for this county; for the whole platform ("") whoever does so for any county."""
    return user.serves(county_code, *WRITERS) if county_code else user.has_role(*WRITERS)


def can_open_campaign(user: User, county_code: str) -> bool:
    """For all counties at once the treasurer alone."""
    return user.serves(county_code, *WRITERS) if county_code else user.has_role(Role.TREASURER)


def can_end_campaign(user: User, campaign: Campaign) -> bool:
    return campaign.kind is not CampaignKind.STANDING and can_open_campaign(user, campaign.county_code)


def can_rename_campaign(user: User, campaign: Campaign) -> bool:
    return can_end_campaign(user, campaign)


def can_work_on(user: User, campaign: Campaign) -> bool:
    """See the draft, and what is asked of this office."""
    return serves(user, campaign.county_code)


def can_write_report(user: User, campaign: Campaign, task: Task) -> bool:
    """A published one may be written again: the correction is a new version."""
    return task.state is not TaskState.LIFTED and can_work_on(user, campaign)


def can_review_report(user: User, campaign: Campaign, draft: Draft) -> bool:
    return draft.state is DraftState.WAITING and user.id != draft.author_id and can_work_on(user, campaign)
