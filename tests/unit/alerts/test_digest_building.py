from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from alerts import digests, profiles
from alerts.coverage import Sources
from alerts.views import MOST_LISTED, shared
from core import clock
from core.settings import Settings
from notices.model import Deadline, DeadlineKind, LotResult, NoticeKind, Organisation, TaxBasis, Tender
from search.query import NoticeQuery
from store.digests import digest_id
from store.records import Digest, RunPurpose, Verdict, WindowRecord
from tests.unit.alerts.alerts_kit import NOON, World, deadline_on, notice, opened, second_version, text_of

TUESDAY_SEVEN = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
"""07:00 in Brussels."""


def build_at(world: World, at: datetime) -> list[Digest]:
    with clock.frozen_at(at):
        return digests.build_due(world.store, world.settings, at)


def tick(world: World, start: datetime, end: datetime, step: timedelta = timedelta(minutes=15)) -> list[datetime]:
    """Look after digests as the scheduler does; the instants at which one was built."""
    built, at = [], start
    while at < end:
        built += [at] * len(build_at(world, at))
        at += step
    return built


def test_a_digest_comes_at_the_hour_the_owner_chose_and_once(world: World) -> None:
    world.confirmed(hour=7)
    tick(world, NOON - timedelta(hours=8), NOON)
    world.crawl(notice(1))
    assert tick(world, NOON, NOON + timedelta(days=2)) == [TUESDAY_SEVEN]
    assert len(world.mails()) == 1


def test_what_is_found_after_the_hour_waits_for_the_next_one(world: World) -> None:
    world.confirmed(hour=7)
    early = NOON - timedelta(hours=8)
    built = tick(world, early, NOON)  # 07:00 passes with nothing to tell
    world.crawl(notice(1))
    built += tick(world, NOON, NOON + timedelta(days=1))
    assert built == [TUESDAY_SEVEN]


def test_an_hour_that_was_missed_is_caught_up_once_the_same_day(world: World) -> None:
    world.confirmed(hour=7)
    build_at(world, NOON)
    world.crawl(notice(1))
    nothing_ran_until = TUESDAY_SEVEN + timedelta(hours=3, minutes=20)
    assert tick(world, nothing_ran_until, NOON + timedelta(days=2)) == [nothing_ran_until]


def test_a_late_hour_that_was_missed_is_caught_up_after_midnight_and_once(world: World) -> None:
    """Monday 23:00 in Brussels, and nothing ran from Monday 13:00 to Tuesday 08:00; Tuesday is no day of the owner."""
    world.confirmed(hour=23, weekdays=(0,))
    build_at(world, NOON)
    world.crawl(notice(1))
    nothing_ran_until = TUESDAY_SEVEN + timedelta(hours=1)
    assert tick(world, nothing_ran_until, NOON + timedelta(days=2)) == [nothing_ran_until]


def test_a_late_hour_that_was_kept_is_not_told_again_after_midnight(world: World) -> None:
    world.confirmed(hour=23, weekdays=(0,))
    assert tick(world, NOON, NOON + timedelta(hours=11, minutes=30)) == []
    world.crawl(notice(1))  # found at 23:30, after the hour: it waits for next Monday
    assert tick(world, NOON + timedelta(hours=12, minutes=30), NOON + timedelta(days=1)) == []


def test_no_digest_comes_on_a_day_the_owner_did_not_choose(world: World) -> None:
    world.confirmed(hour=7, weekdays=(2,))
    build_at(world, NOON)
    world.crawl(notice(1))
    assert tick(world, NOON, NOON + timedelta(days=3)) == [TUESDAY_SEVEN + timedelta(days=1)]


def test_nothing_to_tell_means_no_mail(world: World) -> None:
    world.confirmed()
    assert tick(world, NOON, NOON + timedelta(days=2)) == []
    assert world.mails() == []


