"""Asks a JSON service and says in a sentence what is wrong with an answer that cannot be used."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from scrapy import Request

from crawlers.contract import LayoutError, PortalDown
from crawlers.engines.asking import PortalService, asked_for, check_status, content_type
from crawlers.engines.faults import where
from crawlers.politeness import back_off

if TYPE_CHECKING:
    from scrapy.http import Response

logger = logging.getLogger(__name__)

TRIES_OF_A_CUT_ANSWER = 3


class JsonService(PortalService):
    """Asks a JSON service and reads the answers."""

    async def get(self, url: str, **meta: Any) -> tuple[Any, bytes]:
        """The JSON of an address, with the bytes it came in."""
        return await self.ask(Request(url, meta=meta, headers=_HEADERS))

    async def post(self, url: str, body: dict[str, Any], **meta: Any) -> tuple[Any, bytes]:
        """The JSON answered to a JSON body."""
        headers = {**_HEADERS, "Content-Type": "application/json"}
        return await self.ask(Request(url, method="POST", body=json.dumps(body), headers=headers, meta=meta))

    async def ask(self, request: Request) -> tuple[Any, bytes]:
        """The JSON answered to a request. An answer that is cut is asked for again; all else raises a `CrawlError`."""
        for tries in range(1, TRIES_OF_A_CUT_ANSWER + 1):
            response = await self.download(request)
            check_is_json(response)
            try:
                return json.loads(response.body), response.body
            except (ValueError, RecursionError) as error:
                logger.warning("%s answers JSON that cannot be read: %s", request.url, error)
                problem = error
            await asyncio.sleep(back_off(tries, self.delay))
        raise LayoutError(f"{where(request)} answers JSON that cannot be read: {problem}.")


_HEADERS = {"Accept": "application/json, text/plain, */*"}


def check_is_json(response: Response) -> None:
    """Raise a named error unless this is an answer of status 200 that claims to be JSON."""
    check_status(response, refused="the portal refuses, with a fresh token too")
    asked, kind = asked_for(response), content_type(response)
    start = response.body[:4096].lstrip()
    if "json" in kind and not start.startswith(b"<"):
        return
    if b"maintenance" in start.lower():
        raise PortalDown(f"{asked} answers 200 with a maintenance page.")
    if "html" in kind or start.startswith(b"<"):
        raise LayoutError(f"{asked} answers 200 with a page instead of JSON (a soft 404): the address may have moved.")
    raise LayoutError(f"{asked} answers 200 with {kind or 'no content type'} instead of JSON.")


def need(record: Any, key: str, kind: type | tuple[type, ...], what: str) -> Any:
    """`record[key]` of the expected type; `LayoutError` names what is missing or changed."""
    if not isinstance(record, dict):
        raise LayoutError(f"{what} is not an object.")
    if key not in record:
        raise LayoutError(f"{what} has no key {key}; it has: {', '.join(sorted(map(str, record)))[:500]}.")
    value = record[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise LayoutError(f"{what}: {key} is {type(value).__name__}, which it never was.")
    return value
