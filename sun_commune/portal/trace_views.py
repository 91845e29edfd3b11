"""``/ledger/trace/<uid>``: where each fen of a gift is now, and whose gifts a spending was made of.

Both ways read the layers (ledger.traces); the fen of the drawing, of the table and of the entry are the same. Long ones
are summed for the drawing and paged in the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from sun_commune.core import access
from sun_commune.core.db import db
from sun_commune.core.errors import Missing
from sun_commune.deliveries.models import Delivery
from sun_commune.ledger import entries, parcels, traces
from sun_commune.ledger.entries import Entry
from sun_commune.ledger.models import TransferKind
from sun_commune.ledger.traces import Fate, Resting
from sun_commune.needs.public import find_public_need
from sun_commune.portal import ledger_words as words
from sun_commune.portal.blueprint import blueprint
from sun_commune.portal.entries_views import clean_code
from sun_commune.portal.flow_chart import Link, Node
from sun_commune.portal.ledger_pictures import Picture, picture
from sun_commune.portal.need_page import Arrival, find_arrivals

K = TransferKind
FORWARD = (K.GIFT, K.UNMATCHED, K.MATCHED, K.MOVED)
BACKWARD = (K.SPENDING, K.SETTLED, K.REFUND, K.SENT_BACK, K.MATCHED, K.MOVED)
MOST_ARRIVALS = 6
#: Up to so many gifts are drawn each by its giver's shown name; more of them by kinds of givers.
MOST_DRAWN = 8


@dataclass(frozen=True)
class Line:
    """A row of a table: ``fen`` of the money, and the entry that it is about."""

    fen: int
    entry: Entry


@blueprint.get("/ledger/trace/<uid>")
@access.public
def show_trace(uid: str) -> str:
    entry = entries.find_entry(clean_code(uid))
    transfer_id = traces.transfer_id_of(entry.uid) if entry else None
    if entry is None or transfer_id is None:
        raise Missing
    need = find_public_need(entry.need_code) if entry.need_code else None
    return render_template(
        "portal/show_trace.html",
        entry=entry,
        need=need,
        forward=forward_of(entry, transfer_id) if entry.kind in FORWARD and not entry.is_reversal else None,
        backward=backward_of(entry, transfer_id) if entry.kind in BACKWARD or entry.is_reversal else None,
        arrived=arrived_of(entry) if need else None,
        delivery=find_delivery(entry),
        words=words,
    )


def after_row(name: str) -> int:
    """The row after which a page of the table begins; addresses name it by its public uid."""
    return traces.transfer_id_of(clean_code(request.args.get(name, ""))) or 0


def next_page_url(uid: str, name: str, last: str) -> str:
    return url_for("portal.show_trace", uid=uid, **{name: last})  # type: ignore[arg-type]  # strings, no flags


def page_of_lines(rows: list[tuple[int, int]], name: str, uid: str) -> dict[str, Any]:
    """(row id, fen) of a page and one more -> the table's lines, and where it goes on."""
    shown = rows[: traces.PAGE_SIZE]
    by_id = entries.entries_by_id([row_id for row_id, _fen in shown])
    lines = [Line(fen, by_id[row_id]) for row_id, fen in shown]
    has_more = len(rows) > len(shown)
    return {
        "lines": lines,
        "older_url": next_page_url(uid, name, lines[-1].entry.uid) if has_more else None,
        "first_url": url_for("portal.show_trace", uid=uid) if request.args.get(name) else None,
    }


# What became of it.


def forward_of(entry: Entry, transfer_id: int) -> dict[str, Any]:
    fate, places = traces.fate_of(transfer_id)
    parts = traces.parts(transfer_id, after=after_row("after"))
    used = {str(use): fen for use, fen in traces.spent_by_category(transfer_id).items()}
    return {
        "fate": fate,
        "split": split_of(fate),
        "places": [place_row(place) for place in places],
        "picture": forward_picture(entry, fate, places, used),
        **page_of_lines([(part.transfer_id, part.amount_fen) for part in parts], "after", entry.uid),
    }


