"""What is logged while a portal is down: our own sentences, not the traces of libraries."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from core import logs
from core.http import answers

TRACES = ("scrapy.downloadermiddlewares.robotstxt", "scrapy.downloadermiddlewares.retry")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in list(logging.Logger.manager.loggerDict)}
    yield
    root.handlers[:], root.level = handlers, level
    for name in list(logging.Logger.manager.loggerDict):
        logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


@pytest.mark.parametrize("name", TRACES)
def test_a_portal_that_is_down_prints_no_traces_of_libraries(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    logging.getLogger(name).error("Gave up, with a hundred lines")
    logging.getLogger("crawlers.politeness").warning("The portal asks to wait.")
    logging.getLogger("scrapy.core.scraper").error("A fault in the pipelines")
    told = capsys.readouterr().err
    assert "hundred lines" not in told
    assert "The portal asks to wait." in told
    assert "A fault in the pipelines" in told


def test_who_asks_for_every_detail_gets_it(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("DEBUG")
    logging.getLogger(TRACES[0]).error("every line of it")
    assert "every line of it" in capsys.readouterr().err


def test_an_address_that_does_not_answer_is_a_plain_no(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="core.http"):
        assert not answers("http://127.0.0.1:1/", seconds=2.0, user_agent="Vigie (+test)")
    assert not [record for record in caplog.records if record.name == "core.http"]
