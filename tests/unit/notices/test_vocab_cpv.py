"""CPV 2008: what the table must know for search branches and labels to be right."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.vocabularies import cpv, tables

ALL = [row[0] for row in tables.rows("cpv.csv")]
codes = st.sampled_from(ALL)

# The 35 codes whose parent one digit above does not exist, with the nearest one that does.
WITHOUT_DIRECT_PARENT = {
    **dict.fromkeys([f"3019212{digit}" for digit in range(1, 8)], "30192100"),
    "34511100": "34510000",
    **dict.fromkeys([f"35611{digit}00" for digit in range(1, 9)], "35610000"),
    **dict.fromkeys([f"35612{digit}00" for digit in range(1, 6)], "35610000"),
    **dict.fromkeys([f"35811{digit}00" for digit in range(1, 4)], "35810000"),
    **dict.fromkeys([f"38527{digit}00" for digit in range(1, 5)], "38520000"),
    "39254000": "39200000",
    **dict.fromkeys(["42924200", "42924300", "42924700"], "42920000"),
    "44115310": "44115000",
    "44613110": "44613000",
    "60112000": "60100000",
}


def test_every_code_of_the_regulation_is_there() -> None:
    assert len(ALL) == 9_454
    levels = Counter(known.level for code in ALL if (known := cpv.get(code)))
    assert levels == {2: 45, 3: 272, 4: 1_002, 5: 2_379, 6: 3_140, 7: 1_811, 8: 805}
    assert sorted(ALL) == ALL


def test_every_code_has_a_label_in_the_four_languages() -> None:
    assert all(set(known.labels) == {"fr", "nl", "en", "de"} for code in ALL if (known := cpv.get(code)))


def test_a_code_whose_direct_parent_does_not_exist_hangs_on_the_nearest_one() -> None:
    found = {}
    for code in ALL:
        prefix = cpv.significant_prefix(code)
        if len(prefix) > 2 and cpv.get(prefix[:-1].ljust(8, "0")) is None:
            found[code] = getattr(cpv.get(code), "parent", None)
    assert len(found) == 35
    assert found == WITHOUT_DIRECT_PARENT


@pytest.mark.parametrize(
    ("code", "check_digit"),
    [("45000000", "7"), ("71200000", "0"), ("45112500", "0"), ("03000000", "1"), ("09000000", "3"), ("79630000", "9")],
)
def test_the_check_digit_comes_from_the_table(code: str, check_digit: str) -> None:
    known = cpv.get(code)
    assert known is not None
    assert known.printed == f"{code}-{check_digit}"


def test_the_published_rule_for_check_digits_is_wrong_for_532_codes() -> None:
    """Weights 3, 7, 1 repeated, sum modulo ten: a reason never to reject a code on its check digit."""
    weights = (3, 7, 1, 3, 7, 1, 3, 7)
    wrong = [
        code
        for code in ALL
        if str(sum(int(digit) * weight for digit, weight in zip(code, weights, strict=True)) % 10)
        != getattr(cpv.get(code), "check_digit", None)
    ]
    assert len(wrong) == 9_454 - 8_922


@pytest.mark.parametrize(
    ("code", "prefix"),
    [("45210000", "4521"), ("70000000", "70"), ("30000000", "30"), ("45000000", "45"), ("45233141", "45233141")],
)
def test_a_significant_prefix_is_never_shorter_than_a_division(code: str, prefix: str) -> None:
    assert cpv.significant_prefix(code) == prefix


def test_a_branch_holds_what_is_below_it_and_nothing_beside() -> None:
    assert cpv.is_within("45233141", "45000000")
    assert cpv.is_within("45233141", "45000000-7")
    assert cpv.is_within("45233141-9", "4523")
    assert cpv.is_within("45000000", "45000000")
    assert not cpv.is_within("45000000", "45200000")
    assert not cpv.is_within("30192121", "31000000")
    assert cpv.is_within("39999999", "39000000"), "a code unknown to the table still has its branch"
    assert not cpv.is_within("travaux", "45000000")
    assert not cpv.is_within("45000000", "")


@given(codes)
def test_ancestors_lead_to_the_division_and_contain_the_code(code: str) -> None:
    known = cpv.get(code)
    assert known is not None
    ancestors = cpv.ancestors(code)
    assert (known.parent is None) == (ancestors == ())
    if ancestors:
        assert ancestors[0] == known.parent
        assert ancestors[-1] == code[:2].ljust(8, "0")
        assert code in cpv.children(known.parent)
    assert all(cpv.is_within(code, ancestor) for ancestor in ancestors)


def test_children_begin_with_the_45_divisions() -> None:
    divisions = cpv.children()
    assert len(divisions) == 45
    assert sum(len(cpv.children(code)) for code in ALL) == 9_454 - 45
    assert cpv.children("60100000")[:1] == ("60112000",)
    assert cpv.children("nothing") == ()


def test_an_unknown_code_has_no_label_but_its_known_ancestors() -> None:
    assert cpv.get("45999999") is None
    assert cpv.label("45999999", "fr") is None
    assert cpv.ancestors("45999999") == ("45000000",)


def test_labels_fall_back_to_english_for_a_language_without_labels() -> None:
    assert cpv.label("45000000", "nl") == "Bouwwerkzaamheden"
    assert cpv.label("45000000", "ar") == "Construction work"


def test_natures_follow_the_divisions() -> None:
    assert [getattr(cpv.get(f"{d}000000"), "nature", None) for d in ("03", "44", "45", "48", "50", "98")] == [
        "supplies", "supplies", "works", "supplies", "services", "services",
    ]  # fmt: skip


def test_a_picker_finds_words_without_accents_and_after_an_elision() -> None:
    found = [known.code for known in cpv.search("ECLAIRAGE public", "fr", 10)]
    assert "34993000" in found
    assert "50232100" in found
    assert cpv.search("construction travaux", "fr", 1)[0].code == "45000000", "the plainest label first"


def test_a_picker_finds_codes_by_their_digits() -> None:
    assert [known.code for known in cpv.search("4523", "fr", 2)] == ["45230000", "45231000"]
    assert [known.code for known in cpv.search("45000000-7", "fr")] == ["45000000"]
    assert cpv.search("   ", "fr") == []
    assert cpv.search("xyzzy", "fr") == []
    assert cpv.search("travaux", "fr", 0) == []


@given(st.text(max_size=60), st.text(max_size=10))
def test_no_text_makes_the_vocabulary_raise(text: str, other: str) -> None:
    known = cpv.get(text)
    assert known is None or cpv.is_within(known.code, known.code)
    assert len(cpv.ancestors(text)) <= 7
    assert text not in cpv.children(text)
    assert cpv.is_within(text, other) in (True, False)
    assert len(cpv.search(text, other, 3)) <= 3
