"""Golden payloads of all portals: invented units in the portals' real structure, each beside its notice.

A new `tests/golden/<key>/<name>.payload.<type>` needs no code: the first run writes `<name>.proposed.json` and fails.
A person reads the proposal against the payload and renames it to `<name>.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from crawlers.contract import Parsing
from crawlers.portals import forms, keys, parser, splitter
from notices.formats.reading import Reading
from notices.model import Notice
from tests.support.golden_files import GOLDEN, agreed, as_json, full_name, golden_payloads, name_of

PORTALS = [key for key in keys() if (GOLDEN / key).is_dir()]
PAYLOADS = [path for key in PORTALS for path in golden_payloads(key)]
UNREAD: Mapping[str, list[str]] = {
    "be_bda/call_whose_vault_disagrees": ["row.newKeyOfThePortal"],
    "eu_ted/sparse_row_of_two_buyers": ["row.buyer-city"],
    "fr_achatpublic/call_with_lots": ["page.Visite du site"],
    "fr_achatpublic/card_of_an_older_layout": ["card.Aspect social", "page.Visite du site"],
    "fr_aws/call_with_lots_corrected": ["detail.Clause nouvelle"],
    "fr_aws/scraped_row": ["scraped.new_value"],
    "fr_boamp/divers_call_with_a_new_field": ["record.nouveau_champ"],
    "fr_decp/lines_of_a_framework": ["marche.nouvelle_colonne"],
    "fr_maximilien/label_of_tomorrow": ["detail.visite des lieux", "lots.variante"],
    "ma_bdc/call_in_arabic_with_labels_nobody_knows": ["show.Budget prévisionnel", "show.Nature de la prestation"],
    "ma_bdc_results/outcome_nobody_knows": ["card.(no label)", "card.Délai d'exécution"],
    "ma_pmmp/page_with_another_deadline_and_a_new_field": ["detail.labelNouveau"],
    "ma_pmmp_results/opening_with_a_new_column": ["suivi.Observations"],
}
"""What a parser must report as new to it: these payloads hold it for that."""

every_payload = pytest.mark.parametrize("path", PAYLOADS, ids=full_name)


def read(path: Path, payload: bytes | None = None) -> Reading:
    """What the portal's parser reads of a golden payload, or of another payload of its portal."""
    key = path.parent.name
    context = Parsing(portal=key, base_url="https://portail.example")
    return parser(key)(path.read_bytes() if payload is None else payload, context)


def names(key: str) -> list[str]:
    return list(map(name_of, golden_payloads(key)))


@every_payload
def test_a_golden_payload_reads_as_a_person_agreed(path: Path) -> None:
    found = as_json(read(path).notice)
    assert found == agreed(path, found)


@every_payload
def test_what_a_golden_payload_leaves_unread_is_known(path: Path) -> None:
    assert [element.path for element in read(path).unread] == UNREAD.get(full_name(path), [])


@every_payload
def test_a_golden_notice_survives_its_json(path: Path) -> None:
    notice = read(path).notice
    assert Notice.model_validate_json(notice.model_dump_json()) == notice


@every_payload
def test_a_golden_payload_that_is_split_is_one_unit_and_reads_the_same(path: Path) -> None:
    [unit] = splitter(path.parent.name)(path.read_bytes())
    assert read(path, unit) == read(path)


def test_every_software_of_a_portal_has_golden_payloads() -> None:
    assert set(PORTALS) == {
        "be_bda", "eu_ted", "fr_achatpublic", "fr_aws", "fr_boamp", "fr_decp", "fr_maximilien", "fr_place", "ma_bdc",
        "ma_bdc_results", "ma_pmmp", "ma_pmmp_results",
    }  # fmt: skip
    assert len(names("eu_ted")) >= 7


def test_every_shape_of_boamp_has_a_golden_payload() -> None:
    shapes = {"eforms", "fns", "mapa", "dsp", "divers", "old", "record", "dump"}
    assert {name.partition("_")[0] for name in names("fr_boamp")} == shapes


def test_every_kind_of_moroccan_announcement_has_a_golden_payload() -> None:
    kinds = {json.loads(path.read_bytes())["type"] for path in golden_payloads("ma_pmmp_results")}
    wanted = {"extrait-pv", "resultat-definitif", "information", "achevement", "presentation", "resiliation"}
    assert wanted | {"annulation", "programme"} == kinds


def test_every_form_of_french_award_data_is_named() -> None:
    assert set(forms("fr_decp")) == {"raw-unit", "json-2019", "json-2022", "xml-2022", "table-json", "table-csv"}


def test_every_payload_with_something_new_is_there() -> None:
    assert set(UNREAD) <= set(map(full_name, PAYLOADS))
