"""Words for enums: each feature registers a dict of Enum member -> lazy translation; pages ask ``label(x)``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

_words: dict[tuple[str, str], Any] = {}


def register(words: Mapping[Any, Any]) -> None:
    """Words for all members of one or more enums.

    Members of two StrEnums with the same value are one key of a dict: give those in two calls. Raises RuntimeError if
    a member of an enum is left without a word, which is also how such a mix-up shows.
    """
    for member, word in words.items():
        _words[(type(member).__name__, str(member.value))] = word
    for kind in {type(member) for member in words}:
        missing = [member for member in kind if (kind.__name__, str(member.value)) not in _words]
        if missing:
            raise RuntimeError(f"no words for {missing} of {kind.__name__}")


def label(member: Enum | None) -> str:
    """The member's word in the reader's language; KeyError if a feature forgot one (a test walks all)."""
    if member is None:
        return ""
    return str(_words[(type(member).__name__, str(member.value))])


def find(enum_name: str, value: str) -> str | None:
    """The word for a stored value of an enum that the caller cannot import; None if there is none."""
    word = _words.get((enum_name, value))
    return None if word is None else str(word)


def registered() -> set[tuple[str, str]]:
    return set(_words)
