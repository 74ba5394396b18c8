"""What the store promises about what nobody confirmed, messages that were given up, and an owner's past digests."""

from __future__ import annotations

from datetime import timedelta

from core import clock
from store import Store, digest_id
from store.records import Forgotten, OutboxState, Owner, ProfileState
from tests.support.store_examples import PUBLISHED, later, message, new_hit

QUERY = {"version": "1", "text": "toiture"}


def owner_of(store: Store, email: str = "anne@entreprise.example") -> Owner:
    return store.profiles.ensure_owner(email, "fr", "Europe/Brussels", 7, (0,))


def test_an_address_that_never_confirmed_is_forgotten_with_all_that_names_it(store: Store) -> None:
    with clock.frozen_at(PUBLISHED):
        stranger = owner_of(store)
        profile = store.profiles.create(stranger.id, "Toitures", QUERY)
        store.hits.record([new_hit(profile.id)], [])
        store.outbox.add(message("asking", owner_id=stranger.id, purpose="confirmation"))
    seen = store.profiles.changed_since(0)
    assert store.profiles.forget_unconfirmed(PUBLISHED) == Forgotten(owners=0, profiles=0)
    assert store.profiles.forget_unconfirmed(later()) == Forgotten(owners=1, profiles=1)
    assert store.profiles.owner(stranger.id) is None
    assert store.outbox.get("asking") is None
    assert store.hits.of_profile(profile.id) == []
    assert store.profiles.changed_since(seen.revision).removed == (profile.id,)
    assert store.profiles.forget_unconfirmed(later()) == Forgotten(owners=0, profiles=0)


def test_an_address_that_saved_something_lately_is_still_waited_for(store: Store) -> None:
    with clock.frozen_at(PUBLISHED):
        stranger = owner_of(store)
        store.profiles.create(stranger.id, "Toitures", QUERY)
    with clock.frozen_at(later(20)):
        store.profiles.create(stranger.id, "Ponts", QUERY)
    assert store.profiles.forget_unconfirmed(later(10)) == Forgotten(owners=0, profiles=0)
    assert len(store.profiles.of_owner(stranger.id)) == 2


def test_only_what_waits_is_forgotten_of_somebody_who_confirmed(store: Store) -> None:
    with clock.frozen_at(PUBLISHED):
        owner = owner_of(store)
        kept = store.profiles.create(owner.id, "Toitures", QUERY)
        waiting = store.profiles.create(owner.id, "Par un inconnu", QUERY, ProfileState.WAITING)
    store.profiles.confirm_owner(owner.id, PUBLISHED)
    changes = store.profiles.changed_since(0)
    assert ([item.id for item in changes.put], changes.removed) == ([kept.id], (waiting.id,))
    assert store.profiles.forget_unconfirmed(later()) == Forgotten(owners=0, profiles=1)
    assert [item.id for item in store.profiles.of_owner(owner.id)] == [kept.id]


def test_a_dead_message_is_tried_again_as_if_it_were_new(store: Store) -> None:
    store.outbox.add(message("m1"))
    assert not store.outbox.revive("m1", later())  # it waits already
    store.outbox.claim(1, timedelta(minutes=1), PUBLISHED)
    store.outbox.dead("m1", "550 no such user")
    assert [item.id for item in store.outbox.in_state(OutboxState.DEAD)] == ["m1"]
    assert store.outbox.revive("m1", later())
    assert store.outbox.in_state(OutboxState.DEAD) == []
    (claimed,) = store.outbox.claim(1, timedelta(minutes=1), later())
    assert (claimed.id, claimed.attempts, claimed.message_id) == ("m1", 1, "<m1@vigie.invalid>")


def test_a_dropped_message_is_never_delivered(store: Store) -> None:
    store.outbox.add(message("m1"))
    assert store.outbox.drop("m1", "unsubscribed")
    assert not store.outbox.drop("m1", "again")
    assert store.outbox.claim(1, timedelta(minutes=1), later()) == []
    store.outbox.retry("m1", later(), "late answer")
    dropped = store.outbox.get("m1")
    assert dropped is not None
    assert (dropped.state, dropped.last_error) == (OutboxState.DROPPED, "unsubscribed")
    store.outbox.add(message("m2"))
    store.outbox.sent("m2", "250", later())
    assert not store.outbox.drop("m2", "too late")
    assert store.outbox.counts() == {
        OutboxState.PENDING: 0,
        OutboxState.SENT: 1,
        OutboxState.DEAD: 0,
        OutboxState.DROPPED: 1,
    }


def test_an_owner_finds_past_digests_newest_first(store: Store) -> None:
    owner = owner_of(store)
    profile = store.profiles.create(owner.id, "Toitures", QUERY)
    for number in range(3):
        (hit,) = store.hits.record([new_hit(profile.id, str(number))], [])
        with clock.frozen_at(later(number)):
            store.digests.create(owner.id, f"key-{number}", [hit.id], message(f"m{number}"))
    wanted = [digest_id(owner.id, "key-2"), digest_id(owner.id, "key-1")]
    assert [digest.id for digest in store.digests.recent(owner.id, 2)] == wanted
    latest = store.digests.latest(owner.id)
    assert latest is not None
    assert latest.id == wanted[0]
