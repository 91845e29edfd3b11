"""E-mail by SMTP: one connection for a run of the job, one message at a time."""

from __future__ import annotations

import smtplib
import ssl
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import TracebackType
from urllib.parse import unquote, urlsplit

from sun_commune.core.clock import local
from sun_commune.notifications.models import OutboxMessage

SECONDS = 20
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class CannotSend(Exception):
    """The message did not leave. ``is_final``: it never will (a refused address), so do not try again."""

    def __init__(self, sentence: str, *, is_final: bool = False) -> None:
        super().__init__(sentence)
        self.is_final = is_final


def build_message(message: OutboxMessage, *, sender: str, host: str) -> EmailMessage:
    """The e-mail of one row. Its Message-ID is fixed, so a second copy after a crash is seen as the same one.

    Raises CannotSend for an address or subject that cannot be a header (line breaks, no ``@``).
    """
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = sender
        mail["To"] = message.address
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(local(message.created_at))
        mail["Message-ID"] = f"<outbox-{message.id}@{host}>"
        mail["Auto-Submitted"] = "auto-generated"
    except (ValueError, IndexError, HeaderParseError) as error:
        raise CannotSend("the address or subject cannot be a header", is_final=True) from error
    if mail["To"].defects or len(mail["To"].addresses) != 1 or not mail["To"].addresses[0].domain:
        raise CannotSend("not an e-mail address", is_final=True)
    mail.set_content(message.body)
    return mail


class Mailer:
    """``with Mailer(url) as mailer: mailer.send(mail)``; connects at the first message."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.secure = parts.scheme == "smtps"
        self.host = parts.hostname or "localhost"
        self.port = parts.port or (465 if self.secure else 587 if parts.username else 25)
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")
        self.connection: smtplib.SMTP | None = None

    def __enter__(self) -> Mailer:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def open(self) -> smtplib.SMTP:
        """Connect, encrypt where the server can, and never send a password in the open over a network."""
        if self.connection is not None:
            return self.connection
        if self.secure:
            context = ssl.create_default_context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        self.connection = connection
        connection.ehlo_or_helo_if_needed()
        if not self.secure and connection.has_extn("starttls"):
            connection.starttls(context=ssl.create_default_context())
            connection.ehlo()
        elif not self.secure and self.user and self.host not in LOCAL_HOSTS:
            raise CannotSend("the mail server offers no encryption, so the password was not sent")
        if self.user:
            connection.login(self.user, self.password)
        return connection

    def send(self, mail: EmailMessage) -> None:
        """Raises CannotSend; the connection is opened anew for the next message."""
        try:
            self.open().send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            self.close()
            codes = [code for code, _text in error.recipients.values()]
            is_final = all(500 <= code < 600 for code in codes)
            raise CannotSend(f"recipient refused ({', '.join(map(str, codes))})", is_final=is_final) from error
        except smtplib.SMTPResponseException as error:
            self.close()
            raise CannotSend(f"the mail server answered {error.smtp_code}") from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            self.close()
            raise CannotSend(f"{type(error).__name__}: {error}") from error
        except CannotSend:
            self.close()
            raise
