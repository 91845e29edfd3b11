"""Servers on the loopback address, and a client with eight connections that asks a bounded number of times."""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

CONNECTIONS = 8
WORKERS = 2
SECONDS_TO_START = 60
SECONDS_TO_ANSWER = 60


@dataclass
class Server:
    """gunicorn with WORKERS sync workers in front of one application."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu_seconds(self) -> float | None:
        """CPU that the server and its workers have used; None where the system does not tell."""
        ticks = 0
        try:
            for stat in Path("/proc").glob("[0-9]*/stat"):
                with suppress(OSError):
                    fields = stat.read_text().rpartition(")")[2].split()
                    if self.process.pid in (int(fields[1]), int(stat.parent.name)):
                        ticks += int(fields[11]) + int(fields[12])
            return ticks / os.sysconf("SC_CLK_TCK") if ticks else None
        except (OSError, ValueError):
            return None


@contextmanager
def serve(application: str, environment: Mapping[str, str]) -> Iterator[Server]:
    """Started, answering, and ended at the end."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}",
               "--log-level", "error", "--backlog", "64", application]  # fmt: skip
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        _wait_for(port, process)
        yield Server(process, port)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            if connection.recv(100):
                return
        time.sleep(0.1)
    raise SystemExit("a server of the benchmark did not start; its own words stand above")


@dataclass
class Load:
    """What came back: seconds in all, seconds of each answer, how many of each status."""

    seconds: float = 0.0
    each: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bytes_read: int = 0

    @property
    def rate(self) -> float:
        return len(self.each) / self.seconds

    def p99_ms(self) -> float:
        return sorted(self.each)[int(0.99 * (len(self.each) - 1))] * 1000


def get(path: str, *, headers: str = "") -> bytes:
    text = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{headers}Connection: close\r\n\r\n"
    return text.encode()


def post(path: str, body: str, *, headers: str = "") -> bytes:
    text = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n{headers}Connection: close\r\n\r\n{body}"
    )
    return text.encode()


def ask(port: int, requests: Sequence[bytes]) -> Load:
    """Send every request once, CONNECTIONS at a time, each on a connection of its own (sync workers close them)."""
    load, waiting = Load(), list(reversed(requests))
    with selectors.DefaultSelector() as selector:

        def begin() -> None:
            if waiting:
                began = time.perf_counter()
                connection = socket.create_connection(("127.0.0.1", port), timeout=SECONDS_TO_ANSWER)
                connection.sendall(waiting.pop())
                connection.setblocking(False)
                selector.register(connection, selectors.EVENT_READ, [began, b""])

        started = time.perf_counter()
        for _ in range(CONNECTIONS):
            begin()
        while selector.get_map():
            ready = selector.select(timeout=SECONDS_TO_ANSWER)
            if not ready:
                raise SystemExit("a server of the benchmark stopped answering")
            for key, _events in ready:
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                read = connection.recv(1 << 18)
                if not key.data[1]:
                    key.data[1] = read[:16]
                load.bytes_read += len(read)
                if not read:
                    selector.unregister(connection)
                    connection.close()
                    load.each.append(time.perf_counter() - key.data[0])
                    status = int(key.data[1][9:12] or 0)
                    load.statuses[status] = load.statuses.get(status, 0) + 1
                    begin()
        load.seconds = time.perf_counter() - started
    return load
