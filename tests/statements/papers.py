"""Files as banks, WeChat Pay and Alipay give them out, written by the tests; everything in them is invented."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import openpyxl

HEADER = ["交易日期", "对方户名", "对方账号", "收入", "支出", "余额", "流水号", "附言"]
Row = Sequence[Any]


def csv_bytes(rows: Sequence[Row], *, encoding: str = "utf-8", delimiter: str = ",", end: str = "\r\n") -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=end).writerows(rows)
    return buffer.getvalue().encode(encoding)


def xlsx_bytes(rows: Sequence[Row], *, sheets_before: int = 0) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for number in range(sheets_before):
        sheet = workbook.create_sheet(f"S{number}")
    for row in rows:
        sheet.append(list(row))
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def xls_bytes(rows: Sequence[Row]) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the writer is old
        import xlwt

        book = xlwt.Workbook()
        sheet = book.add_sheet("流水")
        style = xlwt.easyxf(num_format_str="YYYY-MM-DD")
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                sheet.write(number, place, value, *([style] if isinstance(value, date | datetime) else []))
        buffer = io.BytesIO()
        book.save(buffer)
    return buffer.getvalue()


def movement(
    day: Any,
    amount: str,
    memo: str = "",
    *,
    reference: str = "",
    payer: str = "张建国",
    balance: str = "",
    account: str = "6222000000001234",
) -> list[Any]:
    """A row below HEADER; an amount with a minus went out."""
    went = amount.startswith("-")
    return [day, payer, account, "" if went else amount, amount[1:] if went else "", balance, reference, memo]


def bank(*rows: Row, **options: Any) -> bytes:
    return csv_bytes([HEADER, *rows], **options)


WECHAT_TRADES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,"
    "代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,"
    "费率备注"
)
WECHAT_FUNDS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,"
    "资金变更提交申请人,备注,业务凭证号"
)


def wechat_order(
    moment: str,
    amount: str,
    memo: str,
    *,
    number: str,
    status: str = "SUCCESS",
    refund: str = "0.00",
    refund_number: str = "0",
    fee: str = "0.00000",
) -> str:
    """A row of the bill of orders: a backtick before every value."""
    values = [
        moment, "wx0000", "1900000001", "0", "", number, f"M{number}", "oABCDEF", "JSAPI", status, "CMB_DEBIT", "CNY",
        amount, "0.00", refund_number, "0", refund, "0.00", "", "", memo, "", fee, "0.60%", amount, refund, "",
    ]  # fmt: skip
    return ",".join(f"`{value}" for value in values)


def wechat_trades(*orders: str) -> bytes:
    foot = (
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\n"
        "`2,`1.00,`0.00,`0.00,`0.00000,`1.00,`0.00\n"
    )
    return ("\ufeff" + WECHAT_TRADES + "\n" + "".join(f"{order}\n" for order in orders) + foot).encode()


def wechat_funds(*rows: Row) -> bytes:
    lines = [WECHAT_FUNDS, *(",".join(f"`{value}" for value in row) for row in rows)]
    lines += ["资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额", "`2,`1,`10.00,`1,`1.00"]
    return ("\ufeff" + "\r\n".join(lines)).encode()


def alipay_account(*rows: Row) -> bytes:
    head = [
        "#支付宝账务明细查询", "#账号：[20880000000000000156]", "#起始日期：[2026年11月01日 00:00:00]",
        "#-----------------------------------------账务明细列表----------------------------------------",
        "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注",
    ]  # fmt: skip
    foot = [
        "#-----------------------------------------账务明细列表结束------------------------------------",
        "#支出合计：1笔，共-1.00元", "#收入合计：1笔，共10.00元", "#导出时间：[2026年11月22日 10:00:00]",
    ]  # fmt: skip
    lines = [*head, *("\t,".join(str(value) for value in row) + "\t" for row in rows), *foot]
    return "\r\n".join(lines).encode("gb18030")


def wechat_personal(*rows: Row) -> bytes:
    lines = [["微信支付账单明细"], ["微信昵称：[某基金会]"],
        ["起始时间：[2026-11-01 00:00:00] 终止时间：[2026-11-30 00:00:00]"], [],
             ["----------------------微信支付账单明细列表--------------------"],
             ["交易时间", "交易类型", "交易对方", "商品", "收/支", "金额(元)", "支付方式", "当前状态", "交易单号",
                 "商户单号", "备注"], *rows]  # fmt: skip
    return csv_bytes(lines, encoding="utf-8-sig")


def alipay_personal(*rows: Row) -> bytes:
    lines = [["------------------------------------------------------------------------------------"], ["导出信息："],
             ["姓名：某人"], ["交易时间", "交易分类", "交易对方", "对方账号", "商品说明", "收/支", "金额",
                 "收/付款方式", "交易状态",
              "交易订单号", "商家订单号", "备注", ""], *rows]  # fmt: skip
    return csv_bytes(lines, encoding="gb18030")
