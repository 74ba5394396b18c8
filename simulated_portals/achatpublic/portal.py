"""achatpublic.com, simulated: a list that is built by script, in the session of the last search.

Rules come from the portal's dossier: ten cards a page, pages counted from 0 in the form, the search kept in the session
(a page asked for without one is the first), months abbreviated, characters outside ISO-8859-15 as numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from simulated_portals.achatpublic import pages
from simulated_portals.french_tenders.portal import TenderPortal
from simulated_portals.french_tenders.tenders import FrenchTender
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, Request, json_answer

BASE = "/sdm/ent2/gen/"
LIST = BASE + "rechercheCsl.action"
CARDS = BASE + "cartes.action"
FICHE = BASE + "ficheCsl.action"
_KINDS = {LIST: "search", CARDS: "cards", FICHE: "notice", BASE + "accueil.action": "home"}


class AchatpublicPortal(TenderPortal):
    """The simulated portal. Its methods make news or trouble, from any thread."""

    cookie = "PROD_APC_ID"
    encoding = "iso-8859-15"

    def __init__(
        self,
        key: str,
        tenders: tuple[FrenchTender, ...],
        *,
        today: date | None = None,
        page_size: int = 10,
        plain: bool | None = None,
        invent: Callable[[date], FrenchTender] | None = None,
    ) -> None:
        """`plain`: the server writes the cards itself, as two clients of 2026 saw it; None: for visitors without a
        browser alone, since two others saw a list that a script fills.
        """
        super().__init__(key, tenders, today=today, page_size=page_size, invent=invent)
        self.plain = plain
        self.broken_script = False
        self.asks_login = False
        self.sends_to: str | None = None
        """Where every consultation's page sends its visitor."""

    # --- what the shell asks ----------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`home`, `search`, `cards`, `notice`, or `other`."""
        return _KINDS.get(request.path, "other")

    def maintenance_page(self) -> Answer:
        """What stands in front of everything during maintenance."""
        return pages.MAINTENANCE

    def answer(self, request: Request) -> Answer:
        """The portal's answer to any request."""
        return self._as_renamed(self._answer(request))

    def _answer(self, request: Request) -> Answer:
        if request.path == BASE + "accueil.action":
            return pages.home(self._new_session())
        if self.asks_login:
            return pages.LOGIN
        if request.path == LIST:
            number = int(request.form.get("searchCslBean.page", "0")) + 1
            number = number if self._session_of(request) is not None else 1
            plain = "sec-fetch-mode" not in request.headers if self.plain is None else self.plain
            return self._plain(number) if plain else pages.frame(number, broken=self.broken_script)
        if request.path == CARDS:
            return self._cards(int(request.query.get("page", "1")))
        if request.path == FICHE:
            return self._fiche(request.query.get("PCSLID", ""))
        return pages.NOT_FOUND

    # --- lists ------------------------------------------------------------------------------------------------------

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
        found = self._with_id(key)
        return pages.fiche(found) if found else pages.NOT_FOUND

    def _open(self) -> list[FrenchTender]:
        now = self.clock.local_now()
        return [item for item in reversed(self.tenders) if item.deadline > now]

    # --- what is there ----------------------------------------------------------------------------------------------

    def native_id(self, tender: FrenchTender) -> str:
        """The portal's key of a consultation."""
        return pages.native_id(tender)

    def open_ids(self) -> set[str]:
        """The keys of the consultations that are open now."""
        return {pages.native_id(item) for item in self._open()}
