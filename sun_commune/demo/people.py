"""Everybody in the demo: officers, donors and their organisations. All invented ("示例" says so in each name)."""

from __future__ import annotations

from dataclasses import dataclass

from sun_commune.accounts.credit_codes import check_character
from sun_commune.accounts.models import OrganisationKind, Role
from sun_commune.demo.accounts import ACCOUNTS, JINLU, Account

HUANGXI = "510723101233"  # Huangxi village, Yulong town: what became of Jinlu's township
YANGWUGOU = "510722128201"  # Yangwugou village, Qianfeng town, Santai county (until 2023)
NEW_YANGWUGOU = "510722127223"  # the same name in Jianping town today
LANGAN = "510725102213"  # Langan village, Xuzhou town, Zitong county
SHIYI = "510726100204"
LEIGU = "510726101201"
SHUANGLONG = "510727202201"
LONGGONG = "510781118201"
LUOHANSI = "510703107201"
ZIFU = "510704101204"
YUXI = "510705101205"

#: Villages in which the demo plays, by row code, with the name of their first secretary.
VILLAGES = {
    JINLU: "周示例",
    HUANGXI: "吴示例",
    YANGWUGOU: "冯示例",
    NEW_YANGWUGOU: "褚示例",
    LANGAN: "杨示例",
    SHIYI: "朱示例",
    LEIGU: "秦示例",
    SHUANGLONG: "尤示例",
    LONGGONG: "许示例",
    LUOHANSI: "何示例",
    ZIFU: "吕示例",
    YUXI: "施示例",
}

#: Those whose officers joined for the stories of 2017; the others came with this year's needs.
OLD_COUNTIES = ("510722", "510723", "510725")
CITY_KEYS = frozenset({"operator", "treasurer", "second_treasurer", "supervisor"})


@dataclass(frozen=True)
class Person:
    """``key`` names the person in the stories. ``is_old``: joined in 2017, when the platform opened."""

    key: str
    name: str
    phone: str
    email: str
    role: Role | None = None
    place_code: str = ""
    organisation: str = ""
    organisation_kind: OrganisationKind | None = None
    is_verified: bool = True
    refusal: str = ""
    is_old: bool = False

    @property
    def credit_code(self) -> str:
        """A code with a right check character that no office has given: the organisation does not exist."""
        body = f"91510700DEM{int(self.phone[-6:]):06d}"
        return body + check_character(body)


def _of_account(account: Account) -> Person:
    is_old = account.key in CITY_KEYS or account.place_code.startswith(OLD_COUNTIES) or account.key == "donor"
    return Person(
        account.key, account.name, account.phone, account.email, account.role, account.place_code,
        account.organisation, account.organisation_kind, is_verified=account.key == "enterprise", is_old=is_old,
    )  # fmt: skip


def _officers() -> list[Person]:
    """First secretaries of the other villages, reviewers and administrators of their townships and counties."""
    taken = {(account.role, account.place_code) for account in ACCOUNTS}
    wanted = [(Role.FIRST_SECRETARY, code, name) for code, name in VILLAGES.items()]
    for role, digits, surnames in (
        (Role.TOWNSHIP_REVIEWER, 9, "钱孙李吴郑王冯陈褚卫蒋"),
        (Role.COUNTY_ADMIN, 6, "沈韩杨朱秦尤许何"),
    ):
        places = dict.fromkeys(code[:digits] for code in VILLAGES)
        # The demo's own reviewer and administrator stand first and are in ACCOUNTS.
        wanted += [(role, code, f"{surname}示例") for code, surname in zip(list(places)[1:], surnames, strict=False)]
    people = []
    for number, (role, code, name) in enumerate(wanted, start=1):
        if (role, code) not in taken:
            email, phone = f"officer{number}@demo.test", f"13800000{100 + number}"
            is_old = code.startswith(OLD_COUNTIES)
            people.append(Person(officer_key(role, code), name, phone, email, role, code, is_old=is_old))
    return people


def officer_key(role: Role, place_code: str) -> str:
    """Whom the stories call for this duty: the demo's own account where it has one."""
    for account in ACCOUNTS:
        if account.role is role and account.place_code == place_code:
            return account.key
    return f"{role.value}:{place_code}"


PERSONS = (
    "刘示例", "陈示例", "赵示例", "黄示例", "徐示例", "胡示例", "高示例", "林示例", "郭示例", "罗示例", "欧阳示例",
    "梁示例", "宋示例", "唐示例",
)  # fmt: skip
E_, S_ = OrganisationKind.ENTERPRISE, OrganisationKind.SOCIAL_ORGANISATION
ORGANISATIONS = (
    ("涪江示例食品有限公司", E_, True, ""),
    ("三台示例花椒有限公司", E_, True, ""),
    ("江油示例建材有限公司", E_, True, ""),
    ("北川示例旅行社", E_, False, ""),
    ("绵阳示例书店", E_, False, "信用代码与名称不符，请核对后再申请"),
    ("绵阳示例青年志愿服务队", S_, True, ""),
    ("盐亭示例同乡会", S_, True, ""),
    ("绵阳示例医务志愿者协会", S_, True, ""),
)


def _donors() -> list[Person]:
    """22 beside the three with an account: fourteen persons, five enterprises, three social organisations."""
    people = [
        Person(f"person{number}", name, f"13800000{300 + number}", f"person{number}@demo.test", is_old=number <= 3)
        for number, name in enumerate(PERSONS, start=1)
    ]
    for number, (name, kind, is_verified, refusal) in enumerate(ORGANISATIONS, start=1):
        phone, email = f"13800000{400 + number}", f"organisation{number}@demo.test"
        people.append(
            Person(
                f"organisation{number}", "联系人示例", phone, email, organisation=name, organisation_kind=kind,
                is_verified=is_verified, refusal=refusal, is_old=number == 2,
            )
        )  # fmt: skip
    return people


#: Asks to be information officer of Huangxi village: waits on the county's desk.
APPLICANT = Person("applicant", "曹示例", "13800000501", "applicant@demo.test")

OFFICERS: tuple[Person, ...] = (*(_of_account(each) for each in ACCOUNTS if each.role), *_officers())
DONORS: tuple[Person, ...] = (*(_of_account(each) for each in ACCOUNTS if not each.role), *_donors())
