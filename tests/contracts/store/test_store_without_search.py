"""What the store shows by itself while no search answers, on SQLite and on PostgreSQL."""

from __future__ import annotations

from notices.model import RawAddress
from store import Store
from tests.support.store_examples import PUBLISHED, later, saving


def archived(store: Store, *native_ids: str) -> None:
    """Payloads of these notices, in this order."""
    begin = store.payloads.add_many
    for place, native_id in enumerate(native_ids):
        at = RawAddress(segment="a.warc.gz", offset=place * 10, length=9, digest="d" * 64, media_type="text/xml")
        begin([(f"be_bda:{native_id}", "r1", at, PUBLISHED)])


def test_the_notices_read_last_are_shown_the_newest_publication_first(store: Store) -> None:
    days = {"1": 5, "2": 1, "3": 3, "4": 9}
    store.notices.save_many([saving(native_id, published_at=later(day)) for native_id, day in days.items()])
    archived(store, "4", "1", "2", "2", "3", "gone")
    assert [one.notice.id for one in store.notices.lately_archived(2)] == ["be_bda:4", "be_bda:1"]
    assert [one.notice.id for one in store.notices.lately_archived(9, looked_at=4)] == ["be_bda:3", "be_bda:2"]


def test_looking_at_what_waits_takes_nothing_from_who_works_on_it(store: Store) -> None:
    store.notices.save_many([saving("1"), saving("2")])
    (held, _) = store.index_queue.take(10)
    assert store.index_queue.notice_ids() == ["be_bda:1", "be_bda:2"]
    store.index_queue.acknowledge([held])
    assert store.index_queue.notice_ids() == ["be_bda:2"]
