"""Whether an installation is well enough to work: each part with a name, a state and a sentence.

Behind `/readyz` and `vigie health`. A part that does not answer in time counts as down, and is not asked again before
it has answered: a store that hangs must not collect questions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime

from core import clock
from core.errors import VigieError
from core.settings import Settings
from monitoring import heartbeats, spools
from notices.model import Frozen
from search.port import IndexState, SearchIndex
from store import Archive, Store
from store import migrate as migrations
from store.records import OutboxState

ANSWER_SECONDS = 5.0
"""How long a part may take to answer."""
QUEUE_AGE = timedelta(minutes=15)
"""What waits longer for the index or for matching is late: everyday work takes seconds."""
MAIL_AGE = timedelta(minutes=30)
"""How long after it was due a mail may still wait for the deliverer."""


class State(StrEnum):
    """How a part is."""

    OK = "ok"
    LATE = "late"  # it works, slower than it should
    DOWN = "down"  # it does not work


class Check(Frozen):
    """One part. `name` and `state` are for everybody, the sentence for operators."""

    name: str
    state: State
    sentence: str


class Health(Frozen):
    """All parts that were asked for."""

    at: AwareDatetime
    checks: tuple[Check, ...]

    @property
    def ready(self) -> bool:
        """Whether every part is as it should be."""
        return all(check.state is State.OK for check in self.checks)


Answer = tuple[State, str]
Question = Callable[[datetime], Answer]


class Asking:
    """Asks the parts, at most one question to each at a time."""

    def __init__(self, questions: Mapping[str, Question], seconds: float = ANSWER_SECONDS) -> None:
        self._questions = dict(questions)
        self._seconds = seconds
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        """The parts there are."""
        return tuple(self._questions)

    def health(self, only: Iterable[str] | None = None) -> Health:
        """Ask all parts, or some; all at the same time."""
        at = clock.now()
        wanted = [name for name in self._questions if only is None or name in set(only)]
        asked = {name: self._ask(name, at) for name in wanted}
        return Health(at=at, checks=tuple(self._answered(name, running) for name, running in asked.items()))

    def _ask(self, name: str, at: datetime) -> _Running:
        with self._lock:
            running = self._running.get(name)
            if running is None or running.done.is_set():
                running = self._running[name] = _Running(self._questions[name], at)
                running.start()
            return running

    def _answered(self, name: str, running: _Running) -> Check:
        if not running.done.wait(self._seconds):
            return Check(name=name, state=State.DOWN, sentence=f"No answer since {running.at:%H:%M:%S} UTC.")
        state, sentence = running.answer
        return Check(name=name, state=state, sentence=sentence)


class _Running(threading.Thread):
    """One question, under way or answered."""

    def __init__(self, question: Question, at: datetime) -> None:
        super().__init__(name="health", daemon=True)
        self._question = question
        self.at = at
        self.done = threading.Event()
        self.answer: Answer = (State.DOWN, "No answer.")

    def run(self) -> None:
        try:
            self.answer = self._question(self.at)
        except Exception as error:  # noqa: BLE001 - whatever a part raises is how it is
            told = _most_telling(error)
            self.answer = (State.DOWN, (str(told).strip().splitlines() or [type(told).__name__])[0])
        finally:
            self.done.set()


def _most_telling(error: Exception) -> BaseException:
    """Errors of ours say what to do, the one that was there first in the fewest words; else the cause says most."""
    cause = error.__cause__ or error
    return cause if isinstance(cause, VigieError) or not isinstance(error, VigieError) else error


def questions(settings: Settings, store: Callable[[], Store], index: Callable[[], SearchIndex]) -> dict[str, Question]:
    """What is asked of an installation. `store` and `index` open them, and raise while they cannot be."""
    return {
        "store": lambda at: _store(store()),
        "index": lambda at: _index(index()),
        "archive": lambda at: _archive(settings, store),
        "scheduler": lambda at: _scheduler(store(), at),
        "workers": lambda at: _workers(store(), at),
        "queues": lambda at: _queues(store(), at),
    }


def _store(store: Store) -> Answer:
    if not migrations.is_current(store.database):
        return State.DOWN, "The tables are of another version of Vigie; a start of this version migrates them."
    return State.OK, f"{store.database.printed} answers, and its tables are of this version."


def _index(index: SearchIndex) -> Answer:
    status = index.status()
    if status.state is IndexState.READY:
        return State.OK, f"The index ({status.engine}) answers and holds {status.documents} notices."
    state = State.LATE if status.state is IndexState.REBUILDING else State.DOWN
    return state, status.sentence or f"The index ({status.engine}) is {status.state}."


def _archive(settings: Settings, store: Callable[[], Store]) -> Answer:
    archive = Archive.open(settings, reading=True)
    archive.remote.check()
    held = [spool for spool in spools.spools(store()) if spool.trouble]
    if held:
        return State.LATE, f"The archive answers, and segments still wait on {len(held)} machines: " + "; ".join(
            spool.described for spool in held[:3]
        )
    return State.OK, f"The archive at {archive.remote.printed} answers."


def _scheduler(store: Store, at: datetime) -> Answer:
    return _alive([beat for beat in heartbeats.beats(store, at) if beat.role == "scheduler"], "scheduler", at)


def _workers(store: Store, at: datetime) -> Answer:
    return _alive([beat for beat in heartbeats.beats(store, at) if beat.role == "worker"], "worker", at)


def _alive(found: list[heartbeats.Beat], role: str, at: datetime) -> Answer:
    alive = [beat for beat in found if beat.fresh(at)]
    if not alive:
        last = max((beat.at for beat in found), default=None)
        since = f"since {last:%Y-%m-%d %H:%M:%S} UTC" if last else "within a day"
        return State.DOWN, f"No {role} was heard of {since}; start `vigie {role}` or `vigie up`."
    named = ", ".join(f"{beat.host}/{beat.pid}{f' ({beat.doing})' if beat.doing else ''}" for beat in alive[:10])
    return State.OK, f"{len(alive)} alive: {named}."


def _queues(store: Store, at: datetime) -> Answer:
    late = []
    for name, queue in (("index", store.index_queue), ("match", store.match_queue)):
        oldest = queue.oldest()
        if oldest is not None and at - oldest > QUEUE_AGE:
            late.append(f"{name}: {queue.depth()} wait, the first since {oldest:%Y-%m-%d %H:%M} UTC")
    due = store.outbox.next_due()
    if due is not None and at - due > MAIL_AGE:
        waiting = store.outbox.counts().get(OutboxState.PENDING, 0)
        late.append(f"deliver: {waiting} mails wait, the first is due since {due:%Y-%m-%d %H:%M} UTC")
    if late:
        return State.LATE, "; ".join(late) + "."
    return State.OK, f"Nothing waits longer than {QUEUE_AGE.seconds // 60} minutes."
