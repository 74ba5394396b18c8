"""What the nightly check says of matching: nothing when all is well, and every pair that was missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from alerts import matching, missed
from cli import main
from core import clock
from monitoring import telling
from notices.model import Notice
from search.matcher import EmbeddedMatcher
from search.query import NoticeQuery
from store import Store
from store.records import IncidentKind, NewHit, Origin, Profile, ProfileState, Saving
from tests.unit.alerts.alerts_kit import LIGHTING, NOON, notice, second_version, settings_in

DAY = timedelta(days=1)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder of an installation."""
    return tmp_path


@pytest.fixture
def store(place: Path) -> Iterator[Store]:
    """A store with a profile that looks for lighting, saved yesterday."""
    with clock.frozen_at(NOON - DAY), Store.open(settings_in(place)) as opened:
        owner = opened.profiles.ensure_owner("a@example.org", "fr", "Europe/Brussels", 7, (0,))
        opened.profiles.create(owner.id, "Éclairage", LIGHTING.to_dict())
        yield opened


def saved(store: Store, *items: Notice, origin: Origin = Origin.CRAWL) -> None:
    """Saved at noon."""
    with clock.frozen_at(NOON):
        store.notices.save_many([Saving(notice=item, origin=origin) for item in items])


def matched(store: Store) -> None:
    """As the match worker does."""
    from alerts.matching import MatcherState, drain
    from search.matcher import EmbeddedMatcher

    with clock.frozen_at(NOON):
        while drain(store, MatcherState(EmbeddedMatcher())):
            pass


def lost(store: Store) -> None:
    """A match worker that takes the rows and finds nothing."""
    store.match_queue.acknowledge(store.match_queue.take(100))


def only_profile(store: Store) -> Profile:
    """The one of the fixture."""
    (profile,) = store.profiles.changed_since(0).put
    return profile


def told(store: Store, *notice_ids: str) -> None:
    """First versions that the profile was told of at noon because of its words."""
    profile, why = only_profile(store), ({"clause": "text", "printed": "éclairage"},)
    keys = {stored.notice.id: stored.procedure_key for stored in store.notices.iterate()}
    with clock.frozen_at(NOON):
        store.hits.record(
            [
                NewHit(
                    profile_id=profile.id,
                    notice_id=notice_id,
                    version=1,
                    procedure_key=keys.get(notice_id, notice_id),
                    reasons=why,
                    snapshot={},
                )
                for notice_id in notice_ids
            ],
            [],
        )


def checked(store: Store, place: Path, hours: int = 14) -> missed.MatchingCheck:
    """The check of that night."""
    with clock.frozen_at(NOON + timedelta(hours=hours)):
        return missed.check(store, settings_in(place), clock.now() - DAY, clock.now())


def test_a_day_on_which_everything_was_told_is_said_to_be_complete(store: Store, place: Path) -> None:
    saved(store, notice(1), notice(2), notice(3, title={"fr": "Voirie"}, description={}))
    matched(store)
    found = checked(store, place)
    assert (found.notices, found.profiles, found.found, found.missed) == (3, 1, 2, ())
    assert store.incidents.current() == []


def test_what_matching_lost_is_named_and_is_an_incident_until_it_is_told(store: Store, place: Path) -> None:
    saved(store, notice(1))
    matched(store)
    saved(store, notice(2))
    lost(store)
    found = checked(store, place)
    assert [one.notice_id for one in found.missed] == ["be_bda:2"]
    (incident,) = store.incidents.current()
    assert (incident.kind, incident.details["count"]) == (IncidentKind.MATCHING_MISSED, 1)
    assert telling.details_of(incident) == (f"be_bda:2, version 1, profile {only_profile(store).id}",)
    later = checked(store, place, hours=48)
    assert (later.notices, later.missed) == (0, ())
    assert store.incidents.current() == []


