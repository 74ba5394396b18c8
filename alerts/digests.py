"""Digests: what an owner's profiles found, in one mail at the hour they chose.

The digest's row, its hits and its message are one transaction under a key that exists once per owner, so whatever dies
or runs twice, a hit is told once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from alerts import schedule
from alerts.coverage import Sources
from alerts.messages import Mail, message_id, to_bytes
from alerts.templating import render
from alerts.views import Composer, DigestView, Told, told
from alerts.wording import Wording, isolated
from core.settings import Settings
from store import Store
from store.digests import digest_id
from store.errors import ConflictError
from store.records import Digest, Hit, OutboxMessage, Owner, Profile, ProfileState

log = logging.getLogger(__name__)
PAGE = 500
"""Owners that a pass reads at once; those whom another process serves meanwhile cost a look each."""
_FIRST_PERIOD = timedelta(days=1)


def build_due(store: Store, settings: Settings, now: datetime) -> list[Digest]:
    """Build the digest of every owner whose hour has come and who has something to be told.

    Any number of processes may do so at the same time: each goes round from another place, and passes over whom another
    one has served. One owner's failure is logged and does not keep the others from theirs; it is tried again at the
    next pass.
    """
    passes = schedule.note_pass(store, now)
    sources = Sources(store, now)
    built = []
    for owner_id in _round(store, uuid4().hex):
        try:
            digest = _build_if_due(store, settings, owner_id, passes.since, sources)
        except Exception:
            log.exception("The digest of owner %s cannot be built; it is tried again at the next pass", owner_id)
            continue
        if digest is not None:
            built.append(digest)
    return built


def first(store: Store, settings: Settings, owner: Owner, profile: Profile, now: datetime) -> Digest | None:
    """The digest that a new profile sends at once; None when nothing is open or it was sent before."""
    hits = [hit for hit in store.hits.pending(owner.id) if hit.profile_id == profile.id]
    return build(store, settings, owner, f"first:{profile.id}", Sources(store, now), hits)


def build(
    store: Store, settings: Settings, owner: Owner, key: str, sources: Sources, hits: Sequence[Hit] | None = None
) -> Digest | None:
    """Build one digest under `key`, from all that is pending when no hits are given.

    None when there is nothing to tell, when the key exists already, or when the address is not confirmed.
    """
    now = sources.now
    pending = store.hits.pending(owner.id) if hits is None else hits
    by_profile = _by_profile(store, owner, pending)
    if owner.confirmed_at is None or not any(not item.minor for _, items in by_profile for item in items):
        return None
    mail = compose(
        store, settings, owner, digest_id(owner.id, key), by_profile, sources, first_of_profile=key.startswith("first:")
    )
    message = OutboxMessage(
        id=mail.local_id,
        recipient=owner.email,
        message_id=message_id(settings, mail.local_id),
        payload=to_bytes(mail, settings, now),
        next_attempt_at=now,
        created_at=now,
    )
    try:
        return store.digests.create(owner.id, key, [hit.id for hit in pending], message)
    except ConflictError:
        log.info("Hits of owner %s changed while their digest was built; it is built again at the next pass", owner.id)
        return None


def compose(
    store: Store,
    settings: Settings,
    owner: Owner,
    identity: str,
    by_profile: Sequence[tuple[Profile, Sequence[Told]]],
    sources: Sources,
    *,
    first_of_profile: bool,
) -> Mail:
    """The mail of a digest."""
    words = Wording(owner.language, ZoneInfo(owner.zone))
    latest = store.digests.latest(owner.id)
    since = latest.created_at if latest and not first_of_profile else sources.now - _FIRST_PERIOD
    gaps = sources.sentences(sources.feeding(profile for profile, _ in by_profile), since, words)
    view = Composer(settings, owner, words, sources.now).view(identity, by_profile, gaps)
    context = {"view": view, "demo": settings.demo, "public_url": settings.public_url, "first": first_of_profile}
    return Mail(
        local_id=f"digest-{identity}",
        recipient=owner.email,
        subject=_subject(view, words),
        text=render("digest.txt", words, context),
        html=render("digest.html", words, context),
        language=owner.language,
        unsubscribe_url=view.unsubscribe_url,
    )


def _round(store: Store, start: str) -> Iterator[str]:
    """All owners with something pending, those whose id comes after `start` first; read a page at a time."""
    for after, last in ((start, None), ("", start)):
        while page := store.hits.owners_with_pending(after, PAGE):
            for owner_id in page:
                if last is not None and owner_id > last:
                    return
                yield owner_id
            after = page[-1]


def _build_if_due(
    store: Store, settings: Settings, owner_id: str, running_since: datetime, sources: Sources
) -> Digest | None:
    owner = store.profiles.owner(owner_id)
    if owner is None or owner.confirmed_at is None:
        return None
    due = schedule.due(owner, sources.now, running_since)
    if due is None or store.digests.get(digest_id(owner.id, due.key)) is not None:
        return None
    pending = store.hits.pending(owner_id)
    if not any(hit.created_at <= due.latest_hit for hit in _telling(pending)):
        return None
    return build(store, settings, owner, due.key, sources, pending)


def _telling(pending: Sequence[Hit]) -> list[Hit]:
    """The hits that are worth a mail."""
    by_profile: dict[str, list[Hit]] = {}
    for hit in pending:
        by_profile.setdefault(hit.profile_id, []).append(hit)
    worth = {
        (profile_id, item.procedure_key)
        for profile_id, hits in by_profile.items()
        for item in told(hits)
        if not item.minor
    }
    return [hit for hit in pending if (hit.profile_id, hit.procedure_key) in worth]


def _by_profile(store: Store, owner: Owner, pending: Sequence[Hit]) -> list[tuple[Profile, list[Told]]]:
    """Pending hits by profile, in the order in which the owner saved the profiles."""
    found = []
    for profile in store.profiles.of_owner(owner.id):
        hits = [hit for hit in pending if hit.profile_id == profile.id]
        if hits and profile.state is ProfileState.ACTIVE:
            found.append((profile, told(hits)))
    return found


def _subject(view: DigestView, words: Wording) -> str:
    subject = words.translate("Vigie : {headline}", headline=view.headline)
    return f"{subject} – {isolated(view.main_title)}" if view.main_title else subject
