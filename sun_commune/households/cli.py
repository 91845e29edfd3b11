"""``flask households rotate-key``."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from sun_commune.accounts.models import SecondFactor
from sun_commune.accounts.services import second_factor
from sun_commune.core import sealing
from sun_commune.core.db import db, transaction
from sun_commune.households import services
from sun_commune.households.models import Household

households = AppGroup("households", help="Families' private fields.")
BATCH = 200


@households.command("rotate-key")
def rotate_key() -> None:
    """Seal all that the field key seals anew under SUN_FIELD_KEY; SUN_FIELD_KEY_OLD opens what it sealed before.

    That is families' private fields, the secrets of second steps, and what other rooms have sealed.
    """
    ids = list(db.session.execute(select(Household.id).order_by(Household.id)).scalars())
    changed = 0
    for start in range(0, len(ids), BATCH):
        with transaction(audited=False):  # the same words under another key: nobody's act
            chosen = select(Household).where(Household.id.in_(ids[start : start + BATCH])).with_for_update()
            changed += sum(services.reseal(household) for household in db.session.execute(chosen).scalars())
    with transaction(audited=False):
        factors = db.session.execute(select(SecondFactor).with_for_update()).scalars().all()
        changed_factors = sum(second_factor.reseal(factor) for factor in factors)
    click.echo(f"{changed} of {len(ids)} households sealed under the present key,")
    click.echo(f"{changed_factors} of {len(factors)} secrets of second steps,")
    for reseal in sealing.resealers():
        what, changed, total = reseal()
        click.echo(f"{changed} of {total} {what},")
    click.echo("and no more. SUN_FIELD_KEY_OLD can go.")
