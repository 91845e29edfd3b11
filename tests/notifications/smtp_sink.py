"""A real SMTP server of thirty lines: takes mail on a port of its own and keeps it, or answers as it is told."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any


class SmtpSink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answer_to_recipient = "250 ok"
        self.answer_to_data = "250 taken"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Talk(socketserver.StreamRequestHandler):
    server: SmtpSink

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.say("220 sink")
        while line := self.rfile.readline():
            verb = line.decode().strip().upper()[:4]
            if verb == "QUIT":
                return self.say("221 bye")
            if verb == "RCPT":
                self.server.recipients.append(line.decode().strip())
                self.say(self.server.answer_to_recipient)
            elif verb == "DATA":
                self.say("354 go on")
                self.take(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.say(self.server.answer_to_data)
            else:
                self.say("250 ok")
        return None

    def take(self, body: bytes) -> None:
        if self.server.answer_to_data.startswith("250"):
            mail: Any = email.message_from_bytes(body, policy=email.policy.default)
            self.server.mails.append(mail)


@contextmanager
def smtp_sink() -> Iterator[SmtpSink]:
    with SmtpSink() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
