"""The demo's accounts: one sign-in for each role, the same on every machine. README shows the same table.

Everybody in them is invented; mail to ``.test`` reaches nobody. Outside the demo none of them is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass

from sun_commune.accounts.models import OrganisationKind, Role

#: One password for all: whoever looks round the demo changes roles often. Refused nowhere, worth nothing.
PASSWORD = "two-warm-blankets"

JINLU = "510723217204"  # Jinlu village, Huangxi township, Yanting county
MIANYANG = "5107"


@dataclass(frozen=True)
class Account:
    """``who`` is what the table calls it, ``phone`` as people type it, ``place_code`` where the role serves."""

    key: str
    who: str
    name: str
    phone: str
    role: Role | None = None
    place_code: str = ""
    place: str = ""
    organisation: str = ""
    organisation_kind: OrganisationKind | None = None

    @property
    def email(self) -> str:
        return f"{self.key.replace('_', '-')}@demo.test"


ACCOUNTS: tuple[Account, ...] = (
    Account("donor", "Donor, a person", "张示例", "13800000001"),
    Account(
        "enterprise",
        "Donor, a verified enterprise",
        "王示例",
        "13800000002",
        organisation="绵阳示例电器有限公司",
        organisation_kind=OrganisationKind.ENTERPRISE,
    ),
    Account(
        "association",
        "Donor, a social organisation not yet verified",
        "李示例",
        "13800000003",
        organisation="涪江示例志愿者协会",
        organisation_kind=OrganisationKind.SOCIAL_ORGANISATION,
    ),
    Account(
        "secretary", "First secretary", "周示例", "13800000004", Role.FIRST_SECRETARY, JINLU, "Jinlu village 金禄村"
    ),
    Account(
        "information_officer", "Village information officer", "陈示例", "13800000005", Role.INFORMATION_OFFICER,
        JINLU, "Jinlu village 金禄村",
    ),
    Account(
        "reviewer", "Township reviewer", "郑示例", "13800000006", Role.TOWNSHIP_REVIEWER, JINLU[:9],
        "Huangxi township 黄溪乡",
    ),
    Account(
        "county", "County administrator", "孙示例", "13800000007", Role.COUNTY_ADMIN, JINLU[:6], "Yanting county 盐亭县"
    ),
    Account(
        "treasurer", "Treasurer of the charity", "卫示例", "13800000008", Role.TREASURER, MIANYANG, "Mianyang 绵阳市"
    ),
    Account(
        "second_treasurer", "Second treasurer, who checks", "蒋示例", "13800000009", Role.TREASURER, MIANYANG,
        "Mianyang 绵阳市",
    ),
    Account("supervisor", "Supervisor", "沈示例", "13800000010", Role.SUPERVISOR, MIANYANG, "Mianyang 绵阳市"),
    Account("operator", "Operator", "韩示例", "13800000011", Role.OPERATOR, MIANYANG, "Mianyang 绵阳市"),
)  # fmt: skip

HEADINGS = ("Who", "Where", "Phone", "or e-mail", "Password")


def table() -> list[tuple[str, ...]]:
    """The accounts as rows under HEADINGS."""
    return [(each.who, each.place or "everywhere", each.phone, each.email, PASSWORD) for each in ACCOUNTS]


def markdown_table() -> str:
    """As README shows it."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *table()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain_table() -> str:
    """As a terminal shows it; Chinese characters are two columns wide."""
    rows = [HEADINGS, *table()]
    widths = [max(_columns(row[place]) for row in rows) for place in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell + " " * (width - _columns(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _columns(text: str) -> int:
    return sum(1 if char.isascii() else 2 for char in text)
