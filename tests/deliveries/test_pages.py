"""The pages of deliveries: each act by its form, errors that lose nothing, doubles that act once, strangers out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from sun_commune.core.clock import today
from sun_commune.core.db import db, transaction
from sun_commune.deliveries.models import Delivery, DeliveryState
from sun_commune.ledger.models import Transfer
from sun_commune.pledges.models import Claim
from sun_commune.uploads.models import Upload
from tests.cast import Cast
from tests.deliveries.forms import ACCEPT, RECEIVE, SEND, as_user, deliveries, jpeg, once, submit
from tests.deliveries.world import (
    bring,
    promise,
    send,
    transfers,
)
from tests.factories import make_need

S = DeliveryState


def test_goods_travel_through_the_pages(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 2)
    code = claim.code
    donor, village = as_user(app, cast.donor), as_user(app, cast.secretary)
    assert "Send the goods by" in donor.get("/en/my/claims").get_data(as_text=True)
    answer = submit(donor, f"/en/claims/{code}/lines/1/send", **SEND)
    (delivery,) = deliveries()
    assert answer.headers["Location"] == f"/en/claims/{code}#{delivery.code}"
    url = f"/en/deliveries/{delivery.code}"
    form = village.get(f"{url}/receive").get_data(as_text=True)
    assert 'value="200.00"' in form, "the reference price of two blankets is suggested"
    answer = submit(village, f"{url}/receive", **RECEIVE, photo=(jpeg(), "a.jpg"))
    assert answer.headers["Location"] == f"/en/claims/{code}"
    assert deliveries()[0].state is S.ACCEPTED
    assert [entry.amount_fen for entry in transfers()] == [20_000]
    submit(village, f"{url}/thank", text="谢谢您，老人家睡得很暖和。")
    page = donor.get(f"/en/claims/{code}").get_data(as_text=True)
    assert "谢谢您，老人家睡得很暖和。" in page
    assert "Everybody can see this photo." in page
    assert "Everything has arrived" in donor.get("/en/my/claims").get_data(as_text=True)


def test_receive_now_accept_later(app: Flask, cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    code = delivery.code
    village = as_user(app, cast.secretary)
    submit(village, f"/en/deliveries/{code}/receive", quantity="2", condition="damaged")
    assert deliveries()[0].state is S.RECEIVED
    submit(village, f"/en/deliveries/{code}/accept", **ACCEPT)
    assert deliveries()[0].state is S.ACCEPTED


def test_work_and_money_travel_through_the_pages(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 0, 50_000, 0, 8)
    code, payment_code = claim.code, claim.payment_code or ""
    donor, village = as_user(app, cast.donor), as_user(app, cast.secretary)
    page = donor.get(f"/en/claims/{code}").get_data(as_text=True)
    assert payment_code in page
    assert "绵阳市测试慈善会" in page
    assert payment_code not in village.get(f"/en/claims/{code}").get_data(as_text=True)
    submit(donor, f"/en/claims/{code}/lines/2/report", quantity="500")
    treasurer = as_user(app, cast.treasurer)
    assert payment_code in treasurer.get("/en/treasury/payments").get_data(as_text=True)
    typed = {"payment_code": f"{payment_code[:4].lower()} {payment_code[4:]}", "amount_fen": "￥500",
             "arrived_on": today().isoformat(), "bank_reference": "B-0001"}  # fmt: skip
    assert submit(treasurer, "/en/treasury/payments", **typed).status_code == 302
    submit(donor, f"/en/claims/{code}/lines/4/agree", quantity="8", planned_on=today().isoformat())
    work = deliveries()[1]
    submit(donor, f"/en/deliveries/{work.code}/done")
    submit(village, f"/en/deliveries/{work.code}/confirm", quantity="8")
    assert [row.state for row in deliveries()] == [S.PAID, S.CONFIRMED]
    page = donor.get(f"/en/claims/{code}").get_data(as_text=True)
    assert "Arrived for this need, from all donors" in page
    assert "500" in page


def test_dispute_and_settlement_by_the_pages(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 2)
    delivery = send(cast.donor, claim)
    url = f"/en/deliveries/{delivery.code}"
    submit(as_user(app, cast.secretary), f"{url}/dispute", reason="箱子里是空的")
    county = as_user(app, cast.administrator)
    assert "箱子里是空的" in county.get(f"{url}/settle").get_data(as_text=True)
    submit(county, f"{url}/settle", outcome="returned", text="快递公司承认丢失")
    assert deliveries()[0].state is S.CANCELLED
    page = as_user(app, cast.donor).get(f"/en/claims/{claim.code}").get_data(as_text=True)
    assert "快递公司承认丢失" in page
    assert "Send it" in page


def test_calling_off_by_the_page(app: Flask, cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    donor = as_user(app, cast.donor)
    submit(donor, f"/en/deliveries/{delivery.code}/cancel")
    assert deliveries()[0].state is S.CANCELLED
    assert donor.get(f"/en/deliveries/{delivery.code}/cancel").status_code == 302, "back to the claim"


def test_a_double_click_sends_once(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 10)
    url = f"/en/claims/{claim.code}/lines/1/send"
    donor = as_user(app, cast.donor)
    data = {**once(donor, url), **SEND}
    answers = [donor.post(url, data=data) for _number in range(3)]
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert len(deliveries()) == 1
    assert donor.post(url, data={**data, "quantity": "3"}).status_code in {409, 422}
    assert len(deliveries()) == 1


def test_a_wrong_field_loses_nothing(app: Flask, cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    village = as_user(app, cast.secretary)
    url = f"/en/deliveries/{delivery.code}/receive"
    answer = submit(
        village, url, **{**RECEIVE, "quantity": "99", "note": "两床都是新的", "value_fen": "abc"},
        photo=(jpeg(), "a.jpg"),
    )  # fmt: skip
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="99"' in page
    assert 'value="abc"' in page
    assert "两床都是新的" in page
    assert "The photo you sent is kept" in page
    kept = re.search(r'name="kept_photo"[^>]*value="([^"]+)"', page)
    assert kept
    submit(village, url, **RECEIVE, kept_photo=kept[1])
    row = deliveries()[0]
    assert db.session.get(Upload, row.photo_id).token == kept[1]  # type: ignore[union-attr]  # it is there


def test_acceptance_in_the_same_step_must_be_complete(app: Flask, cast: Cast) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    answer = submit(
        as_user(app, cast.secretary), f"/en/deliveries/{delivery.code}/receive",
        quantity="2", condition="good", accept_now="y",
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).count("This is needed.") >= 4
    assert deliveries()[0].state is S.IN_TRANSIT


def test_claim_page_is_for_the_sides_and_their_offices(app: Flask, cast: Cast) -> None:
    url = f"/en/claims/{promise(cast, 2).code}"
    for person in (cast.donor, cast.secretary, cast.reviewer, cast.administrator, cast.treasurer, cast.supervisor):
        assert as_user(app, person).get(url).status_code == 200
    for person in (cast.other_donor, cast.other_secretary, cast.other_administrator, cast.stranger):
        assert as_user(app, person).get(url).status_code == 404
    assert app.test_client().get(url).status_code == 302


def test_forms_are_for_their_side_alone(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 2, 50_000, 1)
    goods, work = send(cast.donor, claim), None
    paths = {
        "donor": [f"/claims/{claim.code}/lines/1/send", f"/claims/{claim.code}/lines/2/report",
                  f"/claims/{claim.code}/lines/3/agree", f"/deliveries/{goods.code}/cancel"],
        "secretary": [f"/deliveries/{goods.code}/receive", f"/deliveries/{goods.code}/thank"],
    }  # fmt: skip
    assert work is None
    people = {name: as_user(app, getattr(cast, name)) for name in
              ("donor", "secretary", "other_donor", "other_secretary", "stranger", "administrator")}  # fmt: skip
    for owner, urls in paths.items():
        for url in urls:
            for name, browser in people.items():
                status = browser.get(f"/en{url}").status_code
                assert (status == 200) == (name == owner), (url, name, status)
                if name != owner:
                    assert browser.post(f"/en{url}", data=SEND).status_code in {403, 404}
    assert len(deliveries()) == 1


@pytest.mark.parametrize("code", ["RL0", "%00", "RL" + "9" * 300, "../../etc", "＜", "1 OR 1=1"])
def test_forged_codes_are_not_found(app: Flask, cast: Cast, code: str) -> None:
    donor, village = as_user(app, cast.donor), as_user(app, cast.secretary)
    assert donor.get(f"/en/claims/{code}").status_code == 404
    assert donor.get(f"/en/claims/{code}/lines/1/send").status_code == 404
    assert village.get(f"/en/deliveries/{code}/receive").status_code == 404


def test_lines_that_are_not_there_are_not_found(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 2)
    donor = as_user(app, cast.donor)
    for position in ("0", "2", "99999999999999999999", "-1"):
        assert donor.get(f"/en/claims/{claim.code}/lines/{position}/send").status_code == 404
    assert donor.get(f"/en/claims/{claim.code}/lines/1/report").status_code == 404, "goods are not reported as money"


def test_my_claims_show_what_is_due_first_and_are_paged(app: Flask, cast: Cast, monkeypatch: Any) -> None:
    from datetime import timedelta

    from sun_commune.deliveries import queries

    donor = as_user(app, cast.donor)
    assert "You have not claimed anything yet" in donor.get("/en/my/claims").get_data(as_text=True)
    need = make_need(cast)
    done, late, soon = (promise(cast, 2, need=make_need(cast)) for _number in range(3))
    bring(cast, done)
    with transaction(audited=False):
        soon.due_on = today() + timedelta(days=1)
    assert need.code
    order = [view.claim.code for view in queries.list_own_claims(cast.donor.id).rows]
    assert order == [soon.code, late.code, done.code]
    monkeypatch.setattr(queries, "PAGE_SIZE", 2)
    page = queries.list_own_claims(cast.donor.id)
    assert [view.claim.code for view in page.rows] == order[:2]
    rest = queries.list_own_claims(cast.donor.id, after=page.after)
    assert [view.claim.code for view in rest.rows] == order[2:]


def test_pages_are_in_both_languages(app: Flask, cast: Cast) -> None:
    claim = promise(cast, 2, 50_000, 1)
    send(cast.donor, claim)
    agree_line = claim.lines[2]
    assert agree_line.quantity == 1
    donor = as_user(app, cast.donor)
    for lang in ("zh", "en"):
        assert donor.get(f"/{lang}/claims/{claim.code}").status_code == 200
        assert donor.get(f"/{lang}/my/claims").status_code == 200


TYPED = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", "2", "-1", "０", "１", "1e9", "9" * 30, "1,000", "courier", "face_to_face", "transfer", "顺丰",
                     "SF12345", "2026-02-30", "9999-12-31", "2026年12月4日", "JK22222222", "=1+1", "<b>x</b>", "\x00"]),
)  # fmt: skip
SENDING = dict.fromkeys(("quantity", "method", "courier", "tracking_number", "planned_on", "once"), TYPED)
PAYING = dict.fromkeys(("payment_code", "amount_fen", "arrived_on", "bank_reference"), TYPED)
FUZZ = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)


def has_nul(values: dict[str, str]) -> bool:
    """A NUL is nothing that a browser sends; the door answers 400 before any page."""
    return any("\x00" in value for value in values.values())


@FUZZ
@given(values=st.fixed_dictionaries(SENDING))
def test_nothing_typed_into_the_sending_form_breaks_it(app: Flask, cast: Cast, values: dict[str, str]) -> None:
    claim = _the_claim(cast)
    answer = as_user(app, cast.donor).post(f"/en/claims/{claim.code}/lines/1/send", data=values)
    assert answer.status_code in ({400} if has_nul(values) else {302, 409, 422})
    assert _sent(claim) <= 2


@FUZZ
@given(values=st.fixed_dictionaries(PAYING))
def test_nothing_typed_into_the_payment_form_breaks_it(app: Flask, cast: Cast, values: dict[str, str]) -> None:
    treasurer = as_user(app, cast.treasurer)
    answer = treasurer.post("/en/treasury/payments", data={**values, "once": "0123456789"})
    assert answer.status_code == (400 if has_nul(values) else 422)
    assert db.session.execute(select(func.count()).select_from(Transfer)).scalar_one() == 0


def _the_claim(cast: Cast) -> Claim:
    db.session.rollback()
    claim = db.session.execute(select(Claim)).scalar_one_or_none()
    return claim or promise(cast, 2)


def _sent(claim: Claim) -> int:
    db.session.rollback()
    total = select(func.coalesce(func.sum(Delivery.quantity), 0)).where(Delivery.state == S.IN_TRANSIT)
    return db.session.execute(total).scalar_one()


@pytest.mark.parametrize("blank", [" ", "\u3000"])
def test_blank_choice_is_no_choice(app: Flask, cast: Cast, blank: str) -> None:
    delivery = send(cast.donor, promise(cast, 2))
    values = {**RECEIVE, "value_basis": blank}
    answer = submit(as_user(app, cast.secretary), f"/en/deliveries/{delivery.code}/receive", **values)
    assert (answer.status_code, deliveries()[0].state) == (422, S.IN_TRANSIT)
