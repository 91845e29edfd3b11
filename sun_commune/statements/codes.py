"""Payment codes in what people write on a transfer."""

from __future__ import annotations

import re

from sun_commune.core import codes
from sun_commune.core.text import to_half_width
from sun_commune.pledges.services.pledging import PAYMENT_PREFIX

#: Letters may be small, full width, and cut by spaces, hyphens or dots; banks put other signs right behind.
_GAP = r"[\s\-_.·]*"
_CODE = re.compile(
    "(?=(" + _GAP.join(re.escape(char) for char in PAYMENT_PREFIX) + f"(?:{_GAP}[{codes.ALPHABET}])" + "{8}))"
)
_LOOKS_LIKE = re.compile(_GAP.join(re.escape(char) for char in PAYMENT_PREFIX) + r"[\s\-_.·]*[0-9A-Z]{4}")


def find_codes(memo: str) -> list[str]:
    """Every code whose check character fits, in the order of the text, each once."""
    text = to_half_width(memo).upper()
    found = [re.sub(r"[\s\-_.·]", "", match[1]) for match in _CODE.finditer(text)]
    return list(dict.fromkeys(code for code in found if codes.is_valid(code, PAYMENT_PREFIX)))


def looks_like_code(memo: str) -> bool:
    """Somebody meant a code, though none can be read."""
    return _LOOKS_LIKE.search(to_half_width(memo).upper()) is not None
