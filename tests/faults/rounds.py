"""Driving the worker: one round at a time, killed, traced or left alone; and how many rounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


#: Moments, cuts and samples of every test here come of it; another number gives others.
SEED = int(os.environ.get("SUN_FAULT_SEED", "20171206"))


def times(few: int, *, full: int) -> int:
    """``few`` in an ordinary run, ``full`` with ``SUN_FAULT_ROUNDS=full``; or that very number (docs/operations.md)."""
    said = os.environ.get("SUN_FAULT_ROUNDS", "")
    return full if said == "full" else int(said or few)


class Worker:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.told: list[str] = []
        self._number = 0

    def begin(self, *, acts: int = 0) -> int:
        """Fork a child that waits for ``go``; its pid."""
        self._number += 1
        self._send(f"round {self._number:05d} {acts}")
        said = {self._line(), self._line()}
        assert "waiting" in said
        return int((said - {"waiting"}).pop().split()[1])

    def go(self) -> None:
        self._send("go")

    def next_line(self) -> str:
        return self._line()

    def end(self, told: list[str] | None = None) -> tuple[list[str], int]:
        """(what the child told, ``told`` first; its exit status, -9 when it was killed)."""
        told = told or []
        while not (line := self._line()).startswith("ended "):
            told.append(line)
        self.told += [line for line in told if not line.startswith("error ")]
        return told, int(line.split()[1])

    def kill_after(self, seconds: float) -> tuple[list[str], int]:
        """A round that is ended by SIGKILL ``seconds`` after it began."""
        pid = self.begin()
        timer = threading.Timer(seconds, os.kill, (pid, 9))
        self.go()
        timer.start()
        return self.end()

    def _send(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def _line(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker has ended: {self.process.wait()}")
        return line.strip()


@contextmanager
def worker(url: str, folder: Path, town: dict[str, int]) -> Iterator[Worker]:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.faults.worker", url, str(folder), json.dumps(town)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        found = Worker(process)
        assert found._line() == "ready"
        yield found
    finally:
        process.kill()
        process.communicate()


@contextmanager
def traced(pid: int, rule: str, report: Path) -> Iterator[None]:
    """strace on a running process, injecting ``rule`` into its system calls; the calls are written to ``report``."""
    calls = rule.split(":", maxsplit=1)[0].removeprefix("inject=")
    command = ["strace", "-f", "-qq", "-p", str(pid), "-o", str(report), "-e", f"trace={calls}"]
    if ":" in rule:
        command += ["-e", rule]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        _wait_until_attached(pid, tracer)
        yield
    finally:
        tracer.terminate()
        tracer.communicate()


def _wait_until_attached(pid: int, tracer: subprocess.Popen[str]) -> None:
    for _attempt in range(200):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        if f"TracerPid:\t{tracer.pid}" in status:
            return
        if tracer.poll() is not None:
            break
        time.sleep(0.01)
    raise RuntimeError(f"strace does not attach: {tracer.stderr.read() if tracer.stderr else ''}")
