"""The store is away when the outcome of a mail is to be written: nothing is handed over twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest

from alerts import outbox
from alerts.channels import Delivery, Outcome
from alerts.outbox import Delivered, deliver_due, lease
from core import clock
from store import Store, StoreError
from store.records import OutboxMessage, OutboxState
from tests.unit.alerts.alerts_kit import NOON, World

COUNT = 12


class Accepting:
    """A server that accepts everything and remembers it; every connection of a test shares one."""

    def __init__(self) -> None:
        self.accepted: Counter[str] = Counter()
        self.words = "250 OK"

    async def prepare(self, message: OutboxMessage) -> Delivery | None:
        return None

    async def hand_over(self, message: OutboxMessage) -> Delivery:
        self.accepted[message.id] += 1
        return Delivery(outcome=Outcome.ACCEPTED, words=self.words)

    async def close(self) -> None:
        return None


def add_messages(store: Store, count: int = COUNT) -> None:
    for number in range(count):
        identity = f"confirmation-{number}"
        store.outbox.add(
            OutboxMessage(
                id=identity,
                purpose="confirmation",
                recipient="anne@pme.example",
                message_id=f"<{identity}@vigie.example>",
                payload=b"Bonjour",
                next_attempt_at=NOON,
                created_at=NOON,
            )
        )


def deliver(world: World, server: Accepting) -> Delivered:
    return deliver_due(world.store, world.settings, clock.now(), channels={"email": lambda _: server})


def away(monkeypatch: pytest.MonkeyPatch, store: Store, name: str, calls: range) -> None:
    """Let these calls of an operation of the outbox, counted from 0, meet a store that is away."""
    operation: Callable[..., Any] = getattr(store.outbox, name)
    made = iter(range(1_000_000))

    def asked(*arguments: Any) -> Any:
        if next(made) in calls:
            raise StoreError("The database is away.")
        return operation(*arguments)

    monkeypatch.setattr(store.outbox, name, asked)


@pytest.mark.parametrize("first", [0, 5, COUNT - 1])
def test_mails_are_accepted_once_when_the_store_is_away_for_seconds_just_as_one_is_to_be_marked(
    world: World, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    add_messages(world.store)
    away(monkeypatch, world.store, "sent", range(first, first + 4))
    server = Accepting()
    assert deliver(world, server).sent == COUNT
    assert world.store.outbox.counts()[OutboxState.SENT] == COUNT
    assert set(server.accepted.values()) == {1}


def test_a_store_that_stays_away_ends_the_delivery_after_one_mail_that_comes_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "PATIENCE", 0.3)
    add_messages(world.store)
    server = Accepting()
    with monkeypatch.context() as patched:
        away(patched, world.store, "sent", range(3, 1_000))
        with pytest.raises(StoreError):
            deliver(world, server)
    assert sum(server.accepted.values()) == 4
    with clock.frozen_at(NOON + lease(world.settings) + timedelta(seconds=1)):
        deliver(world, server)
    assert world.store.outbox.counts()[OutboxState.SENT] == COUNT
    assert sorted(server.accepted.values()) == [1] * (COUNT - 1) + [2]


def test_an_outcome_is_given_up_when_the_lease_of_its_message_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another deliverer may have claimed it: this one tries once more and no longer."""
    add_messages(world.store)
    tried: list[str] = []

    def is_away(message_id: str, receipt: str, at: datetime) -> None:
        tried.append(message_id)
        raise StoreError("The database is away.")

    class Slow(Accepting):
        async def hand_over(self, message: OutboxMessage) -> Delivery:
            over.enter_context(clock.frozen_at(message.next_attempt_at))
            return await super().hand_over(message)

    monkeypatch.setattr(world.store.outbox, "sent", is_away)
    server = Slow()
    with ExitStack() as over, pytest.raises(StoreError):
        deliver(world, server)
    assert len(tried) == 1
    assert sum(server.accepted.values()) == 1


def test_nothing_is_handed_over_while_the_store_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    add_messages(world.store)
    away(monkeypatch, world.store, "holds", range(1_000))
    server = Accepting()
    with pytest.raises(StoreError):
        deliver(world, server)
    assert not server.accepted


def test_an_error_of_one_connection_does_not_cut_off_another_that_hands_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it hands over is marked, and nothing is handed over after it."""
    add_messages(world.store)
    handing_over, failing = asyncio.Event(), asyncio.Event()

    class Waiting(Accepting):
        async def hand_over(self, message: OutboxMessage) -> Delivery:
            handing_over.set()
            await failing.wait()
            await asyncio.sleep(0.1)  # the error has been raised, and whoever it would cut off is
            return await super().hand_over(message)

    class Failing(Accepting):
        async def prepare(self, message: OutboxMessage) -> Delivery | None:
            await handing_over.wait()
            failing.set()
            return Delivery(outcome=Outcome.IMPOSSIBLE, words="no such user")

    waiting, made = Waiting(), iter(range(10))
    away(monkeypatch, world.store, "dead", range(1_000))
    monkeypatch.setattr(outbox, "PATIENCE", 0.0)
    channels = {"email": lambda _: waiting if next(made) == 0 else Failing()}
    with pytest.raises(StoreError):
        deliver_due(world.store, world.settings, NOON, channels=channels)
    assert list(waiting.accepted.values()) == [1]
    (sent,) = world.store.outbox.in_state(OutboxState.SENT)
    assert sent.id in waiting.accepted


def test_a_mail_that_an_operator_drops_after_it_was_claimed_is_not_handed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_messages(world.store, 2)
    claim = world.store.outbox.claim

    def claimed_and_dropped(*arguments: Any) -> list[OutboxMessage]:
        messages = claim(*arguments)
        outbox.drop(world.store, "confirmation-0")
        return messages

    monkeypatch.setattr(world.store.outbox, "claim", claimed_and_dropped)
    server = Accepting()
    assert deliver(world, server) == Delivered(sent=1)
    assert server.accepted == {"confirmation-1": 1}


def test_a_mail_whose_owner_is_deleted_while_it_is_handed_over_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_messages(world.store)
    sent = world.store.outbox.sent

    def deleted(message_id: str, receipt: str, at: datetime) -> None:
        sent("deleted" if message_id == "confirmation-0" else message_id, receipt, at)

    monkeypatch.setattr(world.store.outbox, "sent", deleted)
    server = Accepting()
    assert deliver(world, server).sent == COUNT
    assert set(server.accepted.values()) == {1}


@pytest.mark.parametrize("words", ["accept\udce9", "OK\0"])
def test_a_mail_is_marked_whatever_bytes_the_server_answers_with(world: World, words: str) -> None:
    add_messages(world.store, 1)
    server = Accepting()
    server.words = words
    assert deliver(world, server).sent == 1
    (sent,) = world.store.outbox.in_state(OutboxState.SENT)
    assert sent.receipt in ("accept?", "OK")
