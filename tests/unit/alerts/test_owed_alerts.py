"""What is open when an alert is saved while no search answers is told later, once, and nobody is kept from saving."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from alerts import existing, owed, profiles
from alerts.profiles import ProfileRequest
from core import clock
from search.errors import IndexUnavailable
from search.port import IndexState, IndexStatus, SearchIndex
from search.query import NoticeQuery
from store import Store
from store.records import Profile, ProfileState
from tests.unit.alerts.alerts_kit import NOON, MemoryIndex, World, notice

PONT = {"title": {"fr": "Réfection du pont de Jambes"}, "description": {}}
BRIDGES = NoticeQuery.open_calls(text="pont")


@contextmanager
def away(world: World) -> Iterator[None]:
    """No search answers inside the block."""
    world.index.away = True  # type: ignore[attr-defined]
    yield
    world.index.away = False  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def later_index(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index that the job opens is the one of the world."""

    @contextmanager
    def opened(*_: object, **__: object) -> Iterator[object]:
        yield world.index

    monkeypatch.setattr("alerts.owed.open_index", opened)


def settled(world: World, minutes: int = 5) -> int:
    """As the job does some minutes later."""
    with clock.frozen_at(NOON + timedelta(minutes=minutes)):
        return owed.settle(world.store, world.settings, clock.now())


def test_an_address_is_confirmed_while_no_search_answers_and_hears_what_is_open_afterwards(world: World) -> None:
    world.crawl(notice(1))
    with away(world):
        owner = world.confirmed()
        assert owner.confirmed_at is not None
        assert (world.mails(), settled(world)) == ([], 0)
        assert owed.any_owed(world.store, world.store.profiles.of_owner(owner.id))
        world.save(notice(2))
        world.match()  # new notices are matched all the same
    assert [hit.notice_id for hit in world.hits(owner)] == ["be_bda:2"]
    world.reindex()
    assert [settled(world), settled(world, 10)] == [1, 0]
    assert sorted(hit.notice_id for hit in world.hits(owner)) == ["be_bda:1", "be_bda:2"]
    assert len(world.mails()) == 1
    assert not owed.any_owed(world.store, world.store.profiles.of_owner(owner.id))


def test_an_alert_that_is_added_changed_or_resumed_while_no_search_answers_loses_nothing(world: World) -> None:
    owner = world.confirmed()
    (lighting,) = world.store.profiles.of_owner(owner.id)
    paused = world.store.profiles.create(owner.id, "Ponts en pause", BRIDGES.to_dict(), ProfileState.PAUSED)
    world.crawl(notice(2, **PONT))
    with away(world):
        request = ProfileRequest(email=owner.email, name="Ponts", query=BRIDGES)
        added = profiles.create(world.store, world.settings, world.index, request, NOON, proven=owner).profile
        profiles.edit(world.store, world.settings, world.index, lighting.id, "Ponts aussi", BRIDGES, NOON)
        profiles.resume(world.store, world.settings, None, paused.id, NOON)
    assert world.hits(owner) == []
    assert settled(world) == 3
    assert {hit.profile_id for hit in world.hits(owner)} == {added.id, lighting.id, paused.id}
    assert len(world.mails()) == 1  # the first of the new one; the others come with the next digest


def test_an_engine_that_hangs_is_waited_for_once_not_once_for_each_alert(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with away(world):
        owners = [world.confirmed(email=f"reader{number}@pme.example") for number in range(5)]
    world.crawl(notice(1))
    asked: list[str] = []
    record = existing.record_existing

    def hanging(store: Store, index: SearchIndex, profile: Profile, now: datetime) -> int:
        asked.append(profile.id)
        if len(asked) == 3:
            raise IndexUnavailable("no answer in 30 s")
        return record(store, index, profile, now)

    monkeypatch.setattr("alerts.owed.record_existing", hanging)
    assert (settled(world), len(asked)) == (2, 3)
    assert settled(world, 10) == 3
    assert [len(world.hits(owner)) for owner in owners] == [1] * 5


@contextmanager
def hanging() -> Iterator[list[str]]:
    """What is asked inside the block of an index that hangs as a cluster does: its status says so, after a time-out."""
    asked: list[str] = []

    def status(_: MemoryIndex) -> IndexStatus:
        asked.append("status")
        return IndexStatus(
            state=IndexState.UNAVAILABLE,
            engine="memory",
            documents=0,
            schema_version="1",
            sentence="no {answer} in 8 s",
        )

    def scan(*_: object, **__: object) -> Iterator[str]:
        asked.append("scan")
        raise IndexUnavailable("no answer in 8 s")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryIndex, "status", status)
        patch.setattr(MemoryIndex, "scan", scan)
        yield asked


