"""Writing a need: a draft at any moment, lines by buttons, photos kept, nothing typed ever lost."""

import io
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from sun_commune.audit.models import AuditEntry
from sun_commune.core import clock
from sun_commune.core.db import db, transaction
from sun_commune.core.errors import NotAllowed, RuleBroken
from sun_commune.core.forms import new_key
from sun_commune.needs import services
from sun_commune.needs.models import Category, LineKind, Need, NeedPhoto, Subject
from sun_commune.needs.states import NeedState
from sun_commune.uploads.models import Upload
from tests.cast import JINLU, YANGWUGOU, Cast, sign_in
from tests.factories import form_of_need, make_household, make_need, need_input
from tests.uploads.pictures import exif, picture, png_bomb


@pytest.fixture
def secretary(client: FlaskClient, cast: Cast) -> FlaskClient:
    return sign_in(client, cast.secretary)


def only_need() -> Need:
    db.session.rollback()
    return db.session.execute(select(Need)).scalar_one()


def count(model: type) -> int:
    return db.session.execute(select(func.count()).select_from(model)).scalar_one()


def edit_form(need: Need, **changes: str) -> dict[str, str]:
    return form_of_need(version=str(need.version), **changes)


def test_draft_is_saved_and_opened_again(secretary: FlaskClient) -> None:
    answer = secretary.post("/en/needs/new", data=form_of_need())
    need = only_need()
    assert (answer.status_code, answer.location) == (303, f"/en/needs/{need.code}/edit")
    assert re.fullmatch(r"XQ-\d{4}-00001", need.code)
    assert (need.state, need.subject, need.category, need.urgency) == (
        NeedState.DRAFT, Subject.VILLAGE, Category.DAILY_NECESSITIES, 2
    )  # fmt: skip
    line = need.lines[0]
    assert (line.kind, line.item, line.asked, line.unit, line.unit_price_fen) == (
        LineKind.GOODS, "电热毯", 2, "床", 10_000
    )  # fmt: skip
    assert need.typed == ""
    page = secretary.get(answer.location)
    assert all(text in page.text for text in ("想要一床暖和的电热毯", "电热毯", "床"))
    assert db.session.execute(select(AuditEntry.act)).scalars().all() == ["NeedDrafted"]


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""},
        {"title": "长" * 500, "story": "短"},
        {"lines__0__asked": "很多", "lines__0__price": "一百块", "lines__0__unit": ""},
        {"category": "", "beneficiary": "", "urgency": ""},
        {"category": "nonsense", "lines__0__kind": "nonsense", "urgency": "9"},
        {"wanted_on": "明天"},
        {"wanted_on": "2001-01-01"},
        {"lines__0__asked": "-5"},
        {"lines__0__asked": "9" * 400},
        {"title": "<script>alert(1)</script>", "category": ""},
        {"story": "打我电话 139 0000 1234"},
    ],
)
def test_incomplete_draft_is_kept_word_for_word(secretary: FlaskClient, changes: dict[str, str]) -> None:
    form = form_of_need(**changes)
    answer = secretary.post("/en/needs/new", data=form)
    assert answer.status_code == 303
    page = secretary.get(answer.location).text
    for name in ("title", "story", "lines-0-item", "lines-0-asked", "lines-0-price", "wanted_on"):
        shown = form[name].replace("<", "&lt;").replace(">", "&gt;")
        assert shown in page, name
    assert "<script>alert" not in page
    assert only_need().state is NeedState.DRAFT


EMPTY = {
    "beneficiary": JINLU, "category": "medical", "urgency": "2", "title": " ", "story": "\n",
    "lines-0-kind": "goods", "lines-0-item": "", "lines-0-asked": "", "lines-0-is_divisible": "y",
}  # fmt: skip


def with_key(fields: dict[str, Any]) -> dict[str, Any]:
    """What a browser sends beside: the form's own key."""
    return {**fields, "once": new_key()}


