"""`/healthz`: this process lives. `/readyz`: how the parts are that the installation is made of.

Both are open, for load balancers and monitoring. Everybody sees names and states; the sentences, which name servers and
files, are for operators (the same rule as for the sources page). Neither asks for a password.

`/readyz` answers 200 when every part that was asked for is `ok`, else 503; `?only=store,index` asks for some. A load
balancer that takes a site out of rotation should ask `/readyz?only=store`: without a search engine or a scheduler the
site still serves, and says what is missing.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core import clock
from core.settings import Settings
from monitoring.health import Asking, Health, questions
from web.rendering import site_of
from web.services import Services

router = APIRouter()
KEPT_SECONDS = 3.0
"""An answer serves everybody who asks within this time, so that asking often costs nothing."""


class Answers:
    """The last answers, by what was asked."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._kept: dict[tuple[str, ...], Health] = {}
        self._locks: defaultdict[tuple[str, ...], threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The parts that can be asked for."""
        return self._asking.names

    def health(self, only: tuple[str, ...]) -> Health:
        """How these parts are, or were a moment ago. Who asks for the store does not wait for an index that hangs."""
        with self._lock:
            mine = self._locks[only]
        with mine:
            kept = self._kept.get(only)
            if kept is None or not 0 <= (clock.now() - kept.at).total_seconds() < KEPT_SECONDS:
                kept = self._kept[only] = self._asking.health(only)
            return kept


def asking(settings: Settings, services: Services) -> Answers:
    """What `/readyz` asks, of the store and the index that pages ask."""
    return Answers(Asking(questions(settings, lambda: services.store, lambda: services.index)))


@router.get("/healthz")
def healthz() -> JSONResponse:
    """The process lives and answers; nothing else is asked."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@router.get("/readyz")
def readyz(request: Request, only: str = "") -> JSONResponse:
    """Every part with its name and state, and for operators a sentence."""
    answers = cast(Answers, request.app.state.health)
    wanted = tuple(name for name in answers.names if not only or name in only.split(","))
    if only and len(wanted) != len(set(only.split(","))):
        raise HTTPException(400)
    found = answers.health(wanted)
    told = site_of(request).gate.admits(request) and not getattr(request.state, "strange_host", False)
    hidden = None if told else {"checks": {"__all__": {"sentence"}}}
    body = {"ready": found.ready, **found.model_dump(mode="json", exclude=hidden)}
    return JSONResponse(body, 200 if found.ready else 503, headers={"Cache-Control": "no-store"})
