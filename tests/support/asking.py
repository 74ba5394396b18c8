"""The `vigie` command with settings that are wrong: what a person sees of it, log lines included."""

from __future__ import annotations

import logging
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from cli import main
from crawlers import portals

LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ ")
SECRET = "S3cret"
"""Begins every password and key of these tests."""


@dataclass(frozen=True)
class Told:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def sentences(self) -> list[str]:
        """What was said to the person, one line each."""
        return [line for line in self.err.splitlines() if line and not LOG_LINE.match(line)]

    @property
    def refusal(self) -> str:
        """The one sentence of a command that ended with exit code 1; empty when it said more, or a trace or secret."""
        proper = self.code == 1 and len(self.sentences) == 1 and self.sentences[0].endswith(".") and self.guarded
        return self.sentences[0] if proper else ""

    @property
    def guarded(self) -> bool:
        """Whether it shows no trace of a program, and no secret."""
        return not any(word in self.err + self.out for word in ("Traceback", SECRET))


Ask = Callable[..., Told]


def asking(patch: pytest.MonkeyPatch) -> Ask:
    """Asks a command in this process, with further `VIGIE_...` variables for this one question."""
    for name in [name for name in os.environ if name.startswith("VIGIE_")]:
        patch.delenv(name)
    for key in portals.keys():
        patch.setenv(f"VIGIE_PORTALS__{key.upper()}__ENABLED", "false")

    def ask(*arguments: str, **settings: str) -> Told:
        with pytest.MonkeyPatch.context() as mine, _process_kept():
            for name, value in settings.items():
                mine.setenv(f"VIGIE_{name}", value)
            result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise AssertionError(f"vigie {' '.join(arguments)}\n{result.output}") from result.exception
        return Told(result.exit_code, result.stdout, result.stderr)

    return ask


@contextmanager
def _process_kept() -> Iterator[None]:
    """Commands set signal handlers and logging up for a process of their own; pytest keeps its own."""
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        for number, handler in signals.items():
            signal.signal(number, handler)
