"""What search offers to the other rooms: documents, the index and the matcher, whatever engine is behind.

Every engine passes the tests of `tests/contracts/search`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from html import escape
from typing import NamedTuple, Protocol, Self

from pydantic import AwareDatetime, Field

from notices.model import Frozen
from search.document import IndexDocument
from search.errors import IndexReadOnly, IndexUnavailable, QueryError
from search.query import NoticeQuery

__all__ = [
    "Aggregation", "AggregationResult", "Bucket", "Excerpt", "Facet", "FacetCounts", "IndexDocument", "IndexReadOnly",
    "IndexState", "IndexStatus", "IndexUnavailable", "Indexed", "Match", "MatchedClause", "Matcher", "Measure",
    "QueryError", "Refusal", "SavedQuery", "SearchHit", "SearchIndex", "SearchPage", "Seen", "Sort", "UnknownCount",
    "check_window",
]  # fmt: skip

MAX_WINDOW = 10_000
"""`offset + limit` of a page; `scan` goes further."""


def check_window(offset: int, limit: int) -> None:
    """Raises `QueryError` for a page that lies beyond what every engine can show."""
    if offset < 0 or limit < 0:
        raise QueryError("Une page de résultats ne commence pas avant le premier.", parameter="offset")
    if offset + limit > MAX_WINDOW:
        raise QueryError(
            "On ne peut feuilleter que les {limit} premiers résultats : précisez la recherche, ou exportez-la.",
            limit=MAX_WINDOW, parameter="offset",
        )  # fmt: skip


class Sort(StrEnum):
    """Order of results. What a sort key lacks comes last; relevance without words is the order of publication."""

    RELEVANCE = "relevance"
    PUBLISHED = "published"  # newest first
    DEADLINE = "deadline"  # soonest first
    VALUE = "value"  # largest first, in one currency: that of the query's value range, else EUR


class Facet(StrEnum):
    """A way to count results."""

    KIND = "kind"
    COUNTRY = "country"
    PORTAL = "portal"
    NATURE = "nature"
    PROCEDURE = "procedure"
    LANGUAGE = "language"
    CPV_DIVISION = "cpv_division"  # two digits
    REGION = "region"  # NUTS level 1 of the place of performance, such as BE2, or a region of Morocco, such as MA-04
    PROVINCE = "province"  # NUTS level 2, such as BE21, or a province of Morocco, such as MA-RAB
    BUYER = "buyer"  # name as printed
    DEADLINE = "deadline"  # passed, next-7-days, next-30-days, later
    VALUE = "value"  # bands of the headline value in EUR: below-50000, 50000-140000, ...
    MONTH = "month"  # of publication, 2026-11


class FacetCounts(Frozen):
    """Results per key, largest first (months, deadlines and values in their own order)."""

    values: tuple[tuple[str, int], ...]
    unknown: int = Field(description="results that do not say")
    others: int = Field(default=0, description="keys beyond those listed: their results, counted per key")


class Excerpt(Frozen):
    """A piece of text in which the words that matched are marked."""

    field: str = Field(description="title, description, lot, buyer, reference, winner")
    language: str
    parts: tuple[tuple[str, bool], ...] = Field(description="text and whether it matched")
    cut: bool = Field(default=False, description="the text goes on before or after")

    @property
    def text(self) -> str:
        """Plain text."""
        return "".join(part for part, _ in self.parts)

    @property
    def html(self) -> str:
        """Escaped HTML with `<mark>` around what matched."""
        return "".join(f"<mark>{escape(part)}</mark>" if marked else escape(part) for part, marked in self.parts)


class MatchedClause(NamedTuple):
    """Why a notice matches one clause. A plain tuple, as a batch of matches makes hundreds of thousands.

    `name` is as in `NoticeQuery.clauses()` (text, cpv, places, value, open, ...), `printed` the part of the query: the
    word or codes asked for. `words` is what the notice says: words as printed, codes, amounts, instants; `field` where
    it says so (title, lot, performance, seat, ...). `unknown`: kept because the notice does not say.
    """

    name: str
    printed: str = ""
    words: tuple[str, ...] = ()
    field: str | None = None
    unknown: bool = False


class SearchHit(Frozen):
    """One result."""

    notice_id: str
    score: float | None = None
    highlights: dict[str, Excerpt] = Field(
        default_factory=dict, description="`title` always; `excerpt` where words are"
    )
    clauses: tuple[MatchedClause, ...] = ()

    @property
    def unknowns(self) -> tuple[str, ...]:
        """Names of the clauses that kept this notice because it does not say."""
        return tuple(clause.name for clause in self.clauses if clause.unknown)

    @property
    def place_matched(self) -> tuple[str, ...]:
        """`performance`, `seat` or both, when a place was asked for and the notice says one of the places."""
        said = {clause.field for clause in self.clauses if clause.name == "places" and not clause.unknown}
        return tuple(name for name in ("performance", "seat") if any(name in (field or "") for field in said))


class UnknownCount(Frozen):
    """How many notices one clause kept (or dropped) because they do not say."""

    name: str
    kept: bool
    count: int


class SearchPage(Frozen):
    """A page of results."""

    total: int
    hits: tuple[SearchHit, ...]
    facets: dict[Facet, FacetCounts] = Field(default_factory=dict)
    unknowns: tuple[UnknownCount, ...] = ()


class Measure(StrEnum):
    """A figure over the headline values of the notices found."""

    COUNT = "count"
    SUM = "sum"
    MEDIAN = "median"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    MEAN = "mean"


class Aggregation(Frozen):
    """A figure wanted: one measure, over everything or per key of a facet."""

    name: str
    measure: Measure = Measure.COUNT
    by: Facet | None = None
    currency: str = Field(default="EUR", description="amounts of other currencies are left out and counted as unknown")


class Bucket(Frozen):
    """The figure of one key; `key` is None for everything and for the notices that do not say."""

    key: str | None
    value: Decimal | None = Field(description="None when no notice of this key states a value")
    count: int = Field(description="notices the figure rests on")


class AggregationResult(Frozen):
    """A figure with its denominator. Medians are approximate, within `MEDIAN_TOLERANCE` of the exact one."""

    buckets: tuple[Bucket, ...]
    total: int = Field(description="notices found by the query")
    unknown: int = Field(description="notices found that have no value in this currency or no key")


MEDIAN_TOLERANCE = 0.02
"""Relative error that a median may have, in every engine."""


class IndexState(StrEnum):
    """Whether an index can be relied on."""

    READY = "ready"
    REBUILDING = "rebuilding"  # empty or partly filled: the store must be queued again, or is
    UNAVAILABLE = "unavailable"


class IndexStatus(Frozen):
    """What an index says about itself."""

    state: IndexState
    engine: str
    documents: int
    schema_version: str
    sentence: str | None = Field(default=None, description="what is wrong and what to do")
    needs_rebuild: bool = Field(default=False, description="everything in the store must be queued for the index")


class Seen(StrEnum):
    """When what was indexed is found by `search`."""

    NOW = "now"  # when the call returns
    SOON = "soon"  # after `refresh`, or by itself within the engine's interval


class Refusal(Frozen):
    """A document that the engine does not take, however often it is offered."""

    notice_id: str
    reason: str = Field(description="in the engine's words")


class Indexed(Frozen):
    """What became of documents; all that are not named here are in the index."""

    refused: tuple[Refusal, ...] = ()
    outdated: tuple[str, ...] = Field(default=(), description="ids of which the index holds a higher version already")


class SearchIndex(Protocol):
    """An index of notices. All methods may be called from any thread.

    Every method raises `IndexUnavailable` when the engine cannot answer; `index`, `replace`, `delete` and `clear` raise
    `IndexReadOnly` when this process may not write.
    """

    def index(self, documents: Sequence[IndexDocument], *, seen: Seen = Seen.NOW) -> Indexed:
        """Add or replace documents; committed and durable when this returns.

        One document that is refused does not keep the others out. Where several processes may write, a document never
        takes the place of one of a higher version.
        """

    def replace(self, documents: Sequence[IndexDocument]) -> Indexed:
        """Like `index`, whatever version the index holds: for when the store says that these are the current ones."""

    def refresh(self) -> None:
        """What was indexed before is found by `search` when this returns."""

    def delete(self, notice_ids: Sequence[str]) -> None:
        """Remove documents; ids that are not there are no error."""

    def search(
        self,
        query: NoticeQuery,
        *,
        now: datetime,
        sort: Sort = Sort.RELEVANCE,
        offset: int = 0,
        limit: int = 20,
        facets: Sequence[Facet] = (),
        highlight: bool = True,
        language: str = "fr",
    ) -> SearchPage:
        """A page of results. `now` is what relative dates mean; `language` chooses the titles.

        Raises `QueryError` when `offset + limit` goes beyond `MAX_WINDOW`.
        """  # fmt: skip

    def count(self, query: NoticeQuery, *, now: datetime) -> int:
        """How many notices match."""

    def scan(self, query: NoticeQuery, *, now: datetime, sort: Sort = Sort.PUBLISHED) -> Iterator[str]:
        """The ids of all notices that match, of one moment of the index, however many."""

    def aggregate(
        self, query: NoticeQuery, aggregations: Sequence[Aggregation], *, now: datetime
    ) -> dict[str, AggregationResult]:
        """Figures over all notices that match, by name."""

    def size(self) -> int:
        """Number of documents."""

    def clear(self) -> None:
        """Remove everything; the status says `needs_rebuild` until the indexer has queued the store again."""

    def rebuild_queued(self) -> None:
        """The store's notices have all been queued: ends `needs_rebuild`."""

    def status(self) -> IndexStatus:
        """What the index says about itself; never raises."""

    def close(self) -> None:
        """Give back files, connections and the writer's lock."""

    def __enter__(self) -> Self:
        """Closes at the end of the block."""

    def __exit__(self, *_: object) -> None:
        """Closes."""


