"""A treasurer says which delivery a voucher has paid for, or that this was said in error."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.core.events import announce
from sun_commune.ledger import neighbours, parcels, policies
from sun_commune.ledger.events import ParcelNamed, ParcelTakenBack
from sun_commune.ledger.papers import Voucher, VoucherParcel
from sun_commune.ledger.services import rules


def name_parcel(actor: User, voucher: Voucher, *, delivery_code: str, is_named: bool = True) -> bool:
    """The delivery was bought with this voucher (``is_named`` False: it was not). False: that was said already.

    Raises NotAllowed for who does not serve as its treasurer or has a part in the need; RuleBroken at
    ``delivery_code`` for a delivery of another need, or of nothing that can be bought.
    """
    rules.lock_paper(voucher)
    if not policies.can_name_parcels(actor, voucher):
        raise NotAllowed
    rules.refuse_involved(actor, voucher.need_code)
    if delivery_code not in {parcel.code for parcel in neighbours.parcels_of_need(voucher.need_code)}:
        raise RuleBroken(_l("Choose a delivery of the need that this voucher pays for."), field="delivery_code")
    if (delivery_code in parcels.named_codes(voucher.code)) is is_named:
        return False
    row = VoucherParcel(
        voucher_id=voucher.id, delivery_code=delivery_code, is_named=is_named, said_by=actor.id, said_at=now()
    )
    db.session.add(row)
    db.session.flush()
    kind = ParcelNamed if is_named else ParcelTakenBack
    state = voucher.state.value
    announce(
        kind(
            actor_id=actor.id, object_code=voucher.code, voucher_id=voucher.id, from_state=state, to_state=state,
            reason=delivery_code,
        )
    )  # fmt: skip
    return True
