from __future__ import annotations

from datetime import timedelta

import pytest

from alerts import digests, links, profiles
from alerts.confirmation import Asked
from alerts.profiles import ProfileError, ProfileRequest
from core import clock
from search.query import NoticeQuery
from store.records import ProfileState
from tests.unit.alerts.alerts_kit import LIGHTING, NOON, World, notice, subjects, text_of


@pytest.mark.parametrize(
    "query", [NoticeQuery.open_calls(), NoticeQuery.open_calls(text="*"), NoticeQuery(text="-travaux")]
)
def test_a_profile_that_would_match_everything_is_refused_with_the_reason(world: World, query: NoticeQuery) -> None:
    with pytest.raises(ProfileError, match="correspondrait") as refused:
        world.subscribe(query)
    assert "Ajoutez" in str(refused.value)
    assert world.store.profiles.count() == 0


def test_a_profile_starts_with_open_calls_unless_it_says_otherwise() -> None:
    assert profiles.open_calls(NoticeQuery(text="pont")) == NoticeQuery.open_calls(text="pont")
    results = NoticeQuery(text="pont", kinds=("result",))
    assert profiles.open_calls(results) == results


def test_nothing_but_the_question_reaches_an_address_that_has_not_confirmed(world: World) -> None:
    world.crawl(notice(1))
    saved = world.subscribe()
    world.crawl(notice(2))
    assert saved.asked is Asked.SENT
    assert digests.build_due(world.store, world.settings, NOON + timedelta(days=1)) == []
    assert world.mails() == []
    (question,) = world.mails("confirmation")
    assert question["To"] == "anne@pme.example"
    assert "List-Unsubscribe" not in question
    assert "https://vigie.example/alerts/confirm/" in text_of(question)


def test_an_address_is_asked_once_in_ten_minutes(world: World) -> None:
    assert world.subscribe().asked is Asked.SENT
    assert world.subscribe(name="Encore").asked is Asked.RECENT
    with clock.frozen_at(NOON + timedelta(minutes=9, seconds=59)):
        assert world.subscribe(name="Toujours").asked is Asked.RECENT
    with clock.frozen_at(NOON + timedelta(minutes=10)):
        assert world.subscribe(name="Enfin").asked is Asked.SENT
    assert len(world.mails("confirmation")) == 2


def test_who_confirms_sees_at_once_what_is_open_today(world: World) -> None:
    world.crawl(notice(1), notice(2), notice(3, title={"fr": "Repas scolaires"}, description={}))
    owner = world.confirmed()
    (mail,) = world.mails()
    assert "2 avis ouverts" in mail["Subject"]
    assert {hit.kind.value for hit in world.hits(owner)} == {"existing"}
    assert "Repas" not in text_of(mail)


def test_what_came_between_saving_and_confirming_is_told_as_new(world: World) -> None:
    world.crawl(notice(1))
    saved = world.subscribe()
    world.crawl(notice(2))
    profiles.confirm(world.store, world.settings, world.index, saved.owner.id, NOON)
    (mail,) = world.mails()
    assert "1 nouvel avis et 1 avis ouvert" in mail["Subject"]


def test_what_the_index_does_not_hold_yet_is_not_forgotten_when_a_profile_is_confirmed(world: World) -> None:
    world.save(notice(1))
    world.match()  # matched before the profile existed, indexed later
    owner = world.confirmed()
    assert [hit.notice_id for hit in world.hits(owner)] == ["be_bda:1"]


def test_confirming_twice_sends_nothing_twice(world: World) -> None:
    world.crawl(notice(1))
    owner = world.confirmed()
    profiles.confirm(world.store, world.settings, world.index, owner.id, NOON + timedelta(hours=1))
    assert len(world.mails()) == 1


def test_a_later_profile_of_a_confirmed_owner_gets_its_own_first_digest(world: World) -> None:
    world.crawl(notice(1), notice(2, title={"fr": "Réfection du pont de Jambes"}, description={}))
    owner = world.confirmed()
    request = ProfileRequest(email=owner.email, name="Ponts", query=NoticeQuery.open_calls(text="pont"))
    saved = profiles.create(world.store, world.settings, world.index, request, NOON, proven=owner)
    assert saved.asked is Asked.NOT_NEEDED
    assert saved.first is not None
    assert saved.first.key == f"first:{saved.profile.id}"
    assert any("pont de Jambes" in subject for subject in subjects(world.mails()))


def test_a_stranger_cannot_fill_the_mailbox_of_someone_who_confirmed(world: World) -> None:
    world.crawl(notice(1))
    owner = world.confirmed()
    with clock.frozen_at(NOON + timedelta(hours=1)):
        saved = world.subscribe(name="Par un inconnu", hour=3)
        assert saved.profile.state is ProfileState.WAITING
        assert saved.asked is Asked.SENT
        assert len(world.mails()) == 1
        assert world.store.profiles.owner(owner.id) == owner
        profiles.confirm(
            world.store, world.settings, world.index, owner.id, NOON + timedelta(hours=1), saved.profile.id
        )
    assert len(world.mails()) == 2


def test_an_owner_has_at_most_fifty_profiles(world: World) -> None:
    saved = world.subscribe()
    for number in range(profiles.MOST_PROFILES - 1):
        world.store.profiles.create(saved.owner.id, str(number), LIGHTING.to_dict())
    with pytest.raises(ProfileError, match="50"):
        world.subscribe(name="un de trop")


