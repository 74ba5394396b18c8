"""JSON values of the model in words, for the differences between two versions.

A value is recognised by its shape, because a difference carries JSON as in the published schema and not models.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from notices.model import Place
from notices.vocabularies import languages
from search.contacts import without_contacts
from web import labels
from web.texts import Speaker

_INSTANT = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
Json = Any


def lines(value: Json, say: Speaker, zone: ZoneInfo) -> list[str]:
    """The value as lines of text; empty when there is no value."""
    if value is None or value == [] or value == {}:
        return []
    if isinstance(value, list):
        return [line for item in value for line in _item(item, say, zone)]
    if isinstance(value, dict):
        return _object(value, say, zone)
    return [_scalar(value, say, zone)]


def _item(value: Json, say: Speaker, zone: ZoneInfo) -> list[str]:
    found = lines(value, say, zone)
    return [" ; ".join(found)] if isinstance(value, dict) and found else found


def _scalar(value: Json, say: Speaker, zone: ZoneInfo) -> str:
    if isinstance(value, bool):
        return say.translate("oui") if value else say.translate("non")
    if isinstance(value, int | float):
        return say.number(value)
    text = str(value)
    if _INSTANT.match(text):
        return say.instant(datetime.fromisoformat(text), zone)
    if _DAY.match(text):
        return say.day(date.fromisoformat(text))
    for table in (labels.KINDS, labels.NATURES):
        if text in table:
            return labels.of(table, text, say)
    return without_contacts(text)


def _object(value: dict[str, Json], say: Speaker, zone: ZoneInfo) -> list[str]:
    for fits, read in _SHAPES:
        if fits(value):
            return [read(value, say, zone)]
    if all(languages.get(key) for key in value):
        return [
            f"{labels.language_name(key, say)}{say.colon}{without_contacts(str(text))}" for key, text in value.items()
        ]
    found = []
    for key, item in labels.without_personal(value).items():
        inner = lines(item, say, zone)
        if inner and key not in {"id", "local_id", "scheme", "main"}:
            found.append(f"{labels.of(labels.FIELDS, key, say)}{say.colon}{' ; '.join(inner)}")
    return found


def _money(value: dict[str, Json], say: Speaker, _: ZoneInfo) -> str:
    try:
        amount = say.money(Decimal(str(value["amount"])), str(value["currency"]))
    except InvalidOperation:
        amount = f"{value['amount']} {value['currency']}"
    kind = labels.of(labels.AMOUNTS, value.get("kind"), say)
    return f"{kind}{say.colon}{amount} ({labels.of(labels.TAX_BASES, value.get('tax_basis', 'unknown'), say)})"


def _deadline(value: dict[str, Json], say: Speaker, zone: ZoneInfo) -> str:
    at = datetime.fromisoformat(str(value["at"]))
    if value.get("date_only"):
        told = say.translate("{day}, heure non communiquée", day=say.day(at.astimezone(zone)))
    else:
        told = say.instant(at, zone)
    return f"{labels.of(labels.DEADLINES, value.get('kind'), say)}{say.colon}{told}"


def _cpv(value: dict[str, Json], say: Speaker, _: ZoneInfo) -> str:
    code = str(value.get("code", ""))
    return f"{labels.cpv_printed(code)} {labels.cpv_label(code, say)}"


def _place(value: dict[str, Json], say: Speaker, _: ZoneInfo) -> str:
    return labels.place(Place.model_validate(value), say)


def _organisation(value: dict[str, Json], say: Speaker, _: ZoneInfo) -> str:
    name = labels.best(value.get("name") or {}, say.language)[1]
    numbers = ", ".join(str(item.get("printed", "")) for item in value.get("identifiers") or [])
    return f"{name} ({numbers})" if numbers else name


def _accreditation(value: dict[str, Json], say: Speaker, _: ZoneInfo) -> str:
    return say.translate("catégorie {category}, classe {level}", category=value["category"], level=value["level"])


def _document(value: dict[str, Json], _: Speaker, __: ZoneInfo) -> str:
    return without_contacts(str(value["url"]))


def _correction(value: dict[str, Json], say: Speaker, _: ZoneInfo) -> str:
    """What a change notice says of itself; which notice it changes is told by the versions."""
    reason = value.get("reason")
    parts = [labels.code("change-corrig-justification", reason, say) if reason else ""]
    parts += [without_contacts(labels.best(value.get(key) or {}, say.language)[1]) for key in _CORRECTION_TEXTS]
    parts.append(", ".join(map(str, value.get("sections") or [])))
    return " ; ".join(part for part in parts if part)


def _link(value: dict[str, Json], say: Speaker, _: ZoneInfo) -> str:
    relation = labels.of(labels.RELATIONS, value["relation"], say)
    return f"{relation}{say.colon}{without_contacts(str(value.get('value', '')))}"


_CORRECTION_TEXTS = ("reason_text", "description")
_SHAPES: tuple[tuple[Callable[[dict[str, Json]], bool], Callable[[dict[str, Json], Speaker, ZoneInfo], str]], ...] = (
    (lambda value: "amount" in value and "currency" in value, _money),
    (lambda value: "at" in value and "kind" in value, _deadline),
    (lambda value: value.get("scheme") == "CPV", _cpv),
    (lambda value: "nuts" in value and "locality" in value, _place),
    (lambda value: "identifiers" in value and "name" in value, _organisation),
    (lambda value: value.keys() == {"category", "level"}, _accreditation),
    (lambda value: "url" in value and "restricted" in value, _document),
    (lambda value: "reason_text" in value and "sections" in value, _correction),
    (lambda value: "relation" in value and "scheme" in value, _link),
)
