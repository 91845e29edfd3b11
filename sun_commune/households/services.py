"""The only writer of households: registering, editing, consents, unmasking. Runs inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.audit import queries as audit
from sun_commune.core import clock, codes
from sun_commune.core.db import db
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, mask_name, mask_tail
from sun_commune.households import events, policies, queries, vault
from sun_commune.households.identity import is_id_number
from sun_commune.households.models import Consent, ConsentPurpose, Household, SupportLabel, Unmasking

REASON_LENGTH = (5, 100)


@dataclass(frozen=True)
class PrivateFields:
    """What a family trusts the village with; "" where nothing is known. Each is sealed on its own."""

    name: str
    id_number: str = ""
    phone: str = ""
    address: str = ""
    health: str = ""
    support_label: str = SupportLabel.NONE.value


@dataclass(frozen=True)
class CollectConsent:
    """The paper on which the family agreed that the village keeps its data."""

    given_on: date
    is_by_guardian: bool = False
    expires_on: date | None = None
    document_id: int | None = None


def register_household(
    actor: User, *, village_code: str, private: PrivateFields, members_count: int = 1, consent: CollectConsent
) -> Household:
    """A new household; nothing of it may be stored without the consent to collect, so that comes with it."""
    _require(policies.can_register_household(actor, village_code))
    _check(private)
    moment = clock.now()
    household = Household(
        code=codes.random_code("H"), village_code=village_code, members_count=members_count,
        created_by=actor.id, created_at=moment, updated_at=moment,
    )  # fmt: skip
    _seal(household, private)
    db.session.add(household)
    db.session.flush()
    announce(events.HouseholdRegistered(actor_id=actor.id, object_code=household.code, household_id=household.id))
    give_consent(
        actor, household, purpose=ConsentPurpose.COLLECT, given_on=consent.given_on, expires_on=consent.expires_on,
        is_by_guardian=consent.is_by_guardian, document_id=consent.document_id,
    )  # fmt: skip
    return household


def edit_household(
    actor: User, household: Household, *, changed: Mapping[str, str], members_count: int | None = None
) -> Household:
    """Replace the private fields named in ``changed`` ("" clears one); the others stay sealed as they are."""
    _require(policies.can_edit_household(actor, household))
    _lock(household)
    private = replace(open_private(household), **changed)
    _check(private)
    household.members_count = members_count or household.members_count
    household.updated_at = clock.now()
    _seal(household, private)
    announce(
        events.HouseholdEdited(
            actor_id=actor.id, object_code=household.code, household_id=household.id,
            reason=", ".join(sorted(changed)),
        )
    )  # fmt: skip
    return household


def _lock(household: Household) -> None:
    db.session.flush()
    db.session.refresh(household, with_for_update={"key_share": True})


def _check(private: PrivateFields) -> None:
    if not private.name:
        raise RuleBroken(_l("Enter the householder's name."), field="name")
    if private.id_number and not is_id_number(private.id_number):
        words = _l("This is not a valid identity number: its check digit or birthday is wrong.")
        raise RuleBroken(words, field="id_number")


def _seal(household: Household, private: PrivateFields) -> None:
    household.masked_name = mask_name(private.name)
    for field in fields(PrivateFields):
        plain = getattr(private, field.name)
        sealed = vault.seal(plain, household_code=household.code, field=field.name) if plain else None
        setattr(household, f"{field.name}_sealed", sealed)


def give_consent(
    actor: User,
    household: Household,
    *,
    purpose: ConsentPurpose,
    given_on: date,
    expires_on: date | None = None,
    is_by_guardian: bool = False,
    document_id: int | None = None,
) -> Consent:
    """Record one consent on paper. Given twice, the later paper counts beside the earlier one."""
    _require(policies.can_record_consent(actor, household))
    if given_on > clock.today():
        raise RuleBroken(_l("A consent cannot be given on a day that has not come."), field="given_on")
    if expires_on is not None and expires_on < clock.today():
        raise RuleBroken(_l("This consent has already run out."), field="expires_on")
    consent = Consent(
        household_id=household.id, purpose=purpose, given_on=given_on, expires_on=expires_on,
        is_by_guardian=is_by_guardian, document_id=document_id, recorded_by=actor.id, recorded_at=clock.now(),
    )  # fmt: skip
    household.consents.append(consent)
    db.session.flush()
    announce(
        events.ConsentGiven(
            actor_id=actor.id, object_code=household.code, household_id=household.id, purpose=purpose.value
        )
    )
    return consent


def withdraw_consent(actor: User, household: Household, *, purpose: ConsentPurpose) -> int:
    """End every consent to ``purpose`` at once; without the consent to collect none of the others holds.

    Returns how many were ended; 0 if there was none, and then nothing is announced.
    """
    _require(policies.can_withdraw_consent(actor, household))
    _lock(household)
    purposes = set(ConsentPurpose) if purpose is ConsentPurpose.COLLECT else {purpose}
    ended = [consent for consent in household.consents if consent.purpose in purposes and not consent.withdrawn_at]
    for consent in ended:
        consent.withdrawn_at = clock.now()
        consent.withdrawn_by = actor.id
    db.session.flush()
    for ended_purpose in sorted({consent.purpose for consent in ended}):
        announce(
            events.ConsentWithdrawn(
                actor_id=actor.id, object_code=household.code, household_id=household.id, purpose=ended_purpose.value
            )
        )
    return len(ended)


def unmask_household(actor: User, household: Household, reason: str) -> PrivateFields:
    """The plain private fields, for once. The reason is logged before anything is shown."""
    _require(policies.can_unmask_household(actor, household))
    text = clean_line(reason)
    least, most = REASON_LENGTH
    if not least <= len(text) <= most:
        words = _l("Give a reason of %(least)s to %(most)s characters.", least=least, most=most)
        raise RuleBroken(words, field="reason")
    db.session.add(Unmasking(household_id=household.id, user_id=actor.id, reason=text, at=clock.now()))
    db.session.flush()
    announce(
        events.HouseholdUnmasked(actor_id=actor.id, object_code=household.code, household_id=household.id, reason=text)
    )
    _watch_unmaskings(actor, household)
    return open_private(household)


def _watch_unmaskings(actor: User, household: Household) -> None:
    """Raise the alarm once per person and day. The lock lets two requests at once not both count too few."""
    db.session.execute(select(User.id).where(User.id == actor.id).with_for_update(key_share=True))
    seen = queries.count_unmasked_today(actor.id)
    if seen > config.current().unmask_alarm and not _was_alarmed_today(actor):
        announce(
            events.UnmaskingAlarmed(
                actor_id=actor.id, object_code=actor.code, user_id=actor.id, village_code=household.village_code,
                reason=str(seen),
            )
        )  # fmt: skip


def _was_alarmed_today(actor: User) -> bool:
    return audit.is_recorded_since("UnmaskingAlarmed", actor.code, clock.start_of_day(clock.today()))


def open_private(household: Household) -> PrivateFields:
    """Plain private fields; only unmasking, editing, masking and the key change may call this."""
    plain = {}
    for field in fields(PrivateFields):
        sealed = getattr(household, f"{field.name}_sealed")
        plain[field.name] = vault.unseal(sealed, household_code=household.code, field=field.name) if sealed else ""
    return PrivateFields(**plain)


def masked_fields(household: Household) -> dict[str, str]:
    """What the offices see without a reason: the last digits of numbers, and of the rest that it is there."""
    private = open_private(household)
    hidden = {name: "***" if getattr(private, name) else "" for name in ("address", "health")}
    return {
        "name": household.masked_name,
        "id_number": mask_tail(private.id_number),
        "phone": mask_tail(private.phone),
        **hidden,
    }


def reseal(household: Household) -> bool:
    """Seal under the present key what another one sealed. False: nothing to do."""
    if household.is_erased:
        return False
    names = [f"{field.name}_sealed" for field in fields(PrivateFields)]
    sealed = [getattr(household, name) for name in names]
    if all(value is None or vault.is_current(value) for value in sealed):
        return False
    _seal(household, open_private(household))
    return True


def _require(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(_l("Only the household's own village and county may do this."))
