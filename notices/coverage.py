"""How much of the model a portal fills: per field the share of notices that carry it, as a table for the documentation.

A field of a lot or a result counts once per notice, however many lots say it. `False` and 0 are answers and count as
filled; absent means None or empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from notices.model import Frozen, Notice


class FieldCoverage(Frozen):
    """How many of the notices carry a field; `path` is as in the JSON Schema, with `[]` for each item of a list."""

    path: str
    filled: int
    notices: int

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 when there are no notices."""
        return self.filled / self.notices if self.notices else 0.0


def field_coverage(notices: Iterable[Notice]) -> tuple[FieldCoverage, ...]:
    """The coverage of every field of the model, in the order of the model, over a stream of notices."""
    counts: Counter[str] = Counter()
    total = 0
    for notice in notices:
        total += 1
        counts.update(set(_filled(notice, "")))
    paths = dict.fromkeys((*_fields(Notice, "", ()), *sorted(counts)))
    return tuple(FieldCoverage(path=path, filled=counts[path], notices=total) for path in paths)


def coverage_table(coverage: Iterable[FieldCoverage], *, title: str, source: str) -> str:
    """The coverage as a Markdown page; `source` says in a sentence which notices were counted."""
    rows = list(coverage)
    total = rows[0].notices if rows else 0
    lines = [
        f"# {title}",
        "",
        source,
        "",
        f"Notices counted: {total}. A field of a lot or a result counts once per notice.",
        "",
        "| field | filled | share |",
        "|---|---:|---:|",
        *(f"| `{row.path}` | {row.filled} | {row.share:.0%} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _filled(model: BaseModel, prefix: str) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if value is None or value in ((), {}, ""):
            continue
        yield from _filled_value(value, f"{prefix}{name}")


def _filled_value(value: object, path: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        inner = list(_filled(value, f"{path}."))
        yield from (path, *inner) if inner else ()
    elif isinstance(value, tuple):
        yield path
        for item in value:
            if isinstance(item, BaseModel):
                yield from _filled(item, f"{path}[].")
    else:
        yield path


def _fields(model: type[BaseModel], prefix: str, above: tuple[type[BaseModel], ...]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        yield path
        for inner, repeated in _models_in(field.annotation):
            if inner not in above:
                yield from _fields(inner, f"{path}[]." if repeated else f"{path}.", (*above, model))


def _models_in(annotation: object, repeated: bool = False) -> Iterator[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, repeated
    in_list = repeated or getattr(annotation, "__origin__", None) is tuple
    for argument in getattr(annotation, "__args__", ()):
        yield from _models_in(argument, in_list)
