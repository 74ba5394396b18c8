"""TED, simulated: the search API with its limits and refusals, daily packages, single documents.

Rules come from the dossier of TED: search (1.1), query language (1.2), fields (1.3), packages and documents (1.4).
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from simulated_portals.be_bda.corrections import rectified
from simulated_portals.be_bda.publications import Publication
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, JsonValue, Request, json_answer
from simulated_portals.misbehaviour import IgnoreFilters, Misbehaviour
from simulated_portals.portal_clock import PortalClock
from simulated_portals.request_statistics import RequestStatistics
from simulated_portals.ted.archives import archive
from simulated_portals.ted.expert_query import QueryRefused, read_query
from simulated_portals.ted.fields import KNOWN_FIELDS
from simulated_portals.ted.habits import Habits
from simulated_portals.ted.publishing import Journal, Sent, TedNotice, issue_day, issue_number, sent_of

ZONE = "Europe/Brussels"
SEARCH = "/v3/notices/search"
PACKAGES = "/packages/daily/"
LARGEST_PAGE = 250
CELLS = 10_000
KEYS = frozenset(
    {
        "query", "fields", "limit", "page", "scope", "paginationMode", "iterationNextToken", "checkQuerySyntax",
        "onlyLatestVersions",
    }
)  # fmt: skip
SCOPES = ("ACTIVE", "ALL", "LATEST")
TOO_FAST = b"<html><head><title>429 Too Many Requests</title></head><body><center>nginx</center></body></html>"
MAINTENANCE = b"<!DOCTYPE html><html><body><h1>TED is under maintenance</h1></body></html>"

Invent = Callable[[datetime, int], Publication]


class TedPortal:
    """The simulated portal. Its methods `publish`, `rectify`, … make news, its `habits` trouble, from any thread."""

    def __init__(
        self,
        key: str,
        publications: Sequence[tuple[str, Publication]] = (),
        *,
        today: date | None = None,
        invent: Invent | None = None,
    ) -> None:
        """`publications` are pairs of the buyer's country (alpha-3) and what was sent."""
        self.key = key
        self.clock = PortalClock(ZONE, today)
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.habits = Habits()
        self.journal = Journal()
        self._invent = invent
        self._lock = threading.Lock()
        self._looks: Counter[str] = Counter()
        self._searches = 0
        self._invented = 0
        self._known: dict[str, Publication] = {}
        sent = [item for country, publication in publications for item in self._remember(country, publication)]
        for item in sorted(sent, key=lambda item: (item.day, item.row["notice-identifier"])):
            if item.day <= self.clock.today():
                self.journal.publish(item)

    def _remember(self, country: str, publication: Publication) -> list[Sent]:
        if country == "FRA":
            self._known[publication.procedure_id] = publication
        return list(sent_of(publication, country))

    # --- what the shell asks ---------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`search`, `package`, `document` or `page`."""
        if request.path == SEARCH:
            return "search"
        if request.path.startswith(PACKAGES):
            return "package"
        return "document" if request.path.endswith("/xml") else "page"

    def maintenance_page(self) -> Answer:
        """The page that stands in front of everything during maintenance."""
        return Answer(200, MAINTENANCE, "text/html;charset=UTF-8")

    def answer(self, request: Request) -> Answer:
        """The portal's answer to any request."""
        kind = self.kind_of(request)
        if kind == "search":
            return self._search(request)
        if kind == "page":
            return Answer(404 if request.path == "/robots.txt" else 202, b"", None)
        if self.habits.challenges:
            return Answer(202, b"", None, (("x-amzn-waf-action", "challenge"),))
        return self._package(request) if kind == "package" else self._document(request)

    # --- search ----------------------------------------------------------------------------------------------------

    def _search(self, request: Request) -> Answer:
        self._searches += 1
        if self.habits.too_fast_after is not None and self._searches > self.habits.too_fast_after:
            self._searches = 0
            return Answer(429, TOO_FAST, "text/html")
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        if request.method != "POST" or not isinstance(body, dict):
            return json_answer({"message": "JSON parse error"}, 400)
        refused = self._refusal(body)
        if refused is not None:
            return json_answer(refused, 400)
        try:
            query = read_query(str(body["query"]))
        except QueryRefused as error:
            place = {"beginColumn": error.column, "beginLine": 1}
            return json_answer({"message": str(error), "error": {"type": error.type, "location": place}}, 400)
        if body.get("checkQuerySyntax") is True:
            return json_answer(_envelope([], None, None))
        ignored = self.faults.take(IgnoreFilters, request.path)
        notices = self._in_scope(body)
        found = list(notices) if ignored else query.find([(notice.row, notice) for notice in notices])
        return self._page(body, found, request.path)

    def _refusal(self, body: dict[str, Any]) -> dict[str, Any] | None:
        """TED's own words for a body that it does not take."""
        strange = sorted(set(body) - KEYS)
        if strange:
            return {"message": f'JSON parse error: Unrecognized field "{strange[0]}"'}
        fields, limit = body.get("fields"), body.get("limit", 100)
        if not isinstance(fields, list) or not fields:
            told = {"objectName": "publicExpertSearchRequestV1", "field": "fields", "message": "must not be empty"}
            return {"message": "Validation error", "error": [told]}
        unknown = next((name for name in fields if not self._knows(name)), None)
        if unknown is not None:
            error = {"type": "UNSUPPORTED_VALUE", "parameterName": "fields", "unsupportedValue": unknown}
            accepted = ", ".join(sorted(KNOWN_FIELDS - self.habits.unknown_fields))
            return {"message": f"Parameter 'fields' contains unsupported value. Supported: {accepted}", "error": error}
        if not isinstance(limit, int) or not 1 <= limit <= LARGEST_PAGE:
            return {"message": f"Value ({limit}) of parameter 'limit' exceeds maximum allowed value ({LARGEST_PAGE})"}
        if body.get("scope", "ALL") not in SCOPES or len(fields) * limit > CELLS:
            return {"message": "Validation error", "error": {"type": "UNSUPPORTED_VALUE"}}
        size = min(limit, self.habits.largest_page)
        if body.get("paginationMode") != "ITERATION" and body.get("page", 1) * size > self._reach(size):
            return {"message": "Search exceeds limit", "error": {"type": "SEARCH_EXCEEDS_MAX_LIMIT"}}
        return None

    def _reach(self, limit: int) -> int:
        """Pages by number end at the cap; the page that holds it is still served."""
        return -(-self.habits.longest_by_number // limit) * limit

    def _knows(self, name: object) -> bool:
        return name in KNOWN_FIELDS and name not in self.habits.unknown_fields

    def _in_scope(self, body: dict[str, Any]) -> list[TedNotice]:
        notices = list(self.journal.notices.values())
        scope, now = body.get("scope", "ALL"), self.clock.local_now()
        if scope == "ACTIVE":
            notices = [notice for notice in notices if notice.sent.deadline and notice.sent.deadline > now]
        elif scope == "LATEST":
            latest = max((notice.sent.day for notice in notices), default=None)
            notices = [notice for notice in notices if notice.sent.day == latest]
        if body.get("onlyLatestVersions") is True:
            notices = [notice for notice in notices if not notice.sent.superseded]
        return notices

    def _page(self, body: dict[str, Any], found: list[TedNotice], path: str) -> Answer:
        limit = min(body.get("limit", 100), self.habits.largest_page)
        iterates = body.get("paginationMode") == "ITERATION"
        page = body.get("page", 1)
        if iterates:
            page = self._page_of_token(body.get("iterationNextToken"))
            if page is None:
                return json_answer({"message": "Internal server error"}, 500)
        rows, total = serve_page(self.faults, path, found, page, limit)
        if self.habits.unfinished > 0:
            self.habits.unfinished -= 1
            return json_answer(_envelope(_shown(rows[: len(rows) // 2], body), total, None, timed_out=True))
        token = self._token(page, limit, len(found)) if iterates else None
        return json_answer(_envelope(_shown(rows, body), total, token))

    def _page_of_token(self, token: object) -> int | None:
        if token is None:
            return 1
        text = str(token)
        if self.habits.forgets_tokens or not text.startswith("page-") or not text[5:].isdigit():
            return None
        return int(text[5:])

    def _token(self, page: int, limit: int, total: int) -> str | None:
        if self.habits.repeats_token:
            return f"page-{page}"
        after = page * limit < total
        served_something = (page - 1) * limit < total
        return f"page-{page + 1}" if after or (self.habits.ends_with_empty_page and served_something) else None

    # --- documents -------------------------------------------------------------------------------------------------

    def _package(self, request: Request) -> Answer:
        package = request.path.removeprefix(PACKAGES)
        notices = self.journal.in_package(package)
        if not notices or self.habits.packages_wait:
            return Answer(404, b"No such package", "text/plain")
        name = f'attachment; filename="{notices[0].sent.day:%Y%m%d}_{package}.tar.gz"'
        body = archive([(notice.member, notice.document) for notice in notices], bomb=self.habits.packages_bomb)
        return Answer(200, body, "application/gzip", (("content-disposition", name),))

    def _document(self, request: Request) -> Answer:
        parts = request.path.strip("/").split("/")
        notice = self.journal.notices.get(parts[2]) if len(parts) == 4 and parts[0] == "en" else None
        if notice is None:
            return Answer(202, b"", None)
        self._looks[notice.key] += 1
        if self._looks[notice.key] <= self.habits.renders_after:
            return Answer(202, b"", None)
        return Answer(200, notice.document, "application/xml;charset=UTF-8")

    # --- control ---------------------------------------------------------------------------------------------------

    def publish(self, publication: Publication | None = None, country: str = "FRA") -> str:
        """Publish a notice in the issue of today (or of the next working day); returns its publication number."""
        with self._lock:
            if publication is None:
                if self._invent is None:
                    raise ValueError("this portal was started without invented notices: give it the publication")
                self._invented += 1
                publication = self._invent(self.clock.local_now(), self._invented)
            return [self.journal.publish(item).key for item in self._remember(country, publication)][-1]

    def publish_document(self, number: str, day: date, country: str, xml: bytes, **row: Any) -> str:
        """Publish a document as it is, such as one of the formats before eForms, under a number of its own."""
        printed = {"notice-title": {"eng": f"{country} – – {number}"}, **row}
        sent = Sent(issue_day(day), country, printed, xml.decode)
        with self._lock:
            count, _, year = number.partition("-")
            if int(year) != sent.day.year:
                raise ValueError(f"{number} is no number of {sent.day.year}")
            return self.journal.put(TedNotice(int(count), sent, issue_number(sent.day))).key

    def rectify(self, procedure_id: str) -> str:
        """Move the deadline of a French call by two weeks, in a publication of its own; returns its number."""
        publication = self._known.get(procedure_id)
        if publication is None or publication.deadline is None:
            raise ValueError(f"there is no call of procedure {procedure_id!r} whose deadline could move")
        now = self.clock.local_now()
        changed = rectified(publication, now, publication.deadline + timedelta(days=14))
        with self._lock:
            return self.journal.publish(self._remember("FRA", changed)[-1]).key

    def make_news(self) -> str:
        """What a working day brings: a new call, and now and then a deadline that moves. Returns the number."""
        now = self.clock.local_now()
        movable = [key for key, item in self._known.items() if item.deadline and item.deadline > now]
        if movable and self._invented % 5 == 4:
            self._invented += 1
            return self.rectify(movable[self._invented % len(movable)])
        return self.publish()

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """The portal's own control commands: `publish`, `rectify`, and `habit` with a name and a value."""
        what = command.get("do")
        if what == "publish":
            return self.publish()
        if what == "rectify":
            return self.rectify(str(command.get("procedure")))
        if what == "habit":
            name = str(command.get("name"))
            if name not in Habits.__dataclass_fields__:
                raise ValueError(f"there is no habit {name!r}; there are: {', '.join(Habits.__dataclass_fields__)}")
            value = command.get("value")
            setattr(self.habits, name, frozenset(map(str, value)) if isinstance(value, list) else value)
            return None
        raise ValueError(f"unknown command {what!r}")


def _shown(notices: Sequence[TedNotice], body: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows with the fields that were asked for, and the links, which come always. What is absent has no key."""
    wanted = (*body["fields"], "links")
    return [{name: notice.row[name] for name in wanted if name in notice.row} for notice in notices]


def _envelope(
    notices: list[dict[str, Any]], total: int | None, token: str | None, *, timed_out: bool = False
) -> dict[str, Any]:
    return {"notices": notices, "totalNoticeCount": total, "iterationNextToken": token, "timedOut": timed_out}
