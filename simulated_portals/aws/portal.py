"""AWS-Achat, simulated: its search form, its session, its refusals.

Rules come from the portal's dossier: a search needs the session's cookie, one that is too wide is refused without a
number, one that finds nothing answers the form, pages after the first are those of the session's last search, and every
row of a list has the same element id.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from simulated_portals.aws import pages
from simulated_portals.french_tenders.portal import Search, TenderPortal
from simulated_portals.french_tenders.tenders import FrenchTender
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, Request
from simulated_portals.misbehaviour import IgnoreFilters

LIST = "/Annonces/lister"
NOTICES = "/Annonces/"


class AwsPortal(TenderPortal):
    """The simulated portal. Its methods make news or trouble, from any thread."""

    cookie = "JSESSIONID"
    cookie_flags = "; Path=/; HttpOnly"

    def __init__(
        self,
        key: str,
        tenders: tuple[FrenchTender, ...],
        *,
        today: date | None = None,
        cap: int = 30,
        page_size: int = 10,
        redirects: bool = False,
        invent: Callable[[date], FrenchTender] | None = None,
    ) -> None:
        """`cap`: results that are listed at most. `redirects`: a search is answered 303, its list by a GET."""
        super().__init__(key, tenders, today=today, page_size=page_size, invent=invent)
        self.cap, self.redirects = cap, redirects
        self.pinned: str | None = None
        """The notice that stands on top of every page of a list, beside those that belong there."""
        self._captcha = self._rejects = False

    # --- what the shell asks ----------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`search`, `page`, `form`, `notice`, or `other`."""
        if request.path == LIST:
            return "search" if request.method == "POST" else "page"
        if request.path == "/Annonces/rechercher":
            return "form"
        return "notice" if request.path.startswith(NOTICES) else "other"

    def maintenance_page(self) -> Answer:
        """What stands in front of everything during maintenance."""
        return pages.MAINTENANCE

    def answer(self, request: Request) -> Answer:
        """The portal's answer to any request."""
        if request.path == "/robots.txt":
            return pages.NOT_FOUND
        if self._captcha:
            return pages.CAPTCHA
        if self._rejects:
            return pages.REJECTED
        return self._as_renamed(self._answer(request))

    def _answer(self, request: Request) -> Answer:
        if request.path == "/Annonces/rechercher":
            return pages.form(self._new_session())
        if request.path == LIST:
            return self._list(request)
        if request.path.startswith(NOTICES) and request.path.endswith(".htm"):
            wanted = request.path.removeprefix(NOTICES).removesuffix(".htm")
            found = self._with_id(wanted)
            return pages.notice(found) if found else pages.NOT_FOUND
        return pages.NOT_FOUND

    # --- lists ------------------------------------------------------------------------------------------------------

    def _list(self, request: Request) -> Answer:
        session = self._session_of(request)
        if session is None:
            self.statistics.note("without_session")
            return pages.form(self._new_session())
        if request.method == "POST":
            session.clear()
            session.update(request.form)
            if self.redirects:
                return Answer(303, b"", None, (("location", LIST),))
        elif not session:
            return pages.form()
        page = int(request.query.get("pager_s", "1"))
        found = self._found(session)
        if len(found) > self.cap:
            return pages.too_wide()
        rows, total = serve_page(self.faults, LIST, found, page, self.page_size)
        if not total and not rows:
            return pages.form()
        pinned = next((item for item in found if pages.native_id(item) == self.pinned), None)
        shown = [pinned, *(item for item in rows if item is not pinned)] if pinned else list(rows)
        return pages.listing(shown, total, page, -(-len(found) // self.page_size))

    def _found(self, search: Search) -> list[FrenchTender]:
        ignoring = bool(self.faults.all_of(IgnoreFilters, LIST))
        found = [item for item in reversed(self.tenders) if self._on_list(item, search.get("IDE", "EC"), ignoring)]
        if ignoring:
            return found[: self.cap]
        departements = search.get("IDR", "X")
        wanted = None if departements == "X" else {code.zfill(2) for code in departements.split(",")}
        return [
            item
            for item in found
            if (wanted is None or item.buyer.departement in wanted)
            and search.get("IDN", "X") in ("X", item.nature)
            and search.get("IDP", "X") in ("X", item.procedure)
            and self._published(item, search.get("dateParution", ""))
        ]

    def _on_list(self, item: FrenchTender, name: str, ignoring: bool) -> bool:
        if ignoring:
            return True
        is_open = not item.award and item.deadline > self.clock.local_now()
        return {"EC": is_open, "A": not item.award and not is_open, "AAA": item.award}.get(name, False)

    def _published(self, item: FrenchTender, asked: str) -> bool:
        back = (self.clock.today() - item.published).days
        sign, _, number = asked.strip().partition(" ")
        if not number:
            return True
        return back == int(number) if sign == "=" else back < int(number)

    # --- what is there ----------------------------------------------------------------------------------------------

    def native_id(self, tender: FrenchTender) -> str:
        """The portal's key of a notice."""
        return pages.native_id(tender)

    def open_ids(self) -> set[str]:
        """The keys of the calls that are open now."""
        return {pages.native_id(item) for item in self.tenders if self._on_list(item, "EC", ignoring=False)}

    def published_on(self, day: date) -> set[str]:
        """The keys of what was published on a day and is open, or awarded."""
        now = self.clock.local_now()
        return {
            pages.native_id(item)
            for item in self.tenders
            if item.published == day and (item.award or item.deadline > now)
        }

    # --- trouble of its own -----------------------------------------------------------------------------------------

    def ask_captcha(self, wanted: bool = True) -> None:
        """Refuse every visitor with 403 and a captcha."""
        self._captcha = wanted

    def reject_requests(self, wanted: bool = True) -> None:
        """Answer every request with the firewall's page, status 200."""
        self._rejects = wanted
