"""What happens to statements. Nothing private goes in: no payer, no memo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sun_commune.core.events import Event


@dataclass(frozen=True, kw_only=True)
class StatementEvent(Event):
    """``object_code`` is the file's code."""

    object_kind: ClassVar[str] = "statement"


class StatementRead(StatementEvent): ...


class StatementColumnsChosen(StatementEvent): ...


class StatementDropped(StatementEvent): ...


class StatementGoesOn(StatementEvent):
    """A batch of its lines is in the books, more are to come."""


class StatementPosted(StatementEvent): ...


class StatementForgotten(StatementEvent): ...


@dataclass(frozen=True, kw_only=True)
class LineEvent(Event):
    """``object_code`` is the line's code; ``amount_fen`` of it."""

    object_kind: ClassVar[str] = "statement_line"
    amount_fen: int


@dataclass(frozen=True, kw_only=True)
class SurplusLeft(LineEvent):
    """More came than was outstanding for the claim: the rest lies in suspense until its donor chooses."""

    source_code: str
    claim_code: str


@dataclass(frozen=True, kw_only=True)
class SuspensePlaced(LineEvent):
    """Money of the line left suspense for a need (the pool for "")."""

    need_code: str
    claim_code: str = ""


class SuspenseReopened(LineEvent): ...


class ReturnAsked(LineEvent): ...


class ReturnApproved(LineEvent): ...


class ReturnRefused(LineEvent): ...


class OutgoingExplained(LineEvent): ...


class LineTied(LineEvent): ...
