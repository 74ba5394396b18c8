"""Lets the Elasticsearch client talk to OpenSearch, in tests only.

The client asks for media types and addresses that OpenSearch does not know, and wants to hear Elasticsearch's name. So
this node of the transport translates what goes out and what comes back. Nothing else knows of it: a test, or a process
started by a test, names it in the setting `search.node_class`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from elastic_transport import HttpHeaders, Urllib3HttpNode
from elastic_transport._node import NodeApiResponse

_VENDOR = re.compile(r"application/vnd\.elasticsearch\+([a-z0-9-]+)\s*;\s*compatible-with=\d+")


class OpenSearchNode(Urllib3HttpNode):
    """One node of OpenSearch under the name of Elasticsearch."""

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> NodeApiResponse:
        """Translate, ask, and translate back."""
        method, target, body = _translated(method, target, body)
        plain = HttpHeaders({name: _VENDOR.sub(r"application/\1", value) for name, value in (headers or {}).items()})
        if body is None:
            plain.pop("content-type", None)
        answer = super().perform_request(method, target, body=body, headers=plain, **options)
        return _answered(answer, target)


def _translated(method: str, target: str, body: bytes | None) -> tuple[str, str, bytes | None]:
    path, _, query = target.partition("?")
    if method == "POST" and path.endswith("/_pit"):
        return method, f"{path.removesuffix('/_pit')}/_search/point_in_time?{query}", None
    if method == "DELETE" and path == "/_pit":
        return method, "/_search/point_in_time", json.dumps({"pit_id": [json.loads(body or b"{}")["id"]]}).encode()
    return method, target, body


def _answered(answer: NodeApiResponse, target: str) -> NodeApiResponse:
    headers = HttpHeaders(answer.meta.headers)
    headers["x-elastic-product"] = "Elasticsearch"
    body = answer.body
    if "/_search/point_in_time?" in target and body:
        said = json.loads(body)
        if "pit_id" in said:
            body = json.dumps({**said, "id": said["pit_id"]}).encode()
    return NodeApiResponse(replace(answer.meta, headers=headers), body)