def test_a_clock_that_goes_back_sends_nothing_twice(world: World) -> None:
    """Brussels, 25 October 2026: 02:30 exists twice."""
    with clock.frozen_at(datetime(2026, 10, 24, 12, tzinfo=UTC)):
        build_at(world, clock.now())
        world.confirmed(hour=2, weekdays=tuple(range(7)))
        world.crawl(notice(1, published_at=clock.now()))
    start = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)  # 01:00
    first = tick(world, start, start + timedelta(hours=1, minutes=30))  # up to 02:30, the first time
    with clock.frozen_at(start + timedelta(hours=1, minutes=30)):
        world.crawl(notice(2, published_at=clock.now()))
    again = tick(world, start + timedelta(hours=1, minutes=30), start + timedelta(hours=20))
    assert first == [datetime(2026, 10, 25, 0, 0, tzinfo=UTC)]
    assert again == []


def test_an_hour_that_spring_skips_is_told_at_the_next_one(world: World) -> None:
    """Brussels, 28 March 2027: 02:00 to 03:00 does not exist."""
    with clock.frozen_at(datetime(2027, 3, 27, 12, tzinfo=UTC)):
        world.confirmed(hour=2, weekdays=tuple(range(7)))
        build_at(world, clock.now())
        later = Deadline(kind=DeadlineKind.TENDERS, at=datetime(2027, 5, 3, 10, tzinfo=UTC))
        world.crawl(notice(1, published_at=clock.now(), deadlines=(later,)))
    start = datetime(2027, 3, 28, 0, 0, tzinfo=UTC)  # 01:00 in Brussels; at 01:00 UTC it is 03:00
    assert tick(world, start, start + timedelta(hours=20)) == [datetime(2027, 3, 28, 1, 0, tzinfo=UTC)]


def test_moroccos_clock_in_ramadan_moves_the_digest_with_it(world: World) -> None:
    """Casablanca is at UTC+1, and at UTC during Ramadan (in 2027 from 7 February, Sunday, to 14 March)."""
    built = []
    for number, day in enumerate((datetime(2027, 2, 5, tzinfo=UTC), datetime(2027, 2, 9, tzinfo=UTC))):
        with clock.frozen_at(day - timedelta(hours=6)):
            if number == 0:
                world.confirmed(hour=7, zone="Africa/Casablanca", weekdays=tuple(range(7)))
            later = Deadline(kind=DeadlineKind.TENDERS, at=datetime(2027, 5, 3, 10, tzinfo=UTC))
            build_at(world, clock.now())
            world.crawl(notice(number, published_at=clock.now(), deadlines=(later,)))
        built += tick(world, day, day + timedelta(hours=12))
    assert [at.hour for at in built] == [6, 7]


@pytest.mark.parametrize("count", [26, 51, 101])
def test_every_hit_is_counted_and_the_rest_is_linked_to(world: World, count: int) -> None:
    owner = world.confirmed()
    world.crawl(*(notice(number) for number in range(1, count + 1)))
    (digest,) = build_at(world, TUESDAY_SEVEN)
    (mail,) = world.mails()
    text = text_of(mail)
    assert digest.hits == count
    assert str(mail["Subject"]).startswith(f"Vigie : {count} nouveaux avis")
    assert text.count("https://vigie.example/notices/") == MOST_LISTED
    assert f"et {count - MOST_LISTED} autre" in text
    assert f"/digests/{digest.id}" in text
    assert len(world.store.hits.of_digest(digest.id)) == count
    assert world.store.hits.pending(owner.id) == []


def test_a_broad_profile_does_not_crowd_out_a_narrow_one() -> None:
    assert shared([100, 2, 3], 25) == [20, 2, 3]
    assert shared([3, 1], 25) == [3, 1]
    assert shared([40, 40], 25) == [13, 12]


def test_a_change_is_told_with_before_and_after(world: World) -> None:
    world.confirmed()
    world.crawl(notice(1))
    build_at(world, TUESDAY_SEVEN)
    with clock.frozen_at(TUESDAY_SEVEN + timedelta(hours=4)):
        world.crawl(second_version(notice(1), deadlines=(deadline_on(21),)))
    build_at(world, TUESDAY_SEVEN + timedelta(days=1))
    text = text_of(world.mails()[1])
    assert "Délai, avant : lundi 14 décembre 2026 à 11:00 (Bruxelles)" in text
    assert "Délai, maintenant : lundi 21 décembre 2026 à 11:00 (Bruxelles)" in text
    assert "1 modification" in world.mails()[1]["Subject"]


