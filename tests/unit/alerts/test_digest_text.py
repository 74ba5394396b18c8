"""The whole text of one digest, as people read it: a change here is a change of every mail.

Delete an expected file, and the test writes it anew and fails once, so that somebody reads it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts import digests
from alerts.queries import criteria
from core import clock
from notices.model import NoticeKind
from search.query import NoticeQuery
from store.records import RunPurpose, Verdict, WindowRecord
from tests.unit.alerts.alerts_kit import NOON, World, deadline_on, notice, second_version, text_of

EXPECTED = Path(__file__).parent / "expected"
TUESDAY, WEDNESDAY = (datetime(2026, 11, day, 6, 0, tzinfo=UTC) for day in (24, 25))


def settled(text: str) -> str:
    """The text without what differs from run to run: tokens and random ids."""
    plain = text.replace("\r\n", "\n")
    plain = re.sub(r"/alerts/(manage|unsubscribe|confirm)/[\w.-]+", r"/alerts/\1/TOKEN", plain)
    return re.sub(r"/digests/[0-9a-f]{32}", "/digests/DIGEST", plain)


def told_on_wednesday(world: World, language: str) -> str:
    """One of everything: new, changed, followed and minor, a source with a hole, two profiles."""
    with clock.frozen_at(NOON):
        owner = world.confirmed(language=language, zone="Europe/London", hour=6)
        world.crawl(notice(1), notice(2), notice(3))
    with clock.frozen_at(TUESDAY):
        digests.build_due(world.store, world.settings, TUESDAY)
    with clock.frozen_at(TUESDAY + timedelta(hours=4)):
        bridges = NoticeQuery.open_calls(text="pont OR luminaires", cpv=("45",))
        world.store.profiles.create(owner.id, "Ponts et mâts", bridges.to_dict())
        (buyer,) = notice(3).buyers
        world.crawl(
            second_version(notice(1), deadlines=(deadline_on(21),), title={"fr": "Éclairage public, phase 1 <bis>"}),
            notice(
                9, kind=NoticeKind.RESULT, procedure_id="procedure-2", deadlines=(), published_at=TUESDAY,
                title={"fr": "Attribution"}, description={},
            ),
            second_version(notice(3), buyers=(buyer.model_copy(update={"phone": "+32 81 22 22 22"}),)),
            notice(4, values=(), title={"fr": "Pont et éclairage", "ar": "جسر وإنارة"}),
        )  # fmt: skip
        hole(world)
    with clock.frozen_at(WEDNESDAY):
        (digest,) = digests.build_due(world.store, world.settings, WEDNESDAY)
    mail = next(mail for mail in world.mails() if digest.id in str(mail["Message-ID"]))
    text = settled(text_of(mail))
    for profile in world.store.profiles.of_owner(owner.id):
        text = text.replace(criteria(profile, language), "CRITERIA")  # its wording is that of search
    return f"{mail['Subject']}\n\n{text}"


def hole(world: World) -> None:
    day = TUESDAY.date()
    run = world.store.runs.start("be_bda", RunPurpose.WINDOW)
    world.store.windows.record(
        WindowRecord(
            portal="be_bda", start=day, end=day + timedelta(days=1), run_id=run.id, announced=4, distinct=4, stored=4,
            verdict=Verdict.SUSPECT, ended_at=TUESDAY,
        )
    )  # fmt: skip


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_digest_reads_exactly_like_this(world: World, language: str) -> None:
    text = told_on_wednesday(world, language)
    path = EXPECTED / f"digest.{language}.txt"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} was not there and has been written: read it, and run the test again")
    assert text == path.read_text(encoding="utf-8")
