"""The portal's publications, kept ready to be searched: rows are printed once, filters run over plain sets."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from simulated_portals.be_bda.publications import Publication
from simulated_portals.be_bda.rendering import Renderer
from simulated_portals.messages import json_bytes

Filter = Callable[["Entry"], bool]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORD = re.compile(r"[a-z0-9]+")
_KEPT_RESULTS = 64
"""Filtered lists that are kept, so that the pages of one search do not filter again."""


def words(text: str) -> frozenset[str]:
    """The words of a text, lower case and without accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return frozenset(_WORD.findall("".join(letter for letter in folded if not unicodedata.combining(letter))))


@dataclass(frozen=True)
class Entry:
    """A publication as the search sees it."""

    publication: Publication
    row: bytes
    heavy_words: frozenset[str]
    light_words: frozenset[str]
    cpv_codes: frozenset[str]

    @property
    def order(self) -> tuple[date, datetime, str]:
        """Newest publication first when sorted in reverse."""
        latest = self.publication.latest
        return (latest.published_at.date(), latest.published_at, self.publication.workspace_id)


class Catalogue:
    """All publications, newest first. May be changed from any thread while the server reads."""

    def __init__(self, renderer: Renderer, publications: Iterable[Publication] = ()) -> None:
        self._renderer = renderer
        self._lock = threading.Lock()
        self._entries: tuple[Entry, ...] = ()
        self._by_id: dict[str, Publication] = {}
        self._results: dict[str, tuple[Entry, ...]] = {}
        self.put(*publications)

    def put(self, *publications: Publication) -> None:
        """Add publications, or replace those that have the same workspace id."""
        new = {publication.workspace_id: self._entry(publication) for publication in publications}
        with self._lock:
            kept = [entry for entry in self._entries if entry.publication.workspace_id not in new]
            self._entries = tuple(sorted([*kept, *new.values()], key=lambda entry: entry.order, reverse=True))
            self._by_id |= {publication.workspace_id: publication for publication in publications}
            self._results = {}

    def _entry(self, publication: Publication) -> Entry:
        heavy = (*publication.titles.values(), publication.reference_number, *publication.buyer.names.values())
        light = (
            *publication.descriptions.values(),
            *(text for lot in publication.lots for text in (*lot.titles.values(), *lot.descriptions.values())),
        )
        return Entry(
            publication,
            json_bytes(self._renderer.row(publication)),
            words(" ".join(heavy)) | {_whole(publication.dossier_number), _whole(publication.reference_number)},
            words(" ".join(light)),
            frozenset((publication.cpv_main, *publication.cpv_additional)),
        )

    def get(self, workspace_id: str) -> Publication | None:
        """The publication of a workspace."""
        return self._by_id.get(workspace_id)

    def publications(self) -> tuple[Publication, ...]:
        """All publications, newest first."""
        return tuple(entry.publication for entry in self._entries)

    def search(self, body: dict[str, Any], now: datetime) -> tuple[Entry, ...]:
        """The entries that satisfy the request's filters, in the portal's order.

        Unknown keys, values of the wrong type and dates of another form than `YYYY-MM-DD` are ignored without a word,
        as the portal does. `now` is the naive Brussels time.
        """
        filters = {key: value for key, value in body.items() if key not in ("page", "pageSize")}
        minute = now.strftime("%Y-%m-%dT%H:%M") if filters.get("withActiveSubmissionDeadline") else ""
        key = f"{minute}{sorted(filters.items(), key=lambda item: item[0])!r}"
        results = self._results
        if key not in results:
            if len(results) >= _KEPT_RESULTS:
                results.clear()
            results[key] = self._filtered(filters, now)
        return results[key]

    def _filtered(self, body: dict[str, Any], now: datetime) -> tuple[Entry, ...]:
        filters = filters_of(body, now)
        found = tuple(entry for entry in self._entries if all(keeps(entry) for keeps in filters))
        terms = body.get("terms")
        return _by_relevance(found, terms) if isinstance(terms, str) and terms.strip() else found


