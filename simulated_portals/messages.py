"""The request and the answer that a simulated portal handles, free of any web framework: an answer must cost little."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from urllib.parse import parse_qsl

from simulated_portals.misbehaviour import Misbehaviour
from simulated_portals.request_statistics import RequestStatistics

type_json = "application/json;charset=UTF-8"

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True)
class Request:
    """One HTTP request as the portal sees it; header names are lower case."""

    method: str
    path: str
    query_string: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def query(self) -> dict[str, str]:
        """The query string's parameters; the last one wins when a name repeats."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The body read as a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = type_json
    headers: tuple[tuple[str, str], ...] = ()


def json_bytes(value: object) -> bytes:
    """`value` as compact UTF-8 JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def json_answer(value: object, status: int = 200) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, json_bytes(value))


class SimulatedPortal(Protocol):
    """What the shell needs of a portal."""

    key: str

    @property
    def faults(self) -> Misbehaviour:
        """The faults in force."""
        ...

    @property
    def statistics(self) -> RequestStatistics:
        """What clients did so far."""
        ...

    def kind_of(self, request: Request) -> str:
        """What a request is for (`search`, `token`, …), for the statistics."""
        ...

    def answer(self, request: Request) -> Answer:
        """The portal's answer; called in the event loop, so it must not block."""
        ...

    def maintenance_page(self) -> Answer:
        """What the portal serves everywhere while it is under maintenance."""
        ...

    def do(self, command: dict[str, JsonValue]) -> JsonValue:
        """Carry out one control command of `POST /_control`; raises `ValueError` with a sentence when it cannot."""
        ...
