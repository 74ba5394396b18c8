"""Texts of portals become plain text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.values.text import clean_line, clean_text, fold, is_sentinel_text, known_text, strip_html, unescape


def test_blanks_collapse_and_paragraphs_stay() -> None:
    assert clean_text("  Un\u00a0\u202f titre \r\n\tsuite\n\n\n\n\nFin ") == "Un titre\nsuite\n\nFin"
    assert clean_line("Un\n\ntitre") == "Un titre"


def test_invisible_and_control_characters_go() -> None:
    assert clean_text("a\x00b\x1b[31m\u200bc\ufeff\u00add\ud800") == "ab[31mcd"
    assert clean_text("facture\u202etxt.exe") == "facturetxt.exe", "no override of the reading direction"


def test_letters_are_composed() -> None:
    assert clean_text("e\u0301cole") == "\u00e9cole"
    assert clean_text("صفقة عمومية") == "صفقة عمومية"


@pytest.mark.parametrize(
    "printed",
    ["", " ", "-", "--", "–", ".", "...", "@@@@", "NC", "n.c.", "n/a", "N/A", "nihil", "Nihil", "Néant", "Sans objet",
     "n.v.t.", "DEFAULT_VALUE_CHANGE_ME", "unpublished", "CDL", "null", " / ", "\u200b"],
)  # fmt: skip
def test_a_placeholder_is_absent(printed: str) -> None:
    assert is_sentinel_text(printed)
    assert known_text(printed) is None


@pytest.mark.parametrize("printed", ["A", "1", "Nihilisme", "ب", "NCIS", "Lot n/a 3"])
def test_a_text_with_a_meaning_is_kept(printed: str) -> None:
    assert known_text(f" {printed} ") == printed
    assert known_text(None) is None


def test_entities_escaped_twice_are_read() -> None:
    assert unescape("L&amp;#39;&amp;eacute;cole &amp;amp; la rue") == "L'école & la rue"
    assert unescape("AT&T; 3 &lt; 4") == "AT&T; 3 < 4"
    assert unescape("&amp;" * 3) == "&&&"


def test_html_becomes_its_words() -> None:
    html = "<div><h2>Objet</h2><p>Travaux &amp; <b>voirie</b></p><ul><li>lot&nbsp;1<li>lot 2</ul>fin<br/>ici</div>"
    assert strip_html(html) == "Objet\n\nTravaux & voirie\n\n- lot 1\n- lot 2\n\nfin\nici"


def test_scripts_styles_and_comments_leave_nothing() -> None:
    html = "a<script>alert(1)</script >b<STYLE type='x'>p{}</STYLE>c<!-- <b>no</b> -->d<script>never closed"
    assert strip_html(html) == "abcd"


def test_escaped_markup_does_not_survive_as_markup() -> None:
    once = "&lt;p&gt;Avis&lt;/p&gt;"
    assert strip_html(once) == strip_html(once.replace("&", "&amp;")) == "Avis"
    assert "<script" not in strip_html("&lt;script&gt;alert(1)&lt;/script&gt;x")


def test_a_comparison_is_no_tag() -> None:
    assert strip_html("si a < b et c > d, 5<6") == "si a < b et c > d, 5<6"


def test_words_compare_without_case_and_accents() -> None:
    assert fold("Évêché") == "eveche"
    assert fold("ŒUVRE Straße") == "oeuvre strasse"
    assert fold("مُحَمَّد") == fold("محمد")


@given(st.text(max_size=300))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert "\n\n\n" not in cleaned


@given(st.one_of(st.text(max_size=300), st.text("<>!-/&;abpscrit #x0 \n\"'", max_size=300)))
def test_no_text_makes_the_functions_raise(text: str) -> None:
    plain = strip_html(text)
    assert clean_text(plain) == plain
    is_sentinel_text(text)
    unescape(text)
    fold(text)


@pytest.mark.parametrize("piece", ["<", "<!--", "<script>", "<p", "&amp;", "&lt;", " \n", "<b>x</b>"])
def test_a_hostile_text_of_a_million_characters_is_survived(piece: str) -> None:
    assert len(strip_html(piece * (1_000_000 // len(piece)))) <= 1_000_000
