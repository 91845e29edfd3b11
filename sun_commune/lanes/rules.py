"""What may stand in the charity's record. A proposal may leave gaps: what is missing keeps its lane closed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l

from sun_commune.accounts.credit_codes import normalise_credit_code
from sun_commune.core.errors import RuleBroken
from sun_commune.core.text import clean_line, find_private, to_half_width
from sun_commune.lanes.models import LaneVersion

LENGTHS = {
    "charity_name": (4, 120),
    "certificate_number": (4, 60),
    "filing_number": (6, 60),
    "account_name": (4, 120),
    "bank_name": (4, 120),
    "campaign_name": (2, 80),
    "campaign_filing_number": (6, 60),
}
NOTE_LENGTH = (5, 200)
DIGITS_OF_ACCOUNT = (8, 32)
LONGEST_URL = 300
HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")


@dataclass(frozen=True)
class LaneContent:
    """What an officer says of the charity; the fields are those of LaneVersion."""

    charity_name: str = ""
    credit_code: str = ""
    certificate_number: str = ""
    filing_number: str = ""
    valid_until: date | None = None
    takes_account: bool = False
    account_name: str = ""
    account_number: str = ""
    bank_name: str = ""
    takes_campaign: bool = False
    campaign_name: str = ""
    campaign_filing_number: str = ""
    campaign_url: str = ""
    note: str = ""

    @property
    def values(self) -> dict[str, Any]:
        return asdict(self)


def content_of(version: LaneVersion) -> LaneContent:
    return LaneContent(**{name: getattr(version, name) for name in LaneContent().values})


def differences(old: LaneVersion | None, new: LaneVersion | LaneContent) -> list[str]:
    """Names of the fields in which two records differ, but for the note."""
    before = (content_of(old) if old is not None else LaneContent()).values
    return [name for name, value in before.items() if name != "note" and value != getattr(new, name)]


def clean(content: LaneContent) -> LaneContent:
    """Spaces and full-width signs put right; wrong values stay as they were typed, for find_faults."""
    texts = {name: clean_line(value) for name, value in content.values.items() if isinstance(value, str)}
    texts["credit_code"] = normalise_credit_code(texts["credit_code"]) or texts["credit_code"]
    texts["account_number"] = re.sub(r"[ -]", "", to_half_width(texts["account_number"]))
    for name in ("certificate_number", "filing_number", "campaign_filing_number"):
        texts[name] = to_half_width(texts[name])
    return replace(content, **texts)  # type: ignore[arg-type]  # texts alone, for the fields that are texts


def find_faults(content: LaneContent, hosts: Sequence[str]) -> list[RuleBroken]:
    """Every value that cannot be right, as errors that name their fields. ``hosts``: platforms to which C may link."""
    return list(_faults(content, hosts))


def _faults(content: LaneContent, hosts: Sequence[str]) -> Iterator[RuleBroken]:
    for name, (least, most) in LENGTHS.items():
        text = getattr(content, name)
        if text and not least <= len(text) <= most:
            yield RuleBroken(_l("Write %(least)s to %(most)s characters.", least=least, most=most), field=name)
    if content.credit_code and normalise_credit_code(content.credit_code) is None:
        words = _l("This is not a unified social credit code: 18 characters, the last of which checks the others.")
        yield RuleBroken(words, field="credit_code")
    yield from _account_faults(content)
    if content.campaign_url and not is_campaign_url(content.campaign_url, hosts):
        words = _l("Give an https address on one of these fundraising platforms: %(hosts)s.", hosts=", ".join(hosts))
        yield RuleBroken(words, field="campaign_url")
    least, most = NOTE_LENGTH
    if not least <= len(content.note) <= most:
        yield RuleBroken(_l("Write %(least)s to %(most)s characters.", least=least, most=most), field="note")
    if find_private(content.note):
        yield RuleBroken(_l("Take the number out: others read this text."), field="note")


def _account_faults(content: LaneContent) -> Iterator[RuleBroken]:
    number, (least, most) = content.account_number, DIGITS_OF_ACCOUNT
    if number and not (number.isascii() and number.isdigit() and least <= len(number) <= most):
        words = _l("An account number is %(least)s to %(most)s digits.", least=least, most=most)
        yield RuleBroken(words, field="account_number")
    if content.account_name and not content.account_name.startswith(content.charity_name or "\x00"):
        # All money of a public campaign goes through the charity's own account (Charity Law, art. 26).
        words = _l("The account must be the charity's own: its name begins with the charity's name.")
        yield RuleBroken(words, field="account_name")


def is_campaign_url(text: str, hosts: Sequence[str]) -> bool:
    """An https address on a host of the list or below it, without user, port, or signs that look like others."""
    if len(text) > LONGEST_URL or not text.isascii() or not text.isprintable() or re.search(r"[\\ <>\"'`]", text):
        return False
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or port is not None or "@" in parts.netloc or not HOST.fullmatch(host):
        return False
    return any(host == known or host.endswith(f".{known}") for known in hosts)
