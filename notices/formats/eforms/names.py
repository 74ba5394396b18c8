"""Names of eForms XML: UBL 2.3 with the extensions of the Publications Office.

Files bind these namespaces to whatever prefix they like (some prefix even the root), so everything is matched by URI.
"""

from __future__ import annotations

from typing import Final

_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_EFORMS: Final = "http://data.europa.eu/p27/"

NAMESPACES: Final = {
    "cbc": _UBL + "CommonBasicComponents-2",
    "cac": _UBL + "CommonAggregateComponents-2",
    "ext": _UBL + "CommonExtensionComponents-2",
    "efext": _EFORMS + "eforms-ubl-extensions/1",
    "efac": _EFORMS + "eforms-ubl-extension-aggregate-components/1",
    "efbc": _EFORMS + "eforms-ubl-extension-basic-components/1",
}

UBL_EXTENSIONS: Final = f"{{{NAMESPACES['ext']}}}UBLExtensions"
UBL_EXTENSION: Final = f"{{{NAMESPACES['ext']}}}UBLExtension"
EXTENSION_CONTENT: Final = f"{{{NAMESPACES['ext']}}}ExtensionContent"
EFORMS_EXTENSION: Final = f"{{{NAMESPACES['efext']}}}EformsExtension"

ROOTS: Final = frozenset(
    {
        f"{{{_UBL}ContractNotice-2}}ContractNotice",
        f"{{{_UBL}ContractAwardNotice-2}}ContractAwardNotice",
        f"{{{_UBL}PriorInformationNotice-2}}PriorInformationNotice",
        f"{{{_EFORMS}eforms-business-registration-information-notice/1}}BusinessRegistrationInformationNotice",
    }
)

_PREFIXES: Final = {uri: prefix for prefix, uri in NAMESPACES.items()}


def clark(name: str) -> str:
    """`cbc:Name` as lxml spells it: `{urn:...CommonBasicComponents-2}Name`."""
    prefix, _, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def short(tag: str) -> str:
    """A tag with the customary prefix, or with its whole namespace where it is a foreign one."""
    uri, brace, local = tag[1:].partition("}")
    if not brace:
        return tag
    prefix = _PREFIXES.get(uri)
    return f"{prefix}:{local}" if prefix else tag
