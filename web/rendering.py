"""From data to HTML: one template environment, and what every page of a visit shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core import clock
from core.i18n import LANGUAGES, choose
from core.settings import Settings
from search.contacts import without_contacts
from web import labels, portals
from web.security import COOKIE, FormTokens, OperatorGate, Throttle
from web.services import Services
from web.texts import ROOM, Speaker, direction

LANGUAGE_COOKIE = "vigie_langue"
LANGUAGE_PARAMETER = "lang"
_YEAR = 365 * 24 * 3600

ENVIRONMENT = Environment(
    loader=FileSystemLoader(ROOM / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.globals.update(direction=direction, zone_of=portals.zone, labels=labels, without_contacts=without_contacts)


@dataclass(frozen=True)
class Site:
    """What the application keeps for its whole life; found as `request.app.state.site`."""

    settings: Settings
    services: Services
    tokens: FormTokens
    gate: OperatorGate
    requests: Throttle
    """Requests for confirmation, so that nobody makes the site write to thousands of addresses."""

    @property
    def secure(self) -> bool:
        """Whether people come by HTTPS, so that cookies may insist on it."""
        return self.settings.public_url.startswith("https://")


def site_of(request: Request) -> Site:
    """The site that answers this request."""
    return cast(Site, request.app.state.site)


def language_of(request: Request) -> str:
    """Language of a visit: asked for in the address, chosen before, or preferred by the browser."""
    asked = request.query_params.get(LANGUAGE_PARAMETER) or request.cookies.get(LANGUAGE_COOKIE)
    if asked in LANGUAGES:
        return asked
    default = site_of(request).settings.language
    return choose(request.headers.get("accept-language"), default if default in LANGUAGES else LANGUAGES[0])


def speaker_of(request: Request) -> Speaker:
    """The speaker in the language of the visit."""
    return Speaker(language_of(request))


def render(request: Request, template: str, /, status: int = 200, **context: Any) -> HTMLResponse:
    """A page. Sets the cookies of the visit: chosen language and forgery token."""
    site = site_of(request)
    speaker = speaker_of(request)
    visit = request.cookies.get(COOKIE) or FormTokens.new_visit()
    shared = {
        "_": speaker.translate,
        "_n": speaker.plural,
        "say": speaker,
        "language": speaker.language,
        "other_languages": _switches(request, speaker.language),
        "demo": site.settings.demo,
        "operator": site.gate.admits(request),
        "path": request.url.path,
        "token": site.tokens.token(visit),
        "now": clock.now(),
    }
    html = ENVIRONMENT.get_template(template).render({**shared, **context})
    response = HTMLResponse(html, status_code=status, headers={"Content-Language": speaker.language, "Vary": "Cookie"})
    if COOKIE not in request.cookies:
        response.set_cookie(COOKIE, visit, httponly=True, samesite="lax", secure=site.secure)
    if request.query_params.get(LANGUAGE_PARAMETER) == speaker.language:
        response.set_cookie(LANGUAGE_COOKIE, speaker.language, max_age=_YEAR, samesite="lax", secure=site.secure)
    return response


def _switches(request: Request, current: str) -> list[tuple[str, str]]:
    """Address of this page in each other language."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != LANGUAGE_PARAMETER]
    return [
        (code, f"{request.url.path}?{urlencode([*kept, (LANGUAGE_PARAMETER, code)])}")
        for code in LANGUAGES
        if code != current
    ]
