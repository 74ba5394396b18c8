from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts import digests, matching
from alerts.facts import Fact
from alerts.snapshots import NoticeSnapshot
from core import clock
from notices.model import NoticeKind, Organisation
from search.query import NoticeQuery
from store.records import Hit, Origin, Saving
from tests.unit.alerts.alerts_kit import LIGHTING, NOON, World, deadline_on, kinds, notice, second_version


def facts_of(hit: Hit) -> list[Fact]:
    progress = NoticeSnapshot.model_validate(hit.snapshot).progress
    assert progress is not None
    return [change.fact for change in progress.facts]


def test_a_match_says_why_and_remembers_what_it_saw(world: World) -> None:
    owner = world.confirmed()
    world.crawl(notice(1), notice(2, title={"fr": "Repas scolaires"}, description={}))
    (hit,) = world.hits(owner)
    assert hit.kind == "new"
    text = next(reason for reason in hit.reasons if reason["clause"] == "text")
    assert "éclairage" in text["words"]
    seen = NoticeSnapshot.model_validate(hit.snapshot)
    assert seen.deadline == deadline_on(14)
    assert world.store.match_queue.depth() == 0


def test_no_personal_data_goes_into_a_hit(world: World) -> None:
    owner = world.confirmed()
    world.crawl(notice(1))
    (hit,) = world.hits(owner)
    assert "agent@namur.example" not in str(hit.model_dump())
    assert "+32 81" not in str(hit.model_dump())


def test_a_deadline_that_moves_is_told_once(world: World) -> None:
    owner = world.confirmed()
    world.crawl(notice(1))
    moved = second_version(notice(1), deadlines=(deadline_on(21),))
    world.crawl(moved)
    world.crawl(moved)
    assert kinds(world.hits(owner)) == ["new", "change"]
    assert facts_of(world.hits(owner)[1]) == [Fact.DEADLINE]


def test_what_follows_a_call_is_told_even_when_it_would_not_match_alone(world: World) -> None:
    owner = world.confirmed(LIGHTING)
    call = notice(1)
    world.crawl(call)
    result = notice(
        9,
        kind=NoticeKind.RESULT,
        procedure_id=call.procedure_id,
        title={"fr": "Attribution"},
        description={},
        deadlines=(),
        published_at=NOON,
    )
    world.crawl(result)
    first, second = world.hits(owner)
    assert (first.kind, second.kind) == ("new", "change")
    assert second.reasons[0]["clause"] == "followed"
    assert Fact.KIND in facts_of(second)
    assert Fact.DEADLINE not in facts_of(second)  # a result states none; that is no change


def test_a_cancellation_is_told_to_who_was_told_of_the_call(world: World) -> None:
    owner = world.confirmed(LIGHTING)
    world.crawl(notice(1))
    world.crawl(second_version(notice(1), cancelled=True))
    assert facts_of(world.hits(owner)[1]) == [Fact.STATUS]


def test_call_and_result_waiting_together_are_one_new_hit_and_one_change(world: World) -> None:
    owner = world.confirmed(LIGHTING)
    call = notice(1)
    result = notice(9, kind=NoticeKind.RESULT, procedure_id=call.procedure_id, deadlines=(), published_at=NOON)
    world.crawl(call, result)
    assert kinds(world.hits(owner)) == ["new", "change"]


def test_two_versions_waiting_together_are_both_matched(world: World) -> None:
    owner = world.confirmed(LIGHTING)
    world.save(notice(1))
    world.save(second_version(notice(1), deadlines=(deadline_on(21),)))
    world.match()
    assert [(hit.kind.value, hit.version) for hit in world.hits(owner)] == [("new", 1), ("change", 2)]


def test_a_new_phone_number_is_a_minor_change_and_no_reason_for_a_mail(world: World) -> None:
    owner = world.confirmed()
    world.crawl(notice(1))
    with clock.frozen_at(NOON + timedelta(days=1)):
        digests.build_due(world.store, world.settings, NOON + timedelta(days=1))
        (buyer,) = notice(1).buyers
        world.crawl(second_version(notice(1), buyers=(buyer.model_copy(update={"phone": "+32 81 11 11 11"}),)))
    assert kinds(world.hits(owner)) == ["new", "change"]
    assert facts_of(world.hits(owner)[1]) == []
    assert len(world.mails()) == 1
    with clock.frozen_at(NOON + timedelta(days=2)):
        assert digests.build_due(world.store, world.settings, NOON + timedelta(days=2)) == []


