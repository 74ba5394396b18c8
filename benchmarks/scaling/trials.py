"""Real runs beside what the simulation's own mechanisms make of the same parts."""

from __future__ import annotations

import simpy
from simpy.events import ProcessGenerator

from benchmarks.scaling.measured import Trial
from benchmarks.scaling.model import BATCH, MAILS, SAVED
from benchmarks.scaling.tables import Row, Table

BATCHES = {"save": SAVED, "match": BATCH, "mail": MAILS}


def predicted(trial: Trial) -> float:
    """Items per second that so many workers get through a queue that is full from the beginning."""
    env = simpy.Environment()
    lock, table = simpy.Resource(env, 1), Table(env)
    table.put([Row(0.0, 0.0) for _ in range(trial.items)])
    for number in range(trial.workers):
        env.process(_worker(env, lock, table, f"{number}", trial))
    env.run()
    return trial.items / max(table.stays.all)


def _worker(env: simpy.Environment, lock: simpy.Resource, table: Table, holder: str, trial: Trial) -> ProcessGenerator:
    while rows := table.take(holder, BATCHES[trial.part]):
        yield env.timeout(len(rows) * trial.outside)
        with lock.request() as turn:
            yield turn
            yield env.timeout(len(rows) * trial.locked)
        table.acknowledge(holder, rows)
