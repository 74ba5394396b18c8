"""Why a portal gave no answer, as a sentence that reads the same for the same fault."""

from __future__ import annotations

import errno
import ssl
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)

from crawlers.engines.faults import cleaned, named, not_fetched

REQUEST = Request("https://portail.example/env.config.js")


def refused(cause: Exception) -> DownloadConnectionRefusedError:
    error = DownloadConnectionRefusedError(str(cause))
    error.__cause__ = cause
    return error


def key() -> Any:
    # as aiohttp prints it: with the whole TLS context, which has an address in memory
    return SimpleNamespace(host="portail.example", port=443, ssl=ssl.create_default_context(), is_ssl=True)


def connector(number: int | None, words: str) -> aiohttp.ClientConnectorError:
    error = OSError(number, words) if number is not None else OSError(words)
    return aiohttp.ClientConnectorError(key(), error)


def certificate() -> aiohttp.ClientConnectorCertificateError:
    return aiohttp.ClientConnectorCertificateError(key(), ssl.SSLCertVerificationError("self-signed"))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refused(connector(errno.ECONNREFUSED, "Connect call failed")), "does not answer: connection refused"),
        (refused(connector(errno.ENETUNREACH, "Connect call failed")), "does not answer: network is unreachable"),
        (
            refused(connector(None, "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0)")),
            "does not answer: connection refused",
        ),
        (refused(connector(None, "what nobody foresaw")), "does not answer: no connection could be made"),
        (refused(certificate()), "does not answer: its certificate is not valid"),
        (CannotResolveHostError("x"), "does not answer: its name is not known"),
        (DownloadTimeoutError("Getting … took longer"), "does not answer in time"),
        (DownloadFailedError("Server disconnected"), "was lost before it answered"),
        (ResponseDataLossError("x"), "answer broke off"),
    ],
)
def test_the_same_fault_reads_the_same_and_names_the_address(error: Exception, told: str) -> None:
    sentence = not_fetched(REQUEST, error)
    assert told in sentence
    assert sentence.endswith("(GET https://portail.example/env.config.js).")
    assert "0x" not in sentence
    assert "SSLContext" not in sentence


def test_what_nobody_foresaw_is_told_without_addresses_in_memory() -> None:
    first, second = (named(ValueError(f"odd {object()} here")) for _ in range(2))
    assert first == second == "ValueError: odd … here"
    assert cleaned("Cannot connect [ssl:<ssl.SSLContext object at 0x7f1e>]\nline") == "Cannot connect [ssl:…] line"
    assert len(cleaned("x" * 10_000)) <= 300
