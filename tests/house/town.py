"""A small town in which every act of the site has something to be done to, and who may do it.

Made by the real services in the hands of the cast. ``build(cast)`` gives the values of every address, by endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from sun_commune.accounts.models import Duty, DutyState, Role
from sun_commune.accounts.services import invitations, keys
from sun_commune.choices.models import Route
from sun_commune.core.clock import now, today
from sun_commune.core.db import db, transaction
from sun_commune.deliveries import services as deliveries
from sun_commune.deliveries.models import Delivery
from sun_commune.households import erasing
from sun_commune.households.models import Asker
from sun_commune.ledger import queries as entries
from sun_commune.ledger import services as ledger
from sun_commune.ledger.papers import PayeeKind, SpendingCategory
from sun_commune.needs.models import Need
from sun_commune.needs.states import NeedState
from sun_commune.notifications.models import Notice
from sun_commune.payments import services as payments
from sun_commune.pledges import services as pledges
from sun_commune.statements import services as statement_services
from sun_commune.uploads import services as uploads
from sun_commune.uploads.images import prepare_photo
from sun_commune.uploads.models import Upload
from tests.cast import JINLU, Cast
from tests.choices import world as choices
from tests.deliveries import world
from tests.disclosure import world as disclosure
from tests.factories import make_household, make_need
from tests.lanes import world as lanes
from tests.ledger import books
from tests.payments.world import simulator, simulator_call
from tests.receipts import papers as receipts
from tests.statements import papers
from tests.statements import world as statements
from tests.uploads.pictures import picture

Values = dict[str, Any]

#: Who of the cast may do each act in the town ("" = a visitor), and where an act without a page has its form.
ENTITLED: dict[str, str] = {
    "accounts.accept_invitation": "", "accounts.ask_reset": "", "accounts.close_account": "stranger",
    "backoffice.erase_household": "administrator", "backoffice.request_erasure": "secretary",
    "backoffice.take_back_erasure": "administrator", "accounts.change_contact": "donor",
    "accounts.change_password": "donor", "accounts.decide_duty": "administrator", "accounts.end_duty": "administrator",
    "accounts.enrol_second_factor": "donor", "accounts.give_code": "", "accounts.remove_second_factor": "donor",
    "accounts.invite_officer": "administrator", "accounts.register": "", "accounts.request_duty": "stranger",
    "accounts.reset_password": "", "accounts.show_person": "operator", "accounts.sign_in": "",
    "accounts.sign_out": "other_donor", "accounts.verify_organisation": "administrator",
    "accounts.withdraw_invitation": "administrator", "deliveries.accept_goods": "secretary",
    "choices.choose": "donor", "choices.record_refund": "treasurer", "choices.give_up_refund": "treasurer",
    "choices.confirm_refund": "second_treasurer", "choices.refuse_refund": "second_treasurer",
    "deliveries.agree_work": "donor", "deliveries.cancel_delivery": "donor", "deliveries.confirm_work": "secretary",
    "deliveries.dispute_delivery": "donor", "deliveries.hide_photo": "administrator", "deliveries.mark_done": "donor",
    "deliveries.receive_goods": "secretary", "deliveries.record_payment": "treasurer",
    "deliveries.report_payment": "donor", "deliveries.send_goods": "donor",
    "deliveries.settle_dispute": "administrator",
    "deliveries.thank_donor": "secretary", "disclosure.end_campaign": "administrator",
    "disclosure.open_campaign": "administrator", "disclosure.publish_report": "administrator",
    "disclosure.rename_campaign": "administrator",
    "disclosure.send_back_report": "administrator", "disclosure.write_report": "treasurer",
    "households.edit_household": "secretary",
    "households.give_consent": "secretary", "households.register_household": "secretary",
    "households.unmask_household": "secretary", "households.withdraw_consent": "secretary",
    "lanes.confirm_proposal": "operator", "lanes.propose_lanes": "administrator", "lanes.refuse_proposal": "operator",
    "lanes.take_back_proposal": "administrator",
    "ledger.approve_correction": "second_treasurer", "ledger.approve_voucher": "second_treasurer",
    "ledger.approve_budget": "second_treasurer", "ledger.close_periods": "treasurer",
    "ledger.draft_advance": "treasurer",
    "ledger.draft_budget": "treasurer", "ledger.refuse_budget": "second_treasurer",
    "ledger.return_advance": "treasurer", "ledger.settle_advance": "treasurer",
    "ledger.withdraw_budget": "treasurer", "ledger.withdraw_voucher": "treasurer", "ledger.name_parcel": "treasurer",
    "ledger.draft_voucher": "treasurer", "ledger.refuse_correction": "second_treasurer",
    "ledger.refuse_voucher": "second_treasurer", "ledger.reverse_transfer": "treasurer",
    "needs.approve_need": "reviewer", "needs.close_need": "administrator", "needs.draft_need": "secretary",
    "needs.edit_need": "secretary", "needs.pause_need": "administrator", "needs.publish_need": "administrator",
    "needs.resume_need": "administrator", "needs.return_need": "reviewer", "needs.submit_need": "secretary",
    "needs.withdraw_need": "administrator", "notifications.mark_all_read": "donor", "notifications.mark_read": "donor",
    "payment_calls.take_callback": "",
    "payments.pay_claim": "donor", "payments.settle_order": "treasurer", "payments.simulate_payment": "donor",
    "pledges.cancel_claim": "donor", "pledges.check_claim": "donor", "pledges.claim_need": "other_donor",
    "portal.style_guide": "", "receipts.choose_naming": "donor",
    **{f"receipts.{act}": "treasurer" for act in ("record_official", "replace_receipt", "void_receipt")},
    **{f"statements.{act}": "treasurer" for act in (
        "ask_return", "choose_columns", "drop_statement", "place_in_pool", "place_on_claim", "post_statement",
        "read_statement", "tie_line")},
    "statements.approve_return": "second_treasurer", "statements.refuse_return": "second_treasurer",
}  # fmt: skip

PEOPLE = (
    "donor", "other_donor", "stranger", "enterprise", "secretary", "information_officer", "other_secretary", "reviewer",
    "other_reviewer", "administrator", "other_administrator", "treasurer", "second_treasurer", "supervisor", "operator",
)  # fmt: skip


@dataclass
class Town:
    """``values``: endpoint -> what stands in its address. ``fill``: field -> what a sensible person types there."""

    values: dict[str, Values]
    fill: dict[str, str]


def build(cast: Cast) -> Town:
    for who in PEOPLE:
        getattr(cast, who)
    values: dict[str, Values] = {}
    claim, need_code, payment_code = _claims(cast, values)
    _deliveries(cast, values, claim)
    _papers(cast, values, need_code, payment_code)
    _statements(cast, values)
    _needs(cast, values)
    _accounts(cast, values)
    _choices(cast, values)
    _receipts(cast, values)
    _reports(cast, values)
    proposal = lanes.propose(cast, filing_number="测试备案第2号")
    for name in ("confirm_proposal", "refuse_proposal", "show_proposal", "take_back_proposal"):
        values[f"lanes.{name}"] = {"code": proposal.code}
    household = make_household(cast, name="欧阳福贵")
    for name in ("edit_household", "give_consent", "show_household", "unmask_household", "withdraw_consent"):
        values[f"households.{name}"] = {"code": household.code}
    values["backoffice.request_erasure"] = {"code": household.code}
    values["backoffice.erase_household"] = values["backoffice.take_back_erasure"] = {"code": household_to_erase(cast)}
    values["households.show_consent_document"] = {"code": household.code, "number": 1}
    values["portal.show_village"] = {"code": JINLU}
    notice = db.session.execute(select(Notice).where(Notice.user_id == cast.donor.id)).scalars().first()
    values["notifications.mark_read"] = {"code": notice.code if notice else "N1"}
    db.session.rollback()
    return Town(values, fill=_fill(need_code, payment_code, cast.donor.email or ""))


def build_money(cast: Cast) -> str:
    """What the ways of money bring: orders, statements, budgets, advances, choices, receipts, reports. Gives back the
    secret behind a receipt's QR code."""
    values: dict[str, Values] = {}
    claim = world.promise(cast, 0, 100_000)
    _orders(cast, values, claim)
    world.record(cast.treasurer, claim.payment_code, 30_000, bank_reference="TOWN-1")
    _money_out(cast, values, need_code_of(claim))
    for part in (_statements, _choices, _receipts, _reports):
        part(cast, values)
    return str(values["receipts.show_receipt"]["secret"])


