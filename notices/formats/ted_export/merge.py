"""One notice out of the forms of a file: the same form in several languages, originals and translations.

The first original decides; every other form adds its languages, and what the first one left open.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from lxml.etree import _Element as Element

from notices.formats.ted_export.drafts import FormDraft
from notices.formats.ted_export.walk import TedWalk


def merge_languages(forms: list[FormDraft], element: Element, walk: TedWalk) -> FormDraft:
    """The forms as one. `element` is where a note goes when they differ in structure."""
    ordered = sorted(forms, key=lambda form: not form.original)
    base = ordered[0]
    for other in ordered[1:]:
        if other.form != base.form:
            walk.note(element, "The file holds another form too; only its texts are added.", other.form)
        _Merger(element, walk, other.language).merge(base, other)
    return base


class _Merger:
    def __init__(self, element: Element, walk: TedWalk, language: str) -> None:
        self._element = element
        self._walk = walk
        self._language = language

    def merge(self, base: Any, other: Any) -> None:
        """Add to the draft `base` what the draft `other` says beyond it."""
        for field in fields(base):
            ours, theirs = getattr(base, field.name), getattr(other, field.name)
            if isinstance(ours, dict):
                for key, text in theirs.items():
                    ours.setdefault(key, text)
            elif isinstance(ours, list):
                self._merge_lists(field.name, ours, theirs)
            elif ours is None:
                setattr(base, field.name, theirs)
            elif is_dataclass(ours) and theirs is not None:
                self.merge(ours, theirs)

    def _merge_lists(self, name: str, ours: list[Any], theirs: list[Any]) -> None:
        if not ours:
            ours.extend(theirs)
        elif theirs and is_dataclass(ours[0]):
            for one, same in self._pairs(name, ours, theirs):
                self.merge(one, same)

    def _pairs(self, name: str, ours: list[Any], theirs: list[Any]) -> list[tuple[Any, Any]]:
        """Which lot is which: by its number where each has one, else by its place in the form."""
        by_number = {getattr(item, "number", None): item for item in theirs}
        if None not in by_number and len(by_number) == len(theirs):
            return [(item, by_number[item.number]) for item in ours if item.number in by_number]
        if len(ours) != len(theirs):
            message = f"The language versions of the notice differ in the number of {name.replace('_', ' ')}."
            self._walk.note(self._element, message, self._language)
            return []
        return list(zip(ours, theirs, strict=True))
