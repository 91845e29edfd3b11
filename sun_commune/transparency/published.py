"""What the signer has published, read from its folder: the site serves these files and can write none of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sun_commune import config
from sun_commune.core.clock import now, parse_day
from sun_commune.transparency import queries
from sun_commune.transparency.notes import Checkpoint, Key, Malformed, Note, to_base64
from sun_commune.transparency.quorum import Policy

MOST_BYTES = 1_000_000


def folder() -> Path:
    return Path(config.current().log_publish)


def read(name: str) -> bytes | None:
    """``checkpoint``, ``key``, ``policy``, ``alarms``; None if the signer has not written it."""
    try:
        with (folder() / name).open("rb") as file:
            return file.read(MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None


def read_day(day: str) -> bytes | None:
    """The checkpoint that was signed last on a day (2026-11-22)."""
    return read(f"checkpoints/{day}") if parse_day(day) else None


def days() -> list[date]:
    """Those that have a checkpoint, the oldest first."""
    found = (parse_day(path.name) for path in (folder() / "checkpoints").glob("????-??-??"))
    return sorted(day for day in found if day)


def log_keys() -> list[Key]:
    """The keys that sign now, the newest first; none if the file is not the signer's."""
    text = (read("key") or b"").decode("utf-8", "replace")
    try:
        return [Key.read(line) for line in text.split("\n") if line.strip()]
    except Malformed:
        return []


@dataclass(frozen=True)
class Shown:
    """A published checkpoint: its bytes, and what they say."""

    data: bytes
    note: Note
    checkpoint: Checkpoint


def checkpoint() -> Shown | None:
    """The newest one; None if nothing is signed yet."""
    data = read("checkpoint")
    try:
        shown = Note.read(data) if data else None
        return Shown(data, shown, Checkpoint.read(shown.text)) if data and shown else None
    except Malformed:
        return None


@dataclass(frozen=True)
class Seal:
    """How the log stands, for pages. ``state`` is one of

    ``none``: nothing was ever signed; ``signed``: all that is older than the allowed delay is signed; ``delayed``: it
    is not, or the signer has not been heard of; ``refused``: the signer says no, for ``reason``.
    """

    state: str
    size: int
    root: str
    origin: str
    signed_at: datetime | None
    heard_at: datetime | None
    reason: str
    note: Note | None

    @cached_property
    def policy(self) -> Policy:
        try:
            return Policy.read((read("policy") or b"quorum none").decode("utf-8", "replace"))
        except Malformed:
            return Policy()

    @cached_property
    def cosigners(self) -> list[str]:
        return self.policy.cosigners(self.note) if self.note else []

    @property
    def is_witnessed(self) -> bool:
        return self.note is not None and self.policy.is_met(self.note)


def seal() -> Seal:
    """From the signer's files and from what the log itself has waiting."""
    shown, status = checkpoint(), _status()
    heard_at = _moment(status.get("at"))
    size = shown.checkpoint.size if shown else 0
    return Seal(
        state=_state(status, heard_at, size, has_any=shown is not None),
        size=size,
        root=to_base64(shown.checkpoint.root) if shown else "",
        origin=shown.checkpoint.origin if shown else "",
        signed_at=_modified("checkpoint"),
        heard_at=heard_at,
        reason=str(status.get("reason", "")),
        note=shown.note if shown else None,
    )


def _state(status: dict[str, Any], heard_at: datetime | None, size: int, *, has_any: bool) -> str:
    if status.get("state") == "refused":
        return "refused"
    latest = now() - timedelta(minutes=config.current().log_delay_minutes)
    waiting = queries.oldest_unsigned(size)
    is_late = waiting is not None and waiting < latest
    if not has_any:
        return "delayed" if is_late and heard_at else "none"
    return "delayed" if is_late or heard_at is None or heard_at < latest else "signed"


def _status() -> dict[str, Any]:
    try:
        found = json.loads(read("status.json") or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        return None
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _modified(name: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int((folder() / name).stat().st_mtime), UTC)
    except OSError:
        return None
