"""`vigie quarantine` and `vigie replay`: what could not be read, and what is read again."""

from __future__ import annotations

import pytest

from crawlers.portals.be_bda import parse as parse_module
from simulated_portals.misbehaviour import BrokenXml
from tests.integration.test_replay_be_bda import better_parser
from tests.support.command import Vigie


def _with_one_broken(vigie: Vigie) -> str:
    """Crawl while the document of one open call is cut; its workspace id."""
    broken = next(
        item.workspace_id
        for item in vigie.control.catalogue.publications()
        if item.latest.read_xml and item.deadline and item.deadline > vigie.control.clock.local_now()
    )
    vigie.control.faults.start(BrokenXml(ids=(broken,), how="cut"))
    vigie("crawl", "be_bda", "--open")
    vigie.control.faults.clear()
    return broken


def test_what_cannot_be_read_is_listed_with_its_reason_and_discarded_by_hand(empty: Vigie) -> None:
    broken = _with_one_broken(empty)
    (held,) = empty.lines("quarantine", "list", "be_bda", "--json")
    assert held["native_id"] == broken
    assert held["reason"]
    assert broken in empty("quarantine", "list").stdout
    assert "quarantine" in empty("status", code=1).stdout
    result = empty("quarantine", "replay", code=1)
    assert f"be_bda:{broken}: still held" in result.stderr
    assert broken in empty("quarantine", "discard", str(held["id"])).stderr
    assert empty.lines("quarantine", "list", "--json") == []
    assert "discarded already" in empty("quarantine", "discard", str(held["id"]), code=1).stderr
    assert "99999" in empty("quarantine", "discard", "99999", code=1).stderr


def test_after_a_fix_quarantine_replay_brings_the_notice_back(empty: Vigie, monkeypatch: pytest.MonkeyPatch) -> None:
    good = parse_module.parse

    def poor(payload: bytes, context: object) -> object:
        raise parse_module.NoticeFormatError(parse_module.FormatReason.UNEXPECTED, "Not understood yet.")

    with monkeypatch.context() as patch:
        patch.setattr(parse_module, "parse", poor)
        empty("crawl", "be_bda", "--open")
    assert parse_module.parse is good
    held = empty.lines("quarantine", "list", "--json")
    assert held
    result = empty("quarantine", "replay", "be_bda")
    assert f"{len(held)} released, 0 still held." in result.stderr
    with empty.store() as store:
        assert store.match_queue.depth() == len(held)  # new to everyone


def test_a_replay_reports_before_it_writes_and_alerts_nobody(vigie: Vigie, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_module, "parse", better_parser)
    (report,) = vigie.lines("replay", "be_bda", "--json")
    assert report["different"] == report["read"] > 0
    assert report["revised"] == 0
    assert "nothing written" in vigie("replay", "be_bda").stderr
    assert f"{report['read']} revised." in vigie("replay", "be_bda", "--write").stderr
    with vigie.store() as store:
        assert store.match_queue.depth() == 0
        assert store.index_queue.depth() == report["read"]
    assert vigie.lines("replay", "be_bda", "--json")[0]["different"] == 0


def test_a_replay_of_what_is_not_there_is_no_success(vigie: Vigie) -> None:
    assert "0 payloads read" in vigie("replay", "--notice", "be_bda:nothing", code=1).stderr
    assert "0 payloads read" in vigie("replay", "--run", "nothing", code=1).stderr


def test_a_misspelt_portal_is_refused_by_every_command_that_takes_one(vigie: Vigie) -> None:
    for command in (("runs",), ("quarantine", "list"), ("quarantine", "replay"), ("replay",), ("crawl",)):
        assert "There is no portal be_bad" in vigie(*command, "be_bad", code=1).stderr
