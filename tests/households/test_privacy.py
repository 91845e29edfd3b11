"""No public page holds a private value, whatever state the needs are in."""

from flask import Flask
from flask.testing import FlaskClient

from sun_commune.households.models import ConsentPurpose
from sun_commune.needs.models import Category
from sun_commune.needs.states import NeedState
from tests.cast import JINLU, Cast
from tests.factories import PRIVATE, ROUTES, make_household, make_need, private_values

PAGES = ("/{lang}/", "/{lang}/needs", "/{lang}/needs?open=0", "/{lang}/villages", f"/{{lang}}/villages/{JINLU}",
         "/{lang}/ledger", "/{lang}/ledger/entries", "/{lang}/ledger.csv", "/{lang}/information")  # fmt: skip


def public_answers(client: FlaskClient, codes: list[str]) -> dict[str, str]:
    paths = [page.format(lang=lang) for lang in ("zh", "en") for page in PAGES]
    paths += [f"/{lang}/needs/{code}" for lang in ("zh", "en") for code in codes]
    paths += [f"/en/needs?q={word}" for word in (PRIVATE["name"], PRIVATE["phone"], "尘肺", "88")]
    return {path: client.get(path).text for path in paths}


def test_no_public_page_holds_a_private_value(cast: Cast, app: Flask) -> None:
    household = make_household(cast, **PRIVATE)
    codes = [make_need(cast, household=household, state=state).code for state in ROUTES]
    answers = public_answers(app.test_client(), codes)
    shown = [path for path, text in answers.items() if household.masked_name in text]
    assert any("/needs/" in path for path in shown)
    for path, text in answers.items():
        for value in (*private_values(household), "周书记", "+86139"):
            assert value not in text.replace(f"q={value}", "").replace(f'value="{value}"', "").replace(
                f"“{value}”", ""
            ), (path, value)


def test_village_stays_unnamed_without_consent_or_company(cast: Cast, app: Flask) -> None:
    household = make_household(cast, consents=(ConsentPurpose.PUBLISH,))
    code = make_need(cast, household=household).code
    for path, text in public_answers(app.test_client(), [code]).items():
        if path.endswith(code):
            assert ("金禄" in text, "Jinlu" in text) == (False, False)
            assert path.startswith("/en") or "黄溪乡" in text


def test_illness_is_named_with_consent_alone_and_never_what_it_is(cast: Cast, app: Flask) -> None:
    client = app.test_client()
    silent = make_household(cast, consents=(ConsentPurpose.PUBLISH,), **PRIVATE)
    spoken = make_household(cast, consents=(ConsentPurpose.PUBLISH, ConsentPurpose.HARDSHIP), **PRIVATE)
    words = {
        household.code: client.get(
            f"/en/needs/{make_need(cast, household=household, category=Category.MEDICAL, title='一辆结实的轮椅').code}"
        ).text
        for household in (silent, spoken)
    }
    assert "A family member is ill" not in words[silent.code]
    assert "A family member is ill" in words[spoken.code]
    assert all("尘肺" not in text for text in words.values())


def test_hidden_needs_are_nowhere(cast: Cast, app: Flask) -> None:
    hidden = [
        make_need(cast, state=state, title=f"看不见的需求{number}")
        for number, state in enumerate(
            (NeedState.DRAFT, NeedState.SUBMITTED, NeedState.RETURNED, NeedState.APPROVED, NeedState.PAUSED,
             NeedState.WITHDRAWN)
        )
    ]  # fmt: skip
    client = app.test_client()
    for text in public_answers(client, [need.code for need in hidden]).values():
        assert "看不见的需求" not in text
    assert [client.get(f"/en/needs/{need.code}").status_code for need in hidden] == [404] * len(hidden)
