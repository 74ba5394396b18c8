"""Where the documents of notices come from: the package of their issue, else one by one, else not at all.

One package is held at a time, so notices are asked for issue by issue.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from crawlers.contract import CrawlError, PortalDown
from crawlers.engines.asking import TooLarge
from crawlers.engines.faults import where
from crawlers.engines.json_api import JsonService
from crawlers.portals.eu_ted.packages import Limits, unpack

if TYPE_CHECKING:
    from scrapy.http import Response

    from crawlers.portals.definition import Route
    from crawlers.portals.eu_ted.options import Options

logger = logging.getLogger(__name__)

TRIES_OF_A_CUT_PACKAGE: Final = 2
NOT_MADE_IN_A_ROW: Final = 2
"""After so many documents in a row that TED was asked for in vain, the others of the issue are not waited for."""
NO_ISSUE: Final = ""
"""Key of notices whose row does not tell their issue."""
_WHOLE: Final = re.compile(rb"</[\w:.-]+\s*>\s*$")
_CHALLENGE: Final = "x-amzn-waf-action"
_FAILED: Final = (429, 500, 502, 503, 504)


class NoDocument(CrawlError):
    """The document of a notice cannot be had now; its row can be stored without."""


class Documents:
    """Finds documents by publication number."""

    def __init__(
        self, service: JsonService, base_url: str, route: Route, options: Options, *, pause: float, largest: int
    ) -> None:
        """`pause` is the time between two looks at a document in the making, `largest` the bytes of one document."""
        self._service = service
        self._base_url = base_url
        self._route = route
        self._options = options
        self._pause = pause
        self._limits = Limits(options.package_unpacked, largest, options.package_members)
        self._wanted: dict[str, set[str]] = {}
        self._singles: Counter[str] = Counter()
        self._in_vain = 0
        self._held: dict[str, bytes] = {}
        self._package: str | None = None
        self._why_not: str | None = None
        self._refused: str | None = None

    def expect(self, wanted: Iterable[tuple[str | None, str]]) -> None:
        """What will be asked for: package and publication number of each notice."""
        self._wanted = {}
        self._singles.clear()
        self._package, self._held = None, {}
        for package, number in wanted:
            self._wanted.setdefault(package or NO_ISSUE, set()).add(number)

    async def find(self, package: str | None, number: str) -> bytes:
        """The document of a notice. `NoDocument` says why there is none; other `CrawlError`s pass."""
        if self._refused:
            raise NoDocument(self._refused)
        if self._package != (package or NO_ISSUE):
            await self._turn_to(package or NO_ISSUE)
        held = self._held.pop(number, None)
        return held if held is not None else await self._single(number)

    # --- packages ---------------------------------------------------------------------------------------------------

    async def _turn_to(self, package: str) -> None:
        self._package, self._held, self._why_not, self._in_vain = package, {}, None, 0
        wanted = self._wanted.get(package, set())
        if package == NO_ISSUE or len(wanted) <= self._options.single_documents_instead:
            return
        request = Request(self._base_url + self._route.path("package", package=package), dont_filter=True)
        for _ in range(TRIES_OF_A_CUT_PACKAGE):
            response = await self._get(request)
            if response is None:
                return
            found = await asyncio.to_thread(unpack, response.body, wanted, self._limits)
            self._held |= found.documents
            self._why_not = found.problem
            if not found.cut:
                break
            logger.warning("%s: %s", request.url, found.problem)
        if self._why_not is None and len(self._held) < len(wanted):
            self._why_not = f"the package {package} lacks {len(wanted) - len(self._held)} of its notices"

    async def _get(self, request: Request) -> Response | None:
        """The package, or None with the reason kept."""
        try:
            response = await self._ask(request)
        except TooLarge as error:
            self._why_not = str(error)
            return None
        if response.status in (400, 404, 410):
            self._why_not = f"the package {self._package} is not published (yet): it answers {response.status}"
            return None
        if response.status != 200 or not response.body:
            self._why_not = f"{where(request)} answers {response.status} with {len(response.body)} bytes"
            return None
        return response

    # --- single documents -------------------------------------------------------------------------------------------

    async def _single(self, number: str) -> bytes:
        """One document from its own address."""
        package = self._package or NO_ISSUE
        why = f"{self._why_not}; " if self._why_not else ""
        if self._singles[package] >= self._options.single_documents_at_most:
            raise NoDocument(f"{why}more documents than {self._singles[package]} are not fetched one by one.")
        if self._in_vain >= NOT_MADE_IN_A_ROW:
            raise NoDocument(f"{why}TED makes no documents now: {self._in_vain} in a row were asked for in vain.")
        self._singles[package] += 1
        request = Request(self._base_url + self._route.path("document", native_id=number), dont_filter=True)
        try:
            document = await self._made(request)
        except TooLarge as error:
            raise NoDocument(str(error)) from error
        except NoDocument as error:
            self._in_vain += 1
            raise NoDocument(f"{why}{error}") from error
        self._in_vain = 0
        return document

    async def _made(self, request: Request) -> bytes:
        """A document that TED may have to make first: 202 and an empty body say so (dossier 1.4)."""
        told = ""
        for tries in range(self._options.document_tries):
            if tries:
                await asyncio.sleep(self._pause)
            response = await self._ask(request)
            told = f"{where(request)} answers {response.status} with {len(response.body)} bytes"
            if response.status in (400, 404, 410):
                break
            if response.status == 200 and is_whole_document(response.body):
                return response.body
        raise NoDocument(f"{told}.")

    async def _ask(self, request: Request) -> Response:
        try:
            response = await self._service.download(request)
        except PortalDown as error:
            if isinstance(error.__cause__, IgnoreRequest):
                self._refuse(f"robots.txt keeps Vigie from the documents ({where(request)})")
            raise
        action = (response.headers.get(_CHALLENGE) or b"").decode("latin-1")[:40]
        if action:
            self._refuse(f"TED asks for a browser ({_CHALLENGE}: {action}) and serves no documents: {where(request)}")
        if response.status in _FAILED:
            raise CrawlError(f"{where(request)} answers {response.status}.")
        return response

    def _refuse(self, reason: str) -> None:
        """Ask for no more documents in this run: what guards them is not to be tried out."""
        self._refused = f"{reason}."
        raise NoDocument(self._refused)


def is_whole_document(body: bytes) -> bool:
    """Whether bytes begin and end as XML does and are no page of HTML."""
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<") and b"<html" not in start.lower() and _WHOLE.search(body[-200:]) is not None
