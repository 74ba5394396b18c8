"""Values of French award data as they are written: sentinels, days, amounts, codes, places, numbers of winners."""

from __future__ import annotations

from datetime import date

import pytest

from notices.formats.decp.leaves import day_of, flag_of, is_blank, text_of
from tests.support.decp_records import WINNER, contract, messages, notice, of_rows, row


@pytest.mark.parametrize("said", ["CDL", "NC", "MQ", "MQ NC", "nan", "", " - ", None, float("nan"), [], "NaN", "null"])
def test_a_sentinel_says_nothing(said: object) -> None:
    assert is_blank(said)


@pytest.mark.parametrize("said", [0, False, "0", "Marché", "NC2026", "MQTT broker", "Sans objet"])
def test_what_is_no_sentinel_is_kept(said: object) -> None:
    assert not is_blank(said)


@pytest.mark.parametrize(
    ("printed", "day"),
    [
        ("2026-10-05", date(2026, 10, 5)),
        ("2023-01-04+01:00", date(2023, 1, 4)),
        ("2026-10-04T22:00:00+00:00", date(2026, 10, 5)),
        ("2026-10-05T00:00:00", date(2026, 10, 5)),
        ("05/10/2026", date(2026, 10, 5)),
        ("20261005", date(2026, 10, 5)),
        ("September, 16 2021", date(2021, 9, 16)),
        ("September, 16 2021 00:00:00", date(2021, 9, 16)),
        ("16 août 2021", date(2021, 8, 16)),
        ("0002-11-30", None),
        ("1970-01-01", None),
        ("2026-02-30", None),
        ("bientôt", None),
    ],
)
def test_a_day_is_read_in_every_spelling_that_occurs(printed: str, day: date | None) -> None:
    assert day_of(printed) == day


@pytest.mark.parametrize(
    ("printed", "said"),
    [(True, True), ("oui", True), ("true", True), ("1", True), ("non", False), ("NC", None), ("?", None)],
)
def test_yes_and_no_are_read_as_booleans_and_as_words(printed: object, said: bool | None) -> None:
    assert flag_of(printed) is said


def test_letters_of_another_encoding_are_put_right_and_told() -> None:
    found = notice(contract(objet="Gros \x8cuvre de l¿école d\x92Aubrais"))
    assert found.title == {"fr": "Gros Œuvre de l’école d’Aubrais"}
    assert "another encoding" in messages(found)


def test_a_number_of_a_table_program_loses_its_decimal() -> None:
    assert text_of(12345678900022.0) == "12345678900022"


@pytest.mark.parametrize(
    ("amount", "kept", "told"),
    [
        (1, False, "mandatory field"),
        (0, False, "mandatory field"),
        (1e17, False, "cannot be one"),
        ("12,5 M", False, "no amount"),
        (2_000_000_000, True, "suspect"),
        (999_999_999, True, "suspect"),
        ("84 500,50", True, ""),
    ],
)
def test_an_amount_that_is_none_is_told_and_left_out(amount: object, kept: bool, told: str) -> None:
    found = notice(contract(montant=amount))
    assert bool(found.values) is kept
    assert told in messages(found)


@pytest.mark.parametrize(
    ("cpv", "code", "told"),
    [
        ("45261000-4", "45261000", ""),
        ("45261000", "45261000", ""),
        ("45261000-9", "45261000", "check digit"),
        ("9310000", "09310000", "Zeros"),
        (9310000, "09310000", "Zeros"),
        ("4526", "45260000", "Zeros"),
        ("45 26 10 00", "45261000", ""),
        ("99999999", "99999999", "not in CPV"),
        ("toiture", None, "No CPV"),
        ("NC", None, ""),
    ],
)
def test_a_cpv_code_is_read_in_dirty_spellings(cpv: object, code: str | None, told: str) -> None:
    found = notice(contract(codeCPV=cpv))
    assert found.main_cpv == code
    assert told in messages(found)


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("Procédure adaptée", "oth-single"),
        ("PROCEDURE ADAPTEE", "oth-single"),
        ("Appel d’offres ouvert", "open"),
        ("APPEL_D_OFFRES_RESTREINT", "restricted"),
        ("Procédure concurrentielle avec négociation", "neg-w-call"),
        ("Procédure avec négociation", "neg-w-call"),
        ("Marché négocié sans publicité ni mise en concurrence préalable", "neg-wo-call"),
        ("Marché passé sans publicité ni mise en concurrence préalable", "neg-wo-call"),
        ("Dialogue compétitif", "comp-dial"),
        ("Procédure non négociée restreinte", "restricted"),
        ("Procédure inventée", None),
    ],
)
def test_procedures_of_both_vocabularies_have_their_code_and_stay_as_printed(printed: str, code: str | None) -> None:
    found = notice(contract(procedure=printed))
    assert found.procedure_type is not None
    assert (found.procedure_type.code, found.procedure_type.printed) == (code, (printed,))
    assert ("not known" in messages(found)) is (code is None)


