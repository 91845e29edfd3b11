"""Words of the search index, the same on both databases: ASCII tokens that any tokenizer keeps whole.

A Chinese character becomes ``u`` + its code point (``u82b1``), so two-character names are found by a phrase of two
tokens, in any locale (SQLite's trigram index misses them, PostgreSQL's parser drops them under locale C). A Latin
word or number becomes ``w`` + itself. Pinyin adds ``p`` + syllable, and ``i`` + two neighbouring initials, so that
``huajiao``, ``hua jiao`` and ``hj`` all find 花椒.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pypinyin import Style, lazy_pinyin

from sun_commune.core.text import clean_line, to_half_width

GAP = "zz"  # stands between texts, so that no phrase runs from one into the next
LONGEST_QUERY = 60

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PIECES = re.compile(rf"[{_CJK}]+|[a-z0-9]+")
_SYLLABLE = re.compile(
    r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:iang|iong|uang|ueng|ang|eng|ing|ong|ian|iao|uai|uan|van|ai|an|ao|ei|en|er|ia|ie|in|iu|ou|ua|ue|ui|un|uo|ve|vn"
    r"|a|e|i|o|u|v)"
)


def pieces(text: str) -> list[str]:
    """Runs of Chinese characters, and of Latin letters and digits (lower case, half width)."""
    return _PIECES.findall(to_half_width(text).lower())


def is_chinese(piece: str) -> bool:
    return not piece.isascii()


def character_tokens(piece: str) -> list[str]:
    return [f"u{ord(char):x}" for char in piece] if is_chinese(piece) else [f"w{piece}"]


@lru_cache(maxsize=20_000)
def syllables_of(piece: str) -> list[str]:
    """Pinyin syllables without tones of a run of Chinese characters; ü is v."""
    return [syllable.replace("ü", "v") for syllable in lazy_pinyin(piece, style=Style.NORMAL, errors="ignore")]


def pinyin_tokens(syllables: Sequence[str]) -> list[str]:
    """Syllables, a gap, then pairs of neighbouring initials."""
    initials = [syllable[0] for syllable in syllables if syllable]
    pairs = [f"i{first}{second}" for first, second in pairwise(initials)]
    return [f"p{syllable}" for syllable in syllables] + ([GAP, *pairs] if pairs else [])


def index_text(texts: Iterable[str]) -> str:
    """All tokens of some texts, space separated, for the index."""
    return " ".join(map(text_tokens, texts))


@lru_cache(maxsize=2_000)  # names of places and of things come again and again
def text_tokens(text: str) -> str:
    """Tokens of one text: its words, a gap, then the pinyin of each Chinese piece and a gap."""
    found = pieces(text)
    tokens = [token for piece in found for token in character_tokens(piece)]
    tokens.append(GAP)
    for piece in filter(is_chinese, found):
        tokens += [*pinyin_tokens(syllables_of(piece)), GAP]
    return " ".join(tokens)


@dataclass(frozen=True)
class Word:
    """One word of a query: any of the alternative phrases (each a list of tokens) will do."""

    phrases: tuple[tuple[str, ...], ...]


def split_syllables(letters: str, most: int = 4) -> list[list[str]]:
    """The ways to read letters as pinyin, at most ``most``: ``xian`` -> xian, xi an."""
    found: list[list[str]] = []

    def go_on(start: int, taken: list[str]) -> None:
        if len(found) >= most:
            return
        if start == len(letters):
            found.append(taken)
            return
        for end in range(min(len(letters), start + 6), start, -1):
            if _SYLLABLE.fullmatch(letters, start, end):
                go_on(end, [*taken, letters[start:end]])

    go_on(0, [])
    return found


def parse_query(text: str) -> list[Word]:
    """Words of what somebody typed; all must be found. Empty: nothing to search for."""
    return [_word(piece) for piece in pieces(clean_line(text)[:LONGEST_QUERY])]


def _word(piece: str) -> Word:
    if is_chinese(piece) or not piece.isalpha():
        return Word((tuple(character_tokens(piece)),))
    phrases: list[tuple[str, ...]] = [(f"w{piece}",)]
    phrases += [tuple(f"p{syllable}" for syllable in reading) for reading in split_syllables(piece)]
    if 2 <= len(piece) <= 8:
        phrases.append(tuple(f"i{piece[at : at + 2]}" for at in range(len(piece) - 1)))
    return Word(tuple(phrases))


def fts5_query(words: list[Word]) -> str:
    """``("u82b1 u6912") AND ("wled" OR "pled")``; tokens are letters and digits only, so nothing can be injected."""
    return " AND ".join("(" + " OR ".join(f'"{" ".join(phrase)}"' for phrase in word.phrases) + ")" for word in words)


def tsquery(words: list[Word]) -> str:
    """``(u82b1<->u6912) & (wled | pled)``."""
    return " & ".join("(" + " | ".join(f"({'<->'.join(phrase)})" for phrase in word.phrases) + ")" for word in words)
