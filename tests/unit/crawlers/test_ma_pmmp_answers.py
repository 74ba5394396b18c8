"""Odd and hostile answers of the Moroccan portal: each becomes a notice with a note, or is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigurationError
from crawlers import portals
from crawlers.contract import Parsing
from crawlers.engines.atexo_ma import detail, lots, rows
from crawlers.engines.atexo_ma.consultation import Consultation
from crawlers.engines.atexo_ma.options import options_of
from crawlers.engines.atexo_ma.parse import parse, split
from crawlers.engines.pages import selector
from notices.formats.errors import FormatReason, NoticeFormatError
from notices.formats.reading import Reading
from notices.model import AmountKind

GOLDEN = Path(__file__).parents[2] / "golden" / "ma_pmmp"
CONTEXT = Parsing(portal="ma_pmmp", base_url="https://portail.example")


def unit(name: str = "unallotted_with_visit_and_qualification") -> dict[str, Any]:
    read: dict[str, Any] = json.loads((GOLDEN / f"{name}.payload.json").read_text(encoding="utf-8"))
    return read


def parsed(payload: dict[str, Any] | bytes | str) -> Reading:
    raw = (
        payload
        if isinstance(payload, bytes)
        else payload.encode()
        if isinstance(payload, str)
        else json.dumps(payload).encode()
    )
    return parse(raw, CONTEXT)


def with_detail(old: str, new: str) -> Reading:
    payload = unit()
    assert old in payload["detail"]
    return parsed({**payload, "detail": payload["detail"].replace(old, new)})


@pytest.mark.parametrize(
    ("payload", "reason", "words"),
    [
        (b"{", FormatReason.CUT, "neither a document nor JSON"),
        (b"[1]", FormatReason.UNEXPECTED, "no object"),
        (b'{"a": 1}', FormatReason.UNEXPECTED, "its keys are: a"),
        (b"\xff{", FormatReason.ENCODING, "not UTF-8"),
        (b'{"row": 5}', FormatReason.UNEXPECTED, "row is int"),
        (b'{"row": "<tr><td>no row of the list</td></tr>"}', FormatReason.UNEXPECTED, "no row of the portal's list"),
        (
            b'{"row": null, "detail": "<html><body>Accueil</body></html>"}',
            FormatReason.UNEXPECTED,
            "not that of a consultation",
        ),
        (b"<html><body>Accueil</body></html>", FormatReason.UNEXPECTED, "neither a list"),
        (b"<html>Request Rejected. Your support ID is: 1234567</html>", FormatReason.UNEXPECTED, "support id 1234567"),
        (b'{"detail": "<div id=\\"recap-consultation\\"></div>"}', FormatReason.MISSING, "refConsultation"),
        (
            b'{"organisation": "a", "number": "1", "detail": "<div id=\\"recap-consultation\\"></div>"}',
            FormatReason.MISSING,
            "no object",
        ),
        (b"[" * 100_000, FormatReason.UNEXPECTED, "nested"),
    ],
)
def test_what_is_no_consultation_is_refused_in_a_sentence(payload: bytes, reason: FormatReason, words: str) -> None:
    with pytest.raises(NoticeFormatError) as refused:
        parsed(payload)
    assert refused.value.reason is reason
    assert words in str(refused.value)


def test_a_payload_beyond_the_limit_is_not_read() -> None:
    with pytest.raises(NoticeFormatError, match="more than"):
        parse(b"<" * 101, Parsing(portal="ma_pmmp", base_url="https://x", max_payload_bytes=100))


@pytest.mark.parametrize(
    ("printed", "path"),
    [("12/11/2026 à midi", "deadline"), ("12/11/2226 10:30", "deadline")],
)
def test_a_deadline_that_cannot_be_right_is_told(printed: str, path: str) -> None:
    notice = with_detail("12/11/2026 10:30", printed).notice
    assert any(note.path == path and note.printed == printed for note in notice.notes)


def test_a_deadline_in_the_hour_that_ramadan_repeats_is_an_instant() -> None:
    notice = with_detail("12/11/2026 10:30", "08/03/2027 10:30").notice
    assert notice.deadline is not None
    assert notice.deadline.at.utcoffset() is not None
    assert notice.deadline.at.isoformat() in ("2027-03-08T10:30:00+00:00", "2027-03-08T10:30:00+01:00")


@pytest.mark.parametrize("printed", ["environ un million", "-5,00", "1 939 320 978 000 000,00"])
def test_an_amount_that_cannot_be_right_is_told(printed: str) -> None:
    notice = with_detail("1 939 320 978,00", printed).notice
    assert any(note.path == "estimate" and note.printed == printed for note in notice.notes)


def test_an_amount_with_no_break_spaces_is_read() -> None:
    notice = with_detail("1 939 320 978,00", "1\u00a0939\u202f320 978,00 Dhs TTC").notice
    assert str(next(value.amount for value in notice.values if value.kind is AmountKind.ESTIMATED)) == "1939320978.00"


def test_unknown_words_are_told_and_kept_as_printed() -> None:
    notice = with_detail("Appel d'offres ouvert", "Offre spontanée").notice
    assert notice.procedure_type is not None
    assert (notice.procedure_type.code, notice.procedure_type.printed) == (None, ("Offre spontanée",))
    assert any(note.path == "procedure" for note in notice.notes)
    places = with_detail("AZILAL, BENI MELLAL", "AZILAL, TERRA INCOGNITA").notice
    assert places.places[1].printed == "TERRA INCOGNITA"
    assert any(note.printed == "TERRA INCOGNITA" for note in places.notes)


def test_a_label_without_an_id_that_is_known_is_reported_as_unread() -> None:
    label = '<div class="intitule-240 bold">Clause sociale : </div>'
    line = f'<div class="line">{label}<div class="content-bloc">Oui</div></div>'
    reading = with_detail("<!-- d", line + "<!-- d")
    assert [(item.path, item.sample) for item in reading.unread] == [("detail.Clause sociale", "Oui")]


def test_a_field_of_the_administrators_that_is_new_is_reported_by_its_title() -> None:
    reading = with_detail("Estimation (en Dhs TTC)", "Montant garanti")
    assert [item.path for item in reading.unread] == ["detail.Montant garanti"]
    assert all(value.kind is not AmountKind.ESTIMATED for value in reading.notice.values)


def test_a_script_in_an_object_is_text_and_nothing_else() -> None:
    notice = with_detail("Travaux de construction", "&lt;script&gt;alert(1)&lt;/script&gt; Travaux").notice
    assert notice.title["fr"].startswith("<script>alert(1)</script> Travaux")


def test_links_to_other_schemes_are_no_documents() -> None:
    notice = with_detail('href="index.php?page=entreprise.EntrepriseDemande', 'href="javascript:alert(').notice
    assert notice.documents == ()


def test_the_template_of_a_notice_without_number_is_no_document_and_a_numbered_one_is_once() -> None:
    key = "refConsultation=1050001&orgAcronyme=o8p"
    link = f'<a href="index.php?page=entreprise.EntrepriseDownloadAvisJAL&{key}&idAvis=530012">Avis</a>'
    notice = with_detail("</ul><!--Fin", f"</ul>{link}{link}<!--Fin").notice
    assert [document.title for document in notice.documents] == ["Dossier de consultation - 2,98 Mo", "Avis"]
    assert notice.documents[1].url.startswith("https://www.marchespublics.gov.ma/index.php?page=entreprise.")


def test_rows_without_closing_tags_are_told_apart_and_keep_their_texts() -> None:
    row = unit("row_alone_firewall")["row"]
    other = row.replace("1050006", "1050099").replace("14/2026/DPET", "15/2026/DPET")
    page = selector(f'<table class="table-results">{row}{other}</table>')
    found, without_key = rows.read_rows(page)
    assert [(item.key, item.printed.reference) for item in found] == [
        ("o8p-1050006", "14/2026/DPET"), ("o8p-1050099", "15/2026/DPET"),
    ]  # fmt: skip
    assert without_key == 0
    assert found[0].printed.deadline == "12/11/2026 10:30"


def test_a_row_whose_key_is_no_key_is_counted_and_not_listed() -> None:
    row = unit("row_alone_firewall")["row"].replace('value="1050006"', 'value="../../etc"')
    assert rows.read_rows(selector(f'<table class="table-results">{row}</table>')) == ((), 1)


def test_a_fingerprint_follows_what_the_list_says_and_not_where_the_row_stands() -> None:
    row = unit("row_alone_firewall")["row"]

    def fingerprint(markup: str) -> str:
        found, _ = rows.read_rows(selector(f'<table class="table-results">{markup}</table>'))
        return found[0].fingerprint

    assert fingerprint(row) == fingerprint(
        row.replace("ctl3_", "ctl417_").replace("identification_cons_2", "identification_cons_416")
    )
    assert fingerprint(row) != fingerprint(row.replace("12/11/2026", "19/11/2026"))
    assert fingerprint(row) != fingerprint(row.replace("logoConsEnv", "x").replace("panelBlocConsEnv", "y"))


def test_a_page_that_names_several_consultations_names_none() -> None:
    one = "refConsultation=1&amp;orgAcronyme=a"
    assert detail.key_of(f"{one} {one}") == ("a", "1")
    assert detail.key_of(f"{one} refConsultation=2&orgAcronyme=a") is None


def test_a_popup_whose_blocks_carry_no_labels_is_read_by_their_order() -> None:
    block = '<div class="content-bloc bloc-600">{}</div>'
    popup = (
        '<div class="intitule-bloc"><span class="blue bold">Lot 3 :</span></div>'
        + "".join(block.format(words) for words in ("Gros oeuvre", "Travaux", "Une description"))
        + '<span id="ctl0_CONTENU_PAGE_repeaterLots_ctl0_cautionProvisoire">5 000,00 MAD</span>'
        + '<span id="ctl0_CONTENU_PAGE_repeaterLots_ctl0_nouveau">quelque chose</span>'
    )
    printed = Consultation()
    lots.read_lots(selector(popup).root, printed)
    (lot,) = printed.lots
    assert (lot.number, lot.title, lot.category, lot.description) == ("3", "Gros oeuvre", "Travaux", "Une description")
    assert lot.deposit == "5 000,00 MAD"
    assert [item.path for item in printed.unread] == ["lots.nouveau"]


def test_a_popup_with_fewer_headings_than_blocks_loses_no_lot_and_says_so() -> None:
    values = "".join(
        f'<span id="ctl0_CONTENU_PAGE_repeaterLots_ctl{place}_cautionProvisoire">{place + 1} 000,00 MAD</span>'
        for place in range(2)
    )
    printed = Consultation()
    lots.read_lots(selector(f'<span class="blue bold">Lot 1 :</span>{values}').root, printed)
    assert [(lot.number, lot.deposit) for lot in printed.lots] == [("1", "1 000,00 MAD"), ("2", "2 000,00 MAD")]
    assert "1 headings of lots and 2 blocks" in printed.notes[0].message


def test_a_popup_alone_is_a_partial_notice_of_its_consultation() -> None:
    popup = unit("allotted_with_popup")["lots"].replace(
        "<form ", '<form action="?refConsultation=1050002&orgAcronyme=o8p" ', 1
    )
    notice = parsed(popup).notice
    assert notice.id == "ma_pmmp:o8p-1050002"
    assert len(notice.lots) == 2
    assert notice.partial is not None


def test_a_list_page_is_split_into_rows_and_a_consultation_is_not() -> None:
    row = unit("row_alone_firewall")["row"]
    assert len(split(f'<html><table class="table-results">{row}{row}</table></html>'.encode())) == 2
    assert len(split(unit()["detail"].encode())) == 1
    assert split(b'{"a":1}\n{"b":2}\n', "scraped-row") == [b'{"a":1}', b'{"b":2}']


def test_an_option_that_is_misspelt_is_named() -> None:
    portal = portals.load("ma_pmmp").model_copy(update={"options": {"left_uot": []}})
    with pytest.raises(ConfigurationError, match="left_uot"):
        options_of(portal)