@pytest.mark.parametrize("act", ["save", "submit", "nonsense", ""])
def test_empty_draft_is_not_stored(secretary: FlaskClient, act: str) -> None:
    answer = secretary.post("/en/needs/new", data={**EMPTY, "act": act})
    assert answer.status_code == 422
    assert "There is nothing to save yet" in answer.text
    assert 'href="#title"' in answer.text
    assert 'value="medical" selected' in answer.text or 'selected value="medical"' in answer.text
    assert (count(Need), count(AuditEntry)) == (0, 0)


@pytest.mark.parametrize("written", [{"title": "毯"}, {"story": "冷"}, {"lines-0-item": "毯"}, {"lines-0-asked": "0"}])
def test_one_word_is_a_draft(secretary: FlaskClient, written: dict[str, str]) -> None:
    assert secretary.post("/en/needs/new", data=with_key({**EMPTY, **written})).status_code == 303
    assert count(Need) == 1


def test_photo_alone_is_a_draft_unless_it_is_none(secretary: FlaskClient) -> None:
    refused = secretary.post("/en/needs/new", data={**EMPTY, "photos": (io.BytesIO(b"no photo"), "x.jpg")})
    assert refused.status_code == 422
    assert "Photo 1 was not taken" in refused.text
    assert count(Need) == 0
    secretary.post("/en/needs/new", data=with_key({**EMPTY, "photos": (io.BytesIO(picture()), "x.jpg")}))
    assert (count(Need), count(NeedPhoto)) == (1, 1)


def test_lines_of_an_empty_form_come_and_go_without_a_draft(secretary: FlaskClient) -> None:
    added = secretary.post("/en/needs/new", data={**EMPTY, "act": "add_line"})
    assert added.status_code == 200
    assert 'name="lines-1-item"' in added.text
    assert 'name="lines-2-item"' not in added.text
    two = {**EMPTY, "lines-1-kind": "money", "lines-1-item": "", "act": "remove_line-0"}
    left = secretary.post("/en/needs/new", data=two).text
    assert 'name="lines-0-item"' in left
    assert 'name="lines-1-item"' not in left
    assert '<option selected value="money">' in left
    assert count(Need) == 0


def test_submitting_names_every_wrong_field_and_keeps_the_draft(secretary: FlaskClient) -> None:
    form = form_of_need(
        act="submit", title="短", story="短", category="", wanted_on="2001-01-01",
        lines__0__asked="-1", lines__0__unit="", lines__0__price="贵", lines__0__item="",
    )  # fmt: skip
    answer = secretary.post("/en/needs/new", data=form)
    assert answer.status_code == 422
    for field in ("title", "story", "category", "wanted_on", "lines-0-asked", "lines-0-unit", "lines-0-price",
                  "lines-0-item"):  # fmt: skip
        assert f'href="#{field}"' in answer.text, field
    assert "Line 1: say the quantity" in answer.text
    assert "This day is over" in answer.text
    need = only_need()
    assert need.state is NeedState.DRAFT
    assert json.loads(need.typed)["lines"][0]["asked"] == "-1"
    assert f'action="/en/needs/{need.code}/edit"' in answer.text


def test_complete_need_is_submitted(secretary: FlaskClient) -> None:
    answer = secretary.post("/en/needs/new", data=form_of_need(act="submit"))
    need = only_need()
    assert (answer.status_code, answer.location) == (303, f"/en/needs/{need.code}/review")
    assert need.state is NeedState.SUBMITTED


