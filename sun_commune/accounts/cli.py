"""``flask create-user``: the first operator, and whoever cannot come by an invitation."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

import click
from flask.cli import with_appcontext

from sun_commune import config
from sun_commune.accounts import queries
from sun_commune.accounts.contacts import normalise_contact, normalise_email, normalise_phone
from sun_commune.accounts.events import DutyGranted
from sun_commune.accounts.models import SCOPE_DIGITS, Role, User
from sun_commune.accounts.passwords import hash_password
from sun_commune.accounts.services import second_factor
from sun_commune.accounts.services.keys import make_link
from sun_commune.accounts.services.registration import NewUser, hash_new_password, open_user
from sun_commune.accounts.services.terms import add_duty
from sun_commune.core.addresses import absolute
from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.core.errors import SunError
from sun_commune.core.events import announce
from sun_commune.core.text import clean_line, find_private

FIRST_LINK_VALID_FOR = timedelta(days=1)
DAY = click.DateTime(["%Y-%m-%d"])


@click.command("create-user")
@click.option("--name", required=True, help="Name of the person.")
@click.option("--phone", help="Mobile number to sign in with.")
@click.option("--email", help="E-mail address to sign in with.")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Duty to give; none: a donor.")
@click.option("--place", help="Official code of the place of the duty: village 12 digits, township 9, county 6.")
@click.option("--ends-on", type=DAY, help="Last day of the duty. None: until somebody ends it.")
@click.option("--office-phone", default="", help="Telephone that donors may call.")
@click.option("--ask-password", is_flag=True, help="Ask for a password here instead of printing a one-time link.")
@with_appcontext
def create_user(  # noqa: PLR0917 - click passes the options by name
    name: str, phone: str | None, email: str | None, role: str | None, place: str | None,
    ends_on: datetime | None, office_phone: str, ask_password: bool,
) -> None:  # fmt: skip
    """Open an account, with a duty if --role is given, and print a link that sets its password once."""
    name = clean_line(name)
    if not 2 <= len(name) <= 60:
        raise click.BadParameter("a name has 2 to 60 characters.", param_hint="--name")
    if find_private(name):
        raise click.BadParameter("a name holds no identity, mobile or card number.", param_hint="--name")
    normal_phone, normal_email = _read_contact(phone, email)
    duty = _read_duty(role, place)
    try:
        password_hash = _ask_hash(name, normal_phone, normal_email) if ask_password else hash_password(_unknowable())
        new = NewUser(name, normal_phone, normal_email, password_hash, office_phone=clean_line(office_phone)[:30])
        with transaction():
            user = open_user(new=new, actor_id=None, reason="create-user")
            if duty:
                _give(user, *duty, ends_on=ends_on.date() if ends_on else None)
            token = "" if ask_password else make_link(user=user, valid_for=FIRST_LINK_VALID_FOR)
    except SunError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{user.code} {name}" + (f": {duty[0]} of {duty[1]}" if duty else ""))
    if token:
        click.echo(f"Set the password within 24 hours, once: {_link(token)}")


@click.command("reset-second-factor")
@click.argument("contact")
@with_appcontext
def reset_second_factor(contact: str) -> None:
    """Take the second step from the account with this phone or e-mail, whose owner has lost app and paper.

    Make sure first who asks: from then on the password alone signs in.
    """
    user = queries.find_by_contact(normalise_contact(contact))
    if user is None:
        raise click.ClickException("there is no account with this phone or e-mail.")
    try:
        with transaction():
            second_factor.reset(user=user, reason="reset-second-factor")
    except SunError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{user.code} {user.name}: the second step is off, and every sign-in has ended.")


def _read_contact(phone: str | None, email: str | None) -> tuple[str | None, str | None]:
    if not phone and not email:
        raise click.UsageError("Give --phone or --email: the account needs one to sign in with.")
    normal_phone = normalise_phone(phone) if phone else None
    if phone and not normal_phone:
        raise click.BadParameter("a mobile number has 11 digits, like 13800001234.", param_hint="--phone")
    normal_email = normalise_email(email) if email else None
    if email and not normal_email:
        raise click.BadParameter("this is no e-mail address.", param_hint="--email")
    return normal_phone, normal_email


def _read_duty(role: str | None, place: str | None) -> tuple[Role, str] | None:
    if role is None:
        if place:
            raise click.UsageError("--place needs --role.")
        return None
    digits = SCOPE_DIGITS[Role(role)]
    place = place or (config.current().city if digits == 4 else None)
    if place is None or len(place.partition("-")[0]) != digits:
        raise click.UsageError(f"--role {role} needs --place with a code of {digits} digits.")
    return Role(role), place


def _ask_hash(name: str, phone: str | None, email: str | None) -> str:
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return hash_new_password(password, name, phone, email)


def _unknowable() -> str:
    """A password that nobody has seen: until the link is used, nobody signs in."""
    return secrets.token_urlsafe(32)


def _give(user: User, role: Role, place_code: str, *, ends_on: date | None) -> None:
    duty = add_duty(user=user, role=role, place_code=place_code, starts_on=today(), ends_on=ends_on, granted_by=None)
    announce(DutyGranted(actor_id=None, user_id=user.id, object_code=duty.code, to_state=duty.state))


def _link(token: str) -> str:
    return absolute(f"/zh/reset/{token}")
