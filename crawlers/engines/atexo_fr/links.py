"""Addresses of a consultation on its platform, and what links on its pages lead to."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from crawlers.engines.atexo_fr.detail import Linked
from crawlers.portals.definition import Portal
from notices.model import Document, Link

_BOAMP = re.compile(r"boamp\.fr/.*?(?<!\d)(\d{2}-\d{1,6})(?!\d)", re.IGNORECASE)
_TED = re.compile(r"ted\.europa\.eu/.*?(?<!\d)(\d{1,8}-20\d{2})(?!\d)", re.IGNORECASE)


def path_of(portal: Portal, name: str, organisation: str = "", consultation: str = "") -> str:
    """A path of the portal's route: `list`, `detail` or `lots`."""
    route = next(iter(portal.routes.values()))
    return route.path(name, organisation=organisation, consultation=consultation)


def page_of(portal: Portal, organisation: str, consultation: str) -> str:
    """The public page of a consultation on the real platform."""
    return portal.base_url + path_of(portal, "detail", organisation, consultation)


def absolute(base_url: str, href: str) -> str | None:
    """An address on the web; None for an empty one, a script, or a scheme that is no web address."""
    if not href or href.startswith(("#", "javascript:")):
        return None
    try:
        url = urljoin(base_url + "/", href)
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def documents_of(base_url: str, found: list[Linked], publicity: list[Linked]) -> tuple[Document, ...]:
    """Documents of the consultation, and notices joined as files of the platform itself.

    The tender file is behind a form that asks for no account.
    """
    own = [item for item in publicity if _is_own(base_url, absolute(base_url, item.href))]
    told = {url: item.text for item in (*found, *own) if (url := absolute(base_url, item.href)) is not None}
    return tuple(Document(url=url, language="fr", title=text or None) for url, text in told.items())


def publications_of(base_url: str, hrefs: list[str]) -> tuple[Link, ...]:
    """The same call on BOAMP, on TED or elsewhere, by the number in its address, else by the address."""
    links: dict[str, Link] = {}
    for href in hrefs:
        url = absolute(base_url, href)
        if url is None:
            continue
        if found := _BOAMP.search(url):
            link = Link(relation="same-procedure", scheme="portal-reference", value=f"fr_boamp:{found[1]}")
        elif found := _TED.search(url):
            number = found[1].lstrip("0")
            link = Link(relation="same-procedure", scheme="ted-publication-number", value=number)
        elif _is_own(base_url, url):
            continue
        else:
            link = Link(relation="same-procedure", scheme="url", value=url)
        links.setdefault(link.value, link)
    return tuple(links.values())


def _is_own(base_url: str, url: str | None) -> bool:
    return url is not None and urlsplit(url).netloc == urlsplit(base_url).netloc
