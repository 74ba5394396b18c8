"""Asks a portal for pages of HTML and says in a sentence what came instead of the page that was asked for.

Beside `JsonService`: requests go through Scrapy's downloader, so politeness, retries and limits hold. Cookies are off
in the project; a chain of requests that shares a session carries its own `Session`. (Scrapy's cookie middleware would
fetch a public suffix list over the network; one portal's own host needs none.)
"""

from __future__ import annotations

import asyncio
import codecs
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from parsel import Selector
from scrapy import FormRequest, Request
from scrapy.http.cookies import CookieJar

from crawlers.contract import CrawlError, LayoutError, PortalDown
from crawlers.engines.asking import PortalService, asked_for, check_status, content_type
from crawlers.engines.faults import where
from crawlers.politeness import back_off
from notices.values.text import clean_line

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.http import Response

logger = logging.getLogger(__name__)

TRIES_OF_A_CUT_PAGE = 3
END_OF_PAGE = b"</html"
"""What every whole page ends with; looked for in its last characters."""
_END_LIES_IN = 4096
_STAND_IN_AT_MOST = 20_000
"""Bytes at most of a page that stands in for another: a notice may speak of rejected requests or maintenance, too."""

_HEADERS = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "Accept-Language": "fr"}


class RequestRejected(CrawlError):
    """The portal's firewall answers 200 with a page "Request Rejected" in place of this one page."""


class LoginAsked(CrawlError):
    """The portal answers with a page that asks for a password."""


class Moved(CrawlError):
    """The portal sends us elsewhere; `location` says where."""

    def __init__(self, sentence: str, location: str) -> None:
        super().__init__(sentence)
        self.location = location


# --- decoding ----------------------------------------------------------------------------


def _one_byte_at_a_time(error: UnicodeError) -> tuple[str, int]:
    """What a byte that is not UTF-8 means in cp1252; the five bytes that mean nothing there become U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    stray = error.object[error.start : error.end]
    return stray.decode("cp1252", "replace"), error.end


codecs.register_error("vigie-cp1252", _one_byte_at_a_time)


def decode(body: bytes) -> str:
    """The text of a page that is UTF-8 with stray cp1252 bytes, as Atexo portals print it.

    Never a guess for the page as a whole: each byte that is not UTF-8 is read alone. A byte order mark and NUL bytes,
    at which HTML parsers stop, are dropped.
    """
    return body.decode("utf-8", "vigie-cp1252").removeprefix("\ufeff").replace("\x00", "")


def selector(text: str) -> Selector:
    """A page or a fragment, parsed leniently (unclosed elements are closed where lxml closes them)."""
    return Selector(text=text, type="html", huge_tree=True)


# --- sessions and pages ----------------------------------------------------------------------------


class Session:
    """The cookies of one chain of requests. A chain that lost its state begins again with a new one."""

    def __init__(self) -> None:
        self._jar = CookieJar()

    def attach(self, request: Request) -> None:
        """Send the chain's cookies with a request."""
        request.headers.pop("Cookie", None)
        self._jar.add_cookie_header(request)

    def learn(self, response: Response, request: Request) -> None:
        """Take the cookies of an answer over."""
        self._jar.extract_cookies(response, request)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies by name, for messages and tests."""
        return {cookie.name: cookie.value or "" for cookie in self._jar.jar}


@dataclass(frozen=True)
class Page:
    """A page that came with status 200, whole and not from a firewall. `asked` is the request as people read it."""

    url: str
    body: bytes
    asked: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def text(self) -> str:
        """The page, decoded."""
        return decode(self.body)

    @cached_property
    def selector(self) -> Selector:
        """The page, parsed once."""
        return selector(self.text)

    @cached_property
    def title(self) -> str:
        """The page's title on one line."""
        return clean_line(" ".join(self.selector.xpath("(//title)[1]//text()").getall()))


# --- asking ----------------------------------------------------------------------------


