"""Delivery by SMTP: the only module that talks to a mail server.

A message counts as accepted only after the server's 250 to the end of DATA. What the server says decides what follows:
a refused recipient is final, refused content is tried a few times, and everything that is about our connection or our
account (connection, TLS, login, sender) is tried again later, because it says nothing about the message.
"""

from __future__ import annotations

import logging
import ssl
from email.utils import parseaddr

import aiosmtplib

from alerts.channels import Delivery, Outcome
from core.settings import SmtpSecurity, SmtpSettings
from store.records import OutboxMessage

_LOG = logging.getLogger(__name__)
_LONGEST_WORDS = 500


class EmailChannel:
    """One SMTP connection, kept between messages and renewed after any failure."""

    name = "email"

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._sender = parseaddr(settings.sender)[1]
        self._client: aiosmtplib.SMTP | None = None

    async def prepare(self, message: OutboxMessage) -> Delivery | None:
        """Connect, name sender and recipient; None when the server waits for the content."""
        try:
            client = await self._connected()
            await client.mail(self._sender)
            await client.rcpt(message.recipient)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return self._failed(error)
        return None

    async def hand_over(self, message: OutboxMessage) -> Delivery:
        """Send the content; accepted only by the server's 250 to its end, whose words are kept."""
        if self._client is None:
            return Delivery(outcome=Outcome.LATER, words="the connection was lost")
        try:
            response = await self._client.data(message.payload)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return self._failed(error)
        return Delivery(outcome=Outcome.ACCEPTED, words=response.message[:_LONGEST_WORDS])

    async def close(self) -> None:
        """Say goodbye to the server."""
        client, self._client = self._client, None
        if client is None or not client.is_connected:
            return
        try:
            await client.quit()
        except (aiosmtplib.SMTPException, OSError) as error:
            _LOG.debug("The mail server did not answer to QUIT: %s", error)
            client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        settings = self._settings
        self._client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=settings.timeout,
            use_tls=settings.security is SmtpSecurity.TLS,
            start_tls=settings.security is SmtpSecurity.STARTTLS,
            username=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
        )
        await self._client.connect()
        return self._client

    def _failed(self, error: Exception) -> Delivery:
        """The outcome of a failure; the next message starts on a clean connection."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
        return Delivery(outcome=_outcome(error), words=_sentence(error))


def _outcome(error: Exception) -> Outcome:
    if isinstance(error, aiosmtplib.SMTPRecipientRefused) and error.code >= 500:
        return Outcome.IMPOSSIBLE
    if isinstance(error, aiosmtplib.SMTPDataError) and error.code >= 500:
        return Outcome.REFUSED
    return Outcome.LATER


def _sentence(error: Exception) -> str:
    """The server's words, or those of the connection, and which settings to look at when it is about us."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        said = f"{error.code} {error.message}"
    else:
        said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    advice = next((told for kinds, told in _ADVICE if isinstance(_root(error), kinds)), None)
    return f"{said[:_LONGEST_WORDS]} ({advice})" if advice else said[:_LONGEST_WORDS]


_ADVICE: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((aiosmtplib.SMTPAuthenticationError,), "check VIGIE_SMTP__USER and VIGIE_SMTP__PASSWORD"),
    ((aiosmtplib.SMTPSenderRefused,), "check VIGIE_SMTP__SENDER, and what this account may send"),
    (
        (ssl.SSLCertVerificationError,),
        "the server's certificate is for another host, or of an authority not known here",
    ),
    ((ssl.SSLError, aiosmtplib.SMTPNotSupported), "check VIGIE_SMTP__SECURITY, and whether the port belongs to it"),
    (
        (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPTimeoutError, aiosmtplib.SMTPServerDisconnected, OSError),
        "check VIGIE_SMTP__HOST, VIGIE_SMTP__PORT and VIGIE_SMTP__SECURITY, and that the server runs",
    ),
)


def _root(error: BaseException) -> BaseException:
    """What is wrong with TLS is wrapped by the client in an error of connection."""
    cause = error.__cause__
    return cause if isinstance(cause, ssl.SSLError) else error
