"""The simulated portal of Morocco's purchase orders keeps the rules that the real one is known for."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest

from simulated_portals.bdc.portal import BdcPortal
from simulated_portals.bdc.server import make_portal
from simulated_portals.messages import Request

TODAY = date(2026, 11, 18)
DAY = "2026-11-17"
LIST, RESULTS = "/bdc/entreprise/consultation/", "/bdc/entreprise/consultation/resultat"
ROOTS = {LIST: "search_consultation_entreprise", RESULTS: "search_consultation_resultats"}


@pytest.fixture(scope="module")
def portal() -> BdcPortal:
    return make_portal(invented=300, seed=5, today=TODAY)


def ask(portal: BdcPortal, path: str = LIST, page: str = "", **filters: str) -> str:
    asked = {f"{ROOTS[path]}[{name}]": value for name, value in filters.items()}
    query = urlencode({**asked, **({"page": page} if page else {})})
    return portal.answer(Request("GET", path, query)).body.decode()


def total(page: str) -> int:
    found = re.search(r"Nombre de résultats : (\d+)", page)
    assert found is not None
    return int(found[1])


def cards(page: str) -> int:
    return page.count('class="entreprise__card"')


def test_the_same_seed_and_day_give_the_same_portal() -> None:
    one, other = make_portal(invented=40, seed=5, today=TODAY), make_portal(invented=40, seed=5, today=TODAY)
    assert (one.orders, one.results) == (other.orders, other.results)
    assert one.orders != make_portal(invented=40, seed=6, today=TODAY).orders


def test_every_day_of_a_month_has_notices_and_results_weekends_too(portal: BdcPortal) -> None:
    month = {TODAY - timedelta(days=number) for number in range(30)}
    for items in (portal.orders.values(), portal.results):
        assert month <= {item.published.date() for item in items}
        assert min(item.published for item in items if item.published.date() == TODAY).hour == 0


@pytest.mark.parametrize(("path", "name"), [(LIST, "dateMiseEnLigneStart"), (RESULTS, "dateLimitePublicationStart")])
def test_a_date_that_is_not_iso_is_ignored_without_a_word(portal: BdcPortal, path: str, name: str) -> None:
    everything = total(ask(portal, path, pageSize="10"))
    assert total(ask(portal, path, pageSize="10", **{name: DAY})) < everything
    assert total(ask(portal, path, pageSize="10", **{name: "17/11/2026"})) == everything


@pytest.mark.parametrize("size", ["10", "20", "30", "50"])
def test_pages_have_the_size_asked_for(portal: BdcPortal, size: str) -> None:
    assert cards(ask(portal, pageSize=size)) == int(size)


@pytest.mark.parametrize("size", ["", "25", "100", "-1"])
def test_filters_without_an_accepted_page_size_bring_no_card(portal: BdcPortal, size: str) -> None:
    assert cards(ask(portal, dateMiseEnLigneStart=DAY, pageSize=size)) == 0


def test_only_the_page_outside_the_form_turns_the_page(portal: BdcPortal) -> None:
    first = ask(portal, pageSize="10")
    assert ask(portal, pageSize="10", page="2").count("/show/") == first.count("/show/")
    assert ask(portal, "/bdc/entreprise/consultation/", "2", pageSize="10") != first
    inside = portal.answer(
        Request("GET", LIST, urlencode({"search_consultation_entreprise[pageSize]": "10",
                                        "search_consultation_entreprise[page]": "2"}))
    ).body.decode()  # fmt: skip
    assert inside == first


def test_a_page_behind_the_last_one_is_empty_or_the_last_one_again(portal: BdcPortal) -> None:
    last = -(-total(ask(portal, pageSize="50")) // 50)
    assert cards(ask(portal, page=str(last + 1), pageSize="50")) == 0
    portal.beyond = "repeat"
    try:
        assert cards(ask(portal, page=str(last + 1), pageSize="50")) > 0
    finally:
        portal.beyond = "empty"


def test_days_include_both_ends(portal: BdcPortal) -> None:
    one = [total(ask(portal, pageSize="10", dateMiseEnLigneStart=day, dateMiseEnLigneEnd=day)) for day in days()]
    together = total(ask(portal, pageSize="10", dateMiseEnLigneStart=days()[0], dateMiseEnLigneEnd=days()[-1]))
    assert sum(one) == together > 0


def days() -> list[str]:
    return [(TODAY - timedelta(days=n)).isoformat() for n in (3, 2, 1)]


def test_links_come_twice_and_a_result_has_none(portal: BdcPortal) -> None:
    page = ask(portal, pageSize="10")
    ids = re.findall(r"/show/(\d+)", page)
    assert len(ids) > len(set(ids)) == 10
    assert "/show/" not in ask(portal, RESULTS, pageSize="50")


def test_ids_follow_the_instants_of_publication_and_references_repeat(portal: BdcPortal) -> None:
    orders = sorted(portal.orders.values(), key=lambda order: order.id)
    assert [order.published for order in orders] == sorted(order.published for order in orders)
    assert len({result.reference for result in portal.results}) < len(portal.results)


def test_a_cancelled_notice_carries_a_badge_and_its_reason() -> None:
    portal = make_portal(invented=20, seed=5, today=TODAY)
    chosen = max(key for key, order in portal.orders.items() if order.cancellation is None)
    portal.cancel(chosen, "Erreur dans les quantités")
    page = portal.answer(Request("GET", f"{LIST}show/{chosen}")).body.decode()
    assert "Annulé" in page
    assert "Erreur dans les quantités" in page
    assert f"/download/annulation/{chosen}" in page


def test_the_address_of_robots_txt_leads_to_the_home_page(portal: BdcPortal) -> None:
    answer = portal.answer(Request("GET", "/robots.txt"))
    assert (answer.status, dict(answer.headers)) == (302, {"location": "/pmmp/"})


def test_a_key_that_is_none_of_the_portals_is_refused() -> None:
    with pytest.raises(ValueError, match="ma_bdc"):
        make_portal("ma_pmmp")
