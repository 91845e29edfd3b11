"""Where to draw what in a picture of a flow (a Sankey diagram): bars in columns, and bands between neighbouring ones.

Pure geometry, in the units of the picture's viewBox. Each picture is laid out twice: wide, with its words beside the
first and last column, and narrow for a phone, with its words over the bands: there names take two lines, and the
words of two columns that share a gap have half of it each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

BAR = 10
GAP = 8
LINE = 15  # from one line of words to the next
MARGIN = 6  # between a bar and its words


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
    words: list[str]
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
    """The picture's measures: ``before`` and ``after`` are room for words at its sides, ``middle`` is where the second
    of three columns stands (0 to 1), ``tall`` the height of all bars of a column together, ``lines`` how many lines a
    name may take before it is cut (the table says it whole), ``letter`` how wide a letter is at most."""

    width: int
    before: int
    after: int
    tall: int
    letter: float
    lines: int = 1
    middle: float = 0.5


WIDE = Frame(width=960, before=190, after=200, tall=320, letter=7.2)
NARROW = Frame(width=340, before=0, after=0, tall=300, letter=6.6, lines=2, middle=0.34)


def draw(columns: Sequence[Sequence[Node]], links: Sequence[Link], frame: Frame) -> Drawing:
    """Columns from left to right; of each column the nodes from top to bottom. Values of a column need not add up to
    those of another: what is missing is left white."""
    whole = max((sum(node.value for node in column) for column in columns), default=0) or 1
    scale = frame.tall / whole
    places = _places(len(columns), frame)
    names = {
        node.key: wrapped(node.words, _letters(number, places, frame), frame.lines)
        for number, column in enumerate(columns)
        for node in column
    }
    slots = [[max(node.value * scale, (1 + len(names[node.key])) * LINE) for node in column] for column in columns]
    height = max(sum(column) + GAP * (len(column) - 1) for column in slots)
    bars: dict[str, Bar] = {}
    for number, (column, of_column) in enumerate(zip(columns, slots, strict=True)):
        y = (height - sum(of_column) - GAP * (len(of_column) - 1)) / 2
        side = _side(number, len(columns), frame)
        for node, slot in zip(column, of_column, strict=True):
            tall = max(node.value * scale, 1.0)
            bars[node.key] = _bar(node, (places[number], y + (slot - tall) / 2), tall, side, names[node.key])
            y += slot + GAP
    return Drawing(frame.width, round(height), list(bars.values()), _bands(bars, links, scale))


def _places(count: int, frame: Frame) -> list[float]:
    """The left edge of each column's bars."""
    span = frame.width - frame.before - frame.after - BAR
    parts = [0, frame.middle, 1] if count == 3 else [number / max(count - 1, 1) for number in range(count)]
    return [frame.before + span * part for part in parts]


def _side(number: int, count: int, frame: Frame) -> str:
    """On which side of its bar a node's words stand."""
    if number == count - 1:
        return "after" if frame.after else "before"
    return "before" if number == 0 and frame.before else "after"


def _letters(number: int, places: list[float], frame: Frame) -> int:
    """How many letters fit beside a bar of this column without reaching the words or the bars of another one."""
    is_before, last = _side(number, len(places), frame) == "before", len(places) - 1
    if is_before and number == 0:
        room: float = frame.before
    elif number == last and not is_before:
        room = frame.after
    else:
        left = number - 1 if is_before else number
        room = places[left + 1] - places[left] - BAR
        if left + 1 == last and _side(last, len(places), frame) == "before":
            room /= 2  # the words of both columns stand in this gap
    return int((room - 2 * MARGIN) / frame.letter)


def wrapped(words: str, letters: int, lines: int) -> list[str]:
    """At most so many lines of so many letters, broken between words or between Chinese characters."""
    found = [""]
    for piece in re.findall(r"[^\s\u2e80-\uffff]+\s*|\S\s*", words):
        if found[-1] and _width((found[-1] + piece).rstrip()) > letters and len(found) < lines:
            found.append("")
        found[-1] += piece
    return [shortened(line.rstrip(), letters) for line in found]


def _width(words: str) -> int:
    """In letters; a Chinese character counts for two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in words)


def shortened(words: str, letters: int) -> str:
    """At most so many letters; a Chinese character counts for two."""
    if _width(words) <= letters:
        return words
    kept = next(at for at in range(len(words)) if _width(words[: at + 1]) >= letters)
    return words[:kept].rstrip() + "…"


def _bar(node: Node, place: tuple[float, float], tall: float, side: str, words: list[str]) -> Bar:
    """``text_y`` is the foot of the first line; the amount stands below the last one."""
    x, y = place
    text_x, anchor = (x + BAR + MARGIN, "start") if side == "after" else (x - MARGIN, "end")
    text_y = y + tall / 2 - 3 - (len(words) - 1) * LINE / 2
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
