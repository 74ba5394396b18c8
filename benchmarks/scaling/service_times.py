"""What each step costs on PostgreSQL, for `measured.json`: saving, queues, hits, digests, mails, budgets, rows.

    python -m benchmarks.scaling.service_times [--database URL] [--notices 4000] [--profiles 10000] [--sent 200000]

Prints one JSON object. The database must be empty and is filled. Without `--database` a server is started from the
binaries on this machine, without durability: commits are then quicker than on a disk that is waited for.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

from aiosmtpd.controller import Controller
from sqlalchemy import insert, text

from alerts import digests, matching, outbox, schedule
from alerts.coverage import Sources
from benchmarks.generated_notices import Material
from core import clock
from core.settings import Settings, load_settings
from search.document import IndexDocument
from search.matcher import EmbeddedMatcher
from store import Store
from store.records import Saving
from store.tables import outbox as outbox_table
from store.tables import owners, profiles
from tests.support import postgres

BATCH = 200
SAVED_TOGETHER = 100
DIGESTS = 60
Result = TypeVar("Result")


def main() -> None:
    """Measure every step once and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database")
    parser.add_argument("--notices", type=int, default=4_000)
    parser.add_argument("--profiles", type=int, default=10_000)
    parser.add_argument("--sent", type=int, default=200_000, help="mails that were sent before, in the outbox")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(options.database) as url, sink() as port:
        os.environ |= {"VIGIE_DATA_DIR": folder, "VIGIE_DATABASE_URL": url, "VIGIE_SMTP__PORT": str(port)}
        with Store(url) as store:
            store.migrate()
            print(json.dumps(_all(store, load_settings(), options), indent=2))


def _all(store: Store, settings: Settings, options: argparse.Namespace) -> dict[str, float]:
    material = Material(seed=7)
    found: dict[str, float] = {}
    found |= _saving(store, material, options.notices)
    found |= _index_side(store)
    add_profiles(store, material, options.profiles)
    found |= matching_parts(store)
    found |= _digests(store, settings)
    found |= _mails(store, settings, options.sent)
    found |= _budget(store)
    return {name: float(f"{value:.4g}") for name, value in found.items()} | _sizes(store)


@contextlib.contextmanager
def database(url: str | None) -> Iterator[str]:
    """The one of the command line, or a server of our own."""
    if url:
        yield url
        return
    with postgres.server() as server:
        yield server.create_empty()


