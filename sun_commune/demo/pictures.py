"""Own drawings of what villages ask for: plain shapes, no persons, "DEMO" on each. They stand where photos would."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from sun_commune.uploads.images import PreparedPhoto, prepare_photo

SIZE = (1200, 900)  # pixels
SKY, FLOOR, INK = "#f6ead6", "#e0c9a4", "#5b4636"
RED, SUN, LEAF, BLUE, WHITE, GREY = "#c8553d", "#f2a541", "#6a994e", "#4f7cac", "#fffdf8", "#9a8f83"

Draw = ImageDraw.ImageDraw


def _blanket(draw: Draw) -> None:
    draw.rounded_rectangle((200, 330, 1000, 720), 40, RED, INK, 8)
    for x in range(280, 960, 110):
        draw.line((x, 340, x, 712), SUN, 12)
    draw.rounded_rectangle((200, 330, 1000, 430), 40, WHITE, INK, 8)
    draw.line((1000, 650, 1090, 650, 1090, 800), INK, 10)


def _stove(draw: Draw) -> None:
    draw.rounded_rectangle((380, 240, 820, 700), 30, GREY, INK, 8)
    draw.rounded_rectangle((430, 300, 770, 560), 20, INK)
    for y in (340, 410, 480):
        draw.rounded_rectangle((460, y, 740, y + 36), 18, SUN)
    draw.ellipse((560, 600, 640, 680), WHITE, INK, 6)
    for x in (420, 740):
        draw.rectangle((x, 700, x + 40, 750), INK)


def _clothes(draw: Draw) -> None:
    draw.polygon([(420, 260), (780, 260), (960, 420), (880, 520), (790, 450), (790, 740), (410, 740), (410, 450),
                  (320, 520), (240, 420)], BLUE, INK, 8)  # fmt: skip
    draw.line((600, 270, 600, 735), WHITE, 10)
    for y in (380, 500, 620):
        draw.line((415, y, 785, y), INK, 5)


def _chicks(draw: Draw) -> None:
    for x, y in ((260, 480), (520, 400), (780, 500)):
        draw.ellipse((x, y, x + 230, y + 200), SUN, INK, 7)
        draw.ellipse((x + 140, y - 80, x + 270, y + 50), SUN, INK, 7)
        draw.ellipse((x + 200, y - 40, x + 220, y - 20), INK)
        draw.polygon([(x + 265, y - 25), (x + 310, y - 10), (x + 265, y + 8)], RED)
        for leg in (90, 140):
            draw.line((x + leg, y + 198, x + leg, y + 260), RED, 8)


def _seedlings(draw: Draw) -> None:
    for x in (260, 480, 700, 920):
        draw.rectangle((x - 70, 600, x + 70, 740), RED, INK, 6)
        draw.line((x, 600, x, 380), LEAF, 14)
        for dy, side in ((540, -1), (500, 1), (460, -1), (420, 1)):
            left, right = sorted((x, x + side * 90))
            draw.ellipse((left, dy - 34, right, dy + 20), LEAF)
        draw.ellipse((x - 24, 340, x + 24, 388), RED)


def _hive(draw: Draw) -> None:
    for x in (240, 640):
        draw.polygon([(x - 30, 360), (x + 160, 260), (x + 350, 360)], INK)
        draw.rectangle((x, 360, x + 320, 720), SUN, INK, 8)
        draw.line((x, 540, x + 320, 540), INK, 6)
        draw.rectangle((x + 100, 660, x + 220, 690), INK)


def _pig(draw: Draw) -> None:
    draw.ellipse((300, 360, 860, 680), "#e8a598", INK, 8)
    draw.ellipse((760, 320, 1000, 540), "#e8a598", INK, 8)
    draw.ellipse((930, 410, 1030, 490), "#d98880", INK, 6)
    draw.ellipse((860, 390, 884, 414), INK)
    draw.polygon([(790, 350), (800, 260), (870, 330)], "#d98880", INK, 6)
    for x in (400, 500, 680, 770):
        draw.rectangle((x, 640, x + 44, 760), "#e8a598", INK, 6)


def _school(draw: Draw) -> None:
    draw.rounded_rectangle((250, 300, 640, 740), 60, RED, INK, 8)
    draw.rounded_rectangle((310, 520, 580, 690), 30, SUN, INK, 6)
    draw.arc((360, 210, 530, 400), 180, 360, INK, 16)
    for y, colour in ((660, BLUE), (580, LEAF), (500, WHITE)):
        draw.rectangle((700, y, 980, y + 78), colour, INK, 6)


def _wheelchair(draw: Draw) -> None:
    draw.ellipse((360, 400, 720, 760), None, INK, 20)
    draw.ellipse((510, 550, 570, 610), INK)
    draw.ellipse((800, 650, 910, 760), None, INK, 16)
    draw.line((420, 240, 480, 520, 780, 520, 850, 690), BLUE, 34)
    draw.line((360, 240, 430, 240), INK, 24)


def _medicine(draw: Draw) -> None:
    draw.rounded_rectangle((300, 320, 900, 740), 40, WHITE, INK, 8)
    draw.rounded_rectangle((500, 240, 700, 330), 20, None, INK, 14)
    draw.rectangle((550, 410, 650, 650), LEAF)  # green: the red cross is a protected sign
    draw.rectangle((480, 480, 720, 580), LEAF)


def _lamp(draw: Draw) -> None:
    draw.rectangle((585, 240, 615, 780), INK)
    draw.line((600, 260, 820, 260), INK, 20)
    draw.polygon([(760, 270), (900, 270), (870, 320), (790, 320)], SUN, INK, 6)
    draw.polygon([(430, 200), (640, 150), (660, 220), (450, 270)], BLUE, INK, 6)
    draw.polygon([(790, 330), (870, 330), (980, 780), (680, 780)], "#fbe3b0")


def _water(draw: Draw) -> None:
    draw.rectangle((250, 440, 950, 740), GREY, INK, 8)
    draw.ellipse((250, 360, 950, 520), BLUE, INK, 8)
    draw.line((960, 300, 960, 420), INK, 20)
    draw.polygon([(600, 190), (540, 290), (660, 290)], BLUE)
    draw.ellipse((540, 250, 660, 360), BLUE)


def _road(draw: Draw) -> None:
    draw.polygon([(500, 300), (700, 300), (1000, 800), (200, 800)], GREY, INK, 8)
    for top, height in ((340, 50), (440, 80), (580, 120)):
        draw.rectangle((592, top, 608, top + height), WHITE)
    draw.polygon([(760, 300), (880, 200), (1000, 300)], RED, INK, 6)
    draw.rectangle((790, 300, 970, 420), WHITE, INK, 6)


def _honey(draw: Draw) -> None:
    for x in (280, 520, 760):
        draw.rounded_rectangle((x, 380, x + 190, 740), 40, SUN, INK, 8)
        draw.rectangle((x + 20, 320, x + 170, 386), INK)
        draw.rectangle((x + 30, 500, x + 160, 620), WHITE, INK, 5)


def _work(draw: Draw) -> None:
    draw.line((380, 240, 640, 720), INK, 26)
    draw.polygon([(600, 660), (700, 620), (760, 760), (650, 780)], GREY, INK, 6)
    draw.line((820, 240, 560, 700), INK, 26)
    draw.arc((700, 180, 940, 360), 150, 350, INK, 24)
    for y in (760, 800, 840):
        draw.line((150, y, 1050, y), "#b98b5e", 10)


def _money(draw: Draw) -> None:
    draw.ellipse((400, 280, 800, 680), SUN, INK, 10)
    draw.ellipse((450, 330, 750, 630), None, INK, 6)
    draw.line((530, 390, 600, 480, 670, 390), INK, 18)
    draw.line((600, 480, 600, 590), INK, 18)
    for y in (490, 540):
        draw.line((530, y, 670, y), INK, 16)


def _parcel(draw: Draw) -> None:
    draw.polygon([(300, 420), (600, 330), (900, 420), (600, 520)], "#d7a86e", INK, 8)
    draw.polygon([(300, 420), (600, 520), (600, 790), (300, 680)], "#c4935a", INK, 8)
    draw.polygon([(900, 420), (600, 520), (600, 790), (900, 680)], "#b98b5e", INK, 8)
    draw.polygon([(430, 380), (470, 368), (770, 462), (730, 475)], WHITE)


#: Each motif with the word (in items and titles) that calls for it, and what it shows, for those who do not see it.
MOTIFS: tuple[tuple[tuple[str, ...], Callable[[Draw], None], str], ...] = (
    (("电热毯", "床单"), _blanket, "画：一床电热毯"),
    (("烤火炉",), _stove, "画：一台烤火炉"),
    (("棉衣", "棉鞋", "内衣"), _clothes, "画：一件厚棉衣"),
    (("鸡苗",), _chicks, "画：三只鸡苗"),
    (("花椒苗", "青花椒", "修剪"), _seedlings, "画：四株花椒苗"),
    (("蜂箱",), _hive, "画：两只蜂箱"),
    (("仔猪",), _pig, "画：一头仔猪"),
    (("书包", "书桌", "图书", "授课"), _school, "画：书包和几本书"),
    (("轮椅",), _wheelchair, "画：一辆轮椅"),
    (("血压计", "治疗费"), _medicine, "画：一只药箱"),
    (("路灯",), _lamp, "画：一盏太阳能路灯"),
    (("蓄水池",), _water, "画：一口蓄水池"),
    (("入户路",), _road, "画：一段通到家门口的路"),
    (("蜂蜜",), _honey, "画：三瓶蜂蜜"),
    (("助耕", "下地", "技能", "公益岗"), _work, "画：锄头和镰刀"),
)
ANYTHING = (_money, "画：一枚硬币")
PARCEL = "画：送到村里的一只包裹"


def picture_of(words: str) -> tuple[PreparedPhoto, str]:
    """The drawing that fits what is asked for, ready to be stored, and its alternative text."""
    for keys, paint, alt in MOTIFS:
        if any(key in words for key in keys):
            return _prepared(paint), alt
    return _prepared(ANYTHING[0]), ANYTHING[1]


def parcel_picture() -> PreparedPhoto:
    """What the village photographs when something has come."""
    return _prepared(_parcel)


@cache
def covered_paper(amount_fen: int) -> PreparedPhoto:
    """A receipt of so many fen on which everything else is covered."""

    def paint(draw: Draw) -> None:
        draw.rectangle((280, 110, 920, 860), WHITE, INK, 4)
        for y in range(200, 620, 70):
            draw.rectangle((330, y, 560 + (y * 7 + amount_fen) % 300, y + 34), INK)
        draw.line((330, 680, 870, 680), GREY, 4)
        draw.text((870, 740), f"CNY {amount_fen // 100:,}.{amount_fen % 100:02d}", INK, ImageFont.load_default(60),
                  anchor="rm")  # fmt: skip

    return prepare_photo(draw_picture(paint), most_megabytes=12)


@cache
def _prepared(paint: Callable[[Draw], None]) -> PreparedPhoto:
    return prepare_photo(draw_picture(paint), most_megabytes=12)


def draw_picture(paint: Callable[[Draw], None]) -> bytes:
    """PNG bytes."""
    picture = Image.new("RGB", SIZE, SKY)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 700, *SIZE), FLOOR)
    paint(draw)
    draw.rounded_rectangle((24, 24, 214, 94), 12, WHITE, INK, 4)
    draw.text((119, 59), "DEMO", INK, ImageFont.load_default(44), anchor="mm")
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()
