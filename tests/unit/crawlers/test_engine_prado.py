"""PRADO lists: what a page says of itself, and what is posted to turn it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from crawlers.contract import CrawlError, LayoutError
from crawlers.engines.pages import Page, Session
from crawlers.engines.prado import ListControls, ListPage, PradoList, Search, read_list_page

IDS = ListControls().prefix.replace("$", "_")
URL = "https://portal.example/index.php?AllCons&EnCours"


def list_html(
    number: int, pages: int, *, size: int = 10, total: int = 30, state: str = "s&#43;1", link: int = 2
) -> str:
    leads_on = (
        f"<a id='{IDS}PagerTop_ctl{link}'><img alt='Aller à la page suivante'/></a>"
        f"<a id='{IDS}PagerTop_ctl{link + 1}'><img alt='Aller à la dernière page'/></a>"
    )
    return (
        f"<html><form name='main_form'><input name='PRADO_PAGESTATE' value='{state}'/>"
        f"<span id='{IDS}nombreElement'>{total}</span><span id='{IDS}nombrePageTop'>{pages}</span>"
        f"<input id='{IDS}numPageTop' value='{number}'/><select id='{IDS}listePageSizeTop'>"
        f"<option value='10'>10</option><option selected='selected' value='{size}'>{size}</option></select>"
        f"<span id='{IDS}PagerTop'><span><img alt='Aller à la page précédente'/></span>"
        f"{leads_on if number < pages else ''}</span>"
        f"<p>page {number}</p></form></html>"
    )


class Portal:
    """A service that answers prepared pages, and remembers what was posted and in which session."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Mapping[str, str] | None, Session]] = []

    async def get(self, url: str, *, session: Session, holds: str | None = None) -> Page:
        return self._next(url, None, session)

    async def post(self, url: str, form: Mapping[str, str], *, session: Session, holds: str | None = None) -> Page:
        return self._next(url, form, session)

    def _next(self, url: str, form: Mapping[str, str] | None, session: Session) -> Page:
        self.asked.append((url, form, session))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Page(url, answer.encode(), f"GET {url}")


def keys(page: ListPage) -> list[str]:
    return page.page.selector.xpath("//p/text()").getall()


async def walked(portal: Portal, notes: list[str], **options: Any) -> list[list[str]]:
    chain = PradoList(portal, URL, note=notes.append, **options)  # type: ignore[arg-type]
    return [keys(page) async for page in chain.walk(keys)]


def run(coroutine: Any) -> Any:
    import asyncio

    return asyncio.run(coroutine)


def test_a_page_says_where_it_stands() -> None:
    page = read_list_page(Page(URL, list_html(2, 3, link=4).encode()))
    assert (page.total, page.pages, page.number, page.size, page.sizes) == (30, 3, 2, 10, (10, 10))
    assert page.state == "s+1"
    assert page.next_target == "ctl0$CONTENU_PAGE$resultSearch$PagerTop$ctl4"
    assert not page.is_last


def test_a_link_may_say_where_it_leads_in_a_title_instead_of_a_picture() -> None:
    html = list_html(1, 3).replace("<img alt=", "<span title=").replace("/></a>", "></span></a>")
    assert read_list_page(Page(URL, html.encode())).next_target == "ctl0$CONTENU_PAGE$resultSearch$PagerTop$ctl2"


def test_an_announced_empty_list_counts_zero_and_an_unannounced_one_is_an_error() -> None:
    empty = f"<html><input name='PRADO_PAGESTATE' value='s'/><div id='{IDS}panelNoElementFound'></div></html>"
    assert read_list_page(Page(URL, empty.encode())).total == 0
    with pytest.raises(LayoutError, match="nombreElement"):
        read_list_page(Page(URL, b"<html><input name='PRADO_PAGESTATE' value='s'/></html>"))
    with pytest.raises(LayoutError, match="PRADO_PAGESTATE"):
        read_list_page(Page(URL, b"<html></html>"))


def test_every_postback_carries_the_state_of_the_page_just_received() -> None:
    portal = Portal(list_html(1, 2, state="a"), list_html(2, 2, state="b"))
    notes: list[str] = []
    assert run(walked(portal, notes)) == [["page 1"], ["page 2"]]
    (_, nothing, first), (url, form, second) = portal.asked
    assert nothing is None
    assert url == URL
    assert first is second
    assert form == {
        "PRADO_PAGESTATE": "a",
        "PRADO_POSTBACK_TARGET": "ctl0$CONTENU_PAGE$resultSearch$PagerTop$ctl2",
        "PRADO_POSTBACK_PARAMETER": "",
        "ctl0$CONTENU_PAGE$resultSearch$listePageSizeTop": "10",
    }
    assert notes == []