class _Accepting:
    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:
        return "250 OK"


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """The port of a mail server that takes everything."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(_Accepting(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds of the clock, and what came out."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


# --- saving and queues -----------------------------------------------------------------------------------------------


def _saving(store: Store, material: Material, number: int) -> dict[str, float]:
    """One writer, then two of two portals, which share the lock of procedures."""
    made = [Saving(notice=material.notice(count)) for count in range(number)]
    half = number // 2
    alone, _ = timed(lambda: save(store, made[:half]))
    parts = [made[half::2], [_of_another_portal(one) for one in made[half + 1 :: 2]]]
    with ThreadPoolExecutor(2) as pool:
        together, _ = timed(lambda: list(pool.map(lambda part: save(store, part), parts)))
    return {"save.one_writer.s_per_notice": alone / half, "save.two_writers.s_per_notice": together / (number - half)}


def _of_another_portal(item: Saving) -> Saving:
    native = item.notice.id.partition(":")[2]
    moved = {"id": f"fr_boamp:{native}", "portal": "fr_boamp", "country": "FR"}
    return Saving(notice=item.notice.model_copy(update=moved))


def save(store: Store, items: Sequence[Saving]) -> None:
    """As the pipeline of a crawl saves."""
    for start in range(0, len(items), SAVED_TOGETHER):
        store.notices.save_many(items[start : start + SAVED_TOGETHER])


def _index_side(store: Store) -> dict[str, float]:
    """What an index worker does beside the index."""
    done = 0

    def work() -> None:
        nonlocal done
        while rows := store.index_queue.take(BATCH):
            found = store.notices.get_many([row.notice_id for row in rows])
            done += len([IndexDocument.of(one) for one in found.values()])
            store.index_queue.acknowledge(rows)

    seconds, _ = timed(work)
    return {"index.read.s_per_notice": seconds / done}


# --- profiles, hits, digests -----------------------------------------------------------------------------------------


def add_profiles(store: Store, material: Material, number: int) -> None:
    """Profiles of as many owners, confirmed, due all the time; written at once, which no person could do."""
    at = clock.now() - timedelta(days=1)
    new_owners, new_profiles = [], []
    for count in range(number):
        owner, profile = f"o{count:07d}", f"p{count:07d}"
        new_owners.append(
            {
                "id": owner, "email": f"{owner}@example.org", "email_key": f"{owner}@example.org", "language": "fr",
                "zone": "Europe/Brussels", "hour": 0, "weekdays": [0, 1, 2, 3, 4, 5, 6], "confirmed_at": at,
                "created_at": at,
            }
        )  # fmt: skip
        query = json.loads(material.profile().to_json())
        new_profiles.append(
            {
                "id": profile, "owner_id": owner, "name": "Alerte", "query": query, "state": "active",
                "revision": count + 1, "created_at": at, "changed_at": at,
            }
        )  # fmt: skip
    with store.database.write() as connection:
        connection.execute(insert(owners), new_owners)
        connection.execute(insert(profiles), new_profiles)
        counter = "INSERT INTO counters (name, value) VALUES ('profiles', :n) ON CONFLICT (name) DO UPDATE SET value=:n"
        connection.execute(text(counter), {"n": number})


def matching_parts(store: Store) -> dict[str, float]:
    """A match worker's step apart: taking rows, matching, and writing the hits."""
    matcher = EmbeddedMatcher()
    state = matching.MatcherState(matcher)
    filling, _ = timed(lambda: state.refresh(store))
    known = len(matcher)
    warm = store.notices.get_many(row.notice_id for row in store.match_queue.take(BATCH))
    documents = [IndexDocument.of(stored) for stored in warm.values()]
    state.matcher.match(documents)
    pure, matches = timed(lambda: state.matcher.match(documents))
    written, counted = 0.0, 0
    record = store.hits.record

    def recorded(*arguments: Any) -> Any:
        nonlocal written, counted
        seconds, hits = timed(lambda: record(*arguments))
        written, counted = written + seconds, counted + len(hits)
        return hits

    store.hits.record = recorded  # type: ignore[method-assign, assignment]
    seconds, rows = timed(lambda: matching.drain(store, state, BATCH))
    store.hits.record = record  # type: ignore[method-assign]
    per_notice = _without_hits(store)
    return {
        "match.fill.s_per_profile": filling / known,
        "match.embedded.s_per_notice_and_profile": pure / len(documents) / known,
        "match.share_of_profiles": len(matches) / len(documents) / known,
        "match.step.s_per_notice": seconds / rows,
        "match.step.hits_per_notice": counted / rows,
        "match.store.s_per_notice": per_notice,
        "hit.locked.s_per_hit": written / counted,
        "hit.s_per_hit": max(0.0, seconds - written - pure - per_notice * rows) / counted,
    }


def _without_hits(store: Store) -> float:
    """Seconds per notice of a step that finds nothing: the queue, the notices, the documents."""
    state = matching.MatcherState(_Nobody())
    seconds, rows = timed(lambda: matching.drain(store, state, BATCH))
    return seconds / rows


class _Nobody(EmbeddedMatcher):
    """Has no profiles, and claims to be up to date."""

    def revision(self) -> int:
        return 1 << 40

    def clear(self) -> None:
        self._revision = 0

    def follow(self, *_: Any) -> dict[str, Any]:
        return {}


def _digests(store: Store, settings: Settings) -> dict[str, float]:
    """Owners with some hits each, fed by all portals; and a pass over owners who are not due."""
    ready = store.hits.owners_with_pending()
    _built(store, settings, ready[-5:])
    each = _built(store, settings, ready[:DIGESTS]) / DIGESTS
    told = count(store, "SELECT count(*) FROM hits WHERE digest_id IS NOT NULL")
    waiting = store.hits.owners_with_pending()
    idle, _ = timed(lambda: [looked_at(store, owner_id) for owner_id in waiting[:500]])
    return {
        "digest.s_per_digest": each,
        "digest.hits_per_digest": told / (DIGESTS + 5),
        "digest.s_per_owner_looked_at": idle / len(waiting[:500]),
    }


