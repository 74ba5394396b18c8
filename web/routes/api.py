"""A small JSON API: the same queries, with totals, unknowns and coverage."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core import clock
from observatory import coverage
from observatory.exports import without_personal_data
from search.errors import QueryError
from search.port import SearchPage, Sort
from search.query import NoticeQuery
from store.records import StoredNotice
from web.rendering import language_of, site_of
from web.routes.notice import stored_notice
from web.services import asking_store

router = APIRouter(prefix="/api")
_BESIDE = frozenset({"lang", "sort", "offset", "limit"})
_MOST = 100
_LAST = 10_000


@router.get("/notices")
def search(request: Request) -> JSONResponse:
    """A page of notices; `offset`, `limit` (100 at most) and `sort` stand beside the query."""
    try:
        query = NoticeQuery.from_url(request.url.query, beside=_BESIDE)
    except QueryError as error:
        body = {"error": error.told(language_of(request)), "position": error.position, "parameter": error.parameter}
        return JSONResponse({**body, "status": 400}, 400)
    offset, limit = _whole(request, "offset", 0, _LAST), _whole(request, "limit", 20, _MOST)
    sort = request.query_params.get("sort", Sort.RELEVANCE.value)
    if sort not in {known.value for known in Sort} or offset + limit > _LAST:
        raise HTTPException(400)
    services, now = site_of(request).services, clock.now()
    with services.asking_index(), asking_store():
        page = services.index.search(
            query, now=now, sort=Sort(sort), offset=offset, limit=limit, highlight=False, language=language_of(request)
        )
        stored = services.store.notices.get_many([hit.notice_id for hit in page.hits])
        covered = coverage.of_query(services.store, query, now)
    return JSONResponse(
        {
            "query": query.to_dict(),
            "at": now.isoformat(),
            "total": page.total,
            "offset": offset,
            "limit": limit,
            "unknowns": [item.model_dump(mode="json") for item in page.unknowns],
            "coverage": [item.model_dump(mode="json") for item in covered],
            "notices": _notices(page, stored),
        }
    )


@router.get("/notices/{notice_id:path}")
def one(request: Request, notice_id: str) -> JSONResponse:
    """One notice in the published schema, without personal data."""
    return JSONResponse(_shown(stored_notice(site_of(request).services, notice_id)))


def _notices(page: SearchPage, stored: dict[str, StoredNotice]) -> list[dict[str, Any]]:
    return [
        {**_shown(stored[hit.notice_id]), "kept_without_saying": list(hit.unknowns)}
        for hit in page.hits
        if hit.notice_id in stored
    ]


def _shown(stored: StoredNotice) -> dict[str, Any]:
    return {
        "version": stored.version,
        "procedure": stored.procedure_key,
        "first_seen_at": stored.first_seen_at.isoformat(),
        "changed_at": stored.changed_at.isoformat(),
        "notice": without_personal_data(stored.notice),
    }


def _whole(request: Request, name: str, default: int, most: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not given.isdecimal() or len(given) > 6 or int(given) > most:
        raise HTTPException(400)
    return int(given)
