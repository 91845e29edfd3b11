"""Every route that names an object, tried by people who have nothing to do with that object.

The table below names every such route; a new one makes ``test_table_names_every_object_route`` fail until somebody
has said here who must not get in. ``404``: the route is open to that person's role, the object is not, and its
existence is not told. ``403``: no role of that person opens the route, whatever the object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from sun_commune.accounts.models import Duty, DutyState, Role
from sun_commune.accounts.services import invitations
from sun_commune.audit.models import AuditEntry
from sun_commune.choices.models import Route
from sun_commune.core import access
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.households.models import Household
from sun_commune.ledger import services as ledger
from sun_commune.ledger.papers import SpendingCategory
from sun_commune.notifications.models import Notice, NoticeKind
from sun_commune.payments import services as payments
from sun_commune.pledges.models import Claim
from sun_commune.statements import services as statement_services
from tests.cast import JINLU, Cast, sign_in
from tests.choices import world as choices
from tests.deliveries import world as deliveries
from tests.disclosure import world as disclosure
from tests.factories import make_household, make_need
from tests.lanes import world as lanes
from tests.ledger import books
from tests.receipts import papers
from tests.statements import papers as files
from tests.statements import world as statements

Values = dict[str, Any]


def household(cast: Cast) -> Values:
    made: Household = make_household(cast)
    return {"code": made.code, "number": made.consents[0].id if hasattr(made, "consents") else 1}


def need(cast: Cast) -> Values:
    return {"code": make_need(cast).code}


def claim(cast: Cast) -> Values:
    made: Claim = deliveries.promise(cast, 2)
    return {"code": made.code, "position": 1}


def goods(cast: Cast) -> Values:
    return {"code": deliveries.send(cast.donor, deliveries.promise(cast, 2)).code}


def work(cast: Cast) -> Values:
    return {"code": deliveries.agree(cast.donor, deliveries.promise(cast, 0, 0, 2)).code}


def duty(cast: Cast) -> Values:
    donor_id = cast.donor.id
    row = Duty(
        code="DTEST", user_id=donor_id, role=Role.FIRST_SECRETARY, place_code=JINLU, starts_on=today(),
        state=DutyState.REQUESTED, created_at=now(),
    )  # fmt: skip
    with transaction(audited=False) as session:
        session.add(row)
    return {"code": "DTEST"}


def invitation(cast: Cast) -> Values:
    administrator = cast.administrator
    with transaction():
        made = invitations.invite_officer(
            actor=administrator, role=Role.FIRST_SECRETARY, place_code=JINLU, starts_on=today(), ends_on=None
        )
    return {"code": made.code}


def person(cast: Cast) -> Values:
    return {"code": cast.secretary.code}


def organisation(cast: Cast) -> Values:
    assert cast.enterprise.organisation
    return {"code": cast.enterprise.organisation.code}


def notice(cast: Cast) -> Values:
    row = Notice(code="NTEST", user_id=cast.donor.id, kind=NoticeKind.DUTY_ENDED, object_code="D1", at=now())
    with transaction(audited=False) as session:
        session.add(row)
    return {"code": "NTEST"}


def voucher(cast: Cast) -> Values:
    books.give()
    return {"code": books.draft(cast.treasurer).code}


def advance(cast: Cast) -> Values:
    books.give()
    return {"code": books.hand_out(cast.treasurer, cast.second_treasurer).code}


def budget(cast: Cast) -> Values:
    treasurer = cast.treasurer
    books.give()
    with transaction():
        made = ledger.draft_budget(treasurer, need_code=books.NEED, lines={SpendingCategory.WORKS: 500})
    return {"code": made.code}


def entry(cast: Cast) -> Values:
    return {"uid": books.give().uid}


def receipt(cast: Cast) -> Values:
    """Of a gift by cast.donor."""
    _claim, row = papers.given(cast)
    return {"number": row.number, "uid": papers.entry_of(row).uid, "year": row.year}


def statement_file(cast: Cast) -> Values:
    treasurer = cast.treasurer
    return {"code": statements.store(treasurer, files.bank(files.movement(today().isoformat(), "5.00"))).code}


def statement_line(cast: Cast) -> Values:
    statements.import_rows(cast.treasurer, files.movement(today().isoformat(), "5.00"))
    return {"code": statements.lines()[0].code}


def statement_return(cast: Cast) -> Values:
    statement_line(cast)
    line = statements.lines()[0]
    ask = statement_services.ask_return
    paper = statements.act(ask, cast.treasurer, line, amount_fen=500, reason="付款人要求退回")
    return {"code": paper.code}


def correction(cast: Cast) -> Values:
    given, treasurer = books.give(), cast.treasurer
    with transaction():
        ledger.ask_correction(treasurer, given, "金额录错，更正后重新入账")
    return {"uid": given.uid}


def proposal(cast: Cast) -> Values:
    return {"code": lanes.propose(cast, takes_account=False).code}


def choice(cast: Cast) -> Values:
    _need, _claim, made = choices.left_over(cast)
    return {"code": made.code}


def refund(cast: Cast) -> Values:
    _need, _claim, made = choices.left_over(cast)
    return {"code": choices.choose(cast.donor, made, Route.REFUND).code}


def report(cast: Cast) -> Values:
    """A report that the treasurer wrote for the county; the campaign is one that may be ended."""
    disclosure.open_campaign(cast.administrator, begins_on=today() - timedelta(days=80))
    disclosure.run()
    task = disclosure.tasks()[0]
    disclosure.write(cast.treasurer, task)
    return {"code": task.code}


def campaign(cast: Cast) -> Values:
    return {"code": disclosure.open_campaign(cast.administrator, begins_on=today()).code}


def payment_order(cast: Cast) -> Values:
    claim, donor = deliveries.promise(cast, 0, 1000), cast.donor
    with transaction():
        order = payments.open_order(donor, claim, gateway="simulator", amount_fen=1000)
    return {"code": order.code}


@dataclass(frozen=True)
class Guarded:
    """``make`` gives the values of the address; ``answers`` what each outsider gets."""

    make: Callable[[Cast], Values]
    answers: dict[str, int] = field(default_factory=dict)


#: Open to everybody with an account: the object decides.
ANYONE = {"stranger": 404, "other_donor": 404, "other_secretary": 404}
#: Village staff only.
VILLAGE = {"stranger": 403, "other_donor": 403, "other_secretary": 404}
#: Every office, each in its own area.
OFFICES = {**VILLAGE, "other_reviewer": 404, "other_administrator": 404}
#: The village's first secretary and the county.
FAMILY = {**VILLAGE, "information_officer": 403, "other_administrator": 404}
COUNTY = {"stranger": 403, "other_donor": 403, "other_secretary": 403, "other_administrator": 404}
#: Everybody with an account has one of their own.
OWN = {"stranger": 200, "other_donor": 200}
#: The charity's accounts belong to the treasurers of its city, and the supervisor reads along.
TREASURY = {
    "stranger": 403, "other_donor": 403, "other_secretary": 403, "administrator": 403, "operator": 403,
    "other_treasurer": 404,
}  # fmt: skip
#: One for the whole city; the secretaries and donors have no business there.
CITY = {"stranger": 403, "other_donor": 403, "other_secretary": 403}

GUARDED = {
    "accounts.decide_duty": Guarded(duty, COUNTY),
    "accounts.end_duty": Guarded(duty, {**ANYONE, "other_administrator": 404}),
    "accounts.show_invitation": Guarded(invitation, {**COUNTY, "operator": 404}),
    "accounts.withdraw_invitation": Guarded(invitation, {**COUNTY, "operator": 404}),
    "accounts.show_person": Guarded(person, COUNTY),
    "accounts.verify_organisation": Guarded(organisation, CITY),
    "backoffice.erase_household": Guarded(household, FAMILY),
    "backoffice.request_erasure": Guarded(household, FAMILY),
    "backoffice.take_back_erasure": Guarded(household, FAMILY),
    "choices.choose": Guarded(choice, {**ANYONE, "treasurer": 404}),
    "choices.confirm_refund": Guarded(refund, COUNTY),
    "choices.give_up_refund": Guarded(refund, CITY),
    "choices.record_refund": Guarded(refund, CITY),
    "choices.refuse_refund": Guarded(refund, COUNTY),
    "choices.show_refund": Guarded(refund, COUNTY),
    "deliveries.accept_goods": Guarded(goods, VILLAGE),
    "deliveries.agree_work": Guarded(claim, ANYONE),
    "deliveries.cancel_delivery": Guarded(goods, ANYONE),
    "deliveries.confirm_work": Guarded(work, VILLAGE),
    "deliveries.dispute_delivery": Guarded(goods, ANYONE),
    "deliveries.hide_photo": Guarded(goods, COUNTY),
    "deliveries.mark_done": Guarded(work, ANYONE),
    "deliveries.receive_goods": Guarded(goods, VILLAGE),
    "deliveries.report_payment": Guarded(claim, ANYONE),
    "deliveries.send_goods": Guarded(claim, ANYONE),
    "deliveries.settle_dispute": Guarded(goods, COUNTY),
    "deliveries.show_claim": Guarded(claim, ANYONE),
    "deliveries.thank_donor": Guarded(goods, VILLAGE),
    "disclosure.end_campaign": Guarded(campaign, COUNTY),
    "disclosure.rename_campaign": Guarded(campaign, COUNTY),
    "disclosure.publish_report": Guarded(report, COUNTY),
    "disclosure.review_report": Guarded(report, COUNTY),
    "disclosure.send_back_report": Guarded(report, COUNTY),
    "disclosure.write_report": Guarded(report, COUNTY),
    "households.edit_household": Guarded(household, VILLAGE),
    "households.give_consent": Guarded(household, VILLAGE),
    "households.show_consent_document": Guarded(household, OFFICES),
    "households.show_household": Guarded(household, OFFICES),
    "households.unmask_household": Guarded(household, OFFICES),
    "households.withdraw_consent": Guarded(household, OFFICES),
    "lanes.confirm_proposal": Guarded(proposal, CITY),
    "lanes.refuse_proposal": Guarded(proposal, CITY),
    "lanes.show_proposal": Guarded(proposal, {**CITY, "reviewer": 403}),
    "lanes.take_back_proposal": Guarded(proposal, CITY),
    "ledger.approve_budget": Guarded(budget, COUNTY),
    "ledger.approve_correction": Guarded(correction, COUNTY),
    "ledger.approve_voucher": Guarded(voucher, COUNTY),
    "ledger.refuse_budget": Guarded(budget, COUNTY),
    "ledger.refuse_correction": Guarded(correction, COUNTY),
    "ledger.refuse_voucher": Guarded(voucher, COUNTY),
    "ledger.return_advance": Guarded(advance, CITY),
    "ledger.reverse_transfer": Guarded(entry, CITY),
    "ledger.settle_advance": Guarded(advance, CITY),
    "ledger.show_budget": Guarded(budget, COUNTY),
    "ledger.show_correction": Guarded(correction, COUNTY),
    "ledger.show_voucher": Guarded(voucher, COUNTY),
    "ledger.show_voucher_document": Guarded(voucher, COUNTY),
    "ledger.withdraw_budget": Guarded(budget, CITY),
    "ledger.withdraw_voucher": Guarded(voucher, CITY),
    "ledger.name_parcel": Guarded(voucher, CITY),
    "needs.approve_need": Guarded(need, OFFICES),
    "needs.close_need": Guarded(need, OFFICES),
    "needs.edit_need": Guarded(need, VILLAGE),
    "needs.pause_need": Guarded(need, OFFICES),
    "needs.publish_need": Guarded(need, OFFICES),
    "needs.resume_need": Guarded(need, OFFICES),
    "needs.return_need": Guarded(need, OFFICES),
    "needs.review_need": Guarded(need, OFFICES),
    "needs.submit_need": Guarded(need, OFFICES),
    "needs.withdraw_need": Guarded(need, OFFICES),
    "notifications.mark_read": Guarded(notice, ANYONE),
    "statements.approve_return": Guarded(statement_return, TREASURY),
    "statements.ask_return": Guarded(statement_line, {**TREASURY, "supervisor": 403}),
    "statements.choose_columns": Guarded(statement_file, {**TREASURY, "supervisor": 403}),
    "statements.drop_statement": Guarded(statement_file, {**TREASURY, "supervisor": 403}),
    "statements.place_in_pool": Guarded(statement_line, {**TREASURY, "supervisor": 403}),
    "statements.place_on_claim": Guarded(statement_line, {**TREASURY, "supervisor": 403}),
    "statements.post_statement": Guarded(statement_file, {**TREASURY, "supervisor": 403}),
    "statements.refuse_return": Guarded(statement_return, {**TREASURY, "supervisor": 403}),
    "statements.show_line": Guarded(statement_line, TREASURY),
    "statements.show_return": Guarded(statement_return, TREASURY),
    "statements.show_statement": Guarded(statement_file, {**TREASURY, "supervisor": 404}),
    "statements.tie_line": Guarded(statement_line, {**TREASURY, "supervisor": 403}),
    "payments.pay_claim": Guarded(claim, ANYONE),
    "payments.settle_order": Guarded(payment_order, {**CITY, "administrator": 403}),
    "payments.show_order": Guarded(payment_order, ANYONE),
    "payments.simulate_payment": Guarded(payment_order, ANYONE),
    "pledges.cancel_claim": Guarded(claim, ANYONE),
    "pledges.check_claim": Guarded(claim, ANYONE),
    "receipts.download_slip": Guarded(receipt, ANYONE),
    "receipts.download_statement": Guarded(receipt, OWN),
    "receipts.download_statement_pdf": Guarded(receipt, OWN),
    "receipts.keep_receipt": Guarded(receipt, {**CITY, "supervisor": 403}),
    "receipts.record_official": Guarded(receipt, {**CITY, "supervisor": 403}),
    "receipts.replace_receipt": Guarded(receipt, {**CITY, "supervisor": 403}),
    "receipts.show_slip": Guarded(receipt, ANYONE),
    "receipts.show_slip_of_entry": Guarded(receipt, ANYONE),
    "receipts.show_statement": Guarded(receipt, OWN),
    "receipts.void_receipt": Guarded(receipt, {**CITY, "supervisor": 403}),
}

#: Open to everybody by design, with the reason.
OPEN = {
    "accounts.accept_invitation": "the link is the right; tests/accounts/test_invitations.py",
    "accounts.reset_password": "the link is the right; tests/accounts/test_passwords.py",
    "disclosure.download_report": "what is published is for everybody",
    "disclosure.show_campaign": "what is reported on is public",
    "disclosure.show_report": "what is due and what is published is public; drafts are not shown",
    "payment_calls.take_callback": "the provider's signature is the right; tests/payments/test_take_callback.py",
    "pledges.claim_need": "whoever reads a public need may take it on; a claim asks to sign in",
    "log.download_evidence": "what proves an entry of the open ledger; no paper's fingerprint, tests/transparency",
    "log.download_leaf": "the log is open, and says no name",
    "log.download_proof": "the log is open, and says no name",
    "log.show_consistency": "the log is open, and says no name",
    "log.show_daily_checkpoint": "the log is open, and says no name",
    "log.show_tile": "the log is open, and says no name",
    "portal.show_entry": "the ledger is open",
    "portal.show_trace": "the ledger is open",
    "portal.show_fund": "the ledger is open",
    "portal.show_need": "public needs only; others are 404 for everybody",
    "portal.show_village": "places are public",
    "receipt_doors.download_proof": "an unguessable name; the log itself is public",
    "receipt_doors.open_receipt": "an unguessable name, in no language; leads to receipts.show_receipt",
    "receipts.show_receipt": "an unguessable name, and only what the ledger shows; tests/receipts/test_show_receipt.py",
    "uploads.show_photo": "an unguessable name, and its own readers' rule; tests/uploads/test_show_photo.py",
}


def object_endpoints(app: Flask) -> set[str]:
    ruled = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in access.UNRULED_ENDPOINTS]
    return {rule.endpoint for rule in ruled if rule.arguments - {"lang"}}


def test_table_names_every_object_route(app: Flask) -> None:
    assert object_endpoints(app) == GUARDED.keys() | OPEN.keys()
    assert not GUARDED.keys() & OPEN.keys()


def test_only_public_routes_are_called_open(app: Flask) -> None:
    assert {endpoint for endpoint in OPEN if access.rule_of(endpoint) != access.Rule("public")} == set()


@pytest.mark.parametrize("endpoint", sorted(GUARDED))
def test_outsiders_do_not_get_in(app: Flask, cast: Cast, endpoint: str) -> None:
    case = GUARDED[endpoint]
    values = case.make(cast)
    people = {who: getattr(cast, who) for who in case.answers}
    before = db.session.scalar(select(func.count()).select_from(AuditEntry))
    (rule,) = app.url_map.iter_rules(endpoint)
    given = {name: value for name, value in values.items() if name in rule.arguments}
    assert rule.arguments - {"lang"} == given.keys()
    with app.test_request_context("/en/"):
        path = app.url_for(endpoint, lang="en", **given)
    got: dict[str, set[int]] = {}
    for who, user in people.items():
        client = sign_in(app.test_client(), user)
        got[who] = {
            client.open(path, method=method).status_code for method in (rule.methods or set()) & {"GET", "POST"}
        }
    assert got == {who: {status} for who, status in case.answers.items()}
    visitor = app.test_client()
    for method in (rule.methods or set()) & {"GET", "POST"}:
        assert "/sign-in" in (visitor.open(path, method=method).location or ""), method
    assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == before
    db.session.rollback()
