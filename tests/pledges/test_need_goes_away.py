"""What happens to claims when the need is paused, withdrawn, expired or closed (by the real acts)."""

from datetime import timedelta

from flask import Flask

from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.needs import services as needs
from sun_commune.needs.models import Need
from sun_commune.pledges import services
from sun_commune.pledges.models import Claim, ClaimState
from tests.cast import Cast
from tests.pledges.world import BLANKETS, HOURS, acts, hold, pledged, publish_need, stock_of

REASON = "乡镇复核后发现情况有变"


def held_and_pledged(cast: Cast) -> tuple[Need, Claim, Claim]:
    need = publish_need(cast, BLANKETS, HOURS)
    return need, hold(cast.donor, need, 3), pledged(cast.other_donor, need, 4, 2)


def test_pause_ends_holds_and_keeps_pledges(app: Flask, cast: Cast) -> None:
    need, held, promised = held_and_pledged(cast)
    administrator = cast.administrator
    with transaction():
        needs.pause_need(administrator, need, REASON)
    assert (held.state, held.end_reason) == (ClaimState.EXPIRED, "need_paused")
    assert promised.state is ClaimState.PLEDGED
    assert stock_of(need) == [(4, 0), (2, 0)]
    with transaction():
        needs.resume_need(administrator, need)
    assert (need.state, promised.state) == ("partly_claimed", ClaimState.PLEDGED)


def test_withdrawal_releases_all_but_what_is_under_way(app: Flask, cast: Cast) -> None:
    need, held, promised = held_and_pledged(cast)
    administrator, under_way = cast.administrator, promised.lines[1].id
    with transaction(audited=False):
        services.mark_acted(under_way)
    with transaction():
        needs.withdraw_need(administrator, need, REASON)
    assert held.state is ClaimState.EXPIRED
    assert promised.state is ClaimState.PLEDGED
    assert stock_of(need) == [(0, 0), (2, 0)]
    with transaction():
        services.record_line_delivery(under_way, 2, administrator.id)
    assert (promised.state, need.state) == (ClaimState.FULFILLED, "withdrawn")


def test_withdrawal_tells_each_donor(app: Flask, cast: Cast) -> None:
    need, held, promised = held_and_pledged(cast)
    administrator = cast.administrator
    with transaction():
        needs.withdraw_need(administrator, need, REASON)
    assert {held.end_reason, promised.end_reason} == {"need_withdrawn"}
    assert acts().count("ClaimExpired") == 2
    assert stock_of(need) == [(0, 0), (0, 0)]


def test_expiry_ends_holds_and_lets_pledges_be_kept(app: Flask, cast: Cast) -> None:
    need, held, promised = held_and_pledged(cast)
    with transaction(audited=False):
        need.expires_on = today() - timedelta(days=1)
    with transaction():
        needs.expire_need(need)
    assert need.state == "expired"
    assert (held.state, held.end_reason) == (ClaimState.EXPIRED, "need_expired")
    assert promised.state is ClaimState.PLEDGED
    blankets = promised.lines[0].id
    with transaction(audited=False):  # the delivery announces, not its counting
        services.record_line_delivery(blankets, 4, None)
    assert stock_of(need) == [(4, 4), (2, 0)]


def test_closing_releases_what_nobody_began(app: Flask, cast: Cast) -> None:
    need, held, promised = held_and_pledged(cast)
    administrator, blankets = cast.administrator, promised.lines[0].id
    with transaction():
        services.record_line_delivery(blankets, 4, None)
    with transaction():
        needs.close_need(administrator, need, REASON)
    assert need.state == "closed"
    assert held.state is ClaimState.EXPIRED
    assert (promised.state, promised.end_reason) == (ClaimState.FULFILLED, "need_closed")
    assert stock_of(need) == [(4, 4), (0, 0)]