class PageService(PortalService):
    """Asks for pages and reads those that come back."""

    def __init__(self, spider: Spider, *, end: bytes | None = END_OF_PAGE) -> None:
        """`end`: what a whole page ends with, so that a cut one is noticed; None where a portal's pages end anyhow."""
        super().__init__(spider)
        self._end = end

    async def get(
        self,
        url: str,
        *,
        session: Session | None = None,
        holds: str | None = None,
        headers: Mapping[str, str] = {},
        **meta: Any,
    ) -> Page:
        """The page of an address, whose query string is sent literally. See `ask` for `holds`."""
        return await self.ask(Request(url, headers={**_HEADERS, **headers}, meta=meta), session=session, holds=holds)

    async def post(
        self,
        url: str,
        form: Mapping[str, str],
        *,
        session: Session | None = None,
        holds: str | None = None,
        headers: Mapping[str, str] = {},
        **meta: Any,
    ) -> Page:
        """The page answered to a form. Exactly the fields of `form` are sent: nothing is taken from a page."""
        request = FormRequest(url, formdata=dict(form), method="POST", headers={**_HEADERS, **headers}, meta=meta)
        return await self.ask(request, session=session, holds=holds)

    async def ask(self, request: Request, *, session: Session | None = None, holds: str | None = None) -> Page:
        """The page answered to a request.

        A page that is cut is asked for again. `holds` is a text that the wanted page always holds, such as an id; a
        page without it is named for what it is: login, maintenance, or a changed layout. Raises `NoSuchThing`,
        `RequestRejected`, `LoginAsked`, `Moved`, `PortalDown`, `LayoutError` or another `CrawlError`.
        """
        for tries in range(1, TRIES_OF_A_CUT_PAGE + 1):
            page = await self._once(request, session)
            if self._is_whole(page):
                _check_content(page, holds)
                return page
            logger.warning("%s answers a page that breaks off after %d bytes", request.url, len(page.body))
            await asyncio.sleep(back_off(tries, self.delay))
        size = len(page.body)
        what = "an empty page" if not page.body.strip() else f"a page that breaks off after {size:,} bytes"
        raise LayoutError(f"{where(request)} answers 200 with {what}.")

    async def _once(self, request: Request, session: Session | None) -> Page:
        if session is not None:
            session.attach(request)
        response = await self.download(request)
        if session is not None:
            session.learn(response, request)
        check_is_page(response)
        headers = {
            name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
            for name, values in response.headers.items()
        }
        return Page(response.url, response.body, where(request), headers)

    def _is_whole(self, page: Page) -> bool:
        if not page.body.strip():
            return False
        if self._end is None or rejection(page) is not None:
            return True
        return self._end in page.body[-_END_LIES_IN:].lower()


# --- what came instead ----------------------------------------------------------------------------


def check_is_page(response: Response) -> None:
    """Raise a named error unless this is an answer of status 200 that claims to be HTML."""
    asked, kind = asked_for(response), content_type(response)
    if response.status in (301, 302, 303, 307, 308):
        location = (response.headers.get("Location") or b"").decode("latin-1")
        raise Moved(f"{asked} answers {response.status} and sends us to {location[:200]}.", location)
    by = "its firewall refuses" if response.headers.get("x-deny-id") else "the portal refuses"
    check_status(response, refused=f"{by}, perhaps our user agent")
    if kind and "html" not in kind and not response.body[:512].lstrip().startswith(b"<"):
        raise LayoutError(f"{asked} answers 200 with {kind} instead of a page.")


_REJECTED = re.compile(r"request rejected|the requested url was rejected", re.IGNORECASE)
_SUPPORT_ID = re.compile(r"support id is:?\s*(?:<[^>]*>\s*)*([0-9]{6,30})", re.IGNORECASE)
_MAINTENANCE = re.compile(r"maintenance|momentan[ée]ment indisponible|temporairement indisponible", re.IGNORECASE)
_STATE = "PRADO_PAGESTATE"


def rejection(page: Page) -> str | None:
    """Why a page is a firewall's ("Request Rejected", F5), as a sentence, or None when it is not."""
    if len(page.body) > _STAND_IN_AT_MOST or not _REJECTED.search(page.text):
        return None
    found = _SUPPORT_ID.search(page.text)
    number = f", support id {found[1]}" if found else ""
    return f'The portal\'s firewall answers "Request Rejected" in place of the page{number} ({page.asked or page.url}).'


def is_maintenance(page: Page) -> bool:
    """Whether a short page without a form's state says in its title or first heading that the portal is not there."""
    if len(page.body) > _STAND_IN_AT_MOST or _STATE in page.text:
        return False
    heading = " ".join(page.selector.xpath("(//h1 | //h2)[1]//text()").getall())
    return _MAINTENANCE.search(f"{page.title} {heading}") is not None


def asks_for_login(page: Page) -> bool:
    """Whether a page has a field for a password. A page that also holds what was wanted is no login page."""
    return bool(page.selector.xpath("//input[@type='password']"))


def _check_content(page: Page, holds: str | None) -> None:
    rejected = rejection(page)
    if rejected is not None:
        raise RequestRejected(rejected)
    if holds is not None and holds in page.text:
        return
    if is_maintenance(page):
        raise PortalDown(f"{page.asked} answers 200 with a maintenance page.")
    if holds is not None:
        raise instead_of(page, holds)


def instead_of(page: Page, wanted: str) -> CrawlError:
    """The error that names a page which does not hold `wanted`."""
    if asks_for_login(page):
        return LoginAsked(f"{page.asked} answers 200 with a page that asks for a password.")
    title = f' titled "{page.title[:80]}"' if page.title else ""
    return LayoutError(
        f"{page.asked} answers 200 with a page{title} that has no {wanted}: the layout may have changed."
    )
