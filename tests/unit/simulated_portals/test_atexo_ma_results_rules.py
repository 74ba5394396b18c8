"""The simulated announcements keep the rules of the real portal."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlencode

from simulated_portals.atexo_ma.results import pages
from simulated_portals.atexo_ma.results.portal import ResultsPortal
from simulated_portals.atexo_ma.results.server import make_portal
from simulated_portals.messages import Answer, Request

TODAY = date(2026, 11, 20)
LIST = "page=entreprise.EntrepriseAdvancedSearch&AvisExtraitPV"
AGENT = {"user-agent": "Vigie/1 (+https://vigie.example)"}


def ask(portal: ResultsPortal, query: str, form: dict[str, str] | None = None, cookies: str = "") -> Answer:
    body = urlencode(form).encode() if form is not None else b""
    headers = AGENT | ({"cookie": cookies} if cookies else {})
    return portal.answer(Request("POST" if form is not None else "GET", "/index.php", query, headers, body))


def search(portal: ResultsPortal, kind: str, **more: str) -> tuple[Answer, str]:
    first = ask(portal, LIST)
    state = re.search(rb'PRADO_PAGESTATE" value="([^"]*)"', first.body)
    assert state is not None
    cookie = first.headers[0][1].partition(";")[0]
    named = {f"{pages.FORM}{name}": value for name, value in {"annonceType": kind, **more}.items()}
    sent = {"PRADO_PAGESTATE": state[1].decode().replace("&#43;", "+"), f"{pages.FORM}lancerRecherche": "x", **named}
    return ask(portal, "page=entreprise.EntrepriseAdvancedSearch&AllAnn", sent, cookie), cookie


def total(answer: Answer) -> int:
    found = re.search(rb'resultSearch_nombreElement">(\d+)<', answer.body)
    return int(found[1]) if found else 0


def test_a_flag_alone_shows_the_form_and_the_search_answers_one_kind() -> None:
    portal = make_portal(invented=30, seed=3, today=TODAY, invented_on=TODAY)
    assert b"table-results" not in ask(portal, LIST).body
    for kind in "456":
        wanted = [item for item in portal.announcements.values() if item.kind == kind]
        assert total(search(portal, kind)[0]) == len(wanted)


def test_a_textarea_that_is_posted_empties_the_list() -> None:
    portal = make_portal(invented=30, seed=3, today=TODAY, invented_on=TODAY)
    assert total(search(portal, "5", **{"domaineActivite$idsDomaines": "\n"})[0]) == 0


def test_a_second_search_in_one_session_finds_nothing() -> None:
    portal = make_portal(invented=30, seed=3, today=TODAY, invented_on=TODAY)
    answer, cookie = search(portal, "5")
    state = re.search(rb'PRADO_PAGESTATE" id="PRADO_PAGESTATE" value="([^"]*)"', answer.body)
    assert state is not None
    form = {"PRADO_PAGESTATE": state[1].decode().replace("&#43;", "+"), f"{pages.FORM}lancerRecherche": "x"}
    assert total(ask(portal, "page=entreprise.EntrepriseAdvancedSearch&AllAnn", form, cookie)) == 0


def test_every_page_hides_a_link_without_a_number() -> None:
    portal = make_portal(invented=5, seed=3, today=TODAY, invented_on=TODAY)
    item = next(iter(portal.announcements.values()))
    key = f"refConsultation={item.record.number}&orgAcronyme={item.record.organisation}"
    body = ask(portal, f"page=entreprise.EntrepriseDetailConsultation&{key}").body.decode("utf-8", "replace")
    assert re.findall(r'idAvis=(\d*)"', body) == [*map(str, item.files), ""]


def test_invented_announcements_follow_from_seed_and_day_alone() -> None:
    made = [make_portal(invented=20, seed=5, invented_on=TODAY).announcements for _ in range(2)]
    assert made[0] == made[1]
    assert made[0] != make_portal(invented=20, seed=6, invented_on=TODAY).announcements
    assert all(item.call != key for key, item in made[0].items())
