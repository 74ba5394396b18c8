"""The search page: filters live in the address, what is not said is counted, errors keep the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import httpx
import pytest

from notices.model import Notice
from search.query import NoticeQuery
from store.records import Saving
from tests.unit.web import invented
from tests.unit.web.conftest import NOW, Made, fill


def links(page: httpx.Response) -> list[str]:
    return [unescape(found) for found in re.findall(r'href="([^"]+)"', page.text)]


async def test_the_front_page_shows_the_calls_that_are_open(site: httpx.AsyncClient) -> None:
    page = await site.get("/")
    assert page.status_code == 200
    assert "Avis : appels ouverts" in page.text
    assert "Attribution : réfection" not in page.text


async def test_words_find_notices_and_are_marked(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"text": "voiries"})
    assert "<mark>voirie</mark> communale" in page.text
    assert "2 avis" in page.text


async def test_every_filter_of_the_page_is_an_address_that_can_be_sent(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"text": "voirie"})
    wanted = [link for link in links(page) if link.startswith("/?")]
    assert len(wanted) > 15
    for link in wanted[:40]:
        assert (await site.get(link)).status_code == 200, link


async def test_a_facet_with_a_choice_still_shows_what_else_could_be_chosen(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"natures": "works"})
    assert re.search(r'aria-current="true"[^>]*>.{0,120}Travaux', page.text, re.DOTALL)
    assert re.search(r"<span>Services</span><span class=\"count\">\d+</span>", page.text)


async def test_choosing_two_values_of_a_facet_finds_either(site: httpx.AsyncClient) -> None:
    both = await site.get("/api/notices", params={"natures": ["works", "supplies"]})
    works = await site.get("/api/notices", params={"natures": "works"})
    assert both.json()["total"] > works.json()["total"] > 0


async def test_an_active_filter_can_be_taken_away_by_itself(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"text": "mobilier", "natures": "supplies"})
    removed = [
        link for link in links(page) if "natures" not in link and "text=mobilier" in link and link.startswith("/?")
    ]
    assert "Retirer le filtre Nature : Fournitures" in page.text
    assert removed


async def test_a_value_filter_says_how_many_notices_do_not_state_one(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"value_minimum": "100000", "value_currency": "EUR"})
    kept = await site.get("/api/notices", params={"value_minimum": "100000", "value_currency": "EUR"})
    count = next(item["count"] for item in kept.json()["unknowns"] if item["name"] == "value")
    assert count > 30
    assert f"valeur non communiquée : {count}" in page.text


async def test_a_broken_text_is_told_with_its_place_and_the_other_filters_stay(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"text": 'route "béton', "natures": "works"})
    assert page.status_code == 400
    assert "Texte, caractère 7" in page.text
    assert 'value="route &#34;béton"' in page.text
    assert "Nature : Travaux" in page.text


@pytest.mark.parametrize(
    "parameters", [{"cpv": "abc"}, {"published_from": "hier"}, {"nonsense": "1"}, {"value_minimum": "-4"}]
)
async def test_a_filter_that_makes_no_sense_is_told_and_not_ignored(
    site: httpx.AsyncClient, parameters: dict[str, str]
) -> None:
    page = await site.get("/", params=parameters | {"natures": "works"})
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "Nature : Travaux" in page.text


async def test_an_empty_answer_says_which_days_are_covered(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"text": "sousmarin"})
    assert "Aucun avis ne correspond" in page.text
    assert "59 jours sur 90 entièrement recueillis" in page.text


async def test_pages_follow_each_other_without_repeating_a_notice(site: httpx.AsyncClient) -> None:
    seen: list[str] = []
    for number in (1, 2, 3):
        page = await site.get("/", params={"version": "1", "sort": "published", "page": number})
        seen += re.findall(r'<h3><a href="(/notices/[^"]+)"', page.text)
    assert len(seen) == len(set(seen)) == len(invented.everything(NOW))


async def test_a_page_beyond_the_last_is_no_page(site: httpx.AsyncClient) -> None:
    assert (await site.get("/", params={"page": "501"})).status_code == 404
    assert (await site.get("/", params={"page": "40"})).status_code == 404
    assert (await site.get("/", params={"page": "0"})).status_code == 404


async def test_a_hostile_title_is_text_and_nothing_else(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"text": "urgents"})
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


async def test_an_arabic_title_is_written_from_right_to_left(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"languages": "ar"})
    assert 'lang="ar" dir="rtl"' in page.text


async def test_titles_come_in_the_language_of_the_page(site: httpx.AsyncClient) -> None:
    english = await site.get("/", params={"text": "voirie", "lang": "en", "deadline_open": "true"})
    assert "Repair of municipal roads and lighting" in english.text


async def test_the_language_that_a_person_chose_is_kept(site: httpx.AsyncClient) -> None:
    await site.get("/", params={"lang": "en"})
    assert '<html lang="en"' in (await site.get("/sources")).text


async def test_the_sort_that_was_asked_for_is_kept_when_a_filter_is_added(site: httpx.AsyncClient) -> None:
    page = await site.get("/", params={"text": "mobilier", "sort": "value"})
    toggles = [link for link in links(page) if "kinds=" in link]
    assert toggles
    assert all("sort=value" in link for link in toggles)


async def test_the_query_of_the_page_is_the_query_of_the_interface(site: httpx.AsyncClient) -> None:
    query = NoticeQuery(text="mobilier", natures=("supplies",))
    answer = (await site.get(f"/api/notices?{query.to_url()}")).json()
    assert answer["query"] == query.to_dict()
    assert f"{answer['total']} avis" in (await site.get(f"/?{query.to_url()}")).text


async def test_notices_that_wait_for_the_index_are_told(made: Callable[..., Made]) -> None:
    own = made([invented.notice(1, NOW)])
    own.store.notices.save_many([Saving(notice=invented.notice(number, NOW)) for number in (2, 3)])
    async with own.browser() as client:
        page = await client.get("/")
    assert "2 avis recueillis ne sont pas encore dans l&#39;index" in page.text


async def test_the_same_tender_on_two_portals_is_one_card_that_names_both(made: Callable[..., Made]) -> None:
    own = made()
    call = invented.call_for_roads(NOW).model_copy(update={"notice_uuid": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"})
    fill(own.store, own.index, [call, call.model_copy(update={"id": "eu_ted:5-2026", "portal": "eu_ted"})])
    async with own.browser() as client:
        page = (await client.get("/", params={"text": "", "cpv": call.main_cpv or ""})).text
    assert page.count('class="result"') == 1
    assert "Aussi sur" in page
    assert "/notices/eu_ted%3A5-2026" in page or "/notices/be_bda%3A" in page


def on_two_portals(number: int) -> list[Notice]:
    """The same call on two portals."""
    call = invented.notice(number, NOW, notice_uuid=f"0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b{number:04x}")
    return [call, call.model_copy(update={"id": f"eu_ted:{number}-2026", "portal": "eu_ted"})]


async def test_the_total_says_how_many_of_its_notices_are_copies(made: Callable[..., Made]) -> None:
    own = made([*on_two_portals(1), *on_two_portals(2), invented.notice(3, NOW)])
    async with own.browser() as client:
        page = unescape((await client.get("/")).text)
    assert "5 avis, dont 2 copies d'un même marché sur un autre portail" in page
    assert page.count('class="result"') == 3
    assert "Les nombres comptent des avis" in page


async def test_where_there_are_more_pages_only_the_copies_of_this_page_are_told(made: Callable[..., Made]) -> None:
    own = made([item for number in range(1, 14) for item in on_two_portals(number)])
    async with own.browser() as client:
        pages = [unescape((await client.get("/", params={"page": number})).text) for number in (1, 2)]
    for page in pages:
        assert re.search(r'<h2 id="total">26 avis</h2>', page)
        cards = page.count('class="result"')
        folded = page.count("Aussi sur")
        assert folded
        said = "1 avis est réuni" if folded == 1 else f"{folded} avis sont réunis"
        assert f"Sur cette page, {said} à la fiche du même marché" in page
        assert cards + folded in (20, 6)


async def test_a_page_without_copies_speaks_of_none(made: Callable[..., Made]) -> None:
    own = made([invented.notice(1, NOW), invented.notice(2, NOW)])
    async with own.browser() as client:
        page = unescape((await client.get("/")).text)
    assert '<h2 id="total">2 avis</h2>' in page
    assert ", dont" not in page
    assert "Sur cette page" not in page
