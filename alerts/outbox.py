"""Delivers what the outbox holds: at least once, always under the same id.

A message is leased before it is handed over and marked *sent* right after the receiver accepted it. Whoever dies in
between leaves a message that is due again when the lease ends, and that carries the same Message-ID: at most one
duplicate per crash. Several tasks connect and announce messages at once, so one that is slow or refused does not hold
up another; contents are handed over and marked one at a time per channel, which is what keeps the duplicate single.
While the store is away the mark waits for it, and nothing more is handed over.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from alerts.channels import Channel, Delivery, Outcome
from alerts.channels.email import EmailChannel
from alerts.retry import RetryPolicy
from core import clock
from core.settings import Settings
from notices.model import Frozen
from store import Store
from store.outbox import MessageGone
from store.records import IncidentKind, OutboxMessage, OutboxState, ProfileState

log = logging.getLogger(__name__)

BATCH = 20
BATCHES = 10
WORKERS = 4
"""Connections per channel; most mail servers accept more."""
PATIENCE = 20.0
"""Seconds that an outcome waits for a store that is away, as a lost one means a duplicate.

No stop request is heard here, so it is less than what a worker has to end after SIGTERM (25 s, `dispatch.grace`). One
that is ended by force before, or whose last try hangs in a cut network, repeats the one message.
"""
FIRST_WAIT = 0.1
LONGEST_WAIT = 5.0
"""Seconds between two tries to write an outcome; each wait is twice the one before."""
UNSUBSCRIBED = "every alert of this message was unsubscribed or deleted before it left"
"""Why a digest that was built already is not delivered."""
MOST_NAMED = 50
"""Messages that an incident names; it counts them all."""
MakeChannel = Callable[[Settings], Channel]
CHANNELS: Mapping[str, MakeChannel] = {EmailChannel.name: lambda settings: EmailChannel(settings.smtp)}


class Delivered(Frozen):
    """What one pass over the outbox did, counted in messages."""

    sent: int = 0
    retried: int = 0
    dead: int = 0
    dropped: int = 0
    words: str = ""
    """What was said, in this pass, of a message that is to be tried again."""

    @property
    def total(self) -> int:
        """Messages that were looked at."""
        return self.sent + self.retried + self.dead + self.dropped

    def __add__(self, other: Delivered) -> Delivered:
        return Delivered(
            sent=self.sent + other.sent,
            retried=self.retried + other.retried,
            dead=self.dead + other.dead,
            dropped=self.dropped + other.dropped,
            words=other.words or self.words,
        )


def deliver_due(
    store: Store,
    settings: Settings,
    now: datetime,
    *,
    policy: RetryPolicy | None = None,
    channels: Mapping[str, MakeChannel] = CHANNELS,
) -> Delivered:
    """Hand over messages that are due at `now`, at most `BATCHES` batches of them; call again while `total` is not 0.

    The store's error when it goes away: nothing is handed over after that, and what was claimed is due again when its
    lease ends. Not to be called from a running event loop.
    """
    deliverer = _Deliverer(store, settings, policy or RetryPolicy(), channels, now)
    total = Delivered()
    for _ in range(BATCHES):
        claimed = store.outbox.claim(BATCH, lease(settings), max(now, clock.now()))
        if not claimed:
            break
        done = asyncio.run(deliverer.deliver(claimed))
        total += done
        _tell(store, done)
    return total


def lease(settings: Settings) -> timedelta:
    """How long claimed messages belong to this process, and how late a message is after a crash at most.

    No content is handed over unless the lease outlasts it, so a slow server makes messages late and never double.
    """
    return _handing_over(settings) + timedelta(seconds=30)


def _handing_over(settings: Settings) -> timedelta:
    """The longest that a server may take for DATA and for the answer to its end."""
    return timedelta(seconds=2 * settings.smtp.timeout)


class _Deliverer:
    """Delivers batches; every outcome is written as soon as it is known."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        policy: RetryPolicy,
        channels: Mapping[str, MakeChannel],
        now: datetime,
    ) -> None:
        self._store = store
        self._settings = settings
        self._policy = policy
        self._channels = channels
        self._now = now
        self._failed = False
        """The store failed somebody: nothing is handed over any more, as it could not be marked either."""

    async def deliver(self, messages: Sequence[OutboxMessage]) -> Delivered:
        by_channel: dict[str, list[OutboxMessage]] = {}
        for message in messages:
            by_channel.setdefault(message.channel, []).append(message)
        return await _all_of(self._through(name, some) for name, some in by_channel.items())

    async def _through(self, name: str, messages: Sequence[OutboxMessage]) -> Delivered:
        waiting: asyncio.Queue[OutboxMessage] = asyncio.Queue()
        for message in messages:
            waiting.put_nowait(message)
        workers = min(WORKERS, len(messages))
        handing_over = asyncio.Lock()
        return await _all_of(self._worker(name, waiting, handing_over) for _ in range(workers))

    async def _worker(self, name: str, waiting: asyncio.Queue[OutboxMessage], handing_over: asyncio.Lock) -> Delivered:
        make = self._channels.get(name)
        channel = make(self._settings) if make else _NoChannel(name)
        total = Delivered()
        try:
            while not (waiting.empty() or self._failed):
                total += await self._deliver_one(channel, waiting.get_nowait(), handing_over)
        except Exception:
            self._failed = True  # nothing was awaited since the lock was released, so the next one with it sees this
            raise
        finally:
            await channel.close()
        return total

    async def _deliver_one(self, channel: Channel, message: OutboxMessage, handing_over: asyncio.Lock) -> Delivered:
        if not await asyncio.to_thread(self._store.outbox.holds, message):
            log.info("Message %s was dropped, deleted or claimed by another deliverer meanwhile", message.id)
            return Delivered()
        if not await asyncio.to_thread(self._wanted, message):
            await asyncio.to_thread(self._store.outbox.drop, message.id, UNSUBSCRIBED)
            return Delivered(dropped=1)
        refused = await self._guarded(channel.prepare(message), message)
        if refused is not None:
            return await self._written(message, refused)
        async with handing_over:  # so that a crash leaves one message at most that is accepted and not marked
            if self._failed:
                return Delivered()
            if self._lease_left(message) <= _handing_over(self._settings):
                log.info("Message %s waited too long beside slow ones; it is claimed again", message.id)
                return Delivered()
            delivery = await self._guarded(channel.hand_over(message), message)
            return await self._written(message, delivery or _broken("no answer"))

    def _wanted(self, message: OutboxMessage) -> bool:
        """Whether an alert of this digest is still there and not unsubscribed; other messages always are wanted.

        A paused alert keeps its place: what was built before the pause would otherwise never be told.
        """
        if message.digest_id is None:
            return True
        told = {hit.profile_id for hit in self._store.hits.of_digest(message.digest_id)}
        kept = (self._store.profiles.get(profile_id) for profile_id in told)
        return any(profile is not None and profile.state is not ProfileState.UNSUBSCRIBED for profile in kept)

    def _lease_left(self, message: OutboxMessage) -> timedelta:
        """How long a message still belongs to this process; `next_attempt_at` of a claimed one is its lease's end."""
        return message.next_attempt_at - max(self._now, clock.now())

    async def _guarded(self, step: Awaitable[Delivery | None], message: OutboxMessage) -> Delivery | None:
        try:
            return await step
        except Exception as error:
            log.exception("Channel %s broke over message %s", message.channel, message.id)
            return _broken(f"{type(error).__name__}: {error}")

    async def _written(self, message: OutboxMessage, delivery: Delivery) -> Delivered:
        """Write an outcome, again and again while the store is away; its error when `PATIENCE` or the lease is over."""
        until = time.monotonic() + min(PATIENCE, self._lease_left(message).total_seconds())
        wait = FIRST_WAIT
        while True:
            try:
                return await asyncio.to_thread(self._write, message, delivery)
            except Exception as error:
                left = until - time.monotonic()
                if left <= 0:
                    raise
                log.warning("Message %s is %s, which cannot be written yet: %s", message.id, delivery.outcome, error)
            await asyncio.sleep(min(wait, left))
            wait = min(2 * wait, LONGEST_WAIT)

    def _write(self, message: OutboxMessage, delivery: Delivery) -> Delivered:
        at, words = max(self._now, clock.now()), _storable(delivery.words)
        if delivery.outcome is Outcome.ACCEPTED:
            self._sent(message, words, at)
            return Delivered(sent=1)
        again = self._again(message, delivery, at)
        if again is not None:
            self._store.outbox.retry(message.id, again, words)
            log.warning("Message %s to be tried again at %s: %s", message.id, again, words)
            return Delivered(retried=1, words=words)
        self._store.outbox.dead(message.id, words)
        log.error("Message %s given up after %s attempts: %s", message.id, message.attempts, words)
        return Delivered(dead=1)

    def _sent(self, message: OutboxMessage, words: str, at: datetime) -> None:
        try:
            self._store.outbox.sent(message.id, words, at)
        except MessageGone:
            log.info("Message %s was accepted, and its owner was deleted meanwhile", message.id)

    def _again(self, message: OutboxMessage, delivery: Delivery, at: datetime) -> datetime | None:
        if delivery.outcome is Outcome.IMPOSSIBLE:
            return None
        if delivery.outcome is Outcome.REFUSED and message.attempts >= self._policy.refusals:
            return None
        return self._policy.next_attempt(message.attempts, message.created_at, at)


