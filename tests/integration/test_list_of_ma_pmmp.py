"""The list of a full-sized national portal, walked by the spider alone: few requests, and none for what is known."""

from __future__ import annotations

from simulated_portals.atexo_ma.server import make_portal
from tests.support.atexo_ma_spider import EverythingKnown, crawl_alone


def test_a_list_of_3900_open_consultations_takes_one_get_and_nine_posts_at_most() -> None:
    portal = make_portal(invented=5_200, seed=1)
    announced = len(portal.open_now())
    assert 3_800 < announced < 4_000
    raw, report = crawl_alone(portal, known=EverythingKnown(), politeness={"timeout": 60})
    assert report.failure is None
    assert (report.announced, report.second_count, report.distinct) == (announced, announced, announced)
    asked = {kind: portal.statistics.requests(kind) for kind in ("list", "postback", "detail", "lots")}
    assert asked == {"list": 1, "postback": 8, "detail": 0, "lots": 0}
    assert raw == []


def test_a_page_size_that_the_portal_lost_is_told_and_the_list_is_still_whole() -> None:
    portal = make_portal(invented=60, seed=1)
    portal.lose_states = 1
    _, report = crawl_alone(portal, known=EverythingKnown(), politeness={"timeout": 60})
    assert report.failure is None
    assert report.distinct == report.announced == len(portal.open_now())
    assert any("500 rows a page" in problem for problem in report.problems)


def test_the_list_shares_one_session_and_consultations_are_asked_without_cookies() -> None:
    portal = make_portal(invented=40, seed=1)
    cookies: dict[str, set[str]] = {}
    answer = portal.answer

    def watch(request: object) -> object:
        kind = portal.kind_of(request)  # type: ignore[arg-type]
        cookies.setdefault(kind, set()).add(request.headers.get("cookie", ""))  # type: ignore[attr-defined]
        return answer(request)  # type: ignore[arg-type]

    portal.answer = watch  # type: ignore[method-assign,assignment]
    portal.largest_size = 10
    crawl_alone(portal, politeness={"timeout": 60})
    assert cookies["list"] == {""}
    assert len(cookies["postback"]) == 1
    assert all("PHPSESSID" in sent and "SERVERID" in sent for sent in cookies["postback"])
    assert cookies["detail"] == {""}


def test_the_query_is_sent_as_it_is_written() -> None:
    portal = make_portal(invented=12, seed=1)
    asked: list[tuple[str, str]] = []
    answer = portal.answer

    def watch(request: object) -> object:
        asked.append((request.method, request.query_string))  # type: ignore[attr-defined]
        return answer(request)  # type: ignore[arg-type]

    portal.answer = watch  # type: ignore[method-assign,assignment]
    crawl_alone(portal, known=EverythingKnown(), politeness={"timeout": 60})
    lists = {query for method, query in asked if "AdvancedSearch" in query}
    assert lists == {"page=entreprise.EntrepriseAdvancedSearch&AllCons&EnCours&searchAnnCons"}
