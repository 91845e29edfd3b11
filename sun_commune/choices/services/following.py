"""When an entry of a choice is taken back: a refund that bounced, a move that was a mistake. The donor chooses anew."""

from __future__ import annotations

from sqlalchemy import select

from sun_commune.choices import queries
from sun_commune.choices.events import ChoiceOpened, ChoiceUndone
from sun_commune.choices.models import Choice, ChoiceState, Occasion, Route
from sun_commune.choices.services.opening import settle_fund
from sun_commune.choices.services.rows import lock_choice, new_choice, tell
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger.queries import find_transfer
from sun_commune.pledges import services as pledges
from sun_commune.pledges.models import ClaimLine


def follow_reversal(reversed_uid: str, *, actor_id: int | None, reason: str) -> bool:
    """The entry of a choice was reversed. False: it is no choice's.

    The claim on the other need has been told already that its money did not arrive; here what it promised is open to
    others again, for its donor promised no other money.
    """
    found = queries.find_by_transfer(reversed_uid)
    if found is None:
        return False
    row = lock_choice(found.id)
    if row.state is not ChoiceState.DONE:
        return False
    row.state, row.ended_at, row.note = ChoiceState.UNDONE, now(), reason[:200]
    tell(ChoiceUndone, row, actor_id=actor_id, reason=reason)
    if row.route is Route.NEED:
        _let_go(row, actor_id, reason)
    occasion = Occasion.REFUND_FAILED if row.route is Route.REFUND else Occasion.MOVE_REVERSED
    if row.need_code:
        settle_fund(row.need_code, occasion=occasion, actor_id=actor_id)
    else:  # the line lies in suspense again, and whose it is stays known
        again = new_choice(amount_fen=row.amount_fen, occasion=occasion, like=row)
        tell(ChoiceOpened, again, actor_id=actor_id)
    return True


def _let_go(row: Choice, actor_id: int | None, reason: str) -> None:
    transfer = find_transfer(row.transfer_uid or "")
    code = transfer.delivery_code if transfer else None
    line_id = db.session.execute(select(Delivery.claim_line_id).where(Delivery.code == code)).scalar_one_or_none()
    line = db.session.get(ClaimLine, line_id) if line_id else None
    if line is not None:
        db.session.refresh(line)
        if line.outstanding:
            pledges.release_line(line.id, line.outstanding, actor_id, reason)
