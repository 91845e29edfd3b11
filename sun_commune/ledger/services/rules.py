"""What several acts of the treasury ask: a reason, a second person, nobody with a part in the need, sound books."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sun_commune import config
from sun_commune.accounts.models import User
from sun_commune.core import selfcheck
from sun_commune.core.clock import now
from sun_commune.core.db import db
from sun_commune.core.errors import Conflict, NotAllowed, RuleBroken
from sun_commune.core.text import clean_line
from sun_commune.ledger import neighbours, policies, related
from sun_commune.ledger.papers import Budget, Correction, PayeeKind, SpendingCategory, Voucher, VoucherState
from sun_commune.ledger.payees import payee_key
from sun_commune.ledger.queries import latest_run

REASON_LENGTH = (5, 200)
REFUSAL_LENGTH = (5, 100)
CHECKED_WITHIN = timedelta(days=1)  # an older self-check says nothing about today's books


def check_reason(reason: str, length: tuple[int, int] = REASON_LENGTH, field: str = "reason") -> str:
    """The cleaned reason; RuleBroken (naming ``field``) unless it is a sentence one can use (``length`` characters)."""
    reason = clean_line(reason)
    least, most = length
    if not least <= len(reason) <= most:
        raise RuleBroken(
            _l("Give the reason in %(least)d to %(most)d characters.", least=least, most=most), field=field
        )
    return reason


def require_sound_books() -> None:
    """Refuse to let money out while a self-check fails. Without a run of the last day the checks run here."""
    run = latest_run()
    if run is not None and now() - run.ran_at <= CHECKED_WITHIN:
        names = run.failed_names
    else:
        names = sorted({finding.check for finding in selfcheck.find_all(selfcheck.all_checks())})
    if names:
        words = ", ".join(names)
        raise RuleBroken(
            _l("A self-check of the books fails (%(names)s). No money goes out until it passes again.", names=words)
        )


def lock_paper(row: Voucher | Correction | Budget) -> None:
    """Read the row again under its lock: of two deciders the second one sees what the first did."""
    kind = type(row)
    statement = select(kind).where(kind.id == row.id).with_for_update()
    db.session.execute(statement, execution_options={"populate_existing": True}).scalar_one()


def refuse_decided(state: VoucherState) -> None:
    if state is not VoucherState.DRAFTED:
        raise Conflict(_l("Somebody has decided this already. Open the page again."))


def refuse_same(actor: User, maker_id: int) -> None:
    if actor.id == maker_id:
        raise NotAllowed(_l("You wrote this yourself. A second person has to decide it."))
    maker = db.session.get_one(User, maker_id)
    if maker.kind is actor.kind and payee_key(maker.name) == payee_key(actor.name):
        # One person may have two accounts. Namesakes are met, too: then another one signs.
        raise NotAllowed(_l("Who wrote this bears your name. A second person has to decide it."))


def refuse_others(actor: User, county_code: str) -> None:
    """Who may read of it (a supervisor here) and decide elsewhere (an administrator there) does not decide here."""
    if not actor.serves(county_code, *policies.DECIDERS):
        raise NotAllowed


def refuse_involved(user: User, need_code: str) -> None:
    if user.id in neighbours.people_of_need(need_code):
        raise NotAllowed(_l("Who asked for, reviewed or published a need does not pay for it."))


def place_of(county_code: str) -> str:
    """Where a paper belongs: its county; the pool's to the whole city, so that the city's treasurers decide it."""
    return county_code or config.current().city


class Payee(NamedTuple):
    """``key`` and ``number`` as ledger.payees spells them."""

    key: str
    number: str
    kind: PayeeKind


def refuse_related(actor: User, need_code: str, payee: Payee, category: SpendingCategory) -> None:
    """Nobody pays oneself; and who gave to a fund, or asked for or decided a need, receives no grant out of it.

    Charity Law, art. 40: a donor may not name a related person as the beneficiary. Where such a person only sells
    something the checker is told (ledger.flags) and has to say why it is all right.
    """
    about = {"key": payee.key, "number": payee.number}
    if related.is_payee(actor, **about):
        raise RuleBroken(
            _l("The payee is named like you, or has your number. Another person does this."), field="payee_name"
        )
    if not related.is_beneficiary(payee.kind, category):
        return
    if related.payee_gave(need_code, **about) or related.payee_decided(need_code, **about):
        raise RuleBroken(
            _l("Who gave to this fund, or asked for or decided the need, receives no grant out of it."),
            field="payee_name",
        )
