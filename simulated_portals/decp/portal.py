"""The ministry's open data portal (Opendatasoft), simulated: its addresses, its limits, its answers.

Rules from the dossier (France 1.2, 1.3, 3.3): `limit` up to 100 and 10 when not said, `offset + limit` up to 10,000,
400 with a code and a sentence for a question that is not understood, exports without that limit.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from simulated_portals.decp.contracts import AWARDS, COLUMNS, Line, SimulatedContract
from simulated_portals.decp.odsql import BadQuestion, condition
from simulated_portals.listing import serve_page
from simulated_portals.messages import Answer, JsonValue, Request, json_answer, json_bytes
from simulated_portals.misbehaviour import IgnoreFilters, Misbehaviour
from simulated_portals.portal_clock import PortalClock
from simulated_portals.request_statistics import RequestStatistics

ZONE = "Europe/Paris"
CATALOGUE = "/api/explore/v2.1/catalog/datasets/"
LARGEST_PAGE = 100
DEFAULT_PAGE = 10
_MAINTENANCE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Site en maintenance</body></html>"


class DecpPortal:
    """The simulated portal. Its methods `publish`, `modify`, `correct`, … make news or trouble, from any thread."""

    key = "fr_decp"

    def __init__(
        self,
        contracts: Sequence[SimulatedContract] = (),
        *,
        today: date | None = None,
        longest: int = 10_000,
        invent: Callable[[date], SimulatedContract] | None = None,
    ) -> None:
        """`longest` is how many lines of a list are served; `invent` makes the contracts that `publish` announces."""
        self.clock = PortalClock(ZONE, today)
        self.faults = Misbehaviour()
        self.statistics = RequestStatistics()
        self.longest = longest
        self.loaded: date | None = None
        """When the tables were last loaded; None: today."""
        self.contracts = {contract.key: contract for contract in contracts}
        self.raw_lines: list[tuple[str, Line]] = []
        """Lines besides those of the contracts: what no contract of this simulator would tell."""
        self._invent = invent
        self._news = random.Random(len(contracts))

    # --- what the shell asks ----------------------------------------------------------------------------------------

    def kind_of(self, request: Request) -> str:
        """`dataset`, `list` (by day), `contracts` (by key), `export`, `robots` or `page`."""
        if request.path == "/robots.txt":
            return "robots"
        if not request.path.startswith(CATALOGUE):
            return "page"
        if request.path.endswith("/records"):
            return "list" if "datepublicationdonnees >=" in request.query.get("where", "") else "contracts"
        return "export" if "/exports/" in request.path else "dataset"

    def maintenance_page(self) -> Answer:
        """The page that stands in front of everything during maintenance."""
        return Answer(200, _MAINTENANCE, "text/html; charset=utf-8")

    def answer(self, request: Request) -> Answer:
        """The portal's answer to any request."""
        if not request.path.startswith(CATALOGUE) or request.method != "GET":
            return Answer(404, b"Not found", "text/plain")
        dataset, _, rest = request.path.removeprefix(CATALOGUE).partition("/")
        if dataset not in COLUMNS:
            return _error(404, "UnknownDataset", f"Unknown dataset: {dataset}")
        try:
            if rest == "records":
                return self._records(dataset, request)
            if rest in ("exports/json", "exports/jsonl"):
                return self._export(dataset, request, lines=rest.endswith("l"))
        except BadQuestion as problem:
            return _error(400, "ODSQLError", str(problem))
        return self._description(dataset) if not rest else Answer(404, b"Not found", "text/plain")

    # --- tables -----------------------------------------------------------------------------------------------------

    def lines(self, dataset: str) -> list[Line]:
        """The lines of a table, in the order in which they were loaded."""
        told = [line for item in self.contracts.values() if item.dataset == dataset for line in item.lines()]
        return told + [line for name, line in self.raw_lines if name == dataset]

    def _description(self, dataset: str) -> Answer:
        loaded = datetime.combine(self.loaded or self.clock.today(), datetime.min.time(), self.clock.zone)
        metas = {"title": dataset, "records_count": len(self.lines(dataset)), "data_processed": loaded.isoformat()}
        return json_answer({"dataset_id": dataset, "has_records": True, "metas": {"default": metas}})

    def _found(self, dataset: str, request: Request) -> list[Line]:
        wanted = condition(request.query.get("where", ""), frozenset(COLUMNS[dataset]))
        if self.faults.take(IgnoreFilters, request.path):
            return self.lines(dataset)
        return [line for line in self.lines(dataset) if wanted(line)]

    def _records(self, dataset: str, request: Request) -> Answer:
        limit, offset = _number(request, "limit", DEFAULT_PAGE), _number(request, "offset", 0)
        if not 0 <= limit <= LARGEST_PAGE or offset < 0:
            return _error(400, "InvalidRESTParameterError", f"Invalid value for limit API parameter: {limit}")
        if offset + limit > self.longest:
            return _error(
                400,
                "InvalidRESTParameterError",
                f"Invalid value for offset + limit API parameters: {offset + limit} was found but <= {self.longest}",
            )
        found = _ordered(self._found(dataset, request), request.query.get("order_by", ""), dataset)
        if limit == 0:
            return json_answer({"total_count": len(found), "results": []})
        rows, total = serve_page(self.faults, request.path, found, offset // limit + 1, limit)
        return json_answer({"total_count": total, "results": list(rows)})

    def _export(self, dataset: str, request: Request, *, lines: bool) -> Answer:
        found = self._found(dataset, request)
        if lines:
            return Answer(200, b"\n".join(json_bytes(line) for line in found), "application/jsonl; charset=utf-8")
        return json_answer(found)

    # --- control ----------------------------------------------------------------------------------------------------

    def publish(self, contract: SimulatedContract | None = None) -> str:
        """Add a contract, published today where it is invented; returns its key. `ValueError` without an inventor."""
        if contract is None:
            if self._invent is None:
                raise ValueError("this portal was started without invented contracts: give it the contract")
            contract = self._invent(self.clock.today())
        self.contracts = {**self.contracts, contract.key: contract}
        return contract.key

    def modify(self, key: str, amount: float, day: date | None = None) -> None:
        """Publish a modification of a contract today, or on another day."""
        self.publish(self._known(key).modified(day or self.clock.today(), amount))

    def correct(self, key: str, **cells: Any) -> None:
        """Change cells of a contract without telling of it, as platforms do."""
        contract = self._known(key)
        self.publish(replace(contract, cells=contract.cells | cells))

    def make_news(self) -> str:
        """What a working day brings: mostly a new contract, now and then a modification. Returns the contract's key."""
        known = [key for key, item in self.contracts.items() if item.dataset == AWARDS]
        if known and self._news.random() < 0.25:
            key = self._news.choice(known)
            self.modify(key, round(self._news.uniform(50_000, 500_000), 2))
            return key
        return self.publish()

    def keys_on(self, day: date) -> set[str]:
        """The contracts that are listed under a day."""
        return {key for key, contract in self.contracts.items() if day in contract.days}

    def busiest_day(self) -> date:
        """The day before today on which most contracts are listed."""
        today = self.clock.today()
        days = [
            day for item in self.contracts.values() for day in item.days if today - timedelta(days=40) < day < today
        ]
        return max(sorted(set(days)), key=days.count)

    def _known(self, key: str) -> SimulatedContract:
        if key not in self.contracts:
            raise ValueError(f"the portal has no contract {key!r}")
        return self.contracts[key]

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """The portal's own control commands: `publish`, `modify`, `stale`."""
        what = command.get("do")
        if what == "publish":
            return self.publish()
        if what == "modify":
            self.modify(str(command.get("id")), float(str(command.get("amount"))))
        elif what == "stale":
            self.loaded = date.fromisoformat(str(command.get("day")))
        else:
            raise ValueError(f"unknown command {what!r}")
        return None


def _ordered(lines: list[Line], order: str, dataset: str) -> list[Line]:
    """Lines in the order that was asked for; equal ones stay as they were loaded."""
    names = [name.strip() for name in order.split(",") if name.strip()]
    for name in names:
        if name not in COLUMNS[dataset]:
            raise BadQuestion(f"Unknown field: {name}")
    return sorted(lines, key=lambda line: tuple(json.dumps(line.get(name), ensure_ascii=False) for name in names))


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, str(otherwise))
    return int(text) if text.lstrip("-").isdigit() else -1


def _error(status: int, code: str, message: str) -> Answer:
    return json_answer({"error_code": code, "message": message}, status)
