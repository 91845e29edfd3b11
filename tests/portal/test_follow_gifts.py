"""The pages that follow money: public traces, and a donor's own gifts."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sun_commune.core.db import db
from sun_commune.ledger import traces
from sun_commune.ledger.models import Transfer
from sun_commune.ledger.queries import find_transfer
from sun_commune.portal.flow_chart import LINE, NARROW, WIDE, Bar, Frame, Link, Node, draw, shortened, wrapped
from tests.cast import Cast, sign_in
from tests.deliveries import world
from tests.ledger.books import bring, give, reverse
from tests.ledger.test_tracing import give_back, move, pay


def text_of(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.text


def lines(html: str, caption: str) -> list[tuple[str, str]]:
    """(uid, amount) of each row of the table with this caption."""
    for part in re.findall(r"<table.*?</table>", html, re.DOTALL):
        if caption in part:
            return re.findall(r'/ledger/trace/(ZM\w+)".*?class="number">(¥[\d,.]+)</td>', part, re.DOTALL)
    return []


@pytest.mark.usefixtures("book_checks_alone")
def test_a_gift_and_its_spending_lead_to_each_other(app: Flask, client: FlaskClient, cast: Cast) -> None:
    gift, other = give(amount_fen=30_000, claim_code="RLA"), give(amount_fen=20_000, donor_shown="")
    spending = pay(cast, 35_000)
    moved = move(5_000)
    back = give_back(2_000, "RLB")
    uids = [row.uid for row in (gift, other, spending, moved, back)]
    db.session.rollback()
    html = text_of(client, f"/en/ledger/trace/{uids[0]}")
    assert lines(html, "What it was used for") == [(uids[2], "¥300")]
    html = text_of(client, f"/en/ledger/trace/{uids[1]}")
    assert lines(html, "What it was used for") == [(uids[2], "¥50"), (uids[4], "¥20")]
    assert "Together ¥200" in html
    html = text_of(client, f"/en/ledger/trace/{uids[2]}")
    assert lines(html, "The gifts, in the order") == [(uids[0], "¥300"), (uids[1], "¥50")]
    assert "张**" in html
    assert "Anonymous" in html
    html = text_of(client, f"/en/ledger/trace/{uids[3]}")
    assert lines(html, "The gifts, in the order") == [(uids[1], "¥50")]
    assert "first in, first out" in html


@pytest.mark.usefixtures("book_checks_alone")
def test_long_traces_come_in_pages(
    app: Flask, client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    gifts = [give(amount_fen=100) for _number in range(11)]
    uids = [gift.uid for gift in gifts]
    spending = pay(cast, 1_100).uid
    db.session.rollback()
    monkeypatch.setattr(traces, "PAGE_SIZE", 4)
    monkeypatch.setattr(traces.sources, "__kwdefaults__", {"after": 0, "size": 4})
    seen, address = [], f"/en/ledger/trace/{spending}"
    while address:
        html = text_of(client, address)
        assert "From 11 gifts" in html
        assert "¥11" in html, "the drawing is of all of them"
        seen += [uid for uid, _amount in lines(html, "The gifts, in the order")]
        onward = re.search(r'rel="next" href="([^"]+)"', html)
        address = onward[1] if onward else ""
    assert seen == uids


@pytest.mark.usefixtures("book_checks_alone")
def test_goods_reversals_and_strangers(app: Flask, client: FlaskClient, cast: Cast) -> None:
    goods = bring()
    wrong = give(amount_fen=500)
    back = reverse(wrong)
    uids = [row.uid for row in (goods, wrong, back)]
    db.session.rollback()
    assert "电热毯" in text_of(client, f"/en/ledger/trace/{uids[0]}")
    assert uids[2] in text_of(client, f"/en/ledger/trace/{uids[1]}")
    assert uids[1] in text_of(client, f"/en/ledger/trace/{uids[2]}")
    for unknown in ("ZMNOTHERE", "1", "%00", "x'--"):
        text_of(client, f"/en/ledger/trace/{unknown}", 404)
    assert "<script>" not in text_of(client, f"/en/ledger/trace/{uids[1]}?after=<script>&from=1").split("<main")[1]


def test_donors_see_their_own_gifts_alone(app: Flask, client: FlaskClient, cast: Cast) -> None:
    claim = world.promise(cast, 2, 100_000)
    (delivery,) = world.record(cast.treasurer, claim.payment_code, 60_000)
    entry = find_transfer(delivery.transfer_uid or "")
    assert entry
    uid, code = entry.uid, claim.code
    db.session.rollback()
    assert "/sign-in" in client.get("/en/my/gifts").headers["Location"]
    html = text_of(sign_in(app.test_client(), cast.donor), "/en/my/gifts")
    assert f"/ledger/trace/{uid}" in html
    assert "¥600" in html
    assert code in html
    assert uid not in text_of(sign_in(app.test_client(), cast.other_donor), "/en/my/gifts")
    mine = text_of(sign_in(app.test_client(), cast.donor), f"/en/claims/{code}")
    assert f"/ledger/trace/{uid}" in mine


def test_an_entry_names_the_kind_of_its_giver_unless_unnamed(app: Flask, cast: Cast) -> None:
    claim = world.promise(cast, 2, 100_000)
    entry = find_transfer(world.record(cast.treasurer, claim.payment_code, 60_000)[0].transfer_uid or "")
    assert entry
    assert (entry.giver_kind, bool(entry.donor_shown)) == ("person", True)
    assert {row.giver_kind for row in db.session.query(Transfer).filter(Transfer.donor_shown == "")} <= {""}


def test_pictures_are_true_to_scale() -> None:
    """Heights of bars and bands are in proportion to the fen, and bands of a bar do not overlap."""
    givers = [Node("a", "甲", "¥3", 300), Node("b", "乙", "¥1", 100)]
    uses = [Node("c", "丙", "¥2.5", 250), Node("d", "丁", "¥1.5", 150)]
    links = [Link("a", "c", 200), Link("a", "d", 100), Link("b", "c", 50), Link("b", "d", 50)]
    for frame in (WIDE, NARROW):
        drawing = draw([givers, uses], links, frame)
        bars = {bar.node.key: bar for bar in drawing.bars}
        assert bars["a"].height == pytest.approx(3 * bars["b"].height, abs=0.2)
        assert sum(bars[key].height for key in "ab") == pytest.approx(frame.tall, abs=0.2)
        assert sum(bars[key].height for key in "cd") == pytest.approx(frame.tall, abs=0.2)
        assert all(bar.y >= 0 and bar.y + bar.height <= drawing.height + 1 for bar in drawing.bars)
        starts = {band.link: float(band.path.split(" ")[1].split("C")[0]) for band in drawing.bands}
        assert starts[links[1]] - starts[links[0]] == pytest.approx(frame.tall * 200 / 400, abs=0.2)


FUNDS = ("Beichuan Qiang Autonomous County", "XQ-2026-00069", "北川羌族自治县", "General pool")
USES = ("Building and repair", "Left in the funds", "Given back to donors", "结余在各专款中尚未使用的钱")


@pytest.mark.parametrize("columns", [(FUNDS, USES), (USES, FUNDS, USES)], ids=["two", "three"])
@pytest.mark.parametrize("frame", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_words_lie_over_others(columns: tuple[tuple[str, ...], ...], frame: Frame) -> None:
    """Names at their longest and amounts, one large node in each column and small ones below it."""
    nodes = [
        [Node(f"{place}{row}", name, "¥123,456", 5_000 if row == 0 else 50) for row, name in enumerate(names)]
        for place, names in enumerate(columns)
    ]
    drawing = draw(nodes, [], frame)
    boxes = [box_of_words(bar, frame) for bar in drawing.bars]
    assert all(left >= 0 and right <= frame.width and top >= 0 for left, top, right, _bottom in boxes)
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def box_of_words(bar: Bar, frame: Frame) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a bar's name and amount."""
    letters = max(sum(2 if ord(letter) > 0x2E7F else 1 for letter in line) for line in [*bar.words, bar.node.amount])
    left = bar.text_x if bar.anchor == "start" else bar.text_x - letters * frame.letter
    foot = bar.text_y + len(bar.words) * LINE
    return left, bar.text_y - LINE + 3, left + letters * frame.letter, foot + 2


def test_names_take_two_lines_before_they_are_cut() -> None:
    assert wrapped("Social organisations", 13, 2) == ["Social", "organisations"]
    assert wrapped("Social organisations", 20, 2) == ["Social organisations"]
    assert wrapped("Beichuan Qiang Autonomous County", 14, 2) == ["Beichuan Qiang", "Autonomous Co…"]
    assert wrapped("Incomprehensibilities", 13, 2) == ["Incomprehens…"]
    assert wrapped("北川羌族自治县人民政府", 13, 2) == ["北川羌族自治", "县人民政府"]
    assert wrapped("绵阳 Sun", 5, 2) == ["绵阳", "Sun"]
    assert wrapped("", 5, 2) == [""]


def test_long_names_are_cut_by_their_width() -> None:
    assert shortened("Anzhou", 17) == "Anzhou"
    assert shortened("Beichuan Qiang Autonomous County", 17) == "Beichuan Qiang A…"
    assert shortened("北川羌族自治县人民政府", 17) == "北川羌族自治县人…"
