"""What a notice of BOAMP is, and which earlier notice it speaks of."""

from __future__ import annotations

from typing import Any

import pytest

from notices.formats.boamp import idweb_of
from notices.model import NoticeKind
from tests.support.boamp_records import notice, simple, told


@pytest.mark.parametrize(
    ("nature", "state", "types", "kind"),
    [
        ("APPEL_OFFRE", "INITIAL", ["5", "1"], NoticeKind.COMPETITION),
        ("ATTRIBUTION", "INITIAL", ["10", "6"], NoticeKind.RESULT),
        ("RECTIFICATIF", "RECTIFICATIF", None, NoticeKind.CHANGE),
        ("APPEL_OFFRE", "RECTIFICATIF", "5,1,", NoticeKind.CHANGE),
        ("APPEL_OFFRE", "RECTIFANNUL", None, NoticeKind.CHANGE),
        ("ATTRIBUTION", "RECTIFICATIF", None, NoticeKind.RESULT),
        ("ANNULATION", "INITIAL", None, NoticeKind.CANCELLATION),
        ("APPEL_OFFRE", "ANNULATION", None, NoticeKind.CANCELLATION),
        ("MODIFICATION", "INITIAL", None, NoticeKind.MODIFICATION),
        ("PRE-INFORMATION", "INITIAL", None, NoticeKind.PLANNING),
        ("PRE_INFORMATION", "INITIAL", None, NoticeKind.PLANNING),
        ("EX_ANTE_VOLONTAIRE", "INITIAL", None, NoticeKind.DIRECT_AWARD),
        ("IC", "INITIAL", None, NoticeKind.INFORMATION),
        (None, None, "10,8,", NoticeKind.RESULT),
        (None, None, "5,2,", NoticeKind.COMPETITION),
        (None, None, ["10", "7"], NoticeKind.DIRECT_AWARD),
        (None, None, ["5"], NoticeKind.COMPETITION),
    ],
)
def test_the_codes_of_the_bulletin_say_the_kind(nature: Any, state: Any, types: Any, kind: NoticeKind) -> None:
    found = notice(nature=nature, etat=state, type_avis=types)
    assert found.kind is kind
    assert found.cancelled is (True if kind is NoticeKind.CANCELLATION else None)


def test_a_nature_that_was_never_seen_is_information_and_told() -> None:
    found = notice(nature="CONCOURS_DE_BEAUTE")
    assert found.kind is NoticeKind.INFORMATION
    assert "CONCOURS_DE_BEAUTE" in told(found)


def test_links_come_from_the_named_keys_alone() -> None:
    found = notice(
        simple("rectificatif", avisInitial={"idWeb": "26-800001"}, infosRectif="Le lot 20-2026 change"),
        nature="RECTIFICATIF",
        annonce_lie=["26-800002", "2026-08-20", "https://www.boamp.fr/avis/20-2026"],
        annonces_anterieures='{"annonce": {"idweb": "20-2026", "date": "20-08-2026"}}',
        gestion={"REFERENCE": {"IDWEB": "26-900001", "ANNONCE_ANTERIEUR": {"IDWEB": "26-800003"}}},
    )
    assert [(link.relation, link.value) for link in found.links] == [
        ("changed", "26-800002"),
        ("changed", "26-800003"),
        ("changed", "26-800001"),
    ]
    assert "2026-08-20" in told(found)


def test_a_notice_never_links_to_itself() -> None:
    assert notice(annonce_lie=["26-900001"]).links == ()


@pytest.mark.parametrize(
    ("flat", "relation"),
    [
        ({"nature": "ATTRIBUTION"}, "previous"),
        ({"nature": "MODIFICATION"}, "modified"),
        ({"etat": "ANNULATION"}, "changed"),
        ({"nature": "ATTRIBUTION", "etat": "RECTIFICATIF"}, "changed"),
    ],
)
def test_the_relation_says_what_becomes_of_the_earlier_notice(flat: dict[str, Any], relation: str) -> None:
    assert [link.relation for link in notice(annonce_lie="26-800001", **flat).links] == [relation]


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ({"idweb": "25-127510"}, "25-127510"),
        ({"idweb": " 26-12 "}, "26-12"),
        ({"id": "25_127510"}, "25-127510"),
        ({"idweb": "BOAMP-06-101-0001-01"}, "BOAMP-06-101-0001-01"),
        ({"idweb": "2026-08"}, None),
        ({"idweb": None}, None),
        ({}, None),
    ],
)
def test_the_key_of_a_record_is_its_idweb(record: dict[str, Any], key: str | None) -> None:
    assert idweb_of(record) == key
