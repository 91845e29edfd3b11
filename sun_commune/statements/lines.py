"""Rows of a file to lines of a statement, by what its columns mean. What cannot be read is named by row and column.

Rows that are no movements - titles, sums, notes, pages' headers - are left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l

from sun_commune.core.text import to_half_width
from sun_commune.statements.cells import BadCell, is_empty, read_amount, read_day, read_reference
from sun_commune.statements.columns import Column, FileKind, Layout, column_named, fold, header_names
from sun_commune.statements.tables import Rows

INWARD = frozenset({
    "收入", "收", "贷", "贷方", "贷记", "入", "进", "转入", "来账", "入账", "已收入", "c", "cr", "cr.", "credit", "in",
    "income", "+",
})  # fmt: skip
OUTWARD = frozenset({
    "支出", "支", "借", "借方", "借记", "出", "付", "转出", "往账", "出账", "已支出", "d", "dr", "dr.", "debit", "out",
    "expense", "-",
})  # fmt: skip
#: Neither: a move between one's own purses in the personal bills.
NEUTRAL = frozenset({"不计收支", "其他", "其它", "中性交易", "/", ""})
_SUM = re.compile(
    r"^(合计|小计|总计|本页|本月|本期|累计|期初|期末|承前|过次|上期|总笔数|共计|total|opening|closing|sum)",
    re.IGNORECASE,
)
NOT_PAID = re.compile(r"关闭|失败|未支付|待付|等待|NOTPAY|CLOSED|REVOKED|PAYERROR|USERPAYING", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """One movement. ``row`` counts from 1 as in the file; ``amount_fen`` is positive for money that came, negative for
    money that went; ``balance_fen`` is the account's after it, None where the file does not say.

    ``payer``, ``payer_account`` and ``memo`` are private. ``reference`` is the bank's number, "" without one."""

    row: int
    booked_on: date
    amount_fen: int
    balance_fen: int | None = None
    reference: str = ""
    payer: str = ""
    payer_account: str = ""
    memo: str = ""


@dataclass(frozen=True)
class Wrong:
    """A row that holds something and cannot be read: ``column`` is its header, ``words`` say what to do."""

    row: int
    column: str
    words: Any


@dataclass
class Reading:
    """What a file says: lines in its order, rows that are wrong, and how many rows were no movements."""

    lines: list[Line] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    notes_count: int = 0


def read_lines(rows: Rows, layout: Layout) -> Reading:
    """All movements of the file."""
    reader = _Reader(rows, layout)
    reading = Reading()
    for place in range(layout.header_row + 1, len(rows)):
        row = rows[place]
        if not any(row):
            continue
        if reader.ends(row):
            reading.notes_count += sum(1 for rest in rows[place:] if any(rest))
            break
        try:
            found = reader.read(place + 1, row)
        except _WrongCell as error:
            reading.wrong.append(Wrong(place + 1, error.column, error.words))
            continue
        reading.lines += found
        reading.notes_count += not found
    return reading


class _WrongCell(ValueError):
    def __init__(self, column: str, words: Any) -> None:
        super().__init__(column)
        self.column, self.words = column, words


