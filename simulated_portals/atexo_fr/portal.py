"""The simulated platform: addresses, the list's state machine, and what it does on a bad day.

Rules kept: a postback needs the session's cookie and its newest state; page sizes are those offered; a stray button of
the form leads elsewhere; the list is of open consultations, the latest deadline first; the page of a consultation needs
the right organisation; a closed one is an error panel.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil

from simulated_portals.atexo_fr import consultation_pages as pages
from simulated_portals.atexo_fr.consultation_pages import Skin
from simulated_portals.atexo_fr.consultations import Catalogue, Consultation
from simulated_portals.atexo_fr.list_pages import RESULT, ListView, list_page
from simulated_portals.atexo_fr.sessions import COOKIE, ListSession, Sessions
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, JsonValue, Request
from simulated_portals.misbehaviour import IgnoreFilters, Misbehaviour
from simulated_portals.portal_clock import PortalClock
from simulated_portals.request_statistics import RequestStatistics

HTML = "text/html; charset=UTF-8"
LIST = "Entreprise.EntrepriseAdvancedSearch"
LOTS = "Entreprise.PopUpDetailLots"
CONSULTATION = re.compile(r"(?P<prefix>/app\.php)?/entreprise/consultation/(?P<number>\d{1,12})")
_BUTTONS = ("envoyerViadeo", "lancerRecherche", "DefaultButtonTop")


@dataclass
class Oddity:
    """A misbehaviour of this platform alone: so often (None: until it ends), on paths that hold a text."""

    name: str
    times: int | None = None
    path: str = ""
    old: str = ""
    new: str = ""


class AtexoPortal:
    """One platform. Faults that all portals share are in `faults`; those of this software have methods."""

    def __init__(
        self,
        key: str,
        consultations: list[Consultation],
        *,
        zone: str = "Europe/Paris",
        today: date | None = None,
        skin: Skin | None = None,
        page_sizes: tuple[int, ...] = (10, 20),
        prefix: str = "",
        redirects_to_prefix: bool = False,
        invent: Callable[[date], Consultation] | None = None,
    ) -> None:
        self.key = key
        self.clock = PortalClock(zone, today)
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.skin = skin or Skin()
        self.page_sizes = page_sizes
        self.prefix = prefix
        self.redirects_to_prefix = redirects_to_prefix
        self.catalogue = Catalogue()
        for item in consultations:
            self.catalogue.put(item)
        self.sessions = Sessions()
        self._invent = invent
        self._oddities: list[Oddity] = []
        self._news = random.Random(key)

    # --- for tests and the demonstration ------------------------------------------------------------------------------

    @property
    def open_consultations(self) -> list[Consultation]:
        """What the list shows now."""
        return self.catalogue.listed(self.clock.local_now())

    def publish(self) -> str:
        """One more consultation, published today. Its key."""
        if self._invent is None:
            raise ValueError("this platform was made without an inventor")
        made = self._invent(self.clock.today())
        self.catalogue.put(made)
        return made.native_id

    def move_deadline(self, number: int, days: int = 7) -> datetime:
        """The deadline of a consultation moves. The new one, naive."""
        item = self._known(number)
        moved = item.deadline + timedelta(days=days)
        self.catalogue.put(replace(item, deadline=moved))
        return moved

    def close(self, number: int) -> None:
        """A consultation is over: it leaves the list, and its page shows an error panel."""
        self.catalogue.put(replace(self._known(number), deadline=self.clock.local_now() - timedelta(minutes=1)))

    def make_news(self) -> str:
        """What a working day brings: mostly a new consultation, now and then a deadline that moves. Its key."""
        listed = self.open_consultations
        if listed and self._news.random() < 0.25:
            chosen = self._news.choice(listed)
            self.move_deadline(chosen.number)
            return chosen.native_id
        return self.publish()

    def misbehave(self, name: str, *, times: int | None = None, path: str = "", old: str = "", new: str = "") -> None:
        """Begin a misbehaviour of this software.

        `lose_state` (a postback repeats the page), `lose_sessions`, `empty_answer` (200 without a body), `login`,
        `block` ("Request Rejected"), `redirect_home`, `no_lots` (a page of lots without any), `rename` (a text of the
        pages, `old` to `new`).
        """
        known = {"lose_state", "lose_sessions", "empty_answer", "login", "block", "redirect_home", "no_lots", "rename"}
        if name not in known:
            raise ValueError(f"this platform knows no misbehaviour {name!r}; it knows: {', '.join(sorted(known))}")
        if name == "lose_sessions":
            self.sessions.forget()
            return
        self._oddities.append(Oddity(name, times, path, old, new))

    def behave(self) -> None:
        """End all misbehaviour."""
        self._oddities.clear()
        self.faults.clear()

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """Control commands: `publish`, `news`, `move_deadline`, `close`, `misbehave`, `behave`."""
        what = command.get("do")
        if what == "publish":
            return self.publish()
        if what == "news":
            return self.make_news()
        if what == "move_deadline":
            return self.move_deadline(_number(command)).isoformat()
        if what == "close":
            self.close(_number(command))
            return None
        if what == "misbehave":
            times = command.get("times")
            texts = {name: str(command.get(name) or "") for name in ("path", "old", "new")}
            self.misbehave(str(command.get("name")), times=times if isinstance(times, int) else None, **texts)
            return None
        if what == "behave":
            self.behave()
            return None
        raise ValueError(f"an Atexo platform knows no command {what!r}")

    def _known(self, number: int) -> Consultation:
        item = self.catalogue.get(number)
        if item is None:
            raise ValueError(f"the platform has no consultation {number}")
        return item

    # --- answers ------------------------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`list`, `postback`, `detail`, `lots` or `other`."""
        if CONSULTATION.fullmatch(request.path):
            return "detail"
        page = request.query.get("page")
        if page == LIST:
            return "postback" if request.method == "POST" else "list"
        return "lots" if page == LOTS else "other"

    def answer(self, request: Request) -> Answer:
        """The platform's answer."""
        instead = {
            "block": _page(pages.block_page()),
            "login": _page(pages.login_page()),
            "empty_answer": Answer(200, b"", HTML),
            "redirect_home": _moved("/"),
        }
        for name in instead if self._oddities else ():
            if self._odd(name, request):
                return instead[name]
        answer = self._proper(request)
        for rename in [item for item in self._oddities if item.name == "rename"]:
            if rename.path in _address(request):
                body = answer.body.replace(rename.old.encode(), rename.new.encode())
                answer = replace(answer, body=body)
        return answer

    def maintenance_page(self) -> Answer:
        """What the platform serves everywhere while it is under maintenance."""
        return _page(pages.maintenance_page())

    def _proper(self, request: Request) -> Answer:
        kind = self.kind_of(request)
        if kind == "list":
            return self._first_page(request)
        if kind == "postback":
            return self._postback(request)
        if kind == "detail":
            return self._consultation(request)
        if kind == "lots":
            return self._lots(request)
        if request.path == "/":
            return _page(pages.search_form())
        return Answer(404, b"", None)

    def _odd(self, name: str, request: Request) -> bool:
        """Whether a misbehaviour concerns a request; one of its times is used up."""
        for item in self._oddities:
            if item.name == name and item.path in _address(request):
                if item.times is not None:
                    item.times -= 1
                    if item.times <= 0:
                        self._oddities.remove(item)
                return True
        return False

    # --- the list -----------------------------------------------------------------------------------------------------

    def _first_page(self, request: Request) -> Answer:
        if "AllCons" not in request.query:
            return _page(pages.search_form())
        session = self.sessions.open(self.page_sizes[0])
        answer = self._shown(session, request)
        return replace(answer, headers=(("set-cookie", f"{COOKIE}={session.key}; path=/; HttpOnly"),))

    def _postback(self, request: Request) -> Answer:
        session = self.sessions.of_cookie(request.headers.get("cookie", ""))
        form = request.form
        state = form.get("PRADO_PAGESTATE", "")
        if session is None or not state:
            return Answer(400, b"Page state is corrupted.", "text/plain")
        target = form.get("PRADO_POSTBACK_TARGET", "")
        if any(f"{RESULT}{button}" in form for button in _BUTTONS):
            return _page(pages.search_form())
        if state == session.state and not self._odd("lose_state", request):
            self._turn(session, target.removeprefix(RESULT), form)
        return self._shown(session, request)

    def _turn(self, session: ListSession, target: str, form: dict[str, str]) -> None:
        """What a control does to the list."""
        if target == "listePageSizeTop":
            wanted = form.get(f"{RESULT}listePageSizeTop", "")
            if wanted.isdigit() and int(wanted) in self.page_sizes:
                session.size, session.page = int(wanted), 1
        elif target == "DefaultButtonTop":
            wanted = form.get(f"{RESULT}numPageTop", "")
            session.page = int(wanted) if wanted.isdigit() else session.page
        elif target.startswith("PagerTop$ctl"):
            last = self._pages(session, len(self._listed("/")))
            steps = {"0": 1, "1": session.page - 1, "2": session.page + 1, "3": last}
            session.page = steps.get(target.removeprefix("PagerTop$ctl"), session.page)

    def _shown(self, session: ListSession, request: Request) -> Answer:
        found = self._listed(request.path)
        session.page = min(max(1, session.page), self._pages(session, len(found)))
        rows, total = serve_page(self.faults, request.path, found, session.page, session.size)
        view = ListView(
            rows=tuple(rows),
            total=total,
            page=session.page,
            pages=self._pages(session, total),
            size=session.size,
            sizes=self.page_sizes,
            state=session.renew(),
            prefix=self.prefix,
        )
        return _page(list_page(view))

    def _listed(self, path: str) -> list[Consultation]:
        closed_too = bool(self.faults.all_of(IgnoreFilters, path))
        return self.catalogue.listed(self.clock.local_now(), closed_too=closed_too)

    def _pages(self, session: ListSession, total: int) -> int:
        return max(1, ceil(total / session.size))

    # --- one consultation ---------------------------------------------------------------------------------------------

    def _consultation(self, request: Request) -> Answer:
        found = CONSULTATION.fullmatch(request.path)
        item = self.catalogue.get(int(found["number"])) if found else None
        if item is None:
            return Answer(404, b"", None)
        acronym = request.query.get("orgAcronyme")
        if acronym != item.organisation.acronym:
            return _moved("/")
        if self.redirects_to_prefix and found and not found["prefix"]:
            return _moved(f"/app.php{request.path}?orgAcronyme={acronym}")
        if item.deadline <= self.clock.local_now():
            return _page(pages.gone_page())
        return _page(pages.consultation_page(item, self.skin))

    def _lots(self, request: Request) -> Answer:
        number = request.query.get("id", "")
        item = self.catalogue.get(int(number)) if number.isdigit() and len(number) < 13 else None
        if item is None or request.query.get("orgAccronyme") != item.organisation.acronym:
            return Answer(404, b"", None)
        if self._odd("no_lots", request):
            item = replace(item, lots=())
        return _page(pages.lots_page(item))


def _page(text: str) -> Answer:
    return Answer(200, text.encode(), HTML)


def _moved(location: str) -> Answer:
    return Answer(302, b"", HTML, (("location", location),))


def _address(request: Request) -> str:
    return f"{request.method} {request.path}?{request.query_string}"


def _number(command: dict[str, JsonValue]) -> int:
    text = str(command.get("id") or "")
    number = text.rpartition("-")[2]
    if not number.isdigit():
        raise ValueError(f"{text!r} is no consultation")
    return int(number)
