"""Who may do what with a delivery. Two different people, on the two sides, close one; a third settles a dispute."""

from __future__ import annotations

from datetime import date
from typing import Any

from sun_commune.accounts.models import VILLAGE_ROLES, Role, User
from sun_commune.deliveries import queries
from sun_commune.deliveries.models import Delivery
from sun_commune.deliveries.states import COUNTED, DeliveryAct, Party, find_move
from sun_commune.households.models import ConsentPurpose, Household
from sun_commune.needs.models import LineKind, Need
from sun_commune.needs.retention import is_masked
from sun_commune.needs.states import PUBLIC
from sun_commune.pledges.models import Claim
from sun_commune.uploads.models import Upload


def is_same_party(user: User, donor: User) -> bool:
    """The donor, or somebody of the donor's organisation."""
    together = user.organisation_id is not None and user.organisation_id == donor.organisation_id
    return user.id == donor.id or together


def is_donor(user: User, claim: Claim) -> bool:
    return user.id == claim.donor_id


def is_village_side(user: User, need: Need, donor: User) -> bool:
    """Serves the need's village now, and is not the giver."""
    return user.serves(need.village_code, *VILLAGE_ROLES) and not is_same_party(user, donor)


def is_county_side(user: User, need: Need, donor: User) -> bool:
    return user.serves(need.county_code, Role.COUNTY_ADMIN) and not is_same_party(user, donor)


def can_record_payment(user: User, need: Need, donor: User) -> bool:
    """A treasurer who neither gave, wrote, reviewed nor published: whoever asks for money does not book it."""
    had_a_hand = user.id in {need.author_id, need.township_reviewer_id, need.publisher_id}
    return user.serves(need.village_code, Role.TREASURER) and not had_a_hand and not is_same_party(user, donor)


def can_settle(user: User, need: Need, donor: User, delivery: Delivery) -> bool:
    """Whoever took part in the delivery does not judge it."""
    took_part = {delivery.sent_by, delivery.received_by, delivery.accepted_by, delivery.disputed_by}
    return is_county_side(user, need, donor) and user.id not in took_part


def can_see_claim(user: User, claim: Claim, need: Need) -> bool:
    """The donor, the village, the offices above it, the treasurer and the supervisor."""
    offices = (*VILLAGE_ROLES, Role.TOWNSHIP_REVIEWER, Role.COUNTY_ADMIN, Role.TREASURER, Role.SUPERVISOR)
    return is_donor(user, claim) or user.serves(need.village_code, *offices)


def can_hide_photo(user: User, need: Need) -> bool:
    return user.serves(need.county_code, Role.COUNTY_ADMIN)


def can_see_photo(user: Any, upload: Upload) -> bool:
    """Reader of photos that are not public (bound in the switchboard): who sees the claim sees its photos."""
    if user.id is None:
        return False
    found = queries.find_claim_of_upload(upload.id)
    return found is not None and can_see_claim(user, *found)


def may_publish_photo(delivery: Delivery, need: Need, household: Household | None, on: date) -> bool:
    """A photo is proof for everybody once the delivery counts, unless the county hid it. One that shows a person
    needs the household's consent to photos, and goes when the need has been over for long; a village's need has no
    household that could consent."""
    if delivery.is_photo_hidden or delivery.state not in COUNTED or need.state not in PUBLIC:
        return False
    if not delivery.photo_shows_person:
        return True
    if is_masked(need.state, need.updated_at):
        return False
    return household is not None and household.consents_to(ConsentPurpose.PHOTO, on)


def parties_of(user: User, claim: Claim, need: Need, donor: User) -> set[Party]:
    """The sides on which a person stands in this claim."""
    parties = set()
    if is_donor(user, claim):
        parties.add(Party.DONOR)
    if is_village_side(user, need, donor):
        parties.add(Party.VILLAGE)
    if can_record_payment(user, need, donor):
        parties.add(Party.TREASURER)
    if is_county_side(user, need, donor):
        parties.add(Party.COUNTY)
    return parties


def acts_open_to(parties: set[Party], kind: LineKind, delivery: Delivery) -> set[DeliveryAct]:
    """What these sides may do with the delivery as it stands; pages offer no other button."""
    return {act for act in DeliveryAct for party in parties if find_move(act, party, kind, delivery.state) is not None}