@pytest.mark.parametrize(
    ("code", "kind", "nuts", "postal_code", "country"),
    [
        ("94000", "Code postal", "FR107", "94000", "FR"),
        ("1000", "Code postal", "FRK21", "01000", "FR"),
        ("94", "CODE DEPARTEMENT", "FR107", None, "FR"),
        ("1", "Code département", "FRK21", None, "FR"),
        ("2a", "Code département", "FRM01", None, "FR"),
        ("69123", "Code commune", "FRK26", None, "FR"),
        ("97411", "Code commune", "FRY40", None, "FR"),
        ("2B033", "Code commune", "FRM02", None, "FR"),
        ("11", "Code région", "FR1", None, "FR"),
        ("FR", "CODE PAYS", None, None, "FR"),
        ("BE", "Code pays", None, None, "BE"),
        ("00000", "Code postal", None, None, None),
    ],
)
def test_a_place_is_what_the_type_of_its_code_says(
    code: str, kind: str, nuts: str | None, postal_code: str | None, country: str | None
) -> None:
    found = notice(contract(lieuExecution={"code": code, "typeCode": kind}))
    [place] = found.places
    assert (place.nuts, place.postal_code, place.country) == (nuts, postal_code, country)
    assert place.printed == f"{code} ({kind})"
    assert ("not known" in messages(found)) is (country is None)


@pytest.mark.parametrize(
    ("kind", "printed", "scheme", "value", "valid"),
    [
        ("SIRET", WINNER, "SIRET", WINNER, True),
        ("SIRET", "019 907 070 00015", "SIRET", WINNER, True),
        ("SIRET", "12345678900023", "SIRET", "12345678900023", False),
        ("SIRET", "019907070", "SIREN", "019907070", True),
        ("SIRET", "12345678901234567", "UNKNOWN", "12345678901234567", False),
        ("TVA", "FR36019907609", "VAT", "FR36019907609", True),
        ("TVA", "BE 0931.814.266", "VAT", "BE0931814266", False),
        ("HORS-UE", "CHE-123", "HORS-UE", "CHE-123", False),
        ("TAHITI", "A12345", "TAHITI", "A12345", False),
    ],
)
def test_winners_are_told_by_their_scheme_and_whether_it_checks(
    kind: str, printed: str, scheme: str, value: str, valid: bool
) -> None:
    found = notice(contract(titulaires=[{"titulaire": {"typeIdentifiant": kind, "id": printed}}]))
    [party] = found.results[0].winners
    number = party.identifiers[0]
    assert (number.scheme, number.value, number.valid, number.printed) == (scheme, value, valid, printed)


def test_leading_zeros_that_were_lost_are_put_back_only_where_the_check_digits_then_fit() -> None:
    assert of_rows(row(titulaire_id_1=1990744300014)).results[0].winners[0].identifiers[0].value == "01990744300014"
    real = notice(contract(titulaires=[{"titulaire": {"typeIdentifiant": "SIRET", "id": "1990744300014"}}]))
    assert real.results[0].winners[0].identifiers[0].value == "01990744300014"
    assert "Leading zeros" in messages(real)
    false = notice(contract(titulaires=[{"titulaire": {"typeIdentifiant": "SIRET", "id": "1990744300015"}}]))
    assert false.results[0].winners[0].identifiers[0].scheme == "UNKNOWN"
