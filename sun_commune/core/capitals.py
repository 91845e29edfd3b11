"""An amount of money in capitals, as receipts and cheques in China carry it: 人民币壹仟零壹拾元壹角.

By the rules for filling in bills (支付结算办法, annex 1): one 零 where zeros stand between digits, also before a last
group that begins with zeros; 整 after 元, and after 角 when there are no 分; no 元 when there are only 角 and 分. Where
the rules leave a 零 open (a 0 just before 万 or 元, with digits on) it is left out. The capitals are the same in both
languages: they are what cannot be altered with one stroke of a pen.
"""

from __future__ import annotations

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")


def capitals(fen: int) -> str:
    """``101010`` fen -> ``人民币壹仟零壹拾元壹角整``. ValueError below 0 and from 10**16 yuan on."""
    whole, rest = divmod(fen, 100)
    if fen < 0 or whole >= 10 ** (4 * len(GROUPS)):
        raise ValueError(f"{fen} fen have no capitals")
    jiao, cents = divmod(rest, 10)
    text = f"{_whole(whole)}元" if whole or not rest else ""
    if jiao:
        text += f"{DIGITS[jiao]}角"
    elif cents and whole:
        text += DIGITS[0]
    text += f"{DIGITS[cents]}分" if cents else "整"
    return f"人民币{text}"


def _whole(number: int) -> str:
    if number == 0:
        return DIGITS[0]
    text, has_zero = "", False
    for group in reversed(range(len(GROUPS))):
        part = number // 10 ** (4 * group) % 10_000
        if part == 0:
            has_zero = bool(text)
            continue
        if text and (has_zero or part < 1_000):
            text += DIGITS[0]
        text, has_zero = text + _group(part) + GROUPS[group], False
    return text


def _group(part: int) -> str:
    """Four digits, without zeros at the beginning and the end."""
    text, has_zero = "", False
    for place in reversed(range(4)):
        digit = part // 10**place % 10
        if digit:
            text += (DIGITS[0] if has_zero and text else "") + DIGITS[digit] + PLACES[place]
        has_zero = digit == 0
    return text
