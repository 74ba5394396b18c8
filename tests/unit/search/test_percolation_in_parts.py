"""A server that is too slow for all profiles in one request is asked about some of them at a time, and misses none."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Any

import pytest
from elastic_transport import ConnectionTimeout

from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch.client import GREETING_SECONDS, connect
from search.elasticsearch.matcher import ElasticsearchMatcher
from search.elasticsearch.percolation import SLICES, Percolation, slice_of
from search.errors import IndexUnavailable
from search.plan import Moment
from tests.contracts.search.search_material import NOW, document
from tests.support import scripted_node
from tests.support.scripted_node import Asked, ScriptedNode, scripted

SETTINGS = SearchSettings(urls=("http://search.invalid:9200",), node_class=scripted_node.NAME, retries=3)
LIMIT = SETTINGS.timeout * 4
PROFILES = [f"p{number:04d}" for number in range(1_000)]
DOCUMENTS = [document(number) for number in range(4)]
LARGE = [document(number) for number in range(40)]
ALL_PAIRS = {(profile, place) for profile in PROFILES for place in range(len(DOCUMENTS))}


@dataclass
class SlowServer:
    """Has profiles that match every document. Answers late for more than `slices` of them."""

    slices: int
    """About how many slices it answers in the time that a request has, about as many documents as are asked here."""
    documents: int = 1_000
    """More than so many are refused."""
    late_behind: str | None = None
    """Slow when asked behind this profile alone."""
    reading: float = 0.0
    """Seconds that each request takes for its documents, however few its profiles are."""
    hangs_until: float = 0.0
    """Answers nothing at all before."""
    now: float = 0.0
    asked: list[range] = field(default_factory=list)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """A page of profiles, or whether there is one with some id."""
        if asked.method == "HEAD":
            if self.now < self.hangs_until:
                raise ConnectionTimeout("hangs")
            return 404, None
        (body,) = asked.lines
        filters = body["query"]["bool"]["filter"]
        bounds = {name: rule for one in filters for name, rule in one.get("range", {}).items()}
        slices = range(bounds["slice"]["gte"], bounds["slice"]["lte"] + 1) if "slice" in bounds else range(SLICES)
        behind = bounds.get("id", {}).get("gt", "")
        documents = next(one["percolate"]["documents"] for one in filters if "percolate" in one)
        self.asked.append(slices)
        seconds = self.seconds(len(slices), len(documents), behind)
        self.now += min(seconds, LIMIT)
        if seconds > LIMIT:
            raise ConnectionTimeout("too slow")
        if len(documents) > self.documents:
            return 413, {"error": {"type": "content_too_long", "reason": "too many documents"}}
        found = [profile for profile in PROFILES if profile > behind and slice_of(profile) in slices]
        slots = {"_percolator_document_slot": list(range(len(documents)))}
        hits = [{"_id": profile, "_version": 1, "fields": slots} for profile in found[: body["size"]]]
        return 200, {"hits": {"hits": hits}}

    def seconds(self, slices: int, documents: int, behind: str) -> float:
        """How long an answer takes."""
        if self.now < self.hangs_until or not self.slices:
            return inf
        if self.late_behind is not None and behind < self.late_behind:
            return 0.0
        return (self.reading + LIMIT * slices / self.slices) * documents / len(DOCUMENTS)

    def parts(self) -> list[int]:
        """In how many parts the profiles were asked since the last call, in the order of the requests."""
        found = [SLICES // len(slices) for slices in self.asked]
        self.asked.clear()
        return found


@contextmanager
def asking(server: SlowServer, page: int = 10_000) -> Iterator[Percolation]:
    """What asks a server."""
    with scripted(server.answer), connect(SETTINGS) as client:
        yield Percolation(client, "profiles", SETTINGS, page, clock=lambda: server.now)


def told(percolation: Percolation, documents: Sequence[IndexDocument] = DOCUMENTS) -> set[tuple[str, int]]:
    """Profiles and places of documents, of which none may be told twice."""
    found = Counter(
        (one.id, slot)
        for page in percolation.pages(documents, Moment.of(NOW))
        for one in page
        for slot in one.slots
    )  # fmt: skip
    assert set(found.values()) <= {1}
    return set(found)


@pytest.mark.parametrize(("slices", "tries", "parts"), [(SLICES, 0, 1), (40, 1, 8), (31, 2, 64), (1, 3, 256)])
def test_all_profiles_are_told_once_however_few_the_server_can_be_asked_about(
    slices: int, tries: int, parts: int, caplog: pytest.LogCaptureFixture
) -> None:
    server = SlowServer(slices)
    with asking(server) as percolation, caplog.at_level(logging.WARNING, "search"):
        assert told(percolation) == ALL_PAIRS
        assert server.parts() == [*(1, 8, 64)[:tries], *[parts] * parts]
        assert told(percolation) == ALL_PAIRS
        assert server.parts() == [parts] * parts  # the next batch begins with what worked
    said = [record.getMessage() for record in caplog.records if record.name.startswith("search.")]
    assert [f"in {parts} parts" in one for one in said] == [True] * (parts > 1)


def test_a_server_that_gets_too_slow_between_two_pages_is_not_told_the_first_one_again() -> None:
    server = SlowServer(4, late_behind="p0299")
    with asking(server, page=100) as percolation:
        assert told(percolation) == ALL_PAIRS
    assert server.parts()[:6] == [1, 1, 1, 1, 8, 64]


def test_documents_that_are_too_much_are_put_in_several_requests_of_each_part() -> None:
    server = SlowServer(32, documents=1)
    with asking(server, page=7) as percolation:
        assert told(percolation) == ALL_PAIRS


def test_a_server_that_was_slow_for_a_while_is_soon_asked_about_all_profiles_at_once_again() -> None:
    server = SlowServer(1)
    with asking(server) as percolation:
        told(percolation)
        server.slices, server.reading = 100 * SLICES, 0.234
        server.parts()
        for expected in ([256] * 256, [8] * 8, [1]):  # the first takes a minute, which is as many times the documents
            assert told(percolation) == ALL_PAIRS
            assert server.parts() == expected


@pytest.mark.parametrize(
    ("speed", "documents", "later"),
    [(5, 1_000, 1), (3, 1_000, 8), (5, 1, 1), (3, 1, 8)],
    ids=["well in time", "nearly too slow", "well in time one by one", "nearly too slow one by one"],
)
def test_a_hang_that_is_over_when_it_is_noticed_costs_one_batch_in_parts_of_a_fast_server(
    speed: int, documents: int, later: int
) -> None:
    server = SlowServer(speed * SLICES, documents, hangs_until=LIMIT - 1)
    with asking(server) as percolation:
        assert told(percolation) == ALL_PAIRS
        first, *others = server.parts()
        assert (first, set(others)) == (1, {8})
        assert told(percolation) == ALL_PAIRS
        assert set(server.parts()) == {later}


def test_what_was_too_slow_is_not_asked_again_however_fast_smaller_batches_are() -> None:
    server = SlowServer(8 * SLICES)
    with asking(server) as percolation:
        told(percolation, LARGE)
        assert server.parts() == [1, *[8] * 8]
        for documents in (DOCUMENTS, LARGE, DOCUMENTS[:1], LARGE):
            told(percolation, documents)
            assert server.parts() == [8] * 8
        server.slices //= 100  # so slow for a while that a small batch lasts too long as well
        told(percolation)
        assert server.parts() == [8, *[64] * 64]
        server.slices *= 100
        for documents in (DOCUMENTS, DOCUMENTS, LARGE):
            told(percolation, documents)
        assert server.parts() == [*[64] * 64, *[8] * 8, *[8] * 8]


def test_a_small_batch_in_which_the_server_hung_does_not_make_large_ones_look_small() -> None:
    server = SlowServer(15 * SLICES, hangs_until=LIMIT - 1)
    with asking(server) as percolation:
        told(percolation, DOCUMENTS[:1])
        told(percolation, LARGE)  # at once now, which is nearly too slow
        server.hangs_until = server.now + LIMIT - 1
        told(percolation, DOCUMENTS[:1])
        server.slices = 10 * SLICES
        server.parts()
        for _ in range(2):
            told(percolation, LARGE)
        assert server.parts()


def test_documents_that_the_server_refuses_say_nothing_of_how_fast_it_is() -> None:
    server = SlowServer(40)
    with asking(server) as percolation:
        told(percolation)
        server.documents = 0
        assert told(percolation, DOCUMENTS[:1]) == set()
        server.parts()
        server.documents = 1_000
        assert told(percolation) == ALL_PAIRS
        assert server.parts() == [8] * 8


def test_a_server_that_hangs_is_not_asked_about_fewer_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    server, waited, perform = SlowServer(SLICES, hangs_until=inf), [], ScriptedNode.perform_request

    def timed(node: ScriptedNode, *what: Any, **how: Any) -> Any:
        waited.append(how["request_timeout"])
        return perform(node, *what, **how)

    monkeypatch.setattr(ScriptedNode, "perform_request", timed)
    with asking(server) as percolation:
        for _ in range(2):
            with pytest.raises(ConnectionTimeout):
                told(percolation)
            assert server.parts() == [1]
        assert waited == [LIMIT, GREETING_SECONDS] * 2
        server.hangs_until = 0.0
        assert told(percolation) == ALL_PAIRS
        assert server.parts() == [1]


@pytest.mark.parametrize(("hangs_until", "parts"), [(0.0, [1, 8, 64, 256]), (inf, [1])], ids=["slow", "hangs"])
def test_a_server_that_is_too_slow_for_every_part_is_told_as_unavailable(hangs_until: float, parts: list[int]) -> None:
    server = SlowServer(0, hangs_until=hangs_until)

    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.method == "GET":
            return 200, {"_id": "synced", "_source": {"id": "a-name", "revision": 7}}
        return server.answer(asked)

    matcher = ElasticsearchMatcher(SETTINGS)
    with scripted(answer):
        for _ in range(2):  # nothing worked, so the next batch begins as this one
            with pytest.raises(IndexUnavailable, match="temps"):
                matcher.match(DOCUMENTS, now=NOW)
            assert server.parts() == parts
    matcher.close()


def test_profiles_are_spread_over_all_slices() -> None:
    spread = Counter(slice_of(f"profile-{number}") for number in range(100 * SLICES))
    assert set(spread) == set(range(SLICES))
    assert max(spread.values()) < 200
    assert slice_of("p0001") == 42  # a constant of what is stored: another needs another version of the mapping
