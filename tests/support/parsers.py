"""Parsers that misbehave, importable by name so that a second process finds them."""

from __future__ import annotations

import logging
import os
import re

from crawlers.contract import Parsing
from notices.formats.reading import Reading
from tests.support.store_examples import notice

DEADLY = b"deadly"
STUCK = b"stuck"


def parse(payload: bytes, context: Parsing) -> Reading:
    """A notice titled as the payload; `DEADLY` ends the process, `STUCK` never ends, `bad` raises."""
    if payload == DEADLY:
        os._exit(9)
    if payload == STUCK:
        re.match(r"(a|a)+$", "a" * 60 + "b")
    if payload == b"bad":
        raise ValueError("this is bad")
    return Reading(notice=notice(context.native_id or "1", title={"fr": payload.decode()}))


class Unreadable:
    """Travels, and cannot be put together again."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("no number",)


def log_level() -> int:
    """The level of this process's log."""
    return logging.getLogger().level
