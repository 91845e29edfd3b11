"""A site with a signed log, for tests: the signer works on the test's own database, the site shows its files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from sun_commune import config
from sun_commune.core.db import db, transaction
from sun_commune.ledger import services as ledger
from sun_commune.transparency import jobs, sunverify
from sun_commune.transparency.notes import Checkpoint, Key
from sun_commune.transparency.signer import __main__ as commands
from sun_commune.transparency.signer import reading, state
from tests.ledger.books import GIFT

ORIGIN = "sun.example/ledger"


class Signing:
    """One signer beside the test's site."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app, self.state = app, folder / "signer"
        self.publish = Path(config.current().log_publish)
        shutil.rmtree(self.publish, ignore_errors=True)
        self.key: Key = state.init(self.state, ORIGIN)
        self.said: list[str] = []
        self._engine: Engine | None = None

    @property
    def url(self) -> str:
        return db.engine.url.render_as_string(hide_password=False)

    def engine(self) -> Engine:
        self._engine = self._engine or reading.open_database(self.url)
        return self._engine

    def sign(self, **options: Any) -> Checkpoint:
        """One round of the signer, on what the site has sealed."""
        db.session.rollback()
        return commands.sign_once(self.state, self.engine(), self.publish, say=self.said.append, **options)

    def seal_and_sign(self, **options: Any) -> Checkpoint:
        jobs.seal_log()
        return self.sign(**options)

    def settle(self) -> Checkpoint:
        """Until the leaf that names the key is signed, too."""
        self.seal_and_sign()
        return self.seal_and_sign()

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
        shutil.rmtree(self.publish, ignore_errors=True)


@pytest.fixture
def signing(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Signing]:
    monkeypatch.setenv("SUNVERIFY_HOME", str(tmp_path / "sunverify"))
    made = Signing(app, tmp_path)
    yield made
    made.close()


def grow(count: int, amount_fen: int = 100) -> list[str]:
    """So many gifts; their uids."""
    uids = [ledger.new_uid() for _number in range(count)]
    with transaction():
        for uid in uids:
            ledger.post_gift(**{**GIFT, "uid": uid, "amount_fen": amount_fen})
    return uids


def download(client: FlaskClient, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What ``sunverify.py fetch`` brings, from this client instead of the network."""

    def get(_address: str, path: str) -> bytes:
        with client.get(f"/ledger/{path}") as answer:
            sunverify.need(answer.status_code == 200, f"{path}: {answer.status_code}")
            return bytes(answer.data)

    monkeypatch.setattr(sunverify, "get", get)
    sunverify.fetch("http://site", folder)
    return folder
