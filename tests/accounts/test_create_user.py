"""``flask create-user``: the first operator and others, with errors that say what to do."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from sun_commune.accounts.models import Role, User
from sun_commune.core.db import db
from tests.cast import JINLU, Cast

OPERATOR = ["create-user", "--name", "韩运维", "--phone", "138 1111 2222", "--role", "operator"]


def run(app: Flask, *arguments: str, typed: str = "") -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=list(arguments), input=typed)
    db.session.rollback()
    return result.exit_code, result.output


def test_operator_gets_a_link_that_sets_the_password(app: Flask) -> None:
    code, output = run(app, *OPERATOR)
    assert code == 0
    user = db.session.execute(select(User)).scalar_one()
    assert user.has_role(Role.OPERATOR)
    link = re.search(r"http://127\.0\.0\.1:8000(/zh/reset/\S+)", output)
    assert link
    client = app.test_client()
    assert client.post(link[1], data={"password": "rain on the tin roof"}).status_code == 303
    data = {"contact": "13811112222", "password": "rain on the tin roof"}
    assert client.post("/zh/sign-in", data=data).status_code == 303


def test_name_with_a_private_number_is_refused(app: Flask) -> None:
    code, output = run(app, "create-user", "--name", "韩 13811112222", "--phone", "138 1111 2222")
    assert code != 0
    assert "no identity, mobile or card number" in output


def test_password_is_asked_for(app: Flask) -> None:
    password = "rain on the tin roof\n"
    code, output = run(app, *OPERATOR, "--ask-password", typed=password * 2)
    assert (code, "reset" in output, "rain" in output) == (0, False, False)
    data = {"contact": "13811112222", "password": password.strip()}
    assert app.test_client().post("/zh/sign-in", data=data).status_code == 303


def test_duty_is_for_the_place(app: Flask, cast: Cast) -> None:
    arguments = ["create-user", "--name", "周书记", "--email", "zhou@example.test", "--role", "first_secretary"]
    code, _output = run(app, *arguments, "--place", JINLU, "--ends-on", "2030-12-31", "--office-phone", "0816-1")
    assert code == 0
    user = db.session.execute(select(User)).scalar_one()
    assert user.serves(JINLU, Role.FIRST_SECRETARY)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "韩运维"], "Give --phone or --email"),
        (["--name", "x", "--phone", "13811112222"], "a name has 2 to 60 characters"),
        (["--name", "韩运维", "--phone", "12345"], "a mobile number has 11 digits"),
        (["--name", "韩运维", "--email", "nobody"], "this is no e-mail address"),
        (["--name", "韩运维", "--phone", "13811112222", "--role", "king"], "'king' is not one of"),
        (["--name", "韩运维", "--phone", "13811112222", "--place", JINLU], "--place needs --role"),
        (["--name", "韩运维", "--phone", "13811112222", "--role", "first_secretary"], "code of 12 digits"),
        (
            ["--name", "韩运维", "--phone", "13811112222", "--role", "county_admin", "--place", JINLU],
            "code of 6 digits",
        ),
        (
            ["--name", "韩运维", "--phone", "13811112222", "--role", "county_admin", "--place", "999999"],
            "There is no such place",
        ),
        (["--name", "韩运维", "--phone", "13811112222", "--ends-on", "soon"], "does not match the format"),
    ],
)
def test_errors_say_what_to_do(app: Flask, cast: Cast, arguments: list[str], words: str) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    code, output = run(app, "create-user", *arguments)
    assert code != 0
    assert words in output or "没有" in output
    assert "Traceback" not in output
    assert db.session.scalar(select(func.count()).select_from(User)) == 0


def test_known_phone_is_refused(app: Flask) -> None:
    assert run(app, *OPERATOR)[0] == 0
    code, output = run(app, *OPERATOR)
    assert code == 1
    assert output.startswith("Error: ")
    assert db.session.scalar(select(func.count()).select_from(User)) == 1


def test_weak_password_is_refused(app: Flask) -> None:
    assert run(app, *OPERATOR, "--ask-password", typed="password123456\n" * 2)[0] == 1
    assert db.session.scalar(select(func.count()).select_from(User)) == 0
