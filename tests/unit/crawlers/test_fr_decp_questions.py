"""What the spider of French award data asks, how it cuts a list that is too long, and what it takes from a line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError
from crawlers.contract import LayoutError, Window
from crawlers.portals.fr_decp import questions
from crawlers.portals.fr_decp.lines import Walk, check, is_of, key_of_row
from crawlers.portals.fr_decp.options import options_of
from crawlers.portals.fr_decp.questions import Slice
from crawlers.portals.loading import load
from simulated_portals.decp.contracts import COLUMNS
from simulated_portals.decp.odsql import condition

PORTAL = load("fr_decp")
AWARDS, CONCESSIONS, OLD = options_of(PORTAL).datasets
DAY = Window.day(date(2026, 11, 13))
ROW = {
    "id": "2026M00012",
    "acheteur_id": "00000018200014",
    "datepublicationdonnees": "2026-11-13",
    "datepublicationdonneesmodificationmodification": "CDL",
    "montant": 1.5,
}


def test_a_window_asks_for_contracts_published_and_for_contracts_modified_on_its_days() -> None:
    where = questions.published_in(AWARDS, DAY, Slice())
    assert where == (
        "((datepublicationdonnees >= date'2026-11-13' and datepublicationdonnees < date'2026-11-14') or "
        'datepublicationdonneesmodificationmodification = "2026-11-13")'
    )
    meets = condition(where, frozenset(COLUMNS[AWARDS.key]))
    assert meets(ROW)
    assert meets(ROW | {"datepublicationdonnees": "2024-01-02", AWARDS.modified: "2026-11-13"})
    assert not meets(ROW | {"datepublicationdonnees": "2026-11-14"})


@pytest.mark.parametrize("number", ['l"apostrophe', "back\\slash", "2026 M 1", "é/1", 2026001])
def test_a_contract_is_found_by_its_number_whatever_stands_in_it(number: object) -> None:
    where = questions.contracts(AWARDS, [("00000018200014", [number]), ("00000070700001", ["x"])])
    meets = condition(where, frozenset(COLUMNS[AWARDS.key]))
    assert meets(ROW | {"id": number})
    assert not meets(ROW | {"id": number, "acheteur_id": "00000070700001"})


def test_a_number_with_a_line_break_makes_no_question_that_the_portal_refuses() -> None:
    assert "\n" not in questions.contracts(AWARDS, [("1", ["a\nb"])])


def test_later_numbers_of_a_contract_of_2019_are_asked_for_too() -> None:
    assert questions.numbers_to_ask(["2023A00"], "2023A")[:3] == ("2023A00", "2023A01", "2023A02")
    assert questions.numbers_to_ask(["2026A", "2026A"], "2026A") == ("2026A",)


@given(
    st.lists(st.none() | st.decimals(-100, Decimal(10) ** 17, places=2), max_size=60, unique=True),
    st.integers(min_value=3, max_value=9),
)
def test_a_list_is_cut_until_every_part_is_short_and_no_line_is_lost_or_doubled(
    amounts: list[Decimal | None], longest: int
) -> None:
    rows = [{"montant": None if amount is None else float(amount)} for amount in amounts]
    rows = [row for index, row in enumerate(rows) if row not in rows[:index]]
    waiting, found = [Slice()], []
    while waiting:
        part = waiting.pop()
        where = " and ".join(part.where("montant"))
        meets = condition(where, frozenset({"montant"}))
        inside = [row for row in rows if meets(row)]
        if len(inside) <= longest:
            found += inside
            continue
        halves = part.halves()
        assert halves or all(row["montant"] is None or row["montant"] < 0 or row["montant"] > 1e16 for row in inside)
        waiting += halves
        if not halves:
            found += inside
    assert sorted(map(str, found)) == sorted(map(str, rows))


def test_a_line_of_another_day_means_that_the_filter_was_ignored() -> None:
    with pytest.raises(LayoutError, match=r"ignored the date filter .* 2024-01-02\. It announces 700000 lines"):
        check(ROW | {"datepublicationdonnees": "2024-01-02"}, AWARDS, DAY, 700_000)


def test_a_line_of_the_day_beside_the_window_is_taken_and_told_apart() -> None:
    beside = ROW | {"datepublicationdonnees": "2026-11-14"}
    assert check(beside, AWARDS, DAY, 1) == beside
    assert not is_of(beside, AWARDS, DAY)
    assert is_of(ROW, AWARDS, DAY)


@pytest.mark.parametrize("name", ["id", "acheteur_id", "datepublicationdonnees", AWARDS.modified])
def test_a_column_that_questions_need_and_that_is_gone_is_named(name: str) -> None:
    with pytest.raises(LayoutError, match=f"no column {name}"):
        check({key: value for key, value in ROW.items() if key != name}, AWARDS, DAY, 1)


def test_equal_lines_that_stand_together_count_and_lines_of_a_repeated_page_do_not() -> None:
    walk, other = Walk(), ROW | {"id": "2026M00013"}
    assert [walk.add(row, AWARDS) for row in (ROW, ROW, other, ROW, other)] == [True, True, True, False, False]
    assert (walk.lines, len(walk.contracts)) == (3, 2)


def test_the_order_of_lines_does_not_change_what_the_list_said_of_a_contract() -> None:
    first, second = Walk(), Walk()
    lines = [ROW, ROW | {"montant": 2.0}, ROW | {"montant": 3.0}]
    for row in lines:
        first.add(row, AWARDS)
    for row in reversed(lines):
        second.add(row, AWARDS)
    [one], [other] = first.contracts.values(), second.contracts.values()
    assert one.fingerprint == other.fingerprint


def test_a_line_without_a_usable_number_counts_and_is_no_contract() -> None:
    walk = Walk()
    for number in (None, "CDL", "x" * 300):
        walk.add(ROW | {"id": number}, AWARDS)
    assert (walk.lines, walk.unusable, walk.contracts) == (3, 3, {})


def test_a_frozen_table_is_asked_only_for_days_that_it_can_hold() -> None:
    assert OLD.serves(Window.day(date(2023, 11, 6)))
    assert not OLD.serves(DAY)
    assert AWARDS.serves(DAY)
    assert key_of_row(ROW) == "000000182000142026M00012"


def test_a_wrong_option_is_named() -> None:
    wrong = PORTAL.model_copy(update={"options": {"datasets": [{"key": "x"}]}})
    with pytest.raises(ConfigurationError, match=r"fr_decp/portal.yml, options.datasets"):
        options_of(wrong)
