"""Chromium on a real server: store, index, mail sink and deliverer on loopback, as in the demonstration."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from alerts.mailbox import MailSink, mailbox_of
from alerts.outbox import deliver_due
from core import clock
from core.settings import Settings
from search import open_index
from search.indexer import drain_all
from store import Store
from store.records import Saving
from tests.unit.web import invented
from web.app import create_app
from web.services import Services

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass
class Demonstration:
    """A served demonstration."""

    url: str
    settings: Settings
    store: Store

    def deliver(self) -> None:
        """Hand over every mail that is due, in a thread: Playwright's event loop occupies this one."""
        with ThreadPoolExecutor(1) as worker:
            worker.submit(deliver_due, self.store, self.settings, clock.now()).result(timeout=60)


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """A site on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        folder = tmp_path_factory.mktemp("demonstration")
        with MailSink(mailbox_of(Settings(data_dir=folder)).folder) as sink:
            settings = Settings(data_dir=folder, demo=True, web={"port": port}, smtp={"port": sink.port})
            with Store.open(settings) as store, open_index(settings, writable=True) as index:
                store.notices.save_many([Saving(notice=notice) for notice in invented.everything(clock.now())])
                drain_all(store, index)
                services = Services(settings, store, index)
                with _served(settings, services, listening):
                    yield Demonstration(settings.public_url, settings, store)


class _served:
    """Serve in a thread inside the block."""

    def __init__(self, settings: Settings, services: Services, listening: socket.socket) -> None:
        app = create_app(settings, services)
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listening]}, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright itself; its loop must end with the module, or no test after it could run one of its own."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The Chromium of VIGIE_TEST_CHROMIUM, of the system, or of Playwright; skipped when there is none."""
    named = os.environ.get("VIGIE_TEST_CHROMIUM") or "/usr/bin/chromium"
    path = named if Path(named).exists() else None
    try:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
    except Error as error:
        sentence = f"Chromium is missing: install it or set VIGIE_TEST_CHROMIUM ({str(error).splitlines()[0]})"
        pytest.skip(sentence)
    yield browser
    browser.close()


def _context(browser: Browser, site: Demonstration, width: int, **options: bool) -> BrowserContext:
    return browser.new_context(
        base_url=site.url,
        locale="fr-BE",
        viewport={"width": width, "height": 800},
        java_script_enabled=options.get("script", True),
    )


def _watched(page: Page) -> list[str]:
    """What the page complains about: blocked content, script errors."""
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return problems


@pytest.fixture
def page(chromium: Browser, demonstration: Demonstration) -> Iterator[Page]:
    """A tab on a desk; a complaint of the browser fails the test."""
    expect.set_options(timeout=10_000)
    with _context(chromium, demonstration, 1280) as context:
        tab = context.new_page()
        problems = _watched(tab)
        yield tab
        assert problems == []


@pytest.fixture
def phone(chromium: Browser, demonstration: Demonstration) -> Iterator[Page]:
    """A tab on a small screen."""
    with _context(chromium, demonstration, 360) as context:
        yield context.new_page()


@pytest.fixture
def scriptless(chromium: Browser, demonstration: Demonstration) -> Iterator[Page]:
    """A tab without JavaScript."""
    with _context(chromium, demonstration, 1280, script=False) as context:
        yield context.new_page()