class Match(NamedTuple):
    """A notice matches a profile."""

    profile_id: str
    notice_id: str
    clauses: tuple[MatchedClause, ...]


class SavedQuery(NamedTuple):
    """The query of a profile as it was saved, and under which revision of the store's profiles."""

    profile_id: str
    query: NoticeQuery
    revision: int


class Matcher(Protocol):
    """Profiles against new notices. A profile matches from the moment `put` or `follow` returned.

    Where the engine is a server, its profiles outlive this process and are shared with others. Then every method but
    `close` raises `IndexUnavailable` when it cannot answer.
    """

    def put(self, profile_id: str, query: NoticeQuery) -> None:
        """Add or replace a profile. Raises `QueryError` when the engine cannot watch for this query."""

    def remove(self, profile_id: str) -> None:
        """Forget a profile; one that is not there is no error."""

    def check(self, query: NoticeQuery) -> None:
        """Raises `QueryError` when the engine cannot watch for this query; keeps nothing."""

    def revision(self) -> int:
        """Up to which revision of the store's profiles this matcher is filled; 0 when it is empty."""

    def follow(self, put: Sequence[SavedQuery], removed: Sequence[str], revision: int) -> dict[str, QueryError]:
        """Bring in what became of profiles up to a revision; the profiles whose query the engine refuses, with why.

        A refused profile is not matched. What another process brought in of a later revision stays.
        """

    def clear(self) -> None:
        """Forget all profiles; the revision is 0 again."""

    def match(self, documents: Sequence[IndexDocument], *, now: AwareDatetime | None = None) -> list[Match]:
        """Every profile that each document matches, with the reasons; `now` is the clock's when not given.

        Raises `IndexUnavailable` when the profiles are not those any more that `revision` told of.
        """

    def close(self) -> None:
        """Give back connections."""

    def __len__(self) -> int:
        """Number of profiles."""
