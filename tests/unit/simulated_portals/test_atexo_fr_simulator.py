"""The simulated Atexo platform keeps the rules of the real one, and punishes a client that breaks them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from simulated_portals.atexo_fr.list_pages import RESULT
from simulated_portals.atexo_fr.portal import AtexoPortal
from simulated_portals.atexo_fr.server import make_portal
from simulated_portals.messages import Answer, Request

QUERY = "page=Entreprise.EntrepriseAdvancedSearch&AllCons"
NEXT = f"{RESULT}PagerTop$ctl2"


@pytest.fixture
def portal() -> AtexoPortal:
    return make_portal("fr_maximilien", invented=60, seed=3)


class Visitor:
    """Somebody with a cookie and the newest page."""

    def __init__(self, portal: AtexoPortal) -> None:
        self.portal = portal
        first = portal.answer(Request("GET", "/", QUERY))
        self.cookie = dict(first.headers)["set-cookie"].partition(";")[0]
        self.page = first.body.decode()

    @property
    def state(self) -> str:
        found = re.search(r'name="PRADO_PAGESTATE" id="PRADO_PAGESTATE" value="([^"]+)"', self.page)
        assert found is not None
        return found[1]

    @property
    def rows(self) -> list[str]:
        return re.findall(r'refCons" value="(\d+)"', self.page)

    @property
    def number(self) -> int:
        found = re.search(r'type="text" value="(\d+)"', self.page)
        return int(found[1]) if found else 1

    def post(self, target: str, *, state: str | None = None, cookie: str | None = None, **fields: str) -> Answer:
        from urllib.parse import urlencode

        form = {
            "PRADO_PAGESTATE": self.state if state is None else state,
            "PRADO_POSTBACK_TARGET": target,
            "PRADO_POSTBACK_PARAMETER": "",
            **{f"{RESULT}{name}": value for name, value in fields.items()},
        }
        headers = {"cookie": self.cookie if cookie is None else cookie}
        answer = self.portal.answer(Request("POST", "/", QUERY, headers, urlencode(form).encode()))
        if answer.status == 200:
            self.page = answer.body.decode()
        return answer


def test_a_visitor_pages_to_the_end_and_sees_each_consultation_once(portal: AtexoPortal) -> None:
    visitor = Visitor(portal)
    visitor.post(f"{RESULT}listePageSizeTop", listePageSizeTop="20")
    seen = list(visitor.rows)
    while "suivante'><i" in visitor.page and 'PagerTop_ctl2"' in visitor.page:
        visitor.post(NEXT)
        seen += visitor.rows
    assert seen == [str(item.number) for item in portal.open_consultations]


def test_the_list_is_sorted_by_deadline_the_latest_first(portal: AtexoPortal) -> None:
    deadlines = [item.deadline for item in portal.open_consultations]
    assert deadlines == sorted(deadlines, reverse=True)


def test_a_postback_without_its_cookie_or_state_is_a_400(portal: AtexoPortal) -> None:
    visitor = Visitor(portal)
    assert visitor.post(NEXT, cookie="").status == 400
    assert visitor.post(NEXT, cookie="PHPSESSID=unknown").status == 400
    assert visitor.post(NEXT, state="").status == 400


def test_an_old_state_repeats_the_page(portal: AtexoPortal) -> None:
    visitor = Visitor(portal)
    old, first = visitor.state, visitor.rows
    visitor.post(NEXT)
    second = visitor.rows
    assert second != first
    visitor.post(NEXT, state=old)
    assert (visitor.rows, visitor.number) == (second, 2)


def test_every_page_carries_a_fresh_state(portal: AtexoPortal) -> None:
    visitor = Visitor(portal)
    states = {visitor.state}
    for _ in range(3):
        visitor.post(NEXT)
        states.add(visitor.state)
    assert len(states) == 4


def test_only_offered_page_sizes_are_obeyed(portal: AtexoPortal) -> None:
    visitor = Visitor(portal)
    visitor.post(f"{RESULT}listePageSizeTop", listePageSizeTop="500")
    assert len(visitor.rows) == 10
    visitor.post(f"{RESULT}listePageSizeTop", listePageSizeTop="20")
    assert len(visitor.rows) == 20


def test_a_page_can_be_jumped_to(portal: AtexoPortal) -> None:
    visitor = Visitor(portal)
    visitor.post(f"{RESULT}DefaultButtonTop", numPageTop="3")
    assert visitor.number == 3
    visitor.post(f"{RESULT}DefaultButtonTop", numPageTop="99")
    assert 'PagerTop_ctl2"' not in visitor.page


def test_a_stray_button_leads_elsewhere(portal: AtexoPortal) -> None:
    visitor = Visitor(portal)
    visitor.post(NEXT, envoyerViadeo="Partager sur Viadeo")
    assert visitor.rows == []
    assert "Recherche avancée" in visitor.page


def test_a_list_without_its_parameter_is_the_search_form(portal: AtexoPortal) -> None:
    answer = portal.answer(Request("GET", "/", "page=Entreprise.EntrepriseAdvancedSearch&searchAnnCons"))
    assert b"row-consultation" not in answer.body


def test_a_consultation_needs_its_own_organisation_and_must_be_open(portal: AtexoPortal) -> None:
    item = portal.open_consultations[0]
    path = f"/entreprise/consultation/{item.number}"
    right = f"orgAcronyme={item.organisation.acronym}"
    assert b"recap-consultation" in portal.answer(Request("GET", path, right)).body
    assert portal.answer(Request("GET", path, "orgAcronyme=zzz")).status == 302
    assert portal.answer(Request("GET", "/entreprise/consultation/1", right)).status == 404
    portal.close(item.number)
    assert b"recap-consultation" not in portal.answer(Request("GET", path, right)).body


def test_the_lots_want_the_other_spelling_of_the_organisation(portal: AtexoPortal) -> None:
    item = next(one for one in portal.open_consultations if one.lots)
    query = f"page=Entreprise.PopUpDetailLots&id={item.number}&orgA{{}}cronyme={item.organisation.acronym}"
    assert portal.answer(Request("GET", "/index.php", query.format("c"))).status == 200
    assert portal.answer(Request("GET", "/index.php", query.format(""))).status == 404


def test_consultations_follow_from_seed_and_day_alone() -> None:
    day = date(2026, 11, 18)
    one, same, other = (make_portal("fr_place", invented=20, seed=seed, invented_on=day) for seed in (1, 1, 2))
    assert one.catalogue.by_number == same.catalogue.by_number
    assert one.catalogue.by_number != other.catalogue.by_number


def test_control_commands_are_carried_out_and_unknown_ones_refused(portal: AtexoPortal) -> None:
    item = portal.open_consultations[0]
    assert portal.do({"do": "publish"})
    assert portal.do({"do": "news"})
    moved = portal.do({"do": "move_deadline", "id": item.native_id})
    assert moved == portal.catalogue.by_number[item.number].deadline.isoformat()
    portal.do({"do": "close", "id": item.native_id})
    assert item.number not in {one.number for one in portal.open_consultations}
    portal.do({"do": "misbehave", "name": "login", "path": "AllCons", "times": 1})
    assert b"password" in portal.answer(Request("GET", "/", QUERY)).body
    assert b"password" not in portal.answer(Request("GET", "/", QUERY)).body
    for command in ({"do": "fly"}, {"do": "close", "id": "a8z-1"}, {"do": "misbehave", "name": "sulk"}):
        with pytest.raises(ValueError, match=r"knows no|has no"):
            portal.do(command)  # type: ignore[arg-type]


def test_texts_in_tooltips_are_not_escaped_as_on_the_real_platform(portal: AtexoPortal) -> None:
    item = portal.open_consultations[0]
    portal.catalogue.put(replace(item, title='Achat de "postes"'))
    assert 'title="Achat de "postes""' in Visitor(portal).page
