"""The bulletin's open-data portal, simulated: Explore API v2.1 of Opendatasoft over one data set.

Rules come from the portal's dossier: 100 records per request, offset and limit together at most 10,000, 400 with a code
and a message for what it does not take, oldest first without `order_by`, exports without a cap while the offset is 0.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulated_portals.boamp.catalogue import Catalogue, printed
from simulated_portals.boamp.drafts import Draft
from simulated_portals.boamp.invented import ZONE, Inventor
from simulated_portals.boamp.odsql import Malformed
from simulated_portals.boamp.records import FIELDS
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, JsonValue, Request, json_answer, json_bytes
from simulated_portals.misbehaviour import IgnoreFilters, Misbehaviour
from simulated_portals.portal_clock import PortalClock
from simulated_portals.request_statistics import RequestStatistics

DATASET = "/api/explore/v2.1/catalog/datasets/boamp/"
LARGEST_PAGE = 100
CAP = 10_000
_KNOWN = frozenset(
    ("select", "where", "order_by", "group_by", "limit", "offset", "refine", "exclude", "lang", "timezone",
     "include_links", "include_app_metas", "use_labels", "delimiter")
)  # fmt: skip
_MAINTENANCE = "<!DOCTYPE html><html lang=fr><title>Maintenance</title><p>Le portail est en maintenance.</p></html>"


class BoampPortal:
    """The simulated portal. `publish`, `correct`, `cancel` and others make news or trouble, from any thread."""

    def __init__(
        self,
        key: str,
        drafts: Iterable[Draft] = (),
        *,
        inventor: Inventor | None = None,
        today: date | None = None,
        cap: int = CAP,
        quota: int | None = None,
    ) -> None:
        """`cap` limits offset and limit together; `quota` is the number of requests a day."""
        self.key = key
        self.clock = PortalClock(ZONE.key, today)
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.cap = cap
        self.quota = quota
        self.capped_total: int | None = None
        """A total that is never exceeded, whatever the list holds."""
        self.spoilt: dict[str, dict[str, Any]] = {}
        """By key, fields that are written over in every answer: what is broken in the data itself."""
        self.catalogue = Catalogue(drafts)
        self._inventor = inventor or Inventor(seed=1, today=self.clock.today())
        self._news = random.Random(7)
        self._serial = 0
        self._served = 0

    # --- what the shell asks ---------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`list` (short rows), `records` (whole ones), `count`, `links`, `export`, `robots` or `page`."""
        if request.path.startswith(DATASET + "exports/"):
            return "export"
        if request.path != DATASET + "records":
            return "robots" if request.path == "/robots.txt" else "page"
        select = request.query.get("select", "")
        if not select:
            return "records"
        if "gestion" in select:
            return "links"
        return "count" if request.query.get("limit") == "1" else "list"

    def maintenance_page(self) -> Answer:
        """The page that stands in front of everything during maintenance."""
        return Answer(200, _MAINTENANCE.encode(), "text/html; charset=utf-8")

    def answer(self, request: Request) -> Answer:
        """The portal's answer to any request."""
        if request.path == "/robots.txt":
            return Answer(404, b"", None)
        if not request.path.startswith(DATASET):
            return Answer(200, b"<!DOCTYPE html><html lang=fr><title>BOAMP</title></html>", "text/html; charset=utf-8")
        self._served += 1
        if self.quota is not None and self._served > self.quota:
            told = {"errorcode": 10002, "error": "Too many requests on the domain.", "reset_time": self._resets()}
            return self._counted(json_answer(told, 429))
        try:
            return self._counted(self._served_answer(request))
        except Malformed as refusal:
            code = "ODSQLError" if "ODSQL" in str(refusal) else "InvalidRESTParameterError"
            return self._counted(json_answer({"error_code": code, "message": str(refusal)}, 400))

    def _counted(self, answer: Answer) -> Answer:
        if self.quota is None:
            return answer
        left = max(0, self.quota - self._served)
        headers = (
            ("X-RateLimit-Limit", str(self.quota)),
            ("X-RateLimit-Remaining", str(left)),
            ("X-RateLimit-Reset", self._resets()),
        )
        return Answer(answer.status, answer.body, answer.content_type, (*answer.headers, *headers))

    def _resets(self) -> str:
        tomorrow = self.clock.now().date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(0), ZoneInfo("UTC")).isoformat()

    def _served_answer(self, request: Request) -> Answer:
        for name in request.query:
            if name not in _KNOWN:
                raise Malformed(f"Unknown API parameter: {name}.")
        rest = request.path.removeprefix(DATASET)
        if rest == "records":
            return self._records(request)
        maker = _EXPORTS.get(rest)
        if maker is None or request.method != "GET":
            return json_answer({"error_code": "NotFound", "message": f"{request.path} does not exist."}, 404)
        return self._export(request, maker)

    # --- answers ---------------------------------------------------------------------------------------------------

    def _records(self, request: Request) -> Answer:
        limit, offset = _number(request, "limit", 10), _number(request, "offset", 0)
        if not -1 <= limit <= LARGEST_PAGE:
            raise Malformed(
                f"Invalid value for limit API parameter: {limit} was found but -1 <= limit <= {LARGEST_PAGE} is "
                "expected."
            )
        size = LARGEST_PAGE if limit == -1 else limit
        if offset < 0 or offset + size > self.cap:
            raise Malformed(
                f"Invalid value for offset API parameter: {offset} was found but offset + limit should be less than "
                f"or equal to {self.cap}."
            )
        found = self._found(request)
        page = offset // size + 1 if size else 1
        rows, total = serve_page(self.faults, request.path, found, page, size or 1)
        if offset % (size or 1):
            rows = found[offset : offset + size]
        if self.capped_total is not None:
            total = min(total, self.capped_total)
        return json_answer({"total_count": total, "results": self._printed(request, rows if size else ())})

    def _export(self, request: Request, maker: Callable[[list[dict[str, Any]]], Answer]) -> Answer:
        limit, offset = _number(request, "limit", -1), _number(request, "offset", 0)
        found = self._found(request)
        end = len(found) if limit == -1 else offset + limit
        if offset and end > self.cap:
            raise Malformed(
                f"Invalid value for offset API parameter: {offset} was found with more than {self.cap} rows."
            )
        return maker(self._printed(request, found[offset:end]))

    def _found(self, request: Request) -> tuple[dict[str, Any], ...]:
        ignored = self.faults.take(IgnoreFilters, request.path)
        where = "" if ignored else request.query.get("where", "")
        return self.catalogue.find(where, request.query.get("order_by", ""), _zone(request))

    def _printed(self, request: Request, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        select = tuple(part.strip() for part in request.query.get("select", "").split(",") if part.strip())
        zone = _zone(request)
        found = [printed(row, select, zone) for row in rows]
        for row in found if self.spoilt else ():
            row |= {name: value for name, value in self.spoilt.get(row.get("idweb", ""), {}).items() if name in row}
        return found

    # --- news ------------------------------------------------------------------------------------------------------

    def publish(self, draft: Draft | None = None) -> str:
        """Publish a notice today (an invented call when none is given) and return its key."""
        if draft is None:
            self._serial += 1
            draft = self._inventor.call_on(self.clock.today(), self._serial)
        self.catalogue.put(draft)
        return draft.idweb

    def correct(self, idweb: str, deadline: datetime | None = None) -> str:
        """Publish a correction of a notice, which moves its deadline (by a week when none is given)."""
        before = self.catalogue.draft(idweb)
        moved = deadline or (before.deadline or self.clock.now().replace(microsecond=0)) + timedelta(days=7)
        return self.publish(self._inventor.correction_of(before, self.clock.today(), moved))

    def cancel(self, idweb: str) -> str:
        """Publish the cancellation of a call."""
        return self.publish(self._inventor.cancellation_of(self.catalogue.draft(idweb), self.clock.today()))

    def move_deadline(self, idweb: str, deadline: datetime) -> None:
        """Load a notice again with another deadline, under its own key."""
        self.catalogue.move_deadline(idweb, deadline)

    def make_news(self) -> str:
        """What a working day brings: mostly a new call, now and then a correction. Returns the notice's key."""
        today = self.clock.today()
        movable = [
            draft
            for draft in self.catalogue.drafts()
            if draft.event == "call" and draft.deadline and draft.deadline.date() > today
        ]
        if movable and self._news.random() < 0.2:
            return self.correct(self._news.choice(movable[-40:]).idweb)
        return self.publish()

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """`publish`, `news`, `correct` (`id`), `cancel` (`id`) or `quota` (`requests`)."""
        what, key = command.get("do"), str(command.get("id"))
        if what == "publish":
            return self.publish()
        if what == "news":
            return self.make_news()
        if what in ("correct", "cancel"):
            if key not in {draft.idweb for draft in self.catalogue.drafts()}:
                raise ValueError(f"there is no notice {key}")
            return self.correct(key) if what == "correct" else self.cancel(key)
        if what == "quota":
            self.quota = int(str(command.get("requests")))
            return None
        raise ValueError(f"unknown command {what!r}")


def _number(request: Request, name: str, otherwise: int) -> int:
    value = request.query.get(name, str(otherwise))
    try:
        return int(value)
    except ValueError as error:
        raise Malformed(f"Invalid value for {name} API parameter: {value} is not an integer.") from error


def _zone(request: Request) -> ZoneInfo:
    name = request.query.get("timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Malformed(f"Invalid value for timezone API parameter: {name}.") from error


def _as_json(rows: list[dict[str, Any]]) -> Answer:
    return json_answer(rows)


def _as_lines(rows: list[dict[str, Any]]) -> Answer:
    return Answer(200, b"".join(json_bytes(row) + b"\n" for row in rows), "application/jsonl; charset=utf-8")


def _as_csv(rows: list[dict[str, Any]]) -> Answer:
    """Lists are joined by commas; every field of the data set is a column."""
    written = io.StringIO()
    writer = csv.DictWriter(written, FIELDS, delimiter=";", extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: ",".join(value) if isinstance(value, list) else value for key, value in row.items()})
    return Answer(200, b"\xef\xbb\xbf" + written.getvalue().encode(), "text/csv; charset=utf-8")


_EXPORTS = {"exports/json": _as_json, "exports/jsonl": _as_lines, "exports/csv": _as_csv}
