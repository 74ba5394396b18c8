"""Saving, editing, pausing and deleting profiles.

Whoever saves a profile has proved that the address is theirs (they come through a signed link) or has not. Without
proof nothing reaches the address but one confirmation mail, and a profile for an address that is confirmed already
waits until its owner confirms it, by the link or on their own page: nobody can fill somebody else's mailbox. What
nobody confirms is forgotten after `UNCONFIRMED_LIFE`.

The store alone must answer. A search engine that is away, or an index that is not there (`None`), keeps nobody from
saving, confirming or changing: what is open today is told when it is back (`alerts.owed`). `turn` says when it may be
asked; out of turn it counts as away.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from alerts import confirmation, links, owed, watchable
from alerts.addresses import clean_address
from alerts.confirmation import Asked
from alerts.turns import ANY_TIME, Turn
from alerts.wording import one_line
from core.errors import VigieError
from core.i18n import choose
from core.settings import Settings
from notices.model import Frozen
from search.port import SearchIndex
from search.query import NoticeQuery
from store import Store
from store.records import Digest, Forgotten, Owner, Profile, ProfileState

MOST_PROFILES = 50
"""Profiles of one owner."""
UNCONFIRMED_LIFE = timedelta(days=30)
"""How long an address or a profile that nobody confirmed is kept."""
_LONGEST_NAME = 100


class ProfileError(VigieError):
    """A profile that cannot be saved; the message says why, in French or in the language that was asked for."""


class Wishes(Frozen):
    """How an owner wants to be told."""

    language: str = "fr"
    zone: str = "Europe/Brussels"
    hour: int = Field(default=7, ge=0, le=23)
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)


class ProfileRequest(Frozen):
    """What somebody wants to be told of, and where."""

    email: str
    name: str
    query: NoticeQuery
    wishes: Wishes = Wishes()


class Saved(Frozen):
    """What saving did."""

    owner: Owner
    profile: Profile
    asked: Asked
    first: Digest | None = None


def open_calls(query: NoticeQuery) -> NoticeQuery:
    """The query as a profile starts out: narrowed to open calls, unless it names kinds or a deadline itself."""
    return query if query.kinds or query.deadline is not None else query.only_open()


def check(name: str, query: NoticeQuery, language: str = "fr") -> str:
    """The name as it is stored; raises ProfileError when name or query cannot make a profile."""
    clean = one_line(name, _LONGEST_NAME)
    if not clean:
        raise ProfileError("Donnez un nom à l'alerte.")
    if reason := query.matches_everything(language):
        raise ProfileError(reason)
    return clean


def create(
    store: Store,
    settings: Settings,
    index: SearchIndex | None,
    request: ProfileRequest,
    now: datetime,
    *,
    proven: Owner | None = None,
    turn: Turn = ANY_TIME,
) -> Saved:
    """Save a profile.

    `proven` is the owner whose signed link the request came through; it counts only when the address is theirs. Raises
    AddressError or ProfileError with the reason when something cannot be saved.
    """
    email = clean_address(request.email)
    wishes = _checked(request.wishes)
    name = check(request.name, request.query, wishes.language)
    _refuse_unwatchable(settings, request.query, wishes.language, turn)
    owner = store.profiles.ensure_owner(email, wishes.language, wishes.zone, wishes.hour, wishes.weekdays)
    if len(store.profiles.of_owner(owner.id)) >= MOST_PROFILES:
        raise ProfileError("Cette adresse a déjà 50 alertes ; supprimez-en une d'abord.")
    is_proven = proven is not None and proven.id == owner.id
    if owner.confirmed_at is None and not is_proven:
        owner = store.profiles.update_owner(owner.id, **wishes.model_dump())
    state = ProfileState.ACTIVE if owner.confirmed_at is None else ProfileState.WAITING
    profile = store.profiles.create(owner.id, name, request.query.to_dict(), state)
    if owner.confirmed_at is not None and is_proven:
        owed.promise(store, profile.id, first=True)  # before it is active, lest a crash lose it
        profile = store.profiles.update(profile.id, state=ProfileState.ACTIVE)
        digest = owed.keep(store, settings, index, owner, profile, now, first=True, turn=turn)
        return Saved(owner=owner, profile=profile, asked=Asked.NOT_NEEDED, first=digest)
    return Saved(owner=owner, profile=profile, asked=confirmation.ask(store, settings, owner, profile, now))


def confirm(
    store: Store,
    settings: Settings,
    index: SearchIndex | None,
    owner_id: str,
    now: datetime,
    profile_id: str | None = None,
    *,
    turn: Turn = ANY_TIME,
) -> list[Digest]:
    """The owner followed the signed link: what is open today goes out at once, one first digest per profile.

    Every profile that waits for it starts, as of several saved within minutes only the first sent a mail. `profile_id`
    is the profile that the link named. Confirming again sends nothing twice, and finishes what a crash left undone for
    the named one. An engine that does not answer is waited for once, not once for each profile. Raises LinkError when
    owner or profile is gone.
    """
    owner = _owner(store, owner_id)
    profiles = awaiting(store, owner)
    if profile_id is not None:
        profiles += _named(store, owner, profile_id, profiles)
    for profile in profiles:
        owed.promise(store, profile.id, first=True)
        if profile.state is ProfileState.WAITING:
            store.profiles.update(profile.id, state=ProfileState.ACTIVE)
    confirmed = store.profiles.confirm_owner(owner.id, now)
    digests = []
    for profile in profiles:
        digests.append(owed.keep(store, settings, index, confirmed, profile, now, first=True, turn=turn))
        if owed.any_owed(store, [profile]):
            index = None  # it did not answer: `owed.settle` keeps the other promises too
    return [digest for digest in digests if digest is not None]


def awaiting(store: Store, owner: Owner) -> list[Profile]:
    """The profiles that start when their owner confirms, oldest first."""
    states = {ProfileState.WAITING}
    if owner.confirmed_at is None:
        states.add(ProfileState.ACTIVE)
    return [profile for profile in store.profiles.of_owner(owner.id) if profile.state in states]


def forget_unconfirmed(store: Store, now: datetime) -> Forgotten:
    """Forget addresses and profiles that nobody confirmed for `UNCONFIRMED_LIFE`; for a job that runs once a day."""
    return store.profiles.forget_unconfirmed(now - UNCONFIRMED_LIFE)


def edit(
    store: Store,
    settings: Settings,
    index: SearchIndex | None,
    profile_id: str,
    name: str,
    query: NoticeQuery,
    now: datetime,
    language: str = "fr",
    *,
    turn: Turn = ANY_TIME,
) -> Profile:
    """Change name and query; what is open today and only the new query finds comes with the next digest."""
    before = _profile(store, profile_id)
    clean = check(name, query, language)
    _refuse_unwatchable(settings, query, language, turn)
    owner = store.profiles.owner(before.owner_id)
    is_owed = before.state is ProfileState.ACTIVE and query.to_dict() != before.query
    if owner is None or owner.confirmed_at is None or not is_owed:
        return store.profiles.update(profile_id, name=clean, query=query.to_dict())
    owed.promise(store, profile_id)
    profile = store.profiles.update(profile_id, name=clean, query=query.to_dict())
    owed.keep(store, settings, index, owner, profile, now, turn=turn)
    return profile


def pause(store: Store, profile_id: str) -> Profile:
    """Stop matching and mailing a profile until it is resumed."""
    _profile(store, profile_id)
    return store.profiles.update(profile_id, state=ProfileState.PAUSED)


def resume(
    store: Store,
    settings: Settings,
    index: SearchIndex | None,
    profile_id: str,
    now: datetime,
    *,
    turn: Turn = ANY_TIME,
) -> Profile:
    """Match and mail a profile again; what is open today and was missed comes with the next digest."""
    before = _profile(store, profile_id)
    if before.state is ProfileState.ACTIVE:
        return before
    owner = store.profiles.owner(before.owner_id)
    if owner is None or owner.confirmed_at is None:
        return store.profiles.update(profile_id, state=ProfileState.ACTIVE)
    owed.promise(store, profile_id)
    profile = store.profiles.update(profile_id, state=ProfileState.ACTIVE)
    owed.keep(store, settings, index, owner, profile, now, turn=turn)
    return profile


def delete(store: Store, profile_id: str) -> bool:
    """Delete a profile and what was not told yet; False when there is none."""
    return store.profiles.delete(profile_id)


def change_wishes(store: Store, owner_id: str, wishes: Wishes) -> Owner:
    """Change how an owner is told. Raises ProfileError for a zone or weekdays that make no sense."""
    checked = _checked(wishes)
    return store.profiles.update_owner(_owner(store, owner_id).id, **checked.model_dump())


def unsubscribe(store: Store, stop: links.Unsubscription) -> list[Profile]:
    """Stop what an unsubscribe link names; the profiles that are stopped now. Doing it twice changes nothing more.

    Raises LinkError when what the link names is gone, which for the person means the same: no more mails.
    """
    profiles = store.profiles.of_owner(_owner(store, stop.owner_id).id)
    if stop.profile_id is not None:
        profiles = [profile for profile in profiles if profile.id == stop.profile_id]
        if not profiles:
            raise links.LinkError("Cette alerte n'existe plus : elle n'envoie plus rien.")
    return [
        profile
        if profile.state is ProfileState.UNSUBSCRIBED
        else store.profiles.update(profile.id, state=ProfileState.UNSUBSCRIBED)
        for profile in profiles
    ]


def of_owner(store: Store, owner_id: str, profile_id: str) -> Profile:
    """A profile, if it is this owner's; raises LinkError when it is not, or is gone."""
    profile = store.profiles.get(profile_id)
    if profile is None or profile.owner_id != owner_id:
        raise links.LinkError("Cette alerte n'existe plus.")
    return profile


