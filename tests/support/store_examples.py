"""Invented notices, hits and messages for the tests of the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from notices.model import Notice, RawAddress
from store.records import NewHit, Origin, OutboxMessage, Saving

PUBLISHED = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def address(digest: str = "a" * 64, offset: int = 0) -> RawAddress:
    """Some place in the archive."""
    return RawAddress(
        segment="2026/03/x.warc.gz", offset=offset, length=10, digest=digest, media_type="application/json"
    )


def notice(native_id: str = "1001", **fields: Any) -> Notice:
    """A call of an invented commune."""
    values: dict[str, Any] = {
        "id": f"be_bda:{native_id}",
        "portal": "be_bda",
        "country": "BE",
        "kind": "competition",
        "format": "eforms-sdk-1.13",
        "notice_version": "01",
        "published_at": PUBLISHED,
        "title": {"nl": "Vernieuwing van het dak", "fr": "Réfection de la toiture"},
    }
    return Notice.model_validate(values | fields)


def saving(native_id: str = "1001", *, origin: Origin = Origin.CRAWL, **fields: Any) -> Saving:
    """A notice on its way in; `fingerprint`, `run_id` and `parser_version` go to the saving, the rest to the notice."""
    own = {key: fields.pop(key) for key in ("fingerprint", "run_id", "parser_version") if key in fields}
    return Saving(notice=notice(native_id, **fields), origin=origin, **own)


def later(days: int = 1) -> datetime:
    """Some days after the first publication."""
    return PUBLISHED + timedelta(days=days)


def new_hit(profile_id: str, native_id: str = "1001", version: int = 1, **fields: Any) -> NewHit:
    """A match of the invented call."""
    values: dict[str, Any] = {
        "profile_id": profile_id,
        "notice_id": f"be_bda:{native_id}",
        "version": version,
        "procedure_key": f"be_bda:{native_id}",
        "reasons": ({"clause": "text", "words": ["toiture"]},),
        "snapshot": {"title": "Réfection de la toiture"},
    }
    return NewHit(**(values | fields))


def message(id_: str = "m1", **fields: Any) -> OutboxMessage:
    """A mail that is due."""
    values: dict[str, Any] = {
        "id": id_,
        "recipient": "anne@entreprise.example",
        "message_id": f"<{id_}@vigie.invalid>",
        "payload": b"Subject: x\r\n\r\n\x00\xff",
        "next_attempt_at": PUBLISHED,
        "created_at": PUBLISHED,
    }
    return OutboxMessage(**(values | fields))
