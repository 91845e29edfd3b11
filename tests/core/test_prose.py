"""Texts that people typed, laid out in paragraphs and lists; whatever stands in them is escaped."""

from __future__ import annotations

import pytest

from sun_commune.core.prose import blocks
from tests.house.components import render


@pytest.mark.parametrize(
    ("text", "laid_out"),
    [
        ("", []),
        ("一行", [(False, ["一行"])]),
        ("一行\n又一行", [(False, ["一行", "又一行"])]),
        ("一段\r\n \r\n又一段\n\n\n", [(False, ["一段"]), (False, ["又一段"])]),
        ("已购：\n- 火炉\n- 被子\n谢谢", [(False, ["已购："]), (True, ["火炉", "被子"]), (False, ["谢谢"])]),
        ("• 火炉\n·被子\n－ 米\n* 油", [(True, ["火炉", "被子", "米", "油"])]),
        ("- - 两横", [(True, ["- 两横"])]),
        # No items: a number below zero, a word with a dash, a dash alone, the long dash of Chinese quotations.
        ("-5 度\n-\n——老乡说", [(False, ["-5 度", "-", "——老乡说"])]),
    ],
)
def test_blocks(text: str, laid_out: list[tuple[bool, list[str]]]) -> None:
    assert blocks(text) == laid_out


def test_everything_is_escaped() -> None:
    source = '{% import "components/prose.html" as prose %}{{ prose.prose(text, lang="zh-CN") }}'
    tree = render(source, text="<b>粗</b>\n- <script>x</script>\n\n[a](javascript:x)")
    assert [element["lang"] for element in tree.all("p")] == ["zh-CN", "zh-CN"]
    assert tree.one("ul")["lang"] == "zh-CN"
    assert "<li>&lt;script&gt;x&lt;/script&gt;</li>" in tree.html
    assert "<script" not in tree.html
    assert "<b>" not in tree.html
    assert "<a" not in tree.html
