"""A PRADO portal that forgets what was searched shows another list under the same controls, with status 200."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from crawlers.contract import LayoutError
from crawlers.engines.pages import Page, Session
from crawlers.engines.prado import ListControls, ListPage, PradoList

IDS = ListControls().prefix.replace("$", "_")


def list_html(number: int, total: int, words: str, *, size: int = 10) -> str:
    pages = -(-total // size)
    link = f"<a id='{IDS}PagerTop_ctl2'><img alt='Aller à la page suivante'/></a>" if number < pages else ""
    return (
        "<html><form name='main_form'><input name='PRADO_PAGESTATE' value='s'/>"
        f"<span id='{IDS}nombreElement'>{total}</span><span id='{IDS}nombrePageTop'>{pages}</span>"
        f"<input id='{IDS}numPageTop' value='{number}'/><select id='{IDS}listePageSizeTop'>"
        f"<option value='10'>10</option><option value='500'>500</option><option selected='selected' value='{size}'/>"
        f"</select><span id='{IDS}PagerTop'>{link}</span><p>{words} {number}</p></form></html>"
    )


class Portal:
    """Answers prepared pages."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def get(self, url: str, *, session: Session, holds: str | None = None) -> Page:
        return Page(url, self.answers.pop(0).encode(), url)

    async def post(self, url: str, form: Mapping[str, str], *, session: Session, holds: str | None = None) -> Page:
        return Page(url, self.answers.pop(0).encode(), url)


def keys(page: ListPage) -> list[str]:
    return page.page.selector.xpath("//p/text()").getall()


def walked(portal: Portal, *, page_size: int | None = None) -> list[str]:
    async def walk() -> list[str]:
        chain = PradoList(portal, "https://portal.example/", page_size=page_size)  # type: ignore[arg-type]
        return [key async for page in chain.walk(keys) for key in keys(page)]

    return asyncio.run(walk())


def test_a_second_page_of_another_list_begins_the_walk_anew() -> None:
    portal = Portal(
        list_html(1, 20, "result"), list_html(2, 135_000, "anything"),
        list_html(1, 20, "result"), list_html(2, 20, "result"),
    )  # fmt: skip
    assert walked(portal) == ["result 1", "result 2"]


def test_a_search_that_is_lost_again_in_a_new_session_fails_by_name() -> None:
    portal = Portal(
        list_html(1, 20, "result"), list_html(2, 135_000, "anything"),
        list_html(1, 20, "result"), list_html(2, 135_000, "anything"),
    )  # fmt: skip
    with pytest.raises(LayoutError, match="announces 135000 rows, and the list began with 20: the portal lost"):
        walked(portal)


def test_a_search_that_is_lost_when_larger_pages_are_asked_for_fails_by_name() -> None:
    portal = Portal(list_html(1, 600, "result"), list_html(1, 135_000, "anything", size=500))
    with pytest.raises(LayoutError, match="600 rows, and 135000 when 500 rows a page were asked for"):
        walked(portal, page_size=500)


def test_a_list_that_grows_a_little_while_it_is_walked_is_the_same_list() -> None:
    portal = Portal(list_html(1, 20, "result"), list_html(2, 29, "result"), list_html(3, 29, "result"))
    assert walked(portal) == ["result 1", "result 2", "result 3"]
