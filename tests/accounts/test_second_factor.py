"""The second step of signing in: turned on with the app's first code, asked for, spent once, lost and given back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from sun_commune import config
from sun_commune.accounts import one_time_codes as codes
from sun_commune.accounts import second_step, throttles
from sun_commune.accounts.models import RecoveryCode, SecondFactor, SignIn, User
from sun_commune.accounts.services import second_factor
from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now
from sun_commune.core.db import db, transaction
from sun_commune.core.sealing import Unreadable, unseal
from tests.cast import PASSWORD, Cast, sign_in
from tests.house import bad_values as bad

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
MINE, OFF, CODE = "/en/my/second-step", "/en/my/second-step/off", "/en/sign-in/code"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as moving:
        yield moving


def secret_on(page: str) -> str:
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found
    return found[1].replace(" ", "")


def offer_on(page: str) -> str:
    found = re.search(r'name="offer"[^>]*value="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


def code_now(secret: str) -> str:
    return codes.code_of(secret, codes.step_of(now()))


def turn_on(client: FlaskClient) -> tuple[str, list[str]]:
    """The secret and the recovery codes, as the pages show them."""
    page = client.get(MINE).text
    secret = secret_on(page)
    answer = client.post(MINE, data={"offer": offer_on(page), "code": code_now(secret), "password": PASSWORD})
    assert answer.status_code == 200
    return secret, re.findall(r"<code>([0-9A-Z-]{14})</code>", answer.text)


def give_password(client: FlaskClient, user: User, **query: str) -> Any:
    data = {"contact": user.phone, "password": PASSWORD}
    return client.post("/en/sign-in", data=data, query_string=query)


def give_code(client: FlaskClient, code: str, **query: str) -> Any:
    return client.post(CODE, data={"code": code}, query_string=query)


def acts() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)))


def count(table: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_turned_on_with_the_apps_code_and_asked_for_from_then_on(client: FlaskClient, cast: Cast, clock: Any) -> None:
    treasurer = cast.treasurer
    sign_in(client, treasurer)
    page = client.get(MINE)
    assert page.text.count('src="data:image/svg+xml') == 1
    secret, paper = turn_on(client)
    assert len(set(paper)) == 10
    assert client.get("/en/my").status_code == 200  # the browser in which it was done stays signed in
    client.post("/en/sign-out")
    clock.shift(30)
    assert give_password(client, treasurer).location == CODE
    assert client.get("/en/my").status_code == 302  # the password alone opens nothing
    assert count(SignIn) == 0
    answer = give_code(client, code_now(secret))
    assert (answer.status_code, answer.location) == (303, "/en/my")
    assert treasurer.name in client.get("/en/my").text
    assert acts() == ["SecondFactorEnrolled", "UserSignedOut", "SecondStepAsked", "UserSignedIn"]


def test_every_other_sign_in_ends_when_it_is_turned_on(client: FlaskClient, app: Flask, cast: Cast) -> None:
    elsewhere = sign_in(app.test_client(), cast.operator)
    turn_on(sign_in(client, cast.operator))
    assert elsewhere.get("/en/my").status_code == 302


@pytest.mark.parametrize(
    ("wrong", "words"), [({"code": "000000"}, "does not fit"), ({"password": "not the password"}, "not your password"),
                         ({"code": ""}, "Enter the code."), ({"offer": "forged"}, "does not fit")]
)  # fmt: skip
def test_turning_on_takes_the_right_code_password_and_secret(
    client: FlaskClient, cast: Cast, clock: Any, wrong: dict[str, str], words: str
) -> None:
    page = sign_in(client, cast.donor).get(MINE).text
    secret = secret_on(page)
    good = {"offer": offer_on(page), "code": code_now(secret), "password": PASSWORD}
    answer = client.post(MINE, data={**good, **wrong})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert (secret_on(answer.text) == secret) is ("offer" not in wrong)  # what the app has scanned still holds
    assert (count(SecondFactor), acts()) == (0, [])


def test_offer_of_another_person_does_not_open(client: FlaskClient, app: Flask, cast: Cast, clock: Any) -> None:
    page = sign_in(app.test_client(), cast.other_donor).get(MINE).text
    known = {"offer": offer_on(page), "code": code_now(secret_on(page)), "password": PASSWORD}
    assert sign_in(client, cast.donor).post(MINE, data=known).status_code == 422
    assert count(SecondFactor) == 0


def test_turning_on_twice_is_turning_on_once(client: FlaskClient, cast: Cast, clock: Any) -> None:
    page = sign_in(client, cast.donor).get(MINE).text
    data = {"offer": offer_on(page), "code": code_now(secret_on(page)), "password": PASSWORD}
    assert client.post(MINE, data=data).status_code == 200
    again = client.post(MINE, data=data)
    assert (again.status_code, again.location) == (302, OFF)
    assert (count(SecondFactor), count(RecoveryCode)) == (1, 10)


def test_one_code_opens_one_sign_in(client: FlaskClient, app: Flask, cast: Cast, clock: Any) -> None:
    """Nor does the code that turned it on, nor an older one after a newer."""
    operator = cast.operator
    secret, _paper = turn_on(sign_in(client, operator))
    other = app.test_client()
    give_password(other, operator)
    assert give_code(other, code_now(secret)).status_code == 422
    clock.shift(30)
    old = code_now(secret)
    clock.shift(30)
    newest = code_now(secret)
    assert give_code(other, newest).status_code == 303
    third = app.test_client()
    give_password(third, operator)
    for used in (newest, old):
        assert "was used before" in give_code(third, used).text
    assert third.get("/en/my").status_code == 302


def test_of_two_who_send_one_code_one_gets_in(client: FlaskClient, cast: Cast, clock: Any) -> None:
    """Both were right when they were looked at; the second finds it spent."""
    operator = cast.operator
    secret, paper = turn_on(sign_in(client, operator))
    clock.shift(30)
    for typed in (code_now(secret), paper[3]):
        proof = second_factor.check_code(user=operator, typed=typed)
        assert proof
        tokens = []
        for _time in range(2):
            with transaction():
                epoch = db.session.get_one(User, operator.id).auth_epoch
                tokens.append(second_factor.open_sign_in(user=operator, auth_epoch=epoch, proof=proof))
        assert tokens[0]
        assert tokens[1] is None


def test_recovery_code_serves_once_in_place_of_the_app(client: FlaskClient, app: Flask, cast: Cast) -> None:
    operator = cast.operator
    _secret, paper = turn_on(sign_in(client, operator))
    for number, typed in enumerate((paper[0], paper[1].lower().replace("-", " "))):
        browser = app.test_client()
        give_password(browser, operator)
        assert give_code(browser, typed).status_code == 303
        assert f"You have {9 - number} recovery codes left" in browser.get(OFF).text
    give_password(app.test_client(), operator)
    late = app.test_client()
    give_password(late, operator)
    assert give_code(late, paper[0]).status_code == 422
    assert acts().count("RecoveryCodeUsed") == 2


def test_codes_of_another_account_do_not_serve(client: FlaskClient, app: Flask, cast: Cast, clock: Any) -> None:
    secret, paper = turn_on(sign_in(app.test_client(), cast.donor))
    turn_on(sign_in(app.test_client(), cast.operator))
    clock.shift(60)
    give_password(client, cast.operator)
    assert [give_code(client, code).status_code for code in (code_now(secret), paper[0])] == [422, 422]


def test_nothing_of_it_is_readable_in_the_database(client: FlaskClient, cast: Cast) -> None:
    donor = cast.donor
    secret, paper = turn_on(sign_in(client, donor))
    row = db.session.execute(select(SecondFactor)).scalar_one()
    assert secret.encode() not in row.secret_sealed
    assert unseal(row.secret_sealed, second_factor.context_of(donor.code)) == secret
    with pytest.raises(Unreadable):
        unseal(row.secret_sealed, second_factor.context_of(cast.operator.code))
    hashes = list(db.session.scalars(select(RecoveryCode.code_hash)))
    assert len(set(hashes)) == 10
    assert all(value.startswith("$argon2id$") for value in hashes)
    assert not any(codes.clean_code(code) in "".join(hashes) for code in paper)


def test_guessing_codes_is_stopped_wherever_it_comes_from(
    client: FlaskClient, app: Flask, cast: Cast, clock: Any
) -> None:
    operator = cast.operator
    secret, _paper = turn_on(sign_in(client, operator))
    clock.shift(30)
    for number in range(throttles.CODE_USER.most):
        guesser = app.test_client()
        give_password(guesser, operator)
        answer = guesser.post(CODE, data={"code": "000000"}, environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"})
        assert answer.status_code == 422
    give_password(client, operator)
    stopped = give_code(client, code_now(secret))
    assert (stopped.status_code, "Too many codes" in stopped.text) == (429, True)
    clock.shift(throttles.CODE_USER.minutes * 60)
    give_password(client, operator)
    assert give_code(client, code_now(secret)).status_code == 303


def test_a_days_guesses_are_counted_although_a_right_code_came(cast: Cast, clock: Any) -> None:
    donor = cast.donor
    for _number in range(throttles.CODE_USER_DAY.most):
        with transaction(audited=False):
            throttles.clear(throttles.CODE_USER, donor.code)
            assert second_factor.count_code(user=donor)
    with transaction(audited=False):
        throttles.clear(throttles.CODE_USER, donor.code)
        assert not second_factor.count_code(user=donor)


def test_wait_between_the_steps_ends(client: FlaskClient, app: Flask, cast: Cast, clock: Any) -> None:
    operator = cast.operator
    secret, _paper = turn_on(sign_in(app.test_client(), operator))
    give_password(client, operator)
    clock.shift(second_step.VALID_FOR.total_seconds() + 1)
    answer = give_code(client, code_now(secret), next="/en/needs")
    assert (answer.status_code, answer.location) == (302, "/en/sign-in?next=/en/needs")


def test_new_password_or_disabled_account_ends_the_wait(
    client: FlaskClient, app: Flask, cast: Cast, clock: Any
) -> None:
    operator = cast.operator
    secret, _paper = turn_on(sign_in(app.test_client(), operator))
    clock.shift(30)
    give_password(client, operator)
    with transaction(audited=False):
        db.session.get_one(User, operator.id).auth_epoch += 1
    assert give_code(client, code_now(secret)).location == "/en/sign-in"
    give_password(client, operator)
    with transaction(audited=False):
        db.session.get_one(User, operator.id).is_enabled = False
    assert give_code(client, code_now(secret)).status_code == 422
    assert client.get("/en/my").status_code == 302


def test_page_of_the_code_without_a_password_before_leads_to_it(client: FlaskClient, cast: Cast) -> None:
    assert client.get(CODE).location == "/en/sign-in"
    assert give_code(client, "123456", next="//evil.example").location == "/en/sign-in"
    with client.session_transaction() as session:
        session[second_step.WAITING] = ["U9999", 1, 0]
    assert client.get(CODE).location == "/en/sign-in"


def test_second_step_leads_to_where_the_person_wanted(client: FlaskClient, app: Flask, cast: Cast, clock: Any) -> None:
    operator = cast.operator
    secret, _paper = turn_on(sign_in(app.test_client(), operator))
    clock.shift(30)
    assert give_password(client, operator, next="/en/audit").location == f"{CODE}?next=/en/audit"
    assert 'action="/en/sign-in/code?next=/en/audit"' in client.get(f"{CODE}?next=/en/audit").text
    assert give_code(client, code_now(secret), next="/en/audit").location == "/en/audit"


def test_turning_off_takes_password_and_code(client: FlaskClient, cast: Cast, clock: Any) -> None:
    donor = cast.donor
    secret, paper = turn_on(sign_in(client, donor))
    clock.shift(30)
    wrong = [{"code": code_now(secret), "password": "not the password"}, {"code": "000000", "password": PASSWORD}]
    assert [client.post(OFF, data=data).status_code for data in wrong] == [422, 422]
    assert count(SecondFactor) == 1
    answer = client.post(OFF, data={"code": paper[9], "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/en/my")
    assert (count(SecondFactor), count(RecoveryCode)) == (0, 0)
    assert acts()[-1] == "SecondFactorRemoved"
    client.post("/en/sign-out")
    assert give_password(client, donor).location == "/en/my"


def test_nothing_typed_breaks_the_pages(client: FlaskClient, app: Flask, cast: Cast, clock: Any) -> None:
    turn_on(sign_in(app.test_client(), cast.operator))
    without = sign_in(app.test_client(), cast.donor)
    offer = offer_on(without.get(MINE).text)
    give_password(client, cast.operator)
    inside = sign_in(app.test_client(), cast.operator)
    for number, value in enumerate(bad.TEXTS):
        if number % 5 == 0:  # the tries of one window, not all of the corpus
            with transaction(audited=False):
                throttles.clear(throttles.CODE_USER, cast.operator.code)
                for user in (cast.operator, cast.donor):
                    throttles.clear(throttles.PASSWORD_USER, user.code)
        for sender, path in ((without, MINE), (inside, OFF), (client, CODE)):
            for name in ("code", "password", "offer", "kept"):
                data = {"code": "000000", "password": PASSWORD, "offer": offer, name: value}
                assert sender.post(path, data=data).status_code in {400, 422, 429}, (path, name, value[:40])
    assert (count(SecondFactor), count(RecoveryCode)) == (1, 10)


@pytest.fixture
def staff_must(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setitem(app.extensions, "sun_settings", replace(config.current(), second_factor="staff"))
    return app


@pytest.mark.parametrize("who", ["treasurer", "administrator", "operator"])
def test_staff_reaches_nothing_before_it_is_on(
    client: FlaskClient, cast: Cast, staff_must: Flask, clock: Any, who: str
) -> None:
    app = staff_must
    sign_in(client, getattr(cast, who))
    for rule in app.url_map.iter_rules():
        if rule.endpoint in second_step.OPEN or rule.arguments - {"lang"}:
            continue
        path = str(rule.build({"lang": "en"} if rule.arguments else {}, append_unknown=False)[1])  # type: ignore[index]
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = client.open(path, method=method, headers={"Accept-Language": "en"})
            is_led = answer.headers.get("Location") == MINE
            assert is_led or answer.status_code == 403, (method, path)  # 403: of another role
    assert "Your duty asks for it" in client.get(MINE).text
    secret, _paper = turn_on(client)
    assert client.get("/en/my").status_code == 200
    clock.shift(30)
    refused = client.post(OFF, data={"code": code_now(secret), "password": PASSWORD})
    assert (refused.status_code, "so it stays on" in refused.text) == (422, True)
    assert count(SecondFactor) == 1


@pytest.mark.parametrize("who", ["donor", "secretary", "reviewer", "supervisor"])
def test_others_may_go_without(client: FlaskClient, cast: Cast, staff_must: Flask, who: str) -> None:
    assert sign_in(client, getattr(cast, who)).get("/en/my").status_code == 200


def test_operators_command_takes_a_lost_one_away(client: FlaskClient, app: Flask, cast: Cast) -> None:
    treasurer = cast.treasurer
    turn_on(sign_in(client, treasurer))
    runner = app.test_cli_runner()
    result = runner.invoke(args=["reset-second-factor", str(treasurer.phone)])
    db.session.rollback()
    assert (result.exit_code, treasurer.code in result.output) == (0, True)
    assert client.get("/en/my").status_code == 302  # signed out everywhere
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry
    assert (entry.act, entry.object_code, entry.actor_id) == ("SecondFactorReset", treasurer.code, None)
    assert give_password(client, treasurer).location == "/en/my"
    for contact, words in (
        (str(treasurer.phone), "no second step"),
        ("13811112222", "no account"),
        ("x", "no account"),
    ):
        again = runner.invoke(args=["reset-second-factor", contact])
        assert (again.exit_code, words in again.output) == (1, True)


def test_changed_field_key_seals_the_secret_anew(
    client: FlaskClient, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    donor = cast.donor
    secret, _paper = turn_on(sign_in(client, donor))
    old, new = config.current().field_key, "ab" * 32
    changed = replace(config.current(), field_key=new, field_key_old=old)
    monkeypatch.setitem(app.extensions, "sun_settings", changed)
    result = app.test_cli_runner().invoke(args=["households", "rotate-key"])
    assert "1 of 1 secrets of second steps" in result.output
    db.session.rollback()
    monkeypatch.setitem(app.extensions, "sun_settings", replace(changed, field_key_old=""))
    sealed = db.session.execute(select(SecondFactor.secret_sealed)).scalar_one()
    assert unseal(sealed, second_factor.context_of(donor.code)) == secret


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_my_page_says_whether_it_is_on(client: FlaskClient, cast: Cast, lang: str) -> None:
    sign_in(client, cast.donor)
    assert f'href="/{lang}/my/second-step"' in client.get(f"/{lang}/my").text
    turn_on(client)
    assert f'href="/{lang}/my/second-step/off"' in client.get(f"/{lang}/my").text
