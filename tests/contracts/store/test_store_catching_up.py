"""What the store tells whoever goes through it again: a new index, and the check of what matching found."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from store import Store
from store.records import Origin, Saving
from tests.contracts.search.search_material import NOW, notice

HOUR = timedelta(hours=1)


def save(store: Store, number: int, origin: Origin = Origin.CRAWL, **fields: object) -> None:
    """One notice."""
    store.notices.save_many([Saving(notice=notice(number, **fields), origin=origin)])


def test_who_was_interrupted_goes_on_behind_the_last_notice_they_had(store: Store) -> None:
    for number in range(7):
        save(store, number)
    everything = [stored.notice.id for stored in store.notices.iterate(batch=2)]
    assert everything == store.notices.ids()
    assert [stored.notice.id for stored in store.notices.iterate(batch=2, after=everything[3])] == everything[4:]
    assert list(store.notices.iterate(after=everything[-1])) == []


def test_what_was_announced_in_a_period_is_what_people_were_to_be_told_and_does_not_wait_any_more(store: Store) -> None:
    with clock.frozen_at(NOW - HOUR):
        save(store, 1)
        save(store, 2)
    with clock.frozen_at(NOW):
        save(store, 2, title={"fr": "Rectifié"}, published_at=NOW)
        save(store, 3)
        save(store, 4)
        store.match_queue.acknowledge(store.match_queue.take(100))
        save(store, 5)  # waits
    with clock.frozen_at(NOW + HOUR):
        save(store, 4, Origin.REPLAY, description={"fr": "Lu autrement"})
    assert store.notices.announced_between(NOW, NOW + HOUR) == ["be_bda:2", "be_bda:3"]
    assert store.notices.announced_between(NOW - HOUR, NOW) == ["be_bda:1"]