def test_what_waits_was_read_anew_or_came_before_the_profile_is_not_called_missed(store: Store, place: Path) -> None:
    saved(store, notice(1), notice(2))
    lost(store)
    saved(store, notice(2, description={"fr": "Lu autrement."}), origin=Origin.REPLAY)
    owner = store.profiles.owner_by_email("a@example.org")
    assert owner is not None
    with clock.frozen_at(NOON + timedelta(hours=1)):
        for profile in store.profiles.of_owner(owner.id):
            store.profiles.update(profile.id, state=ProfileState.PAUSED)
        store.profiles.create(owner.id, "Nouveau", NoticeQuery.open_calls(text="éclairage").to_dict())
    saved(store, notice(3))
    assert checked(store, place).missed == ()


def test_a_deadline_that_came_nearer_since_the_match_is_not_called_missed(store: Store, place: Path) -> None:
    owner = store.profiles.owner_by_email("a@example.org")
    assert owner is not None
    (deadline,) = notice(1).deadlines
    days = (deadline.at.date() - NOON.date()).days
    with clock.frozen_at(NOON - DAY):
        soon = {"next_days": days, "unknown": "exclude"}  # from tomorrow on
        store.profiles.create(owner.id, "Bientôt", NoticeQuery(text="éclairage", deadline=soon).to_dict())
    saved(store, notice(1))
    matched(store)
    found = checked(store, place, hours=23)
    assert found.found == 2
    assert found.missed == ()


def test_a_second_version_that_was_not_told_is_missed_although_the_first_was(store: Store, place: Path) -> None:
    saved(store, notice(1))
    matched(store)
    saved(store, second_version(notice(1), title={"fr": "Éclairage public, rectifié"}))
    lost(store)
    assert [(one.notice_id, one.version) for one in checked(store, place).missed] == [("be_bda:1", 2)]


def test_what_was_told_and_answers_no_search_is_named_and_what_follows_a_procedure_is_not(
    store: Store, place: Path
) -> None:
    saved(store, notice(1), notice(2, title={"fr": "Voirie"}, description={}))
    matched(store)
    with clock.frozen_at(NOON + timedelta(hours=1)):  # no longer about lighting, and told to who followed it
        changed = second_version(notice(1), title={"fr": "Voirie"}, description={})
        store.notices.save_many([Saving(notice=changed)])
        while matching.drain(store, matching.MatcherState(EmbeddedMatcher())):
            pass
    assert checked(store, place).unwanted == ()
    told(store, "be_bda:2")
    found = checked(store, place)
    assert [(one.what, one.notice_id) for one in found.unwanted] == [("unwanted", "be_bda:2")]
    (incident,) = store.incidents.current()
    assert (incident.kind, incident.details["count"]) == (IncidentKind.MATCHING_UNWANTED, 1)
    assert telling.details_of(incident) == (f"be_bda:2, version 1, profile {only_profile(store).id}",)


def test_a_hit_that_answers_no_search_is_named_however_many_came_after_it(store: Store, place: Path) -> None:
    saved(store, notice(1, title={"fr": "Voirie"}, description={}))
    matched(store)
    told(store, "be_bda:1")
    told(store, *(f"gone:{number}" for number in range(10_000)))
    assert [one.notice_id for one in checked(store, place).unwanted] == ["be_bda:1"]
    assert [one.kind for one in store.incidents.current()] == [IncidentKind.MATCHING_UNWANTED]


def test_the_command_ends_with_a_code_that_says_whether_something_was_missed(
    store: Store, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(place))
    saved(store, notice(1))
    matched(store)
    with clock.frozen_at(NOON + timedelta(hours=1)):
        assert CliRunner().invoke(main, ["matching", "check"]).exit_code == 0
        saved(store, notice(2))
        lost(store)
        done = CliRunner().invoke(main, ["matching", "check", "--json"])
    assert done.exit_code == 1
    assert '"notice_id": "be_bda:2"' in done.stdout
