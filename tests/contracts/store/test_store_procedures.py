"""The notices of one tender belong to one procedure, whatever portal printed them, and the store says why."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from notices.model import Link, Notice
from store import Store
from store.records import HitKind, Saving
from tests.support.store_examples import new_hit, notice

PROCEDURE = "5f0d3f6e-51a1-4d0c-9f4a-6d2b7f0c9a11"
UUID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


def on(portal: str, native_id: str, **fields: Any) -> Notice:
    return notice(native_id, **{"id": f"{portal}:{native_id}", "portal": portal, **fields})


def link(scheme: str, value: str, relation: str = "same-procedure") -> tuple[Link, ...]:
    return (Link(relation=relation, scheme=scheme, value=value),)


def keys(store: Store, *notices: Notice) -> list[str]:
    for item in notices:
        store.notices.save(Saving(notice=item))
    found = store.notices.get_many([item.id for item in notices])
    return [found[item.id].procedure_key for item in notices]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"procedure_id": PROCEDURE}, {"procedure_id": PROCEDURE.upper()}),
        ({"notice_uuid": UUID}, {"notice_uuid": UUID}),
        ({"publication_number": "622963-2026"}, {"links": link("ted-publication-number", "00622963-2026")}),
        ({}, {"links": link("portal-reference", "be_bda:1001", "national-copy")}),
        ({"notice_uuid": UUID}, {"links": link("eforms-notice-id", f"{UUID}-01", "changed")}),
    ],
)
def test_notices_that_share_an_identifier_are_one_procedure_and_the_reason_is_kept(
    store: Store, first: dict[str, Any], second: dict[str, Any]
) -> None:
    belgian, european = on("be_bda", "1001", **first), on("eu_ted", "622963-2026", **second)
    assert len(set(keys(store, belgian, european))) == 1
    key = store.notices.get_many([belgian.id])[belgian.id].procedure_key
    (why,) = store.notices.links_of_procedure(key)
    assert (why.notice_id, why.procedure_key) == (european.id, key)
    assert why.scheme != "procedure-key"
    assert {item.notice.id for item in store.notices.of_procedure(key)} == {belgian.id, european.id}


@pytest.mark.parametrize(
    "fields",
    [
        {"notice_uuid": "00000000-0000-0000-0000-000000000000"},
        {"links": link("eforms-notice-id", UUID, "planning")},
        {"links": link("portal-reference", "be_bda:1", "framework")},
        {"links": link("portal-reference", "be_bda:1", "previous")},
    ],
)
def test_what_does_not_say_the_same_tender_links_nothing(store: Store, fields: dict[str, Any]) -> None:
    calls = [on("fr_boamp", "26-1", **fields), on("fr_boamp", "26-2", **fields), on("eu_ted", "3-2026", **fields)]
    assert len(set(keys(store, *calls))) == 3


def test_an_award_belongs_to_the_call_that_its_portal_names_before_it(store: Store) -> None:
    call = on("fr_boamp", "26-1")
    award = on("fr_boamp", "26-2", kind="result", links=link("portal-reference", "26-1", "previous"))
    assert len(set(keys(store, call, award))) == 1


def test_a_notice_that_knows_two_procedures_makes_them_one_and_nobody_hears_twice(store: Store) -> None:
    belgian = on("be_bda", "1", notice_uuid=UUID)
    european = on("eu_ted", "9-2026", publication_number="9-2026")
    first, second = keys(store, belgian, european)
    assert first != second
    bridge = on("fr_boamp", "26-1", notice_uuid=UUID, publication_number="9-2026")
    assert len(set(keys(store, belgian, european, bridge))) == 1
    (key,) = {item.procedure_key for item in store.notices.get_many([belgian.id, european.id, bridge.id]).values()}
    assert key == first
    assert {why.joined_key for why in store.notices.links_of_procedure(key)} == {second, "fr_boamp:26-1"}
    assert {row.notice_id for row in store.index_queue.take(100)} == {belgian.id, european.id, bridge.id}


def test_procedures_that_meet_in_one_batch_are_one(store: Store) -> None:
    batch = [
        on("be_bda", "1", notice_uuid=UUID),
        on("eu_ted", "9-2026", publication_number="9-2026"),
        on("fr_boamp", "26-1", notice_uuid=UUID, publication_number="9-2026"),
        on("fr_boamp", "26-2", procedure_id="P", links=link("portal-reference", "26-1")),
    ]
    for order in itertools.permutations(batch):
        store.notices.save_many([Saving(notice=item) for item in order])
    assert len({item.procedure_key for item in store.notices.iterate()}) == 1


def test_later_notices_of_a_joined_procedure_follow_it(store: Store) -> None:
    call = on("be_bda", "1", procedure_id=PROCEDURE)
    copy = on("eu_ted", "9-2026", procedure_id=PROCEDURE)
    award = on("eu_ted", "10-2026", procedure_id=PROCEDURE, kind="result")
    assert len(set(keys(store, call, copy, award))) == 1


def test_hits_of_merged_procedures_stay_with_one_first_hit(store: Store) -> None:
    owner = store.profiles.ensure_owner("Anne@Entreprise.example", "fr", "Europe/Brussels", 7, (0, 2))
    profile = store.profiles.create(owner.id, "Toitures", {"version": "1", "text": "toiture"}).id
    belgian, european = on("be_bda", "1", notice_uuid=UUID), on("eu_ted", "9-2026", publication_number="9-2026")
    first, second = keys(store, belgian, european)
    store.hits.record([new_hit(profile, notice_id=belgian.id, procedure_key=first)], [])
    store.hits.record([new_hit(profile, notice_id=european.id, procedure_key=second)], [])
    keys(store, on("fr_boamp", "26-1", notice_uuid=UUID, publication_number="9-2026"))
    kinds = {hit.notice_id: hit.kind for hit in store.hits.of_profile(profile)}
    assert kinds == {belgian.id: HitKind.NEW, european.id: HitKind.CHANGE}
    assert {hit.procedure_key for hit in store.hits.of_profile(profile)} == {first}