def split_of(fate: Fate) -> list[dict[str, Any]]:
    """For components/flows.html: what of a gift is spent, lies somewhere, or went back."""
    parts = (
        (_("Spent"), fate.spent, "spent"), (_("Not spent yet"), fate.held, "held"),
        (_("Not matched yet"), fate.unmatched, "held"), (_("Given back"), fate.refunded, "back"),
        (_("Taken back by a correction"), fate.taken_back, "back"),
    )  # fmt: skip
    return [{"name": name, "value": fen, "text": words.money(fen), "tone": tone} for name, fen, tone in parts]


def place_row(place: Resting) -> dict[str, Any]:
    name = _("Money not matched yet") if place.need_code is None else words.fund_words(place.need_code)
    url = None
    if place.need_code is not None:
        url = url_for("portal.list_entries", need=place.need_code or "POOL")
    return {"name": name, "fen": place.left_fen, "advanced": place.advanced_fen, "url": url}


def forward_picture(entry: Entry, fate: Fate, places: list[Resting], used: dict[str, int]) -> Picture:
    ends = [(f"use:{use}", words.use_words(use), fen, "spent") for use, fen in sorted(used.items())]
    for place in places:
        name = place_row(place)["name"]
        ends.append((f"left:{place.need_code}", _("Left: %(fund)s", fund=name), place.left_fen, "held"))
    ends.append(("refunded", _("Given back"), fate.refunded, "back"))
    ends.append(("taken", _("Taken back by a correction"), fate.taken_back, "back"))
    ends = [end for end in ends if end[2] > 0]
    start = Node("start", words.donor_words(entry) or words.kind_words(entry), words.money(entry.amount_fen),
                 entry.amount_fen, "came")  # fmt: skip
    nodes = [Node(key, name, words.money(fen), fen, tone) for key, name, fen, tone in ends]
    links = [Link("start", node.key, node.value, f"{node.words}: {node.amount}", node.tone) for node in nodes]
    return picture([[start], nodes], links, [])


# Whose it was.


def backward_of(entry: Entry, transfer_id: int) -> dict[str, Any]:
    """A reversal gives back what it took, or takes: its fen are told without a sign, the page says which."""
    rows = [(row.transfer_id, abs(row.amount_fen)) for row in traces.sources(transfer_id, after=after_row("from"))]
    sums = traces.sources_by_giver(transfer_id)
    table = page_of_lines(rows, "from", entry.uid)
    count = sum(each.gifts_count for each in sums)
    named = [(str(at), gift_words(line), line.fen) for at, line in enumerate(table["lines"])]
    by_kind = [
        (each.giver, f"{words.giver_words(each.giver)} · {_count(each.gifts_count)}", abs(each.amount_fen))
        for each in sums
    ]
    return {
        "count": count,
        "picture": backward_picture(entry, named if count <= MOST_DRAWN else by_kind),
        "kinds": by_kind if count > MOST_DRAWN else [],
        **table,
    }


def _count(number: int) -> str:
    return ngettext("one gift", "%(num)d gifts", number)


def gift_words(line: Line) -> str:
    return words.donor_words(line.entry) or words.kind_words(line.entry)


def backward_picture(entry: Entry, sources: list[tuple[str, str, int]]) -> Picture:
    whole = sum(fen for _key, _name, fen in sources)
    end = Node("end", words.what_words(entry) or words.kind_words(entry), words.money(whole), whole, "spent")
    nodes = [Node(f"gift:{key}", name, words.money(fen), fen, "came") for key, name, fen in sources]
    links = [Link(node.key, "end", node.value, f"{node.words}: {node.amount}", "came") for node in nodes]
    return picture([nodes, [end]], links, [])


@dataclass(frozen=True)
class Arrived:
    """What came to the need; ``is_exact``: the very deliveries that this entry's voucher has paid for."""

    arrivals: list[Arrival]
    is_exact: bool


def arrived_of(entry: Entry) -> Arrived:
    arrivals = find_arrivals(entry.need_code)
    named = parcels.public_codes(entry.voucher_code)
    exact = [arrival for arrival in arrivals if arrival.code in named]
    return Arrived(exact, True) if exact else Arrived(arrivals[-MOST_ARRIVALS:], False)


def find_delivery(entry: Entry) -> Delivery | None:
    if entry.delivery_code is None:
        return None
    return db.session.execute(select(Delivery).where(Delivery.code == entry.delivery_code)).scalar_one_or_none()
