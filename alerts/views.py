"""A digest as its templates see it: sections per profile, entries in words, counts of everything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime

from alerts import links, reasons
from alerts.differences import Difference, difference
from alerts.facts import ChangedFact, merged
from alerts.queries import criteria
from alerts.reasons import FOLLOWED, Reason
from alerts.snapshots import NoticeSnapshot
from alerts.wording import N_, Wording, isolated, portal_zone
from core.settings import Settings
from crawlers import portals
from notices.model import Frozen, NoticeKind
from store.records import Hit, HitKind, Owner, Profile

MOST_LISTED = 25
"""Entries of one mail; the rest is counted and linked to."""
_MOST_WORDS = 8
_MOST_MINOR = 5

_CALLS = frozenset({NoticeKind.COMPETITION, NoticeKind.CHANGE, NoticeKind.PLANNING, NoticeKind.CONSULTATION})
"""Kinds that people expect a deadline of; for others an absent one is not worth a line."""

CLAUSES = {
    "text": N_("texte"),
    "open": N_("appel ouvert"),
    "cpv": N_("CPV"),
    "places": N_("lieu"),
    "buyers": N_("acheteur"),
    "value": N_("valeur"),
    "deadline": N_("délai"),
    "published": N_("publication"),
    "kinds": N_("type d'avis"),
    "natures": N_("nature"),
    "procedures": N_("procédure"),
    "countries": N_("pays"),
    "portals": N_("portail"),
    "languages": N_("langue"),
}
_SHOWN = frozenset({"text", "cpv", "places", "buyers", "value"})
"""Clauses whose found words are worth reading; an instant or a code of a list is not."""
FIELDS = {
    "title": N_("intitulé"),
    "description": N_("description"),
    "lot": N_("lot"),
    "buyer": N_("acheteur"),
    "winner": N_("attributaire"),
    "reference": N_("référence"),
    "performance": N_("lieu d'exécution"),
    "seat": N_("siège de l'acheteur"),
}


class Told(Frozen):
    """All that happened to one procedure for one profile since the last mail."""

    kind: HitKind
    latest: NoticeSnapshot
    facts: tuple[ChangedFact, ...]
    reasons: tuple[Reason, ...]
    earlier_publication: bool
    procedure_key: str

    @property
    def minor(self) -> bool:
        """Not worth an entry of its own, and never the reason for a mail."""
        return self.kind is HitKind.CHANGE and not self.facts


class Piece(Frozen):
    """A part of a title; found words are marked."""

    text: str
    marked: bool


class Line(Frozen):
    """One labelled fact."""

    label: str
    value: str


class Entry(Frozen):
    """One notice in words."""

    number: int
    title: str
    pieces: tuple[Piece, ...]
    lines: tuple[Line, ...]
    differences: tuple[Difference, ...]
    why: str
    url: str
    source_url: str | None
    shown_under: str | None
    """Name of the profile under which the same notice stands in full, further up."""


class Group(Frozen):
    """Entries of one kind in a section; `left` more are counted only."""

    heading: str
    entries: tuple[Entry, ...]
    left: int


class Section(Frozen):
    """One profile's part of a digest."""

    name: str
    criteria: str
    groups: tuple[Group, ...]
    minor: tuple[str, ...]
    minor_sentence: str | None
    unsubscribe_url: str


class Counts(Frozen):
    """Procedures by what happened, over all profiles, each counted once: where it stands first."""

    new: int
    changed: int
    existing: int
    minor: int


class DigestView(Frozen):
    """What the templates of a digest need."""

    sections: tuple[Section, ...]
    counts: Counts
    headline: str
    left: int
    all_url: str
    manage_url: str
    unsubscribe_url: str
    coverage: tuple[str, ...]
    attributions: tuple[str, ...]
    """What the portals ask to be named as."""
    main_title: str | None
    built_at: AwareDatetime


def told(hits: Iterable[Hit]) -> list[Told]:
    """Hits of one profile by procedure, in the order they were first found."""
    by_procedure: dict[str, list[Hit]] = {}
    for hit in sorted(hits, key=lambda item: item.id):
        by_procedure.setdefault(hit.procedure_key, []).append(hit)
    return [_one_told(key, group) for key, group in by_procedure.items()]


def _one_told(key: str, group: Sequence[Hit]) -> Told:
    snapshots = [NoticeSnapshot.model_validate(hit.snapshot) for hit in group]
    current = [item for item in snapshots if not (item.progress and item.progress.earlier_publication)]
    first = next((hit for hit in group if hit.kind is not HitKind.CHANGE), group[0])
    steps = tuple(item.progress.facts for item in current if item.progress)
    return Told(
        kind=first.kind,
        latest=(current or snapshots)[-1],
        facts=merged(steps) if first.kind is HitKind.CHANGE else (),
        reasons=reasons.read(first.reasons if first.kind is not HitKind.CHANGE else group[-1].reasons),
        earlier_publication=not current,
        procedure_key=key,
    )


