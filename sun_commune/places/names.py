"""How a place is written in English: 金禄村 -> "Jinlu Village". Pure."""

from __future__ import annotations

from sun_commune.places.pinyin import join_syllables, syllables

#: The longer ending stands first.
ENDINGS = {
    "羌族自治县": "Qiang Autonomous County",
    "自治县": "Autonomous County",
    "羌族乡": "Qiang Township",
    "藏族乡": "Tibetan Township",
    "回族乡": "Hui Township",
    "虚拟社区": "Virtual Community",
    "社区": "Community",
    "街道": "Subdistrict",
    "县": "County",
    "区": "District",
    "市": "City",
    "镇": "Town",
    "乡": "Township",
    "村": "Village",
}


def english_name(name: str, pinyin: str = "") -> str:
    """The name in pinyin with its kind in English. ``pinyin`` is made from the name if it does not fit."""
    heard = pinyin.split()
    if len(heard) != len(name):
        heard = syllables(name)
    for ending, kind in ENDINGS.items():
        if name.endswith(ending):
            return f"{join_syllables(heard[: len(name) - len(ending)])} {kind}".strip()
    return join_syllables(heard)
