"""Pages that one machine opens in a browser and requests that another sends are of one budget of their host."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from simulated_portals.atexo_ma.server import make_portal as make_moroccan
from simulated_portals.be_bda.server import make_portal as make_belgian
from simulated_portals.messages import Answer, Request
from simulated_portals.running import running_portal
from tests.browser.test_be_bda_by_its_pages import APPLICATION
from tests.support.chromium import installed_chromium
from tests.support.machines import PATIENCE, machines

pytestmark = [pytest.mark.browser, pytest.mark.postgres]

DELAY = 0.1
NOTED = (
    "CREATE TABLE noted (number serial, free_at timestamptz)",
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN INSERT INTO noted (free_at) VALUES (NEW.next_free_at); RETURN NEW; END'",
    "CREATE TRIGGER noting AFTER UPDATE ON host_budgets FOR EACH ROW"
    " WHEN (NEW.next_free_at > OLD.next_free_at) EXECUTE FUNCTION note()",
)


def counting(portal: Any, asked: list[str], *, page: Callable[[str], bool] | None = None) -> Any:
    """Note what the portal is asked for; of a page, what its own script asks for is left out."""
    inner = portal.answer

    def answer(request: Request) -> Answer:
        opened = page is not None and page(request.path)
        if page is None or opened or request.path == "/robots.txt":
            asked.append(request.path)
        return Answer(200, APPLICATION, "text/html; charset=utf-8") if opened else inner(request)

    portal.answer = answer
    return portal


def test_pages_of_a_browser_and_requests_of_another_machine_take_turns_at_their_host(
    tmp_path: Path, postgres_url: str
) -> None:
    asked: list[str] = []
    belgian = counting(make_belgian(invented=6), asked, page=lambda path: path == "/bda" or path.endswith("/general"))
    moroccan = counting(make_moroccan(invented=6), asked)
    browser = {"PORTALS__BE_BDA__TRANSPORT": "browser", "CRAWL__CHROMIUM": str(installed_chromium())}
    with (
        running_portal(belgian) as first,
        running_portal(moroccan) as second,
        machines(
            tmp_path, postgres_url, {"be_bda": first.base_url, "ma_pmmp": second.base_url},
            CRAWL__DELAY=str(DELAY), **browser,
        ) as site,
    ):  # fmt: skip
        with site.store.database.write() as connection:
            for statement in NOTED:
                connection.execute(text(statement))
        crawls = {key: site.vigie(key, "crawl", key, "--open") for key in ("be_bda", "ma_pmmp")}
        for key, crawl in crawls.items():
            assert crawl.wait(PATIENCE) == 0, site.log(key)
        with site.store.database.read() as connection:
            hosts = connection.scalars(text("SELECT host FROM host_budgets")).all()
            free = list(connection.scalars(text("SELECT free_at FROM noted ORDER BY number")))
    assert hosts == ["127.0.0.1"]
    assert any(path.endswith("/general") for path in asked)
    assert len(free) == len(asked)  # every page and every request had a turn of the host's one budget
    assert all(later - before >= timedelta(seconds=DELAY) for before, later in pairwise(free))
