"""A Moroccan Atexo portal, simulated: its addresses, its state, its habits.

The rules come from the portal's dossier: flags without `=` (2.2), postbacks that need the newest state of their own
session (2.4), textareas that empty the list (2.5), details without session (1.3), lots in a popup (4.3), a firewall
with two faces (1.3).
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from simulated_portals.atexo_ma import small_pages
from simulated_portals.atexo_ma.consultations import Consultation
from simulated_portals.atexo_ma.detail_page import detail_page, lots_popup, unknown_page
from simulated_portals.atexo_ma.list_page import PREFIX, SIZES, ListState, encoded, list_page, pager_targets, row
from simulated_portals.atexo_ma.sessions import ListSession, Sessions
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, JsonValue, Request
from simulated_portals.misbehaviour import IgnoreFilters, Misbehaviour
from simulated_portals.portal_clock import PortalClock
from simulated_portals.request_statistics import RequestStatistics

ZONE = "Africa/Casablanca"
SEARCH = "entreprise.EntrepriseAdvancedSearch"
DETAILS = ("entreprise.EntrepriseDetailsConsultation", "entreprise.EntrepriseDetailConsultation")
LOTS = "commun.PopUpDetailLots"
_HTML = "text/html; charset=UTF-8"
_TEXTAREAS = ("idsDomaines", "libelleQualif")
STATE_BYTES = 3_000

Invent = Callable[[datetime], Consultation]


class AtexoMaPortal:
    """The simulated portal. Its methods `publish`, `move_deadline`, `cancel`, `reject`, … may be called at any time."""

    def __init__(
        self,
        key: str,
        consultations: tuple[Consultation, ...] = (),
        *,
        today: date | None = None,
        invent: Invent | None = None,
    ) -> None:
        self.key = key
        self.clock = PortalClock(ZONE, today)
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.sessions = Sessions()
        self.rejected: set[int] = set()
        """Numbers of consultations whose pages the firewall refuses with status 200."""
        self.lose_states = 0
        """So many postbacks find their state lost: they repeat the page before."""
        self.refuse_everything = False
        """The firewall refuses whoever asks, with status 403."""
        self.asks_for_login = False
        self.largest_size: int | None = None
        """Rows at most on a page, whatever size is asked for."""
        self.renamed: dict[str, str] = {}
        """Markup that the portal writes otherwise than before."""
        self._known = {item.key: item for item in consultations}
        self._rows: dict[Consultation, str] = {}
        self._invent = invent
        self._news = random.Random(len(consultations))

    # --- what the shell asks ---------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`list`, `postback`, `detail`, `lots`, `robots` or `page`."""
        page = request.query.get("page", "")
        if page == SEARCH:
            return "postback" if request.method == "POST" else "list"
        if page in DETAILS:
            return "detail"
        if page == LOTS:
            return "lots"
        return "robots" if request.path == "/robots.txt" else "page"

    def maintenance_page(self) -> Answer:
        """The page that stands in front of everything during maintenance."""
        return Answer(200, small_pages.MAINTENANCE.encode(), _HTML)

    def answer(self, request: Request) -> Answer:
        """The portal's answer to any request."""
        agent = request.headers.get("user-agent", "").lower()
        if self.refuse_everything or not agent or agent.startswith(small_pages.REFUSED_AGENTS):
            self.statistics.note("refused")
            return Answer(403, b"", _HTML, (("x-deny-id", "a1b2"),))
        if self.asks_for_login:
            return _html(small_pages.LOGIN)
        answer = self._page(request)
        body = answer.body
        for old, new in self.renamed.items():
            body = body.replace(old.encode(), new.encode())
        return replace(answer, body=body)

    def _page(self, request: Request) -> Answer:
        page = request.query.get("page", "")
        if request.path == "/robots.txt":
            return Answer(302, b"", _HTML, (("location", "/"),))
        if page == SEARCH:
            return self._search(request)
        if page in DETAILS:
            return self._detail(request.query)
        if page == LOTS:
            return self._lots(request.query)
        # Pages are known by a lower-case `e`: what French portals call them is not found here.
        return Answer(404, b"", _HTML) if page else _html(small_pages.HOME)

    # --- lists -----------------------------------------------------------------------------------------------------

    def _search(self, request: Request) -> Answer:
        if request.method != "POST":
            return self._serve(request, ListSession(self.sessions.begin(), request.query_string), fresh=True)
        session = self.sessions.find(request.headers.get("cookie", ""))
        if session is None:
            # Without its cookies a postback has no list: the first page comes again.
            self.statistics.note("lost_session")
            return self._serve(request, ListSession(self.sessions.begin(), request.query_string), fresh=True)
        form = request.form
        if any(name.endswith(_TEXTAREAS) and value.strip("\r") for name, value in form.items()):
            self.statistics.note("textareas")
            return self._serve(request, replace(session, emptied=True))
        if self._state_is_lost(form.get("PRADO_PAGESTATE", ""), session):
            return self._serve(request, session)
        return self._serve(request, self._after_event(form, session))

    def _state_is_lost(self, sent: str, session: ListSession) -> bool:
        if sent != session.token:
            self.statistics.note("old_state")
            return True
        if self.lose_states > 0:
            self.lose_states -= 1
            return True
        return False

    def _after_event(self, form: dict[str, str], session: ListSession) -> ListSession:
        target = form.get("PRADO_POSTBACK_TARGET", "").removeprefix(PREFIX)
        if target == "listePageSizeTop":
            asked = int(form.get(f"{PREFIX}listePageSizeTop", "0") or 0)
            size = min(asked, self.largest_size or asked)
            return replace(session, size=size, page=1) if asked in SIZES else session
        state = ListState(len(self._found(session)), session.page, session.size, "", "")
        if target == "DefaultButtonTop":
            wanted = form.get(f"{PREFIX}numPageTop", "")
            number = int(wanted) if wanted.isdigit() else session.page
            return replace(session, page=min(max(1, number), state.pages))
        return replace(session, page=pager_targets(state).get(target, session.page))

    def _serve(self, request: Request, session: ListSession, *, fresh: bool = False) -> Answer:
        token = self._state(session)
        kept = replace(session, token=token)
        self.sessions.keep(kept)
        found = () if session.emptied else self._found(session, request.path)
        rows, total = serve_page(self.faults, request.path, found, session.page, session.size)
        action = f"/index.php?{session.flags}"
        page = list_page(
            [self._row(item) for item in rows], ListState(total, session.page, session.size, token, action)
        )
        cookies = (("set-cookie", f"PHPSESSID={session.number}; path=/"), ("set-cookie", "SERVERID=web1; path=/"))
        return Answer(200, encoded(page), _HTML, cookies if fresh else ())

    def _state(self, session: ListSession) -> str:
        """A state of its own for every page served; it holds `+`, which pages print as an entity."""
        seed = f"{session.number}-{self.sessions.served()}".encode()
        return "eJ+" + base64.b64encode(hashlib.shake_256(seed).digest(STATE_BYTES)).decode()

    def _row(self, item: Consultation) -> str:
        found = self._rows.get(item)
        if found is None:
            found = self._rows[item] = row(item)
        return found

    def _found(self, session: ListSession, path: str | None = None) -> tuple[Consultation, ...]:
        """The consultations of a list, latest deadline first. A flag with `=` is another word, and is ignored."""
        flags = session.flags.split("&")
        now = self.clock.local_now()
        ignored = path is not None and self.faults.take(IgnoreFilters, path) is not None
        items = list(self._known.values())
        if "consAnnulee=1" in flags:
            items = [item for item in items if item.cancelled]
        elif "EnCours" in flags and not ignored:
            items = [item for item in items if item.deadline > now and not item.cancelled]
        return tuple(sorted(items, key=lambda item: (item.deadline, item.number), reverse=True))

    # --- consultations ---------------------------------------------------------------------------------------------

    def _detail(self, query: dict[str, str]) -> Answer:
        item = self._known.get(f"{query.get('orgAcronyme')}-{query.get('refConsultation')}")
        if item is None:
            return _html(unknown_page())
        return self._rejection(item) or _html(detail_page(item))

    def _lots(self, query: dict[str, str]) -> Answer:
        """The parameter has two c; with one the popup is empty."""
        item = self._known.get(f"{query.get('orgAccronyme')}-{query.get('refConsultation')}")
        if item is None:
            return _html(unknown_page())
        return self._rejection(item) or _html(lots_popup(item))

    def _rejection(self, item: Consultation) -> Answer | None:
        return _html(small_pages.REJECTED) if item.number in self.rejected else None

    # --- control ---------------------------------------------------------------------------------------------------

    def consultations(self) -> tuple[Consultation, ...]:
        """All of them, in the order in which they came."""
        return tuple(self._known.values())

    def open_now(self) -> tuple[Consultation, ...]:
        """What the list of open consultations shows."""
        return self._found(ListSession("", "EnCours"))

    def publish(self, item: Consultation | None = None) -> str:
        """Publish a consultation and return its key; without one, an invented call with an open deadline."""
        if item is None:
            if self._invent is None:
                raise ValueError("this portal was started without invented consultations: give it one")
            item = self._invent(self.clock.local_now())
        self._known[item.key] = item
        return item.key

    def change(self, key: str, **changes: object) -> None:
        """Change what the portal prints of a consultation."""
        self._known[key] = replace(self._one(key), **changes)  # type: ignore[arg-type]

    def move_deadline(self, key: str, deadline: datetime | None = None) -> datetime:
        """Move a deadline (naive, on Morocco's clock; two weeks later when not given)."""
        moved = deadline or self._one(key).deadline + timedelta(days=14)
        self.change(key, deadline=moved)
        return moved

    def cancel(self, key: str) -> None:
        """Cancel a consultation: it leaves the open list, and its page says so."""
        self.change(key, cancelled=True)

    def reject(self, key: str) -> None:
        """From now on the firewall answers "Request Rejected" in place of a consultation's page."""
        self.rejected.add(self._one(key).number)

    def make_news(self) -> str:
        """What a working day brings: mostly a new consultation, now and then a deadline that moves."""
        if self._news.random() < 0.2 and (movable := self.open_now()):
            chosen = self._news.choice(movable[:40])
            self.move_deadline(chosen.key)
            return chosen.key
        return self.publish()

    def _one(self, key: str) -> Consultation:
        if key not in self._known:
            raise ValueError(f"the portal has no consultation {key!r}")
        return self._known[key]

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """The portal's own control commands: `publish`, `move_deadline`, `cancel`, `reject`, `lose_states`."""
        what, key = command.get("do"), str(command.get("id"))
        if what == "publish":
            return self.publish()
        if what == "move_deadline":
            return self.move_deadline(key).isoformat()
        if what == "cancel":
            self.cancel(key)
        elif what == "reject":
            self.reject(key)
        elif what == "lose_states":
            self.lose_states = int(str(command.get("times", 1)))
        else:
            raise ValueError(f"unknown command {what!r}")
        return None


def _html(page: str) -> Answer:
    return Answer(200, encoded(page), _HTML)
