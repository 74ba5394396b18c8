"""Deadlines of BOAMP: whose clock they are on, and which of two is believed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.boamp_records import mapa, notice, old, simple, told


@pytest.mark.parametrize(
    ("printed", "at"),
    [
        ("2026-10-16T12:00:00", "2026-10-16T12:00:00+02:00"),
        ("2026-11-16T12:00:00", "2026-11-16T12:00:00+01:00"),
        ("2026-09-29T12:00:00.000+02:00", "2026-09-29T12:00:00+02:00"),
        ("2026-09-29T10:00:00Z", "2026-09-29T10:00:00+00:00"),
        ("2026-09-29T12:00:00+01:00", "2026-09-29T12:00:00+02:00"),
        ("2026-12-01T12:00:00+02:00", "2026-12-01T12:00:00+02:00"),
        ("2026-09-29T12:00:00+04:00", "2026-09-29T12:00:00+04:00"),
        ("2026-09-29T12:00:00-03:00", "2026-09-29T12:00:00-03:00"),
        ("29/09/2026 12:00", "2026-09-29T12:00:00+02:00"),
    ],
)
def test_a_deadline_without_offset_is_on_the_clock_of_paris(printed: str, at: str) -> None:
    """An offset that Paris does not have on that day gives the earlier reading; those overseas stand."""
    (deadline,) = notice(mapa(delais={"receptionOffres": printed})).deadlines
    assert deadline.at.isoformat() == at


def test_a_deadline_that_only_the_document_has_is_found() -> None:
    found = notice(simple(procedure={"dateReceptionOffres": "2026-10-01T17:30:00"}), datelimitereponse=None)
    assert [deadline.at.isoformat() for deadline in found.deadlines] == ["2026-10-01T17:30:00+02:00"]


def test_midnight_of_greenwich_is_a_day_without_an_hour() -> None:
    (deadline,) = notice(datelimitereponse="2006-06-27T00:00:00+00:00").deadlines
    assert deadline.date_only is True
    assert deadline.at.isoformat() == "2006-06-27T23:59:59+02:00"


def test_a_flat_deadline_that_was_converted_wrongly_is_told_and_not_believed() -> None:
    found = notice(
        mapa(delais={"receptionOffres": "2026-10-01T12:00:00"}), datelimitereponse="2026-10-01T12:00:00+00:00"
    )
    assert [deadline.at.isoformat() for deadline in found.deadlines] == ["2026-10-01T12:00:00+02:00"]
    assert "another deadline" in told(found)


def test_two_deadlines_on_different_days_are_both_kept() -> None:
    found = notice(
        mapa(delais={"receptionOffres": "2026-10-08T12:00:00"}), datelimitereponse="2026-10-01T10:00:00+00:00"
    )
    assert len(found.deadlines) == 2
    assert found.deadline is not None
    assert found.deadline.at.isoformat() == "2026-10-01T10:00:00+00:00"


@pytest.mark.parametrize("flat", [{"nature": "ATTRIBUTION"}, {"etat": "ANNULATION"}])
def test_a_result_or_a_cancellation_has_no_deadline_of_its_own(flat: dict[str, Any]) -> None:
    assert notice(datelimitereponse="2026-12-15T11:00:00+00:00", **flat).deadlines == ()


def test_a_call_without_deadline_says_how_long_it_is_shown() -> None:
    assert "2026-10-30" in told(notice(datefindiffusion="2026-10-30"))


def test_a_restricted_procedure_asks_for_requests_first() -> None:
    found = notice(type_procedure="RESTREINT", datelimitereponse="2026-10-01T10:00:00+00:00")
    assert [deadline.kind.value for deadline in found.deadlines] == ["requests"]


def test_requests_and_tenders_have_a_deadline_each() -> None:
    delays = {"RECEPT_CANDIDAT": "2016-03-01T12:00:00+01:00", "RECEPT_OFFRES": "2016-05-02T12:00:00+02:00"}
    found = notice(old(CONDITION_DELAI=delays, PROCEDURE={"TYPE_PROCEDURE": {"RESTREINT": ""}}))
    assert {deadline.kind.value: deadline.at.date().isoformat() for deadline in found.deadlines} == {
        "requests": "2016-03-01",
        "tenders": "2016-05-02",
    }


def test_the_interface_converts_a_wrong_offset_and_the_document_is_believed() -> None:
    found = notice(
        old(CONDITION_DELAI={"RECEPT_OFFRES": "2015-04-08T18:00:00+01:00"}),
        datelimitereponse="2015-04-08T17:00:00+00:00",
    )
    assert [deadline.at.isoformat() for deadline in found.deadlines] == ["2015-04-08T18:00:00+02:00"]