@dataclass(frozen=True)
class Composer:
    """Puts one owner's hits into words."""

    settings: Settings
    owner: Owner
    words: Wording
    now: datetime

    def view(
        self, digest_id: str, by_profile: Sequence[tuple[Profile, Sequence[Told]]], coverage: Sequence[str]
    ) -> DigestView:
        """The digest of these profiles, with at most `MOST_LISTED` entries."""
        ordered = [(profile, _ordered(items)) for profile, items in by_profile]
        shares = shared([sum(not item.minor for item in items) for _, items in ordered], MOST_LISTED)
        shown: dict[str, str] = {}
        sections = []
        for (profile, items), share in zip(ordered, shares, strict=True):
            sections.append(self._section(profile, items, share, shown))
        counts = _counted([item for _, items in ordered for item in items])
        main = next((item for _, items in ordered for item in items if not item.minor), None)
        total = counts.new + counts.changed + counts.existing
        only = by_profile[0][0].id if len(by_profile) == 1 else None
        return DigestView(
            sections=tuple(sections),
            counts=counts,
            headline=self.headline(counts),
            left=total - len(shown),
            all_url=links.digest_url(self.settings, self.owner.id, digest_id),
            manage_url=links.manage_url(self.settings, self.owner.id),
            unsubscribe_url=links.unsubscribe_url(self.settings, self.owner.id, only),
            coverage=tuple(coverage),
            attributions=_attributions(item.latest.portal for _, items in ordered for item in items),
            main_title=self.words.best(main.latest.title, 90) if main else None,
            built_at=self.now,
        )

    def headline(self, counts: Counts) -> str:
        """`3 nouveaux avis et 1 modification`."""
        words, parts = self.words, []
        if counts.new:
            parts.append(words.plural("{n} nouvel avis", "{n} nouveaux avis", counts.new))
        if counts.changed:
            parts.append(words.plural("{n} modification", "{n} modifications", counts.changed))
        if counts.existing:
            parts.append(words.plural("{n} avis ouvert", "{n} avis ouverts", counts.existing))
        return words.both(parts)

    def _section(self, profile: Profile, items: Sequence[Told], share: int, shown: dict[str, str]) -> Section:
        _ = self.words.translate
        headings = {
            HitKind.NEW: _("Nouveaux"),
            HitKind.CHANGE: _("Modifiés"),
            HitKind.EXISTING: _("Ouverts aujourd'hui"),
        }
        telling = {kind: [item for item in items if item.kind is kind and not item.minor] for kind in headings}
        rooms = _rooms([len(found) for found in telling.values()], share)
        groups, number = [], 0
        for (kind, found), room in zip(telling.items(), rooms, strict=True):
            if not found:
                continue
            entries = []
            for item in found[:room]:
                number += 1
                entries.append(self._entry(item, number, profile.name, shown))
            heading = f"{headings[kind]} ({self.words.number(len(found))})"
            groups.append(Group(heading=heading, entries=tuple(entries), left=len(found) - len(entries)))
        minor = [item for item in items if item.minor]
        return Section(
            name=profile.name,
            criteria=criteria(profile, self.owner.language),
            groups=tuple(groups),
            minor=tuple(self._minor(item) for item in minor[:_MOST_MINOR]),
            minor_sentence=self._minor_sentence(len(minor)),
            unsubscribe_url=links.unsubscribe_url(self.settings, self.owner.id, profile.id),
        )

    def _entry(self, item: Told, number: int, profile_name: str, shown: dict[str, str]) -> Entry:
        latest, words = item.latest, self.words
        zone = portal_zone(latest.portal)
        above = shown.setdefault(item.procedure_key, profile_name)
        title = words.best(latest.title) or words.translate("(sans intitulé)")
        found = [word for reason in item.reasons for word in reason.words]
        differences = tuple(difference(change, words, zone) for change in item.facts)
        return Entry(
            number=number,
            title=title,
            pieces=marked(title, found),
            lines=self._lines(latest, {change.label for change in differences}) if above == profile_name else (),
            differences=differences,
            why=self._why(item.reasons),
            url=links.notice_url(self.settings, latest.notice_id),
            source_url=latest.url,
            shown_under=None if above == profile_name else above,
        )

    def _lines(self, item: NoticeSnapshot, told: set[str]) -> tuple[Line, ...]:
        """The facts of a notice, without those that its changes tell already."""
        words, _ = self.words, self.words.translate
        buyers = [words.best(name, 120) for name in item.buyers]
        places = [text for place in item.places if (text := words.place(place))]
        kind = words.kind(item.kind) + (f", {_('annulé')}" if item.cancelled else "")
        lines = [
            (_("Acheteur"), self._list(buyers, item.more_buyers)),
            (_("Lieu"), self._list(places, item.more_places)),
            (_("Délai"), words.deadline(item.deadline, portal_zone(item.portal), self.now)),
            (_("Valeur"), words.money(item.value)),
            (_("Procédure"), words.procedure(item.procedure, item.procedure_printed)),
            (_("Portail"), f"{words.portal(item.portal)} – {kind}"),
        ]
        if item.lots > 1:
            lines.append((_("Lots"), words.number(item.lots)))
        if item.partial:
            lines.append((_("Attention"), _("seule une partie de cet avis a pu être lue")))
        if item.deadline is None and item.kind not in _CALLS:
            told = {*told, _("Délai")}
        return tuple(Line(label=label, value=value) for label, value in lines if label not in told)

    def _list(self, texts: Sequence[str], more: int) -> str:
        listed = [isolated(text) for text in texts[:3]]
        left = more + len(texts) - len(listed)
        if not listed:
            return self.words.translate("non communiqué")
        return self.words.several(
            [*listed, *([self.words.plural("et {n} autre", "et {n} autres", left)] if left else [])]
        )

    def _why(self, found: Sequence[Reason]) -> str:
        telling_most_first = sorted(found, key=lambda reason: reason.clause == "open")
        return self.words.several(dict.fromkeys(text for item in telling_most_first if (text := self._reason(item))))

    def _reason(self, reason: Reason) -> str:
        _ = self.words.translate
        if reason.clause == FOLLOWED:
            return _("suite d'une procédure qui vous a été signalée")
        text = _(CLAUSES[reason.clause]) if reason.clause in CLAUSES else reason.clause
        if reason.unknown:
            return f"{text} ({_('non précisé par le portail')})"
        if reason.clause == "text" and reason.printed and not reason.words:
            return _("« {word} », sous une autre forme", word=isolated(reason.printed))
        if reason.words and reason.clause in _SHOWN:
            found = [self.words.cpv(word) if reason.clause == "cpv" else word for word in reason.words[:_MOST_WORDS]]
            text = f"{text} {', '.join(_('« {word} »', word=isolated(word)) for word in found)}"
        return f"{text} ({_(FIELDS[reason.field])})" if reason.field in FIELDS else text

    def _minor(self, item: Told) -> str:
        title = isolated(self.words.best(item.latest.title, 120))
        return f"{title} – {links.notice_url(self.settings, item.latest.notice_id)}"

    def _minor_sentence(self, count: int) -> str | None:
        if not count:
            return None
        return self.words.plural(
            "{n} changement mineur (coordonnées, mise en forme, publication antérieure retrouvée) :",
            "{n} changements mineurs (coordonnées, mise en forme, publication antérieure retrouvée) :",
            count,
        )


