"""What a spider may ask of a visit to a page, and what a visit is allowed to do."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

VISIT = "visit"
"""Key of a request's `meta` under which its `Visit` lies. Transports other than the browser do not look at it."""

NOT_FETCHED = frozenset({"image", "media", "font", "stylesheet", "texttrack", "manifest", "ping", "eventsource"})
"""Kinds of what a page asks for that no parser reads."""


@dataclass(frozen=True)
class Visit:
    """How a page is read. Without any of these it is the answer of the server itself, byte for byte.

    `until` is a CSS selector: the page is read as its script built it, once something matches. `receives` is a part of
    an address: what is read is the answer that the page's own script gets from there, such as a list in JSON.
    """

    until: str | None = None
    receives: str | None = None
    patience: float = 15.0
    """Seconds that the page's script has to show what is waited for; then the page is read as it is."""


@dataclass(frozen=True)
class Reach:
    """Where the browser may go: the portal's own hosts; and scripts of other hosts that the portal's pages need."""

    portal: frozenset[str]
    """`host:port` of the portal."""
    scripts: frozenset[str] = frozenset()
    """Host names from which pages of the portal load scripts."""

    @classmethod
    def of(cls, addresses: tuple[str, ...], scripts: tuple[str, ...] = ()) -> Reach:
        """The reach of a portal with these addresses."""
        return cls(frozenset(map(host_and_port, addresses)), frozenset(scripts))

    @property
    def names(self) -> tuple[str, ...]:
        """All host names, without ports."""
        return tuple(sorted({name.rpartition(":")[0] for name in self.portal} | self.scripts))

    def is_portal(self, url: str) -> bool:
        """Whether an address is the portal's."""
        return urlsplit(url).scheme in ("http", "https") and host_and_port(url) in self.portal

    def allows(self, url: str, kind: str, *, navigation: bool) -> bool:
        """Whether the browser may ask for something: navigate on the portal only, fetch nothing that nobody reads."""
        if url.startswith(("data:", "blob:", "about:")):
            return not navigation
        if self.is_portal(url):
            return kind not in NOT_FETCHED
        return not navigation and kind == "script" and urlsplit(url).hostname in self.scripts


def host_and_port(url: str) -> str:
    """`host:port` of an address, in lower case."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').lower()}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
