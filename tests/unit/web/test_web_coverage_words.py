"""What the pages say of coverage: by publication days, by readings of what is open, and of days gone for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from store.records import Coverage, RunPurpose, RunState, Verdict, WindowRecord
from tests.unit.web.conftest import NOW, Made
from web.texts import Speaker
from web.views.coverage import sentence, since_first_reading

FRENCH, ENGLISH = Speaker("fr"), Speaker("en")
END = NOW.date() + timedelta(days=1)


def coverage(portal: str, covered: set[int], days: int = 90) -> Coverage:
    """The last `days` days, of which those so many days ago are covered."""
    missing = tuple(END - timedelta(days=ago + 1) for ago in reversed(range(days)) if ago not in covered)
    return Coverage(
        portal=portal,
        start=END - timedelta(days=days),
        end=END,
        covered_days=days - len(missing),
        total_days=days,
        missing=missing,
    )


def test_a_portal_that_shows_no_past_is_judged_since_it_was_first_read() -> None:
    told = sentence(coverage("fr_place", {0, 1, 4}), FRENCH)
    assert "la liste des consultations ouvertes a été lue en entier 3 jours sur 5 depuis le 16 nov. 2026" in told
    assert "sur 90" not in told
    english = sentence(coverage("fr_place", {0, 1, 4}), ENGLISH)
    assert "read completely on 3 of 5 days since 16 Nov 2026" in english


def test_one_day_is_one_day() -> None:
    assert "lue en entier 1 jour sur 1 depuis" in sentence(coverage("fr_place", {0}), FRENCH)
    assert "1 jour sur 90 entièrement recueilli," in sentence(coverage("be_bda", {3}), FRENCH)
    assert "0 jours sur 90 entièrement recueillis," in sentence(coverage("be_bda", set()), FRENCH)
    assert "2 jours sur 90 entièrement recueillis," in sentence(coverage("be_bda", {3, 4}), FRENCH)


def test_a_list_that_was_never_read_whole_is_said_to_be_so() -> None:
    found = coverage("fr_place", set())
    assert "n'a été lue en entier aucun jour" in sentence(found, FRENCH)
    assert since_first_reading(found) is None


def test_the_bar_of_a_portal_that_shows_no_past_begins_with_its_first_reading() -> None:
    known = since_first_reading(coverage("fr_place", {0, 1, 4}))
    assert known is not None
    assert (known.start, known.total_days, known.covered_days) == (END - timedelta(days=5), 5, 3)
    assert known.missing == (END - timedelta(days=4), END - timedelta(days=3))
    by_days = coverage("be_bda", {0})
    assert since_first_reading(by_days) == by_days


@pytest.mark.parametrize(("covered", "lost"), [(set(range(30)), True), (set(range(89, 0, -1)), False)])
def test_days_that_the_portal_no_longer_shows_are_said_to_be_lost(covered: set[int], lost: bool) -> None:
    told = sentence(coverage("fr_aws", covered), FRENCH)
    assert ("ne montre que les 30 derniers jours" in told) is lost


def test_a_portal_with_all_of_its_past_loses_no_day() -> None:
    assert "derniers jours" not in sentence(coverage("be_bda", {0}), FRENCH)


async def test_the_sources_page_counts_readings_of_an_open_list(made: Callable[..., Made]) -> None:
    own = made()
    run = own.store.runs.start("fr_place", RunPurpose.OPEN)
    own.store.windows.record(
        WindowRecord(
            portal="fr_place", scope="open", start=None, end=None, run_id=run.id, announced=500, distinct=500,
            stored=500, verdict=Verdict.COMPLETE, ended_at=NOW,
        )
    )  # fmt: skip
    own.store.runs.finish(run.id, RunState.FINISHED, run.counts)
    async with own.browser() as client:
        page = (await client.get("/sources")).text
    source = page[page.index('id="fr_place"') :]
    source = source[: source.index("</section>")]
    assert "a été lue en entier 1 jour sur 1 depuis le 20 nov. 2026" in source
    assert 'viewBox="0 0 1 10"' in source
    assert date(2026, 11, 20) == NOW.date()


async def test_portals_that_are_not_read_say_why_and_under_which_terms(made: Callable[..., Made]) -> None:
    async with made(portals={"be_bda": {"enabled": False}}).browser() as client:
        page = (await client.get("/sources")).text
    idle = page[page.index('id="idle"') :]
    entries = idle[: idle.index("</section>")].split("<li>")[1:]
    belgian = next(entry for entry in entries if "be_bda" in entry)
    sleeping = next(entry for entry in entries if "fr_banque_de_france" in entry)
    assert "l&#39;opérateur l&#39;a laissé de côté" in belgian
    assert "Belgique" in belgian
    assert "Licence" in belgian
    assert "sans heure de lecture" in sleeping
    assert len(idle) < 120_000
