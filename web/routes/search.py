"""The search page: its whole state is the query in its address."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from core import clock
from search.port import Facet, FacetCounts, IndexState, IndexStatus, SearchPage, Sort
from search.query import NoticeQuery
from store.records import StoredNotice
from web.rendering import render, site_of, speaker_of
from web.services import Services, Unavailable, asking_store
from web.texts import N_, Speaker
from web.views import coverage, filters, reading
from web.views import search as view

router = APIRouter()
MOST_RESULTS = 10_000
_LAST_PAGE = MOST_RESULTS // view.PER_PAGE
_LATEST = 10
"""Notices that are shown when no search answers."""


@router.get("/")
def search_page(request: Request) -> HTMLResponse:
    """Search notices; without a query, the calls that are open now."""
    say = speaker_of(request)
    raw = request.url.query
    asked = reading.read(raw) if reading.has_query(raw) else reading.ReadQuery(NoticeQuery.open_calls(), (), "")
    sort = view.sort_of(request.query_params.get("sort"), asked.query)
    kept_sort = sort.value if sort is not view.default_sort(asked.query) else None
    number = _page_number(request.query_params.get("page"))
    services = site_of(request).services
    try:
        page, status = _search(services, asked.query, sort, number, say)
    except Unavailable as error:
        if error.part != "index":
            raise
        return _without_index(request, asked, kept_sort)
    if number > 1 and not page.hits:
        raise HTTPException(404)
    stored = _stored(services, page) if not asked.errors else {}
    return render(
        request,
        "search.html",
        status=400 if asked.errors else 200,
        query=asked.query,
        asked=asked,
        page=page,
        cards=view.cards(page, stored, say),
        groups=view.groups(asked.query, page.facets, say, kept_sort),
        chips=filters.chips(asked.query, say, sort=kept_sort),
        sentence=asked.query.describe(say.language),
        errors=[error.told(say.language) for error in asked.errors],
        marked=_marked(asked),
        coverage=coverage.sentences(services, asked.query, say),
        warnings=_warnings(services, status, say),
        unknowns=view.unknown_sentences(page, say),
        sort=sort,
        sorts=_sorts(asked.query, say),
        pages=view.page_numbers(number, max(1, min(_LAST_PAGE, -(-page.total // view.PER_PAGE)))),
        number=number,
        kept_sort=kept_sort,
        filters=filters,
        is_soon=view.is_soon,
    )


def _without_index(request: Request, asked: reading.ReadQuery, kept_sort: str | None) -> HTMLResponse:
    """What the store can show while no search answers: the question is kept, and what was read last."""
    say, services = speaker_of(request), site_of(request).services
    with asking_store():
        latest = services.store.notices.lately_archived(_LATEST)
        waiting = services.store.index_queue.depth()
    one = N_("1 avis recueilli attend d'entrer dans l'index.")
    told = say.plural(one, N_("{n} avis recueillis attendent d'entrer dans l'index."), waiting) if waiting else None
    response = render(
        request,
        "search_away.html",
        status=503,
        query=asked.query,
        asked=asked,
        errors=[error.told(say.language) for error in asked.errors],
        marked=_marked(asked),
        sentence=asked.query.describe(say.language),
        latest=latest,
        waiting=told,
        kept_sort=kept_sort,
        filters=filters,
    )
    response.headers["Retry-After"] = "30"
    return response


def _page_number(asked: str | None) -> int:
    number = int(asked) if asked and asked.isdecimal() and len(asked) <= 6 else 1
    if not 1 <= number <= _LAST_PAGE:
        raise HTTPException(404)
    return number


def _search(
    services: Services, query: NoticeQuery, sort: Sort, number: int, say: Speaker
) -> tuple[SearchPage, IndexStatus]:
    """One page of results, and of what index; facets with a choice are counted as if nothing were chosen in them."""
    moment, index = clock.now(), services.index
    with services.asking_index():
        page = index.search(
            query,
            now=moment,
            sort=sort,
            offset=(number - 1) * view.PER_PAGE,
            limit=view.PER_PAGE,
            facets=view.ASKED_FACETS,
            language=say.language,
        )
        facets: Mapping[Facet, FacetCounts] = dict(page.facets)
        for name in view.chosen_lists(query):
            wanted = [view.PLAIN_FACETS[name][0], *([Facet.PROVINCE] if name == "places" else [])]
            wider = view.without_field(query, name)
            facets = {**facets, **index.search(wider, now=moment, limit=1, facets=wanted, highlight=False).facets}
        status = index.status()
    return page.model_copy(update={"facets": facets}), status


def _warnings(services: Services, status: IndexStatus, say: Speaker) -> list[str]:
    """What makes the answer less than complete at this moment."""
    found = []
    with asking_store():
        is_empty = status.state is IndexState.READY and not status.documents and services.store.notices.count() > 0
    if is_empty or status.state is IndexState.REBUILDING:
        found.append(say.translate("L'index de recherche est en reconstruction : les résultats sont incomplets."))
    with asking_store():
        waiting = services.store.index_queue.depth()
    if waiting:
        one = N_("1 avis recueilli n'est pas encore dans l'index.")
        found.append(say.plural(one, N_("{n} avis recueillis ne sont pas encore dans l'index."), waiting))
    return found


def _stored(services: Services, page: SearchPage) -> dict[str, StoredNotice]:
    with asking_store():
        return services.store.notices.get_many([hit.notice_id for hit in page.hits])


def _sorts(query: NoticeQuery, say: Speaker) -> list[tuple[Sort, str, str]]:
    """Each order with its name and address; relevance only where there are words."""
    default = view.default_sort(query)
    return [
        (sort, say.translate(label), filters.address(query, sort=None if sort is default else sort.value))
        for sort, label in view.SORTS.items()
        if query.text or sort is not Sort.RELEVANCE
    ]


def _marked(asked: reading.ReadQuery) -> tuple[str, str, str] | None:
    """The typed text around the place of its first error."""
    place = next((error.position for error in asked.errors if error.parameter == "text"), None)
    if place is None:
        return None
    text = " ".join(asked.typed.split())
    return text[:place], text[place : place + 1] or " ", text[place + 1 :]
