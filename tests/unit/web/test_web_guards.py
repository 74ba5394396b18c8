"""What protects the site: binding, hosts, headers, sizes, the operator's password, honest failures."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.errors import ConfigurationError
from core.settings import Settings
from search import open_index
from search.errors import IndexUnavailable
from search.indexer import drain
from store import Archive
from store.records import Saving
from tests.unit.web import invented
from tests.unit.web.conftest import NOW, Made, browser
from web.app import create_app
from web.security import MAX_FORM_BYTES, is_loopback
from web.services import Services

PASSWORD = {"operator_password": "correct horse"}


def basic(password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"operator:{password}".encode()).decode()}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "vigie.example"])  # noqa: S104
def test_binding_beyond_loopback_needs_a_password(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigurationError, match="operator password"):
        create_app(Settings(data_dir=tmp_path, web={"host": host}))
    create_app(Settings(data_dir=tmp_path, web={"host": host, **PASSWORD}))


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("[::1]", True), ("127.9.9.9", True), ("10.0.0.1", False), ("", False)],
)
def test_loopback_is_this_machine_only(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("path", ["/", "/sources", "/nowhere", "/api/notices", "/static/vigie.css", "/healthz"])
async def test_every_answer_carries_the_protecting_headers(site: httpx.AsyncClient, path: str) -> None:
    headers = (await site.get(path)).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


async def test_no_page_asks_another_server_for_anything(site: httpx.AsyncClient) -> None:
    page = await site.get("/")
    for mark in ('src="http', 'href="//', "<script>", "style="):
        assert mark not in page.text


async def test_another_host_name_is_refused(site: httpx.AsyncClient) -> None:
    assert (await site.get("/", headers={"host": "evil.example"})).status_code == 400
    assert (await site.get("/", headers={"host": "localhost:8080"})).status_code == 200


async def test_a_form_beyond_the_limit_is_refused_whether_or_not_it_says_its_length(made: Callable[..., Made]) -> None:
    async def trickle() -> Any:
        for _ in range(3):
            yield b"name=" + b"x" * (MAX_FORM_BYTES // 2)

    async with made().browser() as client:
        told = await client.post("/profiles", content=b"x" * (MAX_FORM_BYTES + 1))
        untold = await client.post(
            "/profiles", content=trickle(), headers={"content-type": "application/x-www-form-urlencoded"}
        )
    assert told.status_code == 413
    assert untold.status_code == 413


async def test_an_endless_address_is_refused(site: httpx.AsyncClient) -> None:
    assert (await site.get("/", params={"text": "a" * 20_000})).status_code == 414


async def test_on_loopback_without_a_password_the_operator_pages_are_open(made: Callable[..., Made]) -> None:
    async with made(demo=True).browser() as client:
        assert (await client.get("/mailbox")).status_code == 200
        assert "Dans la maison" in (await client.get("/sources")).text


async def test_with_a_password_the_operator_pages_ask_for_it(made: Callable[..., Made]) -> None:
    own = made(demo=True, web=PASSWORD)
    async with own.browser() as client:
        asked = await client.get("/mailbox")
        assert asked.status_code == 401
        assert asked.headers["www-authenticate"].startswith("Basic")
        assert (await client.get("/mailbox", headers=basic("wrong"))).status_code == 401
        assert (await client.get("/mailbox", headers=basic("correct horse"))).status_code == 200
        assert "Dans la maison" not in (await client.get("/sources")).text
        assert "Dans la maison" in (await client.get("/sources", headers=basic("correct horse"))).text


async def test_guessing_the_password_is_stopped(made: Callable[..., Made]) -> None:
    async with made(demo=True, web=PASSWORD).browser() as client:
        for number in range(10):
            assert (await client.get("/operator", headers=basic(f"guess {number}"))).status_code == 401
        assert (await client.get("/operator", headers=basic("correct horse"))).status_code == 429


async def test_guessing_is_stopped_on_pages_that_only_look_for_the_password(made: Callable[..., Made]) -> None:
    """The sources page shows more to operators, so it would tell a right guess from a wrong one."""
    own = made([], web=PASSWORD)
    async with own.browser() as client:
        for number in range(10):
            await client.get("/sources", headers=basic(f"guess {number}"))
        assert "Dans la maison" not in (await client.get("/sources", headers=basic("correct horse"))).text
        assert (await client.get("/operator", headers=basic("correct horse"))).status_code == 429


async def test_behind_a_public_address_without_a_password_the_operator_pages_stay_closed(
    made: Callable[..., Made],
) -> None:
    own = made(demo=True, web={"public_url": "https://vigie.example"})
    async with own.browser() as client:
        page = await client.get("/mailbox", headers={"host": "vigie.example"})
    assert page.status_code == 403
    assert "VIGIE_WEB__OPERATOR_PASSWORD" in page.text


async def test_cookies_of_a_site_served_by_https_never_travel_in_clear(made: Callable[..., Made]) -> None:
    own = made(web={"public_url": "https://vigie.example"})
    async with own.browser() as client:
        cookie = (await client.get("/sources", headers={"host": "vigie.example"})).headers["set-cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


@pytest.fixture
def index_gone(made: Callable[..., Made], monkeypatch: pytest.MonkeyPatch) -> Made:
    own = made([invented.notice(1, NOW)])

    def refuse(*_: object, **__: object) -> None:
        raise IndexUnavailable("gone")

    for name in ("search", "count"):
        monkeypatch.setattr(type(own.index), name, refuse)
    return own


async def test_an_index_that_is_down_is_told_in_a_sentence_and_notices_are_still_shown(index_gone: Made) -> None:
    async with index_gone.browser() as client:
        page = await client.get("/?text=abords")
        assert page.status_code == 503
        assert "L&#39;index de recherche ne répond pas" in page.text
        assert (await client.get("/api/notices")).status_code == 503
        assert (await client.get("/notices/be_bda:00000000-0000-4000-8000-000000000001")).status_code == 200


async def test_while_no_search_answers_the_question_is_kept_and_the_store_shows_what_was_read_last(
    index_gone: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices = type(index_gone.store.notices)
    found = index_gone.store.notices.get("be_bda:00000000-0000-4000-8000-000000000001")
    monkeypatch.setattr(notices, "lately_archived", lambda _, limit: [found][:limit])
    async with index_gone.browser() as client:
        page = await client.get("/?text=abords&natures=works")
        english = await client.get("/?text=abords", headers={"accept-language": "en"})
    assert page.status_code == 503
    assert page.headers["retry-after"] == "30"
    assert 'value="abords"' in page.text
    assert "nature travaux" in page.text
    assert "Derniers avis lus" in page.text
    assert "/notices/be_bda%3A00000000-0000-4000-8000-000000000001" in page.text.replace("be_bda:", "be_bda%3A")
    assert "Search is unavailable" in english.text


async def test_an_index_that_hangs_is_left_alone_for_a_while_so_that_other_pages_are_served(
    index_gone: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def hang(*_: object, **__: object) -> None:
        asked.append(True)
        raise IndexUnavailable("timed out")

    monkeypatch.setattr(type(index_gone.index), "search", hang)
    monkeypatch.setattr("web.services.SLOW", -1.0)  # every failure counts as a long one
    async with index_gone.browser() as client:
        for _ in range(3):
            assert (await client.get("/?text=abords")).status_code == 503
        assert len(asked) == 1
        assert (await client.get("/profiles/new?text=abords")).status_code == 200


async def test_a_store_that_is_down_is_told_in_a_sentence(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none", secret_key="x" * 40)
    async with browser(settings, Services(settings)) as client:
        page = await client.get("/sources")
        ready = await client.get("/readyz")
        lives = await client.get("/healthz")
    assert page.status_code == 503
    assert "La base de données de Vigie ne répond pas" in page.text
    assert (ready.status_code, lives.status_code) == (503, 200)


async def test_an_error_of_ours_is_a_page_in_the_language_of_the_person(
    made: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = made()
    monkeypatch.setattr("web.routes.sources.overview", lambda *_: 1 / 0)
    async with own.browser() as client:
        french = await client.get("/sources")
        english = await client.get("/sources", headers={"accept-language": "en-GB,en;q=0.9"})
    assert french.status_code == 500
    assert "Erreur de Vigie" in french.text
    assert "Error in Vigie" in english.text
    assert "ZeroDivision" not in french.text
    assert "frame-ancestors" in french.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/alerts/manage/x", "/mailbox", "/profiles/new?text=voirie"])
async def test_pages_of_one_person_are_kept_by_no_cache(site: httpx.AsyncClient, path: str) -> None:
    headers = (await site.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex"


async def test_a_site_that_starts_before_its_index_answers_as_soon_as_there_is_one(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "early")
    services = Services(settings)
    try:
        async with browser(settings, services) as client:
            assert (await client.get("/")).status_code == 503
            with open_index(settings, writable=True) as index:
                services.store.notices.save_many([Saving(notice=invented.notice(1, NOW))])
                drain(services.store, index, 10)
            assert "1 avis" in (await client.get("/")).text
    finally:
        services.close()


async def test_a_raw_payload_is_a_file_for_operators_and_nobody_else(made: Callable[..., Made]) -> None:
    own = made(web=PASSWORD)
    with Archive(own.settings.archive, own.settings.spool_dir, own.store.payloads) as archive:
        raw = archive.put(run_id="r", notice_id="be_bda:1", url="", payload=b"<script>", media_type="text/html", at=NOW)
    own.store.notices.save_many([Saving(notice=invented.notice(1, NOW, raw=raw.model_dump()))])
    address = "/operator/raw/be_bda:00000000-0000-4000-8000-000000000001"
    async with own.browser() as client:
        refused = await client.get(address)
        given = await client.get(address, headers=basic("correct horse"))
        assert (await client.get("/operator/quarantine/7", headers=basic("correct horse"))).status_code == 404
    assert refused.status_code == 401
    assert given.content == b"<script>"
    assert given.headers["content-disposition"].startswith("attachment")
