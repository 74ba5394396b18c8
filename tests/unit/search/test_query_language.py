"""The query language: what a person types, the canonical forms, and the sentences about mistakes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.i18n import catalogue
from notices.model import Nature, NoticeKind
from search.errors import ROOM, QueryError
from search.query import DateRange, DeadlineRange, NoticeQuery, ValueRange
from search.text import MAX_LENGTH, MAX_TERMS, parse
from tests.contracts.search.search_material import random_query, random_text

WRONG_TEXTS = [
    ('pont "en bois', 5, "guillemet"),
    ("pont OR", 5, "OR"),
    ("OU pont", 0, "OU"),
    ("a OR OR b", 2, "OR"),
    ("(pont", 0, "parenthèse"),
    ("pont)", 4, "parenthèse"),
    ("pont ()", 5, "parenthèse"),
    ("po*nt", 0, "*"),
    ("*pont", 0, "*"),
    ("p*", 0, "2 lettres"),
    ('"pont*"', 0, "*"),
    ("pont - bois", 5, "-"),
    ("pont --bois", 5, "-"),
    ("pont AND", 5, "AND"),
    ("& / ?", 0, "mot"),
    ('""', 0, "guillemets"),
    ("mot " * (MAX_TERMS + 1), 4 * MAX_TERMS, "50"),
    ("(" * 11 + "a" + ")" * 11, 10, "10"),
    ("pont»", 4, "guillemet"),
    ("  pont OR", 7, "OR"),
]


@pytest.mark.parametrize(("text", "position", "word"), WRONG_TEXTS)
def test_a_mistake_in_the_text_is_told_in_a_sentence_with_its_place(text: str, position: int, word: str) -> None:
    with pytest.raises(QueryError) as caught:
        NoticeQuery(text=text)
    error = caught.value
    assert error.position == position
    assert word in error.sentence
    assert str(position + 1) in error.sentence
    assert error.told("en") != error.sentence


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(QueryError, match=str(MAX_LENGTH)):
        NoticeQuery(text="a" * (MAX_LENGTH + 1))


@pytest.mark.parametrize("text", ["", "   ", None])
def test_an_empty_text_is_no_text(text: str | None) -> None:
    assert NoticeQuery(text=text) == NoticeQuery()


def test_or_binds_less_than_words_beside_each_other() -> None:
    assert parse("a b OR c") == parse("(a b) OR c") != parse("a (b OR c)")


def test_punctuation_of_a_pasted_title_does_not_disturb() -> None:
    assert parse("travaux & voirie : lots ?") == parse("travaux voirie lots")


@given(st.integers())
def test_json_and_url_read_back_to_the_same_query(seed: int) -> None:
    query = random_query(Random(seed))
    assert NoticeQuery.from_json(query.to_json()) == query
    assert NoticeQuery.from_json(query.to_dict()) == query
    assert NoticeQuery.from_url(query.to_url()) == query
    assert NoticeQuery.from_url("?" + query.to_url()).to_json() == query.to_json()
    assert query.to_dict()["version"] == "1"


@given(st.integers())
def test_every_text_that_is_understood_keeps_its_meaning_in_the_canonical_form(seed: int) -> None:
    text = random_text(Random(seed))
    canonical = NoticeQuery(text=f"  {text.replace(' ', '  ')} ").text
    assert canonical is not None
    assert parse(canonical) == parse(text)


@given(st.text(max_size=200))
def test_any_text_is_either_understood_or_refused_in_a_sentence(text: str) -> None:
    outcome = _understood(lambda: NoticeQuery(text=text))
    if isinstance(outcome, QueryError):
        assert outcome.sentence
        assert outcome.told("en")
    else:
        assert NoticeQuery.from_url(outcome.to_url()) == outcome
        assert outcome.describe()


def _understood(make: Callable[[], NoticeQuery]) -> NoticeQuery | QueryError:
    try:
        return make()
    except QueryError as error:
        return error


@given(
    st.dictionaries(
        st.sampled_from(["text", "cpv", "value_minimum", "deadline_open", "x", "kinds"]), st.text(max_size=9)
    )
)
def test_any_url_is_either_understood_or_refused_in_a_sentence(parameters: dict[str, str]) -> None:
    outcome = _understood(lambda: NoticeQuery.from_url(urlencode(parameters)))
    assert isinstance(outcome, NoticeQuery) or outcome.sentence


def test_the_order_and_spelling_of_values_do_not_make_another_query() -> None:
    one = NoticeQuery(
        cpv=["45000000-7", "71"], countries=["be"], kinds=["result", "competition"], places=["gr", "be21"]
    )
    other = NoticeQuery(
        places=("EL", "BE21"), kinds=(NoticeKind.COMPETITION, NoticeKind.RESULT), cpv=["71000000", "45", "45"],
        countries={"BE"},
    )  # fmt: skip
    assert one == other
    assert one.to_url() == other.to_url()
    assert one.to_json() == other.to_json()
    amount = {"maximum": "1000.00", "currency": "EUR"}
    assert NoticeQuery(value=amount).to_json() == NoticeQuery(value={"maximum": 1000, "currency": "EUR"}).to_json()


def test_the_canonical_json_is_short_and_stable() -> None:
    query = NoticeQuery.open_calls(text="voirie", cpv=["45"], value={"minimum": 1000, "currency": "EUR"})
    assert json.loads(query.to_json()) == {
        "version": "1",
        "text": "voirie",
        "cpv": ["45"],
        "value": {"minimum": "1000", "currency": "EUR"},
        "deadline": {"open": True},
    }
    assert query.to_url() == "version=1&text=voirie&cpv=45&value_minimum=1000&value_currency=EUR&deadline_open=true"


WRONG_FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"nonsense": 1}, "nonsense", "nonsense"),
    ({"kinds": ["offer"]}, "kinds", "competition"),
    ({"natures": ["art"]}, "natures", "works"),
    ({"procedures": ["magic"]}, "procedures", "restricted"),
    ({"cpv": ["4"]}, "cpv", "CPV"),
    ({"cpv": ["452-1"]}, "cpv", "CPV"),
    ({"cpv": ["99999999"]}, "cpv", "CPV"),
    ({"places": ["Namur"]}, "places", "NUTS"),
    ({"countries": ["Belgique"]}, "countries", "pays"),
    ({"places": ["BE99"]}, "places", "NUTS"),
    ({"value": {"minimum": 5}}, "value.currency", "currency"),
    ({"value": {"minimum": 5, "maximum": 1, "currency": "EUR"}}, "value", "minimale"),
    ({"value": {"minimum": -5, "currency": "EUR"}}, "value.minimum", "-5"),
    ({"value": {"minimum": "NaN", "currency": "EUR"}}, "value.minimum", "NaN"),
    ({"published": {"from": "2026-02-30"}}, "published.from", "2026-02-30"),
    ({"published": {"from": "2026-02-02", "to": "2026-01-01"}}, "published", "date"),
    ({"deadline": {"from": "2026-02-02", "next_days": 3}}, "deadline", "jours"),
    ({"published": {"last_days": 0}}, "published.last_days", "0"),
    ({"version": "2"}, "version", "1"),
    ({"flags": {"green": {}}}, "flags.green.is", "is"),
    ({"buyers": ["--"]}, "buyers", "acheteur"),
    ({"cpv": ["45"] * 201}, "cpv", "200"),
    ({"text": 5}, "text", "5"),
    ({"countries": "BE"}, "countries", "BE"),
]


@pytest.mark.parametrize(("fields", "parameter", "word"), WRONG_FIELDS)
def test_a_field_that_makes_no_sense_is_refused_in_a_sentence(
    fields: dict[str, Any], parameter: str, word: str
) -> None:
    with pytest.raises(QueryError) as caught:
        NoticeQuery.from_json(fields)
    assert word in caught.value.sentence
    assert (caught.value.parameter or "") in parameter


@pytest.mark.parametrize(
    "source", ["", "[]", "nonsense", '{"version":"1"', "1", '{"a":' * 2000, b"\xff\xfe", "x" * 200_000]
)
def test_a_query_that_is_no_json_object_is_refused_in_a_sentence(source: str | bytes) -> None:
    with pytest.raises(QueryError):
        NoticeQuery.from_json(source)


def test_an_unknown_or_repeated_parameter_is_never_ignored() -> None:
    with pytest.raises(QueryError, match="conutry"):
        NoticeQuery.from_url("conutry=BE")
    with pytest.raises(QueryError, match="deux fois"):
        NoticeQuery.from_url("text=a&text=b")
    with pytest.raises(QueryError):
        NoticeQuery.from_url("text=%ff")
    assert NoticeQuery.from_url("text=a&sort=value", beside=frozenset({"sort"})) == NoticeQuery(text="a")


def test_the_empty_fields_of_a_form_say_nothing() -> None:
    form = (
        "text=&value_minimum=&value_currency=EUR&value_unknown=include&sme_suitable=&sme_suitable_unknown=exclude&cpv="
    )
    assert NoticeQuery.from_url(form) == NoticeQuery()


def test_a_form_checkbox_is_understood() -> None:
    assert NoticeQuery.from_url("deadline_open=on") == NoticeQuery.open_calls()


def test_a_range_that_says_nothing_is_no_clause_and_stating_a_value_can_be_asked_for() -> None:
    assert NoticeQuery(value={"currency": "EUR"}, published={}, deadline={}) == NoticeQuery()
    assert NoticeQuery(value={"currency": "EUR", "unknown": "exclude"}) != NoticeQuery()


def test_spellings_of_procedures_are_understood() -> None:
    assert NoticeQuery(procedures=["NEG_WO_CALL_24", "open"]).procedures == ("neg-wo-call", "open")


REFUSED = [
    {},
    {"text": "*"},
    {"text": "-voirie"},
    {"text": "voirie OR -pont"},
    {"text": "voirie OR *"},
    {"cpv_not": ["45"]},
    {"countries": ["BE"]},
    {"kinds": ["competition"]},
    {"deadline": {"open": True}},
    {"published": {"last_days": 1}},
    {"places": ["BE"]},
    {"value": {"minimum": 1, "currency": "EUR"}},
    {"flags": {"sme_suitable": {"is": True}}},
    {"natures": list(Nature)},
    {"languages": ["fr"]},
    {"text": "-voirie", "countries": ["BE"], "deadline": {"open": True}},
]
ACCEPTED: list[dict[str, Any]] = [
    {"text": "voirie"},
    {"text": "voirie -pont"},
    {"text": "rout*"},
    {"text": "voirie OR pont"},
    {"cpv": ["45"]},
    {"places": ["BE2"]},
    {"buyers": ["Namur"]},
    {"natures": ["works"]},
    {"procedures": ["open"]},
    {"value": {"minimum": 1, "currency": "EUR", "unknown": "exclude"}},
    {"flags": {"reserved": {"is": True, "unknown": "exclude"}}},
]


@pytest.mark.parametrize("fields", REFUSED)
def test_a_profile_that_would_match_everything_is_refused_with_the_reason(fields: dict[str, Any]) -> None:
    reason = NoticeQuery(**fields).matches_everything()
    assert reason is not None
    assert "profil" in reason
    assert NoticeQuery(**fields).matches_everything("en") not in (None, reason)


@pytest.mark.parametrize("fields", ACCEPTED)
def test_a_profile_that_chooses_something_is_accepted(fields: dict[str, Any]) -> None:
    assert NoticeQuery(**fields).matches_everything() is None


def test_a_query_is_told_to_people_with_what_it_keeps() -> None:
    query = NoticeQuery(
        text="voirie",
        kinds=["result"],
        places=["BE21"],
        value=ValueRange(minimum=Decimal(50_000), currency="EUR"),
        published=DateRange(from_=date(2026, 1, 1)),
        deadline=DeadlineRange(open=True, unknown="exclude"),
    )
    french, english = query.describe("fr"), query.describe("en")
    assert french.startswith("Avis : texte « voirie » ; type d’avis résultat ;")
    assert "BE21 (ou non précisé)" in french
    assert "appels ouverts." in french
    assert "open calls." in english
    assert english.startswith("Notices: text “voirie”; kind of notice result;")
    assert "BE21 (or not stated)" in english
    assert "«" not in english
    assert " ;" not in english
    assert [clause.name for clause in query.clauses()] == ["text", "kinds", "places", "value", "published", "open"]


def test_every_sentence_of_the_language_has_an_english_text() -> None:
    texts = catalogue(ROOM, "en")
    for random in map(Random, range(300)):
        for french, english in zip(
            random_query(random).clauses("fr"), random_query(random).clauses("en"), strict=False
        ):
            assert french.printed
            assert english.printed
    assert len(texts) > 80
    assert all(_places(french) == _places(english) for french, english in texts.items())


def _places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_narrowing_to_open_calls_keeps_the_rest() -> None:
    query = NoticeQuery(text="voirie", deadline={"next_days": 7})
    assert query.only_open() == NoticeQuery(text="voirie", deadline={"next_days": 7, "open": True})
    assert NoticeQuery(text="voirie").only_open() == NoticeQuery.open_calls(text="voirie")


def test_the_example_of_the_documentation_is_one_query_in_both_spellings() -> None:
    page = (ROOM.parent / "docs" / "query-language.md").read_text(encoding="utf-8")
    as_json, as_url = re.findall(r"```(?:json)?\n(.*?)```", page, re.DOTALL)
    query = NoticeQuery.from_json(as_json)
    assert query.to_url() == as_url.strip()
    assert NoticeQuery.from_url(as_url.strip()) == query


def test_the_documentation_names_every_field_of_the_language() -> None:
    page = (ROOM.parent / "docs" / "query-language.md").read_text(encoding="utf-8")
    for name in NoticeQuery.model_fields:
        assert f"`{name}`" in page or name == "version", name
