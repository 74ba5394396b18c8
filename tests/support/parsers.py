"""Parsers that misbehave, importable by name so that a second process finds them."""

from __future__ import annotations

import os

from crawlers.contract import Parsing
from notices.formats.reading import Reading
from tests.support.store_examples import notice

DEADLY = b"deadly"


def parse(payload: bytes, context: Parsing) -> Reading:
    """A notice titled as the payload; `DEADLY` ends the process, `bad` raises."""
    if payload == DEADLY:
        os._exit(9)
    if payload == b"bad":
        raise ValueError("this is bad")
    return Reading(notice=notice(context.native_id or "1", title={"fr": payload.decode()}))
