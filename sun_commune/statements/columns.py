"""What the columns of a statement mean: the kinds of file, where the header stands, and a first guess by its words.

A bank's file is any table; the treasurer corrects the guess, and the header's fingerprint remembers it. The bills of
WeChat Pay and Alipay are known by their headers and need no guess.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from sun_commune.core.text import to_half_width
from sun_commune.statements.tables import Rows

HEAD_ROWS = 40  # a header stands within so many rows


class Column(StrEnum):
    """What a column says. Either AMOUNT (signed, or with DIRECTION), or INCOME and OUTGO."""

    DATE = "date"
    INCOME = "income"
    OUTGO = "outgo"
    AMOUNT = "amount"
    DIRECTION = "direction"
    BALANCE = "balance"
    REFERENCE = "reference"
    PAYER = "payer"
    PAYER_ACCOUNT = "payer_account"
    MEMO = "memo"
    MEMO_2 = "memo_2"


class FileKind(StrEnum):
    BANK = "bank"
    WECHAT_TRADES = "wechat_trades"  # the merchant's bill of orders
    WECHAT_FUNDS = "wechat_funds"  # the merchant's bill of the account's movements
    WECHAT_PERSONAL = "wechat_personal"
    ALIPAY_ACCOUNT = "alipay_account"  # the merchant's bill of the account's movements
    ALIPAY_PERSONAL = "alipay_personal"
    NOTICES = "notices"  # no file: what a provider told by its messages (services.noticed)


Columns = Mapping[Column, int]

C, K = Column, FileKind

#: Words of headers for each meaning, folded as by ``fold``. The order of a tuple is that of preference.
WORDS: dict[Column, tuple[str, ...]] = {
    C.DATE: (
        "交易日期", "记账日期", "入账日期", "交易时间", "记账时间", "入账时间", "发生时间", "日期", "时间", "交易日",
        "date", "transactiondate", "bookingdate", "postingdate", "valuedate", "datetime", "time",
    ),
    C.INCOME: (
        "收入", "收入金额", "贷方发生额", "贷方金额", "贷方", "转入金额", "存入金额", "存入", "转入", "来账金额",
        "income", "credit", "creditamount", "deposit", "deposits", "moneyin", "paidin", "in",
    ),
    C.OUTGO: (
        "支出", "支出金额", "借方发生额", "借方金额", "借方", "转出金额", "支取金额", "取出", "转出", "往账金额",
        "debit", "debitamount", "withdrawal", "withdrawals", "moneyout", "paidout", "outgo", "expense", "out",
    ),
    C.AMOUNT: (
        "交易金额", "发生额", "金额", "收支金额", "入账金额", "记账金额", "amount", "transactionamount",
    ),
    C.DIRECTION: (
        "收/支", "收支", "收支类型", "借贷标志", "借贷", "借贷方向", "收付标志", "交易方向", "来往标志", "资金方向",
        "direction", "dr/cr", "drcr", "type", "credit/debit",
    ),
    C.BALANCE: (
        "余额", "账户余额", "本次余额", "交易后余额", "可用余额", "账户结余", "结余", "balance", "runningbalance",
        "closingbalance",
    ),
    C.REFERENCE: (
        "流水号", "交易流水号", "核心流水号", "银行流水号", "账务流水号", "资金流水单号", "交易单号", "交易订单号",
        "凭证号", "交易号", "参考号", "业务编号", "日志号", "序列号", "reference", "referenceno", "bankreference",
        "transactionid", "transactionno", "serialno", "ref", "id",
    ),
    C.PAYER: (
        "对方户名", "对方名称", "对方单位", "对方账户名称", "对方账户名", "付款人", "付款人名称", "付款方户名",
        "付款方名称", "交易对方", "户名", "对手方", "counterparty", "counterpartyname", "payer", "payername",
        "name", "from",
    ),
    C.PAYER_ACCOUNT: (
        "对方账号", "对方账户", "对方卡号", "付款人账号", "付款方账号", "账号", "counterpartyaccount", "payeraccount",
        "accountnumber", "account", "iban",
    ),
    C.MEMO: (
        "附言", "交易附言", "转账附言", "备注", "摘要", "用途", "留言", "交易说明", "说明", "memo", "remark", "remarks",
        "description", "details", "narrative", "message", "note",
    ),
}  # fmt: skip
#: A second column of words beside the memo: many banks have both.
WORDS[C.MEMO_2] = ("摘要", "用途", "备注", "交易说明", "说明", "附言", "description", "details", "remark", "narrative")

#: Headers by which a bill is known, and where its columns are. Names as folded; the first that is there counts.
BILLS: dict[FileKind, tuple[tuple[str, ...], dict[Column, tuple[str, ...]]]] = {
    K.WECHAT_TRADES: (
        ("交易时间", "微信订单号", "商户订单号", "交易状态", "商品名称"),
        {
            C.DATE: ("交易时间",), C.AMOUNT: ("应结订单金额", "总金额", "订单金额"), C.REFERENCE: ("微信订单号",),
            C.PAYER: ("用户标识",), C.MEMO: ("商品名称",), C.MEMO_2: ("商户数据包",),
        },
    ),
    K.WECHAT_FUNDS: (
        ("记账时间", "资金流水单号", "收支类型", "收支金额(元)"),
        {
            C.DATE: ("记账时间",), C.AMOUNT: ("收支金额(元)",), C.DIRECTION: ("收支类型",),
            C.BALANCE: ("账户结余(元)",), C.REFERENCE: ("资金流水单号",), C.PAYER: ("资金变更提交申请人",),
            C.MEMO: ("备注",), C.MEMO_2: ("业务名称",),
        },
    ),
    K.WECHAT_PERSONAL: (
        ("交易时间", "交易类型", "交易对方", "收/支", "金额(元)", "交易单号"),
        {
            C.DATE: ("交易时间",), C.AMOUNT: ("金额(元)",), C.DIRECTION: ("收/支",), C.REFERENCE: ("交易单号",),
            C.PAYER: ("交易对方",), C.MEMO: ("备注",), C.MEMO_2: ("商品",),
        },
    ),
    K.ALIPAY_ACCOUNT: (
        ("账务流水号", "业务流水号", "发生时间", "收入金额(+元)", "支出金额(-元)"),
        {
            C.DATE: ("发生时间",), C.INCOME: ("收入金额(+元)",), C.OUTGO: ("支出金额(-元)",),
            C.BALANCE: ("账户余额(元)",), C.REFERENCE: ("账务流水号",), C.PAYER: ("对方名称", "对方账号"),
            C.PAYER_ACCOUNT: ("对方账号",), C.MEMO: ("备注",), C.MEMO_2: ("商品名称",),
        },
    ),
    K.ALIPAY_PERSONAL: (
        ("交易时间", "交易对方", "收/支", "金额", "交易状态", "交易订单号"),
        {
            C.DATE: ("交易时间",), C.AMOUNT: ("金额",), C.DIRECTION: ("收/支",), C.REFERENCE: ("交易订单号",),
            C.PAYER: ("交易对方",), C.PAYER_ACCOUNT: ("对方账号",), C.MEMO: ("备注",), C.MEMO_2: ("商品说明",),
        },
    ),
}  # fmt: skip


def fold(header: str) -> str:
    """A header as it is compared: half width, small, without spaces and units."""
    return re.sub(r"\s", "", to_half_width(header)).lower()


def _bare(header: str) -> str:
    """Without what stands in brackets: ``金额(元)`` is ``金额``."""
    return re.sub(r"[(\[].*?[)\]]", "", fold(header))


@dataclass(frozen=True)
class Layout:
    """Where a file's header stands (index of the row, -1: it has none) and what its columns mean as far as known."""

    kind: FileKind
    header_row: int
    columns: Columns = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Enough is known to read the rows."""
        return is_readable(self.columns)


def is_readable(columns: Columns) -> bool:
    has_amount = Column.AMOUNT in columns or Column.INCOME in columns
    return Column.DATE in columns and has_amount


def fingerprint(header: Sequence[str]) -> str:
    """SHA-256 of a header's words in their order: by it a mapping is remembered."""
    return hashlib.sha256("\n".join(fold(cell) for cell in header).rstrip().encode()).hexdigest()


