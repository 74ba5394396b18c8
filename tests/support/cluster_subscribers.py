"""A thousand saved and confirmed profiles, and what became of their alerts.

What is due is worked out here without the installation: the stored notices are compared with the profiles by the
embedded matcher, which shares no code with the percolator. What came is read from the mails that the sink accepted.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from alerts.mailbox import Mailbox, StoredMail
from alerts.views import MOST_LISTED
from core import clock
from search.document import IndexDocument
from search.matcher import EmbeddedMatcher
from search.query import NoticeQuery
from store import Store
from store.records import Hit, HitKind, OutboxState, Profile, StoredNotice
from store.tables import digests, hits, outbox

OWNERS = 200
PROFILES_EACH = 5
EARLY = 80
"""Owners who are told while the installation is being ill-treated, and hear of the rest tomorrow; the others are told
when everything is stored.
"""
_EVERY_DAY = tuple(range(7))
_WORDS = (
    "toiture", "voirie", "nettoyage", "gardiennage", "gymnase", "mobilier", "topographiques", "vitrerie", "éclairage",
    "informatique", "restauration", "médicaments", "balayage", "assainissement", "déchets", "électricité", "scolaire",
    "entretien", "réfection", "rénovation", "maintenance", "surveillance", "transport", "véhicules", "bureau",
    "formation",
)  # fmt: skip
_BUYERS = (
    "Kerloc'h",
    "Haute-Ornaye",
    "Choisel",
    "Trois Forêts",
    "Vexin",
    "Lormond",
    "Bellefontaine",
    "Tamlalt",
    "Orneau",
)
_BRANCHES = ("45", "4523", "4526", "33", "30", "72", "79", "90", "909", "50", "71", "15", "34", "60", "80")
_LINK = re.compile(r"/notices/(\S+)")

Pair = tuple[str, str]
"""Profile and procedure: what one alert is about."""


def noon_zone(now: datetime) -> str:
    """A zone in which it is about noon, so that no day ends while the test runs, and 23 o'clock is to come."""
    ahead = 12 - now.hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


