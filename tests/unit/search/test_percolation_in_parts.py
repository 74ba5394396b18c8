"""A server that is too slow for all profiles in one request is asked about some of them at a time, and misses none."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from elastic_transport import ConnectionTimeout

from core.settings import SearchSettings
from search.document import IndexDocument
from search.elasticsearch.client import connect
from search.elasticsearch.matcher import ElasticsearchMatcher
from search.elasticsearch.percolation import FEWER_AFTER, SLICES, Percolation, slice_of
from search.errors import IndexUnavailable
from search.plan import Moment
from tests.contracts.search.search_material import NOW, document
from tests.support import scripted_node
from tests.support.scripted_node import Asked, scripted

SETTINGS = SearchSettings(urls=("http://search.invalid:9200",), node_class=scripted_node.NAME, retries=3)
PROFILES = [f"p{number:04d}" for number in range(1_000)]
DOCUMENTS = [document(number) for number in range(4)]
ALL_PAIRS = {(profile, place) for profile in PROFILES for place in range(len(DOCUMENTS))}


@dataclass
class SlowServer:
    """Has profiles that match every document. Answers late for more than `slices`, and refuses more `documents`."""

    slices: int
    documents: int = 1_000
    late_behind: str | None = None
    """Also late for more slices when asked behind a profile, although the first page came in time."""
    asked: list[range] = field(default_factory=list)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """A page of profiles."""
        (body,) = asked.lines
        filters = body["query"]["bool"]["filter"]
        bounds = {name: rule for one in filters for name, rule in one.get("range", {}).items()}
        slices = range(bounds["slice"]["gte"], bounds["slice"]["lte"] + 1) if "slice" in bounds else range(SLICES)
        behind = bounds.get("id", {}).get("gt", "")
        documents = next(one["percolate"]["documents"] for one in filters if "percolate" in one)
        self.asked.append(slices)
        if len(slices) > self.slices and (self.late_behind is None or behind >= self.late_behind):
            raise ConnectionTimeout("too slow")
        if len(documents) > self.documents:
            return 413, {"error": {"type": "content_too_long", "reason": "too many documents"}}
        found = [profile for profile in PROFILES if profile > behind and slice_of(profile) in slices]
        slots = {"_percolator_document_slot": list(range(len(documents)))}
        hits = [{"_id": profile, "_version": 1, "fields": slots} for profile in found[: body["size"]]]
        return 200, {"hits": {"hits": hits}}

    def parts(self) -> list[int]:
        """In how many parts the profiles were asked since the last call, in the order of the requests."""
        found = [SLICES // len(slices) for slices in self.asked]
        self.asked.clear()
        return found


@contextmanager
def asking(server: SlowServer, clock: Callable[[], float] = lambda: 0.0, page: int = 10_000) -> Iterator[Percolation]:
    """What asks a server."""
    with scripted(server.answer), connect(SETTINGS) as client:
        yield Percolation(client, "profiles", SETTINGS, page, clock=clock)


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


def test_fewer_parts_are_tried_after_an_hour_one_step_at_a_time() -> None:
    server, now = SlowServer(4), [0.0]
    with asking(server, clock=lambda: now[0]) as percolation:
        told(percolation)
        server.slices = 100
        server.parts()
        for expected in ([64] * 64, [64] * 64, [8] * 8):
            assert told(percolation) == ALL_PAIRS
            assert server.parts() == expected
            now[0] += FEWER_AFTER * 0.6
        now[0] += FEWER_AFTER * 0.6
        assert told(percolation) == ALL_PAIRS
        assert server.parts() == [1, *[8] * 8]  # still too slow for all at once
        assert told(percolation) == ALL_PAIRS
        assert server.parts() == [8] * 8


def test_a_server_that_is_too_slow_for_every_part_is_told_as_unavailable() -> None:
    server = SlowServer(0)

    def answer(asked: Asked) -> tuple[int, Any]:
        if asked.method == "GET":
            return 200, {"_id": "synced", "_source": {"id": "a-name", "revision": 7}}
        return server.answer(asked)

    matcher = ElasticsearchMatcher(SETTINGS)
    with scripted(answer):
        for _ in range(2):  # nothing worked, so the next batch begins as this one
            with pytest.raises(IndexUnavailable, match="temps"):
                matcher.match(DOCUMENTS, now=NOW)
            assert server.parts() == [1, 8, 64, 256]
    matcher.close()


def test_profiles_are_spread_over_all_slices() -> None:
    spread = Counter(slice_of(f"profile-{number}") for number in range(100 * SLICES))
    assert set(spread) == set(range(SLICES))
    assert max(spread.values()) < 200
    assert slice_of("p0001") == 42  # a constant of what is stored: another needs another version of the mapping
