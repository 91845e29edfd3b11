"""How a donor wants to be named on slips (Charity Law, art. 38: who gives without a name or wants no receipt, of that
a record is kept)."""

from __future__ import annotations

from sun_commune.accounts.models import User
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.events import announce
from sun_commune.receipts.events import ReceiptNamingChosen
from sun_commune.receipts.models import Naming, ReceiptWish


def choose_naming(actor: User, naming: Naming) -> None:
    """From the next slip on; those already given stay as they are. The same choice again changes nothing."""
    wish = db.session.get(ReceiptWish, actor.id, with_for_update=True)
    before = wish.naming if wish else Naming.REAL
    if before is naming:
        return
    if wish is None:
        db.session.add(ReceiptWish(user_id=actor.id, naming=naming, changed_at=now()))
    else:
        wish.naming, wish.changed_at = naming, now()
    db.session.flush()
    announce(
        ReceiptNamingChosen(actor_id=actor.id, object_code=actor.code, from_state=before.value, to_state=naming.value)
    )
