"""Whatever the order in which versions of a notice arrive, the same one ends up as the current one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Store
from store.ordering import order_key
from store.records import SaveStatus, Saving
from tests.support.store_examples import PUBLISHED, saving

ids = count(1)


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path_factory.mktemp('arrival') / 'vigie.sqlite'}") as store:
        store.migrate()
        yield store


hours = st.none() | st.integers(0, 3)
numbers = st.sampled_from([None, "1", "01", "2", "10", "b"])
versions = st.lists(st.tuples(hours, numbers), min_size=1, max_size=6)


def _saving(native_id: str, hour: int | None, number: str | None, title: str) -> Saving:
    published = None if hour is None else PUBLISHED + timedelta(hours=hour)
    return saving(native_id, published_at=published, notice_version=number, title={"fr": title})


@settings(max_examples=60)
@given(arrivals=versions, batched=st.booleans())
def test_any_order_of_arrival_ends_in_the_same_current_version(
    one_store: Store, arrivals: list[tuple[int | None, str | None]], batched: bool
) -> None:
    native_id = str(next(ids))
    items = [_saving(native_id, hour, number, f"v{position}") for position, (hour, number) in enumerate(arrivals)]
    outcomes = one_store.notices.save_many(items) if batched else [one_store.notices.save(item) for item in items]

    keys = [order_key(item.notice.published_at, item.notice.notice_version) for item in items]
    # Of equals the last one to arrive says what the portal says now.
    expected = max(range(len(items)), key=lambda position: (keys[position], position))
    stored = one_store.notices.get(f"be_bda:{native_id}")
    assert stored is not None
    assert stored.notice == items[expected].notice
    history = one_store.notices.versions(f"be_bda:{native_id}")
    assert len(history) == len(items)
    assert history[0].version == stored.version
    late = [outcome.status is SaveStatus.LATE for outcome in outcomes]
    assert late == [any(earlier > key for earlier in keys[:position]) for position, key in enumerate(keys)]


@settings(max_examples=30)
@given(
    arrivals=st.lists(st.tuples(st.integers(0, 5), st.just("1")), min_size=1, max_size=6, unique=True), data=st.data()
)
def test_what_arrived_before_changes_nothing_when_it_arrives_again(
    one_store: Store, arrivals: list[tuple[int, str]], data: st.DataObject
) -> None:
    native_id = str(next(ids))
    items = [_saving(native_id, hour, number, f"v{hour}") for hour, number in arrivals]
    one_store.notices.save_many(items)
    before = one_store.notices.versions(f"be_bda:{native_id}")
    depth = one_store.match_queue.depth()
    again = one_store.notices.save_many(data.draw(st.permutations(items)))
    assert {outcome.status for outcome in again} == {SaveStatus.UNCHANGED}
    assert one_store.notices.versions(f"be_bda:{native_id}") == before
    assert one_store.match_queue.depth() == depth
