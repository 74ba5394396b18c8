"""The Belgian federal portal, simulated: its paths, its rules, its habits.

Rules come from the portal's dossier: token and headers (1.1, 1.2), official gateway (1.3), search (2), workspace (3.1),
soft 404 (4).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from simulated_portals.be_bda import pages
from simulated_portals.be_bda.broken_documents import How, broken_document
from simulated_portals.be_bda.catalogue import Catalogue
from simulated_portals.be_bda.corrections import cancelled, rectified
from simulated_portals.be_bda.organisations import organisation_tree
from simulated_portals.be_bda.publications import Publication, PublishedVersion
from simulated_portals.be_bda.reference_tables import reference_tables
from simulated_portals.be_bda.rendering import Renderer
from simulated_portals.be_bda.tokens import PARTNER_CLIENT, PUBLIC_CLIENT, TokenDesk
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, JsonValue, Request, json_answer, json_bytes
from simulated_portals.misbehaviour import BrokenXml, IgnoreFilters, Misbehaviour
from simulated_portals.portal_clock import PortalClock
from simulated_portals.request_statistics import RequestStatistics

ZONE = "Europe/Brussels"
TOKEN_PATH = "/auth/realms/supplier/protocol/openid-connect/token"  # noqa: S105 - a path, not a secret
GATEWAY = {
    "/api/eProcurementSea/v1/": "/api/sea/",
    "/api/eProcurementDos/v1/": "/api/dos/",
    "/api/eProcurementLoc/v1/": "/api/loc/",
    "/api/eProcurementCfg/v1/": "/api/cfg/",
}
GATEWAY_QUERY = {"terms": "terms", "dispatchDateFrom": "dispatchDateFrom", "dispatchDateTo": "dispatchDateTo"}
REMEMBERED_TRACES = 200_000
KEPT_WORKSPACES = 4_000

Invent = Callable[[datetime], Publication]


class BeBdaPortal:
    """The simulated portal. Its methods `publish`, `rectify`, `cancel`, … make news or trouble, from any thread."""

    key = "be_bda"

    def __init__(
        self,
        publications: tuple[Publication, ...] = (),
        *,
        today: date | None = None,
        largest_page: int = 100,
        token_lifetime_seconds: int = 300,
        invent: Invent | None = None,
    ) -> None:
        """`largest_page` caps `pageSize`; `invent` makes the notices that `publish` announces."""
        self.clock = PortalClock(ZONE, today)
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.tokens = TokenDesk(token_lifetime_seconds)
        self.largest_page = largest_page
        self._tables = reference_tables()
        self._renderer = Renderer(self._tables)
        self.catalogue = Catalogue(self._renderer, publications)
        self._invent = invent
        self._news = random.Random(len(publications))
        self._traces: set[str] = set()
        self._constants: dict[str, bytes] = {}
        self._workspaces: dict[tuple[str, int], bytes] = {}

    # --- what the shell asks ---------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`search`, `workspace`, `token`, `config`, `organisations`, `reference` or `page`."""
        path = _public_path(request.path)
        if path.endswith("/token"):
            return "token"
        if path == "/env.config.js":
            return "config"
        if path.startswith("/api/sea/"):
            return "search"
        if path.startswith("/api/dos/publication-workspaces/"):
            return "workspace"
        if path.startswith("/api/dos/organisations"):
            return "organisations"
        return "reference" if path.startswith("/api/") else "page"

    def maintenance_page(self) -> Answer:
        """The page that stands in front of everything during maintenance."""
        return pages.MAINTENANCE

    def answer(self, request: Request) -> Answer:
        """The portal's answer to any request."""
        path = request.path
        if path == "/env.config.js":
            return pages.configuration(PUBLIC_CLIENT)
        if path == TOKEN_PATH:
            return self.tokens.answer(request, PUBLIC_CLIENT)
        if path == "/api/oauth2/token":
            return self.tokens.answer(request, PARTNER_CLIENT)
        if not path.startswith("/api/"):
            return pages.SHELL
        refused = self._refusal(request)
        if refused:
            return refused
        return self._api(request, _public_path(path), gateway=path != _public_path(path))

    def _refusal(self, request: Request) -> Answer | None:
        if not self.tokens.is_good(request.headers.get("authorization", "")):
            self.statistics.note("unauthorised")
            return json_answer({"error": "invalid_token", "error_description": "Token verification failed"}, 401)
        trace = request.headers.get("belgov-trace-id", "").strip()
        if not trace:
            self.statistics.note("missing_trace_id")
            return Answer(400, b"", None)
        if trace in self._traces:
            self.statistics.note("repeated_trace_id")
        elif len(self._traces) < REMEMBERED_TRACES:
            self._traces.add(trace)
        return None

    def _api(self, request: Request, path: str, *, gateway: bool) -> Answer:
        if path == "/api/sea/search/publications":
            return self._search(request, gateway=gateway)
        prefix = "/api/dos/publication-workspaces/"
        if path.startswith(prefix):
            return self._workspace(request, *path.removeprefix(prefix).rstrip("/").partition("/")[::2], gateway=gateway)
        if path in ("/api/dos/organisations/tree-view/", "/api/dos/organisations/tree-view"):
            return json_answer(organisation_tree(self.catalogue.publications()))
        constant = self._constant(path)
        return Answer(200, constant) if constant is not None else pages.SHELL

    def _constant(self, path: str) -> bytes | None:
        if path not in self._constants:
            makers: dict[str, Callable[[], object]] = {
                "/api/loc/cpvs": self._tables.cpv_list,
                "/api/loc/nuts": self._tables.nuts_tree,
                **pages.SMALL_TABLES,
            }
            if path not in makers:
                return None
            self._constants[path] = json_bytes(makers[path]())
        return self._constants[path]

    # --- search ----------------------------------------------------------------------------------------------------

    def _search(self, request: Request, *, gateway: bool) -> Answer:
        if request.method == "GET" and gateway:
            body = _query_as_body(request.query)
            if body.get("terms") == "*":
                return pages.gateway_error(400, "HTTP 400 Bad Request")
        elif request.method == "POST":
            read = _json_object(request.body)
            if read is None:
                return pages.error(400, gateway=gateway)
            body = read
        else:
            return pages.error(405, gateway=gateway)
        if any(key.startswith("get") for key in body):
            # The helper fields of the saved-filter object are refused (dossier 2.1).
            return pages.error(400, gateway=gateway)
        return self._page_of_results(body, request.path)

    def _page_of_results(self, body: dict[str, Any], path: str) -> Answer:
        page = _positive(body.get("page"), 1)
        size = min(_positive(body.get("pageSize"), 25), self.largest_page)
        asked = {} if self.faults.take(IgnoreFilters, path, page) else body
        found = self.catalogue.search(asked, self.clock.local_now())
        rows, total = serve_page(self.faults, path, found, page, size)
        return Answer(200, b'{"publications":[%s],"totalCount":%d}' % (b",".join(entry.row for entry in rows), total))

    # --- workspaces ------------------------------------------------------------------------------------------------

    def _workspace(self, request: Request, workspace_id: str, rest: str, *, gateway: bool) -> Answer:
        publication = self.catalogue.get(workspace_id)
        if publication is None:
            return pages.error(404, gateway=gateway)
        if rest in ("documents", "opening-reports", "urls"):
            return json_answer([])
        if rest:
            return pages.SHELL
        return Answer(200, self._printed(publication, request.path))

    def _printed(self, publication: Publication, path: str) -> bytes:
        """The workspace as JSON; kept, because documents are written when they are asked for."""
        broken = self.faults.all_of(BrokenXml, path)
        how = next((fault.how for fault in broken if publication.workspace_id in fault.ids), None)
        key = (publication.workspace_id, len(publication.versions))
        if how is None and key in self._workspaces:
            return self._workspaces[key]
        documents = {version.notice_id: _document(version, how) for version in publication.versions}
        printed = json_bytes(self._renderer.workspace(publication, documents))
        if how is None and len(self._workspaces) < KEPT_WORKSPACES:
            self._workspaces[key] = printed
        return printed

    # --- control ---------------------------------------------------------------------------------------------------

    def publish(self, publication: Publication | None = None) -> str:
        """Publish a notice now and return its workspace id; without one, an invented call with an open deadline.

        Raises `ValueError` when the portal has nobody to invent notices.
        """
        if publication is None:
            if self._invent is None:
                raise ValueError("this portal was started without invented notices: give it the publication")
            publication = self._invent(self.clock.local_now())
        self.catalogue.put(publication)
        return publication.workspace_id

    def rectify(self, workspace_id: str, new_deadline: datetime | None = None) -> datetime:
        """Move a call's deadline (naive Brussels time; two weeks later when not given) in a new version."""
        publication = self._known(workspace_id)
        if new_deadline is None:
            new_deadline = (publication.deadline or self.clock.local_now()) + timedelta(days=14)
        self.catalogue.put(rectified(publication, self.clock.local_now(), new_deadline))
        return new_deadline

    def cancel(self, workspace_id: str) -> None:
        """Withdraw a call in a new version."""
        self.catalogue.put(cancelled(self._known(workspace_id), self.clock.local_now()))

    def make_news(self) -> str:
        """What a working day brings: mostly a new call, now and then a deadline that moves. Returns the workspace."""
        now = self.clock.local_now()
        movable = [item for item in self.catalogue.publications() if item.deadline and item.deadline > now]
        if movable and self._news.random() < 0.2:
            chosen = self._news.choice(movable[:40])
            self.rectify(chosen.workspace_id)
            return chosen.workspace_id
        return self.publish()

    def _known(self, workspace_id: str) -> Publication:
        publication = self.catalogue.get(workspace_id)
        if publication is None:
            raise ValueError(f"the portal has no publication {workspace_id!r}")
        return publication

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """The portal's own control commands: `publish`, `rectify`, `cancel`, `token_expiry`, `revoke_tokens`."""
        what = command.get("do")
        if what == "publish":
            return self.publish()
        if what == "rectify":
            deadline = command.get("new_deadline")
            return self.rectify(
                str(command.get("id")), datetime.fromisoformat(str(deadline)) if deadline else None
            ).isoformat()
        if what == "cancel":
            self.cancel(str(command.get("id")))
        elif what == "token_expiry":
            self.tokens.lifetime_seconds = int(str(command.get("seconds")))
        elif what == "revoke_tokens":
            self.tokens.revoke_all()
        else:
            raise ValueError(f"unknown command {what!r}")
        return None


def _document(version: PublishedVersion, how: How | None) -> str | None:
    xml = version.read_xml() if version.read_xml else None
    return broken_document(xml, how) if xml and how else xml


def _public_path(path: str) -> str:
    for prefix, public in GATEWAY.items():
        if path.startswith(prefix):
            return public + path.removeprefix(prefix)
    return path


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(body)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _positive(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else otherwise


def _query_as_body(query: dict[str, str]) -> dict[str, Any]:
    """The gateway's GET search: few filters, by query string; date filters of publication need POST (dossier 1.3)."""
    body: dict[str, Any] = {name: query[key] for key, name in GATEWAY_QUERY.items() if key in query}
    for key in ("page", "pageSize"):
        if query.get(key, "").isdigit():
            body[key] = int(query[key])
    if "cpv-codes" in query:
        body["cpvCodes"] = query["cpv-codes"].split(",")
    return body
