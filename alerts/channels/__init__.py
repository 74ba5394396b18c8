"""Ways to a person: one small module per channel, all behind `Channel`."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from notices.model import Frozen
from store.records import OutboxMessage


class Outcome(StrEnum):
    """What a receiver did with a message."""

    ACCEPTED = "accepted"
    LATER = "later"  # a passing failure: of the connection, of the server, of our own account
    REFUSED = "refused"  # a permanent refusal of the content, given a few more tries
    IMPOSSIBLE = "impossible"  # a permanent refusal of the recipient: trying again changes nothing


class Delivery(Frozen):
    """The outcome of one attempt, with the receiver's own words."""

    outcome: Outcome
    words: str


class Channel(Protocol):
    """Hands messages over, one at a time, in two steps; one instance is used by one task.

    Neither step raises for what the receiver or the network does. After `hand_over` was accepted the message is out,
    so the deliverer lets one `hand_over` of a channel run at a time, and writes its outcome before the next.
    """

    async def prepare(self, message: OutboxMessage) -> Delivery | None:
        """Everything before the content: connection, sender, recipient. None when the content may follow."""

    async def hand_over(self, message: OutboxMessage) -> Delivery:
        """The content, and the receiver's answer to it."""

    async def close(self) -> None:
        """Give the connection back."""