def test_kinds_are_mixed_freely(secretary: FlaskClient) -> None:
    form = form_of_need(
        act="submit",
        lines__1__kind="money", lines__1__item="化肥款", lines__1__asked="１，２００.５", lines__1__is_divisible="y",
        lines__1__minimum="50",
        lines__2__kind="service", lines__2__item="修剪培训", lines__2__asked="2", lines__2__unit="场",
        lines__3__kind="hours", lines__3__item="采收帮工", lines__3__asked="40", lines__3__is_divisible="y",
        lines__3__minimum="4", lines__3__unit="不用",
    )  # fmt: skip
    assert secretary.post("/en/needs/new", data=form).status_code == 303
    lines = [(line.kind, line.asked, line.unit, line.is_divisible, line.minimum) for line in only_need().lines]
    assert lines == [
        (LineKind.GOODS, 2, "床", True, 1),
        (LineKind.MONEY, 120_050, "", True, 5_000),
        (LineKind.SERVICE, 2, "场", False, 2),
        (LineKind.HOURS, 40, "", True, 4),
    ]


def test_lines_come_and_go_by_buttons(secretary: FlaskClient) -> None:
    added = secretary.post("/en/needs/new", data=form_of_need(act="add_line"))
    assert added.location.endswith("/edit#lines-1")
    need = only_need()
    page = secretary.get(added.location).text
    assert 'name="lines-1-item"' in page
    assert 'name="lines-2-item"' not in page
    second = {"lines__1__kind": "money", "lines__1__item": "路费", "lines__1__asked": "30"}
    secretary.post(f"/en/needs/{need.code}/edit", data=edit_form(need, act="save", **second))
    assert [line.item for line in only_need().lines] == ["电热毯", "路费"]
    need = only_need()
    secretary.post(f"/en/needs/{need.code}/edit", data=edit_form(need, act="remove_line-0", **second))
    page = secretary.get(f"/en/needs/{need.code}/edit").text
    assert ("路费" in page, 'value="电热毯"' in page) == (True, False)


def test_blank_lines_between_are_dropped_and_errors_count_right(secretary: FlaskClient) -> None:
    form = form_of_need(act="submit", lines__5__kind="goods", lines__5__item="烤火炉", lines__5__asked="零",
                        lines__5__unit="台", lines__2__kind="goods")  # fmt: skip
    answer = secretary.post("/en/needs/new", data=form)
    assert "Line 2: say the quantity" in answer.text
    assert 'href="#lines-1-asked"' in answer.text
    assert 'id="lines-1-asked"' in answer.text


def test_at_most_20_lines(secretary: FlaskClient) -> None:
    many = {
        f"lines__{row}__{name}": value
        for row in range(25)
        for name, value in (("kind", "goods"), ("item", f"东西{row}"), ("asked", "1"), ("unit", "个"))
    }
    secretary.post("/en/needs/new", data=form_of_need(act="add_line", **many))
    assert len(only_need().lines) == 20