def _whole(reference: str) -> str:
    return "=" + reference.casefold()


def _by_relevance(entries: tuple[Entry, ...], terms: str) -> tuple[Entry, ...]:
    """Relevance ranked and OR-like: one word of several is enough (filter probe of 2026-10)."""
    wanted, whole = words(terms), _whole(terms.strip())

    def score(entry: Entry) -> int:
        exact = 100 if whole in entry.heavy_words else 0
        return exact + 3 * len(wanted & entry.heavy_words) + len(wanted & entry.light_words)

    scored = [(score(entry), entry) for entry in entries]
    return tuple(entry for points, entry in sorted(scored, key=lambda pair: -pair[0]) if points)


def filters_of(body: dict[str, Any], now: datetime) -> list[Filter]:
    """The filters that the portal understood."""
    found = [
        _from(body, "publicationDateFrom", lambda entry: entry.publication.publication_date),
        _until(body, "publicationDateTo", lambda entry: entry.publication.publication_date),
        _from(body, "dispatchDateFrom", lambda entry: entry.publication.latest.dispatch_date),
        _until(body, "dispatchDateTo", lambda entry: entry.publication.latest.dispatch_date),
        _still_open(body, now),
        _in_branch(body, "cpvCodes", lambda entry: entry.cpv_codes, _cpv_branch),
        _in_branch(body, "nutsCodes", lambda entry: entry.publication.nuts_codes, str),
        _any_of(body, "natures", lambda entry: entry.publication.natures),
        _any_of(body, "publicationLanguages", lambda entry: entry.publication.languages),
        _any_of(body, "specialPurchasingTechniques", lambda entry: (entry.publication.technique,)),
        _of_organisation(body),
    ]
    return [keeps for keeps in found if keeps]


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _from(body: dict[str, Any], key: str, day_of: Callable[[Entry], date]) -> Filter | None:
    first = _day(body.get(key))
    return (lambda entry: day_of(entry) >= first) if first else None


def _until(body: dict[str, Any], key: str, day_of: Callable[[Entry], date]) -> Filter | None:
    """The end date is EXCLUSIVE: the day after the last wanted day."""
    end = _day(body.get(key))
    return (lambda entry: day_of(entry) < end) if end else None


def _still_open(body: dict[str, Any], now: datetime) -> Filter | None:
    if body.get("withActiveSubmissionDeadline") is not True:
        return None
    return lambda entry: entry.publication.deadline is not None and entry.publication.deadline > now


def _listed(body: dict[str, Any], key: str) -> list[Any]:
    value = body.get(key)
    return [item for item in value if isinstance(item, str | int)] if isinstance(value, list) else []


def _any_of(body: dict[str, Any], key: str, values_of: Callable[[Entry], Iterable[str | None]]) -> Filter | None:
    wanted = frozenset(_listed(body, key))
    return (lambda entry: not wanted.isdisjoint(values_of(entry))) if wanted else None


def _in_branch(
    body: dict[str, Any], key: str, values_of: Callable[[Entry], Iterable[str]], branch: Callable[[str], str]
) -> Filter | None:
    wanted = tuple(branch(str(value)) for value in _listed(body, key))
    return (lambda entry: any(value.startswith(wanted) for value in values_of(entry))) if wanted else None


def _cpv_branch(code: str) -> str:
    """The leading digits that mean something: a code finds its whole branch, with or without check digit."""
    return code[:8].rstrip("0").ljust(2, "0")


def _of_organisation(body: dict[str, Any]) -> Filter | None:
    wanted = {int(value) for value in _listed(body, "organisationIds") if str(value).isdigit()}
    if not wanted:
        return None
    if body.get("includeOrganisationChildren") is True:
        return lambda entry: not wanted.isdisjoint(entry.publication.buyer.tree)
    return lambda entry: entry.publication.buyer.organisation_id in wanted
