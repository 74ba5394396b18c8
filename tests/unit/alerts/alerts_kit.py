"""Builders for the tests of alerts: notices, owners, profiles, and a store with an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from alerts import matching, profiles
from alerts.profiles import ProfileRequest, Saved, Wishes
from core import clock
from core.settings import Settings, SmtpSettings, WebSettings
from notices.model import (
    AmountKind,
    Classification,
    Deadline,
    DeadlineKind,
    Identifier,
    Money,
    Nature,
    Notice,
    NoticeKind,
    Organisation,
    Place,
    ProcedureType,
    TaxBasis,
)
from search.document import IndexDocument
from search.errors import IndexUnavailable
from search.matcher import EmbeddedMatcher
from search.port import IndexState, IndexStatus, SearchIndex
from search.query import NoticeQuery
from store import Store
from store.records import Hit, Owner, Saving

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
"""A Monday, 12:00 in Brussels."""


def settings_in(folder: Path, **changes: Any) -> Settings:
    """Settings with everything under `folder`."""
    return Settings(
        data_dir=folder,
        secret_key="a key of the tests only",
        web=WebSettings(public_url="https://vigie.example"),
        smtp=changes.pop("smtp", SmtpSettings()),
        **changes,
    )


def notice(number: int = 1, **changes: Any) -> Notice:
    """An invented call for street lighting in Namur."""
    fields: dict[str, Any] = {
        "id": f"be_bda:{number}",
        "portal": "be_bda",
        "country": "BE",
        "url": f"https://www.publicprocurement.be/publication-workspaces/{number}/general",
        "kind": NoticeKind.COMPETITION,
        "format": "test",
        "notice_uuid": f"00000000-0000-4000-8000-{number:012d}",
        "notice_version": "01",
        "procedure_id": f"procedure-{number}",
        "published_at": NOON - timedelta(hours=6),
        "languages": ("fr", "nl"),
        "title": {
            "fr": f"Rénovation de l'éclairage public, phase {number}",
            "nl": f"Vernieuwing van de openbare verlichting, fase {number}",
        },
        "description": {"fr": "Remplacement de luminaires par des LED."},
        "buyers": (
            Organisation(
                name={"fr": "Ville de Namur"},
                identifiers=(Identifier(scheme="KBO", value="0207362739", valid=True, printed="0207.362.739"),),
                email="agent@namur.example",
                phone="+32 81 00 00 00",
                place=Place(country="BE", nuts="BE352"),
            ),
        ),
        "nature": Nature.WORKS,
        "classifications": (Classification(code="45316110", main=True),),
        "places": (Place(country="BE", nuts="BE352", locality="Namur"),),
        "procedure_type": ProcedureType(code="open", printed=("Procédure ouverte",)),
        "values": (
            Money(amount=Decimal(1250000), currency="EUR", kind=AmountKind.ESTIMATED, tax_basis=TaxBasis.EXCLUDED),
        ),
        "deadlines": (deadline_on(14),),
    }
    return Notice.model_validate({**fields, **changes})


def deadline_on(day: int, hour: int = 10) -> Deadline:
    """Tenders by that day of December 2026; 10:00 UTC is 11:00 in Brussels."""
    return Deadline(kind=DeadlineKind.TENDERS, at=datetime(2026, 12, day, hour, tzinfo=UTC))


def second_version(first: Notice, **changes: Any) -> Notice:
    """A later version of the same notice."""
    assert first.published_at is not None
    later = {
        "notice_version": "02",
        "notice_uuid": first.notice_uuid and "ff" + first.notice_uuid[2:],
        "published_at": first.published_at + timedelta(hours=2),
    }
    return first.model_copy(update={**later, **changes})


LIGHTING = NoticeQuery.open_calls(text="éclairage")


class MemoryIndex:
    """The part of the index port that alerts use, over documents in memory and the matcher's own judgement."""

    def __init__(self) -> None:
        self.documents: dict[str, IndexDocument] = {}
        self.away = False

    def status(self) -> IndexStatus:
        """Always ready."""
        return IndexStatus(state=IndexState.READY, engine="memory", documents=len(self.documents), schema_version="1")

    def index(self, documents: Sequence[IndexDocument]) -> None:
        """Add or replace."""
        self.documents.update({document.id: document for document in documents})

    def scan(self, query: NoticeQuery, *, now: datetime) -> Iterator[str]:
        """Ids of what matches."""
        if self.away:
            raise IndexUnavailable("away")
        matcher = EmbeddedMatcher()
        matcher.put("asked", query)
        yield from (match.notice_id for match in matcher.match(list(self.documents.values()), now=now))

    def count(self, query: NoticeQuery, *, now: datetime) -> int:
        """How many match."""
        return len(list(self.scan(query, now=now)))