def test_a_name_cannot_break_a_line_and_must_be_there(world: World) -> None:
    assert world.subscribe(name="Ponts\r\nBcc: tous@pme.example").profile.name == "Ponts Bcc: tous@pme.example"
    with pytest.raises(ProfileError, match="nom"):
        world.subscribe(name=" \n ")


def test_a_paused_profile_is_silent_and_a_resumed_one_catches_up(world: World) -> None:
    owner = world.confirmed()
    (profile,) = world.store.profiles.of_owner(owner.id)
    profiles.pause(world.store, profile.id)
    world.crawl(notice(1))
    assert world.hits(owner) == []
    profiles.resume(world.store, world.settings, world.index, profile.id, NOON)
    assert [hit.kind.value for hit in world.hits(owner)] == ["existing"]


def test_an_edited_profile_finds_what_is_open_and_only_the_new_query_matches(world: World) -> None:
    world.crawl(notice(1), notice(2, title={"fr": "Réfection du pont de Jambes"}, description={}))
    owner = world.confirmed()
    (profile,) = world.store.profiles.of_owner(owner.id)
    wider = NoticeQuery.open_calls(text="éclairage OR pont")
    profiles.edit(world.store, world.settings, world.index, profile.id, "Éclairage et ponts", wider, NOON)
    assert sorted(hit.notice_id for hit in world.hits(owner)) == ["be_bda:1", "be_bda:2"]
    assert {hit.kind.value for hit in world.hits(owner)} == {"existing"}


def test_unsubscribing_stops_one_profile_or_all_and_may_be_repeated(world: World) -> None:
    owner = world.confirmed()
    other = world.store.profiles.create(owner.id, "Autre", LIGHTING.to_dict())
    one = links.Unsubscription(owner_id=owner.id, profile_id=other.id)
    for _ in range(2):
        assert [profile.id for profile in profiles.unsubscribe(world.store, one)] == [other.id]
    everything = profiles.unsubscribe(world.store, links.Unsubscription(owner_id=owner.id))
    assert {profile.state for profile in everything} == {ProfileState.UNSUBSCRIBED}
    world.crawl(notice(1))
    assert world.hits(owner) == []


def test_a_link_dies_with_its_profile(world: World) -> None:
    owner = world.confirmed()
    (profile,) = world.store.profiles.of_owner(owner.id)
    profiles.delete(world.store, profile.id)
    with pytest.raises(links.LinkError):
        profiles.unsubscribe(world.store, links.Unsubscription(owner_id=owner.id, profile_id=profile.id))


def test_a_profile_belongs_to_one_owner(world: World) -> None:
    owner = world.confirmed()
    stranger = world.subscribe(email="bob@pme.example").profile
    with pytest.raises(links.LinkError):
        profiles.of_owner(world.store, owner.id, stranger.id)


@pytest.mark.parametrize(
    "wishes", [{"zone": "Europe/Nowhere"}, {"zone": "../../etc/passwd"}, {"weekdays": ()}, {"weekdays": (7,)}]
)
def test_wishes_that_make_no_sense_are_refused(world: World, wishes: dict[str, object]) -> None:
    with pytest.raises(ProfileError):
        world.subscribe(**wishes)  # type: ignore[arg-type]


def test_two_profiles_saved_within_minutes_start_with_the_one_link(world: World) -> None:
    world.crawl(notice(1), notice(2, title={"fr": "Réfection du pont de Jambes"}, description={}))
    owner = world.confirmed()
    hour_later = NOON + timedelta(hours=1)
    with clock.frozen_at(hour_later):
        first = world.subscribe(name="Ponts", query=NoticeQuery.open_calls(text="pont"))
        second = world.subscribe(name="Luminaires", query=NoticeQuery.open_calls(text="luminaires"))
        assert (first.asked, second.asked) == (Asked.SENT, Asked.RECENT)
        assert {item.name for item in profiles.awaiting(world.store, owner)} == {"Ponts", "Luminaires"}
        profiles.confirm(world.store, world.settings, world.index, owner.id, hour_later, first.profile.id)
    states = {profile.state for profile in world.store.profiles.of_owner(owner.id)}
    assert states == {ProfileState.ACTIVE}
    assert len(world.mails()) == 3


def test_a_link_whose_profile_is_gone_still_confirms_the_others(world: World) -> None:
    first, second = world.subscribe(), world.subscribe(name="Autre")
    profiles.delete(world.store, first.profile.id)
    profiles.confirm(world.store, world.settings, world.index, first.owner.id, NOON, first.profile.id)
    owner = world.store.profiles.owner(second.owner.id)
    assert owner is not None
    assert owner.confirmed_at == NOON


def test_following_an_old_link_does_not_resume_what_its_owner_paused(world: World) -> None:
    owner = world.confirmed()
    (profile,) = world.store.profiles.of_owner(owner.id)
    profiles.pause(world.store, profile.id)
    profiles.confirm(world.store, world.settings, world.index, owner.id, NOON, profile.id)
    assert [item.state for item in world.store.profiles.of_owner(owner.id)] == [ProfileState.PAUSED]


def test_what_nobody_confirms_is_forgotten_after_thirty_days(world: World) -> None:
    saved = world.subscribe()
    assert profiles.forget_unconfirmed(world.store, NOON + timedelta(days=29)).owners == 0
    assert profiles.forget_unconfirmed(world.store, NOON + timedelta(days=31)).owners == 1
    with pytest.raises(links.LinkError):
        profiles.confirm(world.store, world.settings, world.index, saved.owner.id, NOON)
