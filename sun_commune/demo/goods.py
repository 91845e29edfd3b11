"""What villages ask for, with prices of the field (yuan per unit; estimates but for those the press or public
procurement lists give: winter clothes, help on the field, green pepper, coptis, treatment)."""

from __future__ import annotations

from dataclasses import dataclass

from sun_commune.needs.models import Category, LineKind


@dataclass(frozen=True)
class Thing:
    """``price_fen`` per unit; ``most`` bounds a usual quantity (money: ``most`` fen)."""

    kind: LineKind
    item: str
    unit: str
    price_fen: int | None
    most: int
    divisible: bool = True


@dataclass(frozen=True)
class Wish:
    """A kind of need: its title (village needs and household needs alike) and what it may ask for."""

    category: Category
    title: str
    story: str
    things: tuple[Thing, ...]
    for_village: bool = False


def goods(item: str, unit: str, yuan: int, most: int, *, divisible: bool = True) -> Thing:
    return Thing(LineKind.GOODS, item, unit, yuan * 100, most, divisible)


def money(item: str, most_yuan: int) -> Thing:
    return Thing(LineKind.MONEY, item, "", None, most_yuan * 100)


def service(item: str, unit: str, yuan: int, most: int) -> Thing:
    return Thing(LineKind.SERVICE, item, unit, yuan * 100, most)


def hours(item: str, most: int) -> Thing:
    return Thing(LineKind.HOURS, item, "小时", None, most)


C = Category
WISHES: tuple[Wish, ...] = (
    Wish(C.INDUSTRIAL_PROJECT, "种花椒，缺椒苗", "坡地整好了，想种青花椒，缺苗木和第一年的肥料。",
         (goods("花椒苗", "株", 4, 400), goods("有机肥", "袋", 60, 40), money("管护费", 1200))),
    Wish(C.INDUSTRIAL_PROJECT, "养土鸡，缺鸡苗", "鸡舍已经搭好，想养一批土鸡，缺鸡苗和饲料。",
         (goods("鸡苗", "只", 15, 100), goods("玉米饲料", "袋", 120, 10))),
    Wish(C.INDUSTRIAL_PROJECT, "想养两头仔猪", "家里有圈，劳力也够，缺买仔猪的钱。", (goods("仔猪", "头", 900, 2),)),
    Wish(C.INDUSTRIAL_PROJECT, "中蜂养殖缺蜂箱", "后山花多，想跟合作社养中蜂。",
         (goods("中蜂蜂箱", "箱", 600, 6), service("养蜂技术指导", "天", 500, 3))),
    Wish(C.INFRASTRUCTURE, "村道装路灯", "村小到院坝这段路晚上没有灯，孩子和老人走着不放心。",
         (goods("太阳能路灯", "盏", 2200, 12), hours("立杆出工", 60)), for_village=True),
    Wish(C.INFRASTRUCTURE, "修一口蓄水池", "夏天缺水，想在坡上修蓄水池，浇地也能用。",
         (money("蓄水池材料", 12000), hours("砌池出工", 120)), for_village=True),
    Wish(C.INFRASTRUCTURE, "硬化入户路", "下雨天泥深，想把这段入户路硬化。",
         (goods("入户路水泥砂石", "米", 300, 80), hours("铺路出工", 80)), for_village=True),
    Wish(C.PRODUCTION_TECHNOLOGY, "请老师教花椒修剪", "去年修剪不得法，产量上不去，想请老师来地里教一场。",
         (service("花椒修剪培训", "场", 2500, 2), service("专家驻点", "天", 500, 4)), for_village=True),
    Wish(C.PRODUCTION_TECHNOLOGY, "春耕缺人手", "家里劳力外出，几亩地要助耕。",
         (service("助耕", "亩", 300, 5), hours("下地帮忙", 40))),
    Wish(C.EDUCATION, "小学生缺书包文具", "家里有小学生，开学缺书包文具和一张书桌。",
         (goods("书包文具", "套", 150, 2), goods("书桌", "张", 300, 1))),
    Wish(C.EDUCATION, "一学期的助学金", "孩子考上了高中，缺一学期的生活补助。", (money("助学金", 1500),)),
    Wish(C.EDUCATION, "村里办暑期课堂", "暑假孩子没人带，想办两周课堂，缺老师和图书。",
         (service("暑期授课", "场", 200, 10), goods("儿童图书", "本", 25, 120)), for_village=True),
    Wish(C.MEDICAL, "需要一辆轮椅", "家里有病人，出门要人背，需要一辆轮椅。",
         (goods("轮椅", "辆", 550, 1, divisible=False),)),
    Wish(C.MEDICAL, "治疗费还差一些", "家里有病人，报销以后还差一些治疗费。", (money("治疗费", 5000),)),
    Wish(C.MEDICAL, "村卫生室缺血压计", "老人多，卫生室的血压计坏了。", (goods("血压计", "台", 200, 4),),
         for_village=True),
    Wish(C.DAILY_NECESSITIES, "过冬缺电热毯和烤火炉", "山上冷得早，屋里湿气重，缺电热毯和烤火炉。",
         (goods("电热毯", "床", 100, 2), goods("烤火炉", "台", 220, 1, divisible=False))),
    Wish(C.DAILY_NECESSITIES, "过冬缺棉衣棉鞋", "家里老人过冬缺厚衣服。",
         (goods("棉衣", "套", 390, 2), goods("保暖内衣", "套", 180, 2), goods("棉鞋", "双", 200, 2))),
    Wish(C.DAILY_NECESSITIES, "换两床床单被套", "被褥旧了，想换床单。", (goods("床单", "床", 100, 2),)),
    Wish(C.EMPLOYMENT, "想学一门手艺", "想参加技能培训，学会以后到县城找活。",
         (service("技能培训", "人", 1500, 1),)),
    Wish(C.EMPLOYMENT, "设一个公益岗", "村里保洁缺人，想给有困难的人家设一个岗位。",
         (money("公益岗补贴", 4800),), for_village=True),
    Wish(C.PRODUCE_SALE, "青花椒等买主", "青花椒熟了，按市价卖，想找买主。",
         (service("收购青花椒（每次 50 公斤）", "次", 500, 10),)),
    Wish(C.PRODUCE_SALE, "蜂蜜卖不出去", "今年蜜好，离街远，想找单位团购。",
         (service("团购蜂蜜（每次 10 瓶）", "次", 700, 8),)),
)  # fmt: skip