def household_to_erase(cast: Cast) -> str:
    """A family whose erasure its secretary has recorded."""
    household, secretary = make_household(cast, name="上官安静"), cast.secretary
    with transaction():
        erasing.request_erasure(secretary, household, asker=Asker.HOUSEHOLDER, asked_on=today())
    return household.code


def _claims(cast: Cast, values: dict[str, Values]) -> tuple[Any, str, str]:
    claim = world.promise(cast, 9, 100_000, 2, 8)
    for name, position in (("send_goods", 1), ("report_payment", 2), ("agree_work", 3)):
        values[f"deliveries.{name}"] = {"code": claim.code, "position": position}
    values["deliveries.show_claim"] = {"code": claim.code}
    _orders(cast, values, claim)
    need = make_need(cast, title="想要有人来买的花椒", lines=world.ALL_LINES)
    line_id = need.lines[0].id
    with transaction():
        held = pledges.hold_claim(cast.donor, need, wanted={line_id: 2})
    values["pledges.check_claim"] = values["pledges.cancel_claim"] = {"code": held.code}
    for endpoint in ("pledges.claim_need", "portal.show_need"):
        values[endpoint] = {"code": need.code}
    return claim, need_code_of(claim), str(claim.payment_code)


def _orders(cast: Cast, values: dict[str, Values], claim: Any) -> None:
    """An order that waits for its payment, and one whose money is held."""
    with transaction():
        order = payments.open_order(cast.donor, claim, gateway="simulator", amount_fen=1000)
    values["payments.pay_claim"] = {"code": claim.code}
    values["payments.show_order"] = values["payments.simulate_payment"] = {"code": order.code}
    values["payments.settle_order"] = {"code": held_order(cast)}
    values["payment_calls.take_callback"] = {"gateway": "simulator"}


