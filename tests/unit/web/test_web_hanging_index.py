"""A search engine that hangs takes few threads of the site and is soon left alone, whoever asks it for what."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import NoReturn

import httpx
import pytest

from alerts import links, owed
from search.errors import IndexUnavailable
from search.query import NoticeQuery
from store.records import Profile
from tests.unit.web import invented
from tests.unit.web.conftest import NOW, Made, browser
from tests.unit.web.test_web_alerts import hidden
from web.services import AT_ONCE

ROADS = NoticeQuery.open_calls(text="voirie")
PER_WAY = 30


@dataclass
class Asked:
    """What is asked of an engine that hangs until it gives up."""

    names: list[str] = field(default_factory=list)
    inside: int = 0
    most: int = 0
    full: threading.Event = field(default_factory=threading.Event)
    gives_up: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hang(self, name: str) -> NoReturn:
        """As long as a time-out; the guard is for a site that lets everybody in."""
        with self._lock:
            self.names.append(name)
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside == AT_ONCE:
                self.full.set()
        self.gives_up.wait(30)
        with self._lock:
            self.inside -= 1
        raise IndexUnavailable("no answer in 8 s")


@pytest.fixture
def own(made: Callable[..., Made]) -> Made:
    """A site with a notice."""
    return made([invented.call_for_roads(NOW)])


@pytest.fixture
def asked(own: Made, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What reaches the engine of the site, which hangs; every failure counts as a long one."""
    found = Asked()
    for name in ("search", "scan", "count"):
        monkeypatch.setattr(type(own.index), name, lambda *_, _name=name, **__: found.hang(_name))
    monkeypatch.setattr("web.services.SLOW", -1.0)
    return found


@pytest.fixture
def alerts(own: Made) -> list[Profile]:
    """Alerts of one confirmed owner."""
    owner = own.store.profiles.ensure_owner("anne@entreprise.example", "fr", "Europe/Brussels", 7, (0,))
    own.store.profiles.confirm_owner(owner.id, NOW)
    return [own.store.profiles.create(owner.id, f"Voirie {number}", ROADS.to_dict()) for number in range(PER_WAY)]


@dataclass
class Page:
    """The page of an owner, in a browser."""

    client: httpx.AsyncClient
    base: str
    token: str

    async def edit(self, profile: Profile, words: str) -> int:
        """Change what an alert looks for; the status of the answer."""
        form = {"token": self.token, "name": profile.name, "search": words}
        return (await self.client.post(f"{self.base}/profiles/{profile.id}/edit", data=form)).status_code

    async def search(self, words: str) -> int:
        """Look at the search page; the status of the answer."""
        return (await self.client.get("/", params={"text": words})).status_code


async def opened(client: httpx.AsyncClient, own: Made, alerts: list[Profile]) -> Page:
    base = f"/alerts/manage/{links.manage_token(own.settings, alerts[0].owner_id)}"
    return Page(client, base, hidden(await client.get(base), "token"))


@pytest.fixture
async def page(own: Made, alerts: list[Profile]) -> AsyncIterator[Page]:
    """The page of the owner of the alerts."""
    async with own.browser() as client:
        yield await opened(client, own, alerts)


async def test_a_hanging_engine_holds_no_more_than_twenty_threads_of_searches_and_alerts_together(
    page: Page, alerts: list[Profile], asked: Asked
) -> None:
    edits = [asyncio.create_task(page.edit(profile, "égouts")) for profile in alerts]
    searches = [asyncio.create_task(page.search(str(number))) for number in range(PER_WAY)]
    answers = asyncio.as_completed([*edits, *searches])
    try:
        early = [await next(answers) for _ in range(2 * PER_WAY - AT_ONCE)]
        assert await asyncio.to_thread(asked.full.wait, 30)  # the last of them may still be on their way
    finally:
        asked.gives_up.set()
        late = [await answer for answer in answers]
    assert (asked.most, len(asked.names)) == (AT_ONCE, AT_ONCE)
    assert sorted([*early, *late]) == [303] * PER_WAY + [503] * PER_WAY


async def test_an_alert_that_waited_in_vain_lets_the_engine_rest_for_searches_and_alerts(
    own: Made, page: Page, alerts: list[Profile], asked: Asked
) -> None:
    asked.gives_up.set()
    assert [await page.edit(profile, "égouts") for profile in alerts[:3]] == [303] * 3
    assert await page.search("égouts") == 503
    assert asked.names == ["scan"]
    assert all(owed.any_owed(own.store, [profile]) for profile in alerts[:3])


async def test_a_search_that_waited_in_vain_lets_the_engine_rest_for_alerts(
    own: Made, page: Page, alerts: list[Profile], asked: Asked
) -> None:
    asked.gives_up.set()
    assert await page.search("égouts") == 503
    assert await page.edit(alerts[0], "égouts") == 303
    done = await page.client.post(f"{page.base}/profiles/{alerts[1].id}/pause", data={"token": page.token})
    resumed = await page.client.post(f"{page.base}/profiles/{alerts[1].id}/resume", data={"token": page.token})
    assert (done.status_code, resumed.status_code) == (303, 303)
    assert asked.names == ["search"]
    assert all(owed.any_owed(own.store, [profile]) for profile in alerts[:2])


async def test_a_query_that_is_offered_to_a_hanging_cluster_in_vain_is_the_only_thing_asked_of_it(
    own: Made, alerts: list[Profile], asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Matcher:
        def check(self, _: NoticeQuery) -> None:
            asked.hang("check")

        def close(self) -> None:
            pass

    monkeypatch.setattr("alerts.watchable.new_matcher", lambda _: Matcher())
    asked.gives_up.set()
    on_cluster = own.settings.search.model_copy(update={"urls": ("http://127.0.0.1:9",)})
    settings = own.settings.model_copy(update={"search": on_cluster})
    async with browser(settings, own.services) as client:
        page = await opened(client, own, alerts)
        assert [await page.edit(profile, "égouts") for profile in alerts[:2]] == [303] * 2
        form = {"token": page.token, "query": ROADS.to_url(), "name": "Voirie de plus"}
        assert (await client.post(f"{page.base}/profiles", data=form)).status_code == 303
        assert await page.search("égouts") == 503
    assert asked.names == ["check"]
    assert len(own.store.profiles.of_owner(alerts[0].owner_id)) == PER_WAY + 1
