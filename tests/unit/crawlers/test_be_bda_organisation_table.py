"""The organisation table of the Belgian portal: fetched once a week, and again when what was kept of it is damaged."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any, cast

import pytest

from core import clock
from crawlers.contract import MemoryNotebook
from crawlers.engines.json_api import JsonService
from crawlers.portals.be_bda.organisations import KEPT_FOR, Organisations

URL = "https://portail.example/organisations"
PAGE = f"be_bda.organisations {URL}"


class Service:
    """Answers with one organisation."""

    def __init__(self) -> None:
        self.asked = 0

    async def get(self, _url: str) -> tuple[Any, None]:
        """The table."""
        self.asked += 1
        return [{"id": 7, "cbeNumber": "0203963680"}], None


def found(notebook: MemoryNotebook, service: Service) -> dict[str, Any] | None:
    return asyncio.run(Organisations(cast("JsonService", service), notebook, URL).find(7))


def test_the_table_is_asked_for_once_a_week() -> None:
    notebook, service = MemoryNotebook(), Service()
    for _ in range(2):
        assert found(notebook, service) == {"id": 7, "cbeNumber": "0203963680"}
    assert service.asked == 1
    with clock.frozen_at(clock.now() + KEPT_FOR + timedelta(minutes=1)):
        found(notebook, service)
    assert service.asked == 2


@pytest.mark.parametrize("damaged", [b"", b"[1, 2", b"[1, 2]", b"7", b"\xff\xfe"])
def test_a_damaged_table_is_told_and_asked_for_anew(damaged: bytes, caplog: pytest.LogCaptureFixture) -> None:
    notebook, service = MemoryNotebook(), Service()
    notebook.write(PAGE, damaged)
    with caplog.at_level(logging.WARNING):
        assert found(notebook, service) == {"id": 7, "cbeNumber": "0203963680"}
    assert "cannot be read; they are asked for anew" in caplog.text
    assert service.asked == 1
