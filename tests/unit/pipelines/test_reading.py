"""Where a payload is read changes nothing but the time."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from notices.versions import payload_digest
from pipelines import reading
from pipelines.helper import Helper, HelperDied
from pipelines.reading import Read, Reader, Refusal
from tests.support.parsers import DEADLY, STUCK, Unreadable, log_level, parse

ROOT = Path(__file__).parents[3]


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crawl that asks for help at once."""
    monkeypatch.setattr(reading, "BUSY_SECONDS", -1)
    monkeypatch.setattr(reading, "BUSY_SHARE", -1)


def read_all(payloads: list[bytes]) -> list[Read | Refusal]:
    """Read payloads side by side, after help has come where it is asked for."""

    async def run() -> list[Read | Refusal]:
        reader = Reader(parse)
        try:
            await reader.read(b"first", Parsing("be_bda", "", "first"))
            await reader.read(b"second", Parsing("be_bda", "", "second"))
            if reader._calling is not None:
                await asyncio.wait({reader._calling})
            asked = (reader.read(payload, Parsing("be_bda", "", str(n))) for n, payload in enumerate(payloads))
            return await asyncio.gather(*asked)
        finally:
            await reader.close()

    return asyncio.run(run())


def title(found: Read | Refusal) -> str:
    assert isinstance(found, Read)
    return found.reading.notice.title["fr"]


def test_every_payload_gets_its_own_answer_with_help_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    payloads = [f"avis {number}".encode() for number in range(50)]
    alone = read_all(payloads)
    monkeypatch.setattr(reading, "BUSY_SECONDS", -1)
    monkeypatch.setattr(reading, "BUSY_SHARE", -1)
    helped = read_all(payloads)
    assert [title(found) for found in helped] == [payload.decode() for payload in payloads]
    assert alone == helped
    assert all(isinstance(found, Read) and found.digest == payload_digest(found.reading.notice) for found in alone)


def test_a_polite_crawl_starts_no_second_process(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unexpected() -> Helper:
        raise AssertionError("nobody asked for help")

    monkeypatch.setattr(Helper, "start", unexpected)
    found = read_all([b"avis"] * 20)
    assert len(found) == 20


@pytest.mark.usefixtures("busy")
def test_a_payload_that_its_parser_refuses_is_refused_with_the_same_sentence_there() -> None:
    found = read_all([b"bad", b"avis"])
    assert isinstance(found[0], Refusal)
    assert str(found[0]) == "unexpected: The parser failed: ValueError: this is bad"
    assert title(found[1]) == "avis"


@pytest.mark.usefixtures("busy")
def test_without_a_second_process_the_crawl_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    found = read_all([b"avis"] * 20)
    assert [title(one) for one in found] == ["avis"] * 20


@pytest.mark.usefixtures("busy")
def test_a_payload_that_ends_the_process_is_refused_and_the_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.helper.IN_HAND", 100)  # nothing deadly is read here
    found = read_all([b"avis 0", DEADLY, b"avis 2", b"avis 3"])
    assert [title(found[place]) for place in (0, 2, 3)] == ["avis 0", "avis 2", "avis 3"]
    assert isinstance(found[1], Refusal)
    assert "ended the process" in found[1].reason


@pytest.mark.usefixtures("busy")
def test_a_payload_that_its_parser_never_ends_with_is_refused_and_the_others_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipelines.helper.IN_HAND", 100)
    monkeypatch.setattr("pipelines.helper.LONGEST_CALL", 1)
    found = read_all([b"avis 0", STUCK, b"avis 2"])
    assert [title(found[place]) for place in (0, 2)] == ["avis 0", "avis 2"]
    assert isinstance(found[1], Refusal)


def test_an_answer_that_cannot_be_read_is_an_ended_process_and_no_endless_waiting() -> None:
    async def run() -> None:
        helper = await Helper.start()
        try:
            with pytest.raises(HelperDied):
                await helper.ask((Unreadable,))
            with pytest.raises(HelperDied):
                await helper.ask((os.getpid,))
        finally:
            await helper.close()

    asyncio.run(run())


def test_the_second_process_logs_as_the_first_one_does(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> int:
        helper = await Helper.start()
        try:
            return int(await helper.ask((log_level,)))
        finally:
            await helper.close()

    for level in (logging.DEBUG, logging.ERROR):
        caplog.set_level(level)
        assert asyncio.run(run()) == level


def test_a_helper_leaves_with_the_process_that_started_it() -> None:
    script = (
        "import asyncio, os\n"
        "from pipelines.helper import Helper\n"
        "async def run():\n"
        "    helper = await Helper.start()\n"
        "    print(await helper.ask((os.getpid,)), flush=True)\n"
        "    await asyncio.sleep(3600)\n"
        "asyncio.run(run())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        helper = int(parent.stdout.readline())
        watch = os.pidfd_open(helper)
        parent.send_signal(signal.SIGKILL)
    try:
        ended, _, _ = select.select([watch], [], [], 30)  # readable when its process is over
        assert ended
    finally:
        os.close(watch)
