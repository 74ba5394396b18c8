"""Anonymous and partner tokens, as the portal's Keycloak and the official gateway hand them out."""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
import time

from simulated_portals.messages import Answer, Request, json_answer

PUBLIC_CLIENT = ("frontend-public", "simulated-0c7d4f1e-not-a-secret")
"""Client id and secret of the portal's own page; the secret is invented."""
PARTNER_CLIENT = ("vigie-partner", "simulated-partner-secret")
"""Client id and secret of a partner at the official gateway; invented too."""


class TokenDesk:
    """Hands out bearer tokens and knows which are still good."""

    def __init__(self, lifetime_seconds: int = 300) -> None:
        self.lifetime_seconds = lifetime_seconds
        self._lock = threading.Lock()
        self._expiry: dict[str, float] = {}

    def revoke_all(self) -> None:
        """Make every token handed out so far unknown."""
        with self._lock:
            self._expiry.clear()

    def is_good(self, authorization: str) -> bool:
        """Whether an `Authorization` header carries a token that is known and has not expired."""
        scheme, _, token = authorization.partition(" ")
        expiry = self._expiry.get(token.strip())
        return scheme.lower() == "bearer" and expiry is not None and time.monotonic() < expiry

    def answer(self, request: Request, client: tuple[str, str]) -> Answer:
        """The answer of a token endpoint; credentials come by HTTP Basic or in the form body."""
        if request.method != "POST":
            return json_answer({"error": "invalid_request", "error_description": "POST expected"}, 405)
        form = request.form
        if form.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type", "error_description": "Unsupported grant_type"}, 400)
        given = _basic(request.headers.get("authorization", "")) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        if given != client:
            refusal = {
                "error": "unauthorized_client",
                "error_description": "Invalid client or Invalid client credentials",
            }
            return json_answer(refusal, 401)
        return json_answer(
            {
                "access_token": self._new_token(),
                "expires_in": self.lifetime_seconds,
                "refresh_expires_in": 0,
                "token_type": "Bearer",
                "not-before-policy": 0,
                "scope": form.get("scope", "profile email"),
            }
        )

    def _new_token(self) -> str:
        token = ".".join(secrets.token_urlsafe(size) for size in (24, 96, 32))
        with self._lock:
            self._expiry[token] = time.monotonic() + self.lifetime_seconds
        return token


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, coded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ("", "")
    return user, password
