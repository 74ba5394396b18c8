"""The browser transport alone: what it fetches, where it goes, what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy import Request
from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
)
from scrapy.settings import Settings as ScrapySettings

from core.settings import CrawlSettings
from crawlers.contract import LayoutError, PortalDown
from crawlers.engines.browser import VISIT, Visit, chromium
from crawlers.engines.browser.handler import BrowserDownloadHandler
from crawlers.portals import load
from simulated_portals.messages import Answer, JsonValue, json_answer
from simulated_portals.messages import Request as Asked
from simulated_portals.misbehaviour import AnswerStatus, CutBody, Hang, Misbehaviour
from simulated_portals.request_statistics import RequestStatistics
from simulated_portals.running import RunningPortal, running_portal
from tests.support.chromium import descendants, installed_chromium

pytestmark = pytest.mark.browser

HTML = "text/html; charset=utf-8"
BUILT = (
    "<html><body><main></main><script>setTimeout(() => {{"
    "document.querySelector('main').innerHTML = '<p id=done>Page {number}</p>'; }}, 5)</script></body></html>"
)


@dataclass
class Stage:
    """A portal of a few pages."""

    key: str = "stage"
    faults: Misbehaviour = field(default_factory=Misbehaviour)
    statistics: RequestStatistics = field(default_factory=RequestStatistics)
    pages: dict[str, Answer] = field(default_factory=dict)
    seen: list[Asked] = field(default_factory=list)
    shown: threading.Event = field(default_factory=threading.Event)

    def kind_of(self, request: Asked) -> str:
        return "page"

    def maintenance_page(self) -> Answer:
        return Answer(503)

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        raise ValueError("no commands")

    def answer(self, request: Asked) -> Answer:
        self.seen.append(request)
        if request.path == "/shown":
            self.shown.set()
        if request.path.startswith("/built/"):
            return Answer(200, BUILT.format(number=request.path.rsplit("/", 1)[-1]).encode(), HTML)
        return self.pages.get(request.path, Answer(404, b"<html><body>none</body></html>", HTML))


def page(content: str, **headers: str) -> Answer:
    return Answer(200, f"<html><body>{content}</body></html>".encode(), HTML, tuple(headers.items()))


@pytest.fixture
def stage() -> Iterator[RunningPortal[Stage]]:
    with running_portal(Stage()) as running:
        yield running


Opened = Callable[..., BrowserDownloadHandler]


@pytest.fixture
async def opened(stage: RunningPortal[Stage]) -> AsyncIterator[Opened]:
    """Makes handlers for the stage, and closes them."""
    made: list[BrowserDownloadHandler] = []

    def make(*, timeout: float = 20, largest: int = 0, browser: Path | None = None) -> BrowserDownloadHandler:
        spider = SimpleNamespace(
            portal=load("fr_achatpublic").at(stage.base_url),
            crawl_settings=CrawlSettings(chromium=browser or installed_chromium()),
        )
        settings = ScrapySettings({"DOWNLOAD_TIMEOUT": timeout, "DOWNLOAD_MAXSIZE": largest})
        made.append(BrowserDownloadHandler(SimpleNamespace(spider=spider, settings=settings)))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for handler in made:
        await handler.close()


def asking(stage: RunningPortal[Stage], path: str, **more: object) -> Request:
    headers = {"User-Agent": "Vigie/0 (+https://contact.example)"}
    return Request(stage.base_url + path, headers={**headers, **more.pop("headers", {})}, **more)  # type: ignore[dict-item]


def browser_processes() -> list[int]:
    return [number for number, line in descendants() if "chrom" in line.split("\0")[0].rsplit("/", 1)[-1]]


@pytest.mark.slow
async def test_two_hundred_pages_leave_one_page_one_context_and_no_more_processes(
    stage: RunningPortal[Stage], opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "VISITS_PER_BROWSER", 80)
    handler = opened()
    counted = []
    for number in range(200):
        wanted = {VISIT: Visit(until="#done")} if number % 5 == 0 else {}
        response = await handler.download_request(asking(stage, f"/built/{number}", meta=wanted))
        assert response.status == 200
        assert (b'id="done"' in response.body) is bool(wanted)
        browser = handler.chromium.running
        if number % 40 == 39 and browser is not None:
            assert [len(context.pages) for context in browser.contexts] == [1]
            counted.append(len(browser_processes()))
    assert handler.chromium.starts >= 3
    assert max(counted) <= counted[0] + 2, counted
    await handler.close()
    assert browser_processes() == []


async def test_what_no_parser_reads_is_not_fetched(stage: RunningPortal[Stage], opened: Opened) -> None:
    stage.control.pages["/rich"] = page(
        '<link rel="stylesheet" href="/main.css"><img src="/photo.png"><video src="/film.mp4" autoplay></video>'
        '<style>@font-face{font-family:x;src:url(/font.woff2)} p{font-family:x}</style><p>a</p><script src="/app.js">'
        '</script><script>navigator.sendBeacon("/beacon")</script>'
    )
    stage.control.pages["/app.js"] = Answer(200, b"document.body.id = 'done'", "text/javascript")
    await opened().download_request(asking(stage, "/rich", meta={VISIT: Visit(until="#done")}))
    asked = {request.path for request in stage.control.seen} - {"/favicon.ico"}
    assert asked == {"/rich", "/app.js"}


async def test_a_redirection_to_another_host_is_not_followed(stage: RunningPortal[Stage], opened: Opened) -> None:
    elsewhere = stage.base_url.replace("127.0.0.1", "localhost") + "/secret"
    stage.control.pages["/away"] = Answer(302, b"", None, (("location", elsewhere),))
    with pytest.raises(LayoutError, match="another host, localhost"):
        await opened().download_request(asking(stage, "/away"))
    assert stage.statistics.requests_to("/secret") == 0


async def test_a_script_reaches_no_other_host_and_leads_nowhere_else(
    stage: RunningPortal[Stage], opened: Opened
) -> None:
    elsewhere = stage.base_url.replace("127.0.0.1", "localhost") + "/secret"
    stage.control.pages["/sly"] = page(
        f"<script>const there = '{elsewhere}'; fetch(there).catch(() => 0); window.open(there);"
        "const frame = document.createElement('iframe'); frame.src = there; document.body.append(frame);"
        "setTimeout(() => { document.body.id = 'done'; }, 50)</script>"
    )
    await opened().download_request(asking(stage, "/sly", meta={VISIT: Visit(until="#done")}))
    assert stage.statistics.requests_to("/secret") == 0


async def test_an_address_that_is_not_the_portals_is_not_opened(stage: RunningPortal[Stage], opened: Opened) -> None:
    with pytest.raises(LayoutError, match="not on the portal's host"):
        await opened().download_request(Request("http://localhost:1/x"))


async def test_a_file_to_download_is_refused(stage: RunningPortal[Stage], opened: Opened) -> None:
    stage.control.pages["/file"] = Answer(
        200, b"PK", "application/zip", (("content-disposition", "attachment; filename=x.zip"),)
    )
    with pytest.raises(LayoutError, match="file to download"):
        await opened().download_request(asking(stage, "/file"))


async def test_a_page_that_hangs_is_left_and_the_next_one_is_opened(
    stage: RunningPortal[Stage], opened: Opened
) -> None:
    handler = opened(timeout=8)
    await handler.download_request(asking(stage, "/built/1"))
    stage.control.faults.start(Hang(seconds=60, path="/built/2"))
    with pytest.raises(DownloadTimeoutError):
        await handler.download_request(asking(stage, "/built/2"))
    stage.control.faults.clear()
    assert b"</html>" in (await handler.download_request(asking(stage, "/built/3"))).body


async def test_a_script_that_never_ends_is_left_too(stage: RunningPortal[Stage], opened: Opened) -> None:
    stage.control.pages["/busy"] = page("<script>setTimeout(() => { for (;;) {} }, 0)</script>")
    handler = opened(timeout=8)
    with pytest.raises(DownloadTimeoutError):
        await handler.download_request(asking(stage, "/busy", meta={VISIT: Visit(until="#done")}))
    assert (await handler.download_request(asking(stage, "/built/3"))).status == 200


async def test_a_browser_that_dies_is_started_again(stage: RunningPortal[Stage], opened: Opened) -> None:
    handler = opened()
    await handler.download_request(asking(stage, "/built/1"))
    for number in browser_processes():
        os.kill(number, signal.SIGKILL)
    for _ in range(2):
        try:
            response = await handler.download_request(asking(stage, "/built/2"))
            break
        except DownloadFailedError:
            continue
    assert response.status == 200
    assert handler.chromium.starts == 2


async def test_a_page_that_crashes_counts_as_a_lost_connection(stage: RunningPortal[Stage], opened: Opened) -> None:
    handler = opened()
    stage.control.pages["/crash"] = page("<script>fetch('/shown')</script>")
    request = asking(stage, "/crash", meta={VISIT: Visit(until="#never")})
    opening = asyncio.create_task(handler.download_request(request))
    assert await asyncio.to_thread(stage.control.shown.wait, 20)
    for number, line in descendants():
        if "--type=renderer" in line:
            os.kill(number, signal.SIGKILL)
    with pytest.raises(DownloadFailedError):
        await opening
    assert (await handler.download_request(asking(stage, "/built/2"))).status == 200


async def test_a_page_that_breaks_off_is_told_from_a_whole_one(stage: RunningPortal[Stage], opened: Opened) -> None:
    stage.control.pages["/long"] = page("<p id='done'>x</p>" + "word " * 5000)
    stage.control.faults.start(CutBody(path="/long"))
    with pytest.raises((ResponseDataLossError, DownloadFailedError)):
        await opened().download_request(asking(stage, "/long", meta={VISIT: Visit(until="#done")}))


async def test_a_page_cut_short_is_handed_out_as_it_came(stage: RunningPortal[Stage], opened: Opened) -> None:
    stage.control.pages["/long"] = page("<p id='done'>x</p>" + "word " * 5000)
    stage.control.faults.start(CutBody(how="payload", path="/long"))
    response = await opened().download_request(asking(stage, "/long", meta={VISIT: Visit(until="#done")}))
    assert not response.body.rstrip().endswith(b"</html>")


async def test_an_error_without_a_page_keeps_its_status_and_its_wait(
    stage: RunningPortal[Stage], opened: Opened
) -> None:
    stage.control.faults.start(AnswerStatus(status=503, retry_after=7))
    response = await opened().download_request(asking(stage, "/built/1", meta={VISIT: Visit(until="#done")}))
    assert (response.status, response.body, response.headers[b"Retry-After"]) == (503, b"", b"7")


async def test_a_form_a_session_and_the_user_agent_travel_as_in_a_plain_request(
    stage: RunningPortal[Stage], opened: Opened
) -> None:
    stage.control.pages["/form"] = page("ok", **{"set-cookie": "second=2; Path=/"})
    request = asking(
        stage,
        "/form",
        method="POST",
        body=b"a=1&b=%E9",
        headers={"Cookie": "first=1", "Content-Type": "application/x-www-form-urlencoded"},
    )
    response = await opened().download_request(request)
    asked = next(item for item in stage.control.seen if item.path == "/form")
    assert (asked.method, asked.body, asked.headers["cookie"]) == ("POST", b"a=1&b=%E9", "first=1")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["user-agent"] == "Vigie/0 (+https://contact.example)"
    assert b"second=2; Path=/" in response.headers.getlist(b"Set-Cookie")


async def test_cookies_of_one_session_are_not_another_ones(stage: RunningPortal[Stage], opened: Opened) -> None:
    handler = opened()
    stage.control.pages["/form"] = page("ok", **{"set-cookie": "mine=1; Path=/"})
    await handler.download_request(asking(stage, "/form"))
    await handler.download_request(asking(stage, "/built/1"))
    assert "cookie" not in next(item for item in stage.control.seen if item.path == "/built/1").headers


async def test_the_answer_that_a_page_itself_receives_is_handed_out(
    stage: RunningPortal[Stage], opened: Opened
) -> None:
    stage.control.pages["/search"] = page("<script>fetch('/api/list?x=1')</script>")
    stage.control.pages["/api/list"] = json_answer({"totalCount": 3})
    response = await opened().download_request(asking(stage, "/search", meta={VISIT: Visit(receives="/api/list")}))
    assert response.body == b'{"totalCount":3}'
    assert b"json" in response.headers[b"Content-Type"]


async def test_a_page_that_is_too_large_is_refused(stage: RunningPortal[Stage], opened: Opened) -> None:
    with pytest.raises(DownloadCancelledError):
        await opened(largest=50).download_request(asking(stage, "/built/1"))


async def test_a_portal_that_refuses_connections_is_told_like_any_other(opened: Opened) -> None:
    handler = opened()
    handler.reach = handler.reach.of(("http://127.0.0.1:9",))
    with pytest.raises((DownloadConnectionRefusedError, DownloadFailedError)):
        await handler.download_request(Request("http://127.0.0.1:9/"))


async def test_a_browser_that_is_not_there_is_told_in_words(stage: RunningPortal[Stage], opened: Opened) -> None:
    with pytest.raises(PortalDown, match="Chromium could not be started"):
        await opened(browser=Path("/nowhere/chromium")).download_request(asking(stage, "/built/1"))
