"""What the store promises about queues, profiles, hits, digests and the outbox, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from pydantic import ValidationError

from store import ConflictError, Store, StoreError, digest_id
from store.hits import ToldVersion
from store.records import HitKind, OutboxState, Owner, Profile, ProfileState
from tests.support.store_examples import PUBLISHED, later, message, new_hit, saving


@pytest.fixture
def owner(store: Store) -> Owner:
    return store.profiles.ensure_owner("Anne@Entreprise.example", "fr", "Europe/Brussels", 7, (0, 2))


@pytest.fixture
def profile(store: Store, owner: Owner) -> Profile:
    return store.profiles.create(owner.id, "Toitures", {"version": "1", "text": "toiture"})


def test_a_queue_row_leaves_only_when_it_is_acknowledged(store: Store) -> None:
    store.notices.save_many([saving(str(number)) for number in range(5)])
    first = store.index_queue.take(2)
    assert store.index_queue.take(2) == first
    assert store.index_queue.acknowledge(first) == 2
    assert store.index_queue.acknowledge(first) == 0
    assert store.index_queue.depth() == 3
    assert store.index_queue.oldest() == store.index_queue.take(1)[0].queued_at
    store.index_queue.acknowledge(store.index_queue.take(10))
    assert (store.index_queue.oldest(), store.index_queue.acknowledge([])) == (None, 0)
    store.notices.save(saving("9"))
    assert store.index_queue.take(1)[0].row_id > first[-1].row_id + 3  # a number is never given twice


def test_one_mailbox_is_one_owner(store: Store, owner: Owner) -> None:
    same = store.profiles.ensure_owner(" anne@entreprise.EXAMPLE ", "nl", "Europe/Paris", 9, ())
    assert same == owner
    assert store.profiles.owner_by_email("ANNE@entreprise.example") == store.profiles.owner(owner.id) == owner
    assert store.profiles.owner_by_email("other@entreprise.example") is None


def test_an_owner_changes_wishes_and_confirms_once(store: Store, owner: Owner) -> None:
    changed = store.profiles.update_owner(owner.id, hour=0, weekdays=[6])
    assert (changed.hour, changed.weekdays, changed.language) == (0, (6,), "fr")
    assert store.profiles.confirm_owner(owner.id, later(1)).confirmed_at == later(1)
    assert store.profiles.confirm_owner(owner.id, later(2)).confirmed_at == later(1)
    with pytest.raises(ValidationError):
        store.profiles.update_owner(owner.id, hour=24)
    with pytest.raises(StoreError, match="no owner"):
        store.profiles.update_owner("none", hour=1)


def test_a_matcher_catches_up_with_profiles_from_any_revision(store: Store, owner: Owner, profile: Profile) -> None:
    everything = store.profiles.changed_since(0)
    assert everything.put == (profile,)
    renamed = store.profiles.update(profile.id, name="Toits", query={"version": "1", "text": "toit"})
    since = store.profiles.changed_since(everything.revision)
    assert (since.put, since.removed) == ((renamed,), ())
    store.profiles.update(profile.id, state=ProfileState.PAUSED)
    paused = store.profiles.changed_since(since.revision)
    assert (paused.put, paused.removed) == ((), (profile.id,))
    resumed = store.profiles.update(profile.id, state=ProfileState.ACTIVE)
    assert resumed.query == {"version": "1", "text": "toit"}
    assert store.profiles.delete(profile.id)
    assert not store.profiles.delete(profile.id)
    gone = store.profiles.changed_since(paused.revision)
    assert (gone.put, gone.removed) == ((), (profile.id,))
    assert store.profiles.changed_since(gone.revision).removed == ()
    assert (store.profiles.count(), store.profiles.of_owner(owner.id)) == (0, [])
    with pytest.raises(StoreError, match="no profile"):
        store.profiles.update(profile.id, name="x")


def test_profiles_made_at_the_same_time_get_different_revisions(store: Store, owner: Owner) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda number: store.profiles.create(owner.id, f"p{number}", {}), range(18)))
    assert len({profile.revision for profile in made}) == 18
    assert store.profiles.changed_since(0).revision == max(profile.revision for profile in made)


def test_profiles_edited_and_deleted_at_the_same_moment_do_not_wait_for_each_other(store: Store, owner: Owner) -> None:
    made = [store.profiles.create(owner.id, f"p{number}", {}) for number in range(20)]

    def edit(profile: Profile) -> None:
        with suppress(StoreError):  # the other one was first
            store.profiles.update(profile.id, name="x")

    with ThreadPoolExecutor(8) as pool:
        both = [(pool.submit(edit, profile), pool.submit(store.profiles.delete, profile.id)) for profile in made]
        assert [(editing.result(), deletion.result()) for editing, deletion in both] == [(None, True)] * 20
    assert store.profiles.count() == 0


def test_one_new_hit_per_procedure_and_then_changes(store: Store, profile: Profile) -> None:
    (first,) = store.hits.record([new_hit(profile.id)], [])
    assert (first.kind, first.snapshot, first.reasons[0]["words"]) == (
        HitKind.NEW,
        {"title": "Réfection de la toiture"},
        ["toiture"],
    )
    second = new_hit(profile.id, version=2)
    other_notice = new_hit(profile.id, "2002", procedure_key="be_bda:1001")
    written = store.hits.record([new_hit(profile.id), second, other_notice], [])
    assert [(hit.version, hit.kind) for hit in written] == [(2, HitKind.CHANGE), (1, HitKind.CHANGE)]
    assert store.hits.record([second], []) == []
    assert len(store.hits.of_profile(profile.id)) == 3


def test_hits_of_one_batch_are_new_once_each_procedure(store: Store, owner: Owner, profile: Profile) -> None:
    other = store.profiles.create(owner.id, "Autre", {})
    batch = [
        new_hit(profile.id),
        new_hit(profile.id),
        new_hit(profile.id, version=2),
        new_hit(other.id),
        new_hit(other.id, "7", existing=True),
        new_hit(other.id, "7", version=2, existing=True),
    ]
    kinds = [(hit.profile_id, hit.notice_id, hit.version, hit.kind) for hit in store.hits.record(batch, [])]
    assert kinds == [
        (profile.id, "be_bda:1001", 1, HitKind.NEW),
        (profile.id, "be_bda:1001", 2, HitKind.CHANGE),
        (other.id, "be_bda:1001", 1, HitKind.NEW),
        (other.id, "be_bda:7", 1, HitKind.EXISTING),
        (other.id, "be_bda:7", 2, HitKind.CHANGE),
    ]


def test_hits_and_their_queue_rows_go_together(store: Store, profile: Profile) -> None:
    store.notices.save_many([saving("1"), saving("2")])
    rows = store.match_queue.take(10)
    store.hits.record([new_hit(profile.id, "1")], rows[:1])
    assert [row.notice_id for row in store.match_queue.take(10)] == ["be_bda:2"]
    store.hits.record([new_hit("deleted-profile", "2")], rows[1:])
    assert store.match_queue.depth() == 0
    assert store.hits.of_profile("deleted-profile") == []


def test_many_hits_are_written_at_once(store: Store, profile: Profile) -> None:
    assert len(store.hits.record([new_hit(profile.id, str(number)) for number in range(1500)], [])) == 1500
    assert len(store.hits.pending(profile.owner_id)) == 1500


def test_the_hits_on_exactly_the_versions_asked_for_are_found(store: Store, owner: Owner, profile: Profile) -> None:
    other = store.profiles.create(owner.id, "Autre", {})
    written = store.hits.record(
        [
            new_hit(of.id, str(number), version)
            for of in (profile, other)
            for number in range(700)
            for version in (1, 2)
        ],
        [],
    )
    asked = {(profile.id, 1): range(700), (profile.id, 2): [3], (other.id, 2): [3, 4]}
    told = [ToldVersion(of, f"be_bda:{n}", version) for (of, version), numbers in asked.items() for n in numbers]
    found = list(store.hits.of_versions([*told, told[0], ToldVersion("none", "be_bda:1", 1)]))
    expected = [hit for hit in written if ToldVersion(hit.profile_id, hit.notice_id, hit.version) in told]
    assert sorted(found, key=lambda hit: hit.id) == expected
    assert len(expected) == len(told)
    assert list(store.hits.of_versions([])) == []


def test_hits_wait_for_a_digest_while_their_profile_is_active(store: Store, owner: Owner, profile: Profile) -> None:
    hits = store.hits.record([new_hit(profile.id, "1"), new_hit(profile.id, "2")], [])
    assert store.hits.pending(owner.id) == hits
    assert store.hits.owners_with_pending() == [owner.id]
    store.profiles.update(profile.id, state=ProfileState.PAUSED)
    assert store.hits.pending(owner.id) == []
    assert store.hits.owners_with_pending() == []


def test_profiles_that_follow_a_procedure_are_known(store: Store, owner: Owner, profile: Profile) -> None:
    other = store.profiles.create(owner.id, "Autre", {})
    store.hits.record([new_hit(profile.id, "1"), new_hit(profile.id, "1", version=2), new_hit(other.id, "1")], [])
    store.profiles.update(other.id, state=ProfileState.PAUSED)
    assert store.hits.profiles_of_procedures(["be_bda:1", "be_bda:2"]) == {"be_bda:1": {profile.id}}


def test_a_digest_is_made_once_per_owner_and_date(store: Store, owner: Owner, profile: Profile) -> None:
    first, second = store.hits.record([new_hit(profile.id, "1"), new_hit(profile.id, "2")], [])
    digest = store.digests.create(owner.id, "2026-03-02", [first.id], message("m1"))
    assert digest is not None
    assert (digest.id, digest.hits) == (digest_id(owner.id, "2026-03-02"), 1)
    assert store.digests.create(owner.id, "2026-03-02", [second.id], message("m2")) is None
    assert [hit.id for hit in store.hits.of_digest(digest.id)] == [first.id]
    assert [hit.id for hit in store.hits.pending(owner.id)] == [second.id]
    (queued,) = store.outbox.recent()
    assert (queued.id, queued.digest_id, queued.owner_id) == ("m1", digest.id, owner.id)
    assert store.digests.get(digest.id) == store.digests.latest(owner.id) == digest


def test_a_hit_is_told_in_one_digest_only(store: Store, owner: Owner, profile: Profile) -> None:
    (hit,) = store.hits.record([new_hit(profile.id)], [])
    store.digests.create(owner.id, "first:x", [hit.id], message("m1"))
    with pytest.raises(ConflictError, match="built again"):
        store.digests.create(owner.id, "2026-03-02", [hit.id], message("m2"))
    assert store.digests.get(digest_id(owner.id, "2026-03-02")) is None
    assert store.outbox.get("m2") is None


def test_deleting_a_profile_keeps_what_was_told(store: Store, owner: Owner, profile: Profile) -> None:
    told, _untold = store.hits.record([new_hit(profile.id, "1"), new_hit(profile.id, "2")], [])
    digest = store.digests.create(owner.id, "2026-03-02", [told.id], message())
    assert digest is not None
    store.profiles.delete(profile.id)
    assert [hit.id for hit in store.hits.of_profile(profile.id)] == [told.id]
    assert [hit.id for hit in store.hits.of_digest(digest.id)] == [told.id]


def test_a_claimed_message_is_nobody_elses_until_its_lease_ends(store: Store) -> None:
    lease = timedelta(minutes=5)
    store.outbox.add(message("m1"))
    store.outbox.add(message("m2", next_attempt_at=later(9)))
    (claimed,) = store.outbox.claim(10, lease, PUBLISHED)
    assert (claimed.id, claimed.attempts, claimed.payload) == ("m1", 1, message().payload)
    assert store.outbox.claim(10, lease, PUBLISHED + lease - timedelta(seconds=1)) == []
    assert store.outbox.next_due() == PUBLISHED + lease
    (again,) = store.outbox.claim(10, lease, PUBLISHED + lease)
    assert (again.id, again.attempts) == ("m1", 2)


def test_a_claimed_message_is_held_until_it_is_sent_dropped_or_claimed_by_another(store: Store) -> None:
    lease = timedelta(minutes=5)
    for id_ in ("m1", "m2", "m3"):
        store.outbox.add(message(id_))
    sent, dropped, late = store.outbox.claim(10, lease, PUBLISHED)
    assert all(store.outbox.holds(claimed) for claimed in (sent, dropped, late))
    store.outbox.sent(sent.id, "250", later())
    store.outbox.drop(dropped.id, "given up")
    (again,) = store.outbox.claim(10, lease, PUBLISHED + lease)
    assert not any(store.outbox.holds(claimed) for claimed in (sent, dropped, late))
    assert store.outbox.holds(again)
    assert not store.outbox.holds(message("deleted"))


def test_a_message_is_retried_then_sent_or_dead(store: Store) -> None:
    for id_ in ("m1", "m2", "m3"):
        store.outbox.add(message(id_))
    store.outbox.retry("m1", later(), "greylisted")
    store.outbox.dead("m2", "no such mailbox")
    store.outbox.sent("m3", "250 2.0.0 queued", later())
    store.outbox.retry("m3", later(2), "late answer of another deliverer")
    assert [entry.id for entry in store.outbox.claim(10, timedelta(minutes=1), later(5))] == ["m1"]
    sent = store.outbox.get("m3")
    assert sent is not None
    assert (sent.state, sent.receipt, sent.sent_at) == (OutboxState.SENT, "250 2.0.0 queued", later())
    expected = {OutboxState.PENDING: 1, OutboxState.SENT: 1, OutboxState.DEAD: 1, OutboxState.DROPPED: 0}
    assert store.outbox.counts() == expected
    with pytest.raises(StoreError, match="no message"):
        store.outbox.sent("none", "250", later())


def test_the_same_message_put_in_twice_is_one_message(store: Store) -> None:
    store.outbox.add(message("m1"))
    store.outbox.sent("m1", "250", later())
    assert store.outbox.add(message("m1")).state is OutboxState.SENT
    assert store.outbox.claim(10, timedelta(minutes=1), later(5)) == []


def test_deliverers_at_work_at_the_same_time_share_the_messages(store: Store) -> None:
    for number in range(40):
        store.outbox.add(message(f"m{number:02}"))
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: store.outbox.claim(5, timedelta(hours=1), PUBLISHED), range(12)))
    ids = [entry.id for claim in claims for entry in claim]
    rest = store.outbox.claim(40, timedelta(hours=1), PUBLISHED)
    assert len(ids) == len(set(ids))
    assert sorted(ids + [entry.id for entry in rest]) == [f"m{number:02}" for number in range(40)]
