"""A signer whose n-th file operation fails, or at which it is killed: run as a process of its own by test_faults.py.

    python faulty_signer.py STATE PUBLISH DATABASE HOW

The modules are read once; each n is a forked child, so that hundreds of them take seconds. HOW is one of ``error``
(EIO), ``full`` (half of the bytes are written, then ENOSPC) and ``killed`` (SIGKILL before the call).
The folders are put back as they were before each n. After the broken run a sound one follows. What is told, a JSON
line for each n: what was on the disk after the fault, and what the sound run signed then; n ends where nothing fails.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sun_commune.transparency.notes import Checkpoint, Note
from sun_commune.transparency.signer import __main__ as commands
from sun_commune.transparency.signer import reading
from sun_commune.transparency.signer.state import Refusal, State

CALLS = ("open", "write", "fsync", "replace", "close")
NOTHING_FAILED, FAILED, REFUSED = 0, 7, 8
EIO, ENOSPC = 5, 28
MOST = 500


class Faults:
    """Counts the calls of ``os`` that touch files, and lets the n-th fail."""

    def __init__(self, number: int, how: str) -> None:
        self.left, self.how = number, how
        for name in CALLS:
            setattr(os, name, self.wrapped(name, getattr(os, name)))

    def wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **options: Any) -> Any:
            self.left -= 1
            if self.left:
                return call(*arguments, **options)
            if self.how == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "full" and name == "write":
                call(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                raise OSError(ENOSPC, "No space left on device")
            if name == "close":  # what cannot be flushed is told at close; the descriptor is gone all the same
                call(*arguments, **options)
            raise OSError(EIO, "Input/output error")

        return counted


def broken_run(state: Path, publish: Path, url: str, number: int, how: str) -> int:
    """In a forked child; its exit status."""
    child = os.fork()
    if child:
        _child, status = os.waitpid(child, 0)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    try:
        engine = reading.open_database(url)
        with engine.connect():
            """Connected before anything is counted: what fails are the signer's own files."""
        faults = Faults(number, how)
        commands.sign_once(state, engine, publish, say=lambda _words: None)
        os._exit(NOTHING_FAILED if faults.left > 0 else FAILED)
    except Refusal:
        os._exit(REFUSED)
    except OSError:
        os._exit(FAILED)


def seen(state: Path, publish: Path) -> dict[str, Any]:
    """What is on the disk: the size that the memory knows, the size and root that everybody sees."""
    path = publish / "checkpoint"
    shown = Checkpoint.read(Note.read(path.read_bytes()).text) if path.exists() else None
    return {
        "known": State.read(state).frontier.size,
        "shown": shown.size if shown else 0,
        "root": shown.root.hex() if shown else "",
    }


def main(state: Path, publish: Path, url: str, how: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        play(state, publish, url, how, kept=(Path(folder, "state"), Path(folder, "publish")))


def play(state: Path, publish: Path, url: str, how: str, *, kept: tuple[Path, Path]) -> None:
    for folder, copy in zip((state, publish), kept, strict=True):
        shutil.copytree(folder, copy)
    for number in range(1, MOST):
        for folder, copy in zip((state, publish), kept, strict=True):
            shutil.rmtree(folder)
            shutil.copytree(copy, folder)
        before = seen(state, publish)
        status = broken_run(state, publish, url, number, how)
        told = {"number": number, "status": status, "before": before, "after": seen(state, publish)}
        engine = reading.open_database(url)
        commands.sign_once(state, engine, publish, say=lambda _words: None)
        engine.dispose()
        print(json.dumps({**told, "recovered": seen(state, publish)}), flush=True)
        if status == NOTHING_FAILED:
            return
    raise SystemExit("there are more file operations than were tried")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
