"""What was measured: one file of figures, each with its unit, the command that measured it, and the conditions."""

from __future__ import annotations

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
    match_embedded: Figure = Field(description="per notice and profile, of the embedded matcher")
    hit: Figure = Field(description="per hit, of a match worker outside the locks")
    hit_locked: Figure = Field(description="per hit, inside the lock that savers and matchers share")
    job: Figure = Field(description="of a worker, for a job that finds nothing")
    digest: Figure = Field(description="per digest with five hits")
    digest_look: Figure = Field(description="per owner with waiting hits who is not due")
    mail: Figure = Field(description="per mail, of a worker, beside what the mail server takes")
    fill: Figure = Field(description="per profile, of an empty matcher that is filled")
    profile_loaded: Figure = Field(description="bytes of a worker's memory per profile while the matcher is filled")
    notice_bytes: Figure = Field(description="bytes of PostgreSQL per notice with one version")
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
    """Seconds of one request on one shard: `profiles * (per_profile + per_pair * notices)`."""

    per_profile: float
    per_pair: float

    @classmethod
    def fitted(cls, requests: tuple[PercolateRequest, ...]) -> Self:
        """Least squares of the relative error, neither part below zero."""
        points = [(one.profiles / one.seconds, one.profiles * one.notices / one.seconds) for one in requests]
        xx, yy = sum(x * x for x, _ in points), sum(y * y for _, y in points)
        xy, x1, y1 = sum(x * y for x, y in points), sum(x for x, _ in points), sum(y for _, y in points)
        determinant = xx * yy - xy * xy
        if determinant > 1e-9 * xx * yy:
            fixed, pair = (yy * x1 - xy * y1) / determinant, (xx * y1 - xy * x1) / determinant
            if fixed >= 0 and pair >= 0:
                return cls(per_profile=fixed, per_pair=pair)
            if fixed >= 0:
                return cls(per_profile=x1 / xx, per_pair=0.0)
        return cls(per_profile=0.0, per_pair=y1 / yy)

    def seconds(self, notices: float, profiles: float, shards: int) -> float:
        """Of one request whose shards work side by side."""
        return profiles / shards * (self.per_profile + self.per_pair * notices)
