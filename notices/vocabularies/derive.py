"""Derives the vocabulary tables of `data/` from the published code lists.

Run `python -m notices.vocabularies.derive FOLDER`, where FOLDER holds `ted/codelists` and `ted/sdk` (the eForms SDK of
the Publications Office of the European Union). The tables are sorted, so that an update of a code list shows as a small
difference. Files kept by hand (`*_historic.csv`, `procedure_spellings.csv`) are never touched.

Two-letter codes and Arabic names come from the Unicode CLDR through Babel: the SDK has neither.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from babel.core import Locale, get_global
from lxml import etree

LANGUAGES: Final = ("fr", "nl", "en", "de")
DATA: Final = Path(__file__).parent / "data"

# Lists with a table of their own, restrictions of another list to one notice subtype or country, and lists of a size
# and a purpose (post codes, EU bodies) that no notice reader needs.
_OWN_TABLE: Final = {"country", "currency", "language", "cpv", "nuts", "social-service-cpv"}
_RESTRICTIONS: Final = re.compile(
    r"nuts-.*|legal-basis-.+|procedure-type-.+|(eu|eea|lawful|nuts|postcode)-country|eu-official-language|corporate-body"
    r"|(brin|can|cn|pin)-.*|bri|competition|compl|completion|consultation|cont-modif|dir-awa-pre|planning|pmc|qu-sy"
    r"|result|subco|veat"
)

Row = Sequence[str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every derived table. Returns 0, or 1 when the folder does not hold the code lists."""
    parser = argparse.ArgumentParser(prog="python -m notices.vocabularies.derive", description=__doc__)
    parser.add_argument("samples", type=Path, help="folder that holds ted/codelists and ted/sdk")
    parser.add_argument("--to", type=Path, default=DATA, help="where the tables are written")
    options = parser.parse_args(arguments)
    ted: Path = options.samples / "ted"
    if not (ted / "sdk").is_dir() or not (ted / "codelists").is_dir():
        sys.stderr.write(f"{ted} does not hold the folders 'codelists' and 'sdk'\n")
        return 1
    for name, count in derive(ted, options.to).items():
        sys.stdout.write(f"{name}: {count} rows\n")
    return 0


def derive(ted: Path, target: Path) -> dict[str, int]:
    """Write the tables to `target`; returns the number of rows of each file."""
    labels = {language: _translations(ted / "sdk/translations" / f"code_{language}.xml") for language in LANGUAGES}
    tables = {
        "cpv.csv": (("code", "check_digit", "parent", "level", "nature", *LANGUAGES), _cpv_rows(ted)),
        "nuts.csv": (("code", "level", "parent", *LANGUAGES), _nuts_rows(ted)),
        "countries.csv": (("alpha3", "alpha2", *LANGUAGES, "ar"), _country_rows(labels)),
        "languages.csv": (("alpha3", "iso1", *LANGUAGES, "ar"), _language_rows(labels)),
        "currencies.csv": (("code", *LANGUAGES, "ar"), _currency_rows(labels)),
        "codes.csv": (("list", "code", *LANGUAGES), _code_rows(labels)),
        "subtypes.csv": (("code", "form_type", "notice_type", "root", "namespace", "legal_basis"), _subtypes(ted)),
    }
    return {name: _write(target / name, header, rows) for name, (header, rows) in tables.items()}


def _write(path: Path, header: Row, rows: Iterable[Row]) -> int:
    ordered = sorted(rows, key=lambda row: tuple(row[:2]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(ordered)
    return len(ordered)


def _translations(path: Path) -> dict[str, dict[str, str]]:
    """Labels of one language: list name to code to label. Keys look like `code|name|contract-nature.works`."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    lists: dict[str, dict[str, str]] = {}
    for entry in etree.parse(path, parser).iterfind("entry"):
        kind, _, qualified = (entry.get("key") or "").rpartition("|")
        if kind == "code|name":
            name, _, code = qualified.partition(".")
            lists.setdefault(name, {})[code] = " ".join((entry.text or "").split())
    return lists


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _cpv_rows(ted: Path) -> Iterator[Row]:
    source = _table(ted / "codelists/cpv_2008_en_fr_nl_de.csv")
    known = {row["code"] for row in source}
    for row in source:
        code = row["code"]
        significant = code.rstrip("0").ljust(2, "0")
        yield (
            code,
            row["check_digit"],
            _nearest_parent(significant, known),
            str(len(significant)),
            _nature(code),
            *(row[language].strip() for language in LANGUAGES),
        )


def _nearest_parent(significant: str, known: set[str]) -> str:
    """The nearest shorter code that exists: 35 codes of CPV 2008 lack the parent one digit above."""
    for length in range(len(significant) - 1, 1, -1):
        candidate = significant[:length].ljust(8, "0")
        if candidate in known:
            return candidate
    return ""


def _nature(code: str) -> str:
    """Divisions 03-44 and 48 are supplies, 45 works, 50-98 services."""
    division = int(code[:2])
    if division == 45:
        return "works"
    return "services" if division >= 50 else "supplies"


def _nuts_rows(ted: Path) -> Iterator[Row]:
    for row in _table(ted / "codelists/nuts_2024_en_fr_nl_de.csv"):
        yield row["code"], row["level"], row["parent"], *(row[language].strip() for language in LANGUAGES)


Labels = Mapping[str, Mapping[str, Mapping[str, str]]]


def _in_languages(labels: Labels, name: str, code: str) -> tuple[str, ...]:
    return tuple(labels[language].get(name, {}).get(code, "") for language in LANGUAGES)


def _country_rows(labels: Labels) -> Iterator[Row]:
    aliases = cast("Mapping[str, Sequence[str]]", get_global("territory_aliases"))
    arabic = Locale("ar").territories
    for code in labels["en"]["country"]:
        # Kosovo has a user-assigned code in both lengths, which the CLDR does not pair.
        alpha2 = "XK" if code == "XKX" else aliases[code][0]
        yield code, alpha2, *_in_languages(labels, "country", code), arabic.get(alpha2, "")


def _language_rows(labels: Labels) -> Iterator[Row]:
    aliases = cast("Mapping[str, str]", get_global("language_aliases"))
    arabic = Locale("ar").languages
    for code in labels["en"]["language"]:
        short = aliases.get(code.lower(), "")
        iso1 = short if len(short) == 2 else ""
        yield code, iso1, *_in_languages(labels, "language", code), arabic.get(iso1 or code.lower(), "")


def _currency_rows(labels: Labels) -> Iterator[Row]:
    arabic = Locale("ar").currencies
    for code in labels["en"]["currency"]:
        yield code, *_in_languages(labels, "currency", code), arabic.get(code, "")


def _code_rows(labels: Labels) -> Iterator[Row]:
    for name, codes in labels["en"].items():
        if name in _OWN_TABLE or _RESTRICTIONS.fullmatch(name):
            continue
        for code in codes:
            yield name, code, *_in_languages(labels, name, code)


def _subtypes(ted: Path) -> Iterator[Row]:
    index = json.loads((ted / "sdk/notice-types/notice-types.json").read_text(encoding="utf-8"))
    documents = {document["id"]: document for document in index["documentTypes"]}
    for subtype in index["noticeSubTypes"]:
        document = documents[subtype["documentType"]]
        yield (
            subtype["subTypeId"],
            subtype["formType"],
            subtype["type"],
            document["rootElement"],
            document["namespace"],
            subtype["legalBasis"],
        )


if __name__ == "__main__":
    sys.exit(main())