def held_order(cast: Cast) -> str:
    """An order under whose number a treasurer has recorded more than came."""
    claim = world.promise(cast, 0, 1000)
    with transaction():
        order = payments.open_order(cast.donor, claim, gateway="simulator", amount_fen=500)
    world.record(cast.treasurer, claim.payment_code, 1000, bank_reference=f"SIM{order.code}")
    paid = simulator().parse(*simulator_call(order))
    assert paid is not None
    with transaction():
        payments.take_paid(simulator(), paid)
    return order.code


def need_code_of(claim: Any) -> str:
    return db.session.get_one(Need, claim.need_id).code


def _deliveries(cast: Cast, values: dict[str, Values], claim: Any) -> None:
    sent, received, disputed, shown = (world.send(cast.donor, claim, 1) for _number in range(4))
    world.receive(cast.secretary, received, 1)
    world.in_transaction(deliveries.dispute_delivery, cast.donor, disputed, reason="少了一床，请查一查")
    secretary_id = cast.secretary.id
    with transaction(audited=False):
        photo_id = uploads.store_photo(actor_id=secretary_id, photo=prepare_photo(picture(), most_megabytes=1)).id
    world.receive(cast.secretary, shown, 1, photo_id=photo_id)
    world.accept(cast.secretary, shown, 1)
    agreed = world.in_transaction(deliveries.agree_work, cast.donor, claim.lines[2], quantity=1, planned_on=today())
    done = world.in_transaction(deliveries.agree_work, cast.donor, claim.lines[3], quantity=2, planned_on=today())
    world.in_transaction(deliveries.mark_done, cast.donor, done)
    world.in_transaction(deliveries.report_payment, cast.donor, claim.lines[1], amount_fen=20_000)
    rows: dict[str, Delivery] = {
        "receive_goods": sent, "cancel_delivery": sent, "dispute_delivery": sent, "accept_goods": received,
        "settle_dispute": disputed, "hide_photo": shown, "thank_donor": shown, "mark_done": agreed,
        "confirm_work": done,
    }  # fmt: skip
    values |= {f"deliveries.{name}": {"code": row.code} for name, row in rows.items()}
    values["uploads.show_photo"] = {"token": photo_token(photo_id), "size": 480}