def _refuse_unwatchable(settings: Settings, query: NoticeQuery, language: str, turn: Turn) -> None:
    if reason := watchable.refusal(settings, query, language, turn):
        raise ProfileError(reason)


def _checked(wishes: Wishes) -> Wishes:
    try:
        ZoneInfo(wishes.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ProfileError("Ce fuseau horaire n'existe pas.") from error
    days = tuple(sorted(set(wishes.weekdays)))
    if not days or not set(days) <= set(range(7)):
        raise ProfileError("Choisissez au moins un jour de la semaine.")
    return wishes.model_copy(update={"weekdays": days, "language": choose(wishes.language)})


def _named(store: Store, owner: Owner, profile_id: str, others: list[Profile]) -> list[Profile]:
    """The profile that a confirmation link names, when it is active and not among the others."""
    if profile_id in {profile.id for profile in others}:
        return []
    try:
        named = of_owner(store, owner.id, profile_id)
    except links.LinkError:
        if others:
            return []  # what the link named is gone, and other alerts wait for the same confirmation
        raise
    return [named] if named.state is ProfileState.ACTIVE else []


def _owner(store: Store, owner_id: str) -> Owner:
    owner = store.profiles.owner(owner_id)
    if owner is None:
        raise links.LinkError("Cette adresse n'est plus inscrite.")
    return owner


def _profile(store: Store, profile_id: str) -> Profile:
    profile = store.profiles.get(profile_id)
    if profile is None:
        raise ProfileError("Cette alerte n'existe plus.")
    return profile
