"""A household is registered with its consent, sealed in the database, and shown masked."""

import io
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from sun_commune.audit.models import AuditEntry
from sun_commune.core.db import db
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.households import services, vault
from sun_commune.households.identity import check_character, is_id_number, normal_id_number
from sun_commune.households.models import ConsentPurpose, Household
from sun_commune.uploads.models import Upload
from tests.cast import JINLU, YANGWUGOU, Cast, sign_in
from tests.factories import PRIVATE, make_household, private_values
from tests.uploads.pictures import picture

ID_NUMBER = "51072319500101001" + check_character("51072319500101001")
FORM = {
    "once": "a-key-of-the-test", "village": JINLU, "name": "黄国基", "members_count": "２", "id_number": ID_NUMBER,
    "phone": "１３９０００１２３４５", "address": "三组12号", "health": "风湿",
    "support_label": "subsistence_allowance", "given_on": "2026-01-05",
}  # fmt: skip


@pytest.fixture
def secretary(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.secretary)


def only_household() -> Household:
    return db.session.execute(select(Household)).scalar_one()


def test_household_is_registered_with_its_consent(secretary: FlaskClient) -> None:
    answer = secretary.post("/en/households/new", data=FORM)
    household = only_household()
    assert (answer.status_code, answer.location) == (303, f"/en/households/{household.code}")
    assert household.masked_name == "黄**"
    assert [consent.purpose for consent in household.consents] == [ConsentPurpose.COLLECT]
    plain = services.open_private(household)
    assert (plain.name, plain.id_number, plain.phone) == ("黄国基", ID_NUMBER, "13900012345")
    acts = db.session.execute(select(AuditEntry.act).order_by(AuditEntry.id)).scalars().all()
    assert acts == ["HouseholdRegistered", "ConsentGiven"]


def test_page_shows_masks_alone(secretary: FlaskClient) -> None:
    page = secretary.get(secretary.post("/en/households/new", data=FORM).location)
    assert page.headers["Cache-Control"] == "no-store"
    assert "黄**" in page.text
    assert "*" * 14 + ID_NUMBER[-4:] in page.text
    for private in ("黄国基", ID_NUMBER, "13900012345", "三组12号", "风湿", "低保"):
        assert private not in page.text
    assert "黄**" in secretary.get("/en/households").text


def test_database_holds_no_private_value_in_plain(secretary: FlaskClient) -> None:
    secretary.post("/en/households/new", data=FORM)
    row = db.session.execute(text("SELECT * FROM households")).mappings().one()
    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    for private in ("黄国基", ID_NUMBER, "13900012345", "三组12号", "风湿", "subsistence"):
        assert private.encode() not in stored
    audit = db.session.execute(text("SELECT * FROM audit_entries")).all()
    assert all(private not in str(audit) for private in ("黄国基", ID_NUMBER, "13900012345"))


