"""The cast: people and things that tests need, by name. All invented, but for the places, which are real.

``cast.secretary`` of Jinlu village, Huangxi township, Yanting county is the one who posts; ``cast.stranger`` has an
account and no right to anything. ``cast.other_*`` serve another village, township or county.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import Any

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts import sessions
from sun_commune.accounts.models import (
    SCOPE_DIGITS,
    Duty,
    DutyState,
    Organisation,
    OrganisationKind,
    Role,
    User,
    UserKind,
)
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.places.models import Level, Place

PASSWORD = "correct horse battery"
# Cheap parameters, those of CHEAP_PASSWORDS in tests/app.py: everybody in the cast signs in with PASSWORD.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

JINLU = "510723217204"  # Jinlu village, Huangxi township, Yanting county
YANGWUGOU = "510722128201"  # Yangwugou village, Qianfeng town, Santai county

PLACES = (
    ("510723", None, Level.COUNTY, "盐亭县"),
    ("510722", None, Level.COUNTY, "三台县"),
    ("510723217", "510723", Level.TOWNSHIP, "黄溪乡"),
    ("510723101", "510723", Level.TOWNSHIP, "玉龙镇"),
    ("510722128", "510722", Level.TOWNSHIP, "前锋镇"),
    (JINLU, "510723217", Level.VILLAGE, "金禄村"),
    ("510723101233", "510723101", Level.VILLAGE, "黄溪村"),
    (YANGWUGOU, "510722128", Level.VILLAGE, "杨五沟村"),
)


def add_places() -> None:
    """The few places that the cast lives in; part of the template database, so it opens its own transaction."""
    with transaction(audited=False) as session:
        for code, parent, level, name in PLACES:
            session.add(Place(code=code, parent_code=parent, level=level, name=name, former_names=""))
            session.flush()


class Cast:
    """Makes each person at first use. ``before_anybody`` is called before the first one."""

    def __init__(self, before_anybody: Callable[[], None] = lambda: None) -> None:
        self._number = 0
        self._before_anybody = before_anybody

    def user(self, name: str, *, kind: UserKind = UserKind.PERSON, organisation: Organisation | None = None) -> User:
        if self._number == 0:
            self._before_anybody()
        self._number += 1
        user = User(
            code=f"U{self._number:04d}",
            kind=kind,
            name=name,
            phone=f"+86139{self._number:08d}",
            email=f"user{self._number}@example.test",
            password_hash=PASSWORD_HASH,
            organisation=organisation,
            created_at=now(),
        )
        with transaction(audited=False) as session:
            session.add(user)
        return user

    def officer(self, name: str, role: Role, place_code: str) -> User:
        user = self.user(name)
        duty = Duty(
            code=f"D{self._number:04d}",
            user_id=user.id,
            role=role,
            place_code=place_code[: SCOPE_DIGITS[role]],
            starts_on=date(2015, 1, 1),
            state=DutyState.ACTIVE,
            created_at=now(),
        )
        with transaction(audited=False) as session:
            session.add(duty)
        db.session.refresh(user)
        return user

    @cached_property
    def secretary(self) -> User:
        return self.officer("周书记", Role.FIRST_SECRETARY, JINLU)

    @cached_property
    def information_officer(self) -> User:
        return self.officer("陈信息员", Role.INFORMATION_OFFICER, JINLU)

    @cached_property
    def other_secretary(self) -> User:
        return self.officer("吴书记", Role.FIRST_SECRETARY, YANGWUGOU)

    @cached_property
    def reviewer(self) -> User:
        return self.officer("郑审核员", Role.TOWNSHIP_REVIEWER, JINLU)

    @cached_property
    def other_reviewer(self) -> User:
        return self.officer("冯审核员", Role.TOWNSHIP_REVIEWER, YANGWUGOU)

    @cached_property
    def administrator(self) -> User:
        return self.officer("孙管理员", Role.COUNTY_ADMIN, JINLU)

    @cached_property
    def other_administrator(self) -> User:
        return self.officer("褚管理员", Role.COUNTY_ADMIN, YANGWUGOU)

    @cached_property
    def treasurer(self) -> User:
        return self.officer("卫财务", Role.TREASURER, JINLU)

    @cached_property
    def second_treasurer(self) -> User:
        return self.officer("蒋财务", Role.TREASURER, JINLU)

    @cached_property
    def other_treasurer(self) -> User:
        """Of another city."""
        return self.officer("别市财务", Role.TREASURER, "510600000000")

    @cached_property
    def supervisor(self) -> User:
        return self.officer("沈监督员", Role.SUPERVISOR, JINLU)

    @cached_property
    def operator(self) -> User:
        return self.officer("韩运维", Role.OPERATOR, JINLU)

    @cached_property
    def donor(self) -> User:
        return self.user("张建国")

    @cached_property
    def other_donor(self) -> User:
        return self.user("李四")

    @cached_property
    def stranger(self) -> User:
        return self.user("何路人")

    @cached_property
    def enterprise(self) -> User:
        organisation = Organisation(
            code="O0001",
            kind=OrganisationKind.ENTERPRISE,
            name="涪江电器有限公司",
            credit_code="91510700MA0000000X",
            created_at=now(),
        )
        with transaction(audited=False) as session:
            session.add(organisation)
        return self.user("王经理", kind=UserKind.ORGANISATION, organisation=organisation)


def sign_in(client: FlaskClient, user: User, **address: Any) -> FlaskClient:
    """Sign ``client`` in as ``user`` without the form (that is tested in tests/accounts); ``base_url`` says where."""
    user = db.session.execute(select(User).where(User.id == user.id)).scalar_one()
    with transaction(audited=False):
        token = sessions.open_sign_in(user)
    with client.session_transaction(**address) as session:
        session.clear()
        session.update({"_user_id": token, "_fresh": True})
    return client
