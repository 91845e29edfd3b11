"""How people, organisations and families come to the platform."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sun_commune.accounts.events import DutyGranted
from sun_commune.accounts.models import Role
from sun_commune.accounts.services import duties, invitations, people, registration, terms
from sun_commune.core import clock
from sun_commune.core.db import db
from sun_commune.core.events import announce
from sun_commune.demo import people as cast
from sun_commune.demo.accounts import JINLU, PASSWORD
from sun_commune.demo.director import Story
from sun_commune.demo.families import CASES, Family, all_families
from sun_commune.demo.people import APPLICANT, DONORS, OFFICERS, Person
from sun_commune.demo.world import World, at, later, minutes
from sun_commune.households import services as households
from sun_commune.households.models import ConsentPurpose

#: The day on which the demo's first officers appeared; like all dates of the demo it is invented.
OPENED_ON = date(2017, 5, 8)
DAYS_OF_NEWCOMERS = 190  # days ago when officers and donors of the other counties joined
COUNTY_GRANTS = frozenset({Role.FIRST_SECRETARY, Role.INFORMATION_OFFICER, Role.TOWNSHIP_REVIEWER})


def all_arrivals(world: World, password_hash: str) -> list[Story[None]]:
    """Everybody's story: the operator first, then the officers he and the counties invite, donors, families."""
    operator, *officers = sorted(OFFICERS, key=lambda each: (each.key != "operator", each.role in COUNTY_GRANTS))
    stories = [_begin(world, operator, password_hash)]
    stories += [_join_office(world, each, password_hash, rank) for rank, each in enumerate(officers)]
    stories += [_join_giving(world, each, password_hash, rank) for rank, each in enumerate(DONORS)]
    stories += [_register(world, family, rank) for rank, family in enumerate(all_families())]
    return [*stories, _apply(world, password_hash)]


def _joins_at(world: World, person: Person, rank: int, *, hour: int = 9) -> datetime:
    """Counties' and the city's officers first, those whom they invite on the days after."""
    waits = 1 + (person.role in COUNTY_GRANTS) * 2
    day = OPENED_ON if person.is_old else world.today - timedelta(days=DAYS_OF_NEWCOMERS)
    return minutes(at(day + timedelta(days=waits), hour), rank)


def _open_account(world: World, person: Person, password_hash: str) -> None:
    new = registration.NewUser(person.name, f"+86{person.phone}", person.email, password_hash)
    organisation = None
    if person.organisation_kind is not None:
        organisation = registration.NewOrganisation(person.organisation_kind, person.organisation, person.credit_code)
    user = registration.register_donor(new=new, organisation=organisation, password=PASSWORD)
    if user is None:
        raise ValueError(f"somebody has the demo's phone or e-mail already: {person.email}")
    world.users[person.key] = user.id


def _begin(world: World, person: Person, password_hash: str) -> Story[None]:
    """The first operator, as ``flask create-user`` makes one."""
    yield at(OPENED_ON, 9)
    new = registration.NewUser(person.name, f"+86{person.phone}", person.email, password_hash)
    user = registration.open_user(new=new, actor_id=None, reason="create-user")
    world.users[person.key] = user.id
    duty = terms.add_duty(
        user=user, role=Role.OPERATOR, place_code=person.place_code, starts_on=clock.today(), ends_on=None,
        granted_by=None,
    )  # fmt: skip
    announce(DutyGranted(actor_id=None, user_id=user.id, object_code=duty.code, to_state=duty.state))


def _join_office(world: World, person: Person, password_hash: str, rank: int) -> Story[None]:
    """Registers, is invited by the county or the operator, accepts."""
    start = _joins_at(world, person, rank)
    yield start
    _open_account(world, person, password_hash)
    yield minutes(start, 180)
    by_county = person.role in COUNTY_GRANTS
    actor = world.county(person.place_code) if by_county else world.user("operator")
    invitation = invitations.invite_officer(
        actor=actor, role=person.role or Role.OPERATOR, place_code=person.place_code, starts_on=clock.today(),
        ends_on=None,
    )  # fmt: skip
    yield minutes(start, 240)
    token = invitations.token_of(invitation.code)
    office_phone = f"0816-0000{rank:03d}" if by_county else ""
    invitations.accept_invitation(actor=world.user(person.key), token=token, office_phone=office_phone)


def _join_giving(world: World, person: Person, password_hash: str, rank: int) -> Story[None]:
    """A donor registers; an organisation is then verified or refused by a county, or waits."""
    start = _joins_at(world, person, rank, hour=14)
    if person.key == "association":
        start = world.day(3, 14)  # has waited on the county's desk for three days
    yield start
    _open_account(world, person, password_hash)
    if person.organisation_kind is None or not (person.is_verified or person.refusal):
        return
    yield later(start, 3, 10, 30)
    organisation = world.user(person.key).organisation
    if organisation is None:
        raise RuntimeError(f"{person.key} has no organisation")
    county = world.user("county")
    if person.refusal:
        people.refuse_organisation(actor=county, organisation=organisation, reason=person.refusal)
    else:
        people.verify_organisation(actor=county, organisation=organisation)


def _apply(world: World, password_hash: str) -> Story[None]:
    """Somebody asks for a duty; the county has not decided yet."""
    yield world.day(2, 16, 40)
    _open_account(world, APPLICANT, password_hash)
    yield world.day(2, 16, 55)
    duties.request_duty(
        actor=world.user(APPLICANT.key), role=Role.INFORMATION_OFFICER, place_code=cast.HUANGXI,
        starts_on=clock.today(), ends_on=None, office_phone="0816-0000999",
    )  # fmt: skip


def _register(world: World, family: Family, rank: int) -> Story[None]:
    """The village's officer registers a family with its paper, and records what else it consents to."""
    is_old = family.village_code == JINLU or family.key in CASES or family.village_code.startswith(cast.OLD_COUNTIES)
    start = at(OPENED_ON, 9) if is_old else world.day(DAYS_OF_NEWCOMERS, 9)
    yield minutes(later(start, 8 + rank % 5, 10), rank)
    actor = world.secretary(family.village_code)
    given_on = clock.today()
    household = households.register_household(
        actor, village_code=family.village_code, private=family.private, members_count=family.members_count,
        consent=households.CollectConsent(given_on=given_on),
    )  # fmt: skip
    world.households[family.key] = household.id
    purposes = [ConsentPurpose.PUBLISH, ConsentPurpose.VILLAGE]
    # "家里有病人" stands in public stories: the newspaper said it of Huang Guoji, the invented families agreed.
    purposes += [ConsentPurpose.HARDSHIP] * (family.key == "huang" or family.key not in CASES)
    purposes += [ConsentPurpose.PHOTO] * (family.key not in CASES and rank % 3 == 0)
    for purpose in purposes:
        households.give_consent(actor, household, purpose=purpose, given_on=given_on)
    db.session.flush()
