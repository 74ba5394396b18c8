"""The tables of docs/scaling.md, made of the figures, the model and the simulation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.scaling.days import Result
from benchmarks.scaling.limits import Pressure, breaking_point, database_bytes, pressures, search_bytes
from benchmarks.scaling.measured import Measured, Percolate
from benchmarks.scaling.model import NEXT_PASS, Outcome, indexing, outcome
from benchmarks.scaling.ramp import RAMPS, met
from benchmarks.scaling.simulation import simulate
from benchmarks.scaling.sizing import needed
from benchmarks.scaling.trials import predicted
from benchmarks.scaling.workloads import GB, PLANS, WORKLOADS, Installation, Workload

DOCUMENT = Path(__file__).parents[2] / "docs" / "scaling.md"
GROWTH_SIZES = {"notices": (10_000, 100_000, 1_000_000), "profiles": (1_000, 10_000, 100_000)}
ABSENT = "not measured"
NAMED = 8
"""Limits that the ranking shows."""


class Report:
    """All tables; a size is simulated once."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._simulated: dict[str, Result] = {}
        self.tables: dict[str, Callable[[], str]] = {
            "growth-notices": lambda: self._growth("notices"),
            "growth-profiles": lambda: self._growth("profiles"),
            "figures": self._figures,
            "workloads": _workloads,
            "installations": _installations,
            "needed": self._needed,
            "outcomes": self._outcomes,
            "space": self._space,
            "simulated": self._compared,
            "ramped": self._ramped,
            "trials": self._trials,
            "first-today": lambda: self._first(0),
            "first-regional": lambda: self._first(1),
            "first-target": lambda: self._first(2),
            "met": self._met,
        }

    def text(self) -> str:
        """Everything, for people at a terminal."""
        return "\n\n".join(f"## {name}\n\n{make()}" for name, make in self.tables.items())

    def result(self, workload: Workload) -> Result:
        """A simulated day."""
        if workload.name not in self._simulated:
            self._simulated[workload.name] = simulate(self._measured, workload, PLANS[workload.name])
        return self._simulated[workload.name]

    # --- figures -----------------------------------------------------------------------------------------------------

    def _growth(self, of: str) -> str:
        sizes = GROWTH_SIZES[of]
        rows = [
            [
                f"{one.quantity}, {one.unit}",
                *(number(one.at[size]) if size in one.at else ABSENT for size in sizes),
                one.command,
                one.conditions,
            ]
            for one in self._measured.growth
            if one.of == of
        ]
        return table(["", *(f"{size:,} {of}" for size in sizes), "measured by", "where"], rows)

    def _figures(self) -> str:
        described = type(self._measured).model_fields
        rows = [
            [name, described[name].description or "", number(one.value), one.unit, one.command]
            for name, one in self._measured.figures().items()
        ]
        fit = Percolate.fitted(self._measured.percolation)
        by = self._measured.percolation[0].command
        rows.append(
            ["percolation", "per notice of one request, on every shard", number(fit.per_notice), "s per notice", by]
        )
        rows.append(["", "and per profile", number(fit.per_profile), "s per profile", by])
        rows.append(["", "and per profile and notice", number(fit.per_pair), "s per profile and notice", by])
        return table(["figure", "what", "value", "unit", "measured by"], rows)

    def _trials(self) -> str:
        rows = []
        for trial in self._measured.trials:
            foretold = predicted(trial)
            deviation = f"{100 * (foretold / trial.rate - 1):+.0f} %"
            rows.append(
                [trial.part, str(trial.workers), number(trial.rate), number(foretold), deviation, trial.conditions]
            )
        return table(["part", "workers", "measured, per s", "simulated, per s", "deviation", "where"], rows)

    def _ramped(self) -> str:
        found = [met(self._measured, ramp) for ramp in RAMPS]
        rows = [
            [one.what, number(one.model), number(one.simulated), deviation(one.model, one.simulated)] for one in found
        ]
        return table(["what grows", "model", "simulation", "deviation"], rows)

    # --- the model ---------------------------------------------------------------------------------------------------

    def _outcome(self, workload: Workload) -> Outcome:
        return outcome(self._measured, workload, PLANS[workload.name])

    def _needed(self) -> str:
        found = [needed(self._measured, workload) for workload in WORKLOADS]
        rows = [[words, *(f"{getattr(one, part)}" for one in found)] for part, words in _NEEDED]
        return table(["", *(workload.name for workload in WORKLOADS)], rows)

    def _outcomes(self) -> str:
        found = [self._outcome(workload) for workload in WORKLOADS]
        rows = [
            ["places for crawls, used in the busiest hour", *(share(one.crawl.busy) for one in found)],
            ["lock of savers and matchers, held", *(share(one.lock) for one in found)],
            ["index workers, busy", *(share(one.index.busy) for one in found)],
            ["match workers, busy", *(share(one.match.busy) for one in found)],
            ["from publication to the crawl, mean", *(duration(one.calendar[0]) for one in found)],
            ["from reading to being found, mean / p95", *(pair(one.searched) for one in found)],
            ["from reading to being matched, mean / p95", *(pair(one.matched) for one in found)],
            ["digests at seven", *(f"{one.digests:,.0f}" for one in found)],
            ["until the last is built", *(duration(one.digest_seconds) for one in found)],
            ["until the last has left", *(duration(one.mail_seconds) for one in found)],
        ]
        return table(["", *(one.workload.name for one in found)], rows)

    def _space(self) -> str:
        rows: list[list[str]] = [[] for _ in range(7)]
        for workload in WORKLOADS:
            plan = PLANS[workload.name]
            every = search_bytes(self._measured, workload, plan)
            rows[0].append(size(workload.stored * workload.versions * self._measured.notice_bytes.value))
            rows[1].append(size(database_bytes(self._measured, workload)))
            rows[2].append(size(workload.stored * workload.versions * self._measured.archive_bytes.value))
            rows[3].append(size(every / plan.search_nodes))
            rows[4].append(size(workload.stored * self._measured.index_bytes.value / plan.shards))
            rows[5].append(duration(workload.stored * workload.versions * self._measured.save.value))
            rows[6].append(duration(workload.stored / indexing(self._measured, plan).rate))
        names = (
            "PostgreSQL, notices",
            "PostgreSQL after a year, with hits and mails",
            "archive",
            "disk of a search node, one index",
            "a shard of notices",
            "time to save all of it, through one lock",
            "time to fill a new index",
        )
        return table(
            ["", *(one.name for one in WORKLOADS)], [[name, *row] for name, row in zip(names, rows, strict=True)]
        )

    def _compared(self) -> str:
        rows = []
        for workload in WORKLOADS:
            for what, model, simulated, show in _both(self._outcome(workload), self.result(workload)):
                rows.append([workload.name, what, show(model), show(simulated), deviation(model, simulated)])
        return table(["size", "", "model", "simulation", "deviation"], rows)

    def _first(self, which: int) -> str:
        workload = WORKLOADS[which]
        found = breaking_point(self._measured, workload, PLANS[workload.name])[:NAMED]
        rows = [
            [f"{rank}", one.name, f"{factor:.3g} times", _limit(one)]
            for rank, (factor, one) in enumerate(found, start=1)
        ]
        return table(["", "limit", "met at", "is"], rows)

    def _met(self) -> str:
        by_size = [pressures(self._measured, workload, PLANS[workload.name]) for workload in WORKLOADS]
        rows = [[same[0].name, *(f"{share(one.share)}" for one in same)] for same in zip(*by_size, strict=True)]
        return table(["share of the limit", *(workload.name for workload in WORKLOADS)], rows)


