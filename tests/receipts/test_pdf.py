"""The PDF: Chinese text that can be read out again, the font inside and subset; without the extra, the print page."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from sun_commune.core.clock import today
from sun_commune.receipts import pdf
from tests.cast import Cast, sign_in
from tests.receipts.papers import brought, given, record, refund

YEAR = today().year
SMALL = 120_000  # bytes; the font alone has eight million


def read(data: bytes) -> tuple[str, PdfReader]:
    """All text, and the reader. Without white space and NUL: pypdf spreads Chinese characters, and puts a NUL before
    each Latin one whose code has two bytes."""
    reader = PdfReader(io.BytesIO(data))
    words = (page.extract_text().replace("\x00", "").split() for page in reader.pages)
    return "".join("".join(page) for page in words), reader


def fonts_of(reader: PdfReader) -> list[dict[str, object]]:
    fonts = [
        font.get_object()
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]  # pages have resources
    ]
    return [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]


def test_slip_has_its_chinese_and_its_font_inside(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast, 101_010)
    record(cast.treasurer, receipt)
    sign_in(client, cast.donor)
    answer = client.get(f"/zh/my/receipts/{receipt.number}/pdf")
    assert answer.mimetype == "application/pdf"
    assert f"{receipt.number}.pdf" in answer.headers["Content-Disposition"]
    text, reader = read(answer.data)
    for words in (receipt.number, "张建国", "人民币壹仟零壹拾元壹角整", "绵阳市测试慈善会", "卫财务", "0001234567"):
        assert words in text
    assert len(reader.pages) == 1
    fonts = fonts_of(reader)
    assert fonts
    for font in fonts:
        assert "/FontFile3" in font or "/FontFile2" in font
        assert "+" in str(font["/FontName"])  # the mark of a subset
    assert len(answer.data) < SMALL


def test_refunded_slip_is_stamped(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    refund(receipt, 30_000)
    sign_in(client, cast.donor)
    text, _reader = read(client.get(f"/en/my/receipts/{receipt.number}/pdf").data)
    assert "REFUNDED:allofthisgiftwentbacktothedonor." in text


def test_statement_has_both_parts(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _claim, receipt = given(cast)
    goods = brought(cast)
    sign_in(client, cast.donor)
    answer = client.get(f"/en/my/receipts/{YEAR}/pdf")
    text, _reader = read(answer.data)
    for words in (receipt.number, goods.number, "张建国", "电热毯", "Moneystillgiven:¥300", "¥200"):
        assert words in text
    assert "¥500" not in text


def test_empty_statement(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.donor)
    text, _reader = read(client.get(f"/en/my/receipts/{YEAR}/pdf").data)
    assert text.count("Noneinthisyear.") == 2


def test_without_the_extra_the_print_page_takes_over(
    app: Flask, client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _claim, receipt = given(cast)
    monkeypatch.setattr(pdf, "NEEDED", ("a_package_that_nobody_has",))
    sign_in(client, cast.donor)
    for path, page in ((receipt.number, receipt.number), (YEAR, YEAR)):
        answer = client.get(f"/en/my/receipts/{path}/pdf", follow_redirects=True)
        assert answer.request.path == f"/en/my/receipts/{page}"
        assert "This site makes no PDF files." in answer.text