def test_double_click_registers_once(secretary: FlaskClient) -> None:
    answers = [secretary.post("/en/households/new", data=FORM).location for _ in range(2)]
    assert answers[0] == answers[1]
    assert db.session.execute(select(func.count()).select_from(Household)).scalar_one() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("id_number", ID_NUMBER[:-1] + ("0" if ID_NUMBER[-1] != "0" else "1"), "check digit"),
        ("id_number", "123", "check digit"),
        ("name", "", "householder"),
        ("members_count", "0", "whole number"),
        ("members_count", "31", "1 to 30"),
        ("given_on", "", "consent"),
        ("given_on", "2999-01-01", "not come"),
        ("given_on", "yesterday", "2026-12-04"),
        ("support_label", "rich", "valid"),
        ("address", "长" * 101, "100"),
    ],
)  # fmt: skip
def test_wrong_field_is_named_and_nothing_typed_is_lost(
    secretary: FlaskClient, field: str, value: str, words: str
) -> None:
    answer = secretary.post("/en/households/new", data={**FORM, field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#{field}' in answer.text
    kept = {name: FORM[name] for name in ("name", "phone", "address", "health")} | {field: value}
    assert all(text in answer.text for name, text in kept.items() if name != "support_label")
    assert db.session.execute(select(func.count()).select_from(Household)).scalar_one() == 0


def test_scan_of_the_consent_is_kept_and_private(secretary: FlaskClient, app: Flask, cast: Cast) -> None:
    scan = picture()
    secretary.post("/en/households/new", data={**FORM, "document": (io.BytesIO(scan), "../../x.html")})
    code = only_household().code
    address = f"/en/households/{code}/consents/1/document"
    paper = secretary.get(address)
    assert paper.data == scan
    assert paper.headers["Content-Disposition"] == f"attachment; filename=consent-{code}-1.jpg"
    assert not db.session.execute(select(Upload)).scalar_one().is_public
    assert sign_in(app.test_client(), cast.administrator).get(address).status_code == 200
    for person in (cast.reviewer, cast.other_secretary, cast.other_administrator):
        assert sign_in(app.test_client(), person).get(address).status_code == 404
    assert secretary.get(f"/en/households/{code}/consents/2/document").status_code == 404


def test_scan_that_is_no_paper_is_refused(secretary: FlaskClient) -> None:
    answer = secretary.post("/en/households/new", data={**FORM, "document": (io.BytesIO(b"<html>"), "x.pdf")})
    assert answer.status_code == 422
    assert "PDF, JPEG or PNG" in answer.text
    assert db.session.execute(select(func.count()).select_from(Household)).scalar_one() == 0


def test_only_the_own_village_registers(cast: Cast, app: Flask) -> None:
    client = sign_in(app.test_client(), cast.other_secretary)
    assert client.post("/en/households/new", data=FORM).status_code == 422
    for person in (cast.donor, cast.reviewer, cast.administrator, cast.supervisor, cast.operator, cast.treasurer):
        assert sign_in(app.test_client(), person).post("/en/households/new", data=FORM).status_code == 403
    with pytest.raises(NotAllowed):
        make_household(cast, actor=cast.other_secretary)
    assert make_household(cast, actor=cast.other_secretary, village=YANGWUGOU).village_code == YANGWUGOU


def test_service_refuses_a_wrong_id_number(cast: Cast) -> None:
    with pytest.raises(RuleBroken) as refusal:
        make_household(cast, id_number="110105194912310021")
    assert refusal.value.field == "id_number"


def test_id_numbers_have_a_check_character() -> None:
    # The example of the standard itself.
    assert is_id_number("11010519491231002X")
    assert is_id_number(normal_id_number(" 110105 19491231 002x "))
    assert is_id_number(normal_id_number("１１０１０５１９４９１２３１００２Ｘ"))
    assert not is_id_number("110105194912310021")
    assert not is_id_number("11010519490231002X")  # no such day
    assert not is_id_number("110105209912310027")  # not born yet
    assert sum(is_id_number("11010519491231002"[:-1] + digit + "X") for digit in "0123456789") == 1


def test_sealed_value_opens_only_in_its_place(cast: Cast, app: Flask) -> None:
    first, second = make_household(cast), make_household(cast)
    assert first.name_sealed != second.name_sealed
    with pytest.raises(vault.Unreadable):
        vault.unseal(first.name_sealed, household_code=second.code, field="name")
    with pytest.raises(vault.Unreadable):
        vault.unseal(first.name_sealed, household_code=first.code, field="phone")
    for at in range(len(first.name_sealed)):
        broken = bytearray(first.name_sealed)
        broken[at] ^= 1
        with pytest.raises(vault.Unreadable):
            vault.unseal(bytes(broken), household_code=first.code, field="name")


def test_key_can_be_changed(cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    household = make_household(cast, **PRIVATE)
    settings = app.extensions["sun_settings"]
    changed = replace(settings, field_key="ab" * 32, field_key_old=settings.field_key)
    monkeypatch.setitem(app.extensions, "sun_settings", changed)
    assert "1 of 1" in app.test_cli_runner().invoke(args=["households", "rotate-key"]).output
    assert "0 of 1" in app.test_cli_runner().invoke(args=["households", "rotate-key"]).output
    monkeypatch.setitem(app.extensions, "sun_settings", replace(changed, field_key_old=""))
    db.session.expire_all()
    assert services.open_private(household).name == PRIVATE["name"]
    monkeypatch.setitem(app.extensions, "sun_settings", settings)
    with pytest.raises(vault.Unreadable):
        services.open_private(household)


def test_private_values_are_what_was_given(cast: Cast) -> None:
    household = make_household(cast, **PRIVATE)
    assert set(PRIVATE.values()) <= set(private_values(household))


def test_edit_changes_what_is_filled_in_and_keeps_the_rest(secretary: FlaskClient, cast: Cast) -> None:
    household = make_household(cast, **PRIVATE)
    code = household.code
    page = secretary.get(f"/en/households/{code}/edit")
    assert all(value not in page.text for value in PRIVATE.values())
    answer = secretary.post(
        f"/en/households/{code}/edit", data={"members_count": "5", "phone": "13711112222", "clear": ["health"]}
    )
    assert answer.status_code == 303
    db.session.rollback()
    plain = services.open_private(only_household())
    assert (plain.name, plain.phone, plain.health, plain.id_number) == (
        PRIVATE["name"], "13711112222", "", PRIVATE["id_number"]
    )  # fmt: skip
    assert only_household().members_count == 5


def test_edit_refuses_a_wrong_id_number(secretary: FlaskClient, cast: Cast) -> None:
    code = make_household(cast).code
    answer = secretary.post(f"/en/households/{code}/edit", data={"members_count": "5", "id_number": "5"})
    assert (answer.status_code, "check digit" in answer.text) == (422, True)


def test_strangers_do_not_learn_that_it_exists(cast: Cast, app: Flask) -> None:
    code = make_household(cast).code
    for person in (cast.other_secretary, cast.other_reviewer, cast.other_administrator):
        client = sign_in(app.test_client(), person)
        assert client.get(f"/en/households/{code}").status_code == 404
        assert client.post(f"/en/households/{code}/unmask", data={"reason": "就是想看看"}).status_code == 404
        assert client.post(f"/en/households/{code}/consents/withdraw", data={"purpose": "publish"}).status_code == 404
    assert sign_in(app.test_client(), cast.other_secretary).get(f"/en/households/{code}/edit").status_code == 404
    for person in (cast.stranger, cast.donor, cast.supervisor, cast.treasurer, cast.operator):
        assert sign_in(app.test_client(), person).get(f"/en/households/{code}").status_code == 403
    assert app.test_client().get(f"/en/households/{code}").status_code == 302
    for person in (cast.reviewer, cast.administrator, cast.information_officer):
        assert sign_in(app.test_client(), person).get(f"/en/households/{code}").status_code == 200


def test_forged_codes_are_not_found(secretary: FlaskClient) -> None:
    for code in ("H0", "%00", "..", "1' OR '1'='1", "H" * 300, "黄"):
        assert secretary.get(f"/en/households/{code}").status_code == 404


def test_nobody_else_sees_it_in_a_list(cast: Cast, app: Flask) -> None:
    household = make_household(cast)
    assert household.code not in sign_in(app.test_client(), cast.other_secretary).get("/en/households").text
