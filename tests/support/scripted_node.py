"""A node of the Elasticsearch transport that answers what a test wrote down, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from elastic_transport import ApiResponseMeta, BaseNode, HttpHeaders
from elastic_transport._node import NodeApiResponse

NAME = "tests.support.scripted_node:ScriptedNode"


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    target: str
    lines: tuple[Any, ...]


@dataclass
class Script:
    """What is answered: the status, and the body as JSON values."""

    answer: Callable[[Asked], tuple[int, Any]]
    asked: list[Asked] = field(default_factory=list)
    product: str = "Elasticsearch"


_current: list[Script] = []


@contextmanager
def scripted(answer: Callable[[Asked], tuple[int, Any]], product: str = "Elasticsearch") -> Iterator[Script]:
    """Inside the block every node of this class answers so."""
    script = Script(answer, product=product)
    _current.append(script)
    try:
        yield script
    finally:
        _current.remove(script)


class ScriptedNode(BaseNode):
    """A node without a network."""

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> NodeApiResponse:
        """The next answer of the script."""
        script = _current[-1]
        lines = tuple(json.loads(line) for line in (body or b"").splitlines() if line)
        asked = Asked(method, target, lines)
        script.asked.append(asked)
        status, said = script.answer(asked)
        told = HttpHeaders({"content-type": "application/json", "x-elastic-product": script.product})
        meta = ApiResponseMeta(status=status, http_version="1.1", headers=told, duration=0.0, node=self.config)
        return NodeApiResponse(meta, json.dumps(said).encode())

    def close(self) -> None:
        """Nothing to give back."""


__all__ = ["NAME", "Asked", "Script", "ScriptedNode", "scripted"]
