"""The pages: the donor's list and form, the treasurers' queue, what everybody may read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.choices import jobs
from sun_commune.choices.models import ChoiceState, Route
from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.ledger.models import TransferKind
from sun_commune.needs.models import Category
from sun_commune.notifications.models import Notice, NoticeKind, OutboxMessage
from sun_commune.pledges import services as pledges
from tests.cast import Cast, sign_in
from tests.choices.world import choices, choose, entries, findings, give, held, left_over, money_need, withdraw
from tests.deliveries.forms import as_user, once, submit


def text_of(answer) -> str:  # type: ignore[no-untyped-def]  # a test response
    return str(answer.get_data(as_text=True))


def test_the_terms_are_told_before_the_pledge(app: Flask, cast: Cast) -> None:
    need, donor = money_need(cast), cast.donor
    wanted = {need.lines[0].id: 10_000}
    with transaction():
        claim = pledges.hold_claim(donor, need, wanted=wanted)
    page = text_of(as_user(app, donor).get(f"/en/claims/{claim.code}/check"))
    assert "within 30 days" in page
    assert "another open need of the same category" in page


def test_told_in_the_inbox_with_day_and_default(app: Flask, cast: Cast) -> None:
    left_over(cast)
    donor = as_user(app, cast.donor)
    inbox = text_of(donor.get("/zh/my/inbox"))
    assert "¥500" in inbox
    (notice,) = db.session.query(Notice).filter_by(user_id=cast.donor.id, kind=NoticeKind.CHOICE_OPENED)
    last = today() + timedelta(days=30)
    assert f"{last.year}年{last.month}月{last.day}日" in notice.note
    message = db.session.query(OutboxMessage).filter_by(user_id=cast.donor.id).order_by(OutboxMessage.id.desc()).first()
    assert message is not None
    assert f"/my/choices/{notice.object_code}" in message.body


def test_from_the_list_to_another_need(app: Flask, cast: Cast) -> None:
    need, _claim, choice = left_over(cast)
    far = money_need(cast, title="村小缺书桌", category=Category.EDUCATION)
    near = money_need(cast, 80_000, title="花椒地缺肥料")
    donor = as_user(app, cast.donor)
    page = text_of(donor.get("/en/my/choices"))
    assert f"/en/my/choices/{choice.code}" in page
    assert "Waiting for your choice" in page
    page = text_of(donor.get(f"/en/my/choices/{choice.code}"))
    assert page.index("花椒地缺肥料") < page.index("村小缺书桌")
    assert "takes ¥500 of it" in page
    assert "村小缺书桌, Yanting County (" in page
    assert f'href="/en/needs/{need.code}"' not in page, "a withdrawn need has no public page"
    url = f"/en/my/choices/{choice.code}"
    answer = submit(donor, url, route="need", to_need_code=near.code, amount_fen="500")
    assert answer.status_code == 303
    page = text_of(donor.get(url))
    (done,) = choices()
    assert done.to_claim_code
    assert f"/en/claims/{done.to_claim_code}" in page
    assert str(done.transfer_uid) in page
    assert text_of(donor.get(f"/en/claims/{done.to_claim_code}")).count("moved here from another purpose") == 1
    assert (held(near.code), held(far.code)) == (50_000, 0)
    assert findings() == []


def test_by_number_and_in_part(app: Flask, cast: Cast) -> None:
    _need, _claim, choice = left_over(cast)
    other = money_need(cast, category=Category.EDUCATION)
    donor, url = as_user(app, cast.donor), f"/en/my/choices/{choice.code}"
    submit(donor, url, route="need", other_need_code=other.code.lower(), amount_fen="１２０．５")
    assert held(other.code) == 12_050
    assert [row.amount_fen for row in choices(state=ChoiceState.OPEN)] == [37_950]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"amount_fen": "500"}, "Choose one of the three."),
        ({"route": "pool", "amount_fen": "abc"}, "Enter an amount in yuan"),
        ({"route": "pool", "amount_fen": "501"}, "at most ¥500"),
        ({"route": "pool", "amount_fen": ""}, "Enter the amount."),
        ({"route": "need", "amount_fen": "500", "other_need_code": "XQ-1"}, "This need cannot take it"),
        ({"route": "need", "amount_fen": "500"}, "This need cannot take it"),
        ({"route": "elsewhere", "amount_fen": "500"}, "Not a valid choice"),
    ],
)
def test_bad_input_names_its_field_and_loses_nothing(app: Flask, cast: Cast, sent: dict[str, str], words: str) -> None:
    _need, _claim, choice = left_over(cast)
    answer = submit(as_user(app, cast.donor), f"/en/my/choices/{choice.code}", **sent)
    page = text_of(answer)
    assert answer.status_code == 422
    assert words in page
    if sent["amount_fen"]:
        assert f'value="{sent["amount_fen"]}"' in page
    if sent.get("route") in {"pool", "need"}:
        assert re.search(rf'<input checked[^>]*value="{sent["route"]}"', page)
    assert [row.state for row in choices()] == [ChoiceState.OPEN]


def test_a_double_click_chooses_once(app: Flask, cast: Cast) -> None:
    _need, _claim, choice = left_over(cast)
    donor, url = as_user(app, cast.donor), f"/en/my/choices/{choice.code}"
    data = {**once(donor, url), "route": "pool", "amount_fen": "200"}
    answers = [donor.post(url, data=data) for _number in range(3)]
    assert {answer.status_code for answer in answers} == {303}
    assert len(entries(TransferKind.MOVED)) == 1
    assert held("") == 20_000


def test_strangers_see_nothing(app: Flask, cast: Cast) -> None:
    _need, _claim, choice = left_over(cast)
    for who in (cast.other_donor, cast.treasurer, cast.administrator):
        assert as_user(app, who).get(f"/en/my/choices/{choice.code}").status_code == 404
    assert choice.code not in text_of(as_user(app, cast.other_donor).get("/en/my/choices"))


def test_refund_through_the_pages(app: Flask, cast: Cast) -> None:
    _need, _claim, choice = left_over(cast)
    donor = as_user(app, cast.donor)
    submit(donor, f"/en/my/choices/{choice.code}", route="refund", amount_fen="500")
    assert "A treasurer sends it back" in text_of(donor.get(f"/en/my/choices/{choice.code}"))
    payer, checker = as_user(app, cast.treasurer), as_user(app, cast.second_treasurer)
    assert "refund to send" in text_of(payer.get("/en/desk"))
    url = f"/en/treasury/refunds/{choice.code}"
    page = text_of(payer.get(url))
    assert "张建国" in page
    assert "bank reference B" in page, "the way that it came is the way back"
    answer = payer.post(f"{url}/pay", data={**once(payer, url), "paid_on": "明天", "bank_reference": "REF-7"})
    assert answer.status_code == 422
    assert 'value="REF-7"' in text_of(answer)
    data = {**once(payer, url), "paid_on": today().isoformat(), "bank_reference": "REF-7"}
    assert payer.post(f"{url}/pay", data=data).status_code == 303
    assert payer.post(f"{url}/confirm").status_code == 403
    assert "A second person has to look" in text_of(payer.get(url))
    assert "refund to check" in text_of(checker.get("/en/desk"))
    assert checker.post(f"{url}/refuse", data={"reason": "x"}).status_code == 422
    assert checker.post(f"{url}/confirm").status_code == 303
    (entry,) = entries(TransferKind.REFUND)
    assert entry.uid in text_of(donor.get(f"/en/my/choices/{choice.code}"))
    assert f"/treasury/entries/{entry.uid}/reverse" in text_of(payer.get(url))
    assert "REF-7" not in text_of(app.test_client().get(f"/en/ledger/entries/{entry.uid}"))
    assert "REF-7" not in text_of(as_user(app, cast.supervisor).get(url))


def test_a_refund_that_cannot_be_sent_through_the_pages(app: Flask, cast: Cast) -> None:
    _need, _claim, choice = left_over(cast)
    choose(cast.donor, choice, Route.REFUND)
    payer, donor = as_user(app, cast.treasurer), as_user(app, cast.donor)
    url = f"/en/treasury/refunds/{choice.code}"
    assert payer.post(f"{url}/give-up", data={"reason": "账户已注销，退不回去"}).status_code == 303
    assert payer.get(url).status_code == 404, "the donor's matter again"
    assert "账户已注销，退不回去" in text_of(donor.get(f"/en/my/choices/{choice.code}"))
    assert "could not be paid out" in text_of(donor.get("/en/my/inbox"))


def test_everybody_reads_what_waits_and_until_when(client: FlaskClient, cast: Cast) -> None:
    assert "No money waits for a choice" in text_of(client.get("/en/ledger/waiting"))
    need, _claim, choice = left_over(cast)
    page = text_of(client.get("/en/ledger/waiting"))
    assert need.code in page
    assert "¥500" in page
    assert (today() + timedelta(days=30)).isoformat() in page
    assert "another open need of the same category" in page
    for private in ("张建国", "张**", choice.code, str(choice.claim_code)):
        assert private not in page


def test_the_list_of_what_waits_is_paged(client: FlaskClient, cast: Cast) -> None:
    need = money_need(cast, 2_000_000)
    for number in range(1, 28):
        give(cast, need, number * 100)
    withdraw(cast, need)
    first = text_of(client.get("/en/ledger/waiting"))
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = text_of(client.get(older[1]))
    amounts = re.findall(r">\s*¥([0-9]+)\s*<", first.partition("<tbody")[2] + second.partition("<tbody")[2])
    assert sorted(map(int, amounts)) == list(range(1, 28))


def test_everybody_reads_the_pool(client: FlaskClient, cast: Cast) -> None:
    assert "Nothing has come into the pool yet" in text_of(client.get("/en/ledger/pool"))
    need, _claim, choice = left_over(cast)
    choose(cast.donor, choice, Route.POOL)
    page = text_of(client.get("/en/ledger/pool"))
    (entry,) = entries(TransferKind.MOVED)
    assert entry.uid in page
    assert need.code in page
    assert "¥500" in page
    assert "/en/ledger/pool" in text_of(client.get("/en/ledger"))
    assert client.get(f"/en/ledger/entries/{entry.uid}").status_code == 200


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_opens_in_both_languages(app: Flask, cast: Cast, lang: str) -> None:
    _need, _claim, choice = left_over(cast)
    donor, treasurer = as_user(app, cast.donor), as_user(app, cast.treasurer)
    for path in ("/my/choices", f"/my/choices/{choice.code}", "/ledger/waiting", "/ledger/pool", "/my/claims"):
        assert donor.get(f"/{lang}{path}").status_code == 200, path
    assert treasurer.get(f"/{lang}/treasury/refunds").status_code == 200
    choose(cast.donor, choice, Route.REFUND)
    assert treasurer.get(f"/{lang}/treasury/refunds/{choice.code}").status_code == 200
    assert jobs.take_defaults() == 0
    assert sign_in(app.test_client(), cast.supervisor).get(f"/{lang}/treasury/refunds").status_code == 200
