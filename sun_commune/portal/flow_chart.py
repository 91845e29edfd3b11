"""Where to draw what in a picture of a flow (a Sankey diagram): bars in columns, and bands between neighbouring ones.

Pure geometry, in the units of the picture's viewBox. Each picture is laid out twice: wide, with its words beside the
first and last column, and narrow for a phone, with its words over the bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

BAR = 10
GAP = 8
LINE = 15  # from one line of words to the next


@dataclass(frozen=True)
class Node:
    """A bar: ``value`` in fen, ``words`` its name, ``amount`` the value in words, ``tone`` its colour (ledger.css)."""

    key: str
    words: str
    amount: str
    value: int
    tone: str = "came"


@dataclass(frozen=True)
class Link:
    """``value`` fen go from the node ``source`` of one column to ``target`` of the next."""

    source: str
    target: str
    value: int
    words: str = ""
    tone: str = "came"


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    height: float
    text_x: float
    text_y: float
    anchor: str
    words: str
    node: Node


@dataclass(frozen=True)
class Band:
    path: str
    link: Link


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    bars: list[Bar] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)


@dataclass(frozen=True)
class Frame:
    """The picture's measures: ``before`` and ``after`` are room for words at its sides, ``tall`` the height of all bars
    of a column together, ``letters`` how long a name may be before it is cut (the table says it whole)."""

    width: int
    before: int
    after: int
    tall: int
    letters: int


WIDE = Frame(width=960, before=190, after=200, tall=320, letters=26)
NARROW = Frame(width=340, before=0, after=0, tall=300, letters=20)


def draw(columns: Sequence[Sequence[Node]], links: Sequence[Link], frame: Frame) -> Drawing:
    """Columns from left to right; of each column the nodes from top to bottom. Values of a column need not add up to
    those of another: what is missing is left white."""
    whole = max((sum(node.value for node in column) for column in columns), default=0) or 1
    scale = frame.tall / whole
    slots = [[max(node.value * scale, 2 * LINE) for node in column] for column in columns]
    height = max(sum(column) + GAP * (len(column) - 1) for column in slots)
    span = frame.width - frame.before - frame.after - BAR
    bars: dict[str, Bar] = {}
    for number, (column, of_column) in enumerate(zip(columns, slots, strict=True)):
        x = frame.before + span * number / max(len(columns) - 1, 1)
        y = (height - sum(of_column) - GAP * (len(of_column) - 1)) / 2
        is_last = number == len(columns) - 1
        for node, slot in zip(column, of_column, strict=True):
            tall = max(node.value * scale, 1.0)
            side = _side(number, frame, is_last=is_last)
            bars[node.key] = _bar(node, (x, y + (slot - tall) / 2), tall, side, shortened(node.words, frame.letters))
            y += slot + GAP
    return Drawing(frame.width, round(height), list(bars.values()), _bands(bars, links, scale))


def _side(number: int, frame: Frame, *, is_last: bool) -> str:
    """On which side of its bar a node's words stand."""
    if is_last:
        return "after" if frame.after else "before"
    return "before" if number == 0 and frame.before else "after"


def shortened(words: str, letters: int) -> str:
    """At most so many letters; a Chinese character counts for two."""
    wide = [2 if ord(letter) > 0x2E7F else 1 for letter in words]
    if sum(wide) <= letters:
        return words
    kept = next(at for at in range(len(words)) if sum(wide[: at + 1]) >= letters)
    return words[:kept].rstrip() + "…"


def _bar(node: Node, place: tuple[float, float], tall: float, side: str, words: str) -> Bar:
    x, y = place
    text_x, anchor = (x + BAR + 6, "start") if side == "after" else (x - 6, "end")
    text_y = y + tall / 2 - 3
    return Bar(round(x, 1), round(y, 1), round(tall, 1), round(text_x, 1), round(text_y, 1), anchor, words, node)


def _bands(bars: dict[str, Bar], links: Sequence[Link], scale: float) -> list[Band]:
    """Bands leave and reach a bar in the order of the bars at their other ends, so that few cross."""
    left = {key: bar.y for key, bar in bars.items()}
    right = dict(left)
    starts: dict[Link, float] = {}
    for link in sorted(links, key=lambda each: (bars[each.source].y, bars[each.target].y)):
        starts[link] = left[link.source]
        left[link.source] += link.value * scale
    found = []
    for link in sorted(links, key=lambda each: (bars[each.target].y, bars[each.source].y)):
        tall, top = max(link.value * scale, 0.6), right[link.target]
        right[link.target] += link.value * scale
        found.append(Band(_path(bars[link.source].x + BAR, starts[link], bars[link.target].x, top, tall), link))
    return found


def _path(x1: float, y1: float, x2: float, y2: float, tall: float) -> str:
    middle = (x1 + x2) / 2
    return (
        f"M{x1:.1f} {y1:.1f}C{middle:.1f} {y1:.1f} {middle:.1f} {y2:.1f} {x2:.1f} {y2:.1f}V{y2 + tall:.1f}"
        f"C{middle:.1f} {y2 + tall:.1f} {middle:.1f} {y1 + tall:.1f} {x1:.1f} {y1 + tall:.1f}Z"
    )
