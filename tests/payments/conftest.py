"""All three gateways are on, with keys of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from sun_commune.payments.gateways import EXTENSION
from sun_commune.payments.gateways.base import Gateway
from tests.payments import world


@pytest.fixture
def gateways(app: Flask) -> Iterator[dict[str, Gateway]]:
    before = app.extensions[EXTENSION]
    on: dict[str, Gateway] = {
        "wechat": world.wechat(), "alipay": world.alipay(), "simulator": world.simulator()
    }  # fmt: skip
    app.extensions[EXTENSION] = on
    yield on
    app.extensions[EXTENSION] = before
