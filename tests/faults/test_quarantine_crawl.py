"""Payloads that cannot be read: kept with the reason, and brought back after a fix."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from crawlers.portals.be_bda import parse as parse_module
from notices.formats.eforms import FormatReason, NoticeFormatError
from pipelines import quarantine
from simulated_portals.be_bda.server import make_portal
from simulated_portals.misbehaviour import BrokenXml, RenameKey
from store.records import Origin, QuarantineState, RunState
from tests.support.crawls import Installation, installation

TODAY = date(2026, 11, 18)
"""The portal's day: invented notices follow from it."""


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, make_portal(invented=120, seed=11, today=TODAY)) as made:
        yield made


def breakable(vigie: Installation) -> tuple[str, int]:
    """A workspace of the busiest day that has a document, and the number of notices of that day."""
    day, listed = vigie.busiest_day()
    of_day = (item for item in vigie.control.catalogue.publications() if item.publication_date == day)
    found = next(item for item in of_day if item.latest.read_xml)
    return found.workspace_id, listed


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("cut", ("cut", "not-xml")),
        ("billion_laughs", ("entities",)),
        ("wrong_encoding", ("encoding", "not-xml")),
        ("huge", ("too-large",)),
    ],
)
def test_a_hostile_document_waits_in_quarantine_with_the_reason_and_the_run_goes_on(
    vigie: Installation, how: str, reason: tuple[str, ...]
) -> None:
    broken, listed = breakable(vigie)
    vigie.control.faults.start(BrokenXml(ids=(broken,), how=how))  # type: ignore[arg-type]
    report = vigie.crawl(vigie.busiest_day()[0])
    window = report.windows[0]
    assert report.run.state is RunState.FINISHED
    assert (window.stored, window.quarantined) == (listed - 1, 1)
    assert report.complete
    (held,) = quarantine.held(vigie.store, "be_bda")
    assert held.native_id == broken
    assert held.reason.partition(": ")[0] in reason
    assert broken.encode() in vigie.archive.read(held.raw)


def test_an_answer_over_the_limit_waits_in_quarantine(tmp_path: Path) -> None:
    limits = {"max_response_bytes": 1_000_000}
    with installation(tmp_path, make_portal(invented=120, seed=11, today=TODAY), crawl=limits) as vigie:
        broken, _ = breakable(vigie)
        vigie.control.faults.start(BrokenXml(ids=(broken,), how="huge"))
        report = vigie.crawl(vigie.busiest_day()[0])
        assert report.complete
        assert report.windows[0].quarantined == 1
        assert "more than is accepted" in quarantine.held(vigie.store)[0].reason


def test_a_document_that_is_whole_again_releases_what_was_held(vigie: Installation) -> None:
    broken, _ = breakable(vigie)
    vigie.control.faults.start(BrokenXml(ids=(broken,), how="cut"))
    vigie.crawl(vigie.busiest_day()[0])
    vigie.control.faults.clear()
    vigie.crawl(vigie.busiest_day()[0])
    assert quarantine.held(vigie.store) == []
    assert vigie.store.notices.get(f"be_bda:{broken}") is not None


def test_a_payload_comes_back_after_the_parser_is_fixed_and_is_new_to_everyone(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, _ = breakable(vigie)
    mended = parse_module.parse

    def blind(payload: bytes, context: object) -> object:
        if broken.encode() in payload:
            raise NoticeFormatError(FormatReason.UNEXPECTED, "This parser does not know this.", path="row.dossier")
        return mended(payload, context)  # type: ignore[arg-type]

    monkeypatch.setattr(parse_module, "parse", blind)
    vigie.crawl(vigie.busiest_day()[0])
    (held,) = quarantine.held(vigie.store)
    assert held.path == "row.dossier"
    unfixed = quarantine.replay(vigie.settings, vigie.store, vigie.archive)
    assert [still.entry.id for still in unfixed.still_held] == [held.id]
    monkeypatch.setattr(parse_module, "parse", mended)
    report = quarantine.replay(vigie.settings, vigie.store, vigie.archive, portal="be_bda")
    assert [outcome.notice_id for outcome in report.released] == [f"be_bda:{broken}"]
    assert quarantine.held(vigie.store) == []
    queued = {row.notice_id: row.origin for row in vigie.store.match_queue.take(1000)}
    assert queued[f"be_bda:{broken}"] is Origin.RELEASE


def test_a_parser_that_fails_on_one_payload_does_not_end_the_run(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, listed = breakable(vigie)
    whole = parse_module.parse

    def failing(payload: bytes, context: object) -> object:
        return 1 / 0 if broken.encode() in payload else whole(payload, context)  # type: ignore[arg-type]

    monkeypatch.setattr(parse_module, "parse", failing)
    report = vigie.crawl(vigie.busiest_day()[0])
    assert report.windows[0].stored == listed - 1
    assert "ZeroDivisionError" in quarantine.held(vigie.store)[0].reason


def test_a_workspace_whose_layout_changed_is_kept_with_the_path(vigie: Installation) -> None:
    day, listed = vigie.busiest_day()
    vigie.control.faults.start(RenameKey(old="versions", new="editions"))
    report = vigie.crawl(day)
    assert report.windows[0].quarantined == listed
    assert {entry.path for entry in quarantine.held(vigie.store)} == {"workspace.versions"}


def test_what_a_person_gives_up_is_not_read_again(vigie: Installation) -> None:
    broken, _ = breakable(vigie)
    vigie.control.faults.start(BrokenXml(ids=(broken,), how="cut"))
    vigie.crawl(vigie.busiest_day()[0])
    (held,) = quarantine.held(vigie.store)
    quarantine.discard(vigie.store, held.id)
    assert quarantine.replay(vigie.settings, vigie.store, vigie.archive).still_held == ()
    entry = vigie.store.quarantine.get(held.id)
    assert entry is not None
    assert entry.state is QuarantineState.DISCARDED
