"""Cleaning what people type, and masking what the public may not read."""

from __future__ import annotations

import re
import unicodedata

COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "万俟",
        "闻人",
        "夏侯",
        "诸葛",
        "尉迟",
        "公羊",
        "赫连",
        "澹台",
        "皇甫",
        "宗政",
        "濮阳",
        "公冶",
        "太叔",
        "申屠",
        "公孙",
        "慕容",
        "仲孙",
        "钟离",
        "长孙",
        "宇文",
        "司徒",
        "鲜于",
        "司空",
        "闾丘",
        "子车",
        "亓官",
        "司寇",
        "巫马",
        "公西",
        "颛孙",
        "壤驷",
        "公良",
        "漆雕",
        "乐正",
        "宰父",
        "谷梁",
        "拓跋",
        "夹谷",
        "轩辕",
        "令狐",
        "段干",
        "百里",
        "呼延",
        "东郭",
        "南门",
        "羊舌",
        "微生",
        "梁丘",
        "左丘",
        "东门",
        "西门",
        "第五",
    ]
)

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_ID_NUMBER = re.compile(r"(?<!\d)\d{6}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")
_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_CARD = re.compile(r"(?<!\d)[3-6]\d{15,18}(?!\d)")


def to_half_width(text: str) -> str:
    """Full-width digits, letters and signs to ASCII (``１２，３`` -> ``12,3``); Chinese text stays."""
    if text.isascii():
        return text
    return "".join(
        chr(ord(char) - 0xFEE0) if 0xFF01 <= ord(char) <= 0xFF5E else " " if char == "\u3000" else char for char in text
    )


def clean_line(text: str | None) -> str:
    """One line: control and direction characters gone, white space folded, NFC."""
    return re.sub(r"\s+", " ", _CONTROL.sub("", unicodedata.normalize("NFC", text or ""))).strip()


def clean_text(text: str | None) -> str:
    """Several lines: as clean_line, but line ends kept (at most two in a row)."""
    normal = unicodedata.normalize("NFC", text or "").replace("\r\n", "\n").replace("\r", "\n")
    lines = [re.sub(r"[^\S\n]+", " ", line).strip() for line in _CONTROL.sub("", normal).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def find_private(text: str) -> str | None:
    """What must not stand in public text: ``id_number``, ``mobile`` or ``card``; None if there is none.

    Spaces and hyphens between digits, and full-width digits, do not hide one.
    """
    joined = re.sub(r"(?<=\d)[ \-\u00b7.](?=\d)", "", to_half_width(text))
    for name, pattern in (("id_number", _ID_NUMBER), ("mobile", _MOBILE), ("card", _CARD)):
        if pattern.search(joined):
            return name
    return None


def mask_name(name: str) -> str:
    """黄国基 -> 黄**, 欧阳修 -> 欧阳**, 阿依古丽·买买提 -> 阿**; house rule of the public pages.

    One other character is masked as ``*`` (李四 -> 李*). Latin names keep their first letter.
    """
    name = clean_line(name)
    if not name:
        return "**"
    if "·" in name or "." in name or name[0].isascii():
        return name[0] + "**"
    surname = name[:2] if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else name[0]
    return surname + ("*" if len(name) == 2 else "**")


def mask_tail(text: str, shown: int = 4) -> str:
    """``13800001234`` -> ``*******1234``."""
    return "*" * max(0, len(text) - shown) + text[-shown:] if len(text) > shown else "*" * len(text)
