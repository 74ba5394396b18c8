"""Tokens and mandatory headers of the federal platform, as a downloader middleware.

Anonymous route: the portal publishes its own client in `/env.config.js`; it is read at the start and again when a token
is refused, and never written down here. Gateway route: the operator's credentials from the settings. A token is renewed
before it expires, and once when it is refused. Every request, repeated ones included, carries a fresh trace id.
"""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urljoin, urlsplit

from scrapy import Request

from core.clock import now
from core.errors import ConfigurationError
from crawlers.contract import CrawlError, LayoutError, PortalDown
from crawlers.engines.json_api import JsonService, need

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from core.settings import PortalSettings
    from crawlers.portals.definition import Portal, Route

ANONYMOUS, GATEWAY = "anonymous", "gateway"
EARLY = timedelta(seconds=45)
"""A token is renewed this long before it expires; a short-lived one after half its life."""

_VALUE = re.compile(r"""\b(VITE_AUTH_[A-Z]+)["']?\s*[:=]\s*["']([^"']*)["']""")


@dataclass(frozen=True)
class Token:
    """A bearer token and when to ask for the next one."""

    value: str
    renew_at: datetime


@dataclass(frozen=True)
class Client:
    """Who asks for a token, and where."""

    token_url: str
    client_id: str
    client_secret: str
    in_body: bool


def read_client(script: str, base_url: str, token_path: str) -> Client:
    """The public client in the portal's own configuration script. `LayoutError` names the key that is missing."""
    values = dict(_VALUE.findall(script))
    for key in ("VITE_AUTH_CLIENTID", "VITE_AUTH_CLIENTSECRET", "VITE_AUTH_REALM"):
        if not values.get(key):
            raise LayoutError(f"The portal's configuration (/env.config.js) has no {key} any more.")
    auth = urljoin(f"{base_url}/", values.get("VITE_AUTH_URL") or "auth").rstrip("/")
    if urlsplit(auth).scheme != urlsplit(base_url).scheme:
        raise LayoutError(f"The portal's configuration names an address for tokens that is not trusted: {auth}.")
    url = auth + token_path.format(realm=values["VITE_AUTH_REALM"])
    return Client(url, values["VITE_AUTH_CLIENTID"], values["VITE_AUTH_CLIENTSECRET"], in_body=False)


def partner_client(settings: PortalSettings, base_url: str, token_path: str) -> Client:
    """The operator's own credentials for the official gateway."""
    if not settings.client_id or settings.client_secret is None:
        raise ConfigurationError(
            "The gateway of be_bda needs credentials: set VIGIE_PORTALS__BE_BDA__CLIENT_ID and "
            "VIGIE_PORTALS__BE_BDA__CLIENT_SECRET (from the e-Procurement helpdesk of BOSA), "
            "or VIGIE_PORTALS__BE_BDA__ROUTE=anonymous."
        )
    return Client(base_url + token_path, settings.client_id, settings.client_secret.get_secret_value(), in_body=True)


def token_request(client: Client) -> Request:
    """The request for a token (client credentials)."""
    form = {"grant_type": "client_credentials"}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if client.in_body:
        form |= {"client_id": client.client_id, "client_secret": client.client_secret}
    else:
        form["scope"] = "openid"
        pair = base64.b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    return Request(client.token_url, method="POST", body=urlencode(form), headers=headers, meta={"plain": True})


class TokenProvider:
    """Hands out the token in force."""

    def __init__(self, service: JsonService, portal: Portal, route: Route, settings: PortalSettings) -> None:
        self._service = service
        self._portal = portal
        self._route = route
        self._settings = settings
        self._client: Client | None = None
        self._token: Token | None = None

    async def current(self) -> str:
        """The token in force, renewed when it is about to expire. `PortalDown` when none can be had."""
        if self._token is None or now() >= self._token.renew_at:
            self._token = await self._obtain()
        return self._token.value

    async def renew(self, refused: str) -> None:
        """Forget a token that the portal refused, and the client it was made for: both may have been changed."""
        if self._token is not None and self._token.value == refused:
            self._token = None
            self._client = None

    async def _obtain(self) -> Token:
        try:
            if self._client is None:
                self._client = await self._find_client()
            answer, _ = await self._service.ask(token_request(self._client))
            value = need(answer, "access_token", str, "The token answer")
            seconds = need(answer, "expires_in", (int, float), "The token answer")
        except CrawlError as error:
            raise PortalDown(f"No token could be had. {error}") from error
        life = timedelta(seconds=float(seconds))
        return Token(value, now() + max(life - EARLY, life / 2))

    async def _find_client(self) -> Client:
        path = self._route.path("token")
        if "configuration" not in self._route.paths:
            return partner_client(self._settings, self._portal.base_url, path)
        request = Request(self._portal.base_url + self._route.path("configuration"), meta={"plain": True})
        response = await self._service.download(request)
        if response.status != 200:
            raise CrawlError(f"GET {response.url} answers {response.status}.")
        return read_client(response.body[:1_000_000].decode("utf-8", "replace"), self._portal.base_url, path)


class TokenMiddleware:
    """Puts the token and a fresh trace id on every request; asks once more with a new token on 401 or 403."""

    def __init__(self, tokens: TokenProvider) -> None:
        self._tokens = tokens

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TokenMiddleware:
        """Built by Scrapy; the spider made the provider."""
        return cls(crawler.spider.tokens)  # type: ignore[union-attr]

    async def process_request(self, request: Request) -> None:
        """Called for every try of a request."""
        if "dont_obey_robotstxt" in request.meta or request.meta.get("plain"):
            return
        token = await self._tokens.current()
        request.meta["token"] = token
        request.headers["Authorization"] = f"Bearer {token}"
        request.headers["BelGov-Trace-Id"] = str(uuid.uuid4())

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Try once more with a fresh token after a refusal."""
        token = request.meta.get("token")
        if response.status not in (401, 403) or not token or request.meta.get("renewed"):
            return response
        await self._tokens.renew(token)
        return request.replace(meta={**request.meta, "renewed": True}, dont_filter=True)
