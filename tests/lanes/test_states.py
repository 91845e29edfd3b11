"""When a lane is open, and what may stand in the charity's record."""

from __future__ import annotations

from datetime import date

import pytest

from sun_commune.lanes import states
from sun_commune.lanes.models import Lane, LaneVersion
from sun_commune.lanes.rules import clean, find_faults, is_campaign_url
from sun_commune.lanes.states import NEEDED, status_of
from tests.lanes.world import CAMPAIGN, CHARITY, CREDIT_CODE, content

DAY = date(2026, 12, 1)
HOSTS = ["gongyi.qq.com", "love.alipay.com"]
FULL = {**CHARITY, **CAMPAIGN}


def version(**values: object) -> LaneVersion:
    return LaneVersion(**{**content(**FULL).values, **values})


def test_direct_gifts_need_no_charity() -> None:
    assert status_of(None, Lane.DIRECT, DAY).is_open


@pytest.mark.parametrize("lane", [Lane.ACCOUNT, Lane.CAMPAIGN])
def test_nothing_named_means_closed(lane: Lane) -> None:
    status = status_of(None, lane, DAY)
    assert not status.is_open
    assert status.missing == NEEDED[lane]


@pytest.mark.parametrize(("lane", "name"), [(lane, name) for lane in Lane for name in NEEDED[lane]])
def test_each_missing_thing_closes_its_lane(lane: Lane, name: str) -> None:
    assert status_of(version(), lane, DAY).is_open
    status = status_of(version(**{name: ""}), lane, DAY)
    assert (status.is_open, status.missing) == (False, (name,))


@pytest.mark.parametrize(("lane", "switch"), states.SWITCHES.items())
def test_switch_closes_what_is_complete(lane: Lane, switch: str) -> None:
    status = status_of(version(**{switch: False}), lane, DAY)
    assert (status.is_open, status.is_switched_off) == (False, True)


@pytest.mark.parametrize("lane", [Lane.ACCOUNT, Lane.CAMPAIGN])
def test_lanes_close_after_the_last_day_of_the_certificate(lane: Lane) -> None:
    assert status_of(version(valid_until=DAY), lane, DAY).is_open
    assert status_of(version(valid_until=date(2026, 11, 30)), lane, DAY).expired_on == date(2026, 11, 30)
    assert not status_of(version(valid_until=date(2026, 11, 30)), lane, DAY).is_open


def test_entries_tell_their_lane() -> None:
    assert (states.lane_of_book("cash"), states.lane_of_book("goods")) == (Lane.ACCOUNT, Lane.DIRECT)


@pytest.mark.parametrize(
    "url",
    [
        "https://gongyi.qq.com/succor/detail.htm?id=1",
        "https://ssl.gongyi.qq.com/m/1",
        "https://love.alipay.com",
    ],
)
def test_campaign_on_a_designated_platform(url: str) -> None:
    assert is_campaign_url(url, HOSTS)


@pytest.mark.parametrize(
    "url",
    [
        "http://gongyi.qq.com/1", "//gongyi.qq.com/1", "gongyi.qq.com/1", "javascript:alert(1)",
        "https://gongyi.qq.com.evil.example/1", "https://evilgongyi.qq.com/1", "https://qq.com/1",
        "https://gongyi.qq.com@evil.example/", "https://user:pass@gongyi.qq.com/", "https://gongyi.qq.com:8443/1",
        "https://gongyi.qq.com\\@evil.example/", "https://gоngyi.qq.com/1", "https://gongyi.qq.com/ 1",
        "https://[gongyi.qq.com/", "https://.gongyi.qq.com/", "https://gongyi.qq.com/\"><script>",
        "https://gongyi.qq.com/" + "a" * 300, "",
    ],
)  # fmt: skip
def test_other_addresses_are_refused(url: str) -> None:
    assert not is_campaign_url(url, HOSTS)


def test_a_good_record_has_no_fault_and_is_put_right() -> None:
    typed = content(**{**FULL, "credit_code": f" {CREDIT_CODE.lower()[:9]} {CREDIT_CODE.lower()[9:]} "})
    typed = clean(type(typed)(**{**typed.values, "account_number": "１２３４ 0000-5678 0000"}))
    assert (typed.credit_code, typed.account_number) == (CREDIT_CODE, "1234000056780000")
    assert find_faults(typed, HOSTS) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("credit_code", CREDIT_CODE[:-1] + ("1" if CREDIT_CODE[-1] != "1" else "2")),
        ("credit_code", CREDIT_CODE[:-2] + CREDIT_CODE[-1] + CREDIT_CODE[-2]),
        ("credit_code", "510700"),
        ("charity_name", "会"),
        ("certificate_number", "1"),
        ("filing_number", "x" * 61),
        ("account_name", "张三"),
        ("account_number", "1234567"),
        ("account_number", "12345678a"),
        ("campaign_url", "https://example.com/1"),
        ("note", "短"),
        ("note", "电话13800001234"),
    ],
)
def test_each_fault_names_its_field(field: str, value: str) -> None:
    values = {**content(**FULL).values, field: value}
    faults = find_faults(clean(type(content())(**values)), HOSTS)
    assert field in {fault.field for fault in faults}


def test_account_of_a_charity_without_a_name_is_refused() -> None:
    (fault,) = find_faults(content(charity_name="", credit_code=""), HOSTS)
    assert fault.field == "account_name"
