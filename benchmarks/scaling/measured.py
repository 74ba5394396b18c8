"""What was measured: one file of figures, each with its unit, the command that measured it, and the conditions."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Self

from pydantic import Field

from notices.model import Frozen

FILE = Path(__file__).with_name("measured.json")


class Figure(Frozen):
    """One figure of one run."""

    value: float = Field(ge=0)
    unit: str
    command: str = Field(description="what to run to measure it again")
    conditions: str = Field(description="machine, load, size and date")


class PercolateRequest(Frozen):
    """One percolate request: how long so many notices took against so many profiles, on one shard."""

    profiles: int = Field(gt=0)
    notices: int = Field(gt=0, description="in the request")
    seconds: float = Field(gt=0)
    command: str
    conditions: str


class Growth(Frozen):
    """One quantity at several sizes; a size that is absent was not measured."""

    quantity: str
    unit: str
    of: str = Field(description="notices or profiles")
    at: dict[int, float] = Field(description="size to value")
    command: str
    conditions: str


class Trial(Frozen):
    """A real run of a part of Vigie that the simulation is to predict from what the part costs alone."""

    part: str = Field(description="save, match or mail")
    workers: int
    items: int
    rate: float = Field(description="notices or mails per second, as measured")
    outside: float = Field(description="seconds per item that no other worker waits for, measured in one process")
    locked: float = Field(description="seconds per item inside a lock that all share")
    command: str
    conditions: str


class Measured(Frozen):
    """Everything the model rests on. Seconds unless the figure says otherwise."""

    crawl_start: Figure = Field(description="until a crawl's process sends its first request")
    turn: Figure = Field(description="per request: its turn of the host's budget reserved and given back")
    parse: Figure = Field(description="per notice, of the crawling process")
    save: Figure = Field(description="per notice, inside the lock that all savers share")
    index_read: Figure = Field(description="per notice, of an index worker beside the search engine")
    index_write: Figure = Field(description="per notice, of the search engine's processors, one copy")
    match_store: Figure = Field(description="per notice, of a match worker that finds nothing")
    hit: Figure = Field(description="per hit, of a match worker outside the locks")
    hit_locked: Figure = Field(description="per hit, inside the lock that savers and matchers share")
    job: Figure = Field(description="of a worker, for a job that finds nothing")
    digest: Figure = Field(description="per digest with three to four hits")
    digest_look: Figure = Field(description="per owner with waiting hits who is not due")
    mail: Figure = Field(description="per mail, of a worker, beside what the mail server takes")
    fill: Figure = Field(description="per profile, of an empty matcher that is filled")
    profile_loaded: Figure = Field(description="bytes of a worker's memory per profile while the matcher is filled")
    notice_bytes: Figure = Field(description="bytes of PostgreSQL per notice with one version, as rich as those of TED")
    index_bytes: Figure = Field(description="bytes of the search index per notice, one copy")
    profile_bytes: Figure = Field(description="bytes of the search index per profile")
    hit_bytes: Figure = Field(description="bytes of PostgreSQL per hit")
    mail_bytes: Figure = Field(description="bytes of PostgreSQL per mail")
    archive_bytes: Figure = Field(description="bytes of the archive per notice")
    percolation: tuple[PercolateRequest, ...] = Field(min_length=2)
    growth: tuple[Growth, ...] = ()
    trials: tuple[Trial, ...] = ()

    @classmethod
    def read(cls, path: Path = FILE) -> Self:
        """The figures of the file."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))

    def figures(self) -> dict[str, Figure]:
        """The single figures by name."""
        named = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in named if isinstance(value, Figure)}


class Percolate(Frozen):
    """Seconds of one request on one shard: `per_notice * notices + profiles * (per_profile + per_pair * notices)`.

    Every shard reads all notices of a request and holds its own part of the profiles. What Vigie itself spends on a
    notice is part of `per_notice`, as requests were measured through it.
    """

    per_notice: float = 0.0
    per_profile: float = 0.0
    per_pair: float = 0.0

    @classmethod
    def fitted(cls, requests: tuple[PercolateRequest, ...]) -> Self:
        """Least squares of the relative error, no part below zero: the best of all choices of parts."""
        rows = [
            [part / one.seconds for part in (one.notices, one.profiles, one.profiles * one.notices)] for one in requests
        ]
        choices = [chosen for number in (1, 2, 3) for chosen in combinations(range(3), number)]
        parts = min(
            (found for chosen in choices if (found := _solved(rows, chosen))), key=lambda one: _error(rows, one)
        )
        return cls(per_notice=parts[0], per_profile=parts[1], per_pair=parts[2])

    def seconds(self, notices: float, profiles: float, shards: int) -> float:
        """Of one request whose shards work side by side."""
        return self.per_notice * notices + profiles / shards * (self.per_profile + self.per_pair * notices)


def _solved(rows: list[list[float]], chosen: tuple[int, ...]) -> list[float] | None:
    """The parts, others than the chosen ones zero, that bring all rows closest to one; none where one is below zero.

    Also none where the rows cannot tell the chosen parts from each other.
    """
    sums = [[sum(row[i] * row[j] for row in rows) for j in chosen] + [sum(row[i] for row in rows)] for i in chosen]
    for column, line in enumerate(sums):
        if line[column] < 1e-9 * sum(row[chosen[column]] ** 2 for row in rows):
            return None
        line[:] = [value / line[column] for value in line]
        for other in sums:
            if other is not line:
                other[:] = [value - other[column] * ours for value, ours in zip(other, line, strict=True)]
    if any(line[-1] < 0 for line in sums):
        return None
    found = dict(zip(chosen, (line[-1] for line in sums), strict=True))
    return [found.get(part, 0.0) for part in range(3)]


def _error(rows: list[list[float]], parts: list[float]) -> float:
    return sum((sum(x * part for x, part in zip(row, parts, strict=True)) - 1) ** 2 for row in rows)
