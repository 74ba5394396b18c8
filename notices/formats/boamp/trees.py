"""Between the JSON of the interface and XML: dumps become that JSON, eForms in that JSON become UBL again.

The JSON keeps the prefixes of the XML as part of its keys, so the conversion loses only the order between elements of
different names, which no reader here depends on. The dumps bind the UBL prefixes to namespaces of their own
(`urn:boamp:names:specification:ubl:...` for `urn:oasis:...`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from notices.formats.boamp.node import plain
from notices.formats.eforms.names import NAMESPACES, ROOTS
from notices.formats.errors import FormatReason, NoticeFormatError

DEEPEST: Final = 100
"""Levels of nesting; the deepest eForms notice seen has 17."""

_NESTED: Final = (dict, list)
_LONGEST_KEY: Final = 120
"""Characters of a prefix and a name."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,100}")
_PREFIXES: Final = {uri.rpartition(":")[2]: prefix for prefix, uri in NAMESPACES.items()}
"""Prefix by what follows the last colon of the namespace, which both families of namespaces share."""

_DOCUMENTS: Final = {tag.rpartition("}")[2]: tag for tag in ROOTS}

Skipped = list[tuple[str, str]]
"""Path and text of what has no place in a UBL document."""


def xml_as_json(element: etree._Element) -> Any:
    """An element as the interface would print it: text, or an object with attributes, children and `#text`."""
    found: dict[str, Any] = {f"@{_local(str(key))}": value for key, value in element.attrib.items()}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name, value = key_of(child.tag), xml_as_json(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    text = (element.text or "").strip()
    if not found:
        return text
    return {**found, "#text": text} if text else found


def key_of(tag: str) -> str:
    """The key of a tag: the name with the customary prefix of the UBL and eForms namespaces, else the bare name."""
    uri, brace, local = tag[1:].rpartition("}")
    if not brace:
        return tag
    prefix = _PREFIXES.get(uri.rpartition(":")[2])
    return f"{prefix}:{local}" if prefix else local


def eforms_as_xml(name: str, tree: dict[str, Any]) -> tuple[bytes, Skipped]:
    """The UBL document of the object under `EFORMS`, and what of it has no place in one.

    Raises `NoticeFormatError` for a document that is none of eForms.
    """
    tag = _DOCUMENTS.get(name.rpartition(":")[2])
    if tag is None or not isinstance(tree, dict):
        told = f"Under EFORMS stands a '{name[:100]}', which is no eForms document."
        raise NoticeFormatError(FormatReason.UNKNOWN_ROOT, told, path="donnees", printed=name[:100])
    root = etree.Element(tag, nsmap=NAMESPACES)
    skipped: Skipped = []
    _fill(root, tree, f"donnees.EFORMS.{name}", skipped)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True), skipped


def check_depth(value: object, path: str) -> None:
    """Raises `NoticeFormatError` for JSON that is nested deeper than any notice."""
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if type(inner) in _NESTED
        ]
        if not level:
            return
    raise NoticeFormatError(FormatReason.UNEXPECTED, "The JSON is nested deeper than any notice.", path=path)


def _fill(element: etree._Element, value: object, path: str, skipped: Skipped) -> None:
    if not isinstance(value, dict):
        element.text = _text(value) or None
        return
    for key, inner in value.items():
        if key == "#text":
            element.text = _text(inner) or None
        elif key.startswith("@"):
            _attribute(element, key[1:], inner)
        else:
            _children(element, key, inner, path, skipped)


def _children(element: etree._Element, key: str, value: object, path: str, skipped: Skipped) -> None:
    tag = _tag_of(key) if len(key) <= _LONGEST_KEY else None
    if tag is None:
        skipped.append((f"{path}.{key[:100]}", str(value)[:80]))
        return
    path = f"{path}.{key}"
    for item in value if isinstance(value, list) else [value]:
        _fill(etree.SubElement(element, tag), item, path, skipped)


@lru_cache(maxsize=4096)
def _tag_of(key: str) -> str | None:
    """The tag that a key stands for; None for a key that is none of UBL's."""
    prefix, _, local = key.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix in NAMESPACES and _NAME.fullmatch(local) else None


def _attribute(element: etree._Element, name: str, value: object) -> None:
    """Only plain attributes say anything (`listName`, `schemeName`, `languageID`, `currencyID`, `unitCode`)."""
    if _NAME.fullmatch(name):
        element.set(name, _text(value))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(str(value)) if isinstance(value, str | int | float) else ""


def _local(name: str) -> str:
    return name.rpartition("}")[2]