def test_a_deadline_that_moves_there_and_back_between_two_mails_is_no_change(world: World) -> None:
    world.confirmed()
    world.crawl(notice(1))
    build_at(world, TUESDAY_SEVEN)
    moved = second_version(notice(1), deadlines=(deadline_on(21),))
    with clock.frozen_at(TUESDAY_SEVEN + timedelta(hours=4)):
        world.crawl(moved)
        world.crawl(second_version(moved, notice_version="03", deadlines=(deadline_on(14),)))
    assert build_at(world, TUESDAY_SEVEN + timedelta(days=1)) == []


def test_a_notice_that_answers_two_profiles_is_shown_once(world: World) -> None:
    owner = world.confirmed()
    world.store.profiles.create(owner.id, "Namur", NoticeQuery.open_calls(text="LED").to_dict())
    world.crawl(notice(1))
    build_at(world, TUESDAY_SEVEN)
    text = text_of(world.mails()[0])
    assert text.count("Acheteur : Ville de Namur") == 1
    assert text.count("Déjà présenté plus haut") == 1


def test_a_deadline_is_told_in_the_owners_time_and_the_portals(world: World) -> None:
    world.confirmed(zone="America/New_York", hour=0)
    world.crawl(notice(1))
    build_at(world, TUESDAY_SEVEN)
    expected = "Délai : lundi 14 décembre 2026 à 05:00 (New York) – soit 11:00 sur le portail (Bruxelles)"
    assert expected in text_of(world.mails()[0])


def test_a_value_that_is_not_published_is_said_to_be_absent(world: World) -> None:
    world.confirmed()
    world.crawl(notice(1, values=()))
    build_at(world, TUESDAY_SEVEN)
    assert "Valeur : non communiquée" in text_of(world.mails()[0])


def test_a_tax_basis_is_always_said(world: World) -> None:
    (value,) = notice(1).values
    world.confirmed()
    world.crawl(
        notice(1, values=(value.model_copy(update={"tax_basis": TaxBasis.UNKNOWN, "amount": Decimal("99.50")}),))
    )
    build_at(world, TUESDAY_SEVEN)
    assert "99,50\xa0€ TVA non précisée (estimation)" in text_of(world.mails()[0])


def test_a_hostile_title_stays_text(world: World) -> None:
    world.confirmed()
    title = "Éclairage <script>alert(1)</script>\r\nBcc: tous@pme.example \u202egnirts"
    world.crawl(notice(1, title={"fr": title}))
    build_at(world, TUESDAY_SEVEN)
    (mail,) = world.mails()
    assert "<script>" not in text_of(mail, "html")
    assert "&lt;script&gt;" in text_of(mail, "html")
    assert mail["Bcc"] is None
    assert "\u202e" not in str(mail["Subject"]) + text_of(mail) + text_of(mail, "html")


def test_an_arabic_title_reads_well_in_the_subject_and_in_the_mail(world: World) -> None:
    world.confirmed()
    world.crawl(notice(1, title={"ar": "إنارة عمومية"}, description={"fr": "Éclairage public"}))
    build_at(world, TUESDAY_SEVEN)
    (mail,) = world.mails()
    assert "\u2068إنارة عمومية\u2069" in mail["Subject"]
    assert '<h4 dir="auto"' in text_of(mail, "html")
    assert "إنارة" in text_of(mail, "html")


def test_found_words_are_marked(world: World) -> None:
    world.confirmed()
    world.crawl(notice(1))
    build_at(world, TUESDAY_SEVEN)
    assert '<mark style="background:#fff0a8;color:inherit">éclairage</mark>' in text_of(world.mails()[0], "html")


