"""Invented Belgian notices: several hundred, believable, dated relative to a chosen day, the same for the same seed."""

from __future__ import annotations

import bisect
import heapq
import random
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from operator import itemgetter

from simulated_portals.be_bda.corrections import cancelled, rectified
from simulated_portals.be_bda.drafts import Draft
from simulated_portals.be_bda.eforms_writer import write_notice
from simulated_portals.be_bda.invented_awards import AwardDrawer
from simulated_portals.be_bda.invented_calls import CallDrawer
from simulated_portals.be_bda.invented_data import invented_world
from simulated_portals.be_bda.publications import Publication, PublishedLot, PublishedVersion

DAYS = 90
ROLES = {"call": 60, "award": 31, "consultation": 4, "direct": 2, "modification": 3}


class Inventor:
    """Invents notices around `today`. `publications` follows from seed, day and count alone."""

    def __init__(self, *, seed: int, today: date) -> None:
        self._seed = seed
        self._today = today
        self._news = 0

    def publications(self, count: int) -> tuple[Publication, ...]:
        """`count` publications of the last ninety days, corrections and cancellations among them."""
        chance = random.Random(f"{self._seed}/{self._today}")
        world = invented_world()
        calls, awards = CallDrawer(world, chance), AwardDrawer(world, chance)
        roles, weights = list(ROLES), list(ROLES.values())
        waiting = _Waiting()
        found: list[Publication] = []
        for instant in self._instants(count, chance):
            draft = calls.draft(instant, chance.choices(roles, weights)[0])
            if draft.is_award:
                draft = self._awarded(draft, waiting, awards, chance)
            elif draft.deadline and draft.sub_type != "E1":
                waiting.add(draft, draft.deadline)
            found.append(publication_of(draft))
        return tuple(self._fates(found, chance))

    def call_published_at(self, instant: datetime) -> Publication:
        """A new call, published at this naive Brussels time, with an open deadline. Each one is another."""
        self._news += 1
        chance = random.Random(f"{self._seed}/{instant.isoformat()}/news/{self._news}")
        return publication_of(CallDrawer(invented_world(), chance).draft(instant, "call"))

    def _instants(self, count: int, chance: random.Random) -> list[datetime]:
        """When notices appear: weekdays mostly, lately a little more, a few already on the chosen day."""
        days = [self._today - timedelta(days=back) for back in range(DAYS, 0, -1)]
        weights = [
            (1.0, 1.0, 1.0, 1.0, 0.9, 0.08, 0.04)[day.weekday()] * (1 + place / DAYS) for place, day in enumerate(days)
        ]
        early = min(count, 1 + count // 130)
        # One on every day at least: a day without any looks suspect.
        certain = days if count >= 4 * DAYS else []
        drawn = certain + chance.choices(days, weights, k=count - early - len(certain))
        instants = [datetime.combine(day, self._hour(chance)) for day in drawn]
        # On the day itself only the first minutes are certain to have passed.
        instants += [
            datetime.combine(self._today, time(0, 1 + number % 40, 45, 14_000 + number)) for number in range(early)
        ]
        return sorted(instants)

    def _hour(self, chance: random.Random) -> time:
        """Held-back national publications appear after four in the morning, the others while offices are open."""
        micro = chance.randint(10_000, 49_999)
        if chance.random() < 0.3:
            return time(4, chance.randint(10, 24), chance.randint(0, 59), micro)
        return time(chance.randint(7, 17), chance.randint(0, 59), 45, micro)

    def _awarded(self, fresh: Draft, waiting: _Waiting, awards: AwardDrawer, chance: random.Random) -> Draft:
        """Half of the awards belong to a call whose deadline has passed."""
        ready = waiting.ready_before(fresh.published_at - timedelta(days=7))
        if fresh.sub_type in ("25", "38") or not ready or chance.random() < 0.45:
            migrated = fresh.sub_type in ("29", "E4") and chance.random() < 0.05
            return replace(awards.with_outcome(fresh), migrated=migrated)
        return awards.award_of(ready.pop(chance.randrange(len(ready)))[1], fresh)

    def _fates(self, found: list[Publication], chance: random.Random) -> list[Publication]:
        """What became of calls since: deadlines that moved, calls that were withdrawn (one at least)."""
        left = Counter(publication.publication_date for publication in found)
        changed = []
        for publication in found:
            day, fate = publication.publication_date, self._fate(publication, chance)
            # A correction moves a notice to another day; the last one of a day stays.
            moved = fate is not publication and left[day] > 1
            left[day] -= moved
            changed.append(fate if moved else publication)
        if not any(publication.cancelled_at for publication in changed):
            eligible = [number for number, item in enumerate(changed) if self._later(item, 4)]
            for number in eligible[:1]:
                changed[number] = cancelled(changed[number], changed[number].latest.published_at + timedelta(days=4))
        return changed

    def _later(self, publication: Publication, days: float) -> datetime | None:
        """The instant so many days after a call's latest publication, if that has passed before the deadline."""
        at = publication.latest.published_at + timedelta(days=days)
        deadline = publication.deadline
        running = publication.form_type == "COMPETITION" and deadline is not None and at < deadline
        return at if running and at < datetime.combine(self._today, time(0, 0, 45)) else None

    def _fate(self, publication: Publication, chance: random.Random) -> Publication:
        at = self._later(publication, chance.randint(3, 11) + chance.uniform(-0.1, 0.1))
        draw, longer = chance.random(), timedelta(days=chance.choice((7, 7, 14)))
        if at is None or draw > 0.14:
            return publication
        if draw < 0.02:
            return cancelled(publication, at)
        corrected = rectified(publication, at, (publication.deadline or at) + longer)
        if draw > 0.035:
            return corrected
        # Seen on a live row: the mark of a cancellation at the instant of a re-publication.
        return replace(corrected, cancelled_at=at + timedelta(microseconds=54_310))


class _Waiting:
    """Calls without an award, in the order in which they were published."""

    def __init__(self) -> None:
        self._running: list[tuple[datetime, int, Draft]] = []
        self._ready: list[tuple[int, Draft]] = []
        self._number = 0

    def add(self, call: Draft, deadline: datetime) -> None:
        """One more call."""
        self._number += 1
        heapq.heappush(self._running, (deadline, self._number, call))

    def ready_before(self, instant: datetime) -> list[tuple[int, Draft]]:
        """Calls with a deadline before an instant, each with its number. Instants must not go back."""
        while self._running and self._running[0][0] < instant:
            _, number, call = heapq.heappop(self._running)
            bisect.insort(self._ready, (number, call), key=itemgetter(0))
        return self._ready


def publication_of(draft: Draft) -> Publication:
    """The publication of a draft, with its document written when somebody asks for it."""
    version = PublishedVersion(
        notice_id=draft.notice_id,
        number=1,
        published_at=draft.published_at,
        sent_at=draft.published_at - timedelta(minutes=2) if not draft.ted else draft.published_at - timedelta(days=1),
        dispatch_date=draft.dispatch_date,
        deadline=draft.deadline,
        read_xml=None if draft.migrated else partial(write_notice, draft),
    )
    return Publication(
        workspace_id=draft.workspace_id,
        procedure_id=draft.procedure_id,
        dossier_number=draft.reference,
        suffix=draft.suffix,
        sub_type=draft.sub_type,
        titles=draft.titles,
        descriptions=draft.descriptions,
        lots=tuple(
            PublishedLot(lot.identifier, lot.titles, lot.descriptions, draft.cpv[0], draft.cpv[1:], (draft.place.nuts,))
            for lot in draft.lots
        ),
        cpv_main=draft.cpv[0],
        cpv_additional=draft.cpv[1:],
        natures=(draft.nature,),
        nuts_codes=(draft.place.nuts,),
        buyer=draft.buyer.organisation,
        languages=draft.languages,
        versions=(version,),
        legal_basis=draft.legal_basis,
        procedure_type=draft.procedure_type,
        technique="FRAMEWORK_AGREEMENT" if draft.framework else None,
        accreditations=dict(draft.accreditations),
        question_period=draft.question_period,
        ted=draft.ted,
        migrated=draft.migrated,
    )
