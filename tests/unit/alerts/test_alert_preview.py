from __future__ import annotations

from datetime import timedelta

from alerts.preview import preview
from search.query import NoticeQuery
from store.records import RunPurpose, Verdict, WindowRecord
from tests.unit.alerts.alerts_kit import LIGHTING, NOON, World, deadline_on, notice


def cover(world: World, days: int) -> None:
    run = world.store.runs.start("be_bda", RunPurpose.BACKFILL)
    for number in range(days):
        day = NOON.date() - timedelta(days=number)
        world.store.windows.record(
            WindowRecord(
                portal="be_bda", start=day, end=day + timedelta(days=1), run_id=run.id, announced=1, distinct=1,
                stored=1, verdict=Verdict.COMPLETE, ended_at=NOON,
            )
        )  # fmt: skip


def test_a_preview_counts_calls_that_have_closed_since(world: World) -> None:
    passed = deadline_on(14).model_copy(update={"at": NOON - timedelta(days=20)})
    world.crawl(
        notice(1, published_at=NOON - timedelta(days=60), deadlines=(passed,)),
        notice(2),
        notice(3, published_at=NOON - timedelta(days=91)),
        notice(4, title={"fr": "Repas"}, description={}),
    )
    found = preview(world.store, world.index, LIGHTING, NOON)
    assert found.matches == 2


def test_a_preview_says_which_days_it_rests_on(world: World) -> None:
    world.crawl(notice(1))
    cover(world, 30)
    found = preview(world.store, world.index, LIGHTING, NOON)
    assert (found.days, found.covered_days) == (90, 30)
    assert "30 jours sur 90 sont complets" in found.sentence("fr")
    assert "30 of 90 days are complete" in found.sentence("en")
    cover(world, 90)
    assert "entièrement" in preview(world.store, world.index, LIGHTING, NOON).sentence()


def test_a_preview_of_nothing_says_so(world: World) -> None:
    found = preview(world.store, world.index, NoticeQuery(text="introuvable"), NOON)
    assert found.sentence().startswith("Aucun avis des 90 derniers jours")
