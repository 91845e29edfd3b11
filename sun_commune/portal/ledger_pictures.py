"""The pictures of the ledger's pages: what is drawn, in which words, and the same as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import url_for
from flask_babel import gettext as _

from sun_commune.ledger.flows import By, Flow
from sun_commune.portal import ledger_words as words
from sun_commune.portal.flow_chart import NARROW, WIDE, Drawing, Link, Node, draw

#: So many funds are drawn each for itself; the others together, so that the picture stays a picture.
MOST_FUNDS = 8
OTHERS = "others"


@dataclass(frozen=True)
class Row:
    """``amount`` went from ``source`` to ``target``; ``url`` leads to the entries that add up to it."""

    source: str
    target: str
    amount: str
    fen: int
    url: str


@dataclass(frozen=True)
class Picture:
    wide: Drawing
    narrow: Drawing
    rows: list[Row]


def picture(columns: Sequence[Sequence[Node]], links: Sequence[Link], rows: list[Row]) -> Picture:
    """Few bars need no tall picture."""
    tall = 60 * max(map(len, columns), default=1)
    wide, narrow = (replace(frame, tall=min(frame.tall, tall + 60)) for frame in (WIDE, NARROW))
    return Picture(draw(columns, links, wide), draw(columns, links, narrow), rows)


def entries_url(**filters: str) -> str:
    return url_for("portal.list_entries", **filters)  # type: ignore[arg-type]  # strings, no flags


class _Builder:
    """Collects links, and from them the nodes of each column."""

    def __init__(self, flow: Flow, by: By) -> None:
        self.by, self.flow = by, flow
        self.links: list[Link] = []
        self.rows: list[Row] = []
        self.names: dict[str, tuple[int, str, str]] = {}
        self.drawn = set(flow.funds[:MOST_FUNDS]) if len(flow.funds) > MOST_FUNDS + 1 else set(flow.funds)

    def fund(self, fund: str) -> str:
        """Key of the fund's node."""
        key = f"fund:{fund}" if fund in self.drawn else f"fund:{OTHERS}"
        self.names[key] = (1, self.fund_words(fund) if fund in self.drawn else _("Others"), "fund")
        return key

    def fund_words(self, fund: str) -> str:
        say = {"county": words.county_words, "category": words.category_words, "need": words.fund_words}
        return say[self.by](fund)

    def fund_filter(self, fund: str) -> dict[str, str]:
        return {self.by: fund} if fund else {"need": "POOL"}

    def came(self, source: tuple[str, str], fund: str, fen: int, **filters: str) -> None:
        """``source`` and, below, ``target``: key and words of a node at the side; ``filters`` find the entries."""
        self.names[source[0]] = (0, source[1], "came")
        url = entries_url(**filters, **self.fund_filter(fund))
        row = Row(source[1], self.fund_words(fund), words.money(fen), fen, url)
        self._link(source[0], self.fund(fund), "came", row)

    def went(self, fund: str, target: tuple[str, str], tone: str, fen: int, **filters: str) -> None:
        self.names[target[0]] = (2, target[1], tone)
        url = entries_url(**filters, **self.fund_filter(fund))
        row = Row(self.fund_words(fund), target[1], words.money(fen), fen, url)
        self._link(self.fund(fund), target[0], tone, row)

    def _link(self, source: str, target: str, tone: str, row: Row) -> None:
        said = _("%(source)s → %(target)s: %(amount)s", source=row.source, target=row.target, amount=row.amount)
        self.links.append(Link(source, target, row.fen, said, tone))
        self.rows.append(row)

    def columns(self) -> list[list[Node]]:
        """The largest node of a column first, but what is left, given back or moved stands below what was used."""
        found: list[list[Node]] = [[], [], []]
        for key, (column, name, tone) in self.names.items():
            ins = sum(link.value for link in self.links if link.target == key)
            outs = sum(link.value for link in self.links if link.source == key)
            value = max(ins, outs)
            found[column].append(Node(key, name, words.money(value), value, tone))
        last = {"held": 1, "back": 2, "moved": 3}
        return [sorted(column, key=lambda node: (last.get(node.tone, 0), -node.value, node.key)) for column in found]


def flow_picture(flow: Flow, by: By) -> Picture:
    """From givers through funds to uses. Every fen that came is drawn to where it went or lies."""
    made = _Builder(flow, by)
    for (giver, fund), fen in sorted(flow.came.items()):
        made.came((f"giver:{giver}", words.giver_words(giver)), fund, fen, kind="raised", giver=giver)
    for (fund, use), fen in sorted(flow.went.items()):
        made.went(fund, (f"use:{use}", words.use_words(use)), "spent", fen, kind="spent", use=use)
    for fund, fen in sorted((fund, fen) for fund, fen in flow.held.items() if fen > 0):
        made.went(fund, ("held", _("Left in the funds")), "held", fen, kind="held")
    for fund, fen in sorted(flow.refunded.items()):
        made.went(fund, ("back", _("Given back to donors")), "back", fen, kind="refund")
    for fund, fen in sorted(flow.gained.items()):
        if fen > 0:
            made.came(("moved-in", _("Moved from other funds")), fund, fen, kind="moved")
        else:
            made.went(fund, ("moved-out", _("Moved to other funds")), "moved", -fen, kind="moved")
    made.rows.sort(key=lambda row: -row.fen)
    return picture(made.columns(), made.links, made.rows)
