"""Unified social credit codes of organisations (GB 32100-2015): 18 characters, the last one checks the others."""

from __future__ import annotations

from sun_commune.core.text import clean_line, to_half_width

#: Without I, O, S, V and Z, which are read as digits.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18
WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))


def check_character(body: str) -> str:
    """Check character of the first 17 characters: weighted sum modulo 31, filled up to 31."""
    total = sum(weight * ALPHABET.index(char) for weight, char in zip(WEIGHTS, body, strict=True))
    return ALPHABET[-total % 31]


def normalise_credit_code(text: str) -> str | None:
    """Capitals without spaces; None if a character is wrong, missing or too many."""
    code = clean_line(to_half_width(text)).upper().replace(" ", "").replace("-", "")
    if len(code) != LENGTH or any(char not in ALPHABET for char in code) or not code[2:8].isdigit():
        return None
    return code if check_character(code[:-1]) == code[-1] else None