def _both(model: Outcome, simulated: Result) -> list[tuple[str, float, float, Callable[[float], str]]]:
    mailed = max(simulated.mailed.all, default=0.0) - simulated.passed_at
    return [
        ("notices read", model.workload.per_day, simulated.read, lambda value: f"{value:,.0f}"),
        ("places for crawls, busy", model.crawl.busy, simulated.busy["crawl"], share),
        ("the lock, held", model.lock, simulated.busy["lock"], share),
        ("index workers, busy", model.index.busy, simulated.busy["index"], share),
        ("match workers, busy", model.match.busy, simulated.busy["match"], share),
        ("found, mean", model.searched[0], simulated.searched.mean, duration),
        ("found, p95", model.searched[1], simulated.searched.quantile(0.95), duration),
        ("matched, mean", model.matched[0], simulated.matched.mean, duration),
        ("matched, p95", model.matched[1], simulated.matched.quantile(0.95), duration),
        (
            "digests and mails in a second",
            model.digests / (model.mail_seconds - NEXT_PASS),
            len(simulated.mailed.all) / mailed if mailed else 0.0,
            number,
        ),
    ]


# --- words and numbers -----------------------------------------------------------------------------------------------


def _workloads() -> str:
    rows = [
        ["portal hosts", *(f"{one.portals:,.0f}" for one in WORKLOADS)],
        ["notices stored", *(f"{one.stored:,}" for one in WORKLOADS)],
        ["notices of a working day", *(f"{one.per_day:,.0f}" for one in WORKLOADS)],
        [
            "largest batch of one portal",
            *(f"{max(host.per_day for host in one.hosts if host.batches):,.0f}" for one in WORKLOADS),
        ],
        ["profiles", *(f"{one.profiles:,}" for one in WORKLOADS)],
        ["profiles that a notice answers", *(f"{one.hits_per_notice:,.2g}" for one in WORKLOADS)],
        ["hits of a day", *(f"{one.hits * one.profiles:,.0f}" for one in WORKLOADS)],
    ]
    return table(["", *(one.name for one in WORKLOADS)], rows)


