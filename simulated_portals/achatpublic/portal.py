"""achatpublic.com, simulated: a list that is built by script, in the session of the last search.

Rules come from the portal's dossier: ten cards a page, pages counted from 0 in the form, the search kept in the session
(a page asked for without one is the first), months abbreviated, characters outside ISO-8859-15 as numbers.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from simulated_portals.achatpublic import pages
from simulated_portals.aws.french_tenders import FrenchTender
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, JsonValue, Request, json_answer
from simulated_portals.misbehaviour import Misbehaviour
from simulated_portals.portal_clock import PortalClock
from simulated_portals.request_statistics import RequestStatistics

ZONE = "Europe/Paris"
COOKIE = "PROD_APC_ID"
BASE = "/sdm/ent2/gen/"
LIST = BASE + "rechercheCsl.action"
CARDS = BASE + "cartes.action"
FICHE = BASE + "ficheCsl.action"
_KINDS = {LIST: "search", CARDS: "cards", FICHE: "notice", BASE + "accueil.action": "home"}


class AchatpublicPortal:
    """The simulated portal. Its methods make news or trouble, from any thread."""

    def __init__(
        self,
        key: str,
        tenders: tuple[FrenchTender, ...],
        *,
        today: date | None = None,
        page_size: int = 10,
        plain: bool = False,
        invent: Callable[[date], FrenchTender] | None = None,
    ) -> None:
        """`plain`: the server writes the cards itself, as two clients of 2026 saw it."""
        self.key = key
        self.plain = plain
        self.clock = PortalClock(ZONE, today)
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.page_size = page_size
        self.tenders = list(tenders)
        self.broken_script = False
        self.asks_login = False
        self.sends_to: str | None = None
        """Where every consultation's page sends its visitor."""
        self.renamed: tuple[str, str] | None = None
        self._invent = invent
        self._news = random.Random(len(tenders))
        self._sessions: set[str] = set()
        self._forgets = 0

    # --- what the shell asks ----------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`home`, `search`, `cards`, `notice`, or `other`."""
        return _KINDS.get(request.path, "other")

    def maintenance_page(self) -> Answer:
        """What stands in front of everything during maintenance."""
        return pages.MAINTENANCE

    def answer(self, request: Request) -> Answer:
        """The portal's answer to any request."""
        found = self._answer(request)
        if self.renamed is None:
            return found
        old, new = (word.encode("iso-8859-15") for word in self.renamed)
        return replace(found, body=found.body.replace(old, new))

    def _answer(self, request: Request) -> Answer:
        if request.path == BASE + "accueil.action":
            name = secrets.token_hex(8)
            self._sessions.add(name)
            return pages.home((("set-cookie", f"{COOKIE}={name}; Path=/"),))
        if self.asks_login:
            return pages.LOGIN
        if request.path == LIST:
            number = int(request.form.get("searchCslBean.page", "0")) + 1
            number = number if self._known(request) else 1
            return self._plain(number) if self.plain else pages.frame(number, broken=self.broken_script)
        if request.path == CARDS:
            return self._cards(int(request.query.get("page", "1")))
        if request.path == FICHE:
            return self._fiche(request.query.get("PCSLID", ""))
        return pages.NOT_FOUND

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """`{"do": "publish"}` or `{"do": "make_news"}`."""
        if command.get("do") == "publish":
            return self.publish()
        if command.get("do") == "make_news":
            return self.make_news()
        raise ValueError(f"{command} is no command of {self.key}")

    # --- lists ------------------------------------------------------------------------------------------------------

    def _known(self, request: Request) -> bool:
        if self._forgets:
            self._forgets -= 1
            self._sessions.clear()
        cookies = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in cookies}.get(COOKIE) in self._sessions

    def _cards(self, page: int) -> Answer:
        found = self._open()
        rows, total = serve_page(self.faults, LIST, found, page, self.page_size)
        count = max(1, -(-total // self.page_size))
        return json_answer({"page": page, "pages": count, "cartes": [pages.card(item) for item in rows]})

    def _plain(self, page: int) -> Answer:
        rows, total = serve_page(self.faults, LIST, self._open(), page, self.page_size)
        return pages.plain_list(rows, page, max(1, -(-total // self.page_size)))

    def _fiche(self, key: str) -> Answer:
        if self.sends_to is not None:
            return Answer(302, b"", None, (("location", self.sends_to),))
        found = next((item for item in self.tenders if pages.native_id(item) == key), None)
        return pages.fiche(found) if found else pages.NOT_FOUND

    def _open(self) -> list[FrenchTender]:
        now = self.clock.local_now()
        return [item for item in reversed(self.tenders) if item.deadline > now]

    # --- news -------------------------------------------------------------------------------------------------------

    def open_ids(self) -> set[str]:
        """The keys of the consultations that are open now."""
        return {pages.native_id(item) for item in self._open()}

    def publish(self) -> str:
        """A new consultation, today. Returns its key."""
        if self._invent is None:
            raise ValueError("this portal was made without an inventor")
        self.tenders.append(self._invent(self.clock.today()))
        return pages.native_id(self.tenders[-1])

    def move_deadline(self, key: str, days: int = 7) -> FrenchTender:
        """Move the deadline of a consultation."""
        index = next((n for n, item in enumerate(self.tenders) if pages.native_id(item) == key), None)
        if index is None:
            raise ValueError(f"the portal has no consultation {key!r}")
        old = self.tenders[index]
        self.tenders[index] = replace(
            old, deadline=old.deadline + timedelta(days=days), corrections=old.corrections + 1
        )
        return self.tenders[index]

    def make_news(self) -> str:
        """What a working day brings: mostly a new consultation, now and then a deadline that moves."""
        open_now = sorted(self.open_ids())
        if open_now and self._news.random() < 0.2:
            return pages.native_id(self.move_deadline(self._news.choice(open_now)))
        return self.publish()

    # --- trouble of its own -----------------------------------------------------------------------------------------

    def forget_sessions(self, times: int = 1) -> None:
        """Forget every session before each of the next `times` searches: what is shown then is the first page."""
        self._forgets = times

    def rename(self, old: str, new: str) -> None:
        """Another word in the place of an old one, on all pages: a class, an id, a label."""
        self.renamed = (old, new)