class _Reader:
    """Reads one row after the other; knows the header and how the file writes what goes out."""

    def __init__(self, rows: Rows, layout: Layout) -> None:
        self.columns = layout.columns
        self.kind = layout.kind
        self.names = header_names(rows, layout.header_row)
        self.header = rows[layout.header_row] if layout.header_row >= 0 else []
        self.folded_header = [fold(cell) for cell in self.header]
        self.outgo_is_negative = self._writes_outgo_negative(rows[layout.header_row + 1 :])

    def _writes_outgo_negative(self, rows: Sequence[Sequence[str]]) -> bool:
        """Some files write ``-10.00`` in the column of what went out. Where all are negative that is their habit; where
        only some are, those are payments that were taken back."""
        found = []
        for row in rows:
            try:
                found.append(read_amount(self.cell(row, Column.OUTGO)))
            except BadCell:
                continue
        amounts = [fen for fen in found if fen]
        return bool(amounts) and all(fen < 0 for fen in amounts)

    def cell(self, row: Sequence[str], column: Column) -> str:
        place = self.columns.get(column)
        return row[place] if place is not None and place < len(row) else ""

    def other(self, row: Sequence[str], *names: str) -> str:
        """A cell by its header alone, for the columns that only one kind of bill has."""
        place = column_named(self.header, *names)
        return row[place] if place is not None and place < len(row) else ""

    def ends(self, row: Sequence[str]) -> bool:
        """The sums at the foot of a bill begin: nothing below is a movement."""
        if self.kind in {FileKind.WECHAT_TRADES, FileKind.WECHAT_FUNDS}:
            return fold(row[0]).startswith(("总交易单数", "资金流水总笔数"))
        return self.kind is FileKind.ALIPAY_ACCOUNT and row[0].startswith("#")

    def read(self, number: int, row: Sequence[str]) -> list[Line]:
        """The movements of a row: none for a note, two for an order with a fee."""
        if [fold(cell) for cell in row] == self.folded_header or self._is_note(row):
            return []
        if self.kind is FileKind.WECHAT_TRADES:
            return self._read_order(number, row)
        if self.kind in {FileKind.WECHAT_PERSONAL, FileKind.ALIPAY_PERSONAL}:
            status = self.other(row, "当前状态", "交易状态")
            if NOT_PAID.search(status) or fold(self.cell(row, Column.DIRECTION)) in NEUTRAL:
                return []
        amount = self._amount(row)
        return [self._line(number, row, amount)] if amount else []

    def _is_note(self, row: Sequence[str]) -> bool:
        """A row without a day that is a title, a sum or words; with an amount and no day it is wrong, unless it says
        that it is a sum."""
        if any(_SUM.match(cell) for cell in row[:3]):
            return True
        day = self.cell(row, Column.DATE)
        amounts = [self.cell(row, column) for column in (Column.AMOUNT, Column.INCOME, Column.OUTGO)]
        return all(is_empty(text) for text in amounts) and (is_empty(day) or not re.search(r"\d{4}", day))

    def _read(self, row: Sequence[str], column: Column, how: Callable[[str], Any]) -> Any:
        try:
            return how(self.cell(row, column))
        except BadCell as error:
            raise _WrongCell(self._name(column), error.words) from error

    def _name(self, column: Column) -> str:
        place = self.columns.get(column)
        return self.names[place] if place is not None and place < len(self.names) else column.value

    def _amount(self, row: Sequence[str]) -> int:
        if Column.AMOUNT in self.columns:
            amount: int = self._read(row, Column.AMOUNT, read_amount)
            return self._directed(row, amount) if Column.DIRECTION in self.columns else amount
        income: int = self._read(row, Column.INCOME, read_amount)
        outgo: int = self._read(row, Column.OUTGO, read_amount)
        if income and outgo:
            words = _l("Both columns of amounts are filled, so it cannot be told which way the money went.")
            raise _WrongCell(self._name(Column.OUTGO), words)
        return income or (outgo if self.outgo_is_negative else -outgo)

    def _directed(self, row: Sequence[str], amount: int) -> int:
        word = fold(self.cell(row, Column.DIRECTION))
        if word in INWARD:
            return amount
        if word in OUTWARD:
            return -abs(amount)
        if not amount:
            return 0
        words = _l("“%(text)s” does not say whether money came or went.", text=word[:20])
        raise _WrongCell(self._name(Column.DIRECTION), words)

    def _line(self, number: int, row: Sequence[str], amount: int) -> Line:
        balance = self.cell(row, Column.BALANCE)
        return Line(
            row=number,
            booked_on=self._read(row, Column.DATE, read_day),
            amount_fen=amount,
            balance_fen=None if is_empty(balance) else self._read(row, Column.BALANCE, read_amount),
            reference=self._read(row, Column.REFERENCE, read_reference),
            payer=self._text(row, Column.PAYER)[:120],
            payer_account=self._text(row, Column.PAYER_ACCOUNT)[:60],
            memo=" ".join(part for part in self._memos(row) if part)[:300],
        )

    def _text(self, row: Sequence[str], column: Column) -> str:
        text = self.cell(row, column)
        return "" if is_empty(text) else text

    def _memos(self, row: Sequence[str]) -> Iterator[str]:
        first = self._text(row, Column.MEMO)
        second = self._text(row, Column.MEMO_2)
        yield first
        yield second if second != first else ""

    def _read_order(self, number: int, row: Sequence[str]) -> list[Line]:
        """An order of WeChat Pay: what was paid, or what was refunded of it, and the fee that was kept back."""
        status = fold(self.other(row, "交易状态"))
        if NOT_PAID.search(status) and status != "revoked":
            return []
        if status in {"refund", "revoked"} or "退款" in status:
            back = self._other_amount(row, "退款金额", "申请退款金额", "企业红包退款金额")
            reference = read_reference(self.other(row, "微信退款单号")) or self._reference(row)
            lines = [replace(self._line(number, row, -abs(back)), reference=reference)] if back else []
        else:
            paid: int = self._read(row, Column.AMOUNT, read_amount)
            lines = [self._line(number, row, paid)] if paid else []
        fee = self._other_amount(row, "手续费")
        if lines and fee:
            # Fees come with five decimals; what moves is whole fen. A refund gives the fee back with a negative one.
            kept = f"{lines[0].reference}-FEE" if lines[0].reference else ""
            lines.append(replace(lines[0], amount_fen=-fee, reference=kept, payer="", payer_account="", memo="手续费"))
        return lines

    def _reference(self, row: Sequence[str]) -> str:
        return read_reference(self.cell(row, Column.REFERENCE))

    def _other_amount(self, row: Sequence[str], *names: str) -> int:
        text = self.other(row, *names)
        try:
            return read_amount(re.sub(r"(\.\d\d)0+$", r"\1", to_half_width(text)))
        except BadCell as error:
            raise _WrongCell(names[0], error.words) from error
