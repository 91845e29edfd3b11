"""Phones and e-mails in one spelling each, so that one person is found however the number is typed.

A phone is a Chinese mobile, kept as ``+8613800001234``; an e-mail is kept in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from sun_commune.core.text import clean_line, to_half_width

MAX_TYPED = 254
_PHONE_NOISE = re.compile(r"[\s\-‐-―().·]")
_MOBILE = re.compile(r"(?:\+86|0086|86)?(1[3-9][0-9]{9})")


@dataclass(frozen=True)
class Contact:
    """What somebody signs in with: exactly one of the two is not empty."""

    phone: str = ""
    email: str = ""

    @property
    def value(self) -> str:
        return self.phone or self.email


def normalise_phone(text: str) -> str | None:
    """``１３８ 0000-1234`` -> ``+8613800001234``; None if it is no Chinese mobile number."""
    if len(text) > MAX_TYPED:
        return None
    match = _MOBILE.fullmatch(_PHONE_NOISE.sub("", clean_line(to_half_width(text))))
    return f"+86{match[1]}" if match else None


def normalise_email(text: str) -> str | None:
    """Lower case, no spaces round it; None if it cannot be an address. Asks no name server."""
    typed = clean_line(to_half_width(text)).lower()
    if not typed or len(typed) > MAX_TYPED:
        return None
    try:
        # test_environment lets .test addresses through, which demo and tests use; nobody receives mail there.
        found = validate_email(typed, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    address = found.normalized.lower()
    return address if "." in found.domain and len(address) <= MAX_TYPED else None


def normalise_contact(text: str) -> Contact | None:
    """Whichever of the two it is."""
    if "@" in to_half_width(text):
        email = normalise_email(text)
        return Contact(email=email) if email else None
    phone = normalise_phone(text)
    return Contact(phone=phone) if phone else None


def show_phone(phone: str | None) -> str:
    """``+8613800001234`` -> ``138 0000 1234``, as people read it out."""
    if not phone:
        return ""
    digits = phone.removeprefix("+86")
    return f"{digits[:3]} {digits[3:7]} {digits[7:]}" if len(digits) == 11 else phone
