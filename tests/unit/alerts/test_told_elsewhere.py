"""What another portal told already is not told again, and nothing else is ever withheld."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from alerts import digests, matching
from alerts.coverage import Sources
from alerts.facts import Fact
from alerts.snapshots import NoticeSnapshot
from core import clock
from notices.model import Classification, Notice, NoticeKind
from search.query import NoticeQuery
from store.procedure_identifiers import Identifier
from store.records import Hit
from store.tables import notice_versions
from tests.unit.alerts.alerts_kit import LIGHTING, NOON, World, deadline_on, kinds, notice, second_version

PROCEDURE = "2f9d3f6e-51a1-4d0c-9f4a-6d2b7f0c9a11"
TED_ONLY = NoticeQuery(text="éclairage", portals=("eu_ted",))


def belgian(number: int = 1, **changes: Any) -> Notice:
    return notice(number, **{"procedure_id": PROCEDURE, "notice_uuid": None, **changes})


def european(number: int = 1, **changes: Any) -> Notice:
    identity = {"id": f"eu_ted:{number}-2026", "portal": "eu_ted", "publication_number": f"{number}-2026"}
    return belgian(1, **{**identity, **changes})


def facts_of(hit: Hit) -> list[Fact]:
    progress = NoticeSnapshot.model_validate(hit.snapshot).progress
    return [change.fact for change in progress.facts] if progress else []


def told(world: World, owner: Any) -> list[tuple[str, int, list[Fact]]]:
    return [(hit.notice_id, hit.version, facts_of(hit)) for hit in world.hits(owner)]


def test_a_change_that_both_portals_published_before_the_matching_is_told_once(world: World) -> None:
    owner = world.confirmed()
    world.crawl(belgian(), european())
    moved = {"deadlines": (deadline_on(21),)}
    world.save(second_version(belgian(), **moved))
    world.save(second_version(european(), **moved))
    world.match()
    assert told(world, owner)[1:] == [("be_bda:1", 2, [Fact.DEADLINE])]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=1)])
def test_a_change_under_new_numbers_on_both_portals_is_told_with_what_changed(world: World, later: timedelta) -> None:
    owner = world.confirmed()
    world.crawl(belgian(), european())
    moved = {"kind": NoticeKind.CHANGE, "deadlines": (deadline_on(21),), "title": belgian().title}
    world.save(european(5, published_at=NOON, **moved), belgian(6, published_at=NOON + later, **moved))
    world.match()
    (change,) = told(world, owner)[1:]
    assert Fact.DEADLINE in change[2]


def test_a_change_notice_and_a_changed_call_are_told_with_what_changed(world: World) -> None:
    owner = world.confirmed()
    world.crawl(belgian())
    moved = {"deadlines": (deadline_on(21),)}
    world.save(european(5, published_at=NOON, **moved), second_version(belgian(), **moved))
    world.match()
    assert [facts for _, _, facts in told(world, owner)[1:]] == [[Fact.DEADLINE]]


def test_who_follows_through_one_portal_hears_of_its_call_although_another_portal_had_it_first(world: World) -> None:
    owner = world.confirmed(TED_ONLY)
    world.crawl(belgian())
    world.crawl(european(7, kind=NoticeKind.PLANNING, deadlines=(), published_at=NOON - timedelta(days=60)))
    world.crawl(european(8))
    assert [hit.notice_id for hit in world.hits(owner)] == ["eu_ted:7-2026", "eu_ted:8-2026"]


def test_a_deadline_that_moves_back_is_told_although_another_portal_once_said_it(world: World) -> None:
    owner = world.confirmed()
    world.crawl(belgian())
    world.crawl(european())
    moved = second_version(european(), deadlines=(deadline_on(21),))
    world.crawl(moved)
    assert moved.published_at is not None
    back = {"notice_version": "03", "published_at": moved.published_at + timedelta(hours=1)}
    world.crawl(moved.model_copy(update={**back, "deadlines": (deadline_on(14),)}))
    assert told(world, owner)[1:] == [("eu_ted:1-2026", 2, [Fact.DEADLINE]), ("eu_ted:1-2026", 3, [Fact.DEADLINE])]


def test_a_change_on_two_portals_that_read_a_little_otherwise_is_told_once(world: World) -> None:
    owner = world.confirmed()
    more = {"classifications": (Classification(code="45316110", main=True), Classification(code="34928500"))}
    world.crawl(belgian())
    world.crawl(european(**more))
    world.crawl(second_version(belgian(), deadlines=(deadline_on(21),)))
    world.crawl(second_version(european(**more), deadlines=(deadline_on(21),)))
    assert [facts for _, _, facts in told(world, owner)] == [[], [Fact.CPV], [Fact.DEADLINE]]


@pytest.mark.parametrize(
    ("change", "fact"), [({"cancelled": True}, Fact.STATUS), ({"deadlines": (deadline_on(21),)}, Fact.DEADLINE)]
)
def test_a_change_under_the_number_of_a_told_publication_is_told(
    world: World, change: dict[str, Any], fact: Fact
) -> None:
    owner = world.confirmed()
    same = {"notice_uuid": PROCEDURE}
    world.crawl(belgian(**same))
    world.crawl(european(**same))
    world.crawl(european(**same, **change))
    assert told(world, owner)[1:] == [("eu_ted:1-2026", 2, [fact])]


@pytest.mark.parametrize("kind", [NoticeKind.CANCELLATION, NoticeKind.RESULT, NoticeKind.CHANGE])
def test_what_only_the_other_portal_says_is_told_and_its_copy_is_not(world: World, kind: NoticeKind) -> None:
    owner = world.confirmed(LIGHTING)
    world.crawl(belgian())
    world.crawl(european())
    world.crawl(european(9, kind=kind, published_at=NOON))
    world.crawl(belgian(9, kind=kind, published_at=NOON, title=belgian().title))
    assert [hit.notice_id for hit in world.hits(owner)] == ["be_bda:1", "eu_ted:9-2026"]


def test_a_copy_that_comes_before_its_original_is_the_one_that_is_told(world: World) -> None:
    owner = world.confirmed()
    world.crawl(european())
    world.crawl(belgian())
    assert [(hit.notice_id, hit.kind.value) for hit in world.hits(owner)] == [("eu_ted:1-2026", "new")]


def test_an_old_copy_found_after_the_change_is_not_told(world: World) -> None:
    owner = world.confirmed()
    world.crawl(belgian())
    world.crawl(second_version(belgian(), deadlines=(deadline_on(21),)))
    world.crawl(european())
    assert kinds(world.hits(owner)) == ["new", "change"]


def test_a_change_is_told_although_an_older_version_that_came_late_said_the_same(world: World) -> None:
    owner = world.confirmed()
    first = belgian()
    assert first.published_at is not None
    world.crawl(first)
    older = {"published_at": first.published_at - timedelta(days=1), "notice_version": "00"}
    world.crawl(first.model_copy(update={**older, "deadlines": (deadline_on(21),)}))
    world.crawl(second_version(first, deadlines=(deadline_on(21),)))
    assert told(world, owner)[-1] == ("be_bda:1", 3, [Fact.DEADLINE])


def test_what_was_merged_while_it_was_matched_is_matched_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = world.confirmed(NoticeQuery(text="éclairage", portals=("be_bda",)))
    call = belgian(procedure_id=None, notice_uuid=PROCEDURE)
    world.crawl(call)
    result = european(3, procedure_id=None, kind=NoticeKind.RESULT, published_at=NOON)
    world.save(result)
    hits = matching._hits

    def merged_meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(matching, "_hits", hits)
        found = hits(*arguments)
        bridge = european(4, procedure_id=None, notice_uuid=PROCEDURE, publication_number="3-2026")
        world.save(bridge)
        return found

    monkeypatch.setattr(matching, "_hits", merged_meanwhile)
    world.match()
    assert [hit.notice_id for hit in world.hits(owner)][:2] == ["be_bda:1", "eu_ted:3-2026"]


def bridge(**changes: Any) -> Notice:
    """Names both the Belgian call and a publication on TED as the same tender."""
    return european(4, procedure_id=None, notice_uuid=PROCEDURE, publication_number="3-2026", **changes)


def test_a_result_that_came_before_its_call_was_known_is_told_when_they_meet(world: World) -> None:
    owner = world.confirmed(NoticeQuery(text="éclairage", portals=("be_bda",)))
    world.crawl(belgian(procedure_id=None, notice_uuid=PROCEDURE))
    world.crawl(european(3, procedure_id=None, kind=NoticeKind.RESULT, published_at=NOON))
    world.crawl(bridge())
    assert [hit.notice_id for hit in world.hits(owner)] == ["be_bda:1", "eu_ted:3-2026"]
    assert Fact.KIND in facts_of(world.hits(owner)[1])


def test_what_is_older_than_what_was_told_is_not_told_when_procedures_meet(world: World) -> None:
    owner = world.confirmed(NoticeQuery(text="éclairage", portals=("be_bda",)))
    world.crawl(belgian(procedure_id=None, notice_uuid=PROCEDURE))
    old = {"kind": NoticeKind.PLANNING, "published_at": NOON - timedelta(days=60), "deadlines": ()}
    world.crawl(european(3, procedure_id=None, **old))
    world.crawl(bridge())
    assert [hit.notice_id for hit in world.hits(owner)] == ["be_bda:1"]


@pytest.mark.parametrize(("day", "expected"), [(14, []), (21, [[Fact.DEADLINE], []])])
def test_the_same_tender_waiting_under_another_procedure_is_told_only_for_its_news(
    world: World, day: int, expected: list[list[Fact]]
) -> None:
    owner = world.confirmed()
    world.crawl(belgian(procedure_id=None, notice_uuid=PROCEDURE))
    with clock.frozen_at(NOON + timedelta(days=1)):
        assert len(digests.build_due(world.store, world.settings, NOON + timedelta(days=1))) == 1
        later = {"published_at": NOON, "deadlines": (deadline_on(day),)}
        world.crawl(european(3, procedure_id=None, **later))
        assert kinds(world.hits(owner)) == ["new", "new"]
        world.crawl(bridge(**later))
    assert [facts for _, _, facts in told(world, owner)[1:]] == expected  # the bridge itself is minor
    with clock.frozen_at(NOON + timedelta(days=2)):
        assert len(digests.build_due(world.store, world.settings, NOON + timedelta(days=2))) == bool(expected)


def test_a_version_that_no_longer_fits_the_model_does_not_stop_the_alerts(world: World) -> None:
    owner = world.confirmed()
    world.crawl(belgian())
    world.save(second_version(belgian(), deadlines=(deadline_on(21),)), european(5, deadlines=(deadline_on(21),)))
    with world.store.database.write() as connection:
        table = notice_versions.c
        broken = update(notice_versions).where(table.notice_id == "be_bda:1", table.version == 1)
        connection.execute(broken.values(notice='{"kind": "of old"}'))
    world.match()
    assert [hit.notice_id for hit in world.hits(owner)] == ["be_bda:1", "be_bda:1"]


# --- procedures that were one by mistake ------------------------------------------------------------------------------

WRONG = Identifier("eforms-procedure-id", PROCEDURE)


def part(world: World) -> None:
    """An operator says that the number that both notices print ties nothing; what that asks for is matched."""
    world.store.procedures.refuse(WRONG, reason="the portal prints it everywhere", by="Anne")
    world.reindex()
    world.match()


def test_a_call_that_was_taken_for_a_copy_of_another_tender_is_told_when_they_are_taken_apart(world: World) -> None:
    owner = world.confirmed()
    world.crawl(belgian())
    world.crawl(european())
    assert [hit.notice_id for hit in world.hits(owner)] == ["be_bda:1"]
    part(world)
    assert told(world, owner) == [("be_bda:1", 1, []), ("eu_ted:1-2026", 1, [])]
    assert kinds(world.hits(owner)) == ["new", "new"]


def test_nobody_hears_twice_of_what_is_taken_apart(world: World) -> None:
    owner = world.confirmed()
    world.crawl(belgian())
    world.crawl(european(title={"fr": "Éclairage de la gare", "nl": "Verlichting van het station"}))
    assert (
        digests.build(world.store, world.settings, owner, "2026-11-24", Sources(world.store, clock.now())) is not None
    )
    before = told(world, owner)
    assert len(before) == 2
    part(world)
    world.store.procedures.rebuild()
    world.match()
    assert told(world, owner) == before


def test_who_came_after_a_notice_is_not_told_of_it_because_it_was_taken_apart(world: World) -> None:
    world.crawl(belgian())
    world.crawl(european())
    with clock.frozen_at(NOON + timedelta(days=2)):
        late = world.confirmed(now=NOON + timedelta(days=2))
        before = told(world, late)
        part(world)
        assert told(world, late) == before


def test_who_follows_one_side_does_not_hear_of_the_other_one_any_more(world: World) -> None:
    owner = world.confirmed()
    world.crawl(belgian())
    world.crawl(european(title={"fr": "Fourniture de chaises"}, description={}, classifications=()))
    part(world)
    heard = len(world.hits(owner))
    other = european(title={"fr": "Fourniture de chaises"}, description={}, classifications=())
    world.crawl(second_version(other, deadlines=(deadline_on(21),)))
    world.crawl(second_version(belgian(), deadlines=(deadline_on(21),)))
    assert [hit.notice_id for hit in world.hits(owner)[heard:]] == ["be_bda:1"]
