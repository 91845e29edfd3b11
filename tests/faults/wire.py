"""A line to PostgreSQL that can be cut, slowed and silenced: a proxy in threads of this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, make_url

UP, DOWN = "to the server", "to the client"


class Wire:
    """``passed`` counts the bytes of each way; ``cut_at`` says after how many more of which way all lines are cut."""

    def __init__(self, url: str) -> None:
        self.server = make_url(url)
        self.passed = {UP: 0, DOWN: 0}
        self.cut_at: tuple[str, int] | None = None
        self.is_silent, self.delay = False, 0.0
        self.cuts = 0
        self._ends: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self._waiter = threading.Thread(target=self._serve, daemon=True)
        self._waiter.start()

    def url(self, **options: str) -> str:
        """The database's address by this line."""
        port = self._door.getsockname()[1]
        query = {**{name: value for name, value in self.server.query.items() if name != "host"}, **options}
        return self.server.set(host="127.0.0.1", port=port, query=query).render_as_string(hide_password=False)

    def cut(self) -> None:
        self.cut_at, self.cuts = None, self.cuts + 1
        while self._ends:
            hang_up(self._ends.pop())

    def close(self) -> None:
        hang_up(self._door)
        self._waiter.join()
        self.cut()

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near = self._door.accept()[0]
                self._ends.add(near)
                if not self.is_silent:
                    far = connected(self.server)
                    self._ends.add(far)
                    for way, ends in ((UP, (near, far)), (DOWN, (far, near))):
                        threading.Thread(target=self._pass_on, args=[way, *ends], daemon=True).start()

    def _pass_on(self, way: str, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                time.sleep(self.delay)
                if self.cut_at and self.cut_at[0] == way:
                    left = self.cut_at[1] - len(data)
                    self.cut_at = (way, left)
                    if left < 0:
                        target.sendall(data[:left])
                        self.cut()
                        break
                self.passed[way] += len(data)
                target.sendall(data)
        for end in (source, target):
            self._ends.discard(end)
            hang_up(end)


def hang_up(end: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def connected(server: URL) -> socket.socket:
    folder = server.query.get("host")
    if folder:
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(Path(str(folder), f".s.PGSQL.{server.port or 5432}")))
        return line
    return socket.create_connection((server.host or "127.0.0.1", server.port or 5432))


@contextmanager
def wire_to(url: str) -> Iterator[Wire]:
    wire = Wire(url)
    try:
        yield wire
    finally:
        wire.close()
