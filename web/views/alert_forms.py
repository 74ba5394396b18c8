"""What the pages about alerts share: the form, signed links, and errors in the language of the visit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

import alerts
from alerts import links
from alerts.profiles import Wishes
from core.errors import VigieError
from core.i18n import LANGUAGES, translator
from web.rendering import site_of
from web.texts import Speaker

ZONES = ("Europe/Brussels", "Europe/Paris", "Africa/Casablanca", "UTC")
_ALERTS_ROOM = Path(str(alerts.__file__)).parent
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Entered:
    """What stands in the form."""

    name: str = ""
    email: str = ""
    hour: int = 7
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    zone: str = ZONES[0]
    language: str = LANGUAGES[0]


def told(error: VigieError, language: str) -> str:
    """The sentence of an error of the alerts room, in the language of the visit."""
    return translator(_ALERTS_ROOM, language)(str(error))


def linked(verify: Callable[..., _Answer], request: Request, token: str) -> _Answer:
    """What a signed link names; 404 in words when it is not valid."""
    try:
        return verify(site_of(request).settings, token)
    except links.LinkError as error:
        raise HTTPException(404, "link-expired") from error


def zones(say: Speaker) -> list[tuple[str, str]]:
    """The zones that are offered, with the names of their cities."""
    return [(key, say.city(ZoneInfo(key))) for key in ZONES]


def entered(form: FormData, language: str) -> Entered:
    """What a form says; values that make no sense fall back to the usual ones."""
    days = form.getlist("weekday")
    hour = str(form.get("hour", ""))
    return Entered(
        name=str(form.get("name", ""))[:200],
        email=str(form.get("email", ""))[:300],
        hour=int(hour) if hour in {str(number) for number in range(24)} else 7,
        weekdays=tuple(sorted({int(day) for day in map(str, days) if day in set("0123456")})),
        zone=str(form.get("zone", ""))[:60] or ZONES[0],
        language=str(form.get("language", language))[:5],
    )


def wishes(found: Entered) -> Wishes:
    """How the owner wants to be told; 400 for what no form of ours sends."""
    try:
        return Wishes(language=found.language, zone=found.zone, hour=found.hour, weekdays=found.weekdays)
    except ValidationError as error:
        raise HTTPException(400) from error
