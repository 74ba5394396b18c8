"""Facts that plain XPath takes from real eForms notices, to compare with what the reader says of the same files.

Nothing here uses the reader's own helpers: dates, amounts, languages and reference chains are read again, by other
means.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from lxml import etree

from notices.formats.eforms import ReadingContext, read_eforms
from notices.model import Notice, NoticeKind

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
FOLDERS = {
    "belgium/eforms_2025-06": 127,
    "ted/eforms_real": 76,
    "ted/eforms_sdk_examples": 80,
}
"""Folders of notices with the least number of valid ones that must be there."""

NS = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "ext": "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
    "efext": "http://data.europa.eu/p27/eforms-ubl-extensions/1",
    "efac": "http://data.europa.eu/p27/eforms-ubl-extension-aggregate-components/1",
    "efbc": "http://data.europa.eu/p27/eforms-ubl-extension-basic-components/1",
}
EXT = "ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/efext:EformsExtension"
RESULT = f"/*/{EXT}/efac:NoticeResult"
ORGANISATIONS = f"/*/{EXT}/efac:Organizations/efac:Organization"

ISO1 = {
    "BUL": "bg",
    "CES": "cs",
    "DAN": "da",
    "DEU": "de",
    "ELL": "el",
    "ENG": "en",
    "EST": "et",
    "FIN": "fi",
    "FRA": "fr",
    "GLE": "ga",
    "HRV": "hr",
    "HUN": "hu",
    "ITA": "it",
    "LAV": "lv",
    "LIT": "lt",
    "MLT": "mt",
    "NLD": "nl",
    "POL": "pl",
    "POR": "pt",
    "RON": "ro",
    "SLK": "sk",
    "SLV": "sl",
    "SPA": "es",
    "SWE": "sv",
}
KINDS = {
    "planning": NoticeKind.PLANNING,
    "consultation": NoticeKind.CONSULTATION,
    "competition": NoticeKind.COMPETITION,
    "dir-awa-pre": NoticeKind.DIRECT_AWARD,
    "result": NoticeKind.RESULT,
    "cont-modif": NoticeKind.MODIFICATION,
    "completion": NoticeKind.COMPLETION,
    "bri": NoticeKind.REGISTRATION,
}
NO_NUMBER = {"n/a", "nihil", "none"}
SENTINELS = {Decimal(-1), Decimal(0), Decimal("0.01"), Decimal(1)}
LOT_KINDS = {"Lot": "lot", "Part": "part", "LotsGroup": "group"}
DEADLINES = {
    "tenders": "cac:TenderSubmissionDeadlinePeriod",
    "requests": "cac:ParticipationRequestReceptionPeriod",
    "expressions": f"{EXT}/efac:InterestExpressionReceptionPeriod | {EXT}/efac:AnswerReceptionPeriod",
}

Amount = tuple[str, Decimal, str]


def files() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((SAMPLES / folder).rglob("*.xml"))


VALID = [path for path in files() if not path.name.startswith("INVALID_")]
INVALID = [path for path in files() if path.name.startswith("INVALID_")]


class Facts:
    """What XPath finds in one file."""

    def __init__(self, payload: bytes) -> None:
        self.root = etree.fromstring(payload)

    def nodes(self, path: str, node: etree._Element | None = None) -> list[etree._Element]:
        found = (self.root if node is None else node).xpath(path, namespaces=NS)
        assert isinstance(found, list)
        return found

    def texts(self, path: str, node: etree._Element | None = None) -> list[str]:
        """Texts of elements, comments left out, without those that are empty."""
        found = ("".join(element.xpath("text()")).strip() for element in self.nodes(path, node))
        return [text for text in found if text]

    def text(self, path: str, node: etree._Element | None = None) -> str | None:
        return next(iter(self.texts(path, node)), None)

    def by_language(self, path: str, node: etree._Element | None = None) -> dict[str, str]:
        default = self.text("/*/cbc:NoticeLanguageCode")
        texts: dict[str, str] = {}
        for element in self.nodes(path, node):
            text = flat("".join(element.xpath("text()")))
            if any(char.isalnum() for char in text):
                texts.setdefault(ISO1[element.get("languageID") or default or ""], text)
        return texts

    def amounts(self, kind: str, path: str, node: etree._Element | None = None) -> list[Amount]:
        found = []
        for element in self.nodes(path, node):
            if (element.text or "").strip():
                amount = Decimal((element.text or "").strip())
                if amount not in SENTINELS:
                    found.append((kind, amount, element.get("currencyID") or ""))
        return found

    def ids(self, path: str, node: etree._Element | None = None) -> list[str]:
        return list(dict.fromkeys(self.texts(path, node)))


def flat(text: str) -> str:
    return " ".join(re.sub("[\u0080-\u009f\u00ad\u200b\ufeff]", "", unicodedata.normalize("NFC", text)).split())


def flat_texts(texts: dict[str, str]) -> dict[str, str]:
    return {language: flat(text) for language, text in texts.items()}


def moment(day: str, clock: str | None) -> datetime:
    """`2025-07-14+02:00` and `10:00:00+02:00` as an instant in UTC; without a clock the last second of the day."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", day)
    assert found is not None, day
    date_text, day_offset = found.groups()
    parts = re.fullmatch(r"(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?", clock or "23:59:59")
    assert parts is not None, clock
    naive = datetime.strptime(f"{date_text} {parts[1]}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 the offset follows
    offset = parts[2] or day_offset
    if offset is None:
        return naive.replace(tzinfo=ZoneInfo("Europe/Brussels")).astimezone(UTC)
    if offset == "Z":
        return naive.replace(tzinfo=UTC)
    sign = -1 if offset[0] == "-" else 1
    distance = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))
    return naive.replace(tzinfo=timezone(sign * distance)).astimezone(UTC)


def amounts_of(values: tuple[object, ...]) -> list[Amount]:
    return sorted((value.kind.value, value.amount, value.currency) for value in values)  # type: ignore[attr-defined]


@cache
def read(path: Path) -> tuple[Notice, Facts]:
    payload = path.read_bytes()
    context = ReadingContext(portal="be_bda", zone=ZoneInfo("Europe/Brussels"))
    return read_eforms(payload, context=context).notice, Facts(payload)


def lot_node(facts: Facts, lot_id: str) -> etree._Element:
    return facts.nodes(f"/*/cac:ProcurementProjectLot[normalize-space(cbc:ID)='{lot_id}']")[0]
