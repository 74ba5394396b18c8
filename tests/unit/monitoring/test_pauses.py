"""A portal that an operator paused: nothing is expected of it, people are told, and everything goes on afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.coverage import Sources
from alerts.wording import Wording
from core import clock
from core.errors import VigieError
from core.settings import Settings
from monitoring import incidents
from monitoring.sources import SourceVerdict, overview
from monitoring.status import status
from pipelines import pauses
from store import Store
from store.records import IncidentKind, RunCounts, RunPurpose, RunState

MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
REASON = "Le portail nous le demande."


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with clock.frozen_at(MONDAY), Store.open(Settings(data_dir=tmp_path)) as opened:
        started = opened.runs.start("be_bda", RunPurpose.WINDOW)
        opened.runs.finish(started.id, RunState.FINISHED, RunCounts())
        yield opened


def silent(store: Store) -> bool:
    return any(found.kind == IncidentKind.PORTAL_SILENT for found in store.incidents.current())


def test_a_paused_portal_never_counts_as_silent_and_after_it_only_what_came_later_does(store: Store) -> None:
    pauses.pause(store, "be_bda", REASON, "Ada")
    later = MONDAY + timedelta(days=3)
    incidents.watch(store, ["be_bda"], later)
    assert not silent(store)
    with clock.frozen_at(later):
        assert pauses.resume(store, "be_bda") is not None
    incidents.watch(store, ["be_bda"], later + timedelta(hours=1))
    assert not silent(store)
    incidents.watch(store, ["be_bda"], later + timedelta(days=4))
    assert silent(store)


def test_a_pause_closes_the_incident_of_a_silent_portal(store: Store) -> None:
    later = MONDAY + timedelta(days=3)
    incidents.watch(store, ["be_bda"], later)
    assert silent(store)
    with clock.frozen_at(later):
        pauses.pause(store, "be_bda", REASON, "Ada")
        incidents.watch(store, ["be_bda"], later)
    assert not silent(store)


def test_the_source_says_why_and_since_when_and_needs_nobody(store: Store) -> None:
    pauses.pause(store, "be_bda", REASON, "Ada", MONDAY + timedelta(days=2))
    (source,) = overview(store, MONDAY, ["be_bda"])
    assert source.verdict is SourceVerdict.PAUSED
    assert source.pause is not None
    assert source.pause.by == "Ada"
    for language, word in (("fr", "suspendue"), ("en", "paused")):
        told = source.sentence(language)
        assert REASON in told
        assert word in told
        assert "Ada" not in told
    assert status(store, MONDAY, ["be_bda"]).well


def test_subscribers_of_a_paused_source_are_told_in_their_digest(store: Store) -> None:
    pauses.pause(store, "be_bda", REASON, "Ada")
    for language in ("fr", "en"):
        words = Wording(language, ZoneInfo("Europe/Brussels"))
        (told,) = Sources(store, MONDAY).sentences(["be_bda"], MONDAY - timedelta(days=1), words)
        assert REASON in told
        assert "Ada" not in told


def test_a_pause_ends_by_itself_at_its_day(store: Store) -> None:
    pauses.pause(store, "be_bda", REASON, "Ada", MONDAY + timedelta(days=1))
    assert pauses.of(store, "be_bda") is not None
    assert pauses.of(store, "be_bda", MONDAY + timedelta(days=1)) is None
    assert pauses.current(store, MONDAY + timedelta(days=1)) == {}


def test_pausing_again_keeps_the_beginning_and_changes_the_reason(store: Store) -> None:
    first = pauses.pause(store, "be_bda", REASON, "Ada")
    with clock.frozen_at(MONDAY + timedelta(hours=1)):
        second = pauses.pause(store, "be_bda", "Maintenance.", "Bob")
    assert (second.since, second.reason, second.by) == (first.since, "Maintenance.", "Bob")


def test_a_pause_that_cannot_be_read_is_no_reason_to_crawl(store: Store) -> None:
    store.meta.set("pause:be_bda", "{broken")
    assert pauses.of(store, "be_bda") is not None
    assert pauses.resume(store, "be_bda") is not None
    assert pauses.of(store, "be_bda") is None


@pytest.mark.parametrize(("reason", "hours"), [("  ", None), ("x" * 501, None), (REASON, -1)])
def test_a_pause_without_sense_is_refused_with_a_sentence(store: Store, reason: str, hours: int | None) -> None:
    until = None if hours is None else MONDAY + timedelta(hours=hours)
    with pytest.raises(VigieError, match="pause"):
        pauses.pause(store, "be_bda", reason, "Ada", until)
