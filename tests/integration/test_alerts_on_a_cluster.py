"""Alerts whose profiles live on a search server: saved, matched by workers, refused, and checked at night."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from alerts import missed, profiles, watchable
from alerts.profiles import ProfileRequest
from core import clock
from core.settings import SearchSettings, Settings
from scheduler.orders import Queue
from scheduler.steps import STEPS
from search import new_matcher, open_caretaker, open_index, open_scratch
from search.caretaking import Use
from search.elasticsearch.client import connect
from search.elasticsearch.compiler import NUMBER_FIELDS
from search.errors import IndexUnavailable
from search.plan import Number
from search.query import NoticeQuery
from store import Store
from store.records import Saving
from tests.contracts.search.search_material import NOW, document, notice
from tests.support.search_index import PREFIX, installation, templates
from tests.support.search_servers import SearchServer

VOIRIE = NoticeQuery(text="voirie")
AWAY = SearchSettings(urls=("http://127.0.0.1:9",), retries=0)
"""A cluster that does not answer."""


@pytest.fixture
def settings(text_server: SearchServer, tmp_path: Path) -> Iterator[Settings]:
    """An installation of its own on the server."""
    with installation(text_server, f"{PREFIX}a{secrets.token_hex(3)}") as search:
        yield Settings(data_dir=tmp_path, search=search)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """A store with two profiles."""
    with clock.frozen_at(NOW - timedelta(days=1)), Store.open(settings) as opened:
        owner = opened.profiles.ensure_owner("a@example.org", "fr", "Europe/Brussels", 7, (0,))
        for name in ("voirie", "tunnel"):
            opened.profiles.create(owner.id, name, NoticeQuery(text=name).to_dict())
        yield opened


def worked(settings: Settings, store: Store) -> None:
    """What a worker of both queues does, in a process of its own."""
    with ExitStack() as stack:
        for queue in (Queue.INDEX, Queue.MATCH):
            step = STEPS[queue](settings, store, stack)
            while step():
                pass


def told(store: Store) -> set[tuple[str, str]]:
    """Name of the profile and id of the notice of every hit."""
    return {
        (profile.name, hit.notice_id)
        for profile in store.profiles.changed_since(0).put
        for hit in store.hits.of_profile(profile.id)
    }


def test_an_installation_of_the_tests_leaves_neither_indices_nor_templates(
    text_server: SearchServer, tmp_path: Path
) -> None:
    prefix = f"{PREFIX}a{secrets.token_hex(3)}"
    with installation(text_server, prefix) as search:
        open_caretaker(Settings(data_dir=tmp_path, search=search)).create()
        with connect(search) as client:
            assert all(templates(client, prefix))
    with connect(search) as client:
        assert client.indices.get(index=f"{prefix}-*").body == {}
        assert templates(client, prefix) == ([], [])


def test_workers_match_on_the_server_and_the_night_finds_nothing_missed(settings: Settings, store: Store) -> None:
    with clock.frozen_at(NOW):
        store.notices.save_many([Saving(notice=notice(1, title={"fr": "Réfection de la voirie"}))])
        worked(settings, store)
        store.notices.save_many([Saving(notice=notice(2, title={"fr": "Tunnel sous la voirie"}))])
        worked(settings, store)
    assert told(store) == {("voirie", "be_bda:1"), ("voirie", "be_bda:2"), ("tunnel", "be_bda:2")}
    night = NOW + timedelta(hours=12)
    found = missed.check(store, settings, NOW - timedelta(days=1), night)
    assert (found.notices, found.profiles, found.found, found.missed) == (2, 2, 3, ())
    uses = [kept.use for kept in open_caretaker(settings).indices()]
    assert uses == [Use.CURRENT, Use.PROFILES]  # that of the check is gone


def test_a_profile_that_was_lost_on_the_server_alone_is_found_out_at_night(settings: Settings, store: Store) -> None:
    with clock.frozen_at(NOW):
        store.notices.save_many([Saving(notice=notice(1, title={"fr": "Pont"}))])
        worked(settings, store)
        matcher = new_matcher(settings)
        lost = next(profile for profile in store.profiles.changed_since(0).put if profile.name == "tunnel")
        matcher.remove(lost.id)  # by hand, which nothing notices
        matcher.close()
        store.notices.save_many([Saving(notice=notice(2, title={"fr": "Tunnel sous la voirie"}))])
        worked(settings, store)
    assert told(store) == {("voirie", "be_bda:2")}
    found = missed.check(store, settings, NOW - timedelta(days=1), NOW + timedelta(hours=12))
    assert [(one.profile_id, one.notice_id) for one in found.missed] == [(lost.id, "be_bda:2")]


def test_a_search_that_the_server_cannot_watch_for_is_refused_before_it_is_saved(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    valued = NoticeQuery(text="voirie", value={"minimum": 1, "currency": "EUR", "unknown": "exclude"})
    assert watchable.refusal(settings, valued, "fr") is None
    monkeypatch.setitem(NUMBER_FIELDS, Number.AMOUNT, "a_field_nobody_mapped")
    assert "ne peut pas surveiller" in (watchable.refusal(settings, valued, "fr") or "")
    assert "cannot watch for" in (watchable.refusal(settings, valued, "en") or "")
    away = settings.model_copy(update={"search": AWAY})
    assert watchable.refusal(away, valued, "fr") is None
    assert watchable.refusal(Settings(data_dir=settings.data_dir), valued, "fr") is None


def test_an_alert_that_is_saved_while_the_cluster_is_away_is_told_what_came_from_then_on(
    settings: Settings, store: Store
) -> None:
    away = settings.model_copy(update={"search": AWAY})
    with clock.frozen_at(NOW):
        wanted = ProfileRequest(email="b@example.org", name="égouts", query=NoticeQuery(text="égouts"))
        assert profiles.create(store, away, open_index(away, writable=False), wanted, NOW).profile
        store.notices.save_many([Saving(notice=notice(1, title={"fr": "Curage des égouts"}))])
        with pytest.raises(IndexUnavailable):
            worked(away, store)
        assert store.match_queue.depth() == 1
        worked(settings, store)
    assert told(store) == {("égouts", "be_bda:1")}


@pytest.mark.parametrize("engine", ["embedded", "cluster"])
def test_a_scratch_index_answers_as_the_engine_does_and_is_gone_afterwards(engine: str, settings: Settings) -> None:
    chosen = settings if engine == "cluster" else Settings(data_dir=settings.data_dir)
    with open_scratch(chosen) as scratch:
        scratch.add([document(1, title={"fr": "Voiries"}), document(2, title={"fr": "Tunnel"})])
        assert scratch.ids(VOIRIE, NOW) == {"be_bda:1"}
        assert scratch.ids(NoticeQuery(), NOW) == {"be_bda:1", "be_bda:2"}
    if engine == "cluster":
        with pytest.raises(IndexUnavailable):
            scratch.ids(VOIRIE, NOW)
