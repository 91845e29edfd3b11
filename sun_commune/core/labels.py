"""Words for enums: each feature registers a dict of Enum member -> lazy translation; pages ask ``label(x)``."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

_words: dict[tuple[str, str], Any] = {}


def register(words: Mapping[Any, Any]) -> None:
    for member, word in words.items():
        _words[(type(member).__name__, str(member.value))] = word


def label(member: Enum | None) -> str:
    """The member's word in the reader's language; KeyError if a feature forgot one (a test walks all)."""
    if member is None:
        return ""
    return str(_words[(type(member).__name__, str(member.value))])


def registered() -> set[tuple[str, str]]:
    return set(_words)