def test_double_click_makes_one_need(secretary: FlaskClient) -> None:
    form = form_of_need(act="submit")
    answers = [secretary.post("/en/needs/new", data=form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert count(Need) == 1
    assert secretary.get(answers[1].location).location == answers[0].location


def test_same_key_with_other_words_is_a_conflict(secretary: FlaskClient) -> None:
    form = form_of_need()
    secretary.post("/en/needs/new", data=form)
    assert secretary.post("/en/needs/new", data={**form, "title": "完全不同的标题"}).status_code == 409
    assert count(Need) == 1


def test_old_version_does_not_overwrite_a_newer_one(secretary: FlaskClient, cast: Cast, app: Flask) -> None:
    need = make_need(cast, state=NeedState.DRAFT)
    colleague = sign_in(app.test_client(), cast.information_officer)
    first = colleague.post(f"/en/needs/{need.code}/edit", data=edit_form(need, title="信息员写的标题"))
    assert first.status_code == 303
    mine = form_of_need(version="1", title="书记写的标题", story="书记写的故事，一共有十个字以上。")
    answer = secretary.post(f"/en/needs/{need.code}/edit", data=mine)
    assert answer.status_code == 409
    assert all(text in answer.text for text in ("信息员写的标题", "书记写的标题", "书记写的故事"))
    assert only_need().title == "信息员写的标题"
    version = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)
    assert version
    again = secretary.post(f"/en/needs/{need.code}/edit", data={**mine, "version": version[1], "once": "another-key-1"})
    assert again.status_code == 303
    assert only_need().title == "书记写的标题"


def test_photos_are_kept_described_and_removed(secretary: FlaskClient) -> None:
    files = [(io.BytesIO(picture(900, 600, exif=exif())), "IMG_1.jpg"), (io.BytesIO(picture(kind="PNG")), "2.png")]
    secretary.post("/en/needs/new", data={**form_of_need(), "photos": files})
    need = only_need()
    assert [photo.shows_person for photo in need.photos] == [True, True]
    tokens = [db.session.get(Upload, photo.upload_id).token for photo in need.photos]  # type: ignore[union-attr]
    page = secretary.get(f"/en/needs/{need.code}/edit").text
    assert all(f"/photos/{token}/480.jpg" in page for token in tokens)
    assert secretary.get(f"/photos/{tokens[0]}/480.jpg").status_code == 200
    described = {
        "kept__0__token": tokens[0], "kept__0__alt": "结冰的屋子", "kept__1__token": tokens[1], "kept__1__alt": "",
        "kept__1__shows_person": "y",
    }  # fmt: skip
    wrong = secretary.post(f"/en/needs/{need.code}/edit", data=edit_form(need, act="submit", **described))
    assert (wrong.status_code, 'href="#kept-1-alt"' in wrong.text) == (422, True)
    need = only_need()
    assert [(photo.alt, photo.shows_person) for photo in need.photos] == [("结冰的屋子", False), ("", True)]
    form = edit_form(need, act=f"remove_photo-{tokens[1]}", **described)
    secretary.post(f"/en/needs/{need.code}/edit", data=form)
    need = only_need()
    assert (count(NeedPhoto), count(Upload)) == (1, 1)
    one = {name: value for name, value in described.items() if name.startswith("kept__0")}
    assert secretary.post(f"/en/needs/{need.code}/edit", data=edit_form(need, act="submit", **one)).status_code == 303
    assert only_need().state is NeedState.SUBMITTED


@pytest.mark.parametrize("data", [b"<svg/>", b"", png_bomb(9000, 9000), b"\0\0\0\x18ftypheic"])
def test_wrong_photo_costs_nothing_but_itself(secretary: FlaskClient, data: bytes) -> None:
    files = [(io.BytesIO(data), "../../etc/passwd"), (io.BytesIO(picture()), "ok.jpg")]
    answer = secretary.post("/en/needs/new", data={**form_of_need(), "photos": files})
    assert answer.status_code == 303
    assert "Photo 1 was not taken" in secretary.get(answer.location).text
    assert len(only_need().photos) == 1


def test_wrong_photo_keeps_the_need_from_being_submitted(secretary: FlaskClient) -> None:
    data = {**form_of_need(act="submit"), "photos": [(io.BytesIO(b"GIF89a"), "x.jpg")]}
    answer = secretary.post("/en/needs/new", data=data)
    assert (answer.status_code, "Photo 1 was not taken" in answer.text) == (422, True)
    assert only_need().state is NeedState.DRAFT


def test_seventh_photo_is_not_taken(secretary: FlaskClient) -> None:
    files = [(io.BytesIO(picture()), f"{number}.jpg") for number in range(7)]
    answer = secretary.post("/en/needs/new", data={**form_of_need(), "photos": files})
    assert "At most 6 photos" in secretary.get(answer.location).text
    assert len(only_need().photos) == 6


def test_unsubmitted_photo_is_for_the_own_village_alone(secretary: FlaskClient, cast: Cast, app: Flask) -> None:
    secretary.post("/en/needs/new", data={**form_of_need(), "photos": [(io.BytesIO(picture()), "1.jpg")]})
    address = f"/photos/{db.session.execute(select(Upload.token)).scalar_one()}/480.jpg"
    assert sign_in(app.test_client(), cast.information_officer).get(address).status_code == 200
    for person in (cast.other_secretary, cast.reviewer, cast.donor):
        assert sign_in(app.test_client(), person).get(address).status_code == 404


def test_need_of_a_household(secretary: FlaskClient, cast: Cast) -> None:
    household = make_household(cast)
    page = secretary.get(f"/en/needs/new?household={household.code}").text
    assert re.search(rf'<option selected value="{household.code}">', page)
    secretary.post("/en/needs/new", data=form_of_need(beneficiary=household.code, act="submit"))
    assert (only_need().household_id, only_need().subject) == (household.id, Subject.HOUSEHOLD)


def test_household_of_another_village_cannot_be_chosen(secretary: FlaskClient, cast: Cast) -> None:
    foreign = make_household(cast, actor=cast.other_secretary, village=YANGWUGOU)
    secretary.post("/en/needs/new", data=form_of_need(beneficiary=foreign.code, act="submit"))
    assert (only_need().household_id, only_need().state) == (None, NeedState.DRAFT)
    actor = cast.secretary
    with pytest.raises(RuleBroken) as refusal, transaction():
        services.draft_need(actor, village_code=JINLU, content=need_input(household=foreign))
    assert refusal.value.field == "beneficiary"


def test_household_without_consent_cannot_be_submitted(secretary: FlaskClient, cast: Cast) -> None:
    household = make_household(cast, consents=())
    answer = secretary.post("/en/needs/new", data=form_of_need(beneficiary=household.code, act="submit"))
    assert answer.status_code == 422
    assert 'href="#beneficiary"' in answer.text
    assert only_need().state is NeedState.DRAFT


def test_wanted_by_today_counts_in_mianyang(client: FlaskClient, cast: Cast) -> None:
    with time_machine.travel("2026-05-01T16:30Z", tick=False):  # 00:30 of the next day there
        secretary = sign_in(client, cast.secretary)
        assert clock.today() == date(2026, 5, 2)
        yesterday = (clock.today() - timedelta(days=1)).isoformat()
        form = form_of_need(act="submit", wanted_on=yesterday)
        assert secretary.post("/en/needs/new", data=form).status_code == 422
        today = clock.today().strftime("%Y年%m月%d日")
        need = only_need()
        form = edit_form(need, act="submit", wanted_on=today)
        assert secretary.post(f"/en/needs/{need.code}/edit", data=form).status_code == 303
        assert only_need().wanted_on == clock.today()


@pytest.mark.parametrize(
    ("field", "text"),
    [("title", "找我13900001234"), ("story", "身份证 110105 19491231 002X，请帮忙看看"),
     ("lines-0-item", "卡6222021234567890123"), ("title", "找我１３９００００１２３４")],
)  # fmt: skip
def test_private_numbers_in_public_text_are_refused_at_their_field(
    secretary: FlaskClient, field: str, text: str
) -> None:
    answer = secretary.post("/en/needs/new", data={**form_of_need(act="submit"), field: text})
    assert (answer.status_code, f'href="#{field}"' in answer.text) == (422, True)
    assert "everybody can read this text" in answer.text


def test_list_shows_the_own_village(secretary: FlaskClient, cast: Cast) -> None:
    assert "Nothing here at the moment" in secretary.get("/en/village/needs").text
    mine = make_need(cast, state=NeedState.DRAFT, title="我村的草稿")
    public = make_need(cast, title="我村已经公开的")
    make_need(cast, village=YANGWUGOU, state=NeedState.DRAFT, title="外村的草稿")
    page = secretary.get("/en/village/needs").text
    assert (mine.code in page, "外村的草稿" in page, public.code in page) == (True, False, False)
    assert public.code in secretary.get("/en/village/needs?group=public").text
    assert secretary.get("/en/village/needs?group=nonsense&page=-7").status_code == 200


def test_drafts_are_the_own_village_s_alone(cast: Cast, app: Flask) -> None:
    need = make_need(cast, state=NeedState.DRAFT)
    for person in (cast.other_secretary, cast.reviewer, cast.administrator, cast.supervisor):
        client = sign_in(app.test_client(), person)
        assert client.get(f"/en/needs/{need.code}/review").status_code == 404
    for person in (cast.stranger, cast.donor):
        client = sign_in(app.test_client(), person)
        assert client.get(f"/en/needs/{need.code}/edit").status_code == 403
        assert client.get("/en/needs/new").status_code == 403
    client = sign_in(app.test_client(), cast.other_secretary)
    assert client.get(f"/en/needs/{need.code}/edit").status_code == 404
    assert client.post(f"/en/needs/{need.code}/edit", data=form_of_need()).status_code == 404
    assert app.test_client().get("/en/needs/new").status_code == 302
    other = cast.other_secretary
    with pytest.raises(NotAllowed), transaction():
        services.draft_need(other, village_code=JINLU, content=need_input())
    with pytest.raises(NotAllowed), transaction():
        services.edit_need(other, need, content=need_input())


def test_submitted_need_is_read_only(secretary: FlaskClient, cast: Cast) -> None:
    need = make_need(cast, state=NeedState.SUBMITTED)
    assert secretary.get(f"/en/needs/{need.code}/edit").location == f"/en/needs/{need.code}/review"
    answer = secretary.post(f"/en/needs/{need.code}/edit", data=form_of_need(title="偷偷改的标题"))
    assert answer.status_code == 303
    assert only_need().title != "偷偷改的标题"


def test_returned_need_is_changed_and_submitted_again(secretary: FlaskClient, cast: Cast) -> None:
    need = make_need(cast, state=NeedState.RETURNED)
    page = secretary.get(f"/en/needs/{need.code}/edit").text
    assert "测试用的理由" in page
    answer = secretary.post(f"/en/needs/{need.code}/edit", data=edit_form(need, act="submit", title="改好了的标题"))
    assert answer.status_code == 303
    assert (only_need().state, only_need().title) == (NeedState.SUBMITTED, "改好了的标题")


def test_forged_codes_are_not_found(secretary: FlaskClient) -> None:
    for code in ("XQ-2026-99999", "%00", "..", "1' OR '1'='1", "X" * 300, "黄"):
        for act in ("edit", "review"):
            assert secretary.get(f"/en/needs/{code}/{act}").status_code == 404


def test_numbers_go_on_by_year(cast: Cast) -> None:
    with time_machine.travel("2026-12-31T15:59:00Z", tick=False):
        first = make_need(cast, state=NeedState.DRAFT).code
    with time_machine.travel("2026-12-31T16:00:00Z", tick=False):
        second = make_need(cast, state=NeedState.DRAFT).code
    assert (first, second) == ("XQ-2026-00001", "XQ-2027-00001")


ANY = st.text(max_size=40) | st.sampled_from(
    ["\0", "\ud7ff", "²", "-1", "0", "1e9", "99999999999999999999", "１２", "="]
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    values=st.dictionaries(
        st.sampled_from(sorted(form_of_need())) | st.sampled_from(
            ["lines-²-item", "lines-99999-item", "lines--item", "lines-1-asked", "kept-0-token", "kept-x-alt",
             "lines-٣-item", "lines-0-nothing", "kept-0-alt", "lines", "photos"]
        ),
        ANY,
    ),
    button=st.sampled_from(["save", "submit", "add_line", "remove_line-0", "remove_line-²", "remove_photo-", "\0"]),
)  # fmt: skip
def test_whatever_is_sent_is_never_an_accident(secretary: FlaskClient, values: dict[str, str], button: str) -> None:
    form = {**form_of_need(act=button), **values}
    answer = secretary.post("/en/needs/new", data=form, content_type="multipart/form-data")
    assert answer.status_code in {303, 400, 409, 422}


def test_dates_far_away_are_refused(secretary: FlaskClient) -> None:
    for day in (date(9999, 12, 31), clock.today() + timedelta(days=800)):
        form = form_of_need(act="submit", wanted_on=day.isoformat())
        assert secretary.post("/en/needs/new", data=form).status_code == 422
