"""When jobs are due: zones, changes of the clock, catching up once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.settings import Settings
from crawlers import portals
from scheduler.firings import Once, cron, last_due
from scheduler.jobs import crawl_triggers

BRUSSELS_AT_0230 = (cron("30 2 * * *", "Europe/Brussels"),)


class MemoryFirings:
    """Firings kept in a set, with the store's promise: each moment is claimed once."""

    def __init__(self) -> None:
        self.claimed: set[tuple[str, datetime]] = set()

    def claim(self, job: str, due_at: datetime) -> bool:
        """True for the first claimer."""
        fresh = (job, due_at) not in self.claimed
        self.claimed.add((job, due_at))
        return fresh


def _fired(instants: list[datetime]) -> list[datetime]:
    firings = MemoryFirings()
    once = Once(BRUSSELS_AT_0230, lambda due: firings.claim("crawl", due))
    return [instant for instant in instants if once.fire(instant)]


def test_a_job_at_half_past_two_fires_once_when_clocks_go_back() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert _fired([first, second]) == [first]


def test_a_job_at_half_past_two_fires_once_when_clocks_go_forward() -> None:
    night = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    every_ten_minutes = [night + timedelta(minutes=10 * n) for n in range(6 * 12)]
    first, *others = _fired(every_ten_minutes)
    assert first == night  # catches up on the day before
    assert len(others) == 1


def test_what_was_missed_while_the_machine_was_off_is_caught_up_once() -> None:
    week_later = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert _fired([datetime(2026, 11, 13, 1, 30, tzinfo=UTC), week_later, week_later + timedelta(minutes=5)]) == [
        datetime(2026, 11, 13, 1, 30, tzinfo=UTC),
        week_later,
    ]


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 1, 15, 6, 0, tzinfo=UTC)),
        # during Ramadan of 2026 (18 February to 19 March) Morocco's clock is at UTC+0
        (datetime(2026, 3, 5, 12, tzinfo=UTC), datetime(2026, 3, 5, 7, 0, tzinfo=UTC)),
        (datetime(2026, 4, 5, 12, tzinfo=UTC), datetime(2026, 4, 5, 6, 0, tzinfo=UTC)),
    ],
)
def test_seven_in_the_morning_in_morocco_follows_the_clock_of_ramadan(day: datetime, due: datetime) -> None:
    assert last_due((cron("0 7 * * *", "Africa/Casablanca"),), day) == due


def test_the_latest_of_several_times_counts() -> None:
    triggers = tuple(cron(f"0 {hour} * * *", "Europe/Brussels") for hour in (5, 8, 14))
    assert last_due(triggers, datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) == datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def test_every_portal_is_crawled_at_least_daily_and_never_in_its_closed_hours() -> None:
    for key in portals.enabled(Settings()):
        portal = portals.load(key)
        triggers = crawl_triggers(portal, demo=False)
        noon = datetime(2026, 11, 17, 21, 0, tzinfo=UTC)
        due = last_due(triggers, noon)
        assert due is not None
        assert noon - due < timedelta(days=1)
        for trigger in triggers:
            moment = trigger.get_next_fire_time(None, noon)
            assert moment is not None
            assert str(moment.tzinfo) == portal.zone
