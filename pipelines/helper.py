"""A second process that calls functions, asked and answering through its own pipes.

It leaves when its standard input ends, so a crawl that is killed takes it along; a call that does not end is ended by
the system, `LONGEST_CALL` seconds after it began, and the process with it. A terminal's Ctrl-C does not reach it.
Both ends are Vigie's own, so pickled values are safe to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import signal
import struct
import sys
from collections import deque
from typing import Any, BinaryIO

from core import logs

logger = logging.getLogger(__name__)

IN_HAND = 3
"""Calls that the helper has at once: one under way, the others waiting in its pipe."""
PATIENCE = 2.0
"""Seconds that a helper has to leave."""
LONGEST_CALL = 60
"""Seconds of one call. Nothing in Python can interrupt a regular expression that does not come to its end."""
_LENGTH = struct.Struct("!Q")


class HelperDied(Exception):
    """The process ended with calls in hand."""

    def __str__(self) -> str:
        return "the second process ended"


class Helper:
    """One second process, asked from one event loop."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._in_hand: deque[asyncio.Future[Any]] = deque()
        self._listening = asyncio.create_task(self._listen())
        self._dead = False

    @classmethod
    async def start(cls) -> Helper:
        """Start the process and wait until it answers. `HelperDied` or `OSError` when it does not come up."""
        helper = cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", f"from {__name__} import main; main({_level()!r}, {LONGEST_CALL})"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
        )
        try:
            await helper.ask((os.getpid,))
        except BaseException:
            await helper.close()
            raise
        return helper

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def has_enough(self) -> bool:
        """Whether what is given to it now would only wait."""
        return len(self._in_hand) >= IN_HAND

    async def ask(self, call: tuple[Any, ...]) -> Any:
        """Call a function, given with its arguments; both must be picklable. `HelperDied` when it ended over it."""
        if self._dead or self._process.stdin is None:
            raise HelperDied
        message = pickle.dumps(call, pickle.HIGHEST_PROTOCOL)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._in_hand.append(answer)
        self._process.stdin.write(_LENGTH.pack(len(message)) + message)
        return await answer

    async def close(self) -> None:
        """End the process; one that is still at a call after `PATIENCE` is killed."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), PATIENCE)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):  # it left just now
                self._process.kill()
            await self._process.wait()
        await self._listening

    async def _listen(self) -> None:
        """Give each answer to the call that waits the longest, until there are no more."""
        try:
            while (answers := self._process.stdout) is not None:
                (length,) = _LENGTH.unpack(await answers.readexactly(_LENGTH.size))
                self._settle(pickle.loads(await answers.readexactly(length)))  # noqa: S301 - see above
        except (asyncio.IncompleteReadError, ConnectionError):
            logger.debug("The second process ended with %s calls in hand", len(self._in_hand))
        except Exception:
            logger.exception("An answer of the second process cannot be read; it is ended")
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        finally:
            self._dead = True
            while self._in_hand:
                self._settle(HelperDied())

    def _settle(self, outcome: Any) -> None:
        waiting = self._in_hand.popleft()
        if waiting.done():  # nobody waits any more
            return
        if isinstance(outcome, HelperDied):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)


def serve(questions: BinaryIO, answers: BinaryIO, longest: int) -> None:
    """Answer calls until there are no more; one that takes longer than `longest` seconds ends the process."""
    while header := questions.read(_LENGTH.size):
        function, *arguments = pickle.loads(questions.read(*_LENGTH.unpack(header)))  # noqa: S301 - see above
        signal.alarm(longest)
        message = pickle.dumps(function(*arguments), pickle.HIGHEST_PROTOCOL)
        signal.alarm(0)
        answers.write(_LENGTH.pack(len(message)) + message)
        answers.flush()


def _level() -> str:
    """The level of this process's log, which is the second one's too."""
    return logging.getLevelName(logging.getLogger().getEffectiveLevel())


def main(level: str, longest: int) -> None:
    """The second process: nothing else may write to the pipe that the answers take."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # it ends the process, whatever is under way
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    logs.configure(level)
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, answers, longest)
