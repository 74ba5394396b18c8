"""The state of a list: it lives in the field that each page carries and in the session of the cookie that goes with it.

A postback must carry the state of the page that was sent last in its session. An older one, or one of another session,
is answered with the page that the session shows already; one that is no state at all with status 400, as is a postback
without a session.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

COOKIE = "PHPSESSID"
_STATE_BYTES = 1500
"""Real states have 70,000 characters; enough here to show that they are not short."""
MOST_SESSIONS = 2000


@dataclass
class ListSession:
    """One visitor's list."""

    key: str
    page: int = 1
    size: int = 10
    serial: int = 0
    state: str = ""

    def renew(self) -> str:
        """The state of the page that is sent now; the one before is worth nothing any more."""
        self.serial += 1
        seed = hashlib.sha256(f"{self.key}/{self.serial}".encode()).hexdigest()
        self.state = (seed * (_STATE_BYTES // len(seed) + 1))[:_STATE_BYTES]
        return self.state


class Sessions:
    """The sessions of a platform; the oldest are forgotten when there are too many."""

    def __init__(self) -> None:
        self._by_key: dict[str, ListSession] = {}
        self._made = 0

    def open(self, size: int) -> ListSession:
        """A new session."""
        self._made += 1
        key = hashlib.sha256(f"session {self._made}".encode()).hexdigest()[:26]
        if len(self._by_key) >= MOST_SESSIONS:
            self._by_key.pop(next(iter(self._by_key)))
        self._by_key[key] = ListSession(key, size=size)
        return self._by_key[key]

    def of_cookie(self, header: str) -> ListSession | None:
        """The session that a `Cookie` header names."""
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE:
                return self._by_key.get(value)
        return None

    def forget(self) -> None:
        """Lose all sessions, as a platform that is started again does."""
        self._by_key.clear()
