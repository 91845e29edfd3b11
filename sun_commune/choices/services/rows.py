"""What all acts on choices share: lock and read anew, tell, and who gave."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.choices.events import ChoiceEvent
from sun_commune.choices.models import Choice, ChoiceState, Occasion
from sun_commune.choices.states import MOVES
from sun_commune.core.clock import now, today
from sun_commune.core.codes import random_code
from sun_commune.core.db import db
from sun_commune.core.events import announce
from sun_commune.ledger.posting import find_account, lock_accounts, purse
from sun_commune.statements.queries import get_line
from sun_commune.statements.services.suspense import lock_line

CODE_PREFIX = "XZ"
MOVED_ON = _l("Meanwhile something changed here. Load the page again.")


def lock_fund(need_code: str) -> bool:
    """What is left in the fund stays as it is until the transaction ends. False if nothing ever came into it."""
    return find_account(purse(need_code)) is not None


def lock_choice(choice_id: int, *, to_need_code: str | None = None) -> Choice:
    """Lock the fund or the statement line that holds its money, and the fund to which it may move ("" is the pool),
    then the choice, and read it anew."""
    db.session.flush()
    where = select(Choice.need_code, Choice.source_code).where(Choice.id == choice_id)
    found = db.session.execute(where).one()  # which one it is about never changes
    if not found.need_code:
        lock_line(get_line(found.source_code))
    funds = [code for code in (found.need_code or None, to_need_code) if code is not None]
    lock_accounts(*(purse(code) for code in funds))
    statement = select(Choice).where(Choice.id == choice_id).with_for_update()
    return db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one()


def last_day() -> date:
    """The last day for choosing, of what opens today (Asia/Shanghai)."""
    return today() + timedelta(days=config.current().choice_days)


def new_choice(*, amount_fen: int, occasion: Occasion, like: Choice | None = None, **values: Any) -> Choice:
    """A new open choice; ``like`` another one in everything that is not given."""
    shared = ("claim_code", "source_code", "need_code", "county_code", "category", "donor_id")
    taken = {name: getattr(like, name) for name in shared} if like else {}
    values = {"opened_at": now(), "due_on": last_day(), **taken, **values}
    choice = Choice(
        code=random_code(CODE_PREFIX), amount_fen=amount_fen, occasion=occasion, state=ChoiceState.OPEN, **values
    )
    db.session.add(choice)
    db.session.flush()
    return choice


def donor_of(choice: Choice) -> User | None:
    return db.session.get(User, choice.donor_id) if choice.donor_id else None


def tell(kind: type[ChoiceEvent], choice: Choice, *, actor_id: int | None, reason: str = "") -> None:
    """Store what was done to it and announce it. RuntimeError if that is no move of ``states.MOVES``."""
    before, after = MOVES[kind]
    if choice.state is not after:
        raise RuntimeError(f"{kind.__name__} leads to {after}, not to {choice.state}")
    db.session.flush()
    announce(
        kind(
            actor_id=actor_id, object_code=choice.code, choice_id=choice.id,
            from_state=before.value if before else "", to_state=after.value, reason=reason,
        )
    )  # fmt: skip
