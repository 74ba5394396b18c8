"""A framework agreement whose kind nobody says is one all the same, and no other answer becomes one."""

from __future__ import annotations

import json

import pytest

from notices.model import Framework
from notices.versions import payload_digest
from tests.support.boamp_records import notice as boamp
from tests.support.boamp_records import old
from tests.support.decp_records import contract
from tests.support.decp_records import notice as decp


def test_a_contract_of_award_data_that_only_says_framework_is_one() -> None:
    assert decp(contract(techniques={"technique": ["Accord-cadre"]})).framework == Framework(agreement=True)
    told = decp(
        contract(
            techniques={"technique": ["Accord-cadre"]}, modalitesExecution={"modaliteExecution": ["Bons de commande"]}
        )
    )
    assert told.framework == Framework(technique="fa-wo-rc")
    assert decp(contract(techniques={"technique": ["Sans objet"]})).framework == Framework(technique="none")


@pytest.mark.parametrize(
    ("implied", "agreement", "expected"),
    [
        ({"ACCORD_CADRE": ""}, {"PLUSIEURS_OPERATEURS": "", "NB_MAX_PARTICIPANTS": "4"},
         Framework(agreement=True, maximum_participants=4)),
        ({"ACCORD_CADRE": ""}, {"UN_SEUL_OPERATEUR": ""}, Framework(technique="fa-wo-rc")),
        ({"MARCHE_PUBLIC": ""}, {}, Framework(technique="none")),
        ({"SAD": ""}, {}, Framework(dynamic_purchasing="dps-list")),
    ],
)  # fmt: skip
def test_an_old_notice_says_framework_alone(
    implied: dict[str, str], agreement: dict[str, str], expected: Framework
) -> None:
    thing = {"AVIS_IMPLIQUE": implied, **({"ACCORD_CADRE": agreement} if agreement else {})}
    assert boamp(old(OBJET=thing)).framework == expected


def test_notices_stored_before_the_field_was_there_are_unchanged() -> None:
    found = boamp(old(OBJET={"AVIS_IMPLIQUE": {"MARCHE_PUBLIC": ""}}))
    content = found.model_dump(mode="json")
    del content["framework"]["agreement"]
    before = type(found).model_validate_json(json.dumps(content))
    assert payload_digest(before) == payload_digest(found)
