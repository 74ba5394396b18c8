"""Logging: one line per event on stderr, for people and for log collectors."""

from __future__ import annotations

import logging
import sys

_TOLD_BETTER = ("scrapy.downloadermiddlewares.robotstxt", "scrapy.downloadermiddlewares.retry")
"""While a portal is down these print a traceback per try; the window's reason says the same in a sentence."""


def configure(level: str = "INFO") -> None:
    """Send log records of this process to stderr with time, level and logger."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("scrapy", "asyncio", "apscheduler", "httpx", "alembic", "mail.log", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    for told in _TOLD_BETTER:
        logging.getLogger(told).setLevel(logging.DEBUG if level == "DEBUG" else logging.CRITICAL)