class _NoChannel:
    """Stands in for a channel that this version does not know; its messages wait for one that does."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def prepare(self, message: OutboxMessage) -> Delivery | None:
        return _broken(f"there is no channel {self._name}")

    async def hand_over(self, message: OutboxMessage) -> Delivery:
        return _broken(f"there is no channel {self._name}")

    async def close(self) -> None:
        return None


async def _all_of(parts: Iterable[Awaitable[Delivered]]) -> Delivered:
    """What all of them did. An error is raised when the others have ended too: none is cut off while it hands over."""
    outcomes = await asyncio.gather(*parts, return_exceptions=True)
    errors = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    for error in errors[1:]:
        log.warning("Another part of the delivery failed too: %s", error)
    if errors:
        raise errors[0]
    return sum((outcome for outcome in outcomes if isinstance(outcome, Delivered)), Delivered())


def _storable(words: str) -> str:
    """A server's words without what no database takes: NUL, and bytes that are no UTF-8."""
    return words.replace("\0", "").encode(errors="replace").decode()


def _broken(words: str) -> Delivery:
    return Delivery(outcome=Outcome.LATER, words=words)


def revive(store: Store, message_id: str, now: datetime) -> bool:
    """Try a message that was given up again, at the next delivery; False when there is no such dead message."""
    revived = store.outbox.revive(message_id, now)
    _tell_refused(store)
    return revived


