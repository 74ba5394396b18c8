"""Logging: one line per event on stderr, for people and for log collectors."""

from __future__ import annotations

import logging
import sys


def configure(level: str = "INFO") -> None:
    """Send log records of this process to stderr with time, level and logger."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("scrapy", "asyncio", "apscheduler", "httpx", "alembic", "mail.log", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
