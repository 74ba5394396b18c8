"""`vigie new-portal`: a folder that works from the first moment, on an engine or from scratch."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlers import portals
from crawlers.contract import Parsing
from crawlers.portals import loading
from crawlers.portals.loading import read_definition
from simulated_portals.messages import Answer, Request, json_answer
from simulated_portals.misbehaviour import Misbehaviour
from simulated_portals.request_statistics import RequestStatistics
from tests.support.command import Vigie
from tests.support.crawls import portal_installation

GIVEN = ("--name", "Marchés de Lune", "--base-url", "https://lune.example", "--country", "FR", "--zone", "Europe/Paris")


class MoonPortal:
    """An invented portal that answers as the template's spider expects: a JSON list in pages, a JSON notice each."""

    key = "fr_lune"

    def __init__(self) -> None:
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.notices = [{"id": str(number), "title": f"Cratère {number}", "new key": 1} for number in range(25)]

    def kind_of(self, request: Request) -> str:
        return request.path.rpartition("/")[0]

    def answer(self, request: Request) -> Answer:
        if request.path == "/api/notices":
            start = 10 * (int(request.query["page"]) - 1)
            return json_answer({"total": len(self.notices), "notices": self.notices[start : start + 10]})
        found = [notice for notice in self.notices if request.path == f"/api/notices/{notice['id']}"]
        return json_answer(found[0]) if found else Answer(404, b"", None)

    def maintenance_page(self) -> Answer:
        return Answer(503, b"", None)

    def do(self, command: object) -> None:
        raise ValueError(str(command))


@pytest.fixture
def moon(empty: Vigie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that the command wrote, among the portals that Vigie finds."""
    empty("new-portal", "fr_lune", *GIVEN, "--folder", str(tmp_path / "portals"))
    monkeypatch.setattr(loading, "_FOLDER", tmp_path / "portals")
    monkeypatch.setattr("crawlers.portals.__path__", [*portals.__path__, str(tmp_path / "portals")])
    portals.load.cache_clear()
    yield tmp_path / "portals" / "fr_lune"
    portals.load.cache_clear()
    for name in [name for name in sys.modules if name.startswith("crawlers.portals.fr_lune")]:
        del sys.modules[name]


def test_a_portal_begun_from_scratch_can_be_crawled_at_once(moon: Path, tmp_path: Path) -> None:
    with portal_installation(tmp_path / "installation", "fr_lune", MoonPortal()) as vigie:  # type: ignore[type-var]
        report = vigie.crawl_open()
        assert report.complete
        assert (report.run.counts.announced, report.run.counts.new) == (25, 25)
        assert list(report.run.unread) == ["$.notice.new key"]
        assert vigie.crawl_open().run.counts.requests == 3 + 1  # the pages of the list, and robots.txt
        vigie.control.notices[3]["title"] = "Mare nubium"
        changed = vigie.crawl_open()
        assert (changed.run.counts.changed, changed.run.counts.unchanged) == (1, 24)
    unit = json.dumps({"row": {}, "notice": {"id": "7", "title": "Cratère"}}).encode()
    reading = portals.parser("fr_lune")(unit, Parsing("fr_lune", "https://lune.example"))
    assert (reading.notice.id, reading.notice.url) == ("fr_lune:7", "https://lune.example/7")


def test_a_portal_on_a_known_engine_is_configuration_alone(empty: Vigie, tmp_path: Path) -> None:
    engine = next(engine for key in portals.keys() if (engine := portals.load(key).engine))
    (path,) = empty("new-portal", "fr_lune", "--engine", engine, *GIVEN, "--folder", str(tmp_path)).stdout.split()
    portal = read_definition(Path(path))
    assert (portal.engine, portal.base_url, portal.licence.text) == (engine, "https://lune.example", "Not read yet.")
    assert portal.unverified


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("be_bda", *GIVEN), "there already"),
        (("Fr Lune", *GIVEN, "--folder", "x"), "key"),
        (("fr_lune", *GIVEN[:-1], "Europe/Lune", "--folder", "x"), "zone"),
        (("fr_lune", *GIVEN[2:], "--name", 'Lune"""\n', "--folder", "x"), "name"),
        (("fr_lune", *GIVEN, "--engine", "steam", "--folder", "x"), "no engine steam"),
    ],
)
def test_what_makes_no_sense_writes_nothing(
    empty: Vigie, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    assert told in empty("new-portal", *arguments, code=1).stderr
    assert not (tmp_path / "x").exists()


def test_odd_words_stay_words(empty: Vigie, tmp_path: Path) -> None:
    given = ("--name", "Norge: #1 {moon}", "--base-url", "https://lune.example", "--country", "NO")
    paths = empty("new-portal", "no", *given, "--zone", "Europe/Oslo", "--folder", str(tmp_path)).stdout.split()
    portal = read_definition(next(Path(path) for path in paths if path.endswith("portal.yml")))
    assert (portal.key, portal.country, portal.name["fr"]) == ("no", "NO", "Norge: #1 {moon}")
    for path in paths:
        if path.endswith(".py"):
            compile(Path(path).read_text(encoding="utf-8"), path, "exec")
