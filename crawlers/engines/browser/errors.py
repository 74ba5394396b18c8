"""What Chromium says when it has no page, as the exceptions of Scrapy's own client: one fault, one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)

from crawlers.contract import CrawlError, LayoutError, PortalDown
from crawlers.engines.faults import cleaned, where

if TYPE_CHECKING:
    from scrapy import Request

_BROKE_OFF = ("ERR_CONTENT_LENGTH_MISMATCH", "ERR_INCOMPLETE_CHUNKED_ENCODING", "No data found for resource")
_REFUSED = ("ERR_CONNECTION_REFUSED", "ERR_ADDRESS_UNREACHABLE", "ERR_INTERNET_DISCONNECTED")
_TIMED_OUT = ("ERR_TIMED_OUT", "ERR_CONNECTION_TIMED_OUT", "Timeout")


def scrapy_error(said: str, request: Request) -> Exception:
    """The exception for what the browser said of a fault.

    What is none of the network's counts as a lost connection: after a crash a page is opened again, as after one.
    """
    if any(sign in said for sign in _BROKE_OFF):
        return ResponseDataLossError(cleaned(said))
    if any(sign in said for sign in _REFUSED):
        return DownloadConnectionRefusedError(cleaned(said))
    if any(sign in said for sign in _TIMED_OUT):
        return DownloadTimeoutError(cleaned(said))
    if "ERR_NAME_NOT_RESOLVED" in said:
        return CannotResolveHostError(cleaned(said))
    return _named(said, request) or DownloadFailedError(cleaned(said))


def _named(said: str, request: Request) -> CrawlError | None:
    if "Download is starting" in said:
        return LayoutError(f"{where(request)} answers with a file to download, which the browser refuses.")
    if "ERR_CERT" in said:
        return PortalDown(f"The portal does not answer: its certificate is not valid ({where(request)}).")
    if "ERR_TOO_MANY_REDIRECTS" in said:
        return LayoutError(f"{where(request)} sends the browser round in a circle.")
    if "ERR_BLOCKED_BY_CLIENT" in said:
        return LayoutError(f"{where(request)} leads away from the portal, where the browser does not go.")
    return None
