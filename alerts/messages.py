"""Mails as bytes: headers that hold whatever a portal or a person wrote, a text part and an HTML part."""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr

from alerts import links
from alerts.wording import one_line, unbroken
from core.settings import Settings
from notices.model import Frozen

_WHOLE = frozenset({"to", "message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post"})
"""Headers that machines read: on one line, as plain ASCII."""


class _Policy(EmailPolicy):
    """Folds headers as usual, except those that machines read.

    The standard library folds a long address in angle brackets into encoded words, which no mail reader takes for a
    link (RFC 2047 section 5 forbids them there).
    """

    def fold(self, name: str, value: str) -> str:
        if name.lower() in _WHOLE:
            return f"{name}: {value}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in _WHOLE:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", cte_type="7bit")  # no server needs 8BITMIME for our mails


class Mail(Frozen):
    """One mail before it becomes bytes."""

    local_id: str
    """Left of the @ of the Message-ID; the same for every attempt."""
    recipient: str
    subject: str
    text: str
    html: str
    language: str
    unsubscribe_url: str | None = None


def message_id(settings: Settings, local_id: str) -> str:
    """`<local@host>`, stable for one digest however often it is built or sent."""
    return f"<{local_id}@{links.host(settings)}>"


def to_bytes(mail: Mail, settings: Settings, at: datetime) -> bytes:
    """The message as it goes over the wire, with `at` as its Date.

    `List-Unsubscribe` with one-click follows RFC 8058, `Auto-Submitted` RFC 3834, `List-Id` RFC 2919.
    """
    message = EmailMessage(policy=_POLICY)
    name, address = parseaddr(settings.smtp.sender)
    message["From"] = Address(display_name=one_line(name), addr_spec=address)
    message["To"] = Address(addr_spec=mail.recipient)
    message["Subject"] = unbroken(mail.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(settings, mail.local_id)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    if mail.unsubscribe_url:
        message["List-Id"] = f"Vigie <alertes.{links.host(settings)}>"
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message.set_boundary("=_vigie_" + hashlib.sha256(mail.local_id.encode()).hexdigest()[:24])
    return message.as_bytes()
