"""A large crawl reads its payloads in a second process too; nothing else about it changes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from pipelines import reading
from pipelines.helper import Helper
from pipelines.reading import Read, Reader, Refusal
from simulated_portals.be_bda.server import make_portal
from store.records import SaveStatus, Saving
from tests.support.crawls import Installation, installation


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, make_portal(invented=150, seed=5)) as made:
        yield made


@pytest.fixture
def helpers(monkeypatch: pytest.MonkeyPatch) -> list[Helper]:
    """The helpers of a crawl that asks for help with its first notice, and reads the others when it has come."""
    started: list[Helper] = []
    start, read = Helper.start, Reader.read

    async def noted() -> Helper:
        started.append(await start())
        return started[-1]

    async def read_with_help(reader: Reader, payload: bytes, context: Parsing) -> Read | Refusal:
        if reader._calling is not None:  # a busy machine would have read all before a process is up
            await asyncio.wait({reader._calling})
        return await read(reader, payload, context)

    monkeypatch.setattr(Helper, "start", noted)
    monkeypatch.setattr(Reader, "read", read_with_help)
    monkeypatch.setattr(reading, "BUSY_SECONDS", -1)
    monkeypatch.setattr(reading, "BUSY_SHARE", -1)
    return started


def test_a_crawl_with_help_stores_what_a_crawl_without_stores(vigie: Installation, helpers: list[Helper]) -> None:
    report = vigie.crawl_open()
    assert report.complete
    assert len(helpers) == 1
    assert vigie.store.notices.count() == report.run.counts.new == report.run.counts.announced
    for stored in vigie.store.notices.iterate():
        assert vigie.store.notices.save(Saving(notice=stored.notice)).status is SaveStatus.UNCHANGED


def test_a_helper_that_is_killed_costs_nothing_but_time(
    vigie: Installation, helpers: list[Helper], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, asked = Helper.ask, 0

    async def killed_once(helper: Helper, call: tuple[object, ...]) -> object:
        nonlocal asked
        asked += 1
        if asked == 2:
            os.kill(helper.pid, signal.SIGKILL)
        return await ask(helper, call)

    monkeypatch.setattr(Helper, "ask", killed_once)
    report = vigie.crawl_open()
    assert report.complete
    assert report.run.counts.quarantined == 0
    assert vigie.store.notices.count() == report.run.counts.announced
    assert len(helpers) > 1
