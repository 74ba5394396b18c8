"""Pages: decoded byte by byte, and named when they are not what was asked for."""

from __future__ import annotations

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse

from crawlers.contract import CrawlError, LayoutError, PortalDown
from crawlers.engines import pages
from crawlers.engines.asking import NoSuchThing
from crawlers.engines.pages import LoginAsked, Moved, Page, RequestRejected, Session

URL = "https://portal.example/index.php?page=entreprise.EntrepriseAdvancedSearch&AllCons&EnCours&searchAnnCons"


def page(text: str) -> Page:
    return Page(URL, text.encode(), f"GET {URL}")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Résultats".encode(), "Résultats"),
        (b"R\xe9sultats de l\x92avis \xe2\x82\xac", "Résultats de l’avis €"),
        (b"\xef\xbb\xbfd\xe9but", "début"),
        (b"a\x81b", "a\ufffdb"),
        (b"a\x00b", "ab"),
        (b"\xe2\x82", "â‚"),
        ("صفقة".encode() + b" \xe9", "صفقة é"),
    ],
)
def test_stray_bytes_are_read_one_by_one_and_spoil_nothing_else(body: bytes, text: str) -> None:
    assert pages.decode(body) == text


def test_a_query_without_equals_signs_stays_so() -> None:
    assert Request(URL).url == URL


@pytest.mark.parametrize(
    ("response", "error", "words"),
    [
        (Response(URL, status=404), NoSuchThing, "404"),
        (Response(URL, status=403, headers={"x-deny-id": "1"}), PortalDown, "firewall refuses"),
        (Response(URL, status=403), PortalDown, "portal refuses"),
        (Response(URL, status=302, headers={"Location": "/login"}), Moved, "sends us to /login"),
        (Response(URL, status=500), CrawlError, "500"),
        (TextResponse(URL, body=b"{}", headers={"Content-Type": "application/json"}), LayoutError, "instead of a page"),
    ],
)
def test_answers_that_are_no_page_are_named(response: Response, error: type[CrawlError], words: str) -> None:
    response.request = Request(URL)
    with pytest.raises(error, match=words):
        pages.check_is_page(response)


def test_a_block_page_is_told_from_a_notice_that_speaks_of_rejected_requests() -> None:
    blocked = page(
        "<html><title>Request Rejected</title>The requested URL was rejected. Your support ID is: 12345678</html>"
    )
    assert "support id 12345678" in (pages.rejection(blocked) or "")
    notice = page("<html><body>" + "x" * 30_000 + "Request Rejected: étude du journal d'un pare-feu</body></html>")
    assert pages.rejection(notice) is None


def test_a_notice_about_maintenance_is_no_maintenance_page() -> None:
    notice = page('<html><input name="PRADO_PAGESTATE"/><h1>Travaux de maintenance des ascenseurs</h1></html>')
    assert not pages.is_maintenance(notice)
    assert pages.is_maintenance(page("<html><title>Maintenance</title></html>"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<html><input type='password'/></html>", LoginAsked),
        ("<html><h1>Site en maintenance</h1></html>", PortalDown),
        ("<html><title>Accueil</title></html>", LayoutError),
        ("<html>Request Rejected</html>", RequestRejected),
    ],
)
def test_a_page_without_what_every_such_page_holds_is_named(text: str, error: type[CrawlError]) -> None:
    with pytest.raises(error):
        pages._check_content(page(text), "recap-consultation")


def test_a_page_that_holds_what_was_wanted_may_have_a_login_form_beside_it() -> None:
    login = "<html><input type='password'/>{}</html>"
    with pytest.raises(LoginAsked):
        pages._check_content(page(login.format("")), "recap-consultation")
    wanted = page(login.format("<div id='recap-consultation'></div>"))
    assert pages._check_content(wanted, "recap-consultation") is None  # accepted as it is


def test_a_session_sends_back_the_cookies_of_its_portal_and_of_no_other() -> None:
    session = Session()
    request = Request(URL)
    response = HtmlResponse(URL, headers={"Set-Cookie": ["PHPSESSID=abc; path=/", "SERVERID=web1; path=/"]})
    session.learn(response, request)
    again, elsewhere = Request(URL), Request("https://other.example/")
    session.attach(again)
    session.attach(elsewhere)
    assert session.cookies == {"PHPSESSID": "abc", "SERVERID": "web1"}
    assert b"PHPSESSID=abc" in (again.headers.get("Cookie") or b"")
    assert elsewhere.headers.get("Cookie") is None
