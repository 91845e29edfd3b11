"""Chinese resident identity numbers: 17 digits and a check character (GB 11643-1999)."""

from __future__ import annotations

import re
from datetime import date

from sun_commune.core.clock import today
from sun_commune.core.text import to_half_width

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def normal_id_number(text: str) -> str:
    """Half width, no spaces, a capital X."""
    return re.sub(r"[\s-]", "", to_half_width(text)).upper()


def is_id_number(number: str) -> bool:
    """True for 18 characters with a real, past birthday and the right check character."""
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", number, re.ASCII):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=False))
    return CHECKS[total % 11] == number[17] and _is_birthday(number[6:14])


def check_character(body: str) -> str:
    """The 18th character for 17 digits."""
    return CHECKS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True)) % 11]


def _is_birthday(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return date(1900, 1, 1) <= born <= today()
