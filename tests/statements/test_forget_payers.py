"""Private halves go when their time is over, and follow the key when it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from sun_commune.core import selfcheck
from sun_commune.core.clock import now, standing_at
from sun_commune.core.db import db
from sun_commune.core.errors import RuleBroken
from sun_commune.statements import jobs, queries, services, vault
from sun_commune.uploads import storage
from tests.cast import Cast
from tests.statements import papers
from tests.statements.papers import movement
from tests.statements.world import act, day, lines, post, store

NAME = "欧阳福贵"


def test_payers_are_forgotten_when_their_time_is_over(app: Flask, cast: Cast) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "5.00", "心意", payer=NAME)))
    post(cast.treasurer, file)
    document = queries.document_of(file)
    assert document is not None
    path = storage.document_path(document.token)
    before = lines()[0].base
    assert jobs.forget_payers() == 0
    with standing_at(now() + timedelta(days=3660)):
        assert jobs.forget_payers() == 1
        assert jobs.forget_payers() == 0
    (line,) = lines()
    assert vault.open_line(line) == vault.Private()
    assert line.base != before
    assert (line.amount_fen, path.exists()) == (500, False)
    with pytest.raises(RuleBroken):
        services.open_statement(queries.get_file(file.code))
    with selfcheck.watch():
        assert selfcheck.find_all(selfcheck.all_checks()) == []


def test_a_new_key_seals_everything_anew(app: Flask, cast: Cast) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "5.00", "心意", payer=NAME)))
    post(cast.treasurer, file)
    db.session.rollback()
    settings = app.extensions["sun_settings"]
    try:
        app.extensions["sun_settings"] = replace(settings, field_key="ab" * 32, field_key_old=settings.field_key)
        result = app.test_cli_runner().invoke(args=["households", "rotate-key"])
        assert "2 of 2 lines and files of statements" in result.output
        assert jobs.reseal()[1:] == (0, 2)
        app.extensions["sun_settings"] = replace(settings, field_key="ab" * 32, field_key_old="")
        assert vault.open_line(lines()[0]).payer == NAME
        assert services.open_statement(queries.get_file(file.code))[0][1][1] == NAME
    finally:
        app.extensions["sun_settings"] = settings


def test_a_lost_file_is_said(cast: Cast) -> None:
    file = store(cast.treasurer, papers.bank(movement(day(), "5.00")))
    document = queries.document_of(file)
    assert document is not None
    storage.document_path(document.token).unlink()
    with pytest.raises(RuleBroken):
        services.open_statement(file)
    act(services.drop_statement, cast.treasurer, file)
