"""Files of French award data: the forms they come in, their accidents, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.formats.decp import read_decp, split_decp
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.model import Notice
from tests.support.decp_records import BUYER, CONTEXT, OTHER, WINNER, contract, messages, row


def consolidated(**cells: Any) -> dict[str, str]:
    """An invented line of the consolidation of decp.info."""
    told = {
        "uid": f"{BUYER}2026M00012", "id": "2026M00012", "nature": "Marché", "acheteur_id": BUYER,
        "acheteur_nom": "Commune de Montlivray", "acheteur_departement_code": "94", "titulaire_id": WINNER,
        "titulaire_typeIdentifiant": "SIRET", "titulaire_nom": "TOITURES INVENTÉES", "titulaire_categorie": "PME",
        "titulaire_departement_code": "75", "objet": "Toiture de l'école", "montant": "84500.5",
        "codeCPV": "45261000-4",
        "type": "Travaux", "procedure": "Procédure adaptée", "dureeMois": "12", "dateNotification": "2026-10-05",
        "datePublicationDonnees": "2026-10-20", "considerationsSociales": "Clause sociale, Critère social",
        "modification_id": "0", "donneesActuelles": "false", "sourceDataset": "atexo_maximilien",
        "titulaire_distance": "12", "acheteur_latitude": "48.7",
    }  # fmt: skip
    return told | cells


def as_csv(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_consolidated_table_is_read_with_names_sizes_and_states(delimiter: str) -> None:
    later = {
        "modification_id": "1",
        "montant": "90000",
        "dateNotification": "2026-12-01",
        "datePublicationDonnees": "2026-12-09",
    }
    [unit] = split_decp(
        as_csv(
            consolidated(),
            consolidated(titulaire_id=OTHER, titulaire_nom="AUTRE", titulaire_categorie="ETI"),
            consolidated(**later),
            consolidated(**later, titulaire_id=OTHER, titulaire_nom="AUTRE", titulaire_categorie="ETI"),
            delimiter=delimiter,
        )
    )
    read = read_decp(unit, CONTEXT)
    found = read.notice
    assert read.unread == ()
    assert found.buyers[0].name == {"fr": "Commune de Montlivray"}
    assert (found.buyers[0].place and found.buyers[0].place.nuts) == "FR107"
    assert [(party.name["fr"], party.size) for party in found.results[0].winners] == [
        ("TOITURES INVENTÉES", "sme"),
        ("AUTRE", "large"),
    ]
    assert found.nature == "works"
    assert found.flags.social is True
    assert found.values[0].amount == 90000
    assert [change.sections for change in found.changes] == [("montant",)]


def test_a_bare_row_and_a_row_per_line_are_read() -> None:
    assert len(split_decp(json.dumps(row()).encode())) == 1
    lines = b"\n".join(json.dumps(row(id=f"2026M{number}")).encode() for number in range(3))
    assert len(split_decp(lines)) == 3
    assert read_decp(json.dumps(row()).encode(), CONTEXT).notice.id == f"fr_decp:{BUYER}2026M00012"


def test_accidents_of_files_are_put_right_and_told() -> None:
    text = json.dumps({"marches": {"marche": [contract()]}}, ensure_ascii=False)
    broken = text.replace("toiture de", 'toiture \\ de "la cour" de').replace("84500.5", "NaN")
    [unit] = split_decp(b"\xef\xbb\xbf" + broken.encode())
    found = read_decp(unit, CONTEXT).notice
    assert found.title["fr"].startswith('Réfection de la toiture \\ de "la cour" de')
    assert found.values == ()
    assert "quotation marks were escaped" in messages(found)
    assert "backslashes were escaped" in messages(found)


def test_control_characters_in_xml_are_taken_out_and_told() -> None:
    inner = f"<id>X1</id><acheteur><id>{BUYER}</id></acheteur><objet>Achat de\x02 papier</objet>"
    payload = f"<marches><marche>{inner}</marche></marches>".encode()
    assert read_decp(payload, CONTEXT).notice.title == {"fr": "Achat de papier"}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", FormatReason.CUT),
        (b'{"marches": {"marche": [{"id": "1"', FormatReason.CUT),
        (b"<marches><marche><id>1</id>", FormatReason.CUT),
        (b"<html><body>Maintenance</body></html>", FormatReason.UNKNOWN_ROOT),
        (b"<!DOCTYPE html><html></html>", FormatReason.NOT_XML),
        (b'<!DOCTYPE m [<!ENTITY a "b">]><marches>&a;</marches>', FormatReason.ENTITIES),
        (b"[" * 100_000, FormatReason.UNEXPECTED),
        (b'{"marches": {"marche": ["x"]}}', FormatReason.UNEXPECTED),
        (b'{"marches": {"avis": []}}', FormatReason.UNEXPECTED),
        (b"\xff\xfe\x00{", FormatReason.UNEXPECTED),
        (b'{"objet": "\xe9"}', FormatReason.ENCODING),
        (b"id;acheteur_id;objet\n1;2\n", FormatReason.CUT),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(payload: bytes, reason: FormatReason) -> None:
    with pytest.raises(NoticeFormatError) as refusal:
        split_decp(payload)
    assert refusal.value.reason is reason


def test_a_payload_with_two_contracts_is_refused() -> None:
    payload = json.dumps({"marches": {"marche": [contract(), contract(id="B")]}}).encode()
    with pytest.raises(NoticeFormatError, match="2 contracts"):
        read_decp(payload, CONTEXT)


def test_a_payload_beyond_the_limit_is_refused() -> None:
    with pytest.raises(NoticeFormatError) as refusal:
        read_decp(json.dumps(row()).encode(), CONTEXT, limit=10)
    assert refusal.value.reason is FormatReason.TOO_LARGE


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "titulaire", "code", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def read_or_refused(payload: bytes) -> list[Notice] | str:
    """The contracts of a file, or the sentence that refuses it; any other error is a failure."""
    try:
        return [read_decp(unit, CONTEXT).notice for unit in split_decp(payload)]
    except NoticeFormatError as refusal:
        return refusal.sentence


@given(
    st.dictionaries(
        st.sampled_from(sorted(contract())) | st.sampled_from(["modifications", "actesSousTraitance"]), JUNK
    )
)
def test_whatever_stands_in_a_field_a_contract_is_read_or_refused(fields: dict[str, Any]) -> None:
    payload = json.dumps({"marches": {"marche": [contract() | fields]}}).encode("utf-8", "surrogatepass")
    found = read_or_refused(payload)
    assert found
    for one in found if isinstance(found, list) else []:
        assert Notice.model_validate_json(one.model_dump_json()) == one


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_a_file_holds_it_is_read_or_refused(payload: bytes) -> None:
    found = read_or_refused(payload)
    assert isinstance(found, list) or found
