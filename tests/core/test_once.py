"""A form's key: the first time acts, a repetition leads to the same place, another body is a conflict."""

import pytest
from flask import Flask

from sun_commune.accounts.events import UserRegistered
from sun_commune.core.db import transaction
from sun_commune.core.errors import Conflict, RuleBroken
from sun_commune.core.events import announce
from sun_commune.core.once import begin_once, body_hash, finish_once
from tests.cast import Cast

KEY = "a-key-of-a-form"


def send(user_id: int, body: str, location: str) -> str | None:
    with transaction():
        earlier = begin_once(user_id=user_id, key=KEY, body_sha256=body_hash({"quantity": body}))
        if earlier is not None:
            return earlier
        announce(UserRegistered(actor_id=user_id, user_id=user_id, object_code="U1"))
        finish_once(user_id=user_id, key=KEY, location=location)
    return None


def test_repetition_leads_to_the_first_answer_and_announces_nothing(app: Flask, cast: Cast) -> None:
    donor = cast.donor.id
    assert send(donor, "1", "/zh/first") is None
    assert send(donor, "1", "/zh/second") == "/zh/first"


def test_same_key_with_another_body_is_a_conflict(app: Flask, cast: Cast) -> None:
    donor = cast.donor.id
    send(donor, "1", "/zh/first")
    with pytest.raises(Conflict):
        send(donor, "2", "/zh/second")


def test_key_belongs_to_one_person(app: Flask, cast: Cast) -> None:
    first, second = cast.donor.id, cast.other_donor.id
    assert send(first, "1", "/zh/first") is None
    assert send(second, "2", "/zh/second") is None


def test_act_that_failed_leaves_its_key_unused(app: Flask, cast: Cast) -> None:
    donor = cast.donor.id
    with transaction() as session:
        begin_once(user_id=donor, key=KEY, body_sha256=body_hash({"quantity": "1"}))
        session.rollback()
    assert send(donor, "2", "/zh/second") is None


@pytest.mark.parametrize("key", ["", "short", "x" * 65])
def test_key_must_look_like_one(app: Flask, cast: Cast, key: str) -> None:
    donor = cast.donor.id
    with pytest.raises(RuleBroken), transaction():
        begin_once(user_id=donor, key=key, body_sha256="0" * 64)


def test_token_and_key_are_no_part_of_the_body() -> None:
    assert body_hash({"a": "1", "once": "x", "csrf_token": "y"}) == body_hash({"a": ["1"]})
    assert body_hash({"a": "1"}) != body_hash({"a": ["1", "1"]})
