"""The ASGI shell around a simulated portal: it reads requests, keeps statistics and shows the general faults.

`POST /_control` and `GET /_stats` belong to the simulator, not to the portal: a spider never calls them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from pydantic import ValidationError

from simulated_portals.messages import Answer, Request, SimulatedPortal, json_answer
from simulated_portals.misbehaviour import (
    FAULT,
    AnswerStatus,
    CutBody,
    Hang,
    Latency,
    Maintenance,
    RenameKey,
)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LARGEST_BODY = 1_000_000
"""Bytes of a request body that are read; a portal refuses more."""
HANG_STEP = 0.05
"""Seconds between two looks whether a hang has been cleared."""


class PortalApplication:
    """An ASGI application that serves one simulated portal."""

    def __init__(self, portal: SimulatedPortal) -> None:
        self.portal = portal
        self.closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        if request.path.startswith("/_"):
            await _send(send, self._simulator_answer(request))
            return
        await self._serve(request, send)

    async def _serve(self, request: Request, send: Send) -> None:
        portal, path = self.portal, request.path
        portal.statistics.request_begins(
            request.method, path, portal.kind_of(request), request.headers.get("user-agent", "")
        )
        status, sent = 0, 0
        try:
            await self._delay(path)
            answer = self._renamed(self._portal_answer(request), path)
            status, sent = answer.status, len(answer.body)
            cut = portal.faults.take(CutBody, path)
            await _send(send, answer, cut)
        finally:
            portal.statistics.request_ends(status, sent)

    async def _delay(self, path: str) -> None:
        faults = self.portal.faults
        before = faults.clearings
        hang = faults.take(Hang, path)
        left = hang.seconds if hang else 0.0
        while left > 0 and not self.closing and faults.clearings == before:
            await asyncio.sleep(min(HANG_STEP, left))
            left -= HANG_STEP
        for latency in faults.all_of(Latency, path):
            await asyncio.sleep(latency.milliseconds / 1000)

    def _portal_answer(self, request: Request) -> Answer:
        faults = self.portal.faults
        if faults.take(Maintenance, request.path):
            return self.portal.maintenance_page()
        refused = faults.take(AnswerStatus, request.path)
        if refused:
            wait = () if refused.retry_after is None else (("retry-after", str(refused.retry_after)),)
            return Answer(refused.status, b"", None, wait)
        if len(request.body) > LARGEST_BODY:
            return Answer(413, b"", None)
        return self.portal.answer(request)

    def _renamed(self, answer: Answer, path: str) -> Answer:
        renames = self.portal.faults.all_of(RenameKey, path)
        if not renames or answer.content_type is None or "json" not in answer.content_type:
            return answer
        body = answer.body
        for rename in renames:
            body = body.replace(json.dumps(rename.old).encode() + b":", json.dumps(rename.new).encode() + b":")
        return Answer(answer.status, body, answer.content_type, answer.headers)

    def _simulator_answer(self, request: Request) -> Answer:
        if request.path == "/_stats" and request.method == "GET":
            return json_answer(self.portal.statistics.as_json())
        if request.path == "/_control" and request.method == "POST":
            return self._control(request.body)
        return json_answer({"error": f"{request.method} {request.path} is not a path of the simulator"}, 404)

    def _control(self, body: bytes) -> Answer:
        try:
            command = json.loads(body)
            if not isinstance(command, dict):
                raise TypeError("a command is a JSON object")
            return json_answer({"done": self._do(command)})
        except (ValueError, TypeError, ValidationError) as problem:
            return json_answer({"error": str(problem)}, 400)

    def _do(self, command: dict[str, Any]) -> object:
        faults = self.portal.faults
        if "fault" in command:
            faults.start(FAULT.validate_python(command))
        elif "clear" in command:
            name = command["clear"]
            faults.clear(None if name == "all" else str(name))
        elif command.get("do") == "reset_stats":
            self.portal.statistics.reset()
        else:
            return self.portal.do(command)
        return [fault.model_dump(mode="json") for fault in faults.in_force()]


async def _read(scope: Scope, receive: Receive) -> Request:
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        if len(body) <= LARGEST_BODY:
            body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body)


async def _send(send: Send, answer: Answer, cut: CutBody | None = None) -> None:
    body = answer.body
    if cut and cut.how == "payload":
        body = body[: int(len(body) * cut.keep)]
    headers = [(b"content-length", str(len(body)).encode())]
    if answer.content_type:
        headers.append((b"content-type", answer.content_type.encode()))
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if cut and cut.how == "connection":
        # Returning without the last message makes the server drop the connection.
        await send({"type": "http.response.body", "body": body[: int(len(body) * cut.keep)], "more_body": True})
        return
    await send({"type": "http.response.body", "body": body})