class World:
    """A store, an index and a matcher, as the processes of an installation share them."""

    def __init__(self, settings: Settings, store: Store, index: SearchIndex) -> None:
        self.settings = settings
        self.store = store
        self.index = index
        self.state = matching.MatcherState(EmbeddedMatcher())

    def crawl(self, *notices: Notice) -> None:
        """Save, index and match these notices, as after a crawl."""
        self.save(*notices)
        self.reindex()
        self.match()

    def save(self, *notices: Notice) -> None:
        """Save notices as a crawl does."""
        self.store.notices.save_many([Saving(notice=item) for item in notices])

    def reindex(self) -> None:
        """Index what waits."""
        while rows := self.store.index_queue.take(500):
            found = self.store.notices.get_many([row.notice_id for row in rows])
            self.index.index([IndexDocument.of(item) for item in found.values()])
            self.store.index_queue.acknowledge(rows)

    def match(self) -> int:
        """Match what waits."""
        done = 0
        while some := matching.drain(self.store, self.state, 100):
            done += some
        return done

    def subscribe(
        self,
        query: NoticeQuery = LIGHTING,
        name: str = "Éclairage",
        email: str = "anne@pme.example",
        now: datetime | None = None,
        **wishes: Any,
    ) -> Saved:
        """Save a profile as a stranger does: the address is not confirmed yet."""
        request = ProfileRequest(email=email, name=name, query=query, wishes=Wishes(**wishes))
        return profiles.create(self.store, self.settings, self.index, request, now or clock.now())

    def confirmed(self, *arguments: Any, **named: Any) -> Owner:
        """Subscribe and follow the link."""
        saved = self.subscribe(*arguments, **named)
        profiles.confirm(self.store, self.settings, self.index, saved.owner.id, named.get("now") or clock.now())
        owner = self.store.profiles.owner(saved.owner.id)
        assert owner is not None
        return owner

    def mails(self, purpose: str = "digest") -> list[EmailMessage]:
        """Messages in the outbox, oldest first."""
        found = [message for message in self.store.outbox.recent(1000) if message.purpose == purpose]
        return [opened(message.payload) for message in sorted(found, key=lambda item: item.created_at)]

    def hits(self, owner: Owner) -> list[Hit]:
        """Every hit of an owner's profiles, oldest first."""
        found: list[Hit] = []
        for profile in self.store.profiles.of_owner(owner.id):
            found += self.store.hits.of_profile(profile.id, 1000)
        return sorted(found, key=lambda hit: hit.id)


def opened(payload: bytes) -> EmailMessage:
    """A mail as a mail reader opens it."""
    message = BytesParser(policy=policy.default).parsebytes(payload)
    assert isinstance(message, EmailMessage)
    return message


def text_of(mail: EmailMessage, subtype: str = "plain") -> str:
    """One part of a mail."""
    part = mail.get_body(preferencelist=(subtype,))
    assert part is not None
    return str(part.get_content())


def subjects(mails: Iterable[EmailMessage]) -> list[str]:
    """The subjects."""
    return [str(mail["Subject"]) for mail in mails]


def kinds(hits: Sequence[Hit]) -> list[str]:
    """The kinds of hits."""
    return [hit.kind.value for hit in hits]
