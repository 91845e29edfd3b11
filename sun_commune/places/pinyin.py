"""Pinyin of place names: plain syllables without tones, for search, sorting and English pages.

pypinyin reads a name as running text and gets local readings wrong (柏 as in Berlin, 都 as "all"). The tables
below hold what was found wrong among all names of the city; a longer word wins over a single character.
"""

from __future__ import annotations

from pypinyin import Style, lazy_pinyin

WORDS = {
    "乜家": ("nie", "jia"),  # the surname
    "藏王": ("zang", "wang"),
    "调元": ("tiao", "yuan"),  # after the scholar Li Tiaoyuan
    "朝阳": ("chao", "yang"),
    "朝真": ("chao", "zhen"),
    "重庆": ("chong", "qing"),
}
CHARACTERS = {
    "亭": "ting",
    "什": "shi",
    "佛": "fo",
    "冯": "feng",
    "咀": "zui",
    "堡": "bao",
    "廻": "hui",
    "曾": "zeng",
    "柏": "bai",
    "涪": "fu",
    "荄": "gai",
    "荍": "qiao",
    "郪": "qi",
    "都": "du",
    "重": "chong",
    "长": "chang",
    "雎": "ju",
}


def syllables(name: str) -> list[str]:
    """One syllable per character; what is not Chinese stays as it is. ü is written v ("lv")."""
    read: list[str] = lazy_pinyin(name, style=Style.NORMAL, errors=_split)  # type: ignore[arg-type]
    read = [CHARACTERS.get(character, heard) for character, heard in zip(name, read, strict=True)]
    for word, heard in WORDS.items():
        start = name.find(word)
        if start >= 0:
            read[start : start + len(word)] = heard
    return [syllable.lower() for syllable in read]


def _split(text: str) -> list[str]:
    """What pypinyin cannot read, one entry per character (a list is allowed, though not declared)."""
    return list(text)


def spell(name: str) -> str:
    """The full pinyin, syllables separated by one space: 金禄村 -> "jin lu cun"."""
    return " ".join(syllables(name))


def initials(name: str) -> str:
    """The first letters, as people type them: 金禄村 -> "jlc"."""
    return "".join(syllable[0] for syllable in syllables(name))


def join_syllables(parts: list[str]) -> str:
    """Syllables written as one word with a capital, apostrophe where needed: le an -> "Le'an"."""
    word = ""
    for part in (part.replace("lv", "lü").replace("nv", "nü") for part in parts):
        word += f"'{part}" if word and part[:1] in "aeo" else part
    return word[:1].upper() + word[1:]
