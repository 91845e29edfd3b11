"""A slip and a year's statement as PDF, with the Chinese font embedded (only the characters used) and the QR drawn.

An extra: ``pip install -r requirements-pdf.txt``. Without it the print page does the same, with the reader's own fonts.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

import segno
from flask_babel import gettext as _

from sun_commune import config
from sun_commune.core.clock import local, now
from sun_commune.core.i18n import current_lang
from sun_commune.core.labels import label
from sun_commune.receipts import words as w
from sun_commune.receipts.queries import Slip, Statement

if TYPE_CHECKING:
    from fpdf import FPDF

NEEDED = ("fpdf", "pylopdf_fonts_zh_cn")
A5, A4 = (148.0, 210.0), (210.0, 297.0)  # millimetres
MARGIN = 14.0
LABEL_WIDTH = 34.0
LINE = 5.6
QR_SIDE = 30.0


def is_available() -> bool:
    """The extra is installed."""
    return all(find_spec(name) is not None for name in NEEDED)


def slip_pdf(slip: Slip, rows: Sequence[tuple[str, str]]) -> bytes:
    """One slip on a page of A5; ``rows`` are words.slip_rows, as on the print page."""
    paper = _paper(A5, w.title(), slip.receipt.number)
    _heading(paper, w.title(), slip.receipt.number)
    _stamp(paper, w.stamp(slip))
    for caption, text in rows:
        _row(paper, caption, text)
    _qr(paper, w.address(slip.receipt))
    return bytes(paper.output())


def statement_pdf(statement: Statement, *, donor: str) -> bytes:
    """A donor's year on pages of A4: money, then goods, each with its own sum."""
    title = _("Gifts of the year %(year)s", year=statement.year)
    paper = _paper(A4, title, donor)
    _heading(paper, title, donor)
    _text(paper, _("Printed on %(day)s. How each slip stands now is told behind its QR.",
                   day=w.day(local(now()).date())))  # fmt: skip
    _part(paper, _("Money"), statement.money)
    _text(paper, _("Money still given: %(sum)s", sum=w.money(statement.money_fen)), size=11)
    if statement.refunded_fen:
        _text(paper, _("Refunded: %(sum)s", sum=w.money(statement.refunded_fen)))
    _part(paper, _("Goods"), statement.goods)
    _text(paper, _("Goods, at the values they were accepted at: %(sum)s", sum=w.money(statement.goods_fen)), size=11)
    _text(paper, _("Money and goods are not added up: a value is an estimate, money is money."))
    return bytes(paper.output())


def _part(paper: FPDF, title: str, slips: list[Slip]) -> None:
    paper.ln(3)
    _text(paper, title, size=13)
    if not slips:
        _text(paper, _("None in this year."))
        return
    with paper.table(col_widths=(26, 24, 52, 24, 30), text_align=("LEFT", "LEFT", "LEFT", "RIGHT", "LEFT"),
                     line_height=LINE, borders_layout="HORIZONTAL_LINES") as table:  # fmt: skip
        table.row((_("Receipt"), _("Day"), _("Given for"), _("Value") if slips[0].is_goods else _("Amount"),
                   _("State")))  # fmt: skip
        for slip in slips:
            what = f"{w.quantity(slip)} · {w.purpose(slip)}" if slip.is_goods else w.purpose(slip)
            table.row((slip.receipt.number, slip.entry.business_on.isoformat(), what,
                       w.money(slip.receipt.amount_fen), label(slip.standing.state)))  # fmt: skip


def _paper(size: tuple[float, float], title: str, subject: str) -> FPDF:
    from fpdf import FPDF  # noqa: PLC0415 - an extra that may not be there
    from fpdf.fonts import FontFace  # noqa: F401, PLC0415 - tables of it need the module
    from pylopdf_fonts_zh_cn import sans_path  # noqa: PLC0415 - as above

    paper = FPDF(format=size)
    paper.set_margins(MARGIN, MARGIN)
    paper.set_auto_page_break(True, MARGIN)
    for style in ("", "B"):  # headings of tables ask for bold; one weight serves both
        paper.add_font("sans", style=style, fname=str(sans_path()))
    paper.set_lang("en" if current_lang() == "en" else "zh-CN")
    paper.set_title(title)
    paper.set_subject(subject)
    paper.set_creation_date(now())
    paper.add_page()
    paper.set_font("sans", size=9.5)
    return paper


def _heading(paper: FPDF, title: str, under: str) -> None:
    paper.set_font("sans", size=15)
    paper.multi_cell(0, 8, title, align="C", new_x="LMARGIN", new_y="NEXT")
    paper.set_font("sans", size=11)
    paper.multi_cell(0, 7, under, align="C", new_x="LMARGIN", new_y="NEXT")
    paper.set_font("sans", size=9.5)
    if config.current().demo:
        words = _("Demonstration: the data are examples, the families are invented.")
        paper.multi_cell(0, LINE, words, align="C", new_x="LMARGIN", new_y="NEXT")
    paper.ln(2)


def _stamp(paper: FPDF, text: str) -> None:
    """Framed and large: a void slip must not pass for one that holds, folded or copied."""
    if not text:
        return
    paper.set_font("sans", size=13)
    paper.set_text_color(180, 0, 0)
    paper.set_draw_color(180, 0, 0)
    paper.set_line_width(0.8)
    paper.multi_cell(0, 9, text, border=1, align="C", new_x="LMARGIN", new_y="NEXT")
    paper.set_text_color(0)
    paper.set_draw_color(0)
    paper.set_line_width(0.2)
    paper.set_font("sans", size=9.5)
    paper.ln(3)


def _row(paper: FPDF, caption: str, text: str) -> None:
    top = paper.get_y()
    paper.set_text_color(90)
    paper.multi_cell(LABEL_WIDTH, LINE, caption, align="L", new_x="LMARGIN", new_y="NEXT")
    under = paper.get_y()
    paper.set_text_color(0)
    paper.set_xy(MARGIN + LABEL_WIDTH, top)
    paper.multi_cell(0, LINE, text, align="L", new_x="LMARGIN", new_y="NEXT")
    paper.set_y(max(under, paper.get_y()) + 0.6)


def _text(paper: FPDF, text: str, *, size: float = 9.5) -> None:
    paper.set_font("sans", size=size)
    paper.multi_cell(0, size * 0.62, text, align="L", new_x="LMARGIN", new_y="NEXT")
    paper.set_font("sans", size=9.5)


def _qr(paper: FPDF, address: str) -> None:
    rows = [list(row) for row in segno.make_qr(address, error="m").matrix_iter(border=0)]
    if paper.get_y() + QR_SIDE + 4 > paper.h - MARGIN:
        paper.add_page()
    paper.ln(3)
    left, top, side = MARGIN, paper.get_y(), QR_SIDE / len(rows)
    for line, cells in enumerate(rows):
        for column, dark in enumerate(cells):
            if dark:
                # A hair wider than a module, or viewers show white seams between neighbours.
                paper.rect(left + column * side, top + line * side, side * 1.02, side * 1.02, style="F")
    paper.set_xy(left + QR_SIDE + 5, top)
    paper.multi_cell(0, LINE, w.scan_it(), align="L")
    paper.set_xy(left + QR_SIDE + 5, top + 4 * LINE)
    paper.set_font("sans", size=7)
    paper.multi_cell(0, 4, address, align="L")
