"""Every incident is told in the reader's language, and a public page repeats no server's words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import clock
from core.i18n import LANGUAGES
from core.settings import Settings
from monitoring import telling
from store import Store
from store.records import Incident, IncidentKind

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SECRET = "550 mail.internal.example says no"
DETAILS = {
    "run": "run-17",
    "words": SECRET,
    "count": 2,
    "missing": 1,
    "held": 3,
    "waiting": 1,
    "since": NOON.isoformat(),
    "reasons": [SECRET],
    "windows": ["days 2026-11-22 2026-11-23"],
    "messages": ["digest-1"],
    "profiles": ["p1"],
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with clock.frozen_at(NOON), Store.open(Settings(data_dir=tmp_path)) as opened:
        yield opened


def incident(store: Store, kind: str, details: dict[str, object]) -> Incident:
    mail = kind in {IncidentKind.MESSAGE_REFUSED, IncidentKind.MAIL_UNDELIVERED, IncidentKind.PROFILE_UNREADABLE}
    return store.incidents.open(None if mail else "be_bda", kind, "Message conservé en français.", details)


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_each_kind_is_told_in_every_language_without_a_servers_words(store: Store, kind: IncidentKind) -> None:
    found = incident(store, kind, DETAILS)
    told = {telling.sentence(found, language) for language in LANGUAGES}
    assert len(told) == len(LANGUAGES)
    for text in told:
        assert "{" not in text
        assert SECRET not in text
        assert "be_bda" not in text
        assert text != found.message
    if "messages" in found.details:
        assert SECRET in telling.details_of(found)


def test_one_and_many_are_told_apart(store: Store) -> None:
    one = incident(store, IncidentKind.QUARANTINE, {"held": 1})
    assert "1 avis n'a pas pu être lu" in telling.sentence(one, "fr")
    many = incident(store, IncidentKind.QUARANTINE, {"held": 1200})
    assert "1,200 notices could not be read" in telling.sentence(many, "en")


def test_a_portals_silence_is_dated_on_its_own_clock(store: Store) -> None:
    found = incident(store, IncidentKind.PORTAL_SILENT, {"since": NOON.isoformat()})
    assert "12:00" in telling.sentence(found, "fr")


@pytest.mark.parametrize("kind", ["window-suspect", "a-kind-of-tomorrow"])
def test_an_incident_of_another_version_is_told_in_its_stored_words(store: Store, kind: str) -> None:
    assert telling.sentence(incident(store, kind, {}), "en") == "Message conservé en français."