def test_an_index_whose_status_is_no_answer_is_asked_nothing_more(world: World) -> None:
    (profile,) = world.store.profiles.of_owner(world.subscribe().owner.id)
    with hanging() as asked, pytest.raises(IndexUnavailable, match=r"no \{answer\} in 8 s"):
        existing.record_existing(world.store, world.index, profile, NOON)
    assert asked == ["status"]


def test_one_link_that_starts_five_alerts_waits_once_for_an_engine_that_hangs_and_all_are_told_later(
    world: World,
) -> None:
    world.crawl(notice(1))
    owner, *_ = [world.subscribe(name=f"Éclairage {number}").owner for number in range(5)]
    with hanging() as asked:
        assert profiles.confirm(world.store, world.settings, world.index, owner.id, NOON) == []
    assert asked == ["status"]
    assert {profile.state for profile in world.store.profiles.of_owner(owner.id)} == {ProfileState.ACTIVE}
    assert (settled(world), len(world.hits(owner)), len(world.mails())) == (5, 5, 5)


def test_a_crash_between_the_save_and_the_search_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = world.confirmed()
    (profile,) = world.store.profiles.of_owner(owner.id)
    world.crawl(notice(2, **PONT))
    with monkeypatch.context() as patch:
        patch.setattr("alerts.owed.record_existing", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            profiles.edit(world.store, world.settings, world.index, profile.id, "Ponts", BRIDGES, NOON)
    profiles.edit(world.store, world.settings, None, profile.id, "Ponts", BRIDGES, NOON)  # the same once more
    assert settled(world) == 1
    assert [hit.notice_id for hit in world.hits(owner)] == ["be_bda:2"]


def test_an_alert_added_by_its_proven_owner_is_never_active_without_its_first_digest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.crawl(notice(2, **PONT))
    owner = world.confirmed()
    request = ProfileRequest(email=owner.email, name="Ponts", query=BRIDGES)
    for broken in ("alerts.owed.promise", "alerts.owed.record_existing"):
        with monkeypatch.context() as patch:
            patch.setattr(broken, lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                profiles.create(world.store, world.settings, world.index, request, NOON, proven=owner)
    added = [profile for profile in world.store.profiles.of_owner(owner.id) if profile.name == "Ponts"]
    assert sorted(profile.state for profile in added) == [ProfileState.ACTIVE, ProfileState.WAITING]
    assert (settled(world), len(world.hits(owner)), len(world.mails())) == (1, 1, 1)


def test_what_is_paused_or_gone_meanwhile_is_told_nothing(world: World) -> None:
    world.crawl(notice(1))
    with away(world):
        owner = world.confirmed()
        (profile,) = world.store.profiles.of_owner(owner.id)
        profiles.pause(world.store, profile.id)
        other = world.confirmed(email="luc@pme.example")
        profiles.delete(world.store, world.store.profiles.of_owner(other.id)[0].id)
    assert settled(world) == 0
    assert world.mails() == []
    profiles.resume(world.store, world.settings, world.index, profile.id, NOON)
    assert [hit.notice_id for hit in world.hits(owner)] == ["be_bda:1"]


def test_an_index_that_is_being_filled_is_waited_for_and_its_queue_left_to_its_worker(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(existing, "MOST_WAITING", 2)
    world.save(*(notice(number) for number in range(1, 4)))
    world.match()
    owner = world.confirmed()
    assert world.hits(owner) == []
    with Store.open(world.settings) as worker:
        assert len(worker.index_queue.take(10)) == 3
        worker.index_queue.give_back()
    world.reindex()
    assert settled(world) == 1
    assert len(world.hits(owner)) == 3


def test_a_change_that_is_made_while_an_earlier_promise_is_kept_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.crawl(notice(1), notice(2, **PONT))
    with away(world):
        owner = world.confirmed()
    (profile,) = world.store.profiles.of_owner(owner.id)
    record, edits = existing.record_existing, iter(["Ponts"])

    def overtaken(*arguments: object) -> int:
        for name in edits:
            profiles.edit(world.store, world.settings, None, profile.id, name, BRIDGES, NOON)
        return record(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("alerts.owed.record_existing", overtaken)
    settled(world)
    assert settled(world, 10) == 1
    assert sorted(hit.notice_id for hit in world.hits(owner)) == ["be_bda:1", "be_bda:2"]
