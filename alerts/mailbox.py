"""The mailbox of the demonstration: a real SMTP server on loopback that keeps what it accepts as files.

A message is on disk, synced, before the server answers 250, so that what a sender was told is true after a crash.
Run it as a process with `python -m alerts.mailbox`, or in this one with `MailSink`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import secrets
import signal
import socket
from collections.abc import Awaitable
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import AwareDatetime

from core import clock
from core.errors import ConfigurationError
from core.settings import Settings, load_settings
from notices.model import Frozen

_LOG = logging.getLogger(__name__)
_NAME = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")
LARGEST_MESSAGE = 10 * 1024 * 1024


class StoredMail(Frozen):
    """The headers of one message in the mailbox."""

    id: str
    subject: str
    sender: str
    recipient: str
    sent_at: AwareDatetime | None
    received_at: AwareDatetime
    message_id: str
    size: int


class OpenedMail(Frozen):
    """One message of the mailbox; its HTML is hostile like all input and belongs in a sandboxed frame."""

    summary: StoredMail
    headers: tuple[tuple[str, str], ...]
    text: str | None
    html: str | None


class Mailbox:
    """A folder of `.eml` files: written by the sink, read by the web application."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, content: bytes) -> str:
        """Keep one message and return its id; it is synced to disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{clock.now():%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
        partial, final = self.folder / f".{name}.part", self.folder / f"{name}.eml"
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(final)
        _sync_folder(self.folder)
        return name

    def list(self, limit: int = 200) -> list[StoredMail]:
        """The newest messages first."""
        if not self.folder.is_dir():
            return []
        names = sorted((path.stem for path in self.folder.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)
        return [self._summary(name) for name in names[:limit]]

    def get(self, mail_id: str) -> OpenedMail | None:
        """One message, or None when there is no such id."""
        path = self._path(mail_id)
        if path is None:
            return None
        message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        headers = tuple((name, _header(message, name)) for name in dict.fromkeys(message.keys()))
        summary = self._summary(mail_id)
        return OpenedMail(summary=summary, headers=headers, text=_part(message, "plain"), html=_part(message, "html"))

    def raw(self, mail_id: str) -> bytes | None:
        """The bytes of one message as the server received them, or None when there is no such id."""
        path = self._path(mail_id)
        return None if path is None else path.read_bytes()

    def _path(self, mail_id: str) -> Path | None:
        path = self.folder / f"{mail_id}.eml"
        return path if _NAME.fullmatch(mail_id) and path.is_file() else None

    def _summary(self, name: str) -> StoredMail:
        path = self.folder / f"{name}.eml"
        with path.open("rb") as file:
            message = BytesHeaderParser(policy=policy.default).parse(file)
        return StoredMail(
            id=name,
            subject=_header(message, "Subject"),
            sender=_header(message, "From"),
            recipient=_header(message, "To"),
            sent_at=_date(_header(message, "Date")),
            received_at=datetime.strptime(name.partition("-")[0] + "+0000", "%Y%m%dT%H%M%S%f%z"),
            message_id=_header(message, "Message-ID"),
            size=path.stat().st_size,
        )


class Listener(Controller):
    """An SMTP server in a thread, on a port of its own choice when the port is 0 (`Controller` cannot do that)."""

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        family = socket.AF_INET6 if ":" in self.hostname else socket.AF_INET
        listening = socket.create_server((self.hostname, self.port), family=family)
        self.port = listening.getsockname()[1]
        server: Awaitable[asyncio.AbstractServer] = self.loop.create_server(
            self._factory_invoker, sock=listening, ssl=self.ssl_context
        )
        return server


class _Keeper:
    """What the SMTP server does with a message."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answer 250 only when the message is on disk."""
        content = envelope.original_content or b""
        try:
            name = await asyncio.to_thread(self._mailbox.add, content)
        except OSError as error:
            _LOG.exception("The mailbox cannot keep a message")
            return f"452 4.3.1 The mailbox cannot keep the message: {error.strerror}"
        return f"250 2.0.0 Kept as {name}"


class MailSink:
    """The SMTP server of the demonstration, in a thread of this process."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        _refuse_open_binding(host)
        self.mailbox = Mailbox(folder)
        self._controller = Listener(
            _Keeper(self.mailbox), hostname=host, port=port, data_size_limit=LARGEST_MESSAGE, ident="Vigie mailbox"
        )

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return int(self._controller.port)

    def start(self) -> None:
        """Listen; raises ConfigurationError when the port is taken."""
        try:
            self._controller.start()
        except OSError as error:
            raise ConfigurationError(
                f"The mailbox cannot listen on {self._controller.hostname}:{self._controller.port}: {error.strerror}."
            ) from error

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()

    def __enter__(self) -> MailSink:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def mailbox_of(settings: Settings) -> Mailbox:
    """The mailbox of this installation's demonstration."""
    return Mailbox(settings.data_dir / "mailbox")


def run_sink(settings: Settings) -> None:
    """Serve the mailbox on the address of the SMTP settings until SIGINT or SIGTERM."""
    sink = MailSink(mailbox_of(settings).folder, settings.smtp.host, settings.smtp.port)
    with sink:
        asyncio.run(_until_told())


async def _until_told() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    await told.wait()


def _refuse_open_binding(host: str) -> None:
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigurationError(f"The demonstration's mailbox only listens on loopback, and {host} is not.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _header(message: EmailMessage, name: str) -> str:
    """A header as text; a malformed one is shown as far as it can be read."""
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError):  # known failures of the standard library's header parser
        return "(illisible)"


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _part(message: EmailMessage, subtype: str) -> str | None:
    part = message.get_body(preferencelist=(subtype,))
    if part is None:
        return None
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # an unknown or a wrong charset
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", errors="replace") if isinstance(payload, bytes) else None


if __name__ == "__main__":
    run_sink(load_settings())
