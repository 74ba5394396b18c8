"""Holds a simulated portal's answers, so that a test can act in the middle of a crawl."""

from __future__ import annotations

import threading
from typing import Any

from simulated_portals.messages import Answer, Request
from simulated_portals.running import RunningPortal
from tests.support.machines import PATIENCE

EARLY = 10
"""A crawl of what is open asks more, also on days on which few of sixty invented notices are."""


class Gate:
    """Holds the portal's answers from an early request on, until the test opens it."""

    def __init__(self, portal: RunningPortal[Any]) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
        self._left = EARLY
        self._real = portal.control.answer
        portal.control.answer = self._answer  # type: ignore[method-assign]

    def _answer(self, request: Request) -> Answer:
        self._left -= 1
        if self._left == 0:
            self.reached.set()
            self.open.wait(PATIENCE)
        return self._real(request)
