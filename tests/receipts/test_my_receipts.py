"""A donor's own slips: list, print page, naming, the year's statement and its file; nobody else's."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from sun_commune.accounts.models import User, UserKind
from sun_commune.audit.models import AuditEntry
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.receipts import queries, services
from sun_commune.receipts.models import Naming, Receipt
from tests.cast import Cast, sign_in
from tests.deliveries import world
from tests.receipts.papers import brought, entry_of, given, paid, record, refund, void
from tests.receipts.test_issue_receipt import receipts

YEAR = today().year


def test_list_shows_each_slip_and_leads_to_it(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    goods = brought(cast)
    sign_in(client, cast.donor)
    page = client.get("/en/my/receipts").text
    for row in (receipt, goods):
        assert f"/en/my/receipts/{row.number}" in page
    assert "¥300" in page
    assert "电热毯 2 床" in page
    assert "/en/my/receipts" in client.get("/en/my").text


def test_list_of_who_gave_nothing_says_what_comes(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.donor)
    assert "No gift of yours has arrived yet." in client.get("/en/my/receipts").text
    assert "No gift of yours came in this year." in client.get(f"/en/my/receipts/{YEAR}").text


def test_list_goes_on_over_pages(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    for _more in range(queries.PAGE_SIZE):
        newest = receipts()[-1]
        void(cast.treasurer, newest, replace=True)
    sign_in(client, cast.donor)
    first = client.get("/en/my/receipts").text
    assert receipt.number not in first
    last = receipts()[1].number
    assert f"after={last}" in first
    assert receipt.number in client.get(f"/en/my/receipts?after={last}").text


def test_slip_says_what_the_law_asks(app: Flask, client: FlaskClient, cast: Cast) -> None:
    """Charity Law, art. 38: donor, kind, quantity, amount, charity, handler, date."""
    claim, receipt = given(cast, 101_010)
    record(cast.treasurer, receipt)
    sign_in(client, cast.donor)
    page = client.get(f"/en/my/receipts/{receipt.number}").text
    said = (
        cast.donor.name, "Money", "¥1,010.10", "人民币壹仟零壹拾元壹角整", world.need_code_of(claim),
        "绵阳市测试慈善会", cast.treasurer.name, entry_of(receipt).uid, "51060122 0001234567", "a1b2c3",
        "not a fiscal receipt", "data:image/svg+xml",
    )  # fmt: skip
    assert [words for words in said if words not in page] == []


def test_slip_for_goods_says_quantity_and_value(app: Flask, client: FlaskClient, cast: Cast) -> None:
    receipt = brought(cast)
    sign_in(client, cast.donor)
    page = client.get(f"/en/my/receipts/{receipt.number}").text
    said = ("Goods", "电热毯 2 床", "¥200", "人民币贰佰元整", cast.secretary.name)
    assert [words for words in said if words not in page] == []


@pytest.mark.parametrize("person", ["stranger", "other_donor", "secretary", "administrator", "supervisor"])
def test_nobody_else_reads_it(app: Flask, client: FlaskClient, cast: Cast, person: str) -> None:
    _claim, receipt = given(cast)
    uid = entry_of(receipt).uid
    sign_in(client, getattr(cast, person))
    for path in (receipt.number, f"{receipt.number}/pdf", f"of/{uid}"):
        assert client.get(f"/en/my/receipts/{path}").status_code == 404
    assert receipt.number not in client.get(f"/en/my/receipts/{YEAR}").text
    assert receipt.number not in client.get("/en/my/receipts").text


def test_treasurer_hands_it_out(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    sign_in(client, cast.treasurer)
    assert client.get(f"/en/my/receipts/{receipt.number}").status_code == 200


def test_claim_leads_to_its_slip(app: Flask, client: FlaskClient, cast: Cast) -> None:
    claim, receipt = given(cast)
    uid = entry_of(receipt).uid
    sign_in(client, cast.donor)
    assert f"/en/my/receipts/of/{uid}" in client.get(f"/en/claims/{claim.code}").text
    assert client.get(f"/en/my/receipts/of/{uid}").location == f"/en/my/receipts/{receipt.number}"
    void(cast.treasurer, receipt, replace=True)
    assert client.get(f"/en/my/receipts/of/{uid}").location == f"/en/my/receipts/{receipts()[-1].number}"


# --- Organisations -----------------------------------------------------------------------------------------------


def colleague(cast: Cast) -> User:
    """A person of the same organisation."""
    return cast.user("赵会计", kind=UserKind.PERSON, organisation=cast.enterprise.organisation)


def test_members_of_a_verified_organisation_read_its_slips(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast, donor=cast.enterprise)
    member = colleague(cast)
    sign_in(client, member)
    assert client.get(f"/en/my/receipts/{receipt.number}").status_code == 404  # anybody can type a name
    with transaction(audited=False):
        organisation = db.session.get_one(User, member.id).organisation
        assert organisation is not None
        organisation.verified_at = now()
    assert client.get(f"/en/my/receipts/{receipt.number}").status_code == 200
    assert receipt.number in client.get("/en/my/receipts").text
    assert "¥300" in client.get(f"/en/my/receipts/{YEAR}").text


def test_slip_of_an_unverified_organisation_says_so(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast, donor=cast.enterprise)
    sign_in(client, cast.enterprise)
    assert "涪江电器有限公司 (not verified)" in client.get(f"/en/my/receipts/{receipt.number}").text


# --- How slips name the donor -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("naming", "words"),
    [
        (Naming.REAL, "张建国"),
        (Naming.SHOWN, "张**"),
        (Naming.ANONYMOUS, "Without a name, as the donor wishes"),
        (Naming.WAIVED, "The donor wants no receipt"),
    ],
)
def test_slip_names_the_donor_as_wished(
    app: Flask, client: FlaskClient, cast: Cast, naming: Naming, words: str
) -> None:
    donor = cast.donor
    with transaction(audited=False):
        services.choose_naming(donor, naming)
    _claim, receipt = given(cast)
    sign_in(client, donor)
    page = client.get(f"/en/my/receipts/{receipt.number}").text
    assert words in page
    assert ("张建国" in page) is (naming is Naming.REAL)


def test_naming_is_chosen_on_the_page_and_written_down(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.donor)
    assert client.post("/en/my/receipts/naming", data={"naming": "nobody"}).status_code == 422
    for _again in range(2):
        assert client.post("/en/my/receipts/naming", data={"naming": "waived"}).status_code == 303
    statement = select(AuditEntry).where(AuditEntry.act == "ReceiptNamingChosen")
    entry = db.session.execute(statement).scalar_one()
    assert (entry.from_state, entry.to_state, entry.object_code) == ("real", "waived", cast.donor.code)
    given(cast)
    issued = db.session.execute(select(AuditEntry.to_state).where(AuditEntry.act == "ReceiptIssued")).scalar_one()
    assert issued == "waived"


# --- The year's statement ---------------------------------------------------------------------------------------


def test_statement_keeps_money_and_goods_apart(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    brought(cast)
    wrong = paid_again(cast)
    refund(receipt, 10_000)
    void(cast.treasurer, wrong)
    statement = queries.statement_of(cast.donor, YEAR)
    assert (statement.money_fen, statement.refunded_fen, statement.goods_fen) == (20_000, 10_000, 20_000)
    sign_in(client, cast.donor)
    page = client.get(f"/en/my/receipts/{YEAR}").text
    assert "¥200" in page
    assert "¥400" not in page  # never one sum of both
    assert "Money and goods are not added up" in page
    assert "of which refunded: ¥100" in page
    assert wrong.number in page


def paid_again(cast: Cast) -> Receipt:
    claim = world.promise(cast, 0, 5_000)
    return paid(cast, claim, 5_000, "BANK0009")


def test_statement_of_another_year(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    sign_in(client, cast.donor)
    assert receipt.number not in client.get(f"/en/my/receipts/{YEAR - 1}").text
    for year in (YEAR + 1, 1999, 0, 10**12):
        assert client.get(f"/en/my/receipts/{year}").status_code == 404
        assert client.get(f"/en/my/receipts/{year}/csv").status_code == 404


def test_statement_as_a_file(app: Flask, client: FlaskClient, cast: Cast) -> None:
    given(cast)
    brought(cast)
    sign_in(client, cast.donor)
    answer = client.get(f"/en/my/receipts/{YEAR}/csv")
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    head, money, goods = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert dict(zip(head, money, strict=True))["Amount of money (yuan)"] == "300.00"
    row = dict(zip(head, goods, strict=True))
    assert (row["Amount of money (yuan)"], row["Value of goods (yuan)"], row["Quantity"]) == ("", "200.00", "2")
