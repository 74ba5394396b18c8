"""`vigie probe`: few requests, all pages saved, every expectation checked, nothing stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import frozen_at
from crawlers import portals
from crawlers import settings as scrapy_settings
from crawlers.portals.definition import PageCheck, Unverified
from notices.model import Notice
from simulated_portals.misbehaviour import AnswerStatus, EmptyList, RenameKey
from tests.support.command import Vigie

NIGHT = datetime(2026, 11, 19, 0, 30, tzinfo=UTC)


def findings(vigie: Vigie, *arguments: str, code: int = 0) -> dict[str, dict[str, object]]:
    (report,) = vigie.lines("probe", "be_bda", *arguments, "--json", code=code)
    return {str(finding["what"]): finding for finding in report["findings"]}


def test_a_probe_of_a_portal_in_order_says_so_and_proposes_golden_files(empty: Vigie, tmp_path: Path) -> None:
    folder = tmp_path / "probe"
    (report,) = empty.lines("probe", "be_bda", "--folder", str(folder), "--json")
    assert all(finding["held"] is not False for finding in report["findings"])
    assert report["requests"] <= 10
    pages = [json.loads((folder / f"{name}.about.json").read_text()) for name in report["pages"]]
    assert all(page["url"].startswith(empty.portal.base_url) for page in pages)
    proposals = sorted(folder.glob("*.proposed.json"))
    assert len(proposals) == 2
    for proposal in proposals:
        notice = Notice.model_validate_json(proposal.read_text(encoding="utf-8"))
        assert notice.portal == "be_bda"
        assert proposal.with_name(proposal.name.replace(".proposed", ".payload")).is_file()
    with empty.store() as store:
        assert store.notices.count() == 0
        assert store.runs.latest("be_bda") is None


def test_a_probe_never_asks_more_than_it_was_allowed(empty: Vigie, tmp_path: Path) -> None:
    before = empty.control.statistics.as_json()["requests"]
    (report,) = empty.lines("probe", "be_bda", "--folder", str(tmp_path / "p"), "--requests", "5", "--json")
    assert report["requests"] == 5
    assert empty.control.statistics.as_json()["requests"] - before == 5


def test_a_portal_that_refuses_or_is_empty_fails_the_probe_by_name(empty: Vigie, tmp_path: Path) -> None:
    empty.control.faults.start(EmptyList())
    found = findings(empty, "--folder", str(tmp_path / "a"), code=1)
    assert found["at least 1 notices are announced"]["held"] is False
    empty.control.faults.clear()
    empty.control.faults.start(AnswerStatus(status=403))
    found = findings(empty, "--folder", str(tmp_path / "b"), code=1)
    assert found["the portal lets us in"]["held"] is False


def test_at_night_the_real_portal_is_left_alone_and_a_simulated_one_is_not(empty: Vigie, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    with frozen_at(NIGHT):
        empty("probe", "be_bda", "--folder", str(tmp_path / "simulated"))
        empty.unset("PORTALS__BE_BDA__BASE_URL")
        told = empty("probe", "be_bda", "--folder", str(folder), code=1).stderr
        assert "maintenance at night" in told
        assert "opens at 2026-11-19 05:00" in told
        assert not folder.exists()


def test_a_changed_answer_fails_the_probe_with_the_sentence(empty: Vigie, tmp_path: Path) -> None:
    empty.control.faults.start(RenameKey(old="totalCount", new="total"))
    found = findings(empty, "--folder", str(tmp_path / "a"), code=1)
    assert "totalCount" in str(found["the portal answers as its spider expects"]["detail"])


def test_what_was_never_verified_is_checked_on_the_saved_pages(
    empty: Vigie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unverified = (
        Unverified(what="rows", settle="-", check=PageCheck(page="search/publications", contains="referenceNumber")),
        Unverified(what="nothing", settle="-", check=PageCheck(page="search/publications", contains="no such text")),
        Unverified(what="by hand", settle="compare the two dates"),
    )
    changed = portals.load("be_bda").model_copy(update={"unverified": unverified})
    monkeypatch.setattr(portals, "load", lambda key: changed)
    found = findings(empty, "--folder", str(tmp_path / "a"), code=1)
    assert (found["rows"]["held"], found["nothing"]["held"], found["by hand"]["held"]) == (True, False, None)
    assert "compare the two dates" in str(found["by hand"]["detail"])


def test_an_answer_that_is_asked_for_again_is_saved_too(empty: Vigie, tmp_path: Path) -> None:
    empty.control.faults.start(AnswerStatus(status=429, times=1, path="search"))
    folder = tmp_path / "a"
    found = findings(empty, "--folder", str(folder), code=1)
    assert "429" in str(found["the portal lets us in"]["detail"])
    assert len(list(folder.glob("*-429-*.about.json"))) == 1


def test_a_probe_opens_pages_as_the_crawls_of_the_portal_do(
    empty: Vigie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    as_dict = scrapy_settings.as_dict

    def noted(transport: str = "http") -> dict[str, object]:
        asked.append(transport)
        return as_dict("http")

    monkeypatch.setattr(scrapy_settings, "as_dict", noted)
    changed = portals.load("be_bda").model_copy(update={"transport": "browser"})
    monkeypatch.setattr(portals, "load", lambda key: changed)
    findings(empty, "--folder", str(tmp_path / "a"), code=1)  # the simulated portal has no pages
    assert asked == ["browser"]
