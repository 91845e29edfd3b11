"""``flask demo-data``: all that was promised is there, by true acts, and a second time changes nothing."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import exists, func, select, update

from sun_commune import config
from sun_commune.accounts.models import Duty, DutyState, Organisation, OrganisationKind, User, UserKind
from sun_commune.audit.models import AuditEntry
from sun_commune.backoffice.duties import DutyKind
from sun_commune.backoffice.queries import open_desk
from sun_commune.core.clock import local, now, today
from sun_commune.core.db import Base, db, transaction
from sun_commune.core.errors import Conflict
from sun_commune.core.selfcheck import all_checks, find_all, watch
from sun_commune.deliveries.models import Condition, Delivery, DeliveryMethod, DeliveryState, Settlement, ValueBasis
from sun_commune.demo.accounts import JINLU
from sun_commune.demo.build import make_demo_data
from sun_commune.demo.families import CASES, FAMILIES
from sun_commune.demo.people import DONORS, VILLAGES
from sun_commune.households.models import Consent, ConsentPurpose, Household
from sun_commune.lanes import queries as lanes
from sun_commune.ledger.models import SelfcheckRun, Transfer, TransferKind
from sun_commune.ledger.papers import Correction, Voucher, VoucherState
from sun_commune.needs.models import Category, LineKind, Need, NeedChange, NeedLine, NeedPhoto, Subject, Urgency
from sun_commune.needs.states import NeedAct, NeedState, SystemReason
from sun_commune.pledges.models import Claim, ClaimState, EndReason, Shown
from tests.cast import Cast
from tests.demo_site import demo_user


def present(column: Any) -> set[Any]:
    """Values of a column."""
    return set(db.session.execute(select(column).distinct()).scalars())


def count(*conditions: Any, of: Any) -> int:
    return db.session.execute(select(func.count()).select_from(of).where(*conditions)).scalar_one()


ALL_STATES = [
    (Need.state, NeedState),
    (Need.category, Category),
    (Need.subject, Subject),
    (Need.urgency, Urgency),
    (NeedLine.kind, LineKind),
    (NeedChange.act, NeedAct),
    (Claim.state, ClaimState),
    (Claim.shown, Shown),
    (Delivery.state, DeliveryState),
    (Delivery.method, DeliveryMethod),
    (Delivery.settled_as, Settlement),
    (Delivery.value_basis, ValueBasis),
    (Voucher.state, VoucherState),
    (Transfer.kind, TransferKind),
    (Consent.purpose, ConsentPurpose),
    (Organisation.kind, OrganisationKind),
    (User.kind, UserKind),
]
#: What no story tells: nothing resumes, nothing wrong came but what was damaged, and the rest is in the list above.
UNTOLD: set[StrEnum] = {NeedAct.RESUME, Condition.WRONG_ITEM}


@pytest.mark.parametrize(("column", "kind"), ALL_STATES, ids=lambda value: getattr(value, "__name__", None))
def test_every_state_that_exists(demo_app: Flask, column: Any, kind: Any) -> None:
    missing = set(kind) - UNTOLD - present(column)
    assert not missing


def test_turns_that_were_promised(demo_app: Flask) -> None:
    assert count(Transfer.reverses_id.is_not(None), of=Transfer) >= 1
    assert present(Correction.state) >= {VoucherState.APPROVED, VoucherState.DRAFTED}
    assert count(Consent.withdrawn_at.is_not(None), of=Consent) >= 1
    assert count(NeedChange.reason == SystemReason.CONSENT_OVER, of=NeedChange) >= 1
    assert count(Organisation.verified_at.is_(None), Organisation.refused_reason == "", of=Organisation) >= 1
    assert count(Organisation.refused_reason != "", of=Organisation) >= 1
    assert count(Duty.state == DutyState.REQUESTED, of=Duty) >= 1
    assert present(Claim.end_reason) >= {EndReason.HOLD_ENDED, EndReason.OVERDUE, EndReason.NEED_WITHDRAWN}
    assert count(Delivery.thanked_at.is_not(None), of=Delivery) >= 5
    assert count(Claim.reminded_last_at.is_not(None), of=Claim) >= 1


def test_as_many_as_promised(demo_app: Flask) -> None:
    assert count(of=Household) == 60 + len(CASES)
    assert sum(FAMILIES.values()) == 60
    assert len(present(Need.village_code)) == len(VILLAGES) == 12
    assert len(DONORS) == 25
    emails = [donor.email for donor in DONORS]
    assert count(User.email.in_(emails), ~exists().where(Duty.user_id == User.id), of=User) == 25
    assert count(Need.is_open, of=Need) >= 40
    assert count(of=NeedPhoto) >= 60


def test_open_needs_are_spread_over_the_last_months(demo_app: Flask) -> None:
    published = db.session.execute(select(Need.published_at).where(Need.is_open)).scalars().all()
    ages = sorted((now() - moment).days for moment in published if moment)
    assert ages[0] <= 7
    assert ages[-1] >= 90
    assert ages[-1] < config.current().need_days


def test_village_of_few_families_is_not_named(demo_app: Flask) -> None:
    few = [code for code, families in FAMILIES.items() if families < config.current().min_cell]
    assert few
    named = select(Need.code).where(Need.village_code.in_(few), Need.household_id.is_not(None), Need.names_village)
    assert db.session.execute(named).all() == []
    elsewhere = select(Need.code).where(Need.village_code == JINLU, Need.household_id.is_not(None), Need.names_village)
    assert db.session.execute(elsewhere).all() != []


def test_nothing_is_told_of_the_future_and_the_trail_goes_forward(demo_app: Flask) -> None:
    moments = db.session.execute(select(AuditEntry.at).order_by(AuditEntry.id)).scalars().all()
    told = moments[1:]  # the places are loaded before the story begins, and that happens now
    assert list(told) == sorted(told)
    assert max(moments) <= now()
    steps = select(NeedChange.need_id, NeedChange.at).order_by(NeedChange.need_id, NeedChange.id)
    rows = [(row.need_id, row.at) for row in db.session.execute(steps)]
    assert rows == sorted(rows)


def test_three_people_bring_a_need_into_the_open(demo_app: Flask) -> None:
    rows = db.session.execute(
        select(Need.author_id, Need.township_reviewer_id, Need.publisher_id).where(Need.published_at.is_not(None))
    ).all()
    assert rows
    assert all(len(set(row)) == 3 for row in rows)


class TestHuangGuoji:
    """Posted in December 2017, delivered two days later; everything else stays with the village."""

    def need(self) -> Need:
        return db.session.execute(
            select(Need).where(Need.village_code == JINLU, Need.published_at < now() - timedelta(days=1000))
        ).scalar_one()

    def test_posted_and_two_days_later_delivered(self, demo_app: Flask) -> None:
        need = self.need()
        assert local(need.created_at).date() == date(2017, 12, 4)
        assert need.published_at is not None
        assert local(need.published_at).date() == date(2017, 12, 4)
        brought = db.session.execute(select(Delivery).where(Delivery.need_id == need.id)).scalars().all()
        assert [each.state for each in brought] == [DeliveryState.ACCEPTED] * 2
        assert {local(each.accepted_at).date() for each in brought if each.accepted_at} == {date(2017, 12, 6)}
        assert need.state is NeedState.FULFILLED

    def test_blanket_and_stove_at_their_prices(self, demo_app: Flask) -> None:
        assert [(line.item, line.unit, line.unit_price_fen) for line in self.need().lines] == [
            ("电热毯", "床", 10_000),
            ("烤火炉", "台", 22_000),
        ]

    def test_public_page_shows_the_mask(self, demo_app: Flask, demo_client: FlaskClient) -> None:
        page = demo_client.get(f"/zh/needs/{self.need().code}").text
        assert "黄**" in page
        assert "黄国基" not in page
        assert "金禄村" in page
        assert "2017年12月4日" in page

    def test_entries_stand_in_the_books_on_that_day(self, demo_app: Flask) -> None:
        rows = db.session.execute(select(Transfer).where(Transfer.need_code == self.need().code)).scalars().all()
        assert [(row.amount_fen, row.business_on, row.donor_shown) for row in rows] == [
            (10_000, date(2017, 12, 6), ""),
            (22_000, date(2017, 12, 6), ""),
        ]


DESKS = {
    "secretary": {
        DutyKind.NEED_RETURNED, DutyKind.GOODS_TO_RECEIVE, DutyKind.GOODS_TO_ACCEPT, DutyKind.WORK_TO_CONFIRM,
        DutyKind.THANKS_DUE, DutyKind.DRAFT_OLD,
    },
    "information_officer": {DutyKind.NEED_RETURNED, DutyKind.GOODS_TO_RECEIVE, DutyKind.DRAFT_OLD},
    "reviewer": {DutyKind.NEED_TO_REVIEW},
    "county": {
        DutyKind.NEED_TO_PUBLISH, DutyKind.DISPUTE_TO_SETTLE, DutyKind.ORGANISATION_TO_VERIFY, DutyKind.DUTY_REQUESTED,
    },
    "treasurer": {DutyKind.PAYMENT_REPORTED, DutyKind.VOUCHER_TO_CHECK, DutyKind.CORRECTION_TO_CHECK},
    "second_treasurer": {DutyKind.PAYMENT_REPORTED, DutyKind.VOUCHER_TO_CHECK},
}  # fmt: skip


@pytest.mark.parametrize("key", DESKS)
def test_each_office_has_something_on_its_desk(demo_app: Flask, key: str) -> None:
    assert set(open_desk(demo_user(key)).counts) >= DESKS[key]


def test_donor_has_claims_with_something_due(demo_app: Flask) -> None:
    claims = db.session.execute(select(Claim).where(Claim.donor_id == demo_user("donor").id)).scalars().all()
    states = {claim.state for claim in claims}
    assert states >= {ClaimState.PLEDGED, ClaimState.FULFILLED}
    due = [claim.due_on for claim in claims if claim.state is ClaimState.PLEDGED and claim.due_on]
    assert min(due) - today() <= timedelta(days=1)
    assert min(due) >= today()


def test_self_check_passes_and_the_ledger_can_say_so(demo_app: Flask) -> None:
    with watch():
        assert [str(finding) for finding in find_all(all_checks())] == []
    runs = db.session.execute(select(SelfcheckRun)).scalars().all()
    assert [run.failures for run in runs] == [""]


def rows_of_all_tables() -> dict[str, int]:
    return {
        table.name: db.session.execute(select(func.count()).select_from(table)).scalar_one()
        for table in Base.metadata.sorted_tables
    }


def test_second_run_changes_nothing(demo_app: Flask) -> None:
    before = rows_of_all_tables()
    again = demo_app.test_cli_runner().invoke(args=["demo-data"])
    assert again.exit_code == 0
    assert again.output.strip() == "the demo's data are there already"
    db.session.rollback()
    assert rows_of_all_tables() == before


def test_refused_outside_the_demo(app: Flask) -> None:
    before = rows_of_all_tables()
    refused = app.test_cli_runner().invoke(args=["demo-data"])
    assert refused.exit_code == 1
    assert refused.output.strip().count("\n") == 0
    assert "SUN_DEMO=1" in refused.output
    assert rows_of_all_tables() == before


def test_half_made_demo_is_named_as_such(app: Flask, cast: Cast) -> None:
    donor = cast.donor
    with transaction(audited=False) as session:
        session.execute(update(User).where(User.id == donor.id).values(email="donor@demo.test"))
    with pytest.raises(Conflict, match="broke off half-way"):
        make_demo_data(lambda _words: None)


def test_every_page_says_that_it_is_a_demo(demo_client: FlaskClient) -> None:
    for address in ("/en/", "/en/needs", "/en/ledger"):
        assert "Demonstration: the data are examples" in demo_client.get(address).text


def test_demo_has_an_invented_help_phone_where_none_is_set(tmp_path: Any) -> None:
    settings = config.load_settings({"SUN_INSTANCE_PATH": str(tmp_path), "SUN_DEMO": "1"})
    assert "演示" in settings.help_phone
    own = config.load_settings({"SUN_INSTANCE_PATH": str(tmp_path), "SUN_DEMO": "1", "SUN_HELP_PHONE": "0816-1"})
    assert own.help_phone == "0816-1"
    assert config.load_settings({"SUN_INSTANCE_PATH": str(tmp_path)}).help_phone == ""


def test_charity_of_the_demo_is_marked_as_invented(demo_app: Flask) -> None:
    charity = lanes.present().account
    assert charity is not None
    for value in (charity.charity_name, charity.certificate_number, charity.filing_number, charity.bank_name):
        assert "演示" in value
    assert set(charity.account_number) == {"0"}
    assert lanes.present().campaign is None