def photo_token(photo_id: int) -> str:
    return db.session.get_one(Upload, photo_id).token


def _papers(cast: Cast, values: dict[str, Values], need_code: str, payment_code: str) -> None:
    first = world.record(cast.treasurer, payment_code, 30_000, bank_reference="TOWN-1")[0].transfer_uid
    second = world.record(cast.treasurer, payment_code, 5_000, bank_reference="TOWN-2")[0].transfer_uid
    document_id, copy_id = books.document(cast.treasurer), books.public_copy(cast.treasurer)
    with transaction():
        voucher = ledger.draft_voucher(
            cast.treasurer, need_code=need_code, payee_name="盐亭县黄溪五金店", payee_kind=PayeeKind.SHOP,
            category=SpendingCategory.GOODS_PURCHASE, purpose="买一台烤火炉", amount_fen=12_000, spent_on=today(),
            document_id=document_id, redacted_id=copy_id,
        )  # fmt: skip
    with transaction():
        wrong = entries.find_transfer(str(second))
        assert wrong
        ledger.ask_correction(cast.treasurer, wrong, "金额录错，更正后重新入账")
    for name in (
        "approve_voucher",
        "refuse_voucher",
        "show_voucher",
        "show_voucher_document",
        "withdraw_voucher",
        "name_parcel",
    ):
        values[f"ledger.{name}"] = {"code": voucher.code}
    _money_out(cast, values, need_code)
    for name in ("approve_correction", "refuse_correction", "show_correction"):
        values[f"ledger.{name}"] = {"uid": second}
    values["ledger.reverse_transfer"] = values["portal.show_entry"] = values["portal.show_trace"] = {"uid": first}


def _statements(cast: Cast, values: dict[str, Values]) -> None:
    """A file to be posted, one whose columns are only guessed, a line in suspense, a fee, and a return that waits."""
    day = today().isoformat()
    waiting = statements.store(cast.treasurer, papers.bank(papers.movement(day, "8.00", "心意", reference="TOWN-S1")))
    # A dropped file is gone from the disk, where the town is not laid back: it is one of its own.
    dropped = statements.store(cast.treasurer, papers.bank(papers.movement(day, "7.00", "心意", reference="TOWN-S0")))
    unnamed = statements.store(cast.treasurer, papers.bank(papers.movement(day, "9.00", "心意", reference="TOWN-S5")))
    statements.import_rows(
        cast.treasurer, papers.movement(day, "500.00", "心意", reference="TOWN-S2"),
        papers.movement(day, "600.00", "心意", reference="TOWN-S3"),
        papers.movement(day, "-1.00", "手续费", reference="TOWN-S4"),
    )  # fmt: skip
    open_line, asked, fee = statements.lines()
    ask = statement_services.ask_return
    paper = statements.act(ask, cast.treasurer, asked, amount_fen=100, reason="付款人要求退回")
    named = {
        "show_statement": waiting, "post_statement": waiting, "drop_statement": dropped, "choose_columns": unnamed,
        "show_line": open_line, "place_on_claim": open_line, "place_in_pool": open_line, "ask_return": open_line,
        "tie_line": fee, "approve_return": paper, "show_return": paper, "refuse_return": paper,
    }  # fmt: skip
    values |= {f"statements.{act}": {"code": row.code} for act, row in named.items()}
    # So that there is a month to be closed.
    last_month = (today().replace(day=1) - timedelta(days=1)).isoformat()
    statements.import_rows(cast.treasurer, papers.movement(last_month, "300.00", "心意", reference="TOWN-S6"))


