"""What the store promises about notices, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta, timezone
from decimal import Decimal
from secrets import token_hex

import pytest
from sqlalchemy import update

from core.clock import frozen_at
from notices.model import Lot
from store import Store, StoreError
from store.quarantine import REFUSED_BY_INDEX
from store.records import Origin, SaveStatus
from store.tables import notice_versions
from tests.support.store_examples import PUBLISHED, address, later, notice, saving


def test_a_new_notice_is_stored_and_queued_for_index_and_matching(store: Store) -> None:
    outcome = store.notices.save(saving())
    assert (outcome.status, outcome.version, outcome.notice_id) == (SaveStatus.NEW, 1, "be_bda:1001")
    stored = store.notices.get("be_bda:1001")
    assert stored is not None
    assert stored.notice == notice()
    for queue in (store.index_queue, store.match_queue):
        (row,) = queue.take(10)
        assert (row.notice_id, row.version, row.origin) == ("be_bda:1001", 1, Origin.CRAWL)


def test_a_notice_comes_back_as_it_was_saved_with_its_languages_in_the_order_of_the_portal(store: Store) -> None:
    rich = notice(
        title={"nl": "Dak", "fr": "Toit \x00 été", "ar": "سقف"},
        values=[{"amount": Decimal("1000000000000.10"), "currency": "EUR", "kind": "estimated"}],
        deadlines=[{"kind": "tenders", "at": PUBLISHED.astimezone(timezone(timedelta(hours=1)))}],
        lots=[{"id": "LOT-0001", "renewals_maximum": 0}],
        raw=address(),
    )
    store.notices.save(saving().model_copy(update={"notice": rich}))
    stored = store.notices.get(rich.id)
    assert stored is not None
    assert stored.notice == rich
    assert list(stored.notice.title) == ["nl", "fr", "ar"]
    assert stored.notice.values[0].amount == Decimal("1000000000000.10")


def test_the_same_payload_twice_changes_nothing(store: Store) -> None:
    with frozen_at(later(1)):
        store.notices.save(saving(fingerprint="f1"))
    before = store.notices.versions("be_bda:1001")
    with frozen_at(later(2)):
        outcome = store.notices.save(saving(fingerprint="f2"))
    assert outcome.status is SaveStatus.UNCHANGED
    assert store.notices.versions("be_bda:1001") == before
    assert (store.index_queue.depth(), store.match_queue.depth()) == (1, 1)
    stored = store.notices.get("be_bda:1001")
    assert stored is not None
    assert (stored.first_seen_at, stored.changed_at, stored.last_seen_at) == (later(1), later(1), later(2))
    assert store.notices.fingerprints("be_bda", ["1001"]) == {"1001": "f2"}


def test_shuffled_lists_are_the_same_payload(store: Store) -> None:
    lots = (Lot(id="LOT-0001"), Lot(id="LOT-0002"))
    store.notices.save(saving(lots=lots))
    assert store.notices.save(saving(lots=lots[::-1])).status is SaveStatus.UNCHANGED


def test_a_changed_notice_is_a_new_version_told_field_by_field(store: Store) -> None:
    store.notices.save(saving(lots=(Lot(id="LOT-0001", title={"fr": "Gros œuvre"}),)))
    changed = saving(lots=(Lot(id="LOT-0001", title={"fr": "Toiture"}),), published_at=later(), fingerprint="f2")
    outcome = store.notices.save(changed)
    assert (outcome.status, outcome.version) == (SaveStatus.NEW_VERSION, 2)
    by_path = {change.path: change for change in outcome.changes}
    assert by_path["lots[LOT-0001].title.fr"].before == "Gros œuvre"
    assert by_path["lots[LOT-0001].title.fr"].after == "Toiture"
    newest, first = store.notices.versions("be_bda:1001")
    assert newest.changes == outcome.changes
    assert first.notice.lots[0].title == {"fr": "Gros œuvre"}
    assert store.index_queue.depth() == store.match_queue.depth() == 2


def test_a_correction_without_a_new_publication_instant_is_current(store: Store) -> None:
    store.notices.save(saving(title={"fr": "Avant"}))
    assert store.notices.save(saving(title={"fr": "Après"})).status is SaveStatus.NEW_VERSION
    assert store.notices.save(saving(title={"fr": "Avant"})).version == 3
    stored = store.notices.get("be_bda:1001")
    assert stored is not None
    assert stored.notice.title == {"fr": "Avant"}


@pytest.mark.parametrize(
    "older",
    [{"published_at": later(-1), "notice_version": "09"}, {"notice_version": "9"}, {"published_at": None}],
    ids=["instant", "number", "no-instant"],
)
def test_a_version_that_arrives_late_never_wins_and_nobody_is_told(store: Store, older: dict[str, object]) -> None:
    store.notices.save(saving(notice_version="10", fingerprint="f"))
    outcome = store.notices.save(saving(**older, fingerprint="old"))
    assert (outcome.status, outcome.version) == (SaveStatus.LATE, 2)
    stored = store.notices.get("be_bda:1001")
    assert stored is not None
    assert (stored.version, stored.notice.notice_version) == (1, "10")
    assert [(record.version, record.late) for record in store.notices.versions("be_bda:1001")] == [
        (1, False),
        (2, True),
    ]
    assert store.index_queue.depth() == store.match_queue.depth() == 1
    assert store.notices.fingerprints("be_bda", ["1001"]) == {"1001": "f"}
    assert store.notices.save(saving(**older)).status is SaveStatus.UNCHANGED
    assert store.notices.save(saving(notice_version="11")).version == 3


def test_a_late_version_tells_what_it_changed_since_the_one_before_it(store: Store) -> None:
    for days in (1, 3, 2):
        store.notices.save(saving(title={"fr": f"Jour {days}"}, published_at=later(days)))
    assert [record.version for record in store.notices.versions("be_bda:1001")] == [2, 3, 1]
    late = store.notices.version("be_bda:1001", 3)
    assert late is not None
    assert ("Jour 1", "Jour 2") in [(change.before, change.after) for change in late.changes]


def test_a_replay_is_a_revision_that_goes_to_the_index_and_to_nobody_else(store: Store) -> None:
    store.notices.save(saving(raw=address(), fingerprint="f"))
    store.notices.save(saving(title={"fr": "Corrigé"}, published_at=later(), raw=address("b" * 64)))
    _acknowledge_all(store)
    replayed = saving(nature="works", raw=address(), origin=Origin.REPLAY, parser_version="2")
    outcome = store.notices.save(replayed)
    assert (outcome.status, outcome.version) == (SaveStatus.REVISION, 1)
    assert [change.path for change in outcome.changes] == ["nature"]
    first = store.notices.version("be_bda:1001", 1)
    second = store.notices.version("be_bda:1001", 2)
    assert first is not None
    assert second is not None
    assert (first.notice.nature, first.revision, first.parser_version) == ("works", 1, "2")
    assert "nature" in {change.path for change in second.changes}  # the next version still lacks it
    assert store.index_queue.depth() == store.match_queue.depth() == 0  # the current version is another one
    assert store.notices.save(replayed).status is SaveStatus.UNCHANGED

    current = saving(
        title={"fr": "Corrigé"},
        nature="works",
        published_at=later(),
        raw=address("b" * 64),
        origin=Origin.REPLAY,
        parser_version="2",
    )
    assert store.notices.save(current).status is SaveStatus.REVISION
    assert (store.index_queue.depth(), store.match_queue.depth()) == (1, 0)
    second = store.notices.version("be_bda:1001", 2)
    assert second is not None
    assert "nature" not in {change.path for change in second.changes}


def test_a_replay_that_reads_another_publication_instant_puts_the_right_version_first(store: Store) -> None:
    store.notices.save(saving(title={"fr": "Un"}, published_at=later(1), raw=address("a" * 64)))
    store.notices.save(saving(title={"fr": "Deux"}, published_at=later(2), raw=address("b" * 64)))
    _acknowledge_all(store)
    store.notices.save(saving(title={"fr": "Un"}, published_at=later(3), raw=address("a" * 64), origin=Origin.REPLAY))
    stored = store.notices.get("be_bda:1001")
    assert stored is not None
    assert (stored.version, stored.notice.title) == (1, {"fr": "Un"})
    assert (store.index_queue.depth(), store.match_queue.depth()) == (1, 0)


def test_a_replay_of_a_payload_that_was_never_stored_is_new_to_everyone(store: Store) -> None:
    outcome = store.notices.save(saving(raw=address(), origin=Origin.REPLAY))
    assert outcome.status is SaveStatus.NEW
    assert [row.origin for row in store.match_queue.take(5)] == [Origin.RELEASE]


@pytest.mark.parametrize("parser_version", ["1", "2"])
def test_the_same_bytes_read_otherwise_are_no_news(store: Store, parser_version: str) -> None:
    store.notices.save(saving(raw=address(), parser_version="1"))
    outcome = store.notices.save(saving(nature="works", raw=address(), parser_version=parser_version))
    assert outcome.status is SaveStatus.REVISION
    assert (store.index_queue.depth(), store.match_queue.depth()) == (2, 1)


def test_what_the_index_refused_stays_held_when_a_crawl_reads_the_notice_again(store: Store) -> None:
    read = saving(raw=address())
    native_id = read.notice.id.removeprefix(f"{read.notice.portal}:")
    store.quarantine.add(read.notice.portal, native_id, None, address("c" * 64), "too long", REFUSED_BY_INDEX)
    store.quarantine.add(read.notice.portal, native_id, None, address("d" * 64), "cut off")
    store.notices.save(read)
    assert [entry.reason for entry in store.quarantine.held()] == ["too long"]


def test_a_release_from_quarantine_is_new_to_everyone(store: Store) -> None:
    assert store.notices.save(saving(origin=Origin.RELEASE)).status is SaveStatus.NEW
    assert [row.origin for row in store.match_queue.take(5)] == [Origin.RELEASE]


def test_a_crawl_that_reads_a_notice_frees_what_was_held_of_it(store: Store) -> None:
    held = store.quarantine.add("be_bda", "1001", None, address(), "cut off", "/notice")
    other = store.quarantine.add("be_bda", "2002", None, address(), "cut off")
    store.notices.save(saving(origin=Origin.REPLAY))
    assert [entry.id for entry in store.quarantine.held()] == [held.id, other.id]
    store.notices.save(saving())
    assert [entry.id for entry in store.quarantine.held()] == [other.id]
    assert held.path == "/notice"


def test_a_batch_with_versions_of_one_notice_keeps_their_order(store: Store) -> None:
    outcomes = store.notices.save_many(
        [saving(title={"fr": "A"}), saving("2002"), saving(title={"fr": "B"}), saving(title={"fr": "B"})]
    )
    assert [(outcome.status, outcome.version) for outcome in outcomes] == [
        (SaveStatus.NEW, 1),
        (SaveStatus.NEW, 1),
        (SaveStatus.NEW_VERSION, 2),
        (SaveStatus.UNCHANGED, 2),
    ]


def test_what_no_database_takes_does_no_harm_anywhere_in_a_notice(store: Store) -> None:
    hostile = {
        "title": {"fr": "a\x00b"},
        "procedure_id": "P\x001",
        "notice_version": "1\x00",
        "published_at": later(),
        "fingerprint": "f\x00",
        "raw": address().model_copy(update={"media_type": "x\x00"}),
    }
    store.notices.save(saving())
    assert store.notices.save(saving(**hostile)).status is SaveStatus.NEW_VERSION
    assert store.notices.save(saving(**hostile)).status is SaveStatus.UNCHANGED
    stored = store.notices.get("be_bda:1001")
    assert stored is not None
    assert stored.notice.title == {"fr": "a\x00b"}
    assert store.notices.of_procedure(stored.procedure_key) == [stored]
    assert any(change.after == "a\x00b" for change in store.notices.versions("be_bda:1001")[0].changes)
    with pytest.raises(StoreError, match="no database takes"):
        store.notices.save(saving("1\x00"))


def test_a_procedure_id_longer_than_any_index_takes_groups_notices_like_any_other(store: Store) -> None:
    endless = token_hex(50_000)
    store.notices.save_many([saving("1", procedure_id=endless), saving("2", procedure_id=endless), saving("3")])
    stored = store.notices.get("be_bda:1")
    assert stored is not None
    assert stored.notice.procedure_id == endless
    assert [found.notice.id for found in store.notices.of_procedure(stored.procedure_key)] == ["be_bda:1", "be_bda:2"]


def test_a_stored_notice_that_no_longer_fits_the_model_is_mended_by_reading_it_again(store: Store) -> None:
    store.notices.save_many([saving(raw=address()), saving(raw=address("b" * 64), published_at=later())])
    broken = update(notice_versions).values(notice='{"a_field_of_long_ago": 1}')
    with store.database.write() as connection:
        connection.execute(broken)
    with pytest.raises(StoreError, match="does not fit the model any more"):
        store.notices.get("be_bda:1001")
    replay = {"nature": "works", "origin": Origin.REPLAY, "parser_version": "2"}
    first = store.notices.save(saving(raw=address(), **replay))
    second = store.notices.save(saving(raw=address("b" * 64), published_at=later(), **replay))
    assert [(outcome.status, outcome.version) for outcome in (first, second)] == [
        (SaveStatus.REVISION, 1),
        (SaveStatus.REVISION, 2),
    ]
    assert second.changes[0].before == {"a_field_of_long_ago": 1}
    newest, oldest = store.notices.versions("be_bda:1001")
    assert (newest.notice.nature, oldest.notice.nature) == ("works", "works")
    assert [change.path for change in newest.changes] == ["published_at"]


def test_a_batch_is_saved_whole_or_not_at_all(store: Store) -> None:
    foreign = saving("2002").model_copy(update={"notice": notice("2002").model_copy(update={"portal": "fr_boamp"})})
    with pytest.raises(StoreError, match="must begin with its portal"):
        store.notices.save_many([saving(), foreign])
    assert store.notices.count() == 0


def test_touching_says_that_the_portal_still_lists_a_notice(store: Store) -> None:
    with frozen_at(later(1)):
        store.notices.save(saving(fingerprint="f"))
    with frozen_at(later(5)):
        assert store.notices.touch("be_bda", ["1001", "unknown"], "run-2") == 1
    stored = store.notices.get("be_bda:1001")
    assert stored is not None
    assert (stored.changed_at, stored.last_seen_at) == (later(1), later(5))
    assert store.notices.fingerprints("be_bda", ["1001"]) == {"1001": "f"}


def test_notices_of_one_procedure_are_found_together(store: Store) -> None:
    store.notices.save_many(
        [saving("2", procedure_id="P1", published_at=later(2)), saving("1", procedure_id="P1"), saving("3")]
    )
    assert [stored.notice.id for stored in store.notices.of_procedure("be_bda:P1")] == ["be_bda:1", "be_bda:2"]
    assert [stored.notice.id for stored in store.notices.of_procedure("be_bda:3")] == ["be_bda:3"]


def test_all_notices_are_iterated_once_in_pages_of_any_size(store: Store) -> None:
    store.notices.save_many([saving(str(number)) for number in range(25)])
    store.notices.save(saving().model_copy(update={"notice": notice(id="fr_boamp:1", portal="fr_boamp")}))
    for batch in (1, 5, 7, 500):
        ids = [stored.notice.id for stored in store.notices.iterate("be_bda", batch=batch)]
        assert len(ids) == len(set(ids)) == 25
    assert len(list(store.notices.iterate())) == 26
    assert (store.notices.count(), store.notices.count("fr_boamp")) == (26, 1)


def test_many_notices_are_read_at_once_in_the_order_asked(store: Store) -> None:
    store.notices.save_many([saving(str(number)) for number in range(620)])
    asked = [f"be_bda:{number}" for number in reversed(range(620))]
    assert list(store.notices.get_many([*asked, "be_bda:none"])) == asked
    assert len(store.notices.fingerprints("be_bda", map(str, range(620)))) == 0


def test_a_reindex_queues_every_notice_once_and_tells_nobody(store: Store) -> None:
    store.notices.save_many([saving("1"), saving("2")])
    store.match_queue.acknowledge(store.match_queue.take(10))
    assert store.notices.enqueue_all() == 2
    assert store.notices.enqueue_all() == 2
    assert sorted(row.notice_id for row in store.index_queue.take(10)) == ["be_bda:1", "be_bda:2"]
    assert store.match_queue.depth() == 0


def test_an_unknown_notice_is_none_and_not_an_error(store: Store) -> None:
    assert store.notices.get("be_bda:none") is None
    assert store.notices.versions("be_bda:none") == []
    assert store.notices.version("be_bda:none", 1) is None
    assert store.notices.save_many([]) == []


def _acknowledge_all(store: Store) -> None:
    for queue in (store.index_queue, store.match_queue):
        queue.acknowledge(queue.take(100))
