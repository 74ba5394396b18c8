"""The rules of the Moroccan portals, each kept by their simulation (dossier sections 1 to 4)."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlencode

import pytest

from simulated_portals.atexo_ma.portal import AtexoMaPortal
from simulated_portals.atexo_ma.server import make_portal
from simulated_portals.messages import Answer, Request

AGENT = {"user-agent": "Vigie/1 (+https://example.org)"}
OPEN = "page=entreprise.EntrepriseAdvancedSearch&AllCons&EnCours&searchAnnCons"
P = "ctl0$CONTENU_PAGE$resultSearch$"


@pytest.fixture
def portal() -> AtexoMaPortal:
    return make_portal(invented=60, seed=1)


def get(portal: AtexoMaPortal, query: str, **headers: str) -> Answer:
    return portal.answer(Request("GET", "/index.php", query, {**AGENT, **headers}))


def post(portal: AtexoMaPortal, page: Answer, target: str, cookie: str | None = None, **fields: str) -> Answer:
    state = re.search(rb'name="PRADO_PAGESTATE" id="PRADO_PAGESTATE" value="([^"]+)"', page.body)
    assert state is not None
    form = {
        "PRADO_PAGESTATE": state[1].decode().replace("&#43;", "+"),
        "PRADO_POSTBACK_TARGET": target,
        "PRADO_POSTBACK_PARAMETER": "",
        **fields,
    }
    sent = cookies(page) if cookie is None else cookie
    return portal.answer(Request("POST", "/index.php", OPEN, {**AGENT, "cookie": sent}, urlencode(form).encode()))


def cookies(page: Answer) -> str:
    return "; ".join(value.partition(";")[0] for name, value in page.headers if name == "set-cookie")


def keys(page: Answer) -> list[str]:
    return re.findall(r'refCons" value="(\d+)"', page.body.decode("utf-8", "replace"))


def total(page: Answer) -> int:
    found = re.search(rb'nombreElement">(\d+)<', page.body)
    assert found is not None
    return int(found[1])


def test_the_list_comes_by_get_with_ten_rows_and_the_latest_deadline_first(portal: AtexoMaPortal) -> None:
    page = get(portal, OPEN)
    expected = [str(item.number) for item in portal.open_now()]
    assert total(page) == len(expected)
    assert keys(page) == expected[:10]


def test_a_flag_with_an_equals_sign_is_another_word(portal: AtexoMaPortal) -> None:
    everything = total(get(portal, OPEN.replace("EnCours", "EnCours=")))
    assert everything == len(portal.consultations()) > total(get(portal, OPEN))


def test_capitalised_page_names_are_not_found(portal: AtexoMaPortal) -> None:
    assert get(portal, OPEN.replace("entreprise.", "Entreprise.")).status == 404


@pytest.mark.parametrize("agent", ["", "curl/8", "python-requests/2", "Scrapy/2.19 (+https://scrapy.org)"])
def test_the_firewall_refuses_libraries(portal: AtexoMaPortal, agent: str) -> None:
    answer = get(portal, OPEN, **{"user-agent": agent})
    assert (answer.status, dict(answer.headers)) == (403, {"x-deny-id": "a1b2"})


def test_the_page_size_is_raised_by_postback_and_every_page_has_its_own_state(portal: AtexoMaPortal) -> None:
    first = get(portal, OPEN)
    larger = post(portal, first, P + "listePageSizeTop", **{P + "listePageSizeTop": "500"})
    assert keys(larger) == [str(item.number) for item in portal.open_now()]
    assert post(portal, first, P + "PagerTop$ctl2", cookies(first)).body != larger.body
    assert portal.statistics.as_json()["events"] == {"old_state": 1}


def test_an_old_state_or_no_cookie_repeats_a_page_with_status_200(portal: AtexoMaPortal) -> None:
    first = get(portal, OPEN)
    second = post(portal, first, P + "PagerTop$ctl2")
    assert keys(second) != keys(first)
    assert keys(post(portal, first, P + "PagerTop$ctl2")) == keys(second)
    assert keys(post(portal, first, P + "PagerTop$ctl2", cookie="")) == keys(first)


def test_the_numbers_of_the_links_shift_on_later_pages(portal: AtexoMaPortal) -> None:
    first = get(portal, OPEN)
    second = post(portal, first, P + "PagerTop$ctl2").body.decode("utf-8", "replace")
    links = dict(re.findall(r"PagerTop_(ctl\d+)\" href=[^>]*><img src='f.gif' alt='([^']*)'", second))
    assert links["ctl2"] == "Aller à la première page"
    assert links["ctl4"] == "Aller à la page suivante"


def test_textareas_posted_as_a_parser_reads_them_empty_the_list(portal: AtexoMaPortal) -> None:
    first = get(portal, OPEN)
    field = "ctl0$CONTENU_PAGE$AdvancedSearch$domaineActivite$idsDomaines"
    emptied = post(portal, first, P + "listePageSizeTop", **{P + "listePageSizeTop": "500", field: "\n"})
    assert emptied.status == 200
    assert b"panelNoElementFound" in emptied.body


def test_lists_hold_bytes_that_are_not_utf8(portal: AtexoMaPortal) -> None:
    with pytest.raises(UnicodeDecodeError):
        get(portal, OPEN).body.decode()


def test_an_allotted_consultation_says_its_amounts_in_the_popup_alone(portal: AtexoMaPortal) -> None:
    item = next(found for found in portal.consultations() if found.lots)
    key = f"refConsultation={item.number}&orgAcronyme={item.organisation}"
    page = get(portal, f"page=entreprise.EntrepriseDetailConsultation&{key}").body.decode("utf-8", "replace")
    assert item.lots[0].estimate not in page
    popup = f"page=commun.PopUpDetailLots&orgAccronyme={item.organisation}&refConsultation={item.number}&lang=fr"
    assert item.lots[0].estimate in get(portal, popup).body.decode("utf-8", "replace")
    assert b"repeaterLots" not in get(portal, popup.replace("orgAccronyme", "orgAcronyme")).body


def test_invented_consultations_follow_from_seed_and_day_alone() -> None:
    day = date(2026, 11, 20)
    one, same = make_portal(invented=30, seed=5, invented_on=day), make_portal(invented=30, seed=5, invented_on=day)
    other = make_portal(invented=30, seed=6, invented_on=day)
    assert one.consultations() == same.consultations() != other.consultations()
    keys_of_all = [item.key for item in make_portal(invented=2_000, seed=1).consultations()]
    assert len(set(keys_of_all)) == len(keys_of_all)


def test_news_is_a_new_consultation_or_a_deadline_that_moves(portal: AtexoMaPortal) -> None:
    before = {item.key: item for item in portal.consultations()}
    for _ in range(12):
        portal.make_news()
    after = {item.key: item for item in portal.consultations()}
    assert len(after) > len(before)
    assert any(after[key].deadline != item.deadline for key, item in before.items())


def test_commands_of_the_control_path_are_named_when_they_are_unknown(portal: AtexoMaPortal) -> None:
    key = portal.open_now()[0].key
    portal.do({"do": "cancel", "id": key})
    assert key not in {item.key for item in portal.open_now()}
    with pytest.raises(ValueError, match="unknown command"):
        portal.do({"do": "dance"})
    with pytest.raises(ValueError, match="no consultation"):
        portal.do({"do": "reject", "id": "x-1"})
