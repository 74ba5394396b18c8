"""A wrong procedure can be undone: by the notice that says otherwise, by an operator, by a rebuild."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from notices.model import Link, Notice
from store import Store, procedure_decisions, procedure_parts, procedure_rebuild
from store.errors import StoreError
from store.procedure_decisions import BY_VIGIE
from store.procedure_identifiers import Identifier
from store.records import HitKind, Origin, Saving
from store.tables import notices, procedure_identifiers, procedures
from tests.support.store_examples import address, later, message, new_hit, notice

UUID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
OTHER = "5f0d3f6e-51a1-4d0c-9f4a-6d2b7f0c9a11"


def on(portal: str, native_id: str, **fields: Any) -> Notice:
    return notice(native_id, **{"id": f"{portal}:{native_id}", "portal": portal, **fields})


def again(first: Notice, day: int = 1, **fields: Any) -> Notice:
    return first.model_copy(update={"notice_version": f"{day + 1:02}", "published_at": later(day), **fields})


def save(store: Store, *items: Notice, origin: Origin = Origin.CRAWL) -> None:
    store.notices.save_many([Saving(notice=item, origin=origin) for item in items])


def groups(store: Store) -> list[list[str]]:
    """The notices by procedure."""
    found: dict[str, list[str]] = {}
    for item in store.notices.iterate():
        found.setdefault(item.procedure_key, []).append(item.notice.id)
    return sorted(map(sorted, found.values()))


def merge_all(store: Store) -> str:
    """What a wrong identifier of yesterday left behind: everything is one procedure, and all identifiers lead to it."""
    with store.database.write() as connection:
        key = connection.execute(select(func.min(procedures.c.key))).scalar_one()
        connection.execute(update(notices).values(procedure_key=key))
        connection.execute(update(procedure_identifiers).values(procedure_key=key))
        connection.execute(delete(procedures).where(procedures.c.key != key))
    return str(key)


# --- a notice that says otherwise -------------------------------------------------------------------------------------


def test_a_notice_that_is_given_another_procedure_moves_there_and_does_not_merge_both(store: Store) -> None:
    first = on("be_bda", "1", procedure_id="P")
    save(store, first, on("be_bda", "2", procedure_id="P"), on("be_bda", "3", procedure_id="Q"))
    save(store, again(first, procedure_id="Q"))
    assert groups(store) == [["be_bda:1", "be_bda:3"], ["be_bda:2"]]
    save(store, on("be_bda", "4", procedure_id="P"))
    assert groups(store) == [["be_bda:1", "be_bda:3"], ["be_bda:2", "be_bda:4"]]


def test_a_notice_that_is_given_another_procedure_brings_it_along_where_something_else_ties_it(store: Store) -> None:
    first = on("be_bda", "1", procedure_id="P", notice_uuid=UUID)
    save(store, first, on("eu_ted", "2-2026", notice_uuid=UUID), on("be_bda", "3", procedure_id="P"))
    save(store, again(first, procedure_id="Q", notice_uuid=None))
    assert groups(store) == [["be_bda:1", "eu_ted:2-2026"], ["be_bda:3"]]


def test_a_notice_alone_that_is_given_another_procedure_leaves_no_empty_one_behind(store: Store) -> None:
    first = on("be_bda", "1", procedure_id="P")
    save(store, on("be_bda", "3", procedure_id="Q"), first)
    save(store, again(first, procedure_id="Q"))
    assert groups(store) == [["be_bda:1", "be_bda:3"]]
    with store.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(procedures)).scalar_one() == 1
    save(store, on("be_bda", "4", procedure_id="P"))
    assert groups(store) == [["be_bda:1", "be_bda:3"], ["be_bda:4"]]


def test_a_version_that_says_no_procedure_leaves_the_notice_where_it_was(store: Store) -> None:
    first = on("be_bda", "1", procedure_id="P")
    save(store, first, on("be_bda", "2", procedure_id="P"))
    save(store, again(first, procedure_id=None))
    assert groups(store) == [["be_bda:1", "be_bda:2"]]
    save(store, again(first, 2, procedure_id="Q"))
    assert groups(store) == [["be_bda:1"], ["be_bda:2"]]


def test_a_replay_that_reads_another_procedure_undoes_what_the_wrong_reading_merged(store: Store) -> None:
    raw = address("b" * 64)
    save(store, on("be_bda", "1", notice_uuid=UUID, raw=raw), on("eu_ted", "2-2026", notice_uuid=UUID))
    assert len(groups(store)) == 1
    save(store, on("be_bda", "1", notice_uuid=OTHER, raw=raw), origin=Origin.REPLAY)
    assert groups(store) == [["be_bda:1"], ["eu_ted:2-2026"]]


def test_the_reasons_of_what_left_go_with_it(store: Store) -> None:
    first, copy = on("be_bda", "1", procedure_id=OTHER), on("eu_ted", "2-2026", procedure_id=OTHER)
    save(store, first, copy, on("fr_boamp", "26-3", procedure_id=OTHER))
    save(store, again(copy, procedure_id=UUID))
    kept, left = (store.procedures.show(name) for name in ("be_bda:1", "eu_ted:2-2026"))
    assert kept is not None
    assert left is not None
    assert {link.joined_key for link in kept.links} == {f"fr_boamp:{OTHER}"}
    assert left.links == ()


# --- an operator's decision -------------------------------------------------------------------------------------------


def test_a_refused_identifier_ties_nothing_now_nor_after_the_next_crawl(store: Store) -> None:
    pair = on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "2-2026", notice_uuid=UUID)
    save(store, *pair)
    store.procedures.refuse(Identifier("eforms-notice-id", UUID.upper()), reason="typed twice", by="Anne")
    assert groups(store) == [["be_bda:1"], ["eu_ted:2-2026"]]
    save(store, *(again(item) for item in pair), on("fr_boamp", "26-3", notice_uuid=UUID))
    store.procedures.rebuild()
    assert groups(store) == [["be_bda:1"], ["eu_ted:2-2026"], ["fr_boamp:26-3"]]
    (decision,) = store.procedures.decisions()
    assert (decision.reason, decision.by) == ("typed twice", "Anne")


def test_one_notice_alone_is_told_that_it_does_not_belong_and_the_others_stay(store: Store) -> None:
    three = [on(portal, "1", notice_uuid=UUID) for portal in ("be_bda", "eu_ted", "fr_boamp")]
    save(store, *three)
    store.procedures.refuse(Identifier("eforms-notice-id", UUID), reason="wrong", by="Anne", notice_id="fr_boamp:1")
    save(store, *(again(item) for item in three))
    assert groups(store) == [["be_bda:1", "eu_ted:1"], ["fr_boamp:1"]]


def test_a_refused_procedure_key_makes_each_of_its_notices_a_procedure(store: Store) -> None:
    save(store, *(on("be_bda", str(number), procedure_id="SANS OBJET") for number in range(3)))
    store.procedures.refuse(Identifier("procedure-key", "be_bda:SANS OBJET"), reason="no number", by="Anne")
    save(store, on("be_bda", "3", procedure_id="SANS OBJET"))
    assert groups(store) == [[f"be_bda:{number}"] for number in range(4)]


def test_what_is_allowed_again_is_joined_by_the_next_rebuild(store: Store) -> None:
    save(store, on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "2-2026", notice_uuid=UUID))
    identifier = Identifier("eforms-notice-id", UUID)
    store.procedures.refuse(identifier, reason="typed twice", by="Anne")
    store.procedures.allow(identifier, reason="it is the same after all", by="Anne")
    assert store.procedures.survey().merged == 1
    assert store.procedures.rebuild().merged == 1
    assert len(groups(store)) == 1


def test_a_decision_without_a_reason_or_a_name_is_refused(store: Store) -> None:
    for reason, by in ((" ", "Anne"), ("typed twice", ""), ("typed twice", BY_VIGIE)):
        with pytest.raises(StoreError, match="reason"):
            store.procedures.refuse(Identifier("eforms-notice-id", UUID), reason=reason, by=by)
    assert store.procedures.decisions() == []


# --- an identifier that is everywhere ---------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 4, 12])
def test_a_number_printed_on_every_notice_is_set_aside_and_told(
    store: Store, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(procedure_decisions, "MOST_NOTICES", 5)
    everywhere = [on("be_bda", str(number), notice_uuid=UUID, procedure_id=f"P{number // 2}") for number in range(12)]
    for some in _batches(everywhere, batch):
        save(store, *some)
    assert groups(store) == sorted(sorted(f"be_bda:{n}" for n in (first, first + 1)) for first in range(0, 12, 2))
    (told,) = store.procedures.undecided()
    assert told.identifier == Identifier("eforms-notice-id", UUID)
    store.procedures.refuse(told.identifier, reason="the portal prints it everywhere", by="Anne")
    assert store.procedures.undecided() == []


def _batches(items: list[Notice], size: int) -> list[list[Notice]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def test_an_identifier_that_an_operator_allows_may_be_on_any_number_of_notices(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procedure_decisions, "MOST_NOTICES", 5)
    store.procedures.allow(Identifier("eforms-notice-id", UUID), reason="a dynamic purchasing system", by="Anne")
    for number in range(12):
        save(store, on("be_bda", str(number), notice_uuid=UUID))
    store.procedures.rebuild()
    assert len(groups(store)) == 1
    assert store.procedures.undecided() == []


def test_a_rebuild_sets_aside_what_was_merged_before_there_was_a_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, *(on("be_bda", str(number), notice_uuid=UUID) for number in range(12)))
    assert len(groups(store)) == 1
    monkeypatch.setattr(procedure_decisions, "MOST_NOTICES", 5)
    foreseen = store.procedures.survey()
    report = store.procedures.rebuild()
    assert foreseen.set_aside == report.set_aside == 1
    assert (report.taken_apart, report.made) == (1, 11)
    assert len(groups(store)) == 12


# --- the rebuild ------------------------------------------------------------------------------------------------------


def test_a_rebuild_undoes_a_wrong_merge_and_says_what_it_did(store: Store) -> None:
    save(store, on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "2-2026", notice_uuid=UUID))
    save(store, on("be_bda", "3"), on("be_bda", "4"))
    right = groups(store)
    merge_all(store)
    foreseen = store.procedures.survey()
    assert len(groups(store)) == 1
    report = store.procedures.rebuild()
    assert groups(store) == right
    assert (report.taken_apart, report.made, report.merged) == (1, 2, 0)
    assert (foreseen.taken_apart, foreseen.made, foreseen.merged) == (1, 2, 0)
    queued = {row.notice_id for row in store.index_queue.take(100) if row.origin is Origin.REPLAY}
    assert len(queued) >= 2


def test_a_rebuild_of_a_sound_store_changes_nothing(store: Store) -> None:
    save(store, on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "2-2026", notice_uuid=UUID), on("be_bda", "3"))
    store.index_queue.acknowledge(store.index_queue.take(100))
    store.match_queue.acknowledge(store.match_queue.take(100))
    report = store.procedures.rebuild()
    changed = (report.taken_apart, report.made, report.merged, report.removed, report.set_aside)
    assert (report.procedures, report.notices, changed) == (2, 3, (0, 0, 0, 0, 0))
    assert (store.index_queue.depth(), store.match_queue.depth()) == (0, 0)


def test_a_procedure_without_a_notice_is_removed(store: Store) -> None:
    save(store, on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "2-2026"))
    with store.database.write() as connection:
        connection.execute(update(notices).values(procedure_key="be_bda:1"))
    assert store.procedures.survey().removed == 1
    assert store.procedures.rebuild().removed == 1
    assert groups(store) == [["be_bda:1"], ["eu_ted:2-2026"]]


@pytest.mark.parametrize("step", [1, 3, 100])
def test_a_procedure_of_thousands_of_notices_is_taken_apart_in_steps(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    for number in range(15):
        save(store, on("be_bda", str(number), procedure_id=f"P{number // 3}"))
    right = groups(store)
    merge_all(store)
    monkeypatch.setattr(procedure_parts, "MOST_AT_ONCE", 4)
    monkeypatch.setattr(procedure_rebuild, "MOST_AT_ONCE", 4)
    monkeypatch.setattr(procedure_rebuild, "STEP", step)
    monkeypatch.setattr(procedure_rebuild, "PAGE", 2)
    assert store.procedures.rebuild().made == 4
    assert groups(store) == right


# --- what people were told --------------------------------------------------------------------------------------------


@pytest.fixture
def profile(store: Store) -> str:
    owner = store.profiles.ensure_owner("Anne@Entreprise.example", "fr", "Europe/Brussels", 7, (0, 2))
    return store.profiles.create(owner.id, "Toitures", {"version": "1", "text": "toiture"}).id


def record(store: Store, profile: str, notice_id: str) -> int:
    found = store.notices.get(notice_id)
    assert found is not None
    hit = new_hit(profile, notice_id=notice_id, version=found.version, procedure_key=found.procedure_key)
    (written,) = store.hits.record([hit], [])
    return written.id


def tell(store: Store, profile: str, key: str, *hit_ids: int) -> None:
    found = store.profiles.get(profile)
    assert found is not None
    assert store.digests.create(found.owner_id, key, list(hit_ids), message(key)) is not None


def wrongly_one(store: Store) -> None:
    """Two tenders that a wrong merge made one, with nothing waiting to be matched."""
    save(store, on("be_bda", "1"), on("be_bda", "2"))
    merge_all(store)
    store.match_queue.acknowledge(store.match_queue.take(100))


def test_what_was_told_stays_told_on_the_side_of_its_notice(store: Store, profile: str) -> None:
    wrongly_one(store)
    hits = [record(store, profile, notice_id) for notice_id in ("be_bda:1", "be_bda:2")]
    tell(store, profile, "2026-03-03", *hits)
    store.procedures.rebuild()
    left = {hit.notice_id: hit for hit in store.hits.of_profile(profile)}
    assert {id_: (hit.kind, hit.procedure_key) for id_, hit in left.items()} == {
        "be_bda:1": (HitKind.NEW, "be_bda:1"),
        "be_bda:2": (HitKind.CHANGE, "be_bda:2"),
    }
    assert all(hit.digest_id for hit in left.values())


def test_what_waits_as_news_of_another_tender_is_matched_anew(store: Store, profile: str) -> None:
    wrongly_one(store)
    tell(store, profile, "2026-03-03", record(store, profile, "be_bda:1"))
    record(store, profile, "be_bda:2")
    store.procedures.rebuild()
    assert [hit.notice_id for hit in store.hits.of_profile(profile)] == ["be_bda:1"]
    assert ("be_bda:2", Origin.RELEASE) in {(row.notice_id, row.origin) for row in store.match_queue.take(100)}


def test_what_waits_on_one_side_alone_is_left_as_it_is(store: Store, profile: str) -> None:
    wrongly_one(store)
    hit = record(store, profile, "be_bda:2")
    store.procedures.rebuild()
    (left,) = store.hits.of_profile(profile)
    assert (left.id, left.kind, left.procedure_key) == (hit, HitKind.NEW, "be_bda:2")


def test_who_followed_what_is_taken_apart_is_asked_about_both_sides(store: Store, profile: str) -> None:
    wrongly_one(store)
    tell(store, profile, "2026-03-03", record(store, profile, "be_bda:1"))
    store.procedures.rebuild()
    queued = [(row.notice_id, row.origin) for row in store.match_queue.take(100)]
    assert sorted(queued) == [("be_bda:1", Origin.SPLIT), ("be_bda:2", Origin.SPLIT)]
    assert store.hits.followers_before_split(["be_bda:2"]) == {"be_bda:2": {profile}}
    store.match_queue.acknowledge(store.match_queue.take(100))
    store.procedures.rebuild()
    assert store.hits.followers_before_split(["be_bda:2"]) == {}


# --- any sequence -----------------------------------------------------------------------------------------------------

COUNTER = itertools.count()


class Said(NamedTuple):
    """One version of a notice: by number what it says its procedure is, what its UUID is, and what it links to."""

    number: int
    version: int
    procedure: int | None
    uuid: int | None
    link: int | None


THING = st.none() | st.integers(0, 3)
SAID = st.builds(Said, st.integers(0, 6), st.integers(0, 3), THING, THING, THING)


@given(
    batches=st.lists(st.lists(SAID, min_size=1, max_size=5), min_size=1, max_size=5),
    damage=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=4),
    refused=st.none() | st.integers(0, 3),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_after_any_saves_any_damage_and_one_rebuild_procedures_are_what_shares_identifiers(
    store: Store, batches: list[list[Said]], damage: list[tuple[int, int]], refused: int | None
) -> None:
    world = next(COUNTER)
    stored: dict[tuple[int, int], Said] = {}
    for batch in batches:
        save(store, *(_notice(world, said) for said in batch))
        for said in batch:
            _arrives(stored, said)
    if refused is not None:
        store.procedures.refuse(Identifier("eforms-notice-id", _uuid(world, refused)), reason="no", by="Anne")
    expected = _expected(stored, refused)
    assert _found(store, world) == expected  # the saving alone keeps them right
    _damage(store, world, damage)
    foreseen = store.procedures.survey()
    report = store.procedures.rebuild()
    assert _found(store, world) == expected
    assert (foreseen.taken_apart, foreseen.made, foreseen.merged, foreseen.removed) == (
        report.taken_apart, report.made, report.merged, report.removed,
    )  # fmt: skip
    quiet = store.procedures.rebuild()
    assert (quiet.taken_apart, quiet.merged, quiet.removed) == (0, 0, 0)


def _notice(world: int, said: Said) -> Notice:
    uuid = None if said.uuid is None else _uuid(world, said.uuid)
    link = None if said.link is None else _uuid(world, said.link)
    return on(
        "be_bda",
        f"{world}-{said.number}",
        notice_version=f"{said.version:02}",
        published_at=later(said.version),
        procedure_id=None if said.procedure is None else f"W{world}P{said.procedure}",
        notice_uuid=uuid,
        links=(Link(relation="same-procedure", scheme="eforms-notice-id", value=link),) if link else (),
    )


def _uuid(world: int, thing: int) -> str:
    return f"{world:08x}-51a1-4d0c-9f4a-6d2b7f0c{thing:04x}"


def _arrives(stored: dict[tuple[int, int], Said], said: Said) -> None:
    """Of two versions with one number the last that differs is the newest; the first stays in the history."""
    place = max((place for number, place in stored if number == said.number), default=-1) + 1
    same = [one for (number, _), one in stored.items() if number == said.number and one.version == said.version]
    newest = max((one.version for (number, _), one in stored.items() if number == said.number), default=-1)
    if said in same and (said.version < newest or same[-1] == said):
        return
    stored[said.number, place] = said


def _expected(stored: dict[tuple[int, int], Said], refused: int | None) -> list[list[int]]:
    brought: dict[int, set[tuple[str, int]]] = {}
    for (number, _), said in sorted(stored.items(), key=lambda item: (item[1].version, item[0][1])):
        own = brought.setdefault(number, {("own", number)})
        for sort, thing in (("procedure", said.procedure), ("link", said.link)):
            if thing is not None:
                own -= {one for one in own if one[0] == sort}
                own.add((sort, thing))
        own |= {("uuid", said.uuid)} if said.uuid is not None else set()
    things = {
        number: {("uuid" if sort == "link" else sort, thing) for sort, thing in own} - {("uuid", refused)}
        for number, own in brought.items()
    }
    found: list[tuple[set[int], set[tuple[str, int]]]] = []
    for number, own_things in things.items():
        tied = [group for group in found if group[1] & own_things]
        found = [group for group in found if group not in tied]
        found.append(({number}.union(*(g[0] for g in tied)), own_things.union(*(g[1] for g in tied))))
    return sorted(sorted(numbers) for numbers, _ in found)


def _found(store: Store, world: int) -> list[list[int]]:
    found: dict[str, list[int]] = {}
    for item in store.notices.iterate():
        place, number = item.notice.id.partition(":")[2].split("-")
        if int(place) == world:
            found.setdefault(item.procedure_key, []).append(int(number))
    return sorted(map(sorted, found.values()))


def _damage(store: Store, world: int, damage: list[tuple[int, int]]) -> None:
    """Notices in the procedures of others, and identifiers that lead nowhere."""
    with store.database.write() as connection:
        for one, other in damage:
            ids = [f"be_bda:{world}-{one}", f"be_bda:{world}-{other}"]
            keys = connection.scalars(select(notices.c.procedure_key).where(notices.c.id == ids[1])).all()
            if keys:
                connection.execute(update(notices).where(notices.c.id == ids[0]).values(procedure_key=keys[0]))
                lost = procedure_identifiers.c.value.in_(ids)
                connection.execute(delete(procedure_identifiers).where(lost))
