"""Tables that become cards on a phone: every cell says its column, and the roles outlive the changed display.

A style sheet that makes a row a card takes the row's meaning from some screen readers; roles give it back. Done here,
from the headings of the table itself, so that no page can forget or misname a cell.
"""

from __future__ import annotations

import re

from markupsafe import Markup

HEADING = re.compile(r'<th scope="col".*?</th>', re.DOTALL)
TAG = re.compile(r'<(thead|tbody|tr|td|th scope="(?:col|row)")(?=[ >])')
ROLES = {
    "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "td": "cell",
    'th scope="col"': "columnheader", 'th scope="row"': "rowheader",
}  # fmt: skip
CELLS = {"cell", "columnheader", "rowheader"}


def name_cells(inside: str) -> Markup:
    """``inside`` is what stands in a table: its thead with a heading for each column, and its tbody."""
    names = [Markup(heading).striptags() for heading in HEADING.findall(inside)]  # noqa: S704 - as below
    column = 0

    def dressed(tag: re.Match[str]) -> str:
        nonlocal column
        if tag[1] == "tr":
            column = 0
        named = Markup(' data-label="{}"').format(names[column]) if tag[1] == "td" else ""
        role = ROLES[tag[1]]
        column += role in CELLS
        return f'{tag[0]} role="{role}"{named}'

    return Markup(TAG.sub(dressed, inside))  # noqa: S704 - a template's own markup, its values escaped before