def test_another_skin_may_keep_other_controls() -> None:
    portal = Portal(list_html(1, 2), list_html(2, 2))
    controls = ListControls(kept=("listePageSizeTop", "numPageTop"))
    run(walked(portal, [], controls=controls))
    form = portal.asked[1][1]
    assert form is not None
    assert form["ctl0$CONTENU_PAGE$resultSearch$numPageTop"] == "1"


def test_a_repeated_page_begins_the_list_anew_and_jumps() -> None:
    portal = Portal(list_html(1, 3), list_html(1, 3), list_html(1, 3), list_html(2, 3), list_html(3, 3))
    notes: list[str] = []
    assert run(walked(portal, notes)) == [["page 1"], ["page 2"], ["page 3"]]
    jump = portal.asked[3][1]
    assert jump is not None
    assert jump["PRADO_POSTBACK_TARGET"].endswith("DefaultButtonTop")
    assert jump["ctl0$CONTENU_PAGE$resultSearch$numPageTop"] == "2"
    assert portal.asked[2][2] is not portal.asked[1][2]
    assert notes == []


def test_a_postback_that_fails_begins_the_list_anew() -> None:
    portal = Portal(list_html(1, 2), CrawlError("answers 400"), list_html(1, 2), list_html(2, 2))
    assert run(walked(portal, [])) == [["page 1"], ["page 2"]]


def test_a_page_that_repeats_for_good_is_told() -> None:
    repeated = list_html(2, 3).replace("page 2", "page 1")
    portal = Portal(list_html(1, 3), repeated, list_html(1, 3), repeated, list_html(3, 3))
    notes: list[str] = []
    assert run(walked(portal, notes)) == [["page 1"], ["page 3"]]
    assert notes == ["Page 2 repeats what was listed before."]


def test_a_list_that_never_gets_on_is_given_up() -> None:
    portal = Portal(list_html(1, 9), *[CrawlError("answers 500"), list_html(1, 9)] * 9)
    with pytest.raises(CrawlError):
        run(walked(portal, []))
    assert len(portal.asked) < 12


def test_a_page_size_that_is_not_offered_any_more_is_told() -> None:
    small = list_html(1, 2).replace(
        "value='10'>10</option><option selected='selected' value='10'>10",
        "value='20'>20</option><option selected='selected' value='10'>10",
    )
    portal = Portal(small, list_html(1, 1, size=20))
    notes: list[str] = []
    run(walked(portal, notes, page_size=500))
    form = portal.asked[1][1]
    assert form is not None
    assert form["ctl0$CONTENU_PAGE$resultSearch$listePageSizeTop"] == "20"
    assert "500" in notes[0]


def test_a_list_of_one_page_is_not_asked_twice() -> None:
    portal = Portal(list_html(1, 1))
    run(walked(portal, [], page_size=500))
    assert len(portal.asked) == 1


def test_a_form_is_sent_once_to_come_to_its_list() -> None:
    form = "<html><input name='PRADO_PAGESTATE' value='empty'/></html>"
    portal = Portal(form, list_html(1, 2, state="a"), list_html(2, 2))
    search = Search("ctl0$search", {"ctl0$annonceType": "5", "ctl0$search": "Lancer la recherche"})
    assert run(walked(portal, [], search=search)) == [["page 1"], ["page 2"]]
    sent = portal.asked[1][1]
    assert sent == {
        "PRADO_PAGESTATE": "empty",
        "PRADO_POSTBACK_TARGET": "ctl0$search",
        "PRADO_POSTBACK_PARAMETER": "",
        "ctl0$annonceType": "5",
        "ctl0$search": "Lancer la recherche",
    }


def test_a_list_whose_link_to_the_next_page_is_gone_is_walked_by_number_and_says_so() -> None:
    pages = [list_html(number, 2).replace("Aller à la page suivante", "Next") for number in (1, 2)]
    portal = Portal(*pages)
    notes: list[str] = []
    controls = ListControls(turns_by_number=True)
    assert run(walked(portal, notes, controls=controls)) == [["page 1"], ["page 2"]]
    sent = portal.asked[1][1]
    assert sent is not None
    assert sent["ctl0$CONTENU_PAGE$resultSearch$numPageTop"] == "2"
    assert "by number" in notes[0]
