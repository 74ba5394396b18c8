"""What achatpublic shows, read: cards, the foot of the list, dates in words."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.engines.pages import selector
from crawlers.portals.fr_achatpublic.dates import moment
from crawlers.portals.fr_achatpublic.list_page import ListPage, key_of
from crawlers.portals.fr_achatpublic.parse import parse, split
from notices.formats.errors import NoticeFormatError
from notices.values.dates import PARIS

CONTEXT = Parsing(portal="fr_achatpublic", base_url="https://www.achatpublic.com")
GOLDEN = Path(__file__).parents[2] / "golden/fr_achatpublic"


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("24 Sept. 2026 12 : 00", datetime(2026, 9, 24, 12, tzinfo=PARIS)),
        ("3 Janv. 2027 10 : 30", datetime(2027, 1, 3, 10, 30, tzinfo=PARIS)),
        ("15 Févr. 2027 9 : 05", datetime(2027, 2, 15, 9, 5, tzinfo=PARIS)),
        ("1 Juin 2027 12 : 00", datetime(2027, 6, 1, 12, tzinfo=PARIS)),
        ("31 Juil. 2027 12 : 00", datetime(2027, 7, 31, 12, tzinfo=PARIS)),
        ("20 Août 2027 12 : 00", datetime(2027, 8, 20, 12, tzinfo=PARIS)),
        ("2 Déc. 2026 16 : 00", datetime(2026, 12, 2, 16, tzinfo=PARIS)),
        ("27 juillet 2026 16:23 (heure de Paris)", datetime(2026, 7, 27, 16, 23, tzinfo=PARIS)),
        ("2 mars 2026", datetime(2026, 3, 2, 23, 59, 59, tzinfo=PARIS)),
    ],
)
def test_months_are_read_abbreviated_and_whole(printed: str, read: datetime) -> None:
    found = moment(printed)
    assert found is not None
    assert found.at == read


@pytest.mark.parametrize("printed", ["24 Xyz. 2026 12 : 00", "2026", "", None])
def test_what_is_no_date_is_none(printed: str | None) -> None:
    assert moment(printed) is None


def card(key: str, title: str = "Objet") -> str:
    link = f'<a class="jqCardLink" href="/sdm/ent2/gen/ficheCsl.action?PCSLID={key}">{title}</a>'
    item = '<li class="sdmCardConsult__listItem"><span>Organisme :</span><span>Ville</span></li>'
    return f'<li id="li_consult_{key}" class="sdmCardConsult "><h2>{link}</h2><ul>{item}</ul></li>'


def page(cards: str, foot: str) -> bytes:
    return f"<html><body><main><ul>{cards}</ul><ul id='top_pagination'>{foot}</ul></main></body></html>".encode()


def test_a_page_of_the_list_becomes_one_notice_per_card() -> None:
    payloads = split(page(card("CSL_2026_a1b2c3d4e5") + card("CSL_2026_f6g7h8i9j0"), "&nbsp; Page 2 / 4"))
    assert [parse(payload, CONTEXT).notice.id for payload in payloads] == [
        "fr_achatpublic:CSL_2026_a1b2c3d4e5",
        "fr_achatpublic:CSL_2026_f6g7h8i9j0",
    ]


def test_the_foot_of_the_list_says_where_it_is() -> None:
    found = ListPage(selector(page(card("CSL_2026_a1b2c3d4e5"), "&nbsp;&nbsp; Page 2 / 4").decode()))
    assert (found.position, found.total, found.says_none) == ((2, 4), None, False)


def test_an_empty_list_says_so_in_words() -> None:
    words = "<p>Aucune consultation ne correspond aux critères choisis.</p>"
    assert ListPage(selector(f"<html><body><main>{words}</main></body></html>")).says_none
    assert not ListPage(selector("<html><body><main></main></body></html>")).says_none


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (page("", "").replace(b"</main>", b"Aucune consultation ne correspond</main>"), "says it is empty"),
        (page(card("CSL_2026_a1b2c3d4e5") + card("CSL_2026_f6g7h8i9j0"), ""), "a list of 2 consultations"),
        (b"<html><body><main><h1>Autre page</h1></main></body></html>", "none of the labels"),
        (b'{"x": 1}', "neither a card nor a page"),
        (b'{"native_id": "CSL_2026_a1b2c3d4e5", "card": "<li></li>"}', "no title"),
        (b'{"card": "<li><h2><a href=\'/x\'></a></h2></li>"}', "which consultation"),
        (b'{"card": "<li><h2><a href=\'/x\'>T</a></h2></li>"}', "no label any more"),
    ],
)
def test_what_is_no_consultation_is_refused_in_words(payload: bytes, words: str) -> None:
    with pytest.raises(NoticeFormatError, match=words):
        parse(payload, CONTEXT)


def test_a_key_of_the_portal_is_found_in_its_addresses() -> None:
    assert key_of("/sdm/ent2/gen/ficheCsl.action?PCSLID=CSL_2026_48eQGEibtE&ongletActif=2") == "CSL_2026_48eQGEibtE"
    assert key_of("/sdm/ent2/gen/ficheCsl.action?PCSLID=../../x") is None
