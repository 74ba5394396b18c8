"""The analysis of text, whatever the engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import analysis


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("l'éclairage l’été", ["eclairage", "ete"]),
        ("jusqu'à lorsqu'il puisqu’on qu'elle", ["a", "il", "on", "elle"]),
        ("aujourd'hui presqu'île", ["aujourd", "hui", "presqu", "ile"]),
        ("L'Œuvre de M. Straße", ["oeuvre", "de", "m", "strasse"]),
        ("45.000 m² n°2024/17", ["45", "000", "m2", "n", "2024", "17"]),
        ("co\u00adopérative e\u0301cole", ["cooperative", "ecole"]),
        ("snake_case", ["snake", "case"]),
        ("مَدْرَسَة إلى ١٢", ["مدرسة", "الي", "12"]),
        ("lʼeau", ["eau"]),
        ("… — «»", []),
    ],
)
def test_tokens_are_folded_runs_of_letters_and_digits(text: str, words: list[str]) -> None:
    assert analysis.words(text) == words


@given(st.text())
def test_all_ways_to_look_at_a_text_see_the_same_tokens(text: str) -> None:
    folded = analysis.words(text)
    tokens = list(analysis.tokens(text))
    assert [token.text for token in tokens] == folded
    for language in (*analysis.LANGUAGES, "pt"):
        terms = analysis.terms(text, language)
        printed = [text[token.start : token.end] for token in tokens]
        assert analysis.read(text, language) == (terms, folded, printed)
        located = list(analysis.located_terms(text, language))
        assert [term for term, _, _ in located] == terms
        assert [(start, end) for _, start, end in located] == [(token.start, token.end) for token in tokens]


@given(st.text())
def test_a_query_of_the_words_of_a_text_has_the_terms_of_the_text(text: str) -> None:
    folded = analysis.words(text)
    assert [analysis.fold(word) for word in folded] == folded
    by_language = dict(zip(analysis.LANGUAGES, analysis.in_every_language(folded), strict=True))
    for language in analysis.LANGUAGES:
        assert list(by_language[language]) == analysis.terms(text, language)


@given(st.text())
def test_terms_can_stand_between_spaces(text: str) -> None:
    for term in analysis.terms(text, "fr"):
        assert len(term.split()) == 1
        assert len(term) <= analysis.MAX_TOKEN + 10
