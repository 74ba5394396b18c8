"""Real runs that the simulation is to predict: savers, match workers and deliverers, one and two at a time.

    python -m benchmarks.scaling.reality [--database URL] [--notices 4000] [--profiles 6000] [--mails 4000]

What each part costs is measured first, alone, in this process; then real processes do the same work: `vigie worker`,
and savers like those of crawls. Prints the JSON of `trials` for measured.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import text

from alerts import digests
from alerts.coverage import Sources
from benchmarks.generated_notices import Material
from benchmarks.scaling import service_times
from core import clock
from core.settings import Settings, load_settings
from store import Store
from store.records import Saving
from store.saving import prepare

COMMAND = "python -m benchmarks.scaling.reality"
WORKERS = (1, 2)
STARTING = 4.0
"""Seconds in which a process is up beside the first."""
_PENDING = "SELECT count(*) FROM outbox WHERE state = 'pending' AND next_attempt_at < now() + interval '1 day'"
_TO_MATCH = "SELECT count(*) FROM match_queue"


def main() -> None:
    """Print the trials."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database")
    parser.add_argument("--notices", type=int, default=4_000)
    parser.add_argument("--profiles", type=int, default=6_000)
    parser.add_argument("--mails", type=int, default=4_000)
    parser.add_argument("--save", metavar="PORTAL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.save:
        _saver(options.save, options.notices)
        return
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = stack.enter_context(service_times.database(options.database))
        port = stack.enter_context(service_times.sink())
        os.environ |= {"VIGIE_DATA_DIR": folder, "VIGIE_DATABASE_URL": url, "VIGIE_SMTP__PORT": str(port)}
        os.environ |= {"VIGIE_LOG_LEVEL": "ERROR"}
        with Store(url) as store:
            store.migrate()
            trials = [*_saving(store, options), *_matching(store, options), *_mailing(store, load_settings(), options)]
            print(json.dumps(trials, indent=2))


def _saving(store: Store, options: argparse.Namespace) -> list[dict[str, object]]:
    """Savers of one portal each."""
    material, some = Material(seed=11), 600
    items = [_of(material, "ma_adm", number) for number in range(some)]
    outside, _ = service_times.timed(lambda: [prepare(item) for item in items])
    whole, _ = service_times.timed(lambda: service_times.save(store, items))
    parts = {"outside": outside / some, "locked": max(0.0, whole - outside) / some}
    found = []
    for number, keys in zip(WORKERS, (("be_bda",), ("fr_boamp", "eu_ted")), strict=True):
        each = options.notices // number
        commands = [[sys.executable, "-m", __spec__.name, "--save", key, "--notices", f"{each}"] for key in keys]
        seconds = max(_told(commands))
        found.append(_trial("save", number, each * number, seconds, parts))
    return found


def _saver(portal: str, number: int) -> None:
    """Save, and print how long that took: begun when all have made their notices."""
    material = Material(seed=len(portal))
    items = [_of(material, portal, count) for count in range(number)]
    with Store(os.environ["VIGIE_DATABASE_URL"]) as store:
        store.notices.fingerprints(portal, [])
        print("ready", flush=True)
        sys.stdin.readline()
        print(service_times.timed(lambda: service_times.save(store, items))[0], flush=True)


def _of(material: Material, portal: str, number: int) -> Saving:
    made = material.notice(number)
    return Saving(notice=made.model_copy(update={"id": f"{portal}:{number}", "portal": portal}))


def _told(commands: Sequence[Sequence[str]]) -> list[float]:
    """Start all, let them begin at one moment, and read their seconds."""
    with contextlib.ExitStack() as stack:
        pipe = subprocess.PIPE
        running = [stack.enter_context(subprocess.Popen(one, stdin=pipe, stdout=pipe, text=True)) for one in commands]
        for process in running:
            assert process.stdout is not None
            process.stdout.readline()
        for process in running:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        return [float(process.stdout.readline()) for process in running if process.stdout is not None]


def _matching(store: Store, options: argparse.Namespace) -> list[dict[str, object]]:
    service_times.add_profiles(store, Material(seed=7), options.profiles)
    found = service_times.matching_parts(store)
    hits = found["match.step.hits_per_notice"]
    compared = options.profiles * found["match.embedded.s_per_notice_and_profile"]
    parts = {
        "outside": found["match.store.s_per_notice"] + compared + hits * found["hit.s_per_hit"],
        "locked": hits * found["hit.locked.s_per_hit"],
    }
    trials = []
    for number in WORKERS:
        _queue_again(store, options.notices)
        rest, seconds = _emptied(store, "match", number, lambda: service_times.count(store, _TO_MATCH))
        trials.append(_trial("match", number, rest, seconds, parts))
    return trials


def _queue_again(store: Store, number: int) -> None:
    """So many notices wait to be matched for the first time."""
    with store.database.write() as connection:
        for statement in ("DELETE FROM hits", "DELETE FROM match_queue"):
            connection.execute(text(statement))
        again = (
            "INSERT INTO match_queue (notice_id, version, origin, queued_at)"
            " SELECT id, version, 'crawl', now() FROM notices ORDER BY md5(id) LIMIT :n"
        )
        connection.execute(text(again), {"n": number})
        connection.execute(text("ANALYZE match_queue"))


def _mailing(store: Store, settings: Settings, options: argparse.Namespace) -> list[dict[str, object]]:
    owners = store.hits.owners_with_pending()
    at = clock.now()
    sources = Sources(store, at)
    made = []
    for owner_id in owners[: options.mails]:
        owner = store.profiles.owner(owner_id)
        assert owner is not None
        made.append(digests.build(store, settings, owner, at.date().isoformat(), sources))
    each = service_times.delivered(store, settings, service_times.DIGESTS)
    trials = []
    for number in WORKERS:
        with store.database.write() as connection:
            due = (
                "UPDATE outbox SET state = 'pending', attempts = 0, sent_at = NULL, next_attempt_at = now()"
                " WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT :n)"
            )
            connection.execute(text(due), {"n": options.mails})
        rest, seconds = _emptied(store, "deliver", number, lambda: service_times.count(store, _PENDING))
        trials.append(_trial("mail", number, rest, seconds, {"outside": each, "locked": 0.0}))
    return trials


def _emptied(store: Store, queue: str, workers: int, left: Callable[[], int]) -> tuple[int, float]:
    """What was left when all workers had done something, and in how many seconds it was done."""
    command = [sys.executable, "-m", "cli", "worker", "--queues", queue, "--until-empty"]
    pause, too_few = threading.Event(), RuntimeError(f"Too few to {queue}: nothing was left for all workers together.")
    with contextlib.ExitStack() as stack:
        for _ in range(workers):
            before = left()
            worker = stack.enter_context(subprocess.Popen(command, cwd=Path(__file__).parents[2], env=os.environ))
            while left() == before:
                if worker.poll() is not None:
                    raise too_few
                pause.wait(0.005)
            pause.wait(STARTING if workers > 1 else 0.0)
        if not (rest := left()):
            raise too_few
        seconds, _ = service_times.timed(lambda: _wait(pause, left))
    return rest, seconds


def _wait(pause: threading.Event, left: Callable[[], int]) -> None:
    while left():
        pause.wait(0.005)


def _trial(part: str, workers: int, items: int, seconds: float, parts: dict[str, float]) -> dict[str, object]:
    rounded = {name: float(f"{value:.3g}") for name, value in parts.items()}
    return {"part": part, "workers": workers, "items": items, "rate": round(items / seconds, 1), **rounded,
            "command": COMMAND, "conditions": ""}  # fmt: skip


if __name__ == "__main__":
    main()
