"""The edition of a notice: what search is to say otherwise has a higher number, and nothing older overwrites it."""

from __future__ import annotations

from itertools import pairwise

from store import Store, migrate
from store.procedure_identifiers import Identifier
from store.records import Origin
from tests.support.store_examples import address, later, saving

FIRST = {"raw": address("a" * 64)}
SECOND = {"raw": address("b" * 64), "title": {"fr": "Corrigé"}}


def edition(store: Store, native_id: str = "1001") -> int:
    found = store.notices.get(f"be_bda:{native_id}")
    assert found is not None
    return found.edition


def _procedures_and_editions(store: Store) -> tuple[list[str], list[int]]:
    found = list(store.notices.get_many(["be_bda:1001", "be_bda:0001"]).values())
    return [stored.procedure_key for stored in found], [stored.edition for stored in found]


def test_whatever_changes_what_search_says_begins_another_edition(store: Store) -> None:
    store.notices.save(saving(**FIRST))
    seen = [edition(store)]
    store.notices.save(saving(published_at=later(), **SECOND))  # a new version
    seen.append(edition(store))
    store.notices.save(saving(published_at=later(), **SECOND | {"nature": "works"}, origin=Origin.REPLAY))
    seen.append(edition(store))
    # the replay of an earlier version finds that it is the newest one
    store.notices.save(saving(published_at=later(2), **FIRST, origin=Origin.REPLAY))
    current = store.notices.get("be_bda:1001")
    assert current is not None
    assert current.version == 1
    seen.append(edition(store))
    assert seen == sorted(set(seen))
    store.notices.save(saving("0001", procedure_id="P"))
    together = [_procedures_and_editions(store)]
    store.notices.save(saving(published_at=later(2), **FIRST, procedure_id="P", origin=Origin.REPLAY))
    together.append(_procedures_and_editions(store))  # two procedures become one
    store.procedures.refuse(Identifier("procedure-key", "be_bda:P"), reason="printed twice", by="anne")
    together.append(_procedures_and_editions(store))  # and two again
    assert [len(set(procedures)) for procedures, _ in together] == [2, 1, 2]
    for (before, old), (after, new) in pairwise(together):
        for position in range(2):
            assert before[position] == after[position] or old[position] < new[position]
    quiet = edition(store)
    store.notices.touch("be_bda", ["1001"], None)
    store.notices.enqueue_all()
    assert edition(store) == quiet


def test_the_first_edition_of_a_notice_is_no_older_than_what_an_index_holds_already(store: Store) -> None:
    """Indices of before editions hold a notice under the number of its version."""
    store.notices.save(saving(published_at=later(), **SECOND))
    store.notices.save(saving(**FIRST))  # late: numbered 2, and never current
    migrate.downgrade(store.database, "0006")
    store.migrate()
    stored = store.notices.get("be_bda:1001")
    assert stored is not None
    assert stored.edition >= stored.version