def test_an_older_publication_found_late_is_no_change_of_a_newer_one(world: World) -> None:
    owner = world.confirmed(NoticeQuery(text="éclairage"))
    call = notice(1)
    world.crawl(call)
    older = notice(
        9,
        kind=NoticeKind.PLANNING,
        procedure_id=call.procedure_id,
        published_at=NOON - timedelta(days=60),
        deadlines=(),
    )
    world.crawl(older)
    late = NoticeSnapshot.model_validate(world.hits(owner)[1].snapshot)
    assert late.progress is not None
    assert late.progress.earlier_publication


def test_a_replay_and_a_rebuilt_index_tell_nobody_anything(world: World) -> None:
    owner = world.confirmed()
    world.crawl(notice(1))
    read_again = notice(1, description={"fr": "Lu autrement par un nouveau lecteur."})
    world.store.notices.save_many([Saving(notice=read_again, origin=Origin.REPLAY, parser_version="2")])
    world.store.notices.enqueue_all()
    world.reindex()
    world.match()
    assert kinds(world.hits(owner)) == ["new"]


def test_crawling_again_tells_nobody_anything(world: World) -> None:
    owner = world.confirmed()
    for _ in range(3):
        world.crawl(notice(1))
    assert kinds(world.hits(owner)) == ["new"]


def test_a_profile_matches_from_the_moment_its_save_returned(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile saved while a batch is being taken, before the notice of that batch commits, still sees the notice."""
    world.save(notice(1))
    take, owners = world.store.match_queue.take, []

    def take_slowly(limit: int) -> Any:
        if not owners:  # the profile and a second notice arrive just before the rows are read
            owners.append(world.subscribe().owner)
            world.save(notice(2))
        return take(limit)

    monkeypatch.setattr(world.store.match_queue, "take", take_slowly)
    world.match()
    assert "be_bda:2" in [hit.notice_id for hit in world.hits(owners[0])]


def test_a_crash_while_hits_are_written_repeats_the_work_and_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = world.confirmed()
    world.save(notice(1), notice(2))
    record = world.store.hits.record

    def dies(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.store.hits, "record", dies)
    with pytest.raises(KeyboardInterrupt):
        matching.drain(world.store, world.state)
    assert world.store.match_queue.depth() == 2
    monkeypatch.setattr(world.store.hits, "record", record)
    world.match()
    assert kinds(world.hits(owner)) == ["new", "new"]


def test_a_query_that_can_no_longer_be_read_opens_an_incident_and_stops_nobody_else(world: World) -> None:
    owner = world.confirmed()
    broken = world.store.profiles.create(owner.id, "Ancien", {"version": "0", "words": "éclairage"})
    world.crawl(notice(1))
    (incident,) = world.store.incidents.current()
    assert incident.details["profiles"] == [broken.id]
    assert kinds(world.hits(owner)) == ["new"]
    world.store.profiles.update(broken.id, query=LIGHTING.to_dict())
    world.crawl(notice(2))
    assert world.store.incidents.current() == []


def test_a_change_of_the_buyer_shows_both_names(world: World) -> None:
    owner = world.confirmed()
    world.crawl(notice(1))
    world.crawl(second_version(notice(1), buyers=(Organisation(name={"fr": "Province de Namur"}),)))
    progress = NoticeSnapshot.model_validate(world.hits(owner)[1].snapshot).progress
    assert progress is not None
    (change,) = progress.facts
    assert (change.before, change.after) == ([{"fr": "Ville de Namur"}], [{"fr": "Province de Namur"}])


def test_the_same_tender_on_another_portal_is_not_told_again(world: World) -> None:
    owner = world.confirmed()
    call = notice(1)
    world.crawl(call)
    world.crawl(call.model_copy(update={"id": "eu_ted:5-2026", "portal": "eu_ted", "publication_number": "5-2026"}))
    other = {"id": "fr_boamp:26-5", "portal": "fr_boamp", "notice_uuid": None, "publication_number": "5-2026"}
    world.crawl(call.model_copy(update=other))
    assert kinds(world.hits(owner)) == ["new"]


def test_a_copy_that_says_something_new_is_told_as_a_change(world: World) -> None:
    owner = world.confirmed()
    procedure = {"procedure_id": "2f9d3f6e-51a1-4d0c-9f4a-6d2b7f0c9a11"}
    world.crawl(notice(1, **procedure))
    copy = {"id": "eu_ted:6-2026", "portal": "eu_ted", "notice_uuid": None, "deadlines": (deadline_on(21),)}
    world.crawl(notice(1, **procedure, **copy))
    assert kinds(world.hits(owner)) == ["new", "change"]
    assert facts_of(world.hits(owner)[1]) == [Fact.DEADLINE]