def _money_out(cast: Cast, values: dict[str, Values], need_code: str) -> None:
    treasurer, second = cast.treasurer, cast.second_treasurer
    advance = books.hand_out(treasurer, second, need_code=need_code, amount_fen=4_000)
    values["ledger.settle_advance"] = values["ledger.return_advance"] = {"code": advance.code}
    with transaction():
        budget = ledger.draft_budget(treasurer, need_code="", lines={SpendingCategory.TRANSPORT: 30_000})
    for name in ("approve_budget", "refuse_budget", "show_budget", "withdraw_budget"):
        values[f"ledger.{name}"] = {"code": budget.code}
    values["portal.show_fund"] = {"code": need_code}


def _needs(cast: Cast, values: dict[str, Values]) -> None:
    states = {
        NeedState.DRAFT: ("edit_need", "submit_need"), NeedState.SUBMITTED: ("approve_need", "return_need"),
        NeedState.APPROVED: ("publish_need",), NeedState.PUBLISHED: ("pause_need", "withdraw_need", "review_need"),
        NeedState.PAUSED: ("resume_need",), NeedState.EXPIRED: ("close_need",),
    }  # fmt: skip
    for state, names in states.items():
        code = make_need(cast, state=state).code
        values |= {f"needs.{name}": {"code": code} for name in names}


def _choices(cast: Cast, values: dict[str, Values]) -> None:
    """Money that waits for its donor, and refunds to send, to give up, to confirm and to refuse."""
    values["choices.choose"] = {"code": choices.left_over(cast)[2].code}
    for name in ("record_refund", "give_up_refund", "confirm_refund", "refuse_refund"):
        refund = choices.choose(cast.donor, choices.left_over(cast)[2], Route.REFUND)
        if name in {"confirm_refund", "refuse_refund"}:
            choices.send(cast.treasurer, refund, bank_reference=f"TOWN-{name}")
        values[f"choices.{name}"] = values["choices.show_refund"] = {"code": refund.code}


def _receipts(cast: Cast, values: dict[str, Values]) -> None:
    """A slip to read, to void and to enter the fiscal receipt for; and a void one to replace."""
    slip, gone = (receipts.given(cast, 1_000, reference=f"TOWN-R{at}")[1] for at in (1, 2))
    receipts.void(cast.treasurer, gone)
    uid = receipts.entry_of(slip).uid
    for name in ("download_slip", "keep_receipt", "record_official", "show_slip", "void_receipt"):
        values[f"receipts.{name}"] = {"number": slip.number}
    for name in ("download_statement", "download_statement_pdf", "show_statement"):
        values[f"receipts.{name}"] = {"year": slip.year}
    for name in ("receipt_doors.download_proof", "receipt_doors.open_receipt", "receipts.show_receipt"):
        values[name] = {"secret": slip.secret}
    values["receipts.replace_receipt"] = {"number": gone.number}
    values["receipts.show_slip_of_entry"] = {"uid": uid}


def _reports(cast: Cast, values: dict[str, Values]) -> None:
    """A campaign that may be ended, and a report of it that one officer wrote and another may publish."""
    campaign = disclosure.open_campaign(cast.administrator, begins_on=today() - timedelta(days=80))
    disclosure.run()
    task = next(task for task in disclosure.tasks() if task.campaign_id == campaign.id)
    disclosure.write(cast.treasurer, task)
    for name in ("end_campaign", "rename_campaign", "show_campaign"):
        values[f"disclosure.{name}"] = {"code": campaign.code}
    for act in ("download", "publish", "review", "send_back", "show", "write"):
        values[f"disclosure.{act}_report"] = {"code": task.code}


