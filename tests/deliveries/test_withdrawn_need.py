"""A need is withdrawn while something for it is on the road: what was begun is brought to its end."""

from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core import selfcheck
from sun_commune.core.db import db
from sun_commune.deliveries.models import Delivery, DeliveryState
from sun_commune.needs import services as needs
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from sun_commune.pledges.models import Claim, ClaimState
from tests.cast import Cast, sign_in
from tests.deliveries.world import accept, in_transaction, promise, receive, send, stock, transfers

REASON = "乡镇复核后发现情况有变"
TO_COME = "something is still to come"


def withdraw(cast: Cast, claim: Claim) -> Need:
    need = db.session.get_one(Need, claim.need_id)
    in_transaction(needs.withdraw_need, cast.administrator, need, REASON)
    return need


def on_the_road(cast: Cast) -> tuple[Claim, Delivery, Need]:
    claim = promise(cast, 2)
    delivery = send(cast.donor, claim, 2)
    return claim, delivery, withdraw(cast, claim)


def test_what_is_on_the_road_is_accepted_and_counts(app: Flask, cast: Cast) -> None:
    claim, delivery, need = on_the_road(cast)
    assert (need.state, claim.state) == (NeedState.WITHDRAWN, ClaimState.PLEDGED)
    need_id = need.id
    assert stock(need_id)[0] == (2, 0)
    receive(cast.secretary, delivery, 2)
    accept(cast.secretary, delivery, 2)
    assert (delivery.state, claim.state) == (DeliveryState.ACCEPTED, ClaimState.FULFILLED)
    assert (need.state, stock(need_id)[0]) == (NeedState.WITHDRAWN, (2, 2))
    assert [(entry.delivery_code, entry.amount_fen) for entry in transfers()] == [(delivery.code, 20_000)]
    with selfcheck.watch():
        assert selfcheck.find_all(selfcheck.all_checks()) == []


def test_pages_say_that_something_is_still_to_come(client: FlaskClient, cast: Cast) -> None:
    claim, delivery, need = on_the_road(cast)
    review, own = f"/en/needs/{need.code}/review", f"/en/claims/{claim.code}"
    page = sign_in(client, cast.secretary).get(review).text
    assert TO_COME in page
    assert "电热毯: 2" in page
    donor = sign_in(client.application.test_client(), cast.donor)
    page = donor.get(own).text
    assert "The need was withdrawn meanwhile" in page
    assert f'href="/en/needs/{need.code}"' not in page  # the public page is gone
    receive(cast.secretary, delivery, 2)
    accept(cast.secretary, delivery, 2)
    assert TO_COME not in client.get(review).text
    assert "The need was withdrawn meanwhile" not in donor.get(own).text


def test_nothing_is_to_come_of_what_was_only_promised(client: FlaskClient, cast: Cast) -> None:
    need = withdraw(cast, promise(cast, 2))
    assert TO_COME not in sign_in(client, cast.secretary).get(f"/en/needs/{need.code}/review").text