def find_layout(rows: Rows, remembered: Mapping[str, Columns]) -> Layout:
    """The bill that it is, or the header that is remembered, or the row that looks most like a header, with a guess."""
    head = rows[:HEAD_ROWS]
    for number, row in enumerate(head):
        kind = _bill_of(row)
        if kind is not None:
            return Layout(kind, number, _bill_columns(kind, row))
    for number, row in enumerate(head):
        known = remembered.get(fingerprint(row)) if any(row) else None
        if known is not None:
            return Layout(FileKind.BANK, number, known)
    guesses = [(len(guess(row)), -number) for number, row in enumerate(head)]
    score, number = max(guesses, default=(0, 0))
    if score < 2:
        return Layout(FileKind.BANK, -1, {})
    return Layout(FileKind.BANK, -number, guess(rows[-number]))


def _bill_of(row: Sequence[str]) -> FileKind | None:
    folded = {fold(cell) for cell in row}
    for kind, (marks, _columns) in BILLS.items():
        if folded.issuperset(marks):
            return kind
    return None


def _bill_columns(kind: FileKind, row: Sequence[str]) -> Columns:
    folded = [fold(cell) for cell in row]
    found = {}
    for column, names in BILLS[kind][1].items():
        name = next((name for name in names if name in folded), None)
        if name is not None:
            found[column] = folded.index(name)
    return found


