"""The notices of one tender belong to one procedure, whatever portal printed them, and the store says why."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from notices.model import Link, Notice
from store import Store
from store.records import Hit, HitKind, Origin, SaveStatus, Saving
from tests.support.store_examples import address, later, message, new_hit, notice

PROCEDURE = "5f0d3f6e-51a1-4d0c-9f4a-6d2b7f0c9a11"
UUID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


def on(portal: str, native_id: str, **fields: Any) -> Notice:
    return notice(native_id, **{"id": f"{portal}:{native_id}", "portal": portal, **fields})


def link(scheme: str, value: str, relation: str = "same-procedure") -> tuple[Link, ...]:
    return (Link(relation=relation, scheme=scheme, value=value),)


def keys(store: Store, *notices: Notice) -> list[str]:
    for item in notices:
        store.notices.save(Saving(notice=item))
    found = store.notices.get_many([item.id for item in notices])
    return [found[item.id].procedure_key for item in notices]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"procedure_id": PROCEDURE}, {"procedure_id": PROCEDURE.upper()}),
        ({"notice_uuid": UUID}, {"notice_uuid": UUID}),
        ({"publication_number": "622963-2026"}, {"links": link("ted-publication-number", "00622963-2026")}),
        ({}, {"links": link("portal-reference", "be_bda:1001", "national-copy")}),
        ({"notice_uuid": UUID}, {"links": link("eforms-notice-id", f"{UUID}-01", "changed")}),
    ],
)
def test_notices_that_share_an_identifier_are_one_procedure_and_the_reason_is_kept(
    store: Store, first: dict[str, Any], second: dict[str, Any]
) -> None:
    belgian, european = on("be_bda", "1001", **first), on("eu_ted", "622963-2026", **second)
    assert len(set(keys(store, belgian, european))) == 1
    key = store.notices.get_many([belgian.id])[belgian.id].procedure_key
    (why,) = store.notices.links_of_procedure(key)
    assert (why.notice_id, why.procedure_key) == (european.id, key)
    assert why.scheme != "procedure-key"
    assert {item.notice.id for item in store.notices.of_procedure(key)} == {belgian.id, european.id}


@pytest.mark.parametrize(
    "fields",
    [
        {"notice_uuid": "00000000-0000-0000-0000-000000000000"},
        {"links": link("eforms-notice-id", UUID, "planning")},
        {"links": link("portal-reference", "be_bda:1", "framework")},
        {"links": link("portal-reference", "be_bda:1", "previous")},
    ],
)
def test_what_does_not_say_the_same_tender_links_nothing(store: Store, fields: dict[str, Any]) -> None:
    calls = [on("fr_boamp", "26-1", **fields), on("fr_boamp", "26-2", **fields), on("eu_ted", "3-2026", **fields)]
    assert len(set(keys(store, *calls))) == 3


def test_an_award_belongs_to_the_call_that_its_portal_names_before_it(store: Store) -> None:
    call = on("fr_boamp", "26-1")
    award = on("fr_boamp", "26-2", kind="result", links=link("portal-reference", "26-1", "previous"))
    assert len(set(keys(store, call, award))) == 1


def test_a_notice_that_knows_two_procedures_makes_them_one_and_nobody_hears_twice(store: Store) -> None:
    belgian = on("be_bda", "1", notice_uuid=UUID)
    european = on("eu_ted", "9-2026", publication_number="9-2026")
    first, second = keys(store, belgian, european)
    assert first != second
    bridge = on("fr_boamp", "26-1", notice_uuid=UUID, publication_number="9-2026")
    assert len(set(keys(store, belgian, european, bridge))) == 1
    (key,) = {item.procedure_key for item in store.notices.get_many([belgian.id, european.id, bridge.id]).values()}
    assert key == first
    assert {why.joined_key for why in store.notices.links_of_procedure(key)} == {second, "fr_boamp:26-1"}
    assert {row.notice_id for row in store.index_queue.take(100)} == {belgian.id, european.id, bridge.id}


def test_procedures_that_meet_in_one_batch_are_one(store: Store) -> None:
    batch = [
        on("be_bda", "1", notice_uuid=UUID),
        on("eu_ted", "9-2026", publication_number="9-2026"),
        on("fr_boamp", "26-1", notice_uuid=UUID, publication_number="9-2026"),
        on("fr_boamp", "26-2", procedure_id="P", links=link("portal-reference", "26-1")),
    ]
    for order in itertools.permutations(batch):
        store.notices.save_many([Saving(notice=item) for item in order])
    assert len({item.procedure_key for item in store.notices.iterate()}) == 1


def test_later_notices_of_a_joined_procedure_follow_it(store: Store) -> None:
    call = on("be_bda", "1", procedure_id=PROCEDURE)
    copy = on("eu_ted", "9-2026", procedure_id=PROCEDURE)
    award = on("eu_ted", "10-2026", procedure_id=PROCEDURE, kind="result")
    assert len(set(keys(store, call, copy, award))) == 1


def test_hits_of_merged_procedures_stay_with_one_first_hit(store: Store) -> None:
    owner = store.profiles.ensure_owner("Anne@Entreprise.example", "fr", "Europe/Brussels", 7, (0, 2))
    profile = store.profiles.create(owner.id, "Toitures", {"version": "1", "text": "toiture"}).id
    belgian, european = on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "9-2026", publication_number="9-2026")
    first, second = keys(store, belgian, european)
    store.hits.record([new_hit(profile, notice_id=belgian.id, procedure_key=first)], [])
    store.hits.record([new_hit(profile, notice_id=european.id, procedure_key=second)], [])
    keys(store, on("fr_boamp", "26-1", notice_uuid=UUID, publication_number="9-2026"))
    kinds = {hit.notice_id: hit.kind for hit in store.hits.of_profile(profile)}
    assert kinds == {belgian.id: HitKind.NEW, european.id: HitKind.CHANGE}
    assert {hit.procedure_key for hit in store.hits.of_profile(profile)} == {first}


@pytest.mark.parametrize("words", ["NC", "néant", "-", "0", "sans objet", "N/A", "26", "voir: NC", "0-0", "26-1 bis"])
@pytest.mark.parametrize("relation", ["previous", "changed", "same-procedure"])
def test_words_typed_into_the_field_of_a_reference_link_nothing(store: Store, words: str, relation: str) -> None:
    awards = [
        on("fr_boamp", f"26-{number}", kind="result", links=link("portal-reference", words, relation))
        for number in (101, 202)
    ]
    assert len(set(keys(store, *awards))) == 2


@pytest.mark.parametrize("typed", ["12345678-1234-1234-1234-123456789012", f"{UUID}abc", "x" * 36])
def test_what_is_no_random_uuid_links_nothing(store: Store, typed: str) -> None:
    assert len(set(keys(store, on("be_bda", "1", notice_uuid=typed), on("eu_ted", "2-2026", notice_uuid=typed)))) == 2


def test_an_older_version_that_comes_late_brings_its_identifiers_too(store: Store) -> None:
    first = on("be_bda", "1", notice_uuid=UUID)
    second = on("be_bda", "1", notice_uuid=PROCEDURE, notice_version="02", published_at=later())
    copy = on("eu_ted", "9-2026", notice_uuid=UUID)
    keys(store, second, copy)
    assert store.notices.save(Saving(notice=first)).status is SaveStatus.LATE
    assert len({item.procedure_key for item in store.notices.iterate()}) == 1


def test_another_reading_of_an_older_version_brings_its_identifiers_too(store: Store) -> None:
    raw = address("b" * 64)
    first = on("be_bda", "1", raw=raw)
    second = on("be_bda", "1", notice_version="02", published_at=later(), raw=address("c" * 64))
    keys(store, first, second, on("eu_ted", "9-2026", notice_uuid=UUID))
    store.notices.save(Saving(notice=on("be_bda", "1", notice_uuid=UUID, raw=raw), origin=Origin.REPLAY))
    assert len({item.procedure_key for item in store.notices.iterate()}) == 1


@pytest.fixture
def profile(store: Store) -> str:
    owner = store.profiles.ensure_owner("Anne@Entreprise.example", "fr", "Europe/Brussels", 7, (0, 2))
    return store.profiles.create(owner.id, "Toitures", {"version": "1", "text": "toiture"}).id


def tell(store: Store, profile: str, hits: list[Hit], key: str) -> None:
    found = store.profiles.get(profile)
    assert found is not None
    assert store.digests.create(found.owner_id, key, [hit.id for hit in hits], message(key)) is not None


BRIDGE = on("fr_boamp", "26-1", notice_uuid=UUID, publication_number="9-2026")


@pytest.mark.parametrize("told_first", [True, False])
def test_what_waits_while_the_other_procedure_was_told_is_matched_again(
    store: Store, profile: str, told_first: bool
) -> None:
    notices = [on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "9-2026", publication_number="9-2026")]
    hits = []
    for item, key in zip(notices, keys(store, *notices), strict=True):
        hits += store.hits.record([new_hit(profile, notice_id=item.id, procedure_key=key)], [])
    heard, waiting = hits if told_first else reversed(hits)
    tell(store, profile, [heard], "2026-03-03")
    store.match_queue.acknowledge(store.match_queue.take(100))
    keys(store, BRIDGE)
    left = store.hits.of_profile(profile)
    assert [(hit.notice_id, hit.kind) for hit in left] == [(heard.notice_id, HitKind.NEW)]
    queued = [(row.notice_id, row.origin) for row in store.match_queue.take(100)]
    assert (waiting.notice_id, Origin.RELEASE) in queued


def test_who_follows_one_of_two_merged_procedures_has_the_other_one_matched(store: Store, profile: str) -> None:
    call, result = on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "9-2026", publication_number="9-2026")
    first, _ = keys(store, call, result)
    store.hits.record([new_hit(profile, notice_id=call.id, procedure_key=first)], [])
    store.match_queue.acknowledge(store.match_queue.take(100))
    keys(store, BRIDGE)
    queued = [(row.notice_id, row.origin) for row in store.match_queue.take(100)]
    assert queued == [(result.id, Origin.MERGED), (BRIDGE.id, Origin.CRAWL)]


def test_procedures_that_nobody_follows_are_merged_without_matching_them_again(store: Store) -> None:
    keys(store, on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "9-2026", publication_number="9-2026"), BRIDGE)
    assert {row.origin for row in store.match_queue.take(100)} == {Origin.CRAWL}


@pytest.mark.postgres
def test_a_merge_waits_for_who_touches_notices_or_hits(postgres_url: str) -> None:
    """The notices and hits of a merge are of any portal and owner: every other writer of several takes its locks."""
    with Store(postgres_url) as store:
        for name, act in _writers_of_several(store):
            with store.database.write() as connection:
                store.database.lock(connection, name)
                thread = threading.Thread(target=act)
                thread.start()
                _until_somebody_waits(store)
            thread.join(30)
            assert not thread.is_alive()


def _writers_of_several(store: Store) -> list[tuple[str, Callable[[], object]]]:
    owner = store.profiles.ensure_owner("Anne@Entreprise.example", "fr", "Europe/Brussels", 7, (0, 2))
    profile = store.profiles.create(owner.id, "Toitures", {"version": "1", "text": "toiture"})
    return [
        ("procedures", lambda: store.notices.touch("be_bda", ["1"], None)),
        ("hits", lambda: store.digests.create(owner.id, "2026-03-03", [], message("a"))),
        ("hits", lambda: store.profiles.delete(profile.id)),
        ("hits", lambda: store.profiles.forget_unconfirmed(later(-900))),
    ]


def _until_somebody_waits(store: Store) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    for _ in range(1000):
        with store.database.read() as connection:
            if connection.scalar(waiting):
                return
        threading.Event().wait(0.01)
    raise AssertionError("nobody waits for the lock")


# --- any order -------------------------------------------------------------------------------------------------------

COUNTER = itertools.count()


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[tuple[int, int, tuple[int, ...]]]]:
    """Batches of (notice, its version, what it brings), in any order."""
    brings = st.lists(st.integers(0, 5), max_size=2).map(tuple)
    found = [
        (number, version, draw(brings))
        for number in range(draw(st.integers(2, 6)))
        for version in range(draw(st.integers(1, 3)))
    ]
    shuffled = draw(st.permutations(found))
    cuts = sorted(draw(st.sets(st.integers(1, len(found)), max_size=3)) | {0, len(found)})
    return [shuffled[start:end] for start, end in itertools.pairwise(cuts)]


@given(batches=arrivals())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_order_of_arrival_the_same_notices_belong_together(
    store: Store, batches: list[list[tuple[int, int, tuple[int, ...]]]]
) -> None:
    world = next(COUNTER)
    for batch in batches:
        store.notices.save_many([Saving(notice=_bringing(world, *one)) for one in batch])
    found: dict[str, set[int]] = {}
    for item in store.notices.iterate():
        place, number = item.notice.id.partition(":")[2].split("-")
        if int(place) == world:
            found.setdefault(item.procedure_key, set()).add(int(number))
    expected = _partition(_brought(batches))
    alone = {number for batch in batches for number, _, _ in batch} - {n for group in expected for n in group}
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, [*expected, *({number} for number in alone)]))


def _brought(batches: list[list[tuple[int, int, tuple[int, ...]]]]) -> set[tuple[int, int]]:
    """What each notice brings: the UUIDs of all its versions, and the link of the newest one that has some."""
    versions = sorted((one for batch in batches for one in batch), key=lambda one: one[1])
    linked = {number: things[0] for number, _, things in versions if things}
    return set(linked.items()) | {(number, things[1]) for number, _, things in versions if len(things) > 1}


def _bringing(world: int, number: int, version: int, things: tuple[int, ...]) -> Notice:
    """The identifiers go into different fields by turns; two things into two fields."""
    uuids = [f"{world:08x}-51a1-4d0c-9f4a-6d2b7f0c{thing:04x}" for thing in things]
    links = tuple(Link(relation="same-procedure", scheme="eforms-notice-id", value=uuid) for uuid in uuids[:1])
    return on(
        ("be_bda", "eu_ted", "fr_boamp")[number % 3],
        f"{world}-{number}",
        notice_version=f"{version:02}",
        published_at=later(version),
        links=links,
        notice_uuid=uuids[1] if len(uuids) > 1 else None,
    )


def _partition(brought: set[tuple[int, int]]) -> list[set[int]]:
    groups: list[tuple[set[int], set[int]]] = []
    for number, thing in brought:
        together = [group for group in groups if number in group[0] or thing in group[1]]
        groups = [group for group in groups if group not in together]
        groups.append(({number}.union(*(g[0] for g in together)), {thing}.union(*(g[1] for g in together))))
    return [numbers for numbers, _ in groups]