def _accounts(cast: Cast, values: dict[str, Values]) -> None:
    administrator, stranger_id = cast.administrator, cast.other_donor.id
    with transaction(audited=False) as session:
        session.add(
            Duty(
                code="DTOWN", user_id=stranger_id, role=Role.INFORMATION_OFFICER, place_code=JINLU, starts_on=today(),
                state=DutyState.REQUESTED, created_at=now(),
            )
        )  # fmt: skip
    with transaction():
        invited = invitations.invite_officer(
            actor=administrator, role=Role.INFORMATION_OFFICER, place_code=JINLU, starts_on=today(), ends_on=None
        )
    values["accounts.accept_invitation"] = {"token": invitations.token_of(invited.code)}
    values["accounts.show_invitation"] = values["accounts.withdraw_invitation"] = {"code": invited.code}
    enterprise = cast.enterprise
    with transaction(audited=False):
        values["accounts.reset_password"] = {"token": keys.make_link(user=enterprise, valid_for=timedelta(hours=1))}
    values["accounts.decide_duty"] = {"code": "DTOWN"}
    values["accounts.end_duty"] = {"code": cast.information_officer.duties[0].code}
    values["accounts.show_person"] = {"code": cast.information_officer.code}
    values["accounts.verify_organisation"] = {"code": cast.enterprise.organisation.code}  # type: ignore[union-attr]


def _fill(need_code: str, payment_code: str, email: str) -> dict[str, str]:
    day = today().isoformat()
    return {
        "name": "张建国", "phone": "13900007777", "email": "new@example.test", "contact": email,
        "password": "four quiet words here", "old_password": "correct horse battery", "agree": "y",
        "office_phone": "0816-1234567", "place": JINLU, "starts_on": day, "decision": "yes", "role": "first_secretary",
        "reason": "测试用的理由", "text": "我们看过了，东西很好", "purpose": "买化肥和种子", "payee_name": "黄溪农资店",
        "amount_fen": "1", "spent_on": day, "need_code": need_code, "payment_code": payment_code, "arrived_on": day,
        "bank_reference": "TOWN-9", "quantity": "1", "method": "courier", "courier": "顺丰",
        "tracking_number": "SF123456", "planned_on": day, "accepted_quantity": "1", "value_fen": "100",
        "value_basis": "market", "accepted_for": "village", "condition": "good", "outcome": "returned",
        "beneficiary": JINLU, "category": "daily_necessities", "title": "想要一床暖和的电热毯",
        "story": "老两口住在海拔很高的山上，冬天屋里结冰。", "urgency": "1", "lines-0-item": "电热毯",
        "lines-0-asked": "2", "lines-0-unit": "床", "lines-0-price": "100", "village": JINLU, "members_count": "2",
        "given_on": day, "lines-1-quantity": "1", "shown": "masked", "due_on": day, "message": "祝好",
        "charity_name": "绵阳市测试慈善会", "note": "照来函改一处", "last_digits": "0000", "gateway": "simulator",
        "campaign_name": "金禄村冬衣", "words": disclosure.WORDS,
        "asker": "householder", "asked_on": day,
        "code": payment_code, "account_name": "示例银行", "refusal": "先和付款人核对", "entry_uid": "fee",
        "route": "pool", "paid_on": day, "naming": "shown", "credit_code": lanes.CREDIT_CODE,
        "invoice_code": "51060122", "invoice_number": "0001234567", "check_code": "a1b2c3", "issued_on": day,
        "returned_on": day, "line_goods_purchase": "500", "payee_number": "", "answer": "核对过了，没有问题",
        "copy_checked": "y",
    }  # fmt: skip