def column_named(row: Sequence[str], *names: str) -> int | None:
    """Index of the first of these headers that is there."""
    folded = [fold(cell) for cell in row]
    return next((folded.index(name) for name in names if name in folded), None)


def guess(header: Sequence[str]) -> dict[Column, int]:
    """What each column seems to mean, by the words of its header; each column at most once."""
    found: dict[Column, int] = {}
    for column, names in WORDS.items():
        for spelled in (fold, _bare):
            spellings = [spelled(cell) for cell in header]
            free = [name for name in names if name in spellings and spellings.index(name) not in found.values()]
            if free:
                found[column] = spellings.index(free[0])
                break
    if Column.INCOME in found and Column.OUTGO in found:
        # Two columns of amounts: a third one is their sum or something else, and a direction would say the same again.
        found.pop(Column.AMOUNT, None)
        found.pop(Column.DIRECTION, None)
    elif Column.AMOUNT in found:
        found.pop(Column.INCOME, None)
        found.pop(Column.OUTGO, None)
    return found


def to_json(columns: Columns) -> str:
    return json.dumps({column.value: place for column, place in sorted(columns.items())}, sort_keys=True)


def from_json(text: str) -> dict[Column, int]:
    return {Column(name): int(place) for name, place in json.loads(text or "{}").items()}


def header_names(rows: Rows, header_row: int) -> list[str]:
    """A name for every column: its header, or its letter as in a spreadsheet where it has none."""
    width = max((len(row) for row in rows), default=0)
    header = list(rows[header_row]) if 0 <= header_row < len(rows) else []
    header += [""] * (width - len(header))
    return [name or letter(place) for place, name in enumerate(header)]


def letter(place: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text


def sample(rows: Rows, header_row: int, most: int = 5) -> Iterable[list[str]]:
    """The first rows below the header that hold anything, for the preview."""
    below = [row for row in rows[header_row + 1 :] if any(row)]
    return below[:most]
