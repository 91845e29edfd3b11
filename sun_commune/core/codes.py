"""Public codes: what people read out, write on a parcel or type; never row numbers.

Letters and digits that are easily confused (0 O, 1 I L, U V) are left out. The last character of a random code
is a check character, so one wrong character of a payment code is noticed, not booked to somebody else.
"""

from __future__ import annotations

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
VALUES = {char: value for value, char in enumerate(ALPHABET)}
BASE = len(ALPHABET)  # 29, a prime: the weighted sum below finds every single error and swap


def check_character(body: str) -> str:
    """Check character of ``body`` (characters of ALPHABET): weighted sum modulo the prime 29."""
    total = 0
    for place, char in enumerate(body, start=1):
        total += place * VALUES[char]
    return ALPHABET[total % BASE]


def random_code(prefix: str, length: int = 7) -> str:
    """``prefix`` + ``length`` random characters + check character: ``RL`` -> ``RL7K3M9QXW``."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return f"{prefix}{body}{check_character(body)}"


def is_valid(code: str, prefix: str) -> bool:
    body = code[len(prefix) : -1]
    in_alphabet = bool(body) and all(char in ALPHABET for char in code[len(prefix) :])
    return code.startswith(prefix) and in_alphabet and check_character(body) == code[-1]


def yearly_code(prefix: str, year: int, number: int, *, digits: int = 5) -> str:
    """``XQ-2026-00042``: a series per year, as village offices file their papers."""
    return f"{prefix}-{year}-{number:0{digits}d}"
