"""How a longer text of somebody is laid out: an empty line begins a paragraph, a line with a dash is an item of a list.

No other marks: what people type on a phone, and nothing that could be misread. The template escapes every line.
"""

from __future__ import annotations

import re
from itertools import groupby

#: A dash or dot before a blank, as keyboards in both languages give them; the bullet wants no blank.
_ITEM = re.compile(r"(?:[-*－–—](?=\s)|[•·])\s*(?=\S)")


def blocks(text: str) -> list[tuple[bool, list[str]]]:
    """The text as blocks of lines, each with whether it is a list (its items, without their dashes) or a paragraph.

    >>> blocks("Bought:\\n- two stoves\\n- a blanket")
    [(False, ['Bought:']), (True, ['two stoves', 'a blanket'])]
    """
    found = []
    for part in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n")):
        lines = [line.strip() for line in part.split("\n") if line.strip()]
        for is_list, group in groupby(lines, key=lambda line: bool(_ITEM.match(line))):
            found.append((is_list, [_ITEM.sub("", line, count=1) if is_list else line for line in group]))
    return found
