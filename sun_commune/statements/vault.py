"""Private halves of statements, sealed (core.sealing) for their line and field alone; and the files themselves."""

from __future__ import annotations

import re
from typing import NamedTuple

from sun_commune.core import sealing
from sun_commune.core.text import mask_name, mask_tail
from sun_commune.statements.models import StatementLine

_LONG_NUMBER = re.compile(r"\d{11,}[Xx]?")
FIELDS = ("payer", "payer_account", "memo")


class Private(NamedTuple):
    """ "" where nothing is known or it was forgotten."""

    payer: str = ""
    payer_account: str = ""
    memo: str = ""

    @property
    def payer_masked(self) -> str:
        return mask_name(self.payer) if self.payer else ""

    @property
    def payer_account_masked(self) -> str:
        return mask_tail(self.payer_account)

    @property
    def memo_masked(self) -> str:
        return mask_numbers(self.memo)


def mask_numbers(text: str) -> str:
    """Words with every number of eleven digits or more (a phone, a card, an identity) masked but for its end."""
    return _LONG_NUMBER.sub(lambda match: mask_tail(match[0]), text)


def seal(code: str, private: Private) -> dict[str, bytes | None]:
    """Column -> what stands in it, of the line with this code."""
    plain = private._asdict()
    return {
        f"{name}_sealed": sealing.seal(plain[name], _context(code, name)) if plain[name] else None for name in FIELDS
    }


def seal_line(line: StatementLine, private: Private) -> None:
    for name, sealed in seal(line.code, private).items():
        setattr(line, name, sealed)


def open_line(line: StatementLine) -> Private:
    values = {}
    for name in FIELDS:
        sealed = getattr(line, f"{name}_sealed")
        values[name] = sealing.unseal(sealed, _context(line.code, name)) if sealed else ""
    return Private(**values)


def is_current(line: StatementLine) -> bool:
    """True if the present key sealed all of it."""
    sealed = [getattr(line, f"{name}_sealed") for name in FIELDS]
    return all(value is None or sealing.is_current(value) for value in sealed)


def seal_file(data: bytes, sha256: str) -> bytes:
    return sealing.seal_bytes(data, f"statement file {sha256}")


def open_file(sealed: bytes, sha256: str) -> bytes:
    return sealing.unseal_bytes(sealed, f"statement file {sha256}")


def _context(code: str, name: str) -> str:
    return f"statement line {code} {name}"
