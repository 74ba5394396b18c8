"""The web application of Vigie: search, notices, profiles, sources, and a small JSON API."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from core.settings import Settings
from search.errors import IndexUnavailable, QueryError
from store import StoreError
from web.rendering import Site, render, speaker_of
from web.routes import api, exports, health, mailbox, manage, notice, operator, profiles, search, sources
from web.security import FormTokens, Guard, OperatorGate, Throttle, allowed_hosts, protect, refuse_open_binding
from web.services import Services, Unavailable
from web.texts import N_, ROOM

_LOG = logging.getLogger(__name__)

_REASONS = {
    400: (N_("Demande illisible"), N_("L'adresse ou le formulaire contient une valeur que Vigie ne comprend pas.")),
    401: (N_("Réservé aux opérateurs"), N_("Cette page demande le mot de passe de l'opérateur.")),
    403: (N_("Accès refusé"), N_("Cette page est réservée aux opérateurs de cette installation.")),
    404: (N_("Page introuvable"), N_("Il n'y a rien à cette adresse. L'avis a peut-être une autre référence.")),
    405: (N_("Action impossible"), N_("Cette adresse ne fait rien de cette manière.")),
    413: (N_("Formulaire trop grand"), N_("Le formulaire dépasse la taille acceptée.")),
    422: (N_("Demande illisible"), N_("L'adresse ou le formulaire contient une valeur que Vigie ne comprend pas.")),
    429: (N_("Trop d'essais"), N_("Attendez une minute avant d'essayer de nouveau.")),
    500: (N_("Erreur de Vigie"), N_("Vigie n'a pas pu préparer cette page. L'erreur est notée dans le journal.")),
}
_DETAILS = {
    "form-expired": N_("Ce formulaire a expiré ou ne vient pas de ce site. Rechargez la page et recommencez."),
    "operator-password-missing": N_(
        "Cette page est réservée à l'opérateur, qui n'a pas encore fixé de mot de passe (VIGIE_WEB__OPERATOR_PASSWORD)."
    ),
    "payload-gone": N_(
        "L'archive ne peut pas rendre cette donnée : le fichier manque ou ne correspond plus à son empreinte."
    ),
    "link-expired": N_(
        "Ce lien n'est pas valable, ou ne l'est plus. Demandez-en un nouveau depuis le dernier message."
    ),
}
_PARTS = {
    "store": N_(
        "La base de données de Vigie ne répond pas en ce moment. Rien n'est perdu ; réessayez dans un instant."
    ),
    "index": N_(
        "L'index de recherche ne répond pas en ce moment ou n'est pas encore construit. "
        "Les avis continuent d'être recueillis ; réessayez dans un instant."
    ),
}


def create_app(settings: Settings, services: Services | None = None) -> FastAPI:
    """The application for these settings. Raises ConfigurationError when it would be open without a password.

    `services` lets a caller hand in a store and an index that are open already.
    """
    refuse_open_binding(settings)
    own = services or Services(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        own.close()

    app = FastAPI(title="Vigie", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.health = health.asking(settings, own)
    app.state.site = Site(settings, own, FormTokens(settings.signing_key), OperatorGate(settings), Throttle(30, 60))
    app.mount("/static", StaticFiles(directory=ROOM / "static"), name="static")
    for room in (search, notice, profiles, manage, sources, mailbox, api, exports, operator, health):
        app.include_router(room.router)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(QueryError, _misread)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(StoreError, _unavailable)
    app.add_exception_handler(IndexUnavailable, _unavailable)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Guard, hosts=allowed_hosts(settings))
    return app


def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else ""
    headers = error.headers if isinstance(error, HTTPException) else None
    title, sentence = _REASONS.get(status, _REASONS[400 if status < 500 else 500])
    return _answer(request, status, title, _DETAILS.get(detail, sentence), dict(headers or {}))


def _unreadable(request: Request, _: Exception) -> Response:
    return _answer(request, 422, *_REASONS[422], {})


def _misread(request: Request, error: Exception) -> Response:
    """A query that means nothing, with the place where it stops to make sense."""
    sentence = error.told(speaker_of(request).language) if isinstance(error, QueryError) else _REASONS[400][1]
    return _answer(request, 400, _REASONS[400][0], sentence, {})


def _unavailable(request: Request, error: Exception) -> Response:
    """Pages name the part that does not answer; what slips through is told by the error's own kind."""
    part = error.part if isinstance(error, Unavailable) else _part_of(error)
    return _answer(request, 503, N_("Momentanément indisponible"), _PARTS[part], {"Retry-After": "30"})


def _part_of(error: Exception) -> str:
    _LOG.error("A page could not be made: %s", error)
    return "index" if isinstance(error, IndexUnavailable) else "store"


def _failed(request: Request, error: Exception) -> Response:
    """The page of an error of ours. This handler stands outside the guard, so it adds the headers itself."""
    _LOG.error("Page %s failed: %r", request.url.path, error)
    response = _answer(request, 500, *_REASONS[500], {})
    protect(response.headers)
    return response


def _answer(request: Request, status: int, title: str, sentence: str, headers: dict[str, str]) -> Response:
    translate = speaker_of(request).translate
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": translate(sentence), "status": status}, status, headers)
    response = render(request, "error.html", status=status, title=translate(title), sentence=translate(sentence))
    response.headers.update(headers)
    return response
