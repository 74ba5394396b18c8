"""When a refused message is tried again: a value, so that it is tested without waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

from notices.model import Frozen


class RetryPolicy(Frozen):
    """Delays between attempts, and how long a message is worth trying.

    RFC 5321 section 4.5.4.1 asks for at least 4 to 5 days before giving up.
    """

    delays: tuple[timedelta, ...] = (
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=4),
    )
    """After the first, second, ... failure; the last one repeats."""
    give_up_after: timedelta = timedelta(days=5)
    refusals: int = 3
    """Attempts that a permanent refusal of the content (5xx after DATA) is given: a relay's filter may be a passing
    fault, while an unknown recipient is final at once."""

    def next_attempt(self, attempts: int, created_at: datetime, now: datetime) -> datetime | None:
        """When to try again after `attempts` failures (1 or more); None when it is time to give up."""
        if now - created_at >= self.give_up_after:
            return None
        return now + self.delays[min(max(attempts, 1), len(self.delays)) - 1]
