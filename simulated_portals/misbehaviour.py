"""The faults a simulated portal can be told to show: what real portals do on a bad day.

A fault may be limited to so many `times` and to request paths containing `path`; without them it holds until cleared.
"""

from __future__ import annotations

import threading
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Fault(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    times: Annotated[int, Field(ge=1)] | None = None
    """How many requests show the fault; None means every one until it is cleared."""
    path: str | None = None
    """Only requests whose path contains this text."""


class LosePage(_Fault):
    """A page of a list repeats the one before it, or comes empty, while the announced total stays."""

    fault: Literal["lose_page"] = "lose_page"
    page: Annotated[int, Field(ge=1)]
    how: Literal["repeat", "empty"] = "repeat"


class LoseRows(_Fault):
    """The last `rows` rows of a page are missing, while the announced total stays."""

    fault: Literal["lose_rows"] = "lose_rows"
    rows: Annotated[int, Field(ge=1)] = 1
    page: Annotated[int, Field(ge=1)] | None = None


class CutBody(_Fault):
    """The body stops before its end: the connection drops, or the payload itself is short."""

    fault: Literal["cut_body"] = "cut_body"
    how: Literal["connection", "payload"] = "connection"
    keep: Annotated[float, Field(ge=0, lt=1)] = 0.5


class AnswerStatus(_Fault):
    """Requests are answered with this status (429, 503, …) and, where given, a `Retry-After` in seconds."""

    fault: Literal["status"] = "status"
    status: Annotated[int, Field(ge=400, le=599)] = 503
    retry_after: Annotated[int, Field(ge=0)] | None = None


class Hang(_Fault):
    """Nothing is answered for so many seconds (or until the fault is cleared), then the request is served."""

    fault: Literal["hang"] = "hang"
    seconds: Annotated[float, Field(gt=0)] = 60.0


class Latency(_Fault):
    """Every answer takes this much longer."""

    fault: Literal["latency"] = "latency"
    milliseconds: Annotated[float, Field(ge=0)]


class RenameKey(_Fault):
    """A key of the JSON answers has another name from now on."""

    fault: Literal["rename_key"] = "rename_key"
    old: str
    new: str


class EmptyList(_Fault):
    """Lists answer 200 with no row and a total of zero."""

    fault: Literal["empty_list"] = "empty_list"


class Maintenance(_Fault):
    """Every path answers 200 with a maintenance page in HTML."""

    fault: Literal["maintenance"] = "maintenance"


class IgnoreFilters(_Fault):
    """Lists ignore every filter and answer with everything."""

    fault: Literal["ignore_filters"] = "ignore_filters"


class WrongTotal(_Fault):
    """The announced total is off by so many."""

    fault: Literal["wrong_total"] = "wrong_total"
    off_by: int = 1


class BrokenXml(_Fault):
    """Some notices' documents cannot be read: cut, an entity bomb, 50 MB long, or not in the encoding they declare."""

    fault: Literal["broken_xml"] = "broken_xml"
    ids: tuple[str, ...]
    how: Literal["cut", "billion_laughs", "huge", "wrong_encoding"] = "cut"


Fault = Annotated[
    LosePage
    | LoseRows
    | CutBody
    | AnswerStatus
    | Hang
    | Latency
    | RenameKey
    | EmptyList
    | Maintenance
    | IgnoreFilters
    | WrongTotal
    | BrokenXml,
    Field(discriminator="fault"),
]
FAULT: TypeAdapter[Fault] = TypeAdapter(Fault)

F = TypeVar("F", bound=_Fault)


class Misbehaviour:
    """The faults in force. Told from any thread, asked by the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_force: list[tuple[_Fault, int | None]] = []
        self.clearings = 0
        """How often faults were cleared: what hangs looks at it."""

    def start(self, fault: _Fault) -> None:
        """Show `fault` from the next request on."""
        with self._lock:
            self._in_force = [*self._in_force, (fault, fault.times)]

    def clear(self, name: str | None = None) -> None:
        """Behave again: end all faults, or those of one name (`hang`, `lose_page`, …)."""
        with self._lock:
            self.clearings += 1
            self._in_force = [pair for pair in self._in_force if name and getattr(pair[0], "fault", "") != name]

    def in_force(self) -> tuple[_Fault, ...]:
        """The faults in force, oldest first."""
        return tuple(fault for fault, _left in self._in_force)

    def all_of(self, kind: type[F], path: str) -> tuple[F, ...]:
        """The faults of one kind that concern `path`, without using up their times."""
        if not self._in_force:
            return ()
        return tuple(fault for fault in self.in_force() if isinstance(fault, kind) and _concerns(fault, path))

    def take(self, kind: type[F], path: str, page: int | None = None) -> F | None:
        """The first fault of this kind that concerns the request; one of its `times` is used up."""
        if not self._in_force:
            return None
        with self._lock:
            for index, (fault, left) in enumerate(self._in_force):
                if isinstance(fault, kind) and _concerns(fault, path) and _on_page(fault, page):
                    self._use_up(index, fault, left)
                    return fault
        return None

    def _use_up(self, index: int, fault: _Fault, left: int | None) -> None:
        if left is None:
            return
        rest = [] if left == 1 else [(fault, left - 1)]
        self._in_force = [*self._in_force[:index], *rest, *self._in_force[index + 1 :]]


def _concerns(fault: _Fault, path: str) -> bool:
    return fault.path is None or fault.path in path


def _on_page(fault: _Fault, page: int | None) -> bool:
    wanted = getattr(fault, "page", None)
    return wanted is None or wanted == page
