"""Guards of the web application: hosts, form sizes, headers, forgery tokens, the operator's password.

Pages of operators (the mailbox of the demonstration, quarantine, raw payloads) are open on loopback while no password
is set, because then only the person at the machine reaches them. Once a password is set they ask for it (HTTP Basic,
any user name). A public address without a password keeps them closed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import secrets
import threading
from collections import deque
from urllib.parse import urlsplit

from fastapi import Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.clock import now
from core.errors import ConfigurationError
from core.settings import Settings

HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
"""Asked by load balancers and container engines under whatever name or address they have for this process."""
MAX_FORM_BYTES = 64 * 1024
MAX_TARGET_BYTES = 16 * 1024
"""Longest address with its query; a NoticeQuery in a URL stays far below."""
COOKIE = "vigie_visit"
_TOKEN_AGE = 12 * 3600
_TOKEN_SALT = "vigie-form"  # noqa: S105  (a salt is public)
_PRIVATE = ("/alerts/", "/mailbox", "/operator", "/profiles")
"""Pages of one person, which no cache may keep and no search engine list."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Signed links are secrets: no other site may learn them from the address a person came from. Not `no-referrer`,
    # with which browsers name no origin when they post a form.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine only."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refuse_open_binding(settings: Settings) -> None:
    """Raise ConfigurationError when the site would be reachable from elsewhere without an operator password."""
    if settings.web.operator_password and settings.web.operator_password.get_secret_value():
        return
    if not is_loopback(settings.web.host):
        raise ConfigurationError(
            f"Binding the site to {settings.web.host} needs an operator password: set VIGIE_WEB__OPERATOR_PASSWORD, "
            "or bind to 127.0.0.1."
        )


def public_host(settings: Settings) -> str:
    """Host name of the public address."""
    return (urlsplit(settings.public_url).hostname or "").lower()


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Host names that the site answers to; any other is refused, which stops DNS rebinding."""
    names = {"localhost", "127.0.0.1", "::1", public_host(settings)}
    if settings.web.host not in {"0.0.0.0", "::"}:  # noqa: S104  (these mean every address and name none)
        names.add(settings.web.host.strip("[]").lower())
    return frozenset(name for name in names if name)


class Guard:
    """ASGI middleware: checks the host and the sizes of requests, adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with a plain sentence."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if refusal := self._refusal(scope, headers):
            await _plain(send, *refusal)
            return
        await self._app(scope, _limited(receive), _with_headers(send, scope["path"]))

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = urlsplit(f"//{headers.get('host', '')}")
        try:
            name = (host.hostname or "").lower()
        except ValueError:
            name = ""
        if name not in self._hosts:
            if scope["path"] in HEALTH_PATHS:
                scope.setdefault("state", {})["strange_host"] = True  # states only: see web.routes.health
                return None
            return 400, "Vigie does not answer to this host name; set VIGIE_WEB__PUBLIC_URL to the address people use."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_FORM_BYTES:
            return 413, "The form is too large."
        if len(scope["path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
            return 414, "The address is too long."
        return None


async def _plain(send: Send, status: int, sentence: str) -> None:
    body = sentence.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _limited(receive: Receive) -> Receive:
    """Count the bytes of a body that did not say its length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_FORM_BYTES:
            raise HTTPException(413)
        return message

    return counted


def protect(headers: MutableHeaders) -> None:
    """Add the security headers that an answer does not set itself."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)


def _with_headers(send: Send, path: str) -> Send:
    async def decorated(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            protect(headers)
            if path.startswith(_PRIVATE):
                headers["Cache-Control"] = "no-store"
                headers["X-Robots-Tag"] = "noindex"
            elif path.startswith("/static/"):
                headers["Cache-Control"] = "public, max-age=3600"
        await send(message)

    return decorated


class FormTokens:
    """Tokens against forged forms: a signed value bound to a SameSite cookie of the visitor."""

    def __init__(self, key: str) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt=_TOKEN_SALT)

    @staticmethod
    def new_visit() -> str:
        """A new value for the visitor's cookie."""
        return secrets.token_urlsafe(24)

    def token(self, visit: str) -> str:
        """The token that a form of this visitor carries."""
        return str(self._serializer.dumps(visit))

    def holds(self, token: str, visit: str) -> bool:
        """Whether a form's token belongs to this visitor and is young enough."""
        try:
            value = self._serializer.loads(token, max_age=_TOKEN_AGE)
        except BadSignature:
            return False
        return bool(visit) and hmac.compare_digest(str(value).encode(), visit.encode())


class Throttle:
    """At most `most` events in `seconds`, over the whole process."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._events: deque[float] = deque(maxlen=most)
        self._lock = threading.Lock()

    def full(self) -> bool:
        """Whether the next event would be one too many."""
        with self._lock:
            return len(self._events) == self._most and now().timestamp() - self._events[0] < self._seconds

    def note(self) -> None:
        """An event happened."""
        with self._lock:
            self._events.append(now().timestamp())


class OperatorGate:
    """Decides who sees pages of operators. Ten wrong passwords in a minute close the gate for that minute."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.web.operator_password
        self._password = secret.get_secret_value() if secret else ""
        self._open = not self._password and is_loopback(settings.web.host) and is_loopback(public_host(settings))
        self._failures = Throttle(10, 60)

    def admits(self, request: Request) -> bool:
        """Whether this request may see operators' details, without asking for anything."""
        if self._open:
            return True
        return bool(self._password) and not self._failures.full() and self._proven(request)

    def check(self, request: Request) -> None:
        """Raise 401 (asks for the password), 403 (none is set) or 429 (too many wrong ones)."""
        if self._open:
            return
        if not self._password:
            raise HTTPException(403, "operator-password-missing")
        if self._failures.full():
            raise HTTPException(429)
        if not self._proven(request):
            raise HTTPException(401, headers={"WWW-Authenticate": 'Basic realm="Vigie", charset="UTF-8"'})

    def _proven(self, request: Request) -> bool:
        """Whether the password is right; a wrong one counts, once per request, on whatever page it is tried."""
        if self._password_given(request):
            return True
        if "authorization" in request.headers and not getattr(request.state, "wrong_password_noted", False):
            request.state.wrong_password_noted = True
            self._failures.note()
        return False

    def _password_given(self, request: Request) -> bool:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, self._password.encode())
