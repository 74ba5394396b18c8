"""The simulated tables of French award data keep the rules of the real portal: a client that breaks them is refused."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest

from notices.values.siret import parse_siret
from simulated_portals.decp import words
from simulated_portals.decp.contracts import AWARDS, COLUMNS, CONCESSIONS, OLD
from simulated_portals.decp.odsql import BadQuestion, condition
from simulated_portals.decp.portal import DecpPortal
from simulated_portals.decp.server import make_portal
from simulated_portals.messages import Request

TODAY = date(2026, 11, 18)


@pytest.fixture(scope="module")
def portal() -> DecpPortal:
    return make_portal(invented=150, seed=3, today=TODAY)


def ask(portal: DecpPortal, path: str, **query: object) -> tuple[int, Any]:
    answer = portal.answer(Request("GET", f"/api/explore/v2.1/catalog/datasets/{path}", urlencode(query)))
    return answer.status, json.loads(answer.body)


def test_a_page_has_ten_lines_unless_more_are_asked_for_and_a_hundred_at_most(portal: DecpPortal) -> None:
    assert len(ask(portal, f"{AWARDS}/records")[1]["results"]) == 10
    assert len(ask(portal, f"{AWARDS}/records", limit=100)[1]["results"]) == 100
    status, told = ask(portal, f"{AWARDS}/records", limit=101)
    assert (status, told["error_code"]) == (400, "InvalidRESTParameterError")


def test_nothing_is_served_beyond_the_longest_list_but_by_an_export() -> None:
    portal = make_portal(invented=150, seed=3, today=TODAY, longest=100)
    status, told = ask(portal, f"{AWARDS}/records", limit=50, offset=60)
    assert (status, told["error_code"]) == (400, "InvalidRESTParameterError")
    assert len(ask(portal, f"{AWARDS}/exports/json")[1]) == len(portal.lines(AWARDS)) > 100


@pytest.mark.parametrize(
    "where", ['siret = "1"', "montant >", 'montant = 1\nand id = "2"', "id in ()", 'id ~ "x"', '(id = "1"']
)
def test_a_question_that_is_not_understood_is_refused_with_a_sentence(portal: DecpPortal, where: str) -> None:
    status, told = ask(portal, f"{AWARDS}/records", where=where)
    assert (status, told["error_code"]) == (400, "ODSQLError")
    assert told["message"]


@pytest.mark.parametrize(
    ("where", "meets"),
    [
        ("montant >= 10 and montant < 20", True),
        ("montant > 15", False),
        ("not montant = 15", False),
        ("id = \"A\" or id = 'B'", True),
        ('id in ("B", "C")', False),
        ("ccag is null", True),
        ("id is not null and (montant = 1 or montant = 15)", True),
        ("datepublicationdonnees >= date'2026-11-13'", True),
        ("datepublicationdonnees < date'2026/11/13'", False),
        ("", True),
    ],
)
def test_conditions_mean_what_they_say(where: str, meets: bool) -> None:
    row = {"id": "A", "montant": 15.0, "ccag": None, "datepublicationdonnees": "2026-11-13"}
    assert condition(where, frozenset(row))(row) is meets


def test_a_day_that_is_none_is_no_condition() -> None:
    with pytest.raises(BadQuestion):
        condition("datepublicationdonnees = date'2026-13-40'", frozenset({"datepublicationdonnees"}))


def test_an_unknown_table_and_an_unknown_page_are_not_found(portal: DecpPortal) -> None:
    assert ask(portal, "decp_augmente/records")[0] == 404
    assert portal.answer(Request("GET", "/explore/")).status == 404


def test_every_line_has_the_columns_of_its_table(portal: DecpPortal) -> None:
    for dataset in (AWARDS, CONCESSIONS, OLD):
        lines = portal.lines(dataset)
        assert lines
        assert all(tuple(line) == COLUMNS[dataset] for line in lines)


def test_the_same_seed_invents_the_same_contracts_and_numbers_pass_their_check() -> None:
    one, other = make_portal(invented=60, seed=9, today=TODAY), make_portal(invented=60, seed=9, today=TODAY)
    assert one.lines(AWARDS) == other.lines(AWARDS)
    assert one.lines(AWARDS) != make_portal(invented=60, seed=8, today=TODAY).lines(AWARDS)
    numbers = [parse_siret(words.siret(serial)) for serial in range(0, 900, 7)]
    assert all(number is not None and number.valid and number.siret for number in numbers)


def test_news_are_new_contracts_and_modifications(portal: DecpPortal) -> None:
    before = len(portal.contracts)
    touched = [portal.make_news() for _ in range(20)]
    assert before < len(portal.contracts) < before + 20
    assert all(TODAY in portal.contracts[key].days for key in touched)


def test_commands_publish_modify_and_make_the_tables_stale(portal: DecpPortal) -> None:
    key = portal.do({"do": "publish"})
    portal.do({"do": "modify", "id": key, "amount": 1234})
    assert portal.contracts[str(key)].modifications[-1].amount == 1234
    portal.do({"do": "stale", "day": "2026-01-02"})
    assert ask(portal, AWARDS)[1]["metas"]["default"]["data_processed"].startswith("2026-01-02")
    portal.loaded = None
    for wrong in ({"do": "dance"}, {"do": "modify", "id": "none", "amount": 1}):
        with pytest.raises(ValueError, match=r"unknown command|no contract"):
            portal.do(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="this simulator is fr_decp"):
        make_portal("fr_boamp")
