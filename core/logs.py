"""Logging: one line per event on stderr, for people and for log collectors."""

from __future__ import annotations

import logging
import sys

_TOLD_BETTER = (
    "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.downloadermiddlewares.retry",
    "elastic_transport.transport",
)
"""While a portal or the search cluster is down these print a traceback per try; a sentence says the same."""
_OF_NODES = "elastic_transport.node_pool"


def configure(level: str = "INFO") -> None:
    """Send log records of this process to stderr with time, level and logger."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("scrapy", "asyncio", "apscheduler", "httpx", "alembic", "mail.log", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.getLogger(_OF_NODES).addFilter(_first_failure)
    for told in _TOLD_BETTER:
        logging.getLogger(told).setLevel(logging.DEBUG if level == "DEBUG" else logging.CRITICAL)


def _first_failure(record: logging.LogRecord) -> bool:
    """A node of the search cluster that is down is told once, not with every try."""
    failures = record.args[1] if isinstance(record.args, tuple) and len(record.args) == 3 else 1
    return failures == 1
