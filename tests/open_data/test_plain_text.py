"""beancount and hledger read the books, and find the balances that our own books say."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core.data import Transaction
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.db import transaction
from sun_commune.ledger import services
from sun_commune.ledger.queries import Stamp
from sun_commune.ledger.services import moving
from sun_commune.open_data import balances
from sun_commune.open_data.plain_text import account_name
from tests.cast import Cast
from tests.ledger.books import DAY, NEED, OTHER_NEED, bring, give, move, reverse, spend
from tests.programs import needs

HLEDGER = "hledger"


@pytest.fixture
def books(app: Flask, cast: Cast) -> None:
    """Every kind of entry that moves money, goods, a reversal, and names that try to break a file."""
    give(donor_shown='"; rm |\\ 张**\t')
    give(amount_fen=700)
    reverse(give(amount_fen=5, donor_shown=""))
    spend(cast.treasurer, cast.second_treasurer, amount_fen=12_345)
    bring(item='"毯"; x')
    day = {"business_on": DAY, "actor_id": None}
    stamp = Stamp("510723", "daily_necessities")
    with transaction():
        moving.post_unmatched(**day, uid=services.new_uid(), source_code="ZD1", amount_fen=900)
        moving.post_matched(
            **day, uid=services.new_uid(), source_code="ZD1", amount_fen=400, need_code=NEED, stamp=stamp,
            claim_code="RLTEST1", delivery_code=None, donor_shown="张**",
        )  # fmt: skip
    for to_need_code in (OTHER_NEED, ""):
        move(150, to=to_need_code)


def ours() -> dict[tuple[str, str], Decimal]:
    held = balances.balances(up_to=balances.newest_entry())
    return {(account_name(one.key), one.commodity): Decimal(one.fen).scaleb(-2) for one in held}


def saved(client: FlaskClient, address: str, path: Path) -> Path:
    answer = client.get(address)
    assert answer.status_code == 200
    path.write_bytes(answer.data)
    return path


def test_bean_check_accepts_it_and_computes_the_same_balances(client: FlaskClient, books: None, tmp_path: Path) -> None:
    path = saved(client, "/en/ledger.beancount", tmp_path / "books.beancount")
    directives, errors, _options = loader.load_file(str(path))
    assert errors == []
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for directive in directives:
        for posting in directive.postings if isinstance(directive, Transaction) else ():
            sums[posting.account, posting.units.currency] += posting.units.number
    assert {key: value for key, value in sums.items() if value} == {key: fen for key, fen in ours().items() if fen}
    assert len(sums) == len(ours()) == 7


@needs(HLEDGER)
def test_hledger_agrees(client: FlaskClient, books: None, tmp_path: Path) -> None:
    path = saved(client, "/en/ledger.journal", tmp_path / "books.journal")
    command = [HLEDGER, "-f", str(path)]
    subprocess.run([*command, "check", "-s", "accounts", "commodities"], check=True, capture_output=True)
    report = subprocess.run(
        [*command, "balance", "--flat", "--no-total", "-O", "csv"], check=True, capture_output=True, text=True
    ).stdout
    found = {}
    for line in report.splitlines()[1:]:
        account, amount = line.strip('"').split('","')
        number, commodity = amount.replace('""', "").split(" ")
        found[account, commodity] = Decimal(number)
    assert found == {key: value for key, value in ours().items() if value}


@needs(HLEDGER)
@pytest.mark.parametrize("name", ["beancount", "journal"])
def test_one_fen_wrong_is_noticed(client: FlaskClient, books: None, tmp_path: Path, name: str) -> None:
    """The control: an amount changed on both legs balances as an entry, and the balances at the end do not."""
    path = saved(client, f"/en/ledger.{name}", tmp_path / f"books.{name}")
    text = path.read_text(encoding="utf-8")
    assert text.count("123.45 CNY") == 2
    path.write_text(text.replace("123.45 CNY", "123.46 CNY"), encoding="utf-8")
    if name == "beancount":
        assert [error for error in loader.load_file(str(path))[1] if "Balance failed" in error.message]
    else:
        check = subprocess.run([HLEDGER, "-f", str(path), "check"], check=False, capture_output=True, text=True)
        assert check.returncode != 0
        assert "balance assertion" in check.stderr.lower()


@pytest.mark.parametrize("name", ["beancount", "journal"])
def test_empty_books_load(client: FlaskClient, tmp_path: Path, name: str) -> None:
    path = saved(client, f"/en/ledger.{name}", tmp_path / f"books.{name}")
    if name == "beancount":
        assert loader.load_file(str(path))[1] == []
    elif shutil.which(HLEDGER):
        subprocess.run([HLEDGER, "-f", str(path), "check"], check=True, capture_output=True)
