"""What the reader of BOAMP promises: kinds, deadlines, links, places and texts, and what it never makes up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notices.formats.boamp import idweb_of, read_boamp, read_boamp_xml
from notices.formats.boamp.trees import eforms_as_xml, xml_as_json
from notices.formats.eforms import read_eforms
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading, ReadingContext
from notices.formats.xml import parse_xml
from notices.model import Notice, NoticeKind
from tests.support.golden_files import golden_documents

CONTEXT = ReadingContext(portal="fr_boamp", zone=ZoneInfo("Europe/Paris"), country="FR")
FLAT: dict[str, Any] = {
    "idweb": "26-900001",
    "objet": "Entretien des haies",
    "nomacheteur": "Commune de Bocage",
    "nature": "APPEL_OFFRE",
    "etat": "INITIAL",
    "dateparution": "2026-09-15",
}


def reading(donnees: Any = None, **flat: Any) -> Reading:
    return read_boamp({**FLAT, "donnees": None if donnees is None else json.dumps(donnees), **flat}, context=CONTEXT)


def notice(donnees: Any = None, **flat: Any) -> Notice:
    return reading(donnees, **flat).notice


def mapa(**blocks: Any) -> dict[str, Any]:
    return {"MAPA": {"organisme": {"acheteurPublic": "Commune de Bocage"}, "initial": blocks}}


def simple(section: str = "initial", **blocks: Any) -> dict[str, Any]:
    return {"FNSimple": {"organisme": {"nomOfficiel": "Commune de Bocage"}, section: blocks}}


def told(found: Notice) -> str:
    return " ".join(f"{note.message} {note.printed}" for note in found.notes)


# --- kinds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nature", "state", "types", "kind"),
    [
        ("APPEL_OFFRE", "INITIAL", ["5", "1"], NoticeKind.COMPETITION),
        ("ATTRIBUTION", "INITIAL", ["10", "6"], NoticeKind.RESULT),
        ("RECTIFICATIF", "RECTIFICATIF", None, NoticeKind.CHANGE),
        ("APPEL_OFFRE", "RECTIFICATIF", "5,1,", NoticeKind.CHANGE),
        ("APPEL_OFFRE", "RECTIFANNUL", None, NoticeKind.CHANGE),
        ("ATTRIBUTION", "RECTIFICATIF", None, NoticeKind.RESULT),
        ("ANNULATION", "INITIAL", None, NoticeKind.CANCELLATION),
        ("APPEL_OFFRE", "ANNULATION", None, NoticeKind.CANCELLATION),
        ("MODIFICATION", "INITIAL", None, NoticeKind.MODIFICATION),
        ("PRE-INFORMATION", "INITIAL", None, NoticeKind.PLANNING),
        ("PRE_INFORMATION", "INITIAL", None, NoticeKind.PLANNING),
        ("EX_ANTE_VOLONTAIRE", "INITIAL", None, NoticeKind.DIRECT_AWARD),
        ("IC", "INITIAL", None, NoticeKind.INFORMATION),
        (None, None, "10,8,", NoticeKind.RESULT),
        (None, None, "5,2,", NoticeKind.COMPETITION),
        (None, None, ["10", "7"], NoticeKind.DIRECT_AWARD),
        (None, None, ["5"], NoticeKind.COMPETITION),
    ],
)
def test_the_codes_of_the_bulletin_say_the_kind(nature: Any, state: Any, types: Any, kind: NoticeKind) -> None:
    found = notice(nature=nature, etat=state, type_avis=types)
    assert found.kind is kind
    assert found.cancelled is (True if kind is NoticeKind.CANCELLATION else None)


def test_a_nature_that_was_never_seen_is_information_and_told() -> None:
    found = notice(nature="CONCOURS_DE_BEAUTE")
    assert found.kind is NoticeKind.INFORMATION
    assert "CONCOURS_DE_BEAUTE" in told(found)


# --- deadlines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "at"),
    [
        ("2026-10-16T12:00:00", "2026-10-16T12:00:00+02:00"),
        ("2026-11-16T12:00:00", "2026-11-16T12:00:00+01:00"),
        ("2026-09-29T12:00:00.000+02:00", "2026-09-29T12:00:00+02:00"),
        ("2026-09-29T10:00:00Z", "2026-09-29T10:00:00+00:00"),
        ("2026-09-29T12:00:00+01:00", "2026-09-29T12:00:00+02:00"),
        ("2026-12-01T12:00:00+02:00", "2026-12-01T12:00:00+02:00"),
        ("2026-09-29T12:00:00+04:00", "2026-09-29T12:00:00+04:00"),
        ("2026-09-29T12:00:00-03:00", "2026-09-29T12:00:00-03:00"),
        ("29/09/2026 12:00", "2026-09-29T12:00:00+02:00"),
    ],
)
def test_a_deadline_without_offset_is_on_the_clock_of_paris(printed: str, at: str) -> None:
    """An offset that Paris does not have on that day gives the earlier reading; those overseas stand."""
    (deadline,) = notice(mapa(delais={"receptionOffres": printed})).deadlines
    assert deadline.at.isoformat() == at


def test_a_deadline_that_only_the_document_has_is_found() -> None:
    found = notice(simple(procedure={"dateReceptionOffres": "2026-10-01T17:30:00"}), datelimitereponse=None)
    assert [deadline.at.isoformat() for deadline in found.deadlines] == ["2026-10-01T17:30:00+02:00"]


def test_midnight_of_greenwich_is_a_day_without_an_hour() -> None:
    (deadline,) = notice(datelimitereponse="2006-06-27T00:00:00+00:00").deadlines
    assert deadline.date_only is True
    assert deadline.at.isoformat() == "2006-06-27T23:59:59+02:00"


def test_a_flat_deadline_that_was_converted_wrongly_is_told_and_not_believed() -> None:
    found = notice(
        mapa(delais={"receptionOffres": "2026-10-01T12:00:00"}), datelimitereponse="2026-10-01T12:00:00+00:00"
    )
    assert [deadline.at.isoformat() for deadline in found.deadlines] == ["2026-10-01T12:00:00+02:00"]
    assert "another deadline" in told(found)


def test_two_deadlines_on_different_days_are_both_kept() -> None:
    found = notice(
        mapa(delais={"receptionOffres": "2026-10-08T12:00:00"}), datelimitereponse="2026-10-01T10:00:00+00:00"
    )
    assert len(found.deadlines) == 2
    assert found.deadline is not None
    assert found.deadline.at.isoformat() == "2026-10-01T10:00:00+00:00"


@pytest.mark.parametrize("flat", [{"nature": "ATTRIBUTION"}, {"etat": "ANNULATION"}])
def test_a_result_or_a_cancellation_has_no_deadline_of_its_own(flat: dict[str, Any]) -> None:
    assert notice(datelimitereponse="2026-12-15T11:00:00+00:00", **flat).deadlines == ()


def test_a_call_without_deadline_says_how_long_it_is_shown() -> None:
    assert "2026-10-30" in told(notice(datefindiffusion="2026-10-30"))


def test_a_restricted_procedure_asks_for_requests_first() -> None:
    found = notice(type_procedure="RESTREINT", datelimitereponse="2026-10-01T10:00:00+00:00")
    assert [deadline.kind.value for deadline in found.deadlines] == ["requests"]


# --- links ----------------------------------------------------------------------------------------------------------


def test_links_come_from_the_named_keys_alone() -> None:
    found = notice(
        simple("rectificatif", avisInitial={"idWeb": "26-800001"}, infosRectif="Le lot 20-2026 change"),
        nature="RECTIFICATIF",
        annonce_lie=["26-800002", "2026-08-20", "https://www.boamp.fr/avis/20-2026"],
        annonces_anterieures='{"annonce": {"idweb": "20-2026", "date": "20-08-2026"}}',
        gestion={"REFERENCE": {"IDWEB": "26-900001", "ANNONCE_ANTERIEUR": {"IDWEB": "26-800003"}}},
    )
    assert [(link.relation, link.value) for link in found.links] == [
        ("changed", "26-800002"),
        ("changed", "26-800003"),
        ("changed", "26-800001"),
    ]
    assert "2026-08-20" in told(found)


def test_a_notice_never_links_to_itself() -> None:
    assert notice(annonce_lie=["26-900001"]).links == ()


@pytest.mark.parametrize(
    ("flat", "relation"),
    [
        ({"nature": "ATTRIBUTION"}, "previous"),
        ({"nature": "MODIFICATION"}, "modified"),
        ({"etat": "ANNULATION"}, "changed"),
        ({"nature": "ATTRIBUTION", "etat": "RECTIFICATIF"}, "changed"),
    ],
)
def test_the_relation_says_what_becomes_of_the_earlier_notice(flat: dict[str, Any], relation: str) -> None:
    assert [link.relation for link in notice(annonce_lie="26-800001", **flat).links] == [relation]


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ({"idweb": "25-127510"}, "25-127510"),
        ({"idweb": " 26-12 "}, "26-12"),
        ({"id": "25_127510"}, "25-127510"),
        ({"idweb": "BOAMP-06-101-0001-01"}, "BOAMP-06-101-0001-01"),
        ({"idweb": "2026-08"}, None),
        ({"idweb": None}, None),
        ({}, None),
    ],
)
def test_the_key_of_a_record_is_its_idweb(record: dict[str, Any], key: str | None) -> None:
    assert idweb_of(record) == key


# --- places, goods, words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "nuts"),
    [("1", "FRK21"), ("01", "FRK21"), ("2a", "FRM01"), ("20A", "FRM01"), ("20B", "FRM02"), ("94", "FR107"),
     ("974", "FRY40"), ("988", None), ("XX", None)],
)  # fmt: skip
def test_a_departement_is_found_without_its_leading_zero(printed: str, nuts: str | None) -> None:
    (place,) = notice(code_departement=[printed]).places
    assert place.nuts == nuts
    assert place.printed is not None


def test_the_place_of_the_work_comes_before_the_place_of_publication() -> None:
    found = notice(code_departement="38,73,1", code_departement_prestation="38")
    assert [(place.nuts, place.printed) for place in found.places] == [("FRK24", "Isère (38), département d'exécution")]


def test_no_goods_are_made_up_from_descriptors() -> None:
    found = notice(
        mapa(description={"objet": "Ordinateurs"}), descripteur_code=["163"], descripteur_libelle=["Informatique"]
    )
    assert found.classifications == ()
    assert found.additional_information["fr"] == "Descripteurs : Informatique"


@pytest.mark.parametrize("printed", ["Sans objet", "néant", "DEFAULT_VALUE_CHANGE_ME", "NC", "-", "&nbsp;"])
def test_placeholders_say_nothing(printed: str) -> None:
    found = notice(mapa(caracteristiques={"principales": printed}, renseignements={"idMarche": printed}))
    assert found.description == {}
    assert found.references == ("26-900001",)


@pytest.mark.parametrize("printed", ["1", "0", "0.01", {"@devise": "EUR", "#text": "1.00"}])
def test_amounts_entered_to_fill_a_field_are_none(printed: Any) -> None:
    assert notice(simple(natureMarche={"valeurEstimee": {"valeur": printed}})).values == ()


def test_an_amount_nobody_can_mean_is_told_and_left_out() -> None:
    found = notice(simple(natureMarche={"valeurEstimee": {"valeur": "99999999999999999"}}))
    assert found.values == ()
    assert "99999999999999999" in told(found)


def test_entities_escaped_twice_and_tags_become_text() -> None:
    found = notice(
        mapa(description={"objet": "L&amp;#039;eau"}, caracteristiques={"principales": "A&amp;lt;br/&amp;gt;B"})
    )
    assert found.title == {"fr": "L'eau"}
    assert found.description == {"fr": "A\nB"}


def test_one_lot_or_many_are_read_alike() -> None:
    one = {"numLot": "1", "intituleLot": "Nord", "description": "Partie nord"}
    single, double = notice(simple(lots={"lot": one})), notice(simple(lots={"lot": [one, {**one, "numLot": "2"}]}))
    assert [lot.id for lot in single.lots] == ["1"]
    assert [lot.id for lot in double.lots] == ["1", "2"]
    assert single.lots[0] == double.lots[0]


def test_two_lots_with_one_number_are_both_kept() -> None:
    found = notice(simple(lots={"lot": [{"numLot": "1", "intituleLot": "A"}, {"numLot": "1", "intituleLot": "B"}]}))
    assert [lot.id for lot in found.lots] == ["1", "1#2"]
    assert "position" in told(found)


def test_a_lot_whose_title_stands_on_two_lines_says_it_once() -> None:
    (lot,) = notice(mapa(lots={"lot": {"numLot": "3", "description": "Plomberie\nPlomberie"}})).lots
    assert (lot.title, lot.description) == ({"fr": "Plomberie"}, {})


def test_a_new_key_of_the_bulletin_is_reported() -> None:
    found = reading(mapa(nouveaute={"couleur": "vert"}), clef_inconnue="x")
    assert [(item.path, item.sample) for item in found.unread] == [
        ("donnees.MAPA.initial.nouveaute", "{'couleur': 'vert'}"),
        ("record.clef_inconnue", "x"),
    ]


def test_a_sentence_in_the_place_of_a_section_is_kept() -> None:
    found = notice({"FNSimple": {"annulation": "La procédure est abandonnée."}}, etat="ANNULATION")
    assert found.additional_information == {"fr": "La procédure est abandonnée."}


def test_words_in_the_place_of_an_object_are_reported() -> None:
    found = reading(
        {"MAPA": {"organisme": "Commune de Bocage", "initial": {"duree": {"nbMois": "6", "#text": "environ"}}}}
    )
    assert [(item.path, item.sample) for item in found.unread] == [
        ("donnees.MAPA.initial.duree", "environ"),
        ("donnees.MAPA.organisme", "Commune de Bocage"),
    ]


# --- results and corrections in words -------------------------------------------------------------------------------


def awarded(text: str, **flat: Any) -> Notice:
    return notice(simple("attribution", attributionMarche=text), nature="ATTRIBUTION", **flat)


def test_a_result_in_words_gives_what_fixed_labels_name_once() -> None:
    found = awarded("Nombre d'offres reçues : 3\nNom du titulaire : GUITOLI SAS\nMontant HT : 284 782,86 euro(s).")
    (result,) = found.results
    assert [winner.name["fr"] for winner in result.winners] == ["GUITOLI SAS"]
    assert result.tenders_received == 3
    assert result.tenders[0].value is not None
    assert str(result.tenders[0].value.amount) == "284782.86"
    assert found.additional_information["fr"].startswith("Nombre d'offres reçues : 3\n")


def test_the_result_of_several_lots_in_words_gives_no_amount() -> None:
    text = "Lot 1 : DBA, 16100 Merpins\nMontant HT : 139 396,55 €\nLot 2 : COGNAC BOIS\nMontant HT : 12 000,00 €"
    found = awarded(text, titulaire=["DBA", "COGNAC BOIS"])
    assert [winner.name["fr"] for winner in found.results[0].winners] == ["DBA", "COGNAC BOIS"]
    assert [tender.value for tender in found.results[0].tenders] == [None, None]
    assert "several lots" in told(found)


def test_a_least_amount_is_not_what_was_awarded() -> None:
    found = awarded("Montant HT min : 935 220,00 Euros", titulaire=["Travaux Fayard"])
    assert found.results[0].tenders[0].value is None


def test_a_fruitless_procedure_in_words_has_no_winner() -> None:
    (result,) = awarded("Nombre d'offres reçues : 1\nCet avis a été déclaré Infructueux").results
    assert (result.status, result.tenders_received, result.tenders) == ("clos-nw", 1, ())


def test_prose_without_labels_is_kept_and_told() -> None:
    found = awarded("Les montants indiqués sont les maximums sur la durée de l'accord-cadre, 75001 Paris")
    assert found.results == ()
    assert "accord-cadre" in found.additional_information["fr"]
    assert "told in words" in told(found)


def corrected(text: Any, **flat: Any) -> Notice:
    return notice(simple("rectificatif", infosRectif=text), nature="RECTIFICATIF", etat="RECTIFICATIF", **flat)


def test_a_new_deadline_in_the_regular_form_is_read() -> None:
    found = corrected("Date limite de remise des offres. Au lieu de 06/11/2026 à 12h00, lire 13/11/2026 à 16h30")
    assert [deadline.at.isoformat() for deadline in found.deadlines] == ["2026-11-13T16:30:00+01:00"]
    assert found.changes[0].description["fr"].startswith("Date limite")


@pytest.mark.parametrize(
    "text",
    [
        "La date limite est reportée au vendredi 13 novembre à midi.",
        "Date limite : au lieu de 06/11/2026 à 12h00, lire 13/11/2026 à 12h00 heures locales",
        "Remise des offres après la visite : au lieu de 06/11/2026 à 12h00, lire 13/11/2026 à 12h00",
    ],
)
def test_a_new_deadline_in_other_words_is_left_to_people(text: str) -> None:
    found = corrected(text)
    assert found.deadlines == ()
    assert "not read" in told(found)


def test_a_correction_of_something_else_says_nothing_of_deadlines() -> None:
    found = corrected({"rubrique": "Critères", "auLieuDe": "Prix : 60", "lire": "Prix : 50"})
    assert found.deadlines == ()
    assert found.notes == ()
    assert found.changes[0].sections == ("Critères",)
    assert found.changes[0].description == {"fr": "Au lieu de : Prix : 60\nLire : Prix : 50"}


# --- schema v230 ----------------------------------------------------------------------------------------------------


def old(**blocks: Any) -> dict[str, Any]:
    return {"IDENTITE": {"DENOMINATION": "Commune de Bocage"}, **blocks}


def test_requests_and_tenders_have_a_deadline_each() -> None:
    delays = {"RECEPT_CANDIDAT": "2016-03-01T12:00:00+01:00", "RECEPT_OFFRES": "2016-05-02T12:00:00+02:00"}
    found = notice(old(CONDITION_DELAI=delays, PROCEDURE={"TYPE_PROCEDURE": {"RESTREINT": ""}}))
    assert {deadline.kind.value: deadline.at.date().isoformat() for deadline in found.deadlines} == {
        "requests": "2016-03-01",
        "tenders": "2016-05-02",
    }


def test_the_interface_converts_a_wrong_offset_and_the_document_is_believed() -> None:
    found = notice(
        old(CONDITION_DELAI={"RECEPT_OFFRES": "2015-04-08T18:00:00+01:00"}),
        datelimitereponse="2015-04-08T17:00:00+00:00",
    )
    assert [deadline.at.isoformat() for deadline in found.deadlines] == ["2015-04-08T18:00:00+02:00"]


def test_criteria_in_an_order_have_their_rank_as_weight() -> None:
    ranked = {"CRITERE": [{"@ORDRE": "1", "#text": "Prix"}, {"@ORDRE": "2", "#text": "Délai"}]}
    found = notice(old(PROCEDURE={"CRITERES_ATTRIBUTION": {"CRITERES_PRIORITES": ranked}}))
    criteria = found.lots[0].award_criteria
    assert [(item.name["fr"], str(item.weight), item.weight_kind) for item in criteria] == [
        ("Prix", "1", "ord-imp"),
        ("Délai", "2", "ord-imp"),
    ]


def test_a_framework_agreement_says_its_most_and_its_length() -> None:
    agreement = {
        "PLUSIEURS_OPERATEURS": "",
        "NB_MAX_PARTICIPANTS": "4",
        "DUREE_AN": "3",
        "VALEUR_MAX": {"@DEVISE": "EUR", "#text": "9700000.00"},
    }
    found = notice(old(OBJET={"AVIS_IMPLIQUE": {"ACCORD_CADRE": ""}, "ACCORD_CADRE": agreement}))
    assert found.framework is not None
    assert found.framework.maximum_participants == 4
    assert [(value.kind.value, str(value.amount)) for value in found.values] == [("framework-maximum", "9700000.00")]
    assert found.duration is not None
    assert (str(found.duration.amount), found.duration.unit) == ("3", "YEAR")


def test_an_award_to_an_economic_group_is_one_tender() -> None:
    facts = [{"GROUPEMENT_ECONOMIQUE": "", "MONTANT": "50000", "NB_OFFRE_RECU": "3", "NB_OFFRE_RECU_PME": "2"}, {}]
    decision = {
        "ATTRIBUE": "",
        "NUM_LOT": "1",
        "TITULAIRE": [{"DENOMINATION": "Un"}, {"DENOMINATION": "Deux"}],
        "RENSEIGNEMENT": [{**facts[0], "OFFRE_BASSE": "45000", "OFFRE_ELEVEE": "70000"}, facts[1]],
    }
    (result,) = notice(old(ATTRIBUTION={"DECISION": decision}), nature="ATTRIBUTION").results
    (tender,) = result.tenders
    assert [party.name["fr"] for party in tender.tenderers] == ["Un", "Deux"]
    assert [(count.type, count.count) for count in result.submissions] == [("t-sme", 2)]
    assert [(value.kind.value, str(value.amount)) for value in result.values] == [
        ("lowest-tender", "45000"),
        ("highest-tender", "70000"),
    ]


def test_an_abandoned_procedure_has_a_result_without_winner() -> None:
    found = notice(old(ATTRIBUTION={"SANS_SUITE": ""}), nature="ATTRIBUTION")
    assert [(result.status, result.tenders) for result in found.results] == [("clos-nw", ())]


# --- eForms and refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", golden_documents("eforms"), ids=lambda path: path.stem)
def test_an_eforms_notice_reads_the_same_from_json_as_from_its_own_document(path: Path) -> None:
    root = parse_xml(path.read_bytes())
    name = str(root.tag).rpartition("}")[2]
    payload, skipped = eforms_as_xml(name, xml_as_json(root))
    assert skipped == []
    assert read_eforms(payload, context=CONTEXT) == read_eforms(path.read_bytes(), context=CONTEXT)


def test_what_has_no_place_in_an_eforms_document_is_reported() -> None:
    (path,) = [path for path in golden_documents("eforms") if path.stem == "competition_restricted_two_lots"]
    root = parse_xml(path.read_bytes())
    tree = {**xml_as_json(root), "boamp:Couleur": "vert", "1 2": "x"}
    found = reading({"EFORMS": {"ContractNotice": tree}})
    assert {item.path: item.sample for item in found.unread} == {
        "donnees.EFORMS.ContractNotice.boamp:Couleur": "vert",
        "donnees.EFORMS.ContractNotice.1 2": "x",
    }


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"idweb": None}, FormatReason.MISSING, "idweb"),
    ({"objet": None}, FormatReason.MISSING, "title"),
    ({"donnees": '{"AUTRE": {}, "PLUS": 1}'}, FormatReason.UNKNOWN_ROOT, "AUTRE, PLUS"),
    ({"donnees": '{"EFORMS": {"ContractNotice"'}, FormatReason.CUT, "donnees"),
    ({"donnees": "pas du json"}, FormatReason.UNEXPECTED, "donnees"),
    ({"donnees": "[1, 2]"}, FormatReason.UNEXPECTED, "no object"),
    ({"donnees": '{"EFORMS": {}}'}, FormatReason.UNEXPECTED, "0 documents"),
    ({"donnees": '{"EFORMS": {"Facture": {}}}'}, FormatReason.UNKNOWN_ROOT, "Facture"),
    ({"donnees": '{"EFORMS": {"ContractNotice": {}}}'}, FormatReason.MISSING, "type"),
    ({"donnees": '{"MAPA":' * 200 + "1" + "}" * 200}, FormatReason.UNEXPECTED, "nested"),
    ({"donnees": "[" * 100_000}, FormatReason.UNEXPECTED, "donnees"),
    ({"donnees": '"' + "a" * 20_000_001 + '"'}, FormatReason.TOO_LARGE, "20,000,003"),
    ({"gestion": "{"}, FormatReason.CUT, "gestion"),
]


@pytest.mark.parametrize(("flat", "reason", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_become_a_notice_is_refused_with_a_sentence(flat: dict[str, Any], reason: str, words: str) -> None:
    with pytest.raises(NoticeFormatError) as refusal:
        read_boamp({**FLAT, **flat}, context=CONTEXT)
    assert refusal.value.reason == reason
    assert words in str(refusal.value)


def test_a_record_without_its_document_is_partial() -> None:
    found = notice(titulaire=["Haies et Fils"], nature="ATTRIBUTION")
    assert found.partial is not None
    assert [winner.name["fr"] for winner in found.results[0].winners] == ["Haies et Fils"]


def test_a_record_of_2006_has_another_key_and_only_its_flat_facts() -> None:
    found = notice(
        idweb="BOAMP-06-101-0001-01", dateparution="2006-05-27", datelimitereponse="2006-06-27T00:00:00+00:00"
    )
    assert found.id == "fr_boamp:BOAMP-06-101-0001-01"
    assert found.published_at is not None
    assert found.published_at.isoformat() == "2006-05-27T00:00:00+02:00"


def test_a_document_that_is_no_dump_is_refused() -> None:
    with pytest.raises(NoticeFormatError) as refusal:
        read_boamp_xml(b"<ContractNotice/>", context=CONTEXT)
    assert refusal.value.reason is FormatReason.UNKNOWN_ROOT
