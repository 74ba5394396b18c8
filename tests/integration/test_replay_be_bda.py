"""Today's parser over what was archived: reported first, written when asked, told to nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.portals.be_bda import parse as parse_module
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading
from pipelines import replay
from simulated_portals.be_bda.server import make_portal
from store.records import Origin
from tests.support.crawls import Installation, installation

OLD_PARSER = parse_module.parse


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, make_portal(invented=60, seed=11)) as made:
        made.crawl_open()
        yield made


def better_parser(payload: bytes, context: Parsing) -> Reading:
    """Reads one field more than the parser of the crawl."""
    reading = OLD_PARSER(payload, context)
    notice = reading.notice.model_copy(update={"additional_information": {"fr": "Lu par un meilleur analyseur."}})
    return reading.model_copy(update={"notice": notice})


def drain(vigie: Installation) -> None:
    for queue in (vigie.store.index_queue, vigie.store.match_queue):
        queue.acknowledge(queue.take(10_000))


def test_the_same_parser_finds_no_difference(vigie: Installation) -> None:
    report = replay.run(vigie.settings, vigie.store, vigie.archive, portal="be_bda")
    assert report.read == report.same == vigie.store.notices.count() > 0
    assert report.different == report.refused == 0


def test_differences_are_reported_before_anything_is_written(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain(vigie)
    monkeypatch.setattr(parse_module, "parse", better_parser)
    report = replay.run(vigie.settings, vigie.store, vigie.archive, portal="be_bda")
    assert report.dry_run
    assert report.different == vigie.store.notices.count()
    assert report.paths == {"additional_information": report.different}
    assert report.revised == 0
    assert all(not stored.notice.additional_information for stored in vigie.store.notices.iterate())
    assert vigie.store.index_queue.depth() == 0


def test_a_written_replay_revises_versions_and_tells_nobody(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    drain(vigie)
    before = {stored.notice.id: stored.version for stored in vigie.store.notices.iterate()}
    monkeypatch.setattr(parse_module, "parse", better_parser)
    report = replay.run(vigie.settings, vigie.store, vigie.archive, dry_run=False)
    assert report.revised == len(before)
    assert {stored.notice.id: stored.version for stored in vigie.store.notices.iterate()} == before
    assert all(stored.notice.additional_information for stored in vigie.store.notices.iterate())
    assert vigie.store.match_queue.depth() == 0
    assert {row.origin for row in vigie.store.index_queue.take(1000)} == {Origin.REPLAY}


def test_one_notice_is_replayed_in_all_its_versions(vigie: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = next(vigie.store.notices.iterate()).notice.id
    vigie.control.rectify(chosen.partition(":")[2])
    vigie.crawl_open()
    monkeypatch.setattr(parse_module, "parse", better_parser)
    report = replay.run(vigie.settings, vigie.store, vigie.archive, notice_id=chosen, dry_run=False)
    assert report.revised == 2
    assert all(version.notice.additional_information for version in vigie.store.notices.versions(chosen))


def test_one_run_is_replayed_alone(vigie: Installation) -> None:
    chosen = next(vigie.store.notices.iterate()).notice.id
    vigie.control.rectify(chosen.partition(":")[2])
    run = vigie.crawl_open().run
    report = replay.run(vigie.settings, vigie.store, vigie.archive, run_id=run.id)
    assert (report.read, report.same) == (1, 1)


def test_a_payload_that_todays_parser_refuses_leaves_the_stored_notice_as_it_is(
    vigie: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strict(payload: bytes, context: Parsing) -> Reading:
        raise NoticeFormatError(FormatReason.MISSING, "This parser wants more.", path="row.more")

    before = {stored.notice.id: stored.notice for stored in vigie.store.notices.iterate()}
    monkeypatch.setattr(parse_module, "parse", strict)
    report = replay.run(vigie.settings, vigie.store, vigie.archive, dry_run=False)
    assert report.refused == len(before)
    assert report.refusals[0].path == "row.more"
    assert {stored.notice.id: stored.notice for stored in vigie.store.notices.iterate()} == before
