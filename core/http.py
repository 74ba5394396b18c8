"""The one place that uses an HTTP client outside a crawl, with its guards: time, size, declared user agent."""

from __future__ import annotations

import logging

import httpx

log = logging.getLogger(__name__)


def answers(url: str, *, seconds: float, user_agent: str) -> bool:
    """Whether a server answers HTTP at this address at all, below 500, within `seconds`; reads no body."""
    try:
        with (
            httpx.Client(timeout=seconds, headers={"User-Agent": user_agent}) as client,
            client.stream("GET", url) as response,
        ):
            return response.status_code < 500
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.debug("%s does not answer: %s", url, error)
        return False
