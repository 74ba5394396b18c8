"""From French award data to a `Notice`: a pure function. All forms are read by `notices.formats.decp`."""

from __future__ import annotations

from urllib.parse import quote

from crawlers.contract import Parsing
from crawlers.portals.definition import Portal
from crawlers.portals.loading import load
from notices.formats.decp import FORMS, read_decp, split_decp
from notices.formats.reading import Reading, ReadingContext
from notices.model import Notice

__all__ = ["FORMS", "PARSER_VERSION", "parse", "split"]

PARSER_VERSION = "2"
COUNTRY = "FR"


def parse(payload: bytes, context: Parsing) -> Reading:
    """Read the records of one contract. `NoticeFormatError` says in a sentence why they cannot become a notice."""
    portal = load(context.portal)
    told = ReadingContext(portal=context.portal, zone=portal.clock, country=COUNTRY)
    reading = read_decp(payload, told, limit=context.max_payload_bytes)
    return reading.model_copy(update={"notice": _with_page(reading.notice, portal)})


def _with_page(notice: Notice, portal: Portal) -> Notice:
    """The address of the contract's page, by the number as it is printed: the key lacks what modifications added."""
    buyer = notice.buyers[0].identifiers[0].value
    return notice.model_copy(update={"url": portal.url_of(quote(buyer + notice.references[-1], safe=""))})


def split(payload: bytes, form: str | None = None) -> list[bytes]:
    """One payload per contract of a file."""
    return split_decp(payload, form)
