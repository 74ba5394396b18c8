"""Exports that workers gave up, told to all through the store until one reaches that address, or somebody drops them.

Every address has a note of its own in `store.meta`, so that two workers do not overwrite each other's; one incident
tells of all of them.
"""

from __future__ import annotations

import logging

from pydantic import AwareDatetime, ValidationError

from core import clock
from core.urls import printed_url
from notices.model import Frozen
from store import Store
from store.records import IncidentKind

log = logging.getLogger(__name__)

NAMED = 10
"""Exports that the incident names; `vigie jobs list export --given-up` lists those of the last two weeks."""
_PREFIX = "export-given-up:"
_MOST_WORDS = 500


class GivenUp(Frozen):
    """The last export to an address, which was tried in vain."""

    job: int
    target: str
    """The address as people may see it."""
    words: str
    """Why the last try failed."""
    at: AwareDatetime

    @property
    def described(self) -> str:
        """For operators."""
        return f"{self.target} (job {self.job}, {self.at:%Y-%m-%d %H:%M} UTC): {self.words}"


def given_up(store: Store, job: int, target: str, error: Exception) -> None:
    """A worker will not try this export again: the incident is opened."""
    words = printed_url(" ".join(str(error).split()) or type(error).__name__)[:_MOST_WORDS]
    found = GivenUp(job=job, target=printed_url(target), words=words, at=clock.now())
    store.meta.set(_PREFIX + target, found.model_dump_json())
    judge(store)


def written(store: Store, target: str) -> None:
    """An export reached its address, so what was given up before is over."""
    if store.meta.delete(_PREFIX + target):
        judge(store)


def drop(store: Store, job: int) -> bool:
    """Somebody does not want the export of a job any more that was given up; whether there was one."""
    dropped = [key for key, found in _notes(store).items() if found.job == job and store.meta.delete(_PREFIX + key)]
    judge(store)
    return bool(dropped)


def judge(store: Store) -> None:
    """One incident for all exports that were given up; closed when there is none."""
    found = sorted(_notes(store).values(), key=lambda one: one.at, reverse=True)
    if not found:
        store.incidents.close(None, IncidentKind.EXPORT_GIVEN_UP)
        return
    message = (
        f"{len(found)} export(s) abandonné(s) après plusieurs essais ; « vigie jobs list export --given-up » dit "
        f"lesquels. Le dernier : {found[0].described}"
    )
    details = {"count": len(found), "exports": [one.described for one in found[:NAMED]]}
    store.incidents.open(None, IncidentKind.EXPORT_GIVEN_UP, message, details)


def _notes(store: Store) -> dict[str, GivenUp]:
    found = {}
    for target, value in store.meta.under(_PREFIX).items():
        try:
            found[target] = GivenUp.model_validate_json(value)
        except ValidationError as error:
            log.warning("What is noted of the export to %s cannot be read: %s", printed_url(target), error)
    return found
