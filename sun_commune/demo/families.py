"""Families of the demo: 60 invented ones and the three that the press told of, with what only their village knows.

Every private value is made so that it cannot belong to anybody: no such phone numbers are given out, and who has one
of these identity numbers was born in 1900. Of the three real stories nothing is known here but what the article says.
"""

from __future__ import annotations

from dataclasses import dataclass

from sun_commune.demo import people
from sun_commune.demo.accounts import JINLU
from sun_commune.households.identity import check_character
from sun_commune.households.models import SupportLabel
from sun_commune.households.services import PrivateFields

SURNAMES = "王李张刘陈杨赵吴周徐孙胡朱高林何郭马罗梁"
GIVEN = "甲乙丙丁戊己庚辛壬癸"
ILLNESSES = ("风湿多年", "腰腿有伤", "心脏不好", "糖尿病")
LABELS = (
    SupportLabel.EXITED, SupportLabel.UNSTABLE, SupportLabel.MARGINAL, SupportLabel.SUBSISTENCE_ALLOWANCE,
    SupportLabel.SUDDEN_HARDSHIP,
)  # fmt: skip

#: How many invented families live in each village. Two villages have fewer than five: they are never named.
FAMILIES = {
    JINLU: 11,
    people.HUANGXI: 5,
    people.YANGWUGOU: 5,
    people.NEW_YANGWUGOU: 5,
    people.LANGAN: 5,
    people.SHIYI: 5,
    people.LEIGU: 5,
    people.SHUANGLONG: 5,
    people.LONGGONG: 5,
    people.LUOHANSI: 5,
    people.ZIFU: 3,
    people.YUXI: 1,
}
CASES = {"huang": (JINLU, "黄国基"), "fan": (people.YANGWUGOU, "范友菊"), "song": (people.LANGAN, "宋汉明")}


@dataclass(frozen=True)
class Family:
    """``key`` names it in the stories: ``huang``, or the village's code and a number."""

    key: str
    village_code: str
    members_count: int
    private: PrivateFields


def family_key(village_code: str, number: int) -> str:
    return f"{village_code}-{number}"


def all_families() -> list[Family]:
    families = [Family(key, village_code, 2, PrivateFields(name=name)) for key, (village_code, name) in CASES.items()]
    serial = 0
    for village_code, count in FAMILIES.items():
        for number in range(1, count + 1):
            serial += 1
            families.append(_invent(village_code, number, serial))
    return families


def _invent(village_code: str, number: int, serial: int) -> Family:
    name = f"{SURNAMES[serial % len(SURNAMES)]}示例{GIVEN[serial % 10]}{GIVEN[serial // 10]}"
    body = f"{village_code[:6]}1900{serial % 12 + 1:02d}{serial % 28 + 1:02d}{serial:03d}"
    illness = ILLNESSES[serial % len(ILLNESSES)]
    private = PrivateFields(
        name=name,
        id_number=body + check_character(body),
        phone=f"139000010{serial:02d}",
        address=f"示例{number}组{serial}号院",
        health=f"示例病历{serial}：{illness}",
        support_label=LABELS[serial % len(LABELS)].value,
    )
    return Family(family_key(village_code, number), village_code, serial % 5 + 1, private)
