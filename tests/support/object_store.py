"""The object store of the tests: moto's S3 server on loopback, which can be told to refuse, hang or go away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from core.settings import StorageSettings
from store.remote import options_of

BUCKET = "vigie"
KEY, SECRET = "AKIAVIGIETESTS000000", "a secret of the tests"
CODES = {403: "AccessDenied", 503: "SlowDown", 500: "InternalError"}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are no news."""


class ObjectStore:
    """A running store with one bucket."""

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)
        self.refusing: int | None = None
        """Status that every request is answered with."""
        self.hanging = threading.Event()
        self.released = threading.Event()
        self.asked: list[tuple[str, str]] = []
        self._server: BaseWSGIServer | None = None
        self._port = 0

    @property
    def endpoint(self) -> str:
        """Address of the store."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = make_server("127.0.0.1", self._port, self._answer, threaded=True, request_handler=_Quiet)
        self._port = self._server.port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Nothing listens any more; what was stored is kept."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def settings(self, **changes: Any) -> StorageSettings:
        """The settings of somebody who may use the store."""
        made = {"endpoint": self.endpoint, "access_key": KEY, "secret_key": SECRET, "region": "us-east-1", "timeout": 5}
        return StorageSettings.model_validate({**made, **changes})

    def options(self, **changes: Any) -> dict[str, Any]:
        """The options of the driver, for an `Archive`."""
        return options_of(self.settings(**changes), f"s3://{BUCKET}")

    def client(self) -> Any:
        """A client of another make, to look into the store."""
        return boto3.client(
            "s3", endpoint_url=self.endpoint, aws_access_key_id=KEY, aws_secret_access_key=SECRET,
            region_name="us-east-1", config=Config(s3={"addressing_style": "path"}),
        )  # fmt: skip

    def keys(self, bucket: str = BUCKET) -> list[str]:
        """Names of everything in a bucket."""
        return [item["Key"] for item in self.client().list_objects_v2(Bucket=bucket).get("Contents", [])]

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if self.hanging.is_set():
            self.released.wait(30)
        if self.refusing is None:
            return self._application(environ, start)  # type: ignore[no-any-return]
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        code = CODES[self.refusing]
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>the store says {code}</Message></Error>"
        start(f"{self.refusing} {code}", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body.encode()]


@contextmanager
def running() -> Iterator[ObjectStore]:
    """A store with an empty bucket."""
    store = ObjectStore()
    store.start()
    client = store.client()
    client.create_bucket(Bucket=BUCKET)
    client.close()
    try:
        yield store
    finally:
        store.released.set()
        store.stop()
        _forget_everything()


def _forget_everything() -> None:
    from moto.core.base_backend import BackendDict

    for backend in list(BackendDict._instances):
        backend.reset()
