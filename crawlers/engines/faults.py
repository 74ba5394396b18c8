"""What kept a portal's answer away, as a sentence: the same fault reads the same every time.

The words of libraries hold addresses in memory and whole objects; stored, they would make one fault look like many.
"""

from __future__ import annotations

import errno
import os
import re
from typing import TYPE_CHECKING

import aiohttp
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)

if TYPE_CHECKING:
    from scrapy import Request

LONGEST = 300
"""Characters of a library's words that are kept."""

_OBJECT = re.compile(r"<[^<>]*\bat 0x[0-9a-fA-F]+>|\bat 0x[0-9a-fA-F]+\b")
_ERRNO = re.compile(r"\[Errno (\d+)\]")


def where(request: Request) -> str:
    """A request as a person reads it."""
    return f"{request.method} {request.url}"


def not_fetched(request: Request, error: BaseException) -> str:
    """Why there is no answer to a request."""
    return f"{_sentence(error)} ({where(request)})."


def named(error: BaseException) -> str:
    """An error that nobody foresaw: its kind and its words, without what changes from run to run."""
    return f"{type(error).__name__}: {cleaned(str(error))}"


def cleaned(text: str) -> str:
    """Words of a library on one line, without addresses in memory."""
    return " ".join(_OBJECT.sub("…", text).split())[:LONGEST]


def _sentence(error: BaseException) -> str:
    if isinstance(error, DownloadTimeoutError | TimeoutError):
        return "The portal does not answer in time"
    if isinstance(error, CannotResolveHostError):
        return "The portal does not answer: its name is not known to the name servers"
    if isinstance(error, DownloadConnectionRefusedError):
        return f"The portal does not answer: {_connection(error)}"
    if isinstance(error, ResponseDataLossError):
        return "The portal's answer broke off"
    if isinstance(error, DownloadFailedError):
        return "The connection to the portal was lost before it answered"
    return f"The answer could not be fetched: {named(error)}"


def _connection(error: BaseException) -> str:
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not valid"
    if isinstance(cause, aiohttp.ClientSSLError):
        return "no protected connection (TLS) could be agreed"
    if not isinstance(cause, aiohttp.ClientConnectorError):
        return "no connection could be made"
    number = cause.os_error.errno
    if number is None and (found := _ERRNO.search(str(cause.os_error))):
        number = int(found[1])  # several addresses were tried, each with an error of its own
    if number is None or number not in errno.errorcode:
        return "no connection could be made"
    return os.strerror(number).lower()