def drop(store: Store, message_id: str) -> bool:
    """Give a message up for good, waiting or dead; False when there is none. Nobody is told what it held."""
    dropped = store.outbox.drop(message_id, "given up by an operator")
    _tell_refused(store)
    _tell_undelivered(store)
    return dropped


def _tell(store: Store, done: Delivered) -> None:
    """Incidents for operators: a message given up, and a server that takes nothing."""
    if done.dead:
        _tell_refused(store)
    if done.retried and not done.sent:
        message = f"Aucun message ne peut être remis au serveur de courrier, qui est essayé de nouveau : {done.words}"
        details = {"waiting": store.outbox.counts()[OutboxState.PENDING], "words": done.words}
        store.incidents.open(None, IncidentKind.MAIL_UNDELIVERED, message, details)
    _tell_undelivered(store, taken=bool(done.sent))


def _tell_undelivered(store: Store, *, taken: bool = False) -> None:
    """The server takes nothing: that ends when it took a message, or when none waits for it any more."""
    if taken or not store.outbox.counts()[OutboxState.PENDING]:
        store.incidents.close(None, IncidentKind.MAIL_UNDELIVERED)


def _tell_refused(store: Store) -> None:
    """One incident for every message that was given up and that nobody revived or dropped; closed with the last."""
    count = store.outbox.counts()[OutboxState.DEAD]
    if not count:
        store.incidents.close(None, IncidentKind.MESSAGE_REFUSED)
        return
    refused = store.outbox.in_state(OutboxState.DEAD, MOST_NAMED)
    words = refused[-1].last_error if refused else ""
    message = f"{count} message(s) refusé(s) définitivement par le serveur de courrier, le dernier ainsi : {words}"
    details = {"count": count, "words": words, "messages": [item.id for item in refused]}
    store.incidents.open(None, IncidentKind.MESSAGE_REFUSED, message, details)
