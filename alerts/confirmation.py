"""The mail that asks an address for its confirmation, and the limits on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts import links
from alerts.messages import Mail, message_id, to_bytes
from alerts.queries import criteria
from alerts.templating import render
from alerts.wording import Wording, one_line
from core.settings import Settings
from store import Store
from store.records import OutboxMessage, Owner, Profile

REST = timedelta(minutes=10)
"""At least so much lies between two confirmation mails to one address."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Asked(StrEnum):
    """What became of a request for confirmation."""

    SENT = "sent"  # a mail is in the outbox
    RECENT = "recent"  # one went out less than ten minutes ago; no second one
    NOT_NEEDED = "not-needed"  # the address is confirmed, and its owner is who saves


def ask(store: Store, settings: Settings, owner: Owner, profile: Profile, now: datetime) -> Asked:
    """Put a confirmation mail into the outbox, unless the address had one less than `REST` ago."""
    if not _may_write(store, owner, now):
        return Asked.RECENT
    local_id = f"confirmation-{owner.id}-{int(now.timestamp())}"
    mail = confirmation_mail(settings, owner, profile, local_id)
    store.outbox.add(
        OutboxMessage(
            id=local_id,
            recipient=owner.email,
            message_id=message_id(settings, local_id),
            payload=to_bytes(mail, settings, now),
            purpose="confirmation",
            owner_id=owner.id,
            next_attempt_at=now,
            created_at=now,
        )
    )
    return Asked.SENT


def confirmation_mail(settings: Settings, owner: Owner, profile: Profile, local_id: str) -> Mail:
    """The mail itself: what was asked, the link, and that doing nothing is enough to refuse."""
    words = Wording(owner.language, ZoneInfo(owner.zone))
    context = {
        "name": one_line(profile.name, 100),
        "criteria": criteria(profile, owner.language),
        "confirm_url": links.confirm_url(settings, owner.id, profile.id),
        "days": links.CONFIRMATION_LIFE.days,
        "demo": settings.demo,
        "public_url": settings.public_url,
    }
    return Mail(
        local_id=local_id,
        recipient=owner.email,
        subject=words.translate("Vigie : confirmez votre adresse"),
        text=render("confirmation.txt", words, context),
        html=render("confirmation.html", words, context),
        language=owner.language,
    )


def _may_write(store: Store, owner: Owner, now: datetime) -> bool:
    """Whether this address may have a confirmation mail now; of several who ask at once, one is told yes."""
    job = f"confirmation:{owner.id}"
    key = f"alerts.confirmation:{owner.id}"
    last = store.meta.get(key)
    if last is not None and now - datetime.fromisoformat(last) < REST:
        return False
    slot = _EPOCH + ((now - _EPOCH) // REST) * REST
    if not store.firings.claim(job, slot):
        return False
    store.meta.set(key, now.isoformat())
    return True