def _built(store: Store, settings: Settings, owner_ids: Sequence[str]) -> float:
    found = [owner for owner_id in owner_ids if (owner := store.profiles.owner(owner_id)) is not None]
    sources = Sources(store, clock.now())
    seconds, made = timed(lambda: [digests.build(store, settings, owner, "2026-11-22", sources) for owner in found])
    assert all(made)
    return seconds


def looked_at(store: Store, owner_id: str) -> object:
    """What a pass does for an owner whose hour has not come: the owner is read, and the clock asked."""
    owner = store.profiles.owner(owner_id)
    assert owner is not None
    return schedule.due(owner.model_copy(update={"hour": 23}), clock.now(), clock.now() - timedelta(days=1))


# --- mails and budgets -----------------------------------------------------------------------------------------------


def _mails(store: Store, settings: Settings, sent: int) -> dict[str, float]:
    """Mails to a sink on this machine: with a young outbox, then with one that holds what was sent before."""
    young = delivered(store, settings, DIGESTS)
    _grow_outbox(store, sent)
    with store.database.write() as connection:
        connection.execute(text("ANALYZE outbox"))
    return {"mail.s_per_mail": young, "mail.old_outbox.s_per_mail": delivered(store, settings, DIGESTS)}


def delivered(store: Store, settings: Settings, number: int) -> float:
    """Seconds per mail of so many that are made due."""
    ready = min(number, count(store, "SELECT count(*) FROM outbox WHERE state = 'pending'"))
    with store.database.write() as connection:
        later = (
            "UPDATE outbox SET next_attempt_at = now() + interval '9 days' WHERE state = 'pending' AND id NOT IN"
            " (SELECT id FROM outbox WHERE state = 'pending' ORDER BY id LIMIT :n)"
        )
        connection.execute(text("UPDATE outbox SET next_attempt_at = now() WHERE state = 'pending'"))
        connection.execute(text(later), {"n": ready})
    seconds, done = timed(lambda: outbox.deliver_due(store, settings, clock.now()))
    return seconds / done.sent


def _grow_outbox(store: Store, number: int) -> None:
    at = clock.now()
    for start in range(0, number, 10_000):
        rows = [
            {
                "id": secrets.token_hex(12), "channel": "email", "recipient": "a@example.org", "message_id": "<m>",
                "payload": b"x" * 8_000, "purpose": "digest", "state": "sent", "attempts": 1, "next_attempt_at": at,
                "created_at": at, "sent_at": at,
            }
            for _ in range(start, min(start + 10_000, number))
        ]  # fmt: skip
        with store.database.write() as connection:
            connection.execute(insert(outbox_table), rows)


def _budget(store: Store) -> dict[str, float]:
    """A request's turn: reserved and given back."""
    number = 500

    def turns() -> None:
        for _ in range(number):
            turn = store.budgets.reserve("portal.example", 0.0, 1, 60.0)
            store.budgets.give_back("portal.example", turn.number or "")

    seconds, _ = timed(turns)
    return {"budget.s_per_request": seconds / number}


def _sizes(store: Store) -> dict[str, float]:
    """Bytes on disk per row, indexes among them."""
    with store.database.write() as connection:
        connection.execute(text("ANALYZE"))
    tables = ("notices", "notice_versions", "procedures", "hits", "profiles", "owners", "digests")
    found = {}
    for name in tables:
        rows = count(store, f"SELECT count(*) FROM {name}")  # noqa: S608 (names of ours)
        size = count(store, f"SELECT pg_total_relation_size('{name}')")
        found[f"bytes.{name}"] = round(size / max(1, rows))
    found["bytes.message"] = count(store, "SELECT avg(length(payload))::int FROM outbox WHERE digest_id IS NOT NULL")
    return {name: float(value) for name, value in found.items()}


def count(store: Store, statement: str) -> int:
    """The one number that a statement tells."""
    with store.database.read() as connection:
        return int(connection.scalar(text(statement)) or 0)


if __name__ == "__main__":
    main()
