"""The folder that the site shows: checkpoint, key, policy, one checkpoint a day, how the signer fares, its alarms."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sun_commune.transparency import notes
from sun_commune.transparency.notes import Checkpoint, Malformed, Note
from sun_commune.transparency.quorum import Policy
from sun_commune.transparency.signer.state import Refusal, State, write_safely

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS_OPEN = 60  # so long a witness that signs by hand may add to a day's checkpoint


def published_note(folder: Path) -> Note | None:
    """What the site shows; None if there is nothing that can be read."""
    try:
        return Note.read((folder / "checkpoint").read_bytes())
    except (OSError, Malformed):
        return None


def refuse_old_state(state: State, folder: Path) -> None:
    """Whoever restores the signer's own folder from a copy must not sign below what everybody has seen."""
    note = published_note(folder)
    if note is None or not any(key.has_signed(note) for key in state.public_keys()):
        return
    shown = Checkpoint.read(note.text)
    if shown.size > state.frontier.size:
        known = state.frontier.size
        raise Refusal(f"{shown.size} leaves were published, this signer's memory knows of {known}: it is an old copy")
    if shown.size == state.frontier.size and shown.root != state.frontier.root():
        raise Refusal(f"another root was published at {shown.size} leaves: the memory is another signer's")


def publish(state: State, policy: Policy, folder: Path, note: Note, moment: float) -> None:
    """The day's file first: when the checkpoint is there, everything that it promises is."""
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    keys = state.public_keys()
    _put(folder / "key", "".join(f"{key}\n" for key in keys))
    _put(folder / "policy", policy.text(keys))
    if state.frontier.size:
        shown = published_note(folder)
        if shown is not None and shown.text == note.text:
            note = note.plus(*(signature for signature in shown.signatures if signature.name != state.origin))
        _put(folder / "checkpoints" / day_of(moment), str(note))
        _put(folder / "checkpoint", str(note))


def _put(path: Path, text: str) -> None:
    """Nothing is written when nothing changed: most rounds change nothing."""
    data = text.encode()
    if not path.exists() or path.read_bytes() != data:
        write_safely(path, data)


def day_of(moment: float) -> str:
    """The day in China, as dates stand everywhere on the site."""
    return datetime.fromtimestamp(moment, SHANGHAI).date().isoformat()


def tell(state: State, policy: Policy, folder: Path, note: Note | None, moment: float) -> None:
    """All is well: how far the log is signed, and by which witnesses."""
    said = {
        "state": "signing", "at": words_of(moment), "size": state.frontier.size, "reason": "",
        "witnesses": policy.cosigners(note) if note else [], "quorum_met": policy.is_met(note) if note else False,
        "checked_at": words_of(state.checked_at),
    }  # fmt: skip
    write_safely(folder / "status.json", json.dumps(said).encode())


def alarm(folder: Path, reason: str, moment: float, size: int) -> None:
    """The site says so at once; the line in ``alarms`` stays."""
    folder.mkdir(parents=True, exist_ok=True)
    status, alarms = folder / "status.json", folder / "alarms"
    try:
        before = json.loads(status.read_text())
    except (OSError, ValueError):
        before = {}
    if (before.get("state"), before.get("reason")) != ("refused", reason):
        lines = alarms.read_text(encoding="utf-8") if alarms.exists() else ""
        write_safely(alarms, f"{lines}{words_of(moment)} {reason}\n".encode())
    said = {"state": "refused", "at": words_of(moment), "size": size, "reason": reason}
    write_safely(status, json.dumps(said).encode())


def words_of(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def add_by_hand(policy: Policy, folder: Path, lines: str) -> list[str]:
    """Put cosignatures that came by mail under the checkpoints that they are for; the files that grew. Malformed for
    a line that is no signature."""
    signatures = [notes.Signature.read(line) for line in lines.split("\n") if line.strip()]
    grown = []
    days = sorted((folder / "checkpoints").glob("????-??-??"))[-DAYS_OPEN:]
    for path in [*days, folder / "checkpoint"]:
        note = Note.read(path.read_bytes())
        good = [
            signature
            for signature in signatures
            if any(witness.key.has_signed(Note(note.text, (signature,))) for witness in policy.witnesses.values())
        ]
        if note.plus(*good) != note:
            write_safely(path, str(note.plus(*good)).encode())
            grown.append(path.name)
    return grown