def test_the_headers_let_people_and_machines_stop_the_mails(world: World) -> None:
    world.confirmed()
    world.crawl(notice(1))
    (digest,) = build_at(world, TUESDAY_SEVEN)
    (message,) = [item for item in world.store.outbox.recent() if item.purpose == "digest"]
    raw = message.payload.decode("ascii")
    assert "List-Unsubscribe: <https://vigie.example/alerts/unsubscribe/" in raw
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert "Auto-Submitted: auto-generated\r\n" in raw
    assert "List-Id: Vigie <alertes.vigie.example>\r\n" in raw
    assert f"Message-ID: <digest-{digest.id}@vigie.example>\r\n" in raw
    assert message.message_id == f"<digest-{digest.id}@vigie.example>"
    assert opened(message.payload)["Date"].datetime == TUESDAY_SEVEN
    assert all(len(line) <= 998 for line in raw.splitlines())


def test_the_people_concerned_are_told_that_a_source_was_incomplete(world: World) -> None:
    owner = world.confirmed()
    run = world.store.runs.start("be_bda", RunPurpose.WINDOW)
    window = WindowRecord(
        portal="be_bda", start=NOON.date(), end=NOON.date() + timedelta(days=1), run_id=run.id, announced=120,
        distinct=117, stored=117, verdict=Verdict.INCOMPLETE, missing=3, ended_at=NOON,
    )  # fmt: skip
    world.store.windows.record(window)
    world.crawl(notice(1))
    elsewhere = world.subscribe(NoticeQuery(text="éclairage", countries=("FR", "BE")), email="b@pme.example").owner
    assert elsewhere.id != owner.id
    build_at(world, TUESDAY_SEVEN)
    assert "au moins 3 avis annoncés n'ont pas encore pu être lus (23 novembre 2026)" in text_of(world.mails()[0])
    complete = window.model_copy(update={"verdict": Verdict.COMPLETE, "missing": 0, "stored": 120})
    world.store.windows.record(complete)
    with clock.frozen_at(TUESDAY_SEVEN + timedelta(hours=1)):
        world.crawl(notice(2))
    build_at(world, TUESDAY_SEVEN + timedelta(days=1))
    assert "annoncés" not in text_of(world.mails()[1])


def test_a_demonstration_says_so_in_every_mail(world: World) -> None:
    demo = world.settings.model_copy(update={"demo": True})
    world.settings = Settings.model_validate(demo.model_dump())
    world.crawl(notice(1))
    world.confirmed()
    for mail in (*world.mails(), *world.mails("confirmation")):
        assert "DÉMONSTRATION" in text_of(mail)
        assert "DÉMONSTRATION" in text_of(mail, "html")


def test_minor_changes_ride_along_with_the_next_mail(world: World) -> None:
    world.confirmed()
    world.crawl(notice(1))
    build_at(world, TUESDAY_SEVEN)
    (buyer,) = notice(1).buyers
    with clock.frozen_at(TUESDAY_SEVEN + timedelta(hours=4)):
        world.crawl(
            second_version(notice(1), buyers=(buyer.model_copy(update={"phone": "+32 81 11 11 11"}),)), notice(2)
        )
    build_at(world, TUESDAY_SEVEN + timedelta(days=1))
    assert "1 changement mineur" in text_of(world.mails()[1])
    assert "1 nouvel avis –" in world.mails()[1]["Subject"]


def test_one_owners_broken_digest_does_not_keep_the_others_from_theirs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = world.confirmed(email="a@pme.example")
    world.confirmed(email="b@pme.example")
    world.crawl(notice(1))
    build = digests.build

    def fails_for_one(store: Any, settings: Any, owner: Any, *rest: Any) -> Any:
        if owner.id == broken.id:
            raise RuntimeError("broken")
        return build(store, settings, owner, *rest)

    monkeypatch.setattr(digests, "build", fails_for_one)
    build_at(world, TUESDAY_SEVEN)
    assert [mail["To"] for mail in world.mails()] == ["b@pme.example"]
    monkeypatch.undo()
    build_at(world, TUESDAY_SEVEN + timedelta(minutes=1))
    assert len(world.mails()) == 2