class Subscribers:
    """Owners with their profiles."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._chance = random.Random(seed)
        self._zone = noon_zone(clock.now())
        assert 10 <= clock.now().astimezone(ZoneInfo(self._zone)).hour <= 13
        self.early: set[str] = set()
        self.late: set[str] = set()

    def save(self) -> None:
        """Save and confirm them all."""
        profiles = self._store.profiles
        for number in range(OWNERS):
            owner = profiles.ensure_owner(f"abonne-{number}@example.org", "fr", self._zone, 23, _EVERY_DAY)
            profiles.confirm_owner(owner.id, clock.now())
            for each in range(PROFILES_EACH):
                profiles.create(owner.id, f"Alerte {number}-{each}", self._query().to_dict())
            (self.early if number < EARLY else self.late).add(owner.id)

    def let_their_hour_come(self, owner_ids: Set[str]) -> None:
        """The digests of these owners are due from now on."""
        for owner_id in owner_ids:
            self._store.profiles.update_owner(owner_id, hour=0)

    def waiting(self, owner_ids: Set[str]) -> Set[str]:
        """Those of these owners for whom something was found that no digest holds."""
        return owner_ids & set(self._store.hits.owners_with_pending())

    def _query(self) -> NoticeQuery:
        pick = self._chance.choice
        shapes: tuple[dict[str, Any], ...] = (
            {"text": pick(_WORDS), "countries": [pick(("BE", "FR", "MA"))]},
            {"text": f"{pick(_WORDS)} {pick(_WORDS)}"},
            {"text": pick(_WORDS), "natures": [pick(("works", "supplies", "services"))], "kinds": ["result"]},
            {"cpv": [pick(_BRANCHES)], "countries": [pick(("BE", "FR"))], "kinds": ["competition"]},
            {"cpv": [pick(_BRANCHES)], "text": pick(_WORDS)},
            {"buyers": [pick(_BUYERS)], "kinds": ["competition"]},
            {
                "text": pick(_WORDS),
                "value": {"minimum": pick((10_000, 90_000)), "currency": "EUR", "unknown": "exclude"},
            },
        )
        return NoticeQuery.model_validate(pick(shapes))


@dataclass
class Alerts:
    """What is due, what waits, and what was accepted, once nothing moves any more."""

    store: Store
    folder: Path
    subscribers: Subscribers

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        """Every profile."""
        return {profile.id: profile for profile in self.store.profiles.changed_since(0).put}

    @cached_property
    def procedures(self) -> dict[str, str]:
        """The procedure of every notice."""
        return {stored.notice.id: stored.procedure_key for stored in self.store.notices.iterate()}

    @cached_property
    def mails(self) -> list[StoredMail]:
        """What the sink accepted."""
        return Mailbox(self.folder).list(limit=10_000)

    @cached_property
    def told(self) -> list[tuple[str, Hit]]:
        """Every hit that a digest holds, with the digest."""
        return [(hit.digest_id, hit) for hit in self._hits if hit.digest_id is not None]

    @cached_property
    def due(self) -> set[Pair]:
        """What each profile should hear of."""
        matcher = EmbeddedMatcher()
        for profile in self.profiles.values():
            matcher.put(profile.id, NoticeQuery.from_json(profile.query))
        found = matcher.match([IndexDocument.of(stored) for stored in self._versions()])
        return {(match.profile_id, self.procedures[match.notice_id]) for match in found}

    def problems(self) -> Iterator[str]:
        """Everything that is not as promised."""
        yield from self._wrong_pairs()
        yield from self._wrong_mails()
        yield from self._wrong_words()

    def duplicates(self) -> int:
        """Mails that were accepted once more under the same id."""
        return len(self.mails) - len({mail.message_id for mail in self.mails})

    def _wrong_pairs(self) -> Iterator[str]:
        told = Counter((hit.profile_id, hit.procedure_key) for _, hit in self.told if hit.kind is not HitKind.CHANGE)
        yield from (f"told {count} times: {pair}" for pair, count in told.items() if count > 1)
        pending = {(hit.profile_id, hit.procedure_key) for hit in self._hits if hit.digest_id is None}
        for pair in self.due - set(told):
            is_late = self.profiles[pair[0]].owner_id in self.subscribers.late
            if is_late or pair not in pending:
                yield f"due and not told: {pair}, {self.profiles[pair[0]].query}"
        yield from (f"told and not due: {pair}, {self.profiles[pair[0]].query}" for pair in set(told) - self.due)

    def _wrong_mails(self) -> Iterator[str]:
        with self.store.database.read() as connection:
            built = set(connection.scalars(digests.select().with_only_columns(digests.c.id)))
            sent = connection.execute(outbox.select()).all()
        yield from (f"not sent: {row.id} {row.state} {row.last_error}" for row in sent if row.state != OutboxState.SENT)
        accepted = Counter(mail.message_id for mail in self.mails)
        yield from (f"sent and not accepted: {row.id}" for row in sent if row.message_id not in accepted)
        known = {row.message_id for row in sent}
        yield from (f"accepted, and nobody built it: {message_id}" for message_id in set(accepted) - known)
        yield from (f"accepted {count} times: {id_}" for id_, count in accepted.items() if count > 2)
        if (digest_ids := {row.digest_id for row in sent}) != built:
            yield f"digests without a message, or the reverse: {len(built)} and {len(digest_ids)}"

    def _wrong_words(self) -> Iterator[str]:
        """The mails list what their digests hold."""
        by_digest: dict[str, set[str]] = {}
        for digest_id, hit in self.told:
            by_digest.setdefault(digest_id, set()).add(self.procedures[hit.notice_id])
        mailbox = Mailbox(self.folder)
        for mail in self.mails:
            opened = mailbox.get(mail.id)
            assert opened is not None
            listed = [self.procedures[unquote(found)] for found in _LINK.findall(opened.text or "")]
            wanted = by_digest[mail.message_id.strip("<>").partition("@")[0].removeprefix("digest-")]
            if not set(listed) <= wanted or (len(listed) < MOST_LISTED and set(listed) != wanted):
                yield f"mail {mail.id} lists {len(set(listed))} procedures, its digest holds {len(wanted)}"

    def _versions(self) -> Iterator[StoredNotice]:
        """Every version of every notice that was compared with profiles."""
        for stored in self.store.notices.iterate():
            for record in self.store.notices.versions(stored.notice.id):
                if not record.late:
                    yield stored.model_copy(update={"notice": record.notice, "version": record.version})

    @cached_property
    def _hits(self) -> list[Hit]:
        with self.store.database.read() as connection:
            return [Hit.model_validate(dict(row._mapping)) for row in connection.execute(hits.select())]
