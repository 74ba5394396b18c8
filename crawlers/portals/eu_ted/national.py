"""The copy of a TED notice on a national portal, told by where the buyer's documents lie (BT-15, BT-18)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from crawlers.portals.eu_ted.options import NationalCopy
from notices.model import Link, Notice

RELATION = "national-copy"
LONGEST = 2_000
"""Characters of an address that are looked at."""
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")


def links(notice: Notice, known: tuple[NationalCopy, ...]) -> tuple[Link, ...]:
    """A link `<portal>:<native id>` for every national portal on which the notice's documents lie."""
    found = (key for address in _addresses(notice) if (key := national_key(address, known)))
    return tuple(Link(relation=RELATION, scheme="portal-reference", value=value) for value in dict.fromkeys(found))


def national_key(address: str, known: tuple[NationalCopy, ...]) -> str | None:
    """`be_bda:3ffc8455-…` for an address of that dossier; None for addresses that name no dossier of a known portal."""
    if len(address) > LONGEST:
        return None
    try:
        parts = urlsplit(address)
        host = parts.hostname
        query = parse_qs(parts.query, max_num_fields=50)
    except ValueError:
        return None
    for copy in known:
        if host == copy.host and (key := _key(copy, parts.path, query)):
            return f"{copy.portal}:{key}"
    return None


def _key(copy: NationalCopy, path: str, query: dict[str, list[str]]) -> str | None:
    values = {name: query[name][0] for name in copy.query if name in query}
    if len(values) < len(copy.query):
        return None
    if copy.path is not None:
        match = re.fullmatch(copy.path, path)
        if match is None:
            return None
        values |= {name: value.lower() for name, value in match.groupdict().items() if value}
    key = copy.native_id.format(**values)
    return key if _KEY.fullmatch(key) else None


def _addresses(notice: Notice) -> Iterable[str]:
    yield from (document.url for document in notice.documents)
    if notice.submission_url:
        yield notice.submission_url
    for lot in notice.lots:
        yield from (document.url for document in lot.documents)
        if lot.submission_url:
            yield lot.submission_url
