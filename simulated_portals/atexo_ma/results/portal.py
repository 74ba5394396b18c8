"""The national portal with its announcements, simulated.

The rules are those of the calls' lists, with one more step: a flag such as `AvisExtraitPV` shows the form alone, and
the search, posted to the address that the form names, answers the list of one kind. Announcements have numbers of their
own.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime

from simulated_portals.atexo_ma import small_pages
from simulated_portals.atexo_ma.consultations import Consultation
from simulated_portals.atexo_ma.list_page import encoded
from simulated_portals.atexo_ma.portal import SEARCH, AtexoMaPortal
from simulated_portals.atexo_ma.results import pages
from simulated_portals.atexo_ma.results.announcements import (
    LABELS,
    Announcement,
    AnnouncementInventor,
    OpenedTender,
    Programme,
)
from simulated_portals.atexo_ma.sessions import ListSession
from simulated_portals.messages import Answer, JsonValue, Request
from simulated_portals.misbehaviour import IgnoreFilters

TRACKING = "entreprise.SuiviConsultation"
PROGRAMMES = "entreprise.ListePPs"
FLAGS = {
    "AvisInformation": "2", "AvisAttribution": "4", "AvisExtraitPV": "5", "AvisRapportAchevement": "6",
    "AvisdecisionResiliation": "8", "AvisRapportPresentation": "9",
}  # fmt: skip
_HTML = "text/html; charset=UTF-8"
_ALL = "page=entreprise.EntrepriseAdvancedSearch&AllAnn"


class ResultsPortal(AtexoMaPortal):
    """The portal. `announce`, `record_opening`, `cancel`, … may be called at any time."""

    def __init__(self, calls: tuple[Consultation, ...], *, inventor: AnnouncementInventor, today: date | None) -> None:
        super().__init__("ma_pmmp_results", calls, today=today, invent=None)
        self.inventor = inventor
        self.announcements: dict[str, Announcement] = {}
        self.openings: dict[str, list[tuple[OpenedTender, ...]]] = {}
        """Key of a call to the tables of its lots, where its buyer records them."""
        self.programmes: list[Programme] = []
        self.programmes_shown: int | None = None
        """Rows at most on the page of programmes."""
        self.calls_down = False
        """The search among calls answers the home page."""
        self.tracking_down = False
        """The pages of openings ask for a password."""
        self._criteria: dict[str, dict[str, str]] = {}
        self._chance = random.Random(1)

    def kind_of(self, request: Request) -> str:
        """As of the calls' portal, with `form`, `search`, `tracking`, `lot` and `programmes`."""
        page = request.query.get("page", "")
        if page == TRACKING:
            return "lot" if request.method == "POST" else "tracking"
        if page == PROGRAMMES:
            return "programmes"
        if page == SEARCH and request.method == "POST" and self._is_search(request.form):
            return "search"
        if page == SEARCH and self._shows_form(request.query_string):
            return "form" if request.method == "GET" else "postback"
        return super().kind_of(request)

    @staticmethod
    def _is_search(form: dict[str, str]) -> bool:
        return f"{pages.FORM}lancerRecherche" in form

    @staticmethod
    def _shows_form(query: str) -> bool:
        """Flags of announcements, and the search among calls, show their form first."""
        return "AllCons" not in query.split("&")

    def _page(self, request: Request) -> Answer:
        page = request.query.get("page", "")
        if page == TRACKING:
            return Answer(200, small_pages.LOGIN.encode(), _HTML) if self.tracking_down else self._track(request)
        if page == PROGRAMMES:
            return self._list_programmes(request)
        if page == SEARCH and request.method == "GET" and self._shows_form(request.query_string):
            return self._form(request)
        return super()._page(request)

    def _form(self, request: Request) -> Answer:
        if self.calls_down and "searchAnnCons" in request.query_string:
            return Answer(200, small_pages.HOME.encode(), _HTML)
        session = ListSession(self.sessions.begin(), request.query_string)
        token = self._state(session)
        self.sessions.keep(replace(session, token=token))
        flags = request.query_string.split("&")
        kind = next((code for flag, code in FLAGS.items() if flag in flags), "0")
        action = f"/index.php?{_ALL if kind != '0' else request.query_string}"
        page = pages.search_form(kind, action, token, f"{self.clock.today():%d/%m/%Y}")
        cookies = (("set-cookie", f"PHPSESSID={session.number}; path=/"), ("set-cookie", "SERVERID=web1; path=/"))
        return Answer(200, encoded(page), _HTML, cookies)

    def _after_event(self, form: dict[str, str], session: ListSession) -> ListSession:
        if not self._is_search(form):
            return super()._after_event(form, session)
        if session.number in self._criteria:
            self.statistics.note("second_search")
            return replace(session, emptied=True)
        start = len(pages.FORM)
        self._criteria[session.number] = {
            name[start:]: value for name, value in form.items() if name[:start] == pages.FORM
        }
        return replace(session, page=1, size=min(10, self.largest_size or 10))

    def _found(self, session: ListSession, path: str | None = None) -> tuple[Consultation, ...]:
        criteria = self._criteria.get(session.number)
        if criteria is None:
            return super()._found(session, path)
        if "searchAnnCons" in session.flags.split("&"):
            return self._found_calls(criteria)
        ignored = path is not None and self.faults.take(IgnoreFilters, path) is not None
        kind = criteria.get("annonceType", "0")
        wanted = [item for item in self.announcements.values() if ignored or kind in ("0", item.kind)]
        newest = sorted(wanted, key=lambda item: (item.record.published, item.record.number), reverse=True)
        return tuple(item.record for item in newest)

    def _found_calls(self, criteria: dict[str, str]) -> tuple[Consultation, ...]:
        """By reference and organisation. A date that is left in the form lets only open calls through."""
        found = [item for item in self._known.values() if item.reference == criteria.get("reference")]
        if (organisation := criteria.get("organismesNames", "0")) != "0":
            found = [item for item in found if item.organisation == organisation]
        if criteria.get("dateMiseEnLigneStart"):
            found = [item for item in found if item.deadline > self.clock.local_now()]
        return tuple(found)

    def _detail(self, query: dict[str, str]) -> Answer:
        item = self.announcements.get(f"{query.get('orgAcronyme')}-{query.get('refConsultation')}")
        if item is None:
            return super()._detail(query)
        return self._rejection(item.record) or Answer(200, encoded(pages.announcement_page(item)), _HTML)

    def _track(self, request: Request) -> Answer:
        openings = self.openings.get(f"{request.query.get('orgAcronyme')}-{request.query.get('refConsultation')}", [])
        if request.method == "POST":
            chosen = request.form.get(pages.LOTS, "")
            if self.sessions.find(request.headers.get("cookie", "")) is None or not chosen.isdigit():
                return Answer(200, b"<!--X-PRADO-ERROR-->", _HTML)
            return Answer(200, encoded(pages.callback(openings[int(chosen) - 1])), _HTML)
        session = ListSession(self.sessions.begin(), request.query_string)
        token = self._state(session)
        self.sessions.keep(replace(session, token=token))
        page = pages.tracking_page(openings, f"/index.php?{request.query_string}", token)
        return Answer(200, encoded(page), _HTML, (("set-cookie", f"PHPSESSID={session.number}; path=/"),))

    def _list_programmes(self, request: Request) -> Answer:
        pressed = request.method == "POST" and pages.BUTTON in request.form
        newest = sorted(self.programmes, key=lambda item: (item.published, item.number), reverse=True)
        page = pages.programmes_page(
            newest if pressed else None, f"/index.php?{request.query_string}", "eJ+PP", self.programmes_shown
        )
        return Answer(200, encoded(page), _HTML)

    # --- control ---------------------------------------------------------------------------------------------------

    def announce(
        self, kind: str | None = "5", published: datetime | None = None, call: Consultation | None = None
    ) -> Announcement:
        """Publish an announcement about a call, an invented one where none is given. `kind`: None for any."""
        about = call or self.inventor.call()
        self._known.setdefault(about.key, about)
        made = self.inventor.about(about, published or self.clock.local_now().replace(second=0, microsecond=0), kind)
        self.announcements[made.key] = made
        return made

    def change_announcement(self, key: str, **changes: object) -> None:
        """Change what the portal prints of an announcement."""
        item = self.announcements[key]
        self.announcements[key] = replace(item, record=replace(item.record, **changes))  # type: ignore[arg-type]

    def add_files(self, key: str, *numbers: int) -> None:
        """Add documents to an announcement."""
        item = self.announcements[key]
        self.announcements[key] = replace(item, files=(*item.files, *numbers))

    def record_opening(self, call: str, lots: int = 1) -> list[tuple[OpenedTender, ...]]:
        """The buyer of a call records its opening on line."""
        self.openings[call] = [self.inventor.opening() for _ in range(lots)]
        return self.openings[call]

    def on_day(self, day: date) -> list[Announcement]:
        """Announcements of a day of publication."""
        return [item for item in self.announcements.values() if item.record.published.date() == day]

    def make_news(self) -> str:
        """What a moment of a working day brings: mostly an announcement, now and then a cancellation."""
        if self._chance.random() < 0.15 and (left := [item for item in self._known.values() if not item.cancelled]):
            chosen = self._chance.choice(left)
            self.cancel(chosen.key)
            return chosen.key
        kind = self._chance.choice(list(LABELS))
        return self.announce(kind).key

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """As the calls' portal, and `announce`."""
        if command.get("do") == "announce":
            return self.announce(str(command.get("kind", "5"))).key
        return super().do(command)
