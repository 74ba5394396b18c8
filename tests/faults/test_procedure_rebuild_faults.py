"""A rebuild of the procedures that is killed, or that works while others save."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import delete, func, select, update

from notices.model import Notice
from store import Store
from store.records import Saving
from store.tables import notices, procedure_identifiers, procedures
from tests.support.store_examples import message, new_hit, notice
from tests.support.store_processes import says, started

TENDERS = 12


def _notices() -> list[Notice]:
    """Three notices per tender."""
    return [notice(str(number), procedure_id=f"P{number // 3}") for number in range(3 * TENDERS)]


def _wrongly_one(store: Store) -> None:
    store.notices.save_many([Saving(notice=item) for item in _notices()])
    with store.database.write() as connection:
        connection.execute(update(notices).values(procedure_key="be_bda:P0"))
        connection.execute(update(procedure_identifiers).values(procedure_key="be_bda:P0"))
        connection.execute(delete(procedures).where(procedures.c.key != "be_bda:P0"))


def _by_procedure(store: Store) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for item in store.notices.iterate():
        found.setdefault(item.procedure_key, set()).add(item.notice.id)
    return found


def _follow(store: Store) -> str:
    """Somebody who was told of every notice of what was taken for one tender."""
    owner = store.profiles.ensure_owner("anne@entreprise.example", "fr", "Europe/Brussels", 7, (0,))
    profile = store.profiles.create(owner.id, "Toitures", {"version": "1", "text": "toiture"})
    new = [new_hit(profile.id, str(number), procedure_key="be_bda:P0") for number in range(3 * TENDERS)]
    hits = store.hits.record(new, [])
    assert store.digests.create(owner.id, "2026-03-03", [hit.id for hit in hits], message("d")) is not None
    return profile.id


@pytest.mark.parametrize(
    ("beginning", "times"),
    [("INSERT INTO procedures", 1), ("UPDATE hits", 5), ("UPDATE notices", 7), ("UPDATE procedure_identifiers", 9)],
)
def test_a_rebuild_killed_in_the_middle_leaves_the_store_whole_and_the_next_one_ends_it(
    store_url: str, beginning: str, times: int
) -> None:
    with Store(store_url) as store:
        _wrongly_one(store)
        profile = _follow(store)
    with started("rebuild_until_killed", store_url, beginning, times) as process:
        says(process, "middle")
        process.kill()
        process.wait()
    with Store(store_url) as store:
        _assert_whole(store, profile)
        store.procedures.rebuild()
        assert len(_by_procedure(store)) == TENDERS
        _assert_whole(store, profile)


def _assert_whole(store: Store, profile: str) -> None:
    """Every identifier leads to the procedure of its notices, and every hit is where its notice is, told as it was."""
    of_notice = {id_: key for key, ids in _by_procedure(store).items() for id_ in ids}
    told = store.hits.of_profile(profile, 1000)
    assert {hit.notice_id: hit.procedure_key for hit in told} == of_notice
    assert all(hit.digest_id for hit in told)
    with store.database.read() as connection:
        leads = connection.execute(select(procedure_identifiers).where(procedure_identifiers.c.scheme == "notice"))
        assert {row.value: row.procedure_key for row in leads} == of_notice
        keys = set(connection.scalars(select(procedures.c.key)))
    assert keys == set(of_notice.values())


def test_notices_saved_while_a_rebuild_works_end_in_their_tenders(store_url: str) -> None:
    with Store(store_url) as store:
        _wrongly_one(store)
        more = [notice(f"more-{number}", procedure_id=f"P{number % TENDERS}") for number in range(3 * TENDERS)]
        saver = threading.Thread(target=lambda: [store.notices.save(Saving(notice=item)) for item in more])
        saver.start()
        store.procedures.rebuild()
        saver.join(60)
        assert not saver.is_alive()
        store.procedures.rebuild()
        assert sorted(map(len, _by_procedure(store).values())) == [6] * TENDERS
        with store.database.read() as connection:
            assert connection.execute(select(func.count()).select_from(procedures)).scalar_one() == TENDERS
