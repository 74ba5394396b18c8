"""What the page of one notice shows beyond the model itself: texts by language, versions, neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from notices.model import Deadline, Lot, Money, MultilingualText, Notice, Period
from search.contacts import without_contacts
from store.records import StoredNotice, VersionRecord
from web import labels, portals
from web.texts import Speaker
from web.views import values

_OF_EVERY_VERSION = frozenset(
    {"notice_uuid", "notice_version", "published_at", "dispatched_at", "first_published_on", "references", "links"}
)
"""Fields that differ between any two versions and say nothing of the contract."""


@dataclass(frozen=True)
class ShownChange:
    """One field that differs, in words."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class ShownVersion:
    """One version of the history, in words."""

    number: int
    title: str
    published: str
    saved: str
    late: bool
    reread: int
    origin: str
    changes: tuple[ShownChange, ...]
    personal: int


@dataclass(frozen=True)
class Reader:
    """Picks texts of a notice for one reader: the language chosen for the texts, then the language of the page."""

    say: Speaker
    chosen: str | None
    zone: ZoneInfo

    def pick(self, texts: MultilingualText) -> tuple[str, str]:
        """Language and text, without the mail addresses and telephone numbers that some texts hold."""
        if self.chosen and texts.get(self.chosen):
            return self.chosen, without_contacts(texts[self.chosen])
        language, text = labels.best(texts, self.say.language)
        return language, without_contacts(text)

    def money(self, value: Money) -> str:
        """An amount with its tax basis."""
        basis = labels.of(labels.TAX_BASES, value.tax_basis.value, self.say)
        return f"{self.say.money(value.amount, value.currency)} {basis}"

    def deadline(self, value: Deadline) -> str:
        """The instant of a deadline; the day alone when the portal gave no hour."""
        if value.date_only:
            return self.say.translate("{day}, heure non communiquée", day=self.say.day(value.at.astimezone(self.zone)))
        return self.say.instant(value.at, self.zone)

    def instant(self, value: datetime) -> str:
        """An instant in the zone of the notice."""
        return self.say.instant(value, self.zone)

    def period(self, value: Period) -> str:
        """A period in one line."""
        parts = []
        if value.amount is not None and value.unit in labels.UNITS:
            one, many = labels.UNITS[value.unit]
            parts.append(self.say.plural(one, many, _plain(value.amount)))
        elif value.amount is not None:
            parts.append(f"{self.say.number(value.amount)} {value.unit or ''}".strip())
        if value.start:
            parts.append(self.say.translate("du {day}", day=self.say.day(value.start)))
        if value.end:
            parts.append(self.say.translate("jusqu'au {day}", day=self.say.day(value.end)))
        if value.unlimited:
            parts.append(self.say.translate("durée illimitée"))
        return " ".join(parts)


def _plain(amount: Decimal) -> int:
    return int(amount)


def languages_of(notice: Notice) -> list[str]:
    """Every language in which the notice says something, the declared ones first."""
    texts: list[MultilingualText] = [notice.title, notice.description, notice.additional_information]
    texts += [text for lot in notice.lots for text in (lot.title, lot.description)]
    return list(dict.fromkeys([*(code for code in notice.languages), *(code for text in texts for code in text)]))


def safe_url(url: str | None) -> str | None:
    """The address when it may be a link: http or https with a host. Portals print anything."""
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return url.strip() if parts.scheme in {"http", "https"} and parts.netloc else None


def flags(notice: Notice) -> list[tuple[str, bool | None]]:
    """Every flag with its answer, in the order of the labels: yes when the notice or one of its lots says yes."""
    return [(name, _said(notice, name)) for name in labels.FLAGS]


def _said(notice: Notice, name: str) -> bool | None:
    parts: tuple[Notice | Lot, ...] = (notice, *notice.lots)
    electronic = name == "electronic_submission"
    answers = {part.electronic_submission if electronic else getattr(part.flags, name) for part in parts}
    return True if True in answers else False if False in answers else None


def history(versions: Sequence[VersionRecord], say: Speaker, zone: ZoneInfo) -> list[ShownVersion]:
    """The versions in words, newest first."""
    return [_shown(version, say, zone) for version in versions]


def _shown(record: VersionRecord, say: Speaker, zone: ZoneInfo) -> ShownVersion:
    published = record.notice.published_at
    shown = tuple(_changes(record, say, zone))
    return ShownVersion(
        number=record.version,
        title=labels.best(record.notice.title, say.language)[1],
        published=say.short_instant(published, zone) if published else "",
        saved=say.short_instant(record.saved_at, zone),
        late=record.late,
        reread=record.revision,
        origin=labels.of(labels.ORIGINS, record.origin.value, say),
        changes=shown,
        personal=sum(labels.is_personal(change.path) for change in record.changes),
    )


def _changes(record: VersionRecord, say: Speaker, zone: ZoneInfo) -> Iterator[ShownChange]:
    """The fields that differ, those of every new version last: people look for what moved."""
    for change in sorted(record.changes, key=lambda item: item.path.partition(".")[0] in _OF_EVERY_VERSION):
        if labels.is_personal(change.path):
            continue
        before, after = (tuple(values.lines(value, say, zone)) for value in (change.before, change.after))
        if before != after:
            yield ShownChange(labels.field(change.path, say), before, after)


def neighbours(stored: StoredNotice, of_procedure: Sequence[StoredNotice]) -> list[StoredNotice]:
    """The other notices of the procedure, oldest publication first."""
    others = [other for other in of_procedure if other.notice.id != stored.notice.id]
    return sorted(others, key=lambda other: (other.notice.published_at or other.first_seen_at, other.notice.id))


def reader_of(notice: Notice, say: Speaker, chosen: str | None) -> Reader:
    """The reader of a notice; a language that the notice does not have is no choice."""
    return Reader(say, chosen if chosen in languages_of(notice) else None, portals.zone(notice.portal))