def marked(title: str, found: Iterable[str]) -> tuple[Piece, ...]:
    """The title in pieces, the found words marked wherever they stand as whole words."""
    wanted = sorted({word for word in found if word.strip()}, key=len, reverse=True)
    if not wanted:
        return (Piece(text=title, marked=False),)
    pattern = re.compile(rf"(?<!\w)({'|'.join(re.escape(word) for word in wanted)})(?!\w)", re.IGNORECASE)
    parts = pattern.split(title)  # every second part is a found word
    return tuple(Piece(text=part, marked=place % 2 == 1) for place, part in enumerate(parts) if part)


def shared(counts: Sequence[int], room: int) -> list[int]:
    """How many entries each of several profiles may list, so that a broad one does not crowd out the others."""
    shares = [0] * len(counts)
    while room > 0 and any(share < count for share, count in zip(shares, counts, strict=True)):
        for place, count in enumerate(counts):
            if shares[place] < count and room > 0:
                shares[place] += 1
                room -= 1
    return shares


def _rooms(counts: Sequence[int], share: int) -> list[int]:
    """Room for new, changed and existing ones: changes keep a third of a full section, the others follow in order."""
    new, changed, existing = counts
    room_changed = min(changed, max(share // 3, share - new))
    room_new = min(new, share - room_changed)
    return [room_new, room_changed, min(existing, share - room_new - room_changed)]


def _ordered(items: Iterable[Told]) -> list[Told]:
    order = {HitKind.NEW: 0, HitKind.CHANGE: 1, HitKind.EXISTING: 2}

    def key(item: Told) -> tuple[bool, int, bool, str, str]:
        deadline = item.latest.deadline
        return (
            item.minor,
            order[item.kind],
            deadline is None,
            deadline.at.isoformat() if deadline else "",
            item.procedure_key,
        )

    return sorted(items, key=key)


def _attributions(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(portals.load(key).attribution for key in sorted(set(keys)) if key in portals.keys())


def _counted(items: Sequence[Told]) -> Counts:
    first: dict[str, HitKind] = {}
    for item in items:
        if not item.minor:
            first.setdefault(item.procedure_key, item.kind)
    minor = {item.procedure_key for item in items if item.minor} - first.keys()
    telling = list(first.values())
    return Counts(
        new=telling.count(HitKind.NEW),
        changed=telling.count(HitKind.CHANGE),
        existing=telling.count(HitKind.EXISTING),
        minor=len(minor),
    )
