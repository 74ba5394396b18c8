"""What is asked of an installation, and what it is made of: three sizes, with hosts of the kinds of real portals.

Figures of portals come from their dossiers and from `crawlers/portals/*/portal.yml`; what is assumed says so.
"""

from __future__ import annotations

from pydantic import Field

from notices.model import Frozen

OPENS, CLOSES = 8.0, 18.0
"""Hours between which a portal publishes that does not publish in one batch."""


class Host(Frozen):
    """One portal host on a working day, or many alike. Hours are local, with fractions."""

    kind: str
    count: float = Field(1.0, description="how many like it there are; their crawls are spread over an hour")
    per_day: float = Field(description="notices that one publishes")
    batches: tuple[float, ...] = Field((), description="hours at which all of them appear; none: through the day")
    crawls: tuple[float, ...]
    pages: int = Field(description="requests for lists in one crawl")
    requests: float = Field(description="per new notice")
    delay: float = Field(description="seconds between two requests")

    def published(self, since: float, until: float) -> float:
        """Notices that appear in `(since, until]`; `since` may lie on the day before."""
        days = range(int(since // 24), int(until // 24) + 1)
        if self.batches:
            share = sum(since < 24 * day + hour <= until for day in days for hour in self.batches) / len(self.batches)
        else:
            open_ = sum(max(0.0, min(until, 24 * day + CLOSES) - max(since, 24 * day + OPENS)) for day in days)
            share = open_ / (CLOSES - OPENS)
        return self.per_day * share

    def found(self) -> list[tuple[float, float, float]]:
        """Each crawl of a day with its hour, that of the one before, and what it finds."""
        if not self.crawls:
            return []
        before = (self.crawls[-1] - 24, *self.crawls[:-1])
        return [(hour, since, self.published(since, hour)) for since, hour in zip(before, self.crawls, strict=True)]


class Workload(Frozen):
    """What an installation has to do."""

    name: str
    hosts: tuple[Host, ...]
    stored: int = Field(description="notices in the store")
    versions: float = Field(1.2, description="versions of a notice (assumed)")
    profiles: int
    hits: float = Field(1.5, description="per profile and working day (0.8 for the invented Belgian profiles; assumed)")
    per_owner: float = Field(1.3, description="profiles of an owner (assumed)")
    at_seven: float = Field(0.7, description="share of owners who keep the hour that is offered, 07:00 (assumed)")
    answer: float = Field(0.5, description="seconds until a portal answers (assumed)")
    smtp: float = Field(0.05, description="seconds in which the mail server takes a mail (assumed)")
    smtp_connections: int = Field(50, description="that the mail server accepts at once (assumed)")

    @property
    def per_day(self) -> float:
        """Notices of a working day."""
        return sum(host.count * host.per_day for host in self.hosts)

    @property
    def portals(self) -> float:
        """Hosts."""
        return sum(host.count for host in self.hosts)

    @property
    def hits_per_notice(self) -> float:
        """Profiles that one notice answers."""
        return self.hits * self.profiles / self.per_day if self.per_day else 0.0

    @property
    def owners(self) -> float:
        """People with profiles."""
        return self.profiles / self.per_owner

    def times(self, factor: float) -> Workload:
        """All of it so many times: hosts, what they publish together, what is stored, profiles."""
        hosts = tuple(host.model_copy(update={"count": host.count * factor}) for host in self.hosts)
        grown = {"hosts": hosts, "stored": round(self.stored * factor), "profiles": round(self.profiles * factor)}
        return self.model_copy(update={"name": f"{self.name} x {factor:g}", **grown})

    def each_host(self) -> list[Host]:
        """One by one, with calendars of their own."""
        found = []
        for host in self.hosts:
            number = max(1, round(host.count))
            share = host.per_day * host.count / number
            for one in range(number):
                crawls = tuple(hour + one / number for hour in host.crawls)
                found.append(host.model_copy(update={"count": 1.0, "per_day": share, "crawls": crawls}))
        return found


class Installation(Frozen):
    """Processes, machines and settings."""

    crawl_workers: int
    at_once: int = Field(3, description="crawls of one worker, VIGIE_CRAWL__AT_ONCE")
    index_workers: int
    match_workers: int
    digest_workers: int
    deliver_workers: int
    schedulers: int = 2
    sites: int = 2
    search_nodes: int
    cores: int = Field(description="of a search node")
    shards: int = Field(description="VIGIE_SEARCH__SHARDS, of notices and of profiles")
    replicas: int = 1
    node_disk: float = Field(description="bytes of a search node")
    worker_memory: float = Field(4e9, description="bytes that a worker may use")
    connections: int = Field(300, description="max_connections of PostgreSQL")
    database_disk: float = Field(1e12, description="bytes of PostgreSQL")

    @property
    def workers(self) -> int:
        """Worker processes: those named, and one of the queues export and maintain."""
        searching = self.index_workers + self.match_workers
        return self.crawl_workers + searching + self.digest_workers + self.deliver_workers + 1


# --- kinds of portals ------------------------------------------------------------------------------------------------

TED = Host(
    kind="daily package", per_day=430, batches=(9.0,), crawls=(9.67, 12.67, 16.67), pages=5, requests=0.01, delay=1.0
)
"""One issue at 09:00, read as one package. France 8,027 in June 2026; Belgium about a sixth of that (assumed)."""
BDA = Host(
    kind="API, a request per notice",
    per_day=180,
    crawls=(5.17, 8.17, 10.17, 11.67, 14.17, 17.17, 20.17),
    pages=8,
    requests=1,
    delay=0.5,
)
"""32,049 notices in 253 days."""
BOAMP = Host(
    kind="API, pages of 100",
    per_day=600,
    batches=(6.0,),
    crawls=(6.5, 8.5, 10.5, 13.5, 17.5),
    pages=14,
    requests=0.01,
    delay=0.5,
)
"""147,000 a year, loaded on working mornings."""
DECP = Host(kind="API, pages of 100", per_day=600, batches=(5.0,), crawls=(6.67,), pages=14, requests=0.01, delay=0.5)
"""708,152 lines in four years and nine months, several of a contract."""
PMMP = Host(
    kind="platform, lists and details",
    per_day=150,
    crawls=(6.25, 9.25, 12.25, 15.25, 18.25, 21.25),
    pages=9,
    requests=1.5,
    delay=2.0,
)
"""3,900 open consultations that stay open for about 26 working days (assumed)."""
BDC = Host(
    kind="platform, lists and details",
    per_day=540,
    crawls=(6.33, 10.33, 13.33, 16.33, 19.33, 22.33),
    pages=12,
    requests=1,
    delay=2.0,
)
"""168,000 numbers in about 15 months."""
PLACE = Host(
    kind="platform, lists and details", per_day=70, crawls=(6.17, 12.17, 18.17), pages=6, requests=1.5, delay=1.0
)
"""1,999 open consultations that stay open for about 30 days (assumed)."""
AWS = Host(
    kind="platform, lists and details", per_day=110, crawls=(6.33, 12.33, 18.33), pages=60, requests=1, delay=2.0
)
"""1,682 calls on TED in a month, and about half as many national ones (assumed)."""
SMALL = Host(kind="platform, lists and details", per_day=15, crawls=(6.0, 18.0), pages=3, requests=1.5, delay=1.0)
"""440 open consultations."""


TODAY = Workload(
    name="today",
    hosts=(
        TED,
        BDA,
        BOAMP,
        DECP,
        PMMP,
        PMMP.model_copy(update={"per_day": 250.0}),
        BDC,
        BDC.model_copy(update={"per_day": 400.0}),
        PLACE,
        AWS,
        SMALL,
        SMALL.model_copy(update={"per_day": 40.0, "delay": 2.0}),
    ),
    stored=100_000,
    profiles=1_000,
)
"""The twelve portals of docs/portals.md that are crawled most, each with its own host."""

REGIONAL = Workload(
    name="regional",
    hosts=(*TODAY.hosts, SMALL.model_copy(update={"count": 88.0})),
    stored=2_000_000,
    profiles=50_000,
)
"""Three countries with every platform of theirs: 100 hosts."""

TARGET = Workload(
    name="target",
    hosts=(
        TED.model_copy(update={"per_day": 3_300.0, "pages": 40}),
        BOAMP.model_copy(update={"count": 15.0, "per_day": 400.0}),
        BDA.model_copy(update={"count": 15.0, "per_day": 400.0}),
        SMALL.model_copy(update={"count": 469.0}),
    ),
    stored=20_000_000,
    profiles=1_000_000,
)
"""500 hosts: TED whole (an issue of 200 MB, 60 kB a notice), 30 national portals, 469 platforms; 3.6 years of them."""

WORKLOADS = (TODAY, REGIONAL, TARGET)

GB = 1e9
PLANS: dict[str, Installation] = {
    "today": Installation(
        crawl_workers=1, at_once=3, index_workers=1, match_workers=1, digest_workers=1,
        deliver_workers=1, search_nodes=1, cores=2, shards=1, replicas=0, node_disk=100 * GB,
    ),
    "regional": Installation(
        crawl_workers=4, at_once=3, index_workers=2, match_workers=2, digest_workers=2,
        deliver_workers=2, search_nodes=3, cores=4, shards=1, node_disk=200 * GB,
    ),
    "target": Installation(
        crawl_workers=12, at_once=3, index_workers=4, match_workers=4, digest_workers=15,
        deliver_workers=12, search_nodes=6, cores=16, shards=24, node_disk=500 * GB,
        worker_memory=12 * GB, connections=800, database_disk=8_000 * GB,
    ),
}  # fmt: skip
"""What each size is reckoned with."""
