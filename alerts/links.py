"""The links that mails carry: absolute, signed, one purpose each.

A link is a capability: whoever holds it may do that one thing. A token of one purpose is refused for another, because
each purpose signs with its own salt. Confirmation links expire; the others live as long as the owner or the profile
they name and the key that signed them. A GET of any of them changes nothing: pages show a form that posts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from pydantic import ValidationError

from core import clock
from core.errors import VigieError
from core.settings import Settings
from notices.model import Frozen

CONFIRM_PATH = "/alerts/confirm/{token}"
MANAGE_PATH = "/alerts/manage/{token}"
DIGEST_PATH = "/alerts/manage/{token}/digests/{digest_id}"
UNSUBSCRIBE_PATH = "/alerts/unsubscribe/{token}"
NOTICE_PATH = "/notices/{notice_id}"
CONFIRMATION_LIFE = timedelta(days=7)
_LONGEST_TOKEN = 1000
_Named = TypeVar("_Named", bound=Frozen)


class LinkError(VigieError):
    """A link that is not ours, was altered, has expired, or names something that is gone; a French sentence."""


class Purpose(StrEnum):
    """What a link allows; each signs with its own salt."""

    CONFIRM = "confirm"
    MANAGE = "manage"
    UNSUBSCRIBE = "unsubscribe"


class Confirmation(Frozen):
    """What a confirmation link names: an owner, and the profile whose saving sent it."""

    owner_id: str
    profile_id: str | None = None


class Unsubscription(Frozen):
    """What an unsubscribe link stops: one profile, or every profile of an owner."""

    owner_id: str
    profile_id: str | None = None


class _Signer(TimestampSigner):
    """Signs with the time of the one clock of the project."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())

    def timestamp_to_datetime(self, ts: int) -> datetime:
        return datetime.fromtimestamp(ts, tz=UTC)


def confirm_url(settings: Settings, owner_id: str, profile_id: str | None = None) -> str:
    """Link that proves that the owner reads the address; expires after `CONFIRMATION_LIFE`."""
    return _url(settings, CONFIRM_PATH, Purpose.CONFIRM, _named(owner_id, profile_id))


def manage_url(settings: Settings, owner_id: str) -> str:
    """Link to the page where an owner edits, pauses and deletes profiles."""
    return _url(settings, MANAGE_PATH, Purpose.MANAGE, {"o": owner_id})


def digest_url(settings: Settings, owner_id: str, digest_id: str) -> str:
    """Link to the page that lists every hit of a digest."""
    return settings.public_url + DIGEST_PATH.format(token=manage_token(settings, owner_id), digest_id=quote(digest_id))


def unsubscribe_url(settings: Settings, owner_id: str, profile_id: str | None = None) -> str:
    """Link that stops one profile, or all of an owner's when no profile is named; for RFC 8058 one-click too."""
    return _url(settings, UNSUBSCRIBE_PATH, Purpose.UNSUBSCRIBE, _named(owner_id, profile_id))


def notice_url(settings: Settings, notice_id: str) -> str:
    """Link to Vigie's own page of a notice."""
    return settings.public_url + NOTICE_PATH.format(notice_id=quote(notice_id, safe=":"))


def manage_token(settings: Settings, owner_id: str) -> str:
    """The token of `manage_url`, for pages that link to each other."""
    return _serializer(settings, Purpose.MANAGE).dumps({"o": owner_id})


def verify_confirmation(settings: Settings, token: str) -> Confirmation:
    """What a confirmation token names; raises LinkError when it is not valid or has expired."""
    content = _content(settings, Purpose.CONFIRM, token, CONFIRMATION_LIFE)
    return _read(Confirmation, content)


def verify_manage(settings: Settings, token: str) -> str:
    """The owner id of a manage token; raises LinkError when it is not valid."""
    return _read(Unsubscription, _content(settings, Purpose.MANAGE, token)).owner_id


def verify_unsubscribe(settings: Settings, token: str) -> Unsubscription:
    """What an unsubscribe token stops; raises LinkError when it is not valid."""
    return _read(Unsubscription, _content(settings, Purpose.UNSUBSCRIBE, token))


def host(settings: Settings) -> str:
    """Host of the public address, for Message-ID and List-Id."""
    return urlsplit(settings.public_url).hostname or "localhost"


def _named(owner_id: str, profile_id: str | None) -> dict[str, str]:
    return {"o": owner_id} if profile_id is None else {"o": owner_id, "p": profile_id}


def _url(settings: Settings, path: str, purpose: Purpose, content: dict[str, str]) -> str:
    return settings.public_url + path.format(token=_serializer(settings, purpose).dumps(content))


def _serializer(settings: Settings, purpose: Purpose) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_key, salt=f"vigie.alerts.{purpose}", signer=_Signer)


def _content(settings: Settings, purpose: Purpose, token: str, life: timedelta | None = None) -> Any:
    if len(token) > _LONGEST_TOKEN:
        raise LinkError("Ce lien n'est pas valable.")
    try:
        return _serializer(settings, purpose).loads(token, max_age=None if life is None else int(life.total_seconds()))
    except SignatureExpired as error:
        raise LinkError("Ce lien a expiré. Enregistrez l'alerte de nouveau pour en recevoir un autre.") from error
    except BadData as error:
        raise LinkError("Ce lien n'est pas valable.") from error


def _read(kind: type[_Named], content: Any) -> _Named:
    try:
        return kind.model_validate({"owner_id": content["o"], "profile_id": content.get("p")})
    except (ValidationError, KeyError, TypeError, AttributeError) as error:
        raise LinkError("Ce lien n'est pas valable.") from error
