"""Related parties (Charity Law, art. 40): is the payee somebody who gave, asked, reviewed, wrote or checks?

Compared are names as ledger.payees spells them, phones and credit codes. Namesakes are met, too: who is only named
alike is pointed out to the checker; where the law or the house forbids it, another person or payee has to be found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select

from sun_commune.accounts.models import User
from sun_commune.core.db import db
from sun_commune.ledger import neighbours
from sun_commune.ledger.models import Account, Layer, Transfer
from sun_commune.ledger.papers import PayeeKind, SpendingCategory
from sun_commune.ledger.payees import number_key, payee_key
from sun_commune.ledger.queries import purse_key

CHUNK = 500


def is_payee(user: User, *, key: str, number: str) -> bool:
    """The user, or the organisation that the user speaks for, is named like the payee or has the payee's number."""
    names, numbers = {payee_key(user.name)}, {number_key(user.phone or "")}
    if user.organisation is not None:
        names.add(payee_key(user.organisation.name))
        numbers.add(number_key(user.organisation.credit_code))
    return key in names - {""} or number in numbers - {""}


def any_is_payee(user_ids: Iterable[int], *, key: str, number: str) -> bool:
    wanted = sorted(user_ids)
    for at in range(0, len(wanted), CHUNK):
        users = db.session.execute(select(User).where(User.id.in_(wanted[at : at + CHUNK]))).scalars()
        if any(is_payee(user, key=key, number=number) for user in users):
            return True
    return False


def donors_of_fund(need_code: str) -> frozenset[int]:
    """Row ids of everybody whose money ever came into the fund (the pool for ""), also by way of another one."""
    origin = (
        select(Transfer.claim_code)
        .join(Layer, Layer.origin_id == Transfer.id)
        .join(Account, Account.id == Layer.account_id)
        .where(Account.key == purse_key(need_code), Transfer.claim_code.is_not(None))
        .distinct()
    )
    came = select(Transfer.claim_code).where(Transfer.need_code == need_code, Transfer.claim_code.is_not(None))
    claims: Collection[str] = {code for code in db.session.execute(origin.union(came)).scalars() if code}
    return neighbours.donors_of_claims(claims) if claims else frozenset()


def is_beneficiary(payee_kind: PayeeKind, category: SpendingCategory) -> bool:
    """The money is the payee's to keep, not the price of something."""
    return category is SpendingCategory.GRANT or payee_kind is PayeeKind.HOUSEHOLD


def payee_gave(need_code: str, *, key: str, number: str) -> bool:
    return any_is_payee(donors_of_fund(need_code), key=key, number=number)


def payee_decided(need_code: str, *, key: str, number: str) -> bool:
    return any_is_payee(neighbours.people_of_need(need_code), key=key, number=number)
