"""Payload to notice: `read` here, or a `Reader` that has help from a second process when a crawl would wait for it.

Parsers are pure functions, so where one runs changes nothing but the time. A portal that is asked politely never keeps
its parser busy, and no second process is started; one that gives hundreds of notices in an answer does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import NamedTuple

from pydantic import ValidationError

from crawlers.contract import Parsing
from crawlers.portals.loading import Parser
from notices.formats.errors import NoticeFormatError
from notices.formats.reading import Reading
from notices.versions import payload_digest
from pipelines.helper import Helper, HelperDied

logger = logging.getLogger(__name__)

BUSY_SECONDS = 0.2
"""Time spent in the parser from which on help is worth the start of a process."""
BUSY_SHARE = 0.1
"""Share of a crawl's time from which on its parser holds it up."""


class Refusal(Exception):
    """Why a payload did not become a notice, as a sentence, and where in it the trouble lies."""

    def __init__(self, reason: str, path: str | None = None) -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        return self.reason


class Read(NamedTuple):
    """A reading, with what saving it needs and what takes time to compute."""

    reading: Reading
    digest: str


def read(parser: Parser, payload: bytes, context: Parsing) -> Reading:
    """Run a parser over a payload; whatever goes wrong becomes a `Refusal`."""
    try:
        return parser(payload, context)
    except NoticeFormatError as error:
        raise Refusal(f"{error.reason}: {error.sentence}", error.path) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refusal(f"unexpected: A value does not fit the model: {first['msg']}.", where) from error
    except Exception as error:
        # A payload must not be able to end a run, whatever it does to the parser.
        logger.exception("The parser of %s failed on %s", context.portal, context.native_id or "a payload")
        raise Refusal(f"unexpected: The parser failed: {type(error).__name__}: {error}"[:500]) from error


def read_for_saving(parser: Parser, payload: bytes, context: Parsing) -> Read | Refusal:
    """Read a payload and compute the digest of what it says. A refusal is returned: it has to travel."""
    try:
        reading = read(parser, payload, context)
    except Refusal as refusal:
        return refusal.with_traceback(None)
    return Read(reading, payload_digest(reading.notice))


class Reader:
    """Reads the payloads of one crawl, on one event loop. To be closed at its end."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._begun = time.monotonic()
        self._spent = 0.0
        self._helper: Helper | None = None
        self._calling: asyncio.Task[None] | None = None
        self._alone = asyncio.Lock()

    async def read(self, payload: bytes, context: Parsing) -> Read | Refusal:
        """Read a payload. Readings may come back in another order than they were asked for."""
        if self._calling is None and self._is_busy():
            self._calling = asyncio.create_task(self._call_for_help())
        helper = self._helper
        if helper is None or helper.has_enough:
            return self._read_here(payload, context)
        try:
            return await self._read_by(helper, payload, context)
        except HelperDied:
            if self._helper is helper:
                self._helper = self._calling = None
                await helper.close()
            return await self._read_alone(payload, context)

    async def close(self) -> None:
        """End the helper; nothing is read any more."""
        if self._calling is not None:
            self._calling.cancel()
            await asyncio.wait({self._calling})
        helper, self._helper = self._helper, None
        if helper is not None:
            await helper.close()

    async def _call_for_help(self) -> None:
        """Until the helper is there, payloads are read here; if it cannot come, all of them are."""
        try:
            self._helper = await Helper.start()
        except (HelperDied, OSError):
            logger.warning(
                "No second process could be started to read payloads; the crawl goes on without", exc_info=True
            )

    def _is_busy(self) -> bool:
        return self._spent > BUSY_SECONDS and self._spent > BUSY_SHARE * (time.monotonic() - self._begun)

    def _read_here(self, payload: bytes, context: Parsing) -> Read | Refusal:
        begun = time.monotonic()
        try:
            return read_for_saving(self._parser, payload, context)
        finally:
            self._spent += time.monotonic() - begun

    async def _read_by(self, helper: Helper, payload: bytes, context: Parsing) -> Read | Refusal:
        answer = await helper.ask((read_for_saving, self._parser, payload, context))
        if not isinstance(answer, Read | Refusal):
            raise TypeError(f"the helper answered {answer!r}")
        return answer

    async def _read_alone(self, payload: bytes, context: Parsing) -> Read | Refusal:
        """Which of the payloads in hand ended the process is not known: each gets a process of its own."""
        async with self._alone:
            try:
                helper = await Helper.start()
            except (HelperDied, OSError) as error:
                return Refusal(f"unexpected: No process could be started to read the payload alone: {error}")
            try:
                return await self._read_by(helper, payload, context)
            except HelperDied:
                logger.error("The parser of %s ended its process on %s", context.portal, context.native_id)
                return Refusal("unexpected: The payload ended the process that read it.")
            finally:
                await helper.close()
