"""NUTS, countries, languages, currencies, eForms code lists, procedures and subtypes."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.vocabularies import codes, countries, currencies, derive, languages, nuts, procedures, subtypes, tables

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
needs_samples = pytest.mark.skipif(not (SAMPLES / "ted/sdk").is_dir(), reason="needs ../shared/samples")


def test_importing_the_vocabularies_reads_no_table() -> None:
    script = (
        "import io, pathlib, notices.vocabularies as v\n"
        "caches = [f for m in map(v.__dict__.get, v.__all__) for f in vars(m).values() if hasattr(f, 'cache_info')]\n"
        "assert len(caches) > 8, caches\n"
        "assert all(f.cache_info().currsize == 0 for f in caches)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[3], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr


# --- NUTS


def test_all_regions_are_there() -> None:
    current = [row[0] for row in tables.rows("nuts.csv")]
    assert len(current) == 2_087
    assert sum(code.startswith("BE") for code in current) == 62
    assert all(nuts.level(code) == len(code) - 2 for code in current)


def test_every_belgian_code_of_the_platform_resolves_exactly() -> None:
    printed = [
        "BE1", "BE10", "BE100", "BE2", "BE211", "BE212", "BE213", "BE223", "BE224", "BE225", "BE231", "BE232",
        "BE233", "BE234", "BE235", "BE236", "BE241", "BE242", "BE251", "BE252", "BE253", "BE254", "BE255", "BE256",
        "BE257", "BE258", "BE3", "BE310", "BE323", "BE328", "BE329", "BE32A", "BE32B", "BE32C", "BE32D", "BE331",
        "BE332", "BE334", "BE335", "BE336", "BE341", "BE342", "BE343", "BE344", "BE345", "BE351", "BE352", "BE353",
        "BEZZZ",
    ]  # fmt: skip
    for code in printed:
        resolved = nuts.resolve(code)
        assert resolved is not None
        assert (resolved.region.code, resolved.match) == (code, nuts.Match.EXACT)


@pytest.mark.parametrize("code", ["BE221", "BE222", "BE321", "BE322", "BE324", "BE325", "BE326", "BE327"])
def test_a_belgian_code_from_before_2021_is_known_as_historic(code: str) -> None:
    resolved = nuts.resolve(code)
    assert resolved is not None
    assert resolved.match is nuts.Match.HISTORIC
    assert resolved.region.note
    assert resolved.region.successor is not None
    assert nuts.get(resolved.region.successor) is not None
    assert code not in nuts.children(resolved.region.parent), "a picker offers only codes in force"


def test_an_unknown_region_falls_back_to_its_longest_known_prefix() -> None:
    isere = nuts.resolve("FR714")
    assert isere is not None
    assert (isere.region.code, isere.match) == ("FR", nuts.Match.PREFIX)
    hainaut = nuts.resolve("be32x")
    assert hainaut is not None
    assert (hainaut.region.code, hainaut.match) == ("BE32", nuts.Match.PREFIX)


@pytest.mark.parametrize("printed", ["00", "anyw", "anyw-eea", "", "BE1000", "ZZ123", "Liège"])
def test_a_place_that_is_no_region_resolves_to_nothing(printed: str) -> None:
    assert nuts.resolve(printed) is None


def test_regions_know_what_is_above_and_below() -> None:
    assert nuts.parents("BE332") == ("BE33", "BE3", "BE")
    assert "BE" in nuts.children()
    assert nuts.children("BE3") == ("BE31", "BE32", "BE33", "BE34", "BE35")
    assert nuts.parents("XX") == ()


def test_a_picker_finds_regions_by_name_and_code() -> None:
    assert [region.code for region in nuts.search("liege", "fr")] == ["BE33", "BE332"]
    assert nuts.search("be3", "fr", 3)[0].code == "BE3"
    assert nuts.label("BE332", "fr") == "Arr. Liège"


# --- countries, languages, currencies


def test_countries_convert_between_two_and_three_letters() -> None:
    assert (countries.alpha2("BEL"), countries.alpha3("be"), countries.alpha3("MA")) == ("BE", "BEL", "MAR")
    assert (countries.alpha3("UK"), countries.alpha3("EL"), countries.alpha2("XKX")) == ("GBR", "GRC", "XK")
    assert countries.alpha2("ZZZ") is None
    assert countries.label("MAR", "fr") == "Maroc"
    assert countries.label("MAR", "ar") == "المغرب"


def test_every_country_has_its_own_two_letters() -> None:
    assert len(countries.entries()) == 246
    assert max(Counter(country.alpha2 for country in countries.entries()).values()) == 1


def test_every_official_language_and_arabic_convert_both_ways() -> None:
    official = [
        "BUL", "CES", "DAN", "DEU", "ELL", "ENG", "SPA", "EST", "FIN", "FRA", "GLE", "HRV", "HUN", "ITA", "LIT",
        "LAV", "MLT", "NLD", "POL", "POR", "RON", "SLK", "SLV", "SWE", "ARA",
    ]  # fmt: skip
    for code in official:
        short = languages.iso1(code)
        assert short is not None
        assert languages.alpha3(short) == code
    assert languages.iso1("NLD") == "nl"
    assert languages.iso1("dut") == "nl"
    assert languages.iso1("ZZZ") is None
    assert languages.label("ar", "fr") == "arabe"


def test_currencies_of_notices_are_known() -> None:
    assert all(currencies.is_known(code) for code in ["EUR", "PLN", "RON", "SEK", "CHF", "DKK", "AED", "MAD", "BGN"])
    assert not currencies.is_known("eur")
    assert not currencies.is_known("XXX")
    assert currencies.label("MAD", "fr") == "Dirham marocain"


# --- eForms code lists


def test_the_lists_a_reader_and_a_page_need_have_labels() -> None:
    needed = {
        "notice-type": "cn-standard", "notice-subtype": "16", "form-type": "competition", "contract-nature": "works",
        "legal-basis": "32014L0024", "framework-agreement": "fa-wo-rc", "dps-usage": "dps-list",
        "winner-selection-status": "selec-w", "received-submission-type": "tenders", "buyer-legal-type": "la",
        "economic-operator-size": "sme", "main-activity": "gen-pub", "reserved-procurement": "res-ws",
        "strategic-procurement": "env-imp", "environmental-impact": "circ-econ", "social-objective": "acc-all",
        "innovative-acquisition": "rd-act", "change-corrig-justification": "cancel", "award-criterion-type": "price",
        "non-award-justification": "no-rece", "number-weight": "per-exa", "duration-unit": "MONTH",
        "non-publication-justification": "fair-comp", "non-publication-identifier": "rec-sub-cou",
    }  # fmt: skip
    for name, code in needed.items():
        labels = codes.entries(name).get(code)
        assert labels is not None, (name, code)
        assert set(labels) == {"fr", "nl", "en", "de"}, (name, code)


def test_old_codes_and_list_names_are_still_understood() -> None:
    assert codes.label("contract-nature", "combined", "en") == "Combined"
    assert codes.is_known("organization-role", "serv-prov")
    assert not codes.is_known("contract-nature", "nonsense")
    assert codes.label("no-such-list", "x", "fr") is None
    assert codes.entries("no-such-list") == {}


@needs_samples
def test_real_belgian_notices_use_only_known_codes_in_the_lists_that_matter() -> None:
    unknown: Counter[tuple[str, str]] = Counter()
    kept_apart = {"cpv", "nuts", "country", "language", "exclusion-ground", "selection-criterion"}
    for file in sorted((SAMPLES / "belgium/eforms_2025-06").rglob("*.xml")):
        for name, code in re.findall(r'listName="([^"]*)"[^>]*>([^<]*)<', file.read_text(encoding="utf-8")):
            if name not in kept_apart and codes.entries(name) and not codes.is_known(name, code.strip()):
                unknown[name, code] += 1
    assert not unknown


# --- procedures and subtypes


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("OPEN", "open"), ("OPEN_DEF", "open"), ("OPEN_CONS", "open"), ("open", "open"),
        ("NEG_WO_CALL_24", "neg-wo-call"), ("NEG_WO_CALL_25", "neg-wo-call"), ("NEG_WO_CALL_81", "neg-wo-call"),
        ("neg-wo-call-24", "neg-wo-call"), ("neg-wo-call", "neg-wo-call"), ("S_NEG_W_CALL_24_81", "neg-w-call"),
        ("LOW_VALUE_T", "oth-single"), ("SUIGEN_OTHER", "oth-single"), ("oth-single", "oth-single"),
        ("Procédure ouverte", "open"), ("Niet-openbare procedure", "restricted"), ("PNSPP", "neg-wo-call"),
        ("exp-int-rail", "exp-int-rail"), ("COMP_DIAL_24", "comp-dial"),
    ],
)  # fmt: skip
def test_every_spelling_of_a_procedure_means_the_same(printed: str, code: str) -> None:
    assert procedures.normalise(printed) == code


def test_a_procedure_that_does_not_say_enough_stays_unknown() -> None:
    assert procedures.normalise("proc-neg") is None
    assert procedures.normalise("") is None


def test_every_spelling_maps_to_a_code_of_eforms() -> None:
    assert {row[1] for row in tables.rows("procedure_spellings.csv")} <= set(procedures.entries())
    assert len(procedures.entries()) == 10
    assert procedures.label("open", "fr") == "Ouverte"


def test_every_subtype_says_what_it_is() -> None:
    expected = [str(n) for n in range(1, 41)] + ["CEI", "E1", "E2", "E3", "E4", "E5", "E6", "T01", "T02", "X01", "X02"]
    assert sorted(subtype.code for subtype in subtypes.entries()) == sorted(expected)
    e3 = subtypes.get("E3")
    assert e3 is not None
    assert (e3.form_type, e3.notice_type, e3.root) == ("competition", "cn-standard", "ContractNotice")
    sixteen = subtypes.get("16")
    assert sixteen is not None
    assert sixteen.legal_basis == "32014L0024"
    assert subtypes.get("BE-E4") == subtypes.get("E4")
    assert subtypes.get("41") is None
    assert subtypes.label("16", "nl")


def test_every_subtype_refers_to_known_codes() -> None:
    for subtype in subtypes.entries():
        assert codes.is_known("form-type", subtype.form_type)
        assert codes.is_known("notice-type", subtype.notice_type)
        assert codes.is_known("legal-basis", subtype.legal_basis)


@given(st.text(max_size=40))
def test_no_text_makes_a_list_raise(text: str) -> None:
    code = procedures.normalise(text)
    assert code is None or codes.is_known("procurement-procedure-type", code)
    found = nuts.resolve(text)
    assert found is None or nuts.get(found.region.code) == found.region
    assert len(nuts.search(text, "fr", 3)) <= 3
    country, language, subtype = countries.get(text), languages.get(text), subtypes.get(text)
    assert country is None or country in countries.entries()
    assert language is None or languages.get(language.alpha3) == language
    assert subtype is None or subtype.code == text.strip()


# --- derivation


@needs_samples
def test_the_tables_are_what_the_derivation_writes(tmp_path: Path) -> None:
    assert derive.main([str(SAMPLES), "--to", str(tmp_path)]) == 0
    for written in sorted(tmp_path.iterdir()):
        assert written.read_bytes() == (derive.DATA / written.name).read_bytes(), written.name


def test_a_folder_without_code_lists_is_refused_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert derive.main([str(tmp_path)]) == 1
    assert "does not hold" in capsys.readouterr().err