def test_the_holes_of_a_source_are_read_once_however_many_digests_tell_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        world.confirmed(email=f"{name}@pme.example")
    world.crawl(notice(1))
    asked: list[str] = []
    read = world.store.windows.incomplete
    monkeypatch.setattr(world.store.windows, "incomplete", lambda key: asked.append(key) or read(key))
    assert len(build_at(world, TUESDAY_SEVEN)) == 3
    assert asked
    assert len(asked) == len(set(asked))


def test_processes_that_build_at_the_same_time_share_the_owners(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "PAGE", 3)
    addresses = {f"{name}@pme.example" for name in "abcdefgh"}
    for address in addresses:
        world.confirmed(email=address)
    world.crawl(notice(1))
    build, by_the_other = digests.build, 0

    def meanwhile(*arguments: Any) -> Any:
        nonlocal by_the_other
        monkeypatch.setattr(digests, "build", build)
        by_the_other = len(digests.build_due(world.store, world.settings, TUESDAY_SEVEN))
        return build(*arguments)

    monkeypatch.setattr(digests, "build", meanwhile)
    assert build_at(world, TUESDAY_SEVEN) == []
    assert by_the_other == len(addresses)
    assert sorted(mail["To"] for mail in world.mails()) == sorted(addresses)


@pytest.mark.parametrize("start", ["", "7", "7fffffffffffffffffffffffffffffff", "g"])
def test_a_pass_reaches_every_owner_once_wherever_it_starts(
    world: World, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.setattr(digests, "PAGE", 2)
    monkeypatch.setattr(digests, "uuid4", lambda: SimpleNamespace(hex=start))
    for name in "abcde":
        world.confirmed(email=f"{name}@pme.example")
    world.crawl(notice(1))
    assert len(build_at(world, TUESDAY_SEVEN)) == 5
    assert len(world.mails()) == 5


def test_two_processes_at_the_same_hour_send_one_digest(world: World) -> None:
    owner = world.confirmed()
    world.crawl(notice(1))
    pending = world.store.hits.pending(owner.id)
    first = digests.build(
        world.store, world.settings, owner, "2026-11-24", Sources(world.store, TUESDAY_SEVEN), pending
    )
    second = digests.build(
        world.store, world.settings, owner, "2026-11-24", Sources(world.store, TUESDAY_SEVEN), pending
    )
    other_key = digests.build(
        world.store, world.settings, owner, "2026-11-25", Sources(world.store, TUESDAY_SEVEN), pending
    )
    assert first is not None
    assert first.id == digest_id(owner.id, "2026-11-24")
    assert (second, other_key) == (None, None)
    assert len(world.mails()) == 1


def test_a_paused_profile_sends_nothing_of_what_it_found_before(world: World) -> None:
    owner = world.confirmed()
    world.crawl(notice(1))
    (profile,) = world.store.profiles.of_owner(owner.id)
    profiles.pause(world.store, profile.id)
    assert build_at(world, TUESDAY_SEVEN) == []


def test_a_result_is_told_with_who_won(world: World) -> None:
    world.confirmed()
    world.crawl(notice(1))
    build_at(world, TUESDAY_SEVEN)
    winner = Tender(winner=True, tenderers=(Organisation(name={"fr": "Luminex SA"}),))
    result = notice(
        9, kind=NoticeKind.RESULT, procedure_id="procedure-1", deadlines=(), published_at=TUESDAY_SEVEN,
        results=(LotResult(lot_id="LOT-0001", status="selec-w", tenders=(winner,)),),
    )  # fmt: skip
    with clock.frozen_at(TUESDAY_SEVEN + timedelta(hours=4)):
        world.crawl(result)
    build_at(world, TUESDAY_SEVEN + timedelta(days=1))
    text = text_of(world.mails()[1])
    assert "Publication, avant : avis de marché" in text
    assert "Publication, maintenant : résultat" in text
    assert "LOT-0001 : Luminex SA" in text
    assert "suite d'une procédure qui vous a été signalée" in text
