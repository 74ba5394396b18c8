"""A simulation of the real mechanisms, event by event, which the model is compared with.

What is kept of the program: a portal is crawled by one worker at a time, request after request on its host's budget;
a crawl saves 100 notices per transaction, or those of half a minute, under the lock that all savers share; index and
match workers take up to 200 rows for two minutes and are woken by new ones; a percolate request keeps a processor of
the search nodes per shard; hits are written under the savers' lock; digest workers share the owners of an hour, and
join in a minute after one another; a mail batch opens four connections, which the mail server may refuse; a worker that
dies leaves its rows to the end of their lease and its crawls to the takeover of stalled jobs. Left out: procedures that
bind rows together, and everything that takes milliseconds and happens once (claims, heartbeats, firings).

Unlike in the program, a percolate request that lasts longer than 120 s is made again as it was after a wait, and never
in parts: like the model, the simulation takes that for the end of matching.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from random import Random
from typing import Any

import simpy
from simpy.events import ProcessGenerator

from benchmarks.scaling.days import Death, Result
from benchmarks.scaling.measured import Measured, Percolate
from benchmarks.scaling.model import (
    BATCH,
    CONNECTIONS_PER_BATCH,
    LONGEST,
    MAILS,
    PASS,
    REFRESH,
    REQUEST,
    SAVED,
    SEVEN,
    gap,
)  # fmt: skip
from benchmarks.scaling.tables import Budget, Busy, Row, Table, Times
from benchmarks.scaling.workloads import Host, Installation, Workload

DAY = 24 * 3600.0
HORIZON = 36 * 3600.0
ANSWER_TIMEOUT, MARGIN = 60.0, 30.0
"""`VIGIE_CRAWL__TIMEOUT`, and what a reservation lasts beyond it."""
STALLED, LOOKS = 30.0, 10.0
"""`VIGIE_DISPATCH__STALLED_AFTER`, and how often workers look for stalled jobs."""
LONGEST_RETRY = 60.0
MAIL_RETRY = 60.0
"""First delay of `alerts.retry`."""


_Done = Generator[simpy.Event, Any, bool]
_Step = Callable[[list[Row]], _Done]


class _Crawl:
    """One regular crawl that waits or runs."""

    def __init__(self, host: Host, name: str, notices: int, due: float) -> None:
        self.host, self.name, self.left, self.due = host, name, notices, due
        self.pages = host.pages


class World:
    """One installation, for one day and the night after it."""

    def __init__(
        self,
        measured: Measured,
        workload: Workload,
        installation: Installation,
        seed: int = 1,
        deaths: Sequence[Death] = (),
    ) -> None:
        self.env = simpy.Environment()
        self.random, self.publishing = Random(seed), Random(seed)
        """Two, so that portals publish the same whatever happens here."""
        self.measured, self.workload, self.installation = measured, workload, installation
        self.fit = Percolate.fitted(measured.percolation)
        self.lock = simpy.Resource(self.env, 1)
        self.processors = simpy.Resource(self.env, installation.search_nodes * installation.cores)
        self.index, self.match, self.outbox = Table(self.env), Table(self.env), Table(self.env)
        self.crawls: simpy.Store = simpy.Store(self.env)
        self.busy = {
            name: [Busy() for _ in range(37)] for name in ("crawl", "lock", "index", "match", "search", "mail")
        }
        self.budgets: dict[str, Budget] = {}
        self.running: dict[str, int] = {}
        self.waiting: dict[str, _Crawl] = {}
        self.crawl_wait, self.searched, self.matched = Times(), Times(), Times()
        self.built, self.mailed = Times(), Times()
        self.timeouts = self.twice_at_once = self.refused = self.read = self.connected = 0
        self.passed_at, self.due = 0.0, 0
        self.workers: dict[tuple[str, int], list[simpy.Process]] = {}
        self._begin(deaths)

    def run(self, until: float = HORIZON) -> Result:
        """Let it happen."""
        self.env.run(until)
        return Result(
            crawl_wait=self.crawl_wait, searched=self.searched, matched=self.matched, mailed=self.mailed,
            built=self.built, index_queue=self.index, match_queue=self.match, outbox=self.outbox, busy=self._shares(),
            timeouts=self.timeouts, lost=2 * self.read - len(self.searched.all) - len(self.matched.all),
            budgets=self.budgets, twice_at_once=self.twice_at_once, refused=self.refused, read=self.read,
            passed_at=self.passed_at,
        )  # fmt: skip

    def _begin(self, deaths: Sequence[Death]) -> None:
        for number, host in enumerate(self.workload.each_host()):
            self.env.process(self._calendar(host, f"{number}"))
        plan = self.installation
        for number in range(plan.crawl_workers):
            slots = [self.env.process(self._crawler()) for _ in range(plan.at_once)]
            self.workers["crawl", number] = slots
        for number in range(plan.index_workers):
            self.workers["index", number] = [self.env.process(self._indexer(f"index {number}"))]
        for number in range(plan.match_workers):
            self.workers["match", number] = [self.env.process(self._matcher(f"match {number}"))]
        for number in range(plan.deliver_workers):
            self.env.process(self._deliverer(f"deliver {number}"))
        self._digests()
        for death in deaths:
            self.env.process(self._dies(death))

    # --- crawls ------------------------------------------------------------------------------------------------------

    def _calendar(self, host: Host, name: str) -> ProcessGenerator:
        """Ask for each crawl at its moment. One waits once, and not beside one that runs."""
        lease = ANSWER_TIMEOUT + MARGIN
        self.budgets[name] = Budget(self.env, gap(self.measured, self.workload, host), 1, lease)
        self.running[name] = 0
        for hour, _, expected in host.found():
            yield self.env.timeout(max(0.0, hour * 3600 - self.env.now))
            self._ask(_Crawl(host, name, self._drawn(expected, self.publishing), self.env.now))

    def _ask(self, crawl: _Crawl) -> None:
        before = self.waiting.get(crawl.name)
        if before is not None:
            before.left += crawl.left
        elif self.running[crawl.name]:
            self.waiting[crawl.name] = crawl
        else:
            self.running[crawl.name] += 1
            self.crawls.put(crawl)

    def _crawler(self) -> ProcessGenerator:
        """A place for a crawl on a worker; a killed worker's crawl is done by another one."""
        while True:
            crawl: _Crawl | None = None
            asked = self.crawls.get()
            begun = self.env.now
            try:
                crawl = yield asked
                begun = self.env.now
                self.twice_at_once += self.running[crawl.name] > 1
                self.crawl_wait.add(begun - crawl.due)
                yield from self._crawl(crawl)
                self._ended(crawl.name)
            except simpy.Interrupt as killed:
                if asked.triggered:
                    taken: _Crawl = crawl or asked.value  # type: ignore[assignment]
                    self.env.process(self._taken_over(taken))
                else:
                    asked.cancel()
                yield self.env.timeout(_back(killed))
            if crawl is not None:
                self._was_busy("crawl", begun)

    def _ended(self, name: str) -> None:
        self.running[name] -= 1
        if (crawl := self.waiting.pop(name, None)) is not None:
            self._ask(crawl)

    def _taken_over(self, crawl: _Crawl) -> ProcessGenerator:
        yield self.env.timeout(STALLED + self.random.uniform(0, LOOKS))
        crawl.pages, crawl.due = crawl.host.pages, self.env.now
        self.crawls.put(crawl)

    def _crawl(self, crawl: _Crawl) -> ProcessGenerator:
        """Lists first, then what is new; the portal is asked on while a batch is written."""
        yield self.env.timeout(self.measured.crawl_start.value)
        batch: list[float] = []
        writing, owed = None, 0.0
        for _ in range(crawl.pages):
            yield from self._request(crawl.name)
        while crawl.left > len(batch):
            owed += crawl.host.requests
            while owed >= 1:
                owed -= 1
                yield from self._request(crawl.name)
            yield self.env.timeout(self.measured.parse.value)
            batch.append(self.env.now)
            if len(batch) in (SAVED, crawl.left) or self.env.now - batch[0] > LONGEST:
                if writing is not None:
                    yield writing
                crawl.left -= len(batch)
                writing, batch = self.env.process(self._save(batch)), []
        if writing is not None:
            yield writing

    def _request(self, name: str) -> ProcessGenerator:
        budget = self.budgets[name]
        while True:
            wait, number = budget.reserve()
            yield self.env.timeout(wait)
            if number is not None:
                break
        yield self.env.timeout(self.measured.turn.value + self.workload.answer)
        budget.give_back(number)

    def _save(self, read: list[float]) -> ProcessGenerator:
        yield from self._locked(len(read) * self.measured.save.value)
        self.read += len(read)
        for queue in (self.index, self.match):
            queue.put([Row(self.env.now, at) for at in read])

    def _locked(self, seconds: float) -> ProcessGenerator:
        with self.lock.request() as turn:
            yield turn
            begun = self.env.now
            yield self.env.timeout(seconds)
            self._was_busy("lock", begun)

    # --- index and match ---------------------------------------------------------------------------------------------

    def _indexer(self, name: str) -> ProcessGenerator:
        yield from self._worker(name, self.index, BATCH, "index", self._index)

    def _matcher(self, name: str) -> ProcessGenerator:
        yield from self._worker(name, self.match, BATCH, "match", self._match)

    def _worker(self, name: str, table: Table, most: int, station: str, step: _Step) -> ProcessGenerator:
        """Takes rows as long as there are some; a killed one comes back under another name."""
        lives, failures = 0, 0
        while True:
            holder = f"{name}/{lives}"
            try:
                rows = table.take(holder, most)
                if not rows:
                    yield table.work()
                    continue
                begun = self.env.now
                yield self.env.timeout(self.measured.job.value)
                done = yield from step(rows)
                self._was_busy(station, begun)
                if done:
                    failures = 0
                    self._finished(station, table.acknowledge(holder, rows))
                else:
                    failures += 1
                    yield self.env.timeout(min(LONGEST_RETRY, 2.0 ** (failures - 1)))
            except simpy.Interrupt as killed:
                lives += 1
                yield self.env.timeout(_back(killed))

    def _finished(self, station: str, rows: list[Row]) -> None:
        times = self.searched if station == "index" else self.matched
        for row in rows:
            times.add(self.env.now - row.read)

    def _index(self, rows: list[Row]) -> _Done:
        yield self.env.timeout(len(rows) * self.measured.index_read.value)
        copies = 1 + self.installation.replicas
        writes = [self._searching(len(rows) * self.measured.index_write.value) for _ in range(copies)]
        yield self.env.all_of(writes)
        if len(rows) < BATCH:  # the last batch is waited for until it is found
            yield self.env.timeout(REFRESH - self.env.now % REFRESH)
        return True

    def _match(self, rows: list[Row]) -> _Done:
        yield self.env.timeout(len(rows) * self.measured.match_store.value)
        shards = self.installation.shards
        each = self.fit.seconds(len(rows), self.workload.profiles, shards)
        asked = self.env.all_of([self._searching(each) for _ in range(shards)])
        late = self.env.timeout(REQUEST)
        yield asked | late
        if not asked.triggered:
            self.timeouts += 1
            return False  # the program would ask about a part of the profiles at a time
        hits = self._drawn(len(rows) * self.workload.hits_per_notice)
        yield self.env.timeout(hits * self.measured.hit.value)
        yield from self._locked(hits * self.measured.hit_locked.value)
        return True

    def _searching(self, seconds: float) -> simpy.Process:
        return self.env.process(self._search(seconds))

    def _search(self, seconds: float) -> ProcessGenerator:
        with self.processors.request() as turn:
            yield turn
            begun = self.env.now
            yield self.env.timeout(seconds)
            self._was_busy("search", begun)

    # --- digests and mails -------------------------------------------------------------------------------------------

    def _digests(self) -> None:
        """The pass of the first minute after seven, which another worker joins every minute."""
        self.passed_at = self.random.uniform(0, PASS)
        has_hits = 1 - math.exp(-self.workload.hits * self.workload.per_owner)
        self.due = self._drawn(self.workload.owners * self.workload.at_seven * has_hits)
        for number in range(self.installation.digest_workers):
            self.env.process(self._builder(SEVEN + self.passed_at + number * PASS))

    def _builder(self, begins: float) -> ProcessGenerator:
        yield self.env.timeout(begins)
        if self.due:
            others = self.workload.owners * (1 - self.workload.at_seven)
            yield self.env.timeout(others * self.measured.digest_look.value)
        while self.due:
            some = min(MAILS, self.due)
            self.due -= some
            yield self.env.timeout(some * self.measured.digest.value)
            for _ in range(some):
                self.built.add(self.env.now - SEVEN)
            self.outbox.put([Row(self.env.now, SEVEN) for _ in range(some)])

    def _deliverer(self, holder: str) -> ProcessGenerator:
        while True:
            rows = self.outbox.take(holder, MAILS)
            if not rows:
                yield self.outbox.work()
                continue
            if self.connected + CONNECTIONS_PER_BATCH > self.workload.smtp_connections:
                self.refused += 1
                yield self.env.timeout(MAIL_RETRY)
                continue
            self.connected += CONNECTIONS_PER_BATCH
            begun = self.env.now
            yield self.env.timeout(len(rows) * (self.measured.mail.value + self.workload.smtp))
            self.connected -= CONNECTIONS_PER_BATCH
            self._was_busy("mail", begun)
            for row in self.outbox.acknowledge(holder, rows):
                self.mailed.add(self.env.now - row.read)

    # --- the rest ----------------------------------------------------------------------------------------------------

    def _dies(self, death: Death) -> ProcessGenerator:
        yield self.env.timeout(death.at)
        for process in self.workers.get((death.queue, death.number), ()):
            if process.is_alive:
                process.interrupt(death)

    def _drawn(self, expected: float, random: Random | None = None) -> int:
        """A number that chance makes of an expected one."""
        source = random or self.random
        if expected > 200:
            return max(0, round(source.gauss(expected, math.sqrt(expected))))
        count, limit, product = 0, math.exp(-expected), source.random()
        while product > limit:
            count, product = count + 1, product * source.random()
        return count

    def _was_busy(self, station: str, begun: float) -> None:
        """Book the time since then by the hour."""
        at = begun
        while at < self.env.now:
            hour = int(at // 3600)
            until = min(self.env.now, 3600.0 * (hour + 1))
            self.busy[station][min(36, hour)].seconds += until - at
            at = until

    def _shares(self) -> dict[str, float]:
        plan = self.installation
        places = {
            "crawl": plan.crawl_workers * plan.at_once, "lock": 1, "index": plan.index_workers,
            "match": plan.match_workers, "search": plan.search_nodes * plan.cores, "mail": plan.deliver_workers,
        }  # fmt: skip
        hours = {name: max(one.seconds for one in self.busy[name]) for name in places}
        return {name: hours[name] / 3600 / places[name] for name in places}


def _back(killed: simpy.Interrupt) -> float:
    """Seconds until the worker's machine has started it again."""
    death = killed.cause
    return death.back if isinstance(death, Death) else 0.0


def simulate(
    measured: Measured, workload: Workload, installation: Installation, seed: int = 1, deaths: Sequence[Death] = ()
) -> Result:
    """A day."""
    return World(measured, workload, installation, seed, deaths).run()
