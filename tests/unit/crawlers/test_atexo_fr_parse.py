"""The parser of Atexo platforms on pages in their structure with invented content, and on what is no page at all."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from crawlers.contract import Parsing
from crawlers.engines.atexo_fr.parse import parse, split, unit
from crawlers.portals import load
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading
from notices.model import DeadlineKind, NoticeKind, TaxBasis
from simulated_portals.atexo_fr.consultation_pages import (
    Skin,
    block_page,
    consultation_page,
    gone_page,
    login_page,
    lots_page,
)
from simulated_portals.atexo_fr.consultations import Consultation, Organisation, PrintedLot
from simulated_portals.atexo_fr.list_pages import ListView, list_page

BUYER = Organisation(
    "k1a", "Commune de Bellefontaine", "Bellefontaine", "91230", "91", (" / ST - Services techniques",)
)
CALL = Consultation(
    number=945001,
    organisation=BUYER,
    unit=BUYER.units[0],
    reference="26D0042",
    title='Réhabilitation du gymnase "Les Acacias"',
    about="Sols sportifs & vestiaires.",
    procedure="Appel d'offres ouvert",
    procedure_short="AOO",
    category="Travaux",
    published=date(2026, 11, 3),
    deadline=datetime(2026, 12, 14, 16, 0),  # noqa: DTZ001 - the platform prints naive times
    places=("(91) Essonne", "(77) Seine-et-Marne"),
    cpv=("45212290", "45432100"),
    lots=(PrintedLot(1, "Sols sportifs", "45432100"), PrintedLot(2, "Vestiaires", "45212290")),
    boamp="26-120345",
    sent_to_eu=datetime(2026, 11, 2, 8, 40),  # noqa: DTZ001
)


def page_of_list(*items: Consultation, total: int | None = None) -> str:
    count = len(items) if total is None else total
    return list_page(ListView(tuple(items), count, 1, 1, 20, (10, 20), "state"))


def row_of(item: Consultation) -> str:
    (payload,) = split(page_of_list(item).encode())
    return str(json.loads(payload)["row"])


def read(item: Consultation = CALL, key: str = "fr_maximilien", skin: Skin | None = None, **parts: Any) -> Reading:
    told = {
        "row": row_of(item),
        "detail": consultation_page(item, skin or Skin()),
        "lots": lots_page(item) if item.lots else None,
        **parts,
    }
    return parse(json.dumps(told).encode(), context(key))


def context(key: str = "fr_maximilien", native_id: str | None = None) -> Parsing:
    return Parsing(portal=key, base_url=load(key).base_url, native_id=native_id)


def changed(**values: Any) -> Consultation:
    from dataclasses import replace

    return replace(CALL, **values)


def refused(payload: bytes | str, key: str = "fr_maximilien") -> NoticeFormatError:
    with pytest.raises(NoticeFormatError) as caught:
        parse(payload.encode() if isinstance(payload, str) else payload, context(key))
    return caught.value


def test_a_whole_unit_is_read_to_the_end() -> None:
    reading = read()
    notice = reading.notice
    assert reading.unread == ()
    assert notice.notes == ()
    assert notice.id == "fr_maximilien:k1a-945001"
    assert notice.text() == 'Réhabilitation du gymnase "Les Acacias"'
    assert notice.description == {"fr": "Sols sportifs & vestiaires."}
    assert notice.dispatched_at is not None
    assert notice.dispatched_at.isoformat() == "2026-11-02T08:40:00+01:00"
    assert notice.published_at is not None
    assert notice.published_at.isoformat() == "2026-11-03T00:00:00+01:00"
    assert [lot.id for lot in notice.lots] == ["1", "2"]
    assert [lot.classifications[0].code for lot in notice.lots] == ["45432100", "45212290"]
    seat = notice.buyers[0].place
    assert seat is not None
    assert (seat.nuts, seat.postal_code, seat.locality) == ("FR104", "91230", "Bellefontaine")


def test_the_notice_on_boamp_is_named_so_that_both_are_one_tender() -> None:
    links = [(link.relation, link.scheme, link.value) for link in read().notice.links]
    assert links == [("same-procedure", "portal-reference", "fr_boamp:26-120345")]


@pytest.mark.parametrize(
    ("address", "scheme", "value"),
    [
        ("https://ted.europa.eu/fr/notice/-/detail/622963-2026", "ted-publication-number", "622963-2026"),
        ("https://ted.europa.eu/udl?uri=TED:NOTICE:012345-2019:TEXT:FR:HTML", "ted-publication-number", "12345-2019"),
        ("https://journal.example/annonce/7", "url", "https://journal.example/annonce/7"),
    ],
)
def test_links_to_other_publications_are_named(address: str, scheme: str, value: str) -> None:
    detail = consultation_page(CALL, Skin()).replace("https://www.boamp.fr/pages/avis/?q=idweb:26-120345", address)
    (link,) = read(detail=detail).notice.links
    assert (link.scheme, link.value) == (scheme, value)


@pytest.mark.parametrize("address", ["", "javascript:void(0)", "http://[broken", "mailto:a@b.example"])
def test_an_address_that_leads_nowhere_is_no_link(address: str) -> None:
    detail = consultation_page(CALL, Skin()).replace("https://www.boamp.fr/pages/avis/?q=idweb:26-120345", address)
    assert read(detail=detail).notice.links == ()


def test_the_val_de_marnes_notice_names_its_twin_on_maximilien() -> None:
    (first, *_others) = read(key="fr_val_de_marne").notice.links
    assert (first.relation, first.value) == ("same-procedure", "fr_maximilien:k1a-945001")


def test_a_unit_of_a_ministry_comes_before_its_generic_name() -> None:
    item = changed(unit="MJL / SG / DNUM - Direction du numérique")
    skin = Skin(unit_label="Entité d'Achat", says_paris=True)
    notice = read(item, key="fr_place", skin=skin).notice
    assert notice.buyers[0].name["fr"] == "Direction du numérique (Commune de Bellefontaine)"
    assert notice.additional_information["fr"] == "Entité d'Achat : MJL / SG / DNUM - Direction du numérique"


def test_text_that_is_escaped_twice_is_read() -> None:
    item = changed(unit='EPRI / IRMA - Institut "Marées & alizés"')
    detail = consultation_page(item, Skin())
    assert "&amp;quot;" in detail
    assert read(item, detail=detail).notice.additional_information["fr"].endswith('"Marées & alizés"')


def test_the_page_is_believed_where_the_list_says_another_deadline() -> None:
    other = datetime(2026, 12, 21, 12, 0)  # noqa: DTZ001
    notice = read(row=row_of(changed(deadline=other))).notice
    assert notice.deadline is not None
    assert notice.deadline.at.isoformat() == "2026-12-14T16:00:00+01:00"
    assert [note.path for note in notice.notes] == ["row.deadline"]


def test_a_deadline_is_on_the_platforms_clock_unless_it_says_paris() -> None:
    island, paris = read(key="fr_tco").notice, read(key="fr_tco", skin=Skin(says_paris=True)).notice
    assert island.deadline is not None
    assert paris.deadline is not None
    assert island.deadline.at.isoformat() == "2026-12-14T16:00:00+04:00"
    assert paris.deadline.at.isoformat() == "2026-12-14T16:00:00+01:00"


@pytest.mark.parametrize(
    ("printed", "code", "kind"),
    [
        ("Procédure adaptée", "oth-single", DeadlineKind.TENDERS),
        ("MAPA restreint", "oth-mult", DeadlineKind.REQUESTS),
        ("Appel d'offres restreint", "restricted", DeadlineKind.REQUESTS),
        ("Appel d’offres ouvert", "open", DeadlineKind.TENDERS),
        ("Procédure concurrentielle avec négociation", "neg-w-call", DeadlineKind.REQUESTS),
        ("Marché passé sans publicité ni mise en concurrence préalable", "neg-wo-call", DeadlineKind.TENDERS),
        ("Dialogue compétitif", "comp-dial", DeadlineKind.REQUESTS),
        ("Partenariat d'innovation", "innovation", DeadlineKind.REQUESTS),
        ("Concours restreint", "restricted", DeadlineKind.REQUESTS),
        ("Marché subséquent", None, DeadlineKind.TENDERS),
        ("Autre", None, DeadlineKind.TENDERS),
    ],
)
def test_procedures_have_their_code_and_first_deadline(printed: str, code: str | None, kind: DeadlineKind) -> None:
    notice = read(changed(procedure=printed, procedure_short="?")).notice
    assert notice.procedure_type is not None
    assert notice.procedure_type.code == code
    assert notice.procedure_type.printed[0] == printed
    assert notice.deadlines[0].kind is kind
    assert bool(notice.notes) is (code is None)


def test_the_procedure_of_the_row_fills_the_empty_one_of_the_page() -> None:
    notice = read(skin=Skin(empty_procedure=True)).notice
    assert notice.procedure_type is not None
    assert (notice.procedure_type.code, notice.procedure_type.printed) == ("open", ("Appel d'offres ouvert", "AOO"))


def test_an_exercise_for_suppliers_is_no_call() -> None:
    notice = read(changed(title="ENTRAÎNEMENT À LA RÉPONSE ÉLECTRONIQUE")).notice
    assert notice.kind is NoticeKind.INFORMATION
    assert "exercise" in notice.notes[0].message
    assert read(changed(title="Entraînement physique des sapeurs-pompiers")).notice.kind is NoticeKind.COMPETITION


def test_an_announcement_of_another_kind_is_what_it_says() -> None:
    assert read(skin=Skin(announcement="Avis de préinformation")).notice.kind is NoticeKind.PLANNING
    odd = read(skin=Skin(announcement="Avis de sursis")).notice
    assert odd.kind is NoticeKind.COMPETITION
    assert odd.notes[0].printed == "Avis de sursis"


def test_an_estimate_is_read_with_its_tax_basis() -> None:
    detail = consultation_page(CALL, Skin()).replace(
        "</ul></div></div>", "<li><label>Valeur estimée :</label><div>1 250 000,50 € HT</div></li></ul></div></div>", 1
    )
    (money,) = read(detail=detail).notice.values
    assert (str(money.amount), money.currency, money.tax_basis) == ("1250000.50", "EUR", TaxBasis.EXCLUDED)
    assert money.printed == "1 250 000,50 € HT"


def test_an_unknown_label_is_unread_and_told_by_name() -> None:
    detail = consultation_page(CALL, Skin()).replace(
        "</ul></div></div>", "<li><label>Visite obligatoire :</label><div>le 3/12</div></li></ul></div></div>", 1
    )
    assert [(one.path, one.sample) for one in read(detail=detail).unread] == [("detail.visite obligatoire", "le 3/12")]


def test_fewer_lots_than_announced_are_noted() -> None:
    notice = read(lots=lots_page(changed(lots=CALL.lots[:1]))).notice
    assert [note.message for note in notice.notes] == ["2 lots are announced and 1 could be read."]


@pytest.mark.parametrize("heading", ["1 : Sols sportifs", "Lot n°1 : Sols sportifs", "Lot 01 - Sols sportifs"])
def test_lots_are_read_however_their_heading_counts(heading: str) -> None:
    lots = lots_page(changed(lots=CALL.lots[:1])).replace("Lot 1 : Sols sportifs", heading)
    (lot,) = read(changed(lots=CALL.lots[:1]), lots=lots).notice.lots
    assert (lot.id, lot.title) == ("1", {"fr": "Sols sportifs"})


def test_a_row_alone_is_a_notice_that_says_it_is_partial() -> None:
    notice = read(detail=None, lots=None).notice
    assert notice.format == "atexo-list-row"
    assert "Only what the portal's list says" in (notice.partial or "")
    assert notice.deadline is not None
    assert notice.classifications == ()


def test_problems_of_the_crawl_are_told_on_the_notice() -> None:
    payload = unit(row_of(CALL), None, None, ["GET /x answers 404."])
    assert "answers 404" in (parse(payload, context()).notice.partial or "")


def test_a_page_alone_is_a_notice() -> None:
    notice = parse(consultation_page(CALL, Skin()).encode(), context()).notice
    assert notice.id == "fr_maximilien:k1a-945001"
    assert notice.published_at is None


def test_a_page_without_its_script_takes_its_key_from_its_lots_or_from_the_payload() -> None:
    page = consultation_page(CALL, Skin()).replace("consulation_ref", "ref")
    assert parse(page.encode(), context()).notice.id == "fr_maximilien:k1a-945001"
    single = consultation_page(changed(lots=()), Skin()).replace("consulation_ref", "ref")
    assert "which consultation" in refused(single).sentence
    assert parse(single.encode(), context(native_id="k1a-945001")).notice.id == "fr_maximilien:k1a-945001"


def test_stray_bytes_of_another_encoding_do_not_spoil_a_page() -> None:
    page = (
        consultation_page(CALL, Skin())
        .encode()
        .replace(b"Sols sportifs &amp; vestiaires", b"Sols \x93sportifs\x94 \xe9")
    )
    assert parse(page, context()).notice.description == {"fr": "Sols “sportifs” é."}


def test_a_list_page_is_split_and_an_empty_one_gives_nothing() -> None:
    two = page_of_list(CALL, changed(number=945002))
    assert [parse(one, context()).notice.id for one in split(two.encode())] == [
        "fr_maximilien:k1a-945001",
        "fr_maximilien:k1a-945002",
    ]
    assert split(page_of_list(total=0).encode()) == []
    assert len(split(two.encode(), "detail-page")) == 1


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (login_page(), "asks for a password"),
        (block_page(), "holds neither a list"),
        (gone_page(), "holds neither a list"),
        (lots_page(CALL), "list of lots"),
        (page_of_list(CALL, changed(number=945002)), "2 consultations"),
        ("", "empty"),
        ("{}", "neither a row nor a page"),
        ('{"row": 3}', "row is int"),
        ('{"row": "<div>"}', "no usable key"),
        ('{"row": "<p', "nor JSON"),
        ('{"detail": "<p>rien</p>"}', "no recap-consultation"),
        ("plain words", "holds neither a list"),
    ],
)
def test_what_is_no_consultation_is_refused_with_a_sentence(page: str, words: str) -> None:
    assert words in refused(page).sentence


def test_a_row_and_a_page_of_two_consultations_are_a_contradiction() -> None:
    with pytest.raises(NoticeFormatError) as caught:
        read(detail=consultation_page(changed(number=945002), Skin()))
    assert caught.value.reason is FormatReason.CONTRADICTION


def test_a_consultation_without_any_title_is_refused() -> None:
    with pytest.raises(NoticeFormatError) as caught:
        read(changed(title="-", about="..."))
    assert caught.value.path == "Intitulé"


def test_a_payload_above_the_limit_is_refused() -> None:
    with pytest.raises(NoticeFormatError) as caught:
        parse(b"x" * 200, Parsing(portal="fr_place", base_url="https://x.example", max_payload_bytes=100))
    assert caught.value.reason is FormatReason.TOO_LARGE


def test_hostile_words_stay_words() -> None:
    nasty = '<script>alert("x")</script><b onmouseover=alert(1)>a & b'
    notice = read(changed(title=nasty, about=nasty, reference=nasty, unit=nasty)).notice
    assert notice.text() == nasty
    assert notice.references == (nasty,)
    assert notice.additional_information["fr"] == f"Service : {nasty}"
    assert [lot.title["fr"] for lot in notice.lots] == ["Sols sportifs", "Vestiaires"]
