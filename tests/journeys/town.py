"""A small town in which every kind of page has something to show: needs, claims and deliveries in many states."""

from __future__ import annotations

from datetime import timedelta

from sun_commune.accounts.models import Role
from sun_commune.accounts.services import duties, invitations, keys
from sun_commune.core.clock import today
from sun_commune.core.db import transaction
from sun_commune.deliveries import services as deliveries
from sun_commune.deliveries.models import DeliveryMethod
from sun_commune.households import erasing
from sun_commune.households.models import Asker
from sun_commune.ledger import services as ledger
from sun_commune.ledger.papers import PayeeKind, SpendingCategory, Voucher
from sun_commune.needs.models import Category, LineKind, Need, Urgency
from sun_commune.needs.rules import LineInput
from sun_commune.needs.states import NeedState
from sun_commune.pledges import services as pledges
from sun_commune.uploads.images import prepare_photo
from sun_commune.uploads.services import store_photo
from tests.cast import JINLU, YANGWUGOU, Cast
from tests.deliveries import world
from tests.deliveries.world import in_transaction
from tests.factories import make_household, make_need
from tests.house.town import build_money
from tests.ledger import books
from tests.uploads.pictures import picture

LONG_TITLE = "山上住得很高的老两口想要一床暖和又安全的双人电热毯和一台省电的烤火炉过冬取暖用"[:40]
MONEY = LineInput(kind=LineKind.MONEY, item="化肥款", asked=20_000_000)


def build_town(cast: Cast) -> list[str]:
    """Everybody of the cast has something to do; the links that only messages and papers hold, without the language."""
    for person in (cast.second_treasurer, cast.supervisor, cast.operator, cast.enterprise, cast.stranger):
        assert person.id
    needs_in_every_state(cast)
    goods_under_way(cast)
    money_given_and_spent(cast)
    work_agreed(cast)
    held = make_need(cast, title="村里的路灯坏了三盏")
    in_transaction(pledges.hold_claim, cast.donor, held, wanted={held.lines[0].id: 1})
    world.promise(cast, 2, 100_000, 1, 4, donor=cast.donor)
    families_to_forget(cast)
    return [*people_who_ask(cast), f"/receipts/{build_money(cast)}"]


def families_to_forget(cast: Cast) -> str:
    """One whose erasure is asked for, one that is erased; gives back the code of the latter's need."""
    waiting, gone = make_household(cast, name="上官安静"), make_household(cast, name="欧阳福贵")
    need = make_need(cast, household=gone)
    for household in (waiting, gone):
        in_transaction(
            erasing.request_erasure, cast.secretary, household, asker=Asker.HOUSEHOLDER, asked_on=today()
        )  # fmt: skip
    in_transaction(erasing.erase_household, cast.administrator, gone)
    return need.code


def needs_in_every_state(cast: Cast) -> None:
    household = make_household(cast)
    for state in (NeedState.DRAFT, NeedState.SUBMITTED, NeedState.RETURNED, NeedState.APPROVED, NeedState.PAUSED):
        make_need(cast, state=state, household=household)
    for state in (NeedState.WITHDRAWN, NeedState.EXPIRED, NeedState.CLOSED):
        make_need(cast, state=state)
    make_need(
        cast, household=household, title=LONG_TITLE, urgency=Urgency.URGENT, wanted_on=today() + timedelta(days=20)
    )
    make_need(cast, village=YANGWUGOU, category=Category.PRODUCE_SALE, title="五亩青花椒想找买家")


def goods_under_way(cast: Cast) -> None:
    """One need with goods on the way, received, accepted and thanked, disputed, called off."""
    need = make_need(cast, lines=(world.BLANKETS,), title="十户人家要过冬的电热毯")
    world.send(cast.donor, world.promise(cast, 2, need=need))
    received = world.send(cast.donor, world.promise(cast, 2, need=need), method=DeliveryMethod.FACE_TO_FACE,
                          planned_on=today(), courier="", tracking_number="")  # fmt: skip
    world.receive(cast.secretary, received, photo_id=photo(cast))
    thanked = world.send(cast.enterprise, world.promise(cast, 2, need=need, donor=cast.enterprise))
    world.accept(cast.secretary, world.receive(cast.secretary, thanked))
    in_transaction(deliveries.thank_donor, cast.secretary, thanked, text="很暖和，谢谢！")
    disputed = world.send(cast.donor, world.promise(cast, 2, need=need))
    world.receive(cast.secretary, disputed, photo_id=photo(cast))
    in_transaction(deliveries.dispute_delivery, cast.secretary, disputed, reason="收到的不是电热毯")
    world.promise(cast, 2, need=need)


def photo(cast: Cast) -> int:
    """Row id of a photo of the goods."""
    prepared = prepare_photo(picture(1200, 900), most_megabytes=5)
    with transaction(audited=False):
        return store_photo(actor_id=cast.secretary.id, photo=prepared).id


def money_given_and_spent(cast: Cast) -> Need:
    need = make_need(cast, lines=(MONEY,), title="春耕的化肥款")
    for number in range(3):
        claim = world.promise(cast, 1_234_500, need=need)
        world.record(cast.treasurer, claim.payment_code, 1_234_500, bank_reference=f"BANK{number:04}")
    world.report(cast.donor, world.promise(cast, 500_000, need=need), 500_000)
    for amount in (120_000, 250_000):
        voucher = _voucher(cast, need, amount)
        in_transaction(ledger.approve_voucher, cast.second_treasurer, voucher, copy_checked=True)
    _voucher(cast, need, 80_000)
    in_transaction(ledger.refuse_voucher, cast.second_treasurer, _voucher(cast, need, 70_000), "发票上的金额不一样")
    in_transaction(ledger.ask_correction, cast.treasurer, world.transfers()[0], "金额登记错了，要重新登记")
    return need


def _voucher(cast: Cast, need: Need, amount_fen: int) -> Voucher:
    return books.draft(
        cast.treasurer, need_code=need.code, payee_kind=PayeeKind.SHOP, category=SpendingCategory.GOODS_PURCHASE,
        purpose="买十袋复合肥", amount_fen=amount_fen, spent_on=today(),
    )  # fmt: skip


def work_agreed(cast: Cast) -> None:
    need = make_need(cast, lines=(world.EXPERT_DAYS, world.HARVEST_HOURS), title="花椒树想请专家来修剪")
    world.agree(cast.donor, world.promise(cast, 0, 2, need=need), 1)
    done = world.agree(cast.donor, world.promise(cast, 0, 3, need=need), 1)
    in_transaction(deliveries.mark_done, cast.donor, done)


def people_who_ask(cast: Cast) -> list[str]:
    in_transaction(
        duties.request_duty, actor=cast.stranger, role=Role.INFORMATION_OFFICER, place_code=JINLU,
        starts_on=today(), ends_on=None, office_phone="0816-1234567",
    )  # fmt: skip
    invited = in_transaction(
        invitations.invite_officer, actor=cast.administrator, role=Role.FIRST_SECRETARY, place_code=JINLU,
        starts_on=today(), ends_on=None,
    )  # fmt: skip
    with transaction(audited=False):
        key = keys.make_link(user=cast.stranger, valid_for=timedelta(hours=1))
    return [f"/invitations/{invitations.token_of(invited.code)}", f"/reset/{key}"]