_PLANNED: tuple[tuple[str, Callable[[Installation], str]], ...] = (
    ("crawl workers x places", lambda plan: f"{plan.crawl_workers} x {plan.at_once}"),
    ("index workers", lambda plan: f"{plan.index_workers}"),
    ("match workers", lambda plan: f"{plan.match_workers}"),
    ("digest workers", lambda plan: f"{plan.digest_workers}"),
    ("deliver workers", lambda plan: f"{plan.deliver_workers}"),
    ("search nodes x processors", lambda plan: f"{plan.search_nodes} x {plan.cores}"),
    ("shards, copies beside", lambda plan: f"{plan.shards}, {plan.replicas}"),
    ("disk of a search node", lambda plan: size(plan.node_disk)),
    ("memory that a worker may use", lambda plan: size(plan.worker_memory)),
    ("disk of PostgreSQL", lambda plan: size(plan.database_disk)),
    ("connections that PostgreSQL allows", lambda plan: f"{plan.connections}"),
)


_NEEDED = (
    ("crawl_places", "places for crawls"),
    ("index_workers", "index workers"),
    ("match_workers", "match workers"),
    ("digest_workers", "digest workers"),
    ("deliver_workers", "deliver workers"),
    ("shards", "shards"),
    ("processors", "processors of search nodes"),
    ("search_nodes", "search nodes"),
    ("worker_machines", "machines for workers and sites, 8 processors and 16 GB"),
    ("connections", "connections that PostgreSQL must allow"),
    ("smtp_connections", "connections that the mail server must take"),
)


def _installations() -> str:
    rows = [[name, *(show(PLANS[one.name]) for one in WORKLOADS)] for name, show in _PLANNED]
    return table(["", *(one.name for one in WORKLOADS)], rows)


def _limit(one: Pressure) -> str:
    if one.unit.startswith("bytes"):
        return size(one.limit) + one.unit.removeprefix("bytes")
    return f"{number(one.limit)} {one.unit}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float) -> str:
    """Three digits that matter."""
    if value >= 1000:
        return f"{value:,.0f}"
    if value and value < 0.001:
        return f"{value * 1e6:.3g} x 10^-6"
    return f"{value:.3g}"


def share(value: float) -> str:
    """Per cent."""
    return f"{100 * value:.2g} %" if value < 0.995 else f"{100 * value:,.0f} %"


def duration(seconds: float) -> str:
    """In the unit that people would use."""
    for length, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"


def pair(values: tuple[float, float]) -> str:
    """Mean and p95."""
    return f"{duration(values[0])} / {duration(values[1])}"


def size(value: float) -> str:
    """Bytes."""
    if value >= 1000 * GB:
        return f"{value / GB / 1000:.1f} TB"
    return f"{value / GB:.3g} GB"


def deviation(model: float, simulated: float) -> str:
    """Of the model from the simulation."""
    return f"{100 * (model / simulated - 1):+.0f} %" if simulated else "-"


# --- the document ----------------------------------------------------------------------------------------------------


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def filled(document: str, report: Report) -> str:
    """The document with its tables as they are now; `ValueError` when a mark has no table, or no end."""
    for name in re.findall(r"<!-- ([a-z-]+): begin -->", document):
        begin, end = _marks(name)
        before, _, rest = document.partition(begin)
        _, found, after = rest.partition(end)
        if not found or name not in report.tables:
            raise ValueError(f"docs/scaling.md: the mark {name} has no end, or there is no such table.")
        document = f"{before}{begin}\n{report.tables[name]()}\n{end}{after}"
    return document
