"""The server's side of a list: which page of which list each session looks at, and the newest state it was given."""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import dataclass

_COOKIE = re.compile(r"PHPSESSID=([0-9a-z]+)")


@dataclass(frozen=True)
class ListSession:
    """One session's list. `flags` is the query string that began it."""

    number: str
    flags: str
    page: int = 1
    size: int = 10
    token: str = ""
    emptied: bool = False


class Sessions:
    """Sessions by the number in their cookie."""

    def __init__(self) -> None:
        self._kept: dict[str, ListSession] = {}
        self._numbers = itertools.count(1)
        self._served = itertools.count(1)
        self._lock = threading.Lock()

    def begin(self) -> str:
        """The number of a new session."""
        with self._lock:
            return f"s{next(self._numbers):05d}"

    def served(self) -> int:
        """A number that no page had before."""
        with self._lock:
            return next(self._served)

    def keep(self, session: ListSession) -> None:
        """Remember what a session looks at."""
        self._kept[session.number] = session

    def find(self, cookies: str) -> ListSession | None:
        """The session of a Cookie header, or None: no cookie, or a session that the server forgot."""
        found = _COOKIE.search(cookies)
        return self._kept.get(found[1]) if found else None

    def forget(self) -> None:
        """Lose all sessions, as after a restart of the server."""
        self._kept.clear()
