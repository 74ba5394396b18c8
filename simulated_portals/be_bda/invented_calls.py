"""Draws invented notices: who calls for what, where, in which words, until when."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from simulated_portals.be_bda.drafts import Draft, DraftLot
from simulated_portals.be_bda.invented_data import InventedBuyer, InventedWorld, Place, PurchasedObject
from simulated_portals.be_bda.publications import Texts

HOURS = (time(10), time(10), time(11), time(14), time(9, 30), time(12), time(23, 59), time(16), time(0))
REGIONAL = frozenset(
    {"intercommunale", "region", "federal", "police", "fire", "water", "transport", "housing", "university", "museum"}
)
ACCREDITATION_CLASSES = (135, 275, 500, 900, 1_810, 3_225, 5_330)
"""Thousands of euros up to which a contractor of class 1, 2, … may work (the amounts the portal itself answers)."""
EU_FUNDS_SENTENCE, SINGLE_LOT_SENTENCE = 8, 5
"""Which of the closing sentences tell of European money, and of tenders for a single lot."""
CLOSING_SENTENCES = {"WORKS": (0, 2, 3, 4, 6, 7, 9), "SUPPLIES": (1, 3, 6, 7, 9), "SERVICES": (1, 3, 4, 6, 7, 9)}
MONTHS = {"WORKS": (4, 6, 7, 9, 12, 14, 18), "SUPPLIES": (6, 12, 24, 36, 48), "SERVICES": (12, 14, 24, 36, 36, 48, 48)}
GROUPS = ((("FR",), 45), (("NL",), 34), (("DE",), 8), (("FR", "NL"), 13))


@dataclass(frozen=True)
class Procedure:
    """How a procedure is spelled: in the document, in the portal's rows, and whether it has two stages."""

    code: str | None
    portal: str | None
    two_stage: bool = False


OPEN = Procedure("open", "OPEN")
RESTRICTED = Procedure("restricted", "RESTRICTED", True)
NEGOTIATED = Procedure("neg-w-call", "S_NEG_W_CALL_24_81")
NEGOTIATED_TWO_STAGES = Procedure("neg-w-call", "S_NEG_W_CALL_24_81", True)
WITHOUT_CALL = Procedure("neg-wo-call", "NEG_WO_CALL_24")
NATIONAL_DIRECT = Procedure("oth-single", "NEG_WO_CALL_24")

_PROCEDURES: dict[str, tuple[Procedure, ...]] = {
    "16": (OPEN, OPEN, OPEN, NEGOTIATED, NEGOTIATED, RESTRICTED, NEGOTIATED_TWO_STAGES),
    "17": (OPEN, NEGOTIATED_TWO_STAGES, NEGOTIATED_TWO_STAGES),
    "19": (NEGOTIATED, NEGOTIATED_TWO_STAGES),
    "20": (OPEN, NEGOTIATED, NEGOTIATED_TWO_STAGES),
    "E3": (NATIONAL_DIRECT, OPEN, NEGOTIATED, NATIONAL_DIRECT),
    "E1": (Procedure(None, None),),
    "29": (OPEN, OPEN, NEGOTIATED, WITHOUT_CALL),
    "30": (OPEN, WITHOUT_CALL),
    "33": (NEGOTIATED, WITHOUT_CALL),
    "E4": (NATIONAL_DIRECT, NATIONAL_DIRECT, OPEN),
    "25": (WITHOUT_CALL,),
    "38": (OPEN,),
}


class CallDrawer:
    """Draws drafts from a world with one source of chance, so that the same seed draws the same drafts."""

    def __init__(self, world: InventedWorld, chance: random.Random) -> None:
        self._world = world
        self._chance = chance

    def uuid(self) -> str:
        """A random UUID that follows from the seed."""
        bits = self._chance.getrandbits(128) & ~(0xF << 76) | (4 << 76)
        text = f"{bits & ~(0x3 << 62) | (0x2 << 62):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def draft(self, published_at: datetime, role: str) -> Draft:
        """A new notice; `role` is `call`, `award`, `consultation`, `direct` or `modification`."""
        chance = self._chance
        buyer, languages, item = self._subject(role)
        amount = self._amount(item)
        sub_type = self._sub_type(role, item, buyer, amount)
        procedure = chance.choice(_PROCEDURES[sub_type])
        place = self._place(buyer)
        months = chance.choice(MONTHS[item.nature])
        eu_funds = chance.random() < 0.07 and item.trade not in ("finance", "food")
        titles, descriptions = self._wording(
            item, place, languages, self._closing(item, languages, months, eu_funds=eu_funds)
        )
        if role == "consultation":
            titles = {
                language: self._world.phrase("consultation", language).format(title=title)
                for language, title in titles.items()
            }
        utility = buyer.utility and sub_type in ("17", "30", "25", "38")
        draft = Draft(
            workspace_id=self.uuid(),
            notice_id=self.uuid(),
            procedure_id=self.uuid(),
            reference=self._reference(buyer, published_at.date()),
            suffix=chance.choice(("001", "pub01", "pub01", "gra01" if role == "award" else "001")),
            sub_type=sub_type,
            object_key=item.key,
            nature=item.nature,
            cpv=item.cpv,
            buyer=buyer,
            place=place,
            languages=languages,
            titles=titles,
            descriptions=descriptions,
            lots=self._lots(item, titles, descriptions, languages),
            legal_basis="D25" if utility else "D23" if sub_type == "19" else "D24",
            published_at=published_at,
            dispatch_date=published_at.date() - timedelta(days=chance.choice((0, 0, 1))),
            months=months,
            service=self._same("service", languages),
            criteria={language: self._world.list_of("criteria", language) for language in languages},
            review={language: self._world.phrase("review", language) for language in languages},
            procedure_code=procedure.code,
            procedure_type=(procedure.portal or "").replace("CALL_24", "CALL_25" if utility else "CALL_24") or None,
            two_stage=procedure.two_stage,
            estimated=Decimal(amount) * 1000 if role == "call" and chance.random() < 0.07 else None,
            framework=item.nature != "WORKS" and chance.random() < 0.25,
            accreditations=_accreditations(item, amount),
            eu_funds=eu_funds,
            ted=not sub_type.startswith("E") and procedure is not NEGOTIATED and chance.random() < 0.8,
        )
        return self._with_deadline(draft, role)

    def _subject(self, role: str) -> tuple[InventedBuyer, tuple[str, ...], PurchasedObject]:
        """A buyer, the languages of its notice, and something that such a buyer calls for."""
        chance, world = self._chance, self._world
        group = chance.choices([group for group, _ in GROUPS], [weight for _, weight in GROUPS])[0]
        buyers = [buyer for buyer in world.buyers if buyer.languages == group]
        while True:
            buyer = chance.choice(buyers)
            items = [item for item in world.objects if buyer.kind in item.buyers]
            if role == "direct":
                items = [item for item in items if item.nature != "WORKS"]
            if items:
                break
        item = chance.choice(items)
        return buyer, self._languages(buyer, item), item

    def _languages(self, buyer: InventedBuyer, item: PurchasedObject) -> tuple[str, ...]:
        """Mostly the buyer's own; bilingual buyers mostly both; English where the object has it, now and then."""
        chance = self._chance
        languages = list(buyer.languages)
        if len(languages) > 1:
            chance.shuffle(languages)
            languages = languages if chance.random() < 0.75 else languages[:1]
        elif languages == ["DE"] and chance.random() < 0.25:
            languages.append("FR")
        if item.en and buyer.kind in ("university", "federal", "hospital", "region"):
            draw = chance.random()
            if draw < 0.2:
                return ("EN",)
            if draw < 0.4:
                return (languages[0], "EN")
        return tuple(languages)

    def _amount(self, item: PurchasedObject) -> int:
        """Thousands of euros, small amounts more often."""
        low, high = item.amounts
        return max(1, round(math.exp(self._chance.uniform(math.log(low), math.log(high)))))

    def _sub_type(self, role: str, item: PurchasedObject, buyer: InventedBuyer, amount: int) -> str:
        if role == "consultation":
            return "E1"
        if role == "direct":
            return "25"
        if role == "modification":
            return "38"
        small = amount < (400 if item.nature == "WORKS" else 140)
        if role == "award":
            return self._award_type(item, buyer, small=small)
        if item.concession:
            return "19"
        if item.social:
            return "E3" if small and self._chance.random() < 0.4 else "20"
        if buyer.utility:
            return "17"
        return "E3" if small and self._chance.random() < 0.55 else "16"

    def _award_type(self, item: PurchasedObject, buyer: InventedBuyer, *, small: bool) -> str:
        if small or self._chance.random() < 0.35:
            return "E4"
        if item.social:
            return "33"
        return "30" if buyer.utility else "29"

    def _place(self, buyer: InventedBuyer) -> Place:
        if buyer.kind not in REGIONAL:
            return buyer.seat
        return self._chance.choice([place for place in self._world.places if place.languages == buyer.languages])

    def _wording(
        self, item: PurchasedObject, place: Place, languages: tuple[str, ...], closing: dict[str, list[str]]
    ) -> tuple[Texts, Texts]:
        chance, world = self._chance, self._world
        wordings = {language: item.wording(language) or item.fr for language in languages}
        choice = chance.randrange(min(len(wording.titles) for wording in wordings.values()))
        site, street = chance.randrange(12), chance.randrange(10)
        numbers = {name: _round(chance.randint(*limits)) for name, limits in item.numbers.items()}
        titles, descriptions = {}, {}
        for language, wording in wordings.items():
            town = place.name(language)
            slots = {
                "place": town,
                "of_place": f"d'{town}" if town[0] in "AEIOUÉHY" and town not in ("Herstal", "Huy") else f"de {town}",
                "site": world.list_of("sites", language)[site],
                "street": world.list_of("streets", language)[street],
                **numbers,
            }
            titles[language] = wording.titles[choice].format(**slots)
            descriptions[language] = " ".join((wording.about.format(**slots), *closing[language]))
        return titles, descriptions

    def _closing(
        self, item: PurchasedObject, languages: tuple[str, ...], months: int, *, eu_funds: bool
    ) -> dict[str, list[str]]:
        """Sentences about the conditions, the same in every language."""
        fitting = [*CLOSING_SENTENCES[item.nature], *([SINGLE_LOT_SENTENCE] if item.fr.lots else [])]
        chosen = self._chance.sample(fitting, self._chance.choice((1, 2, 2, 3)))
        if eu_funds:
            chosen.append(EU_FUNDS_SENTENCE)
        return {
            language: [self._world.list_of("closing", language)[index].format(months=months) for index in chosen]
            for language in languages
        }

    def _lots(
        self, item: PurchasedObject, titles: Texts, descriptions: Texts, languages: tuple[str, ...]
    ) -> tuple[DraftLot, ...]:
        """One lot that repeats the notice (the Belgian habit), or several with names of their own."""
        chance = self._chance
        names = {language: (item.wording(language) or item.fr).lots for language in languages}
        most = min(len(lots) for lots in names.values())
        if most < 2 or chance.random() < 0.35:
            return (DraftLot(1, titles, descriptions),)
        return tuple(
            self._named_lot(number, {language: lots[number - 1] for language, lots in names.items()}, titles)
            for number in range(1, chance.randint(2, most) + 1)
        )

    def _named_lot(self, number: int, names: Texts, titles: Texts) -> DraftLot:
        words: dict[str, str] = self._world.phrases["lot_word"]
        lot_titles = {language: f"{words[language.lower()]} {number}: {name}" for language, name in names.items()}
        return DraftLot(
            number, lot_titles, {language: f"{name}. {titles[language]}." for language, name in names.items()}
        )

    def _same(self, phrase: str, languages: tuple[str, ...]) -> Texts:
        index = self._chance.randrange(3)
        return {language: self._world.list_of(phrase, language)[index] for language in languages}

    def _reference(self, buyer: InventedBuyer, day: date) -> str:
        number = self._chance.randint(1, 999)
        short = f"{buyer.organisation.organisation_id:X}"[-3:]
        return self._chance.choice(
            (
                f"{day.year}-{number:03d}-{short}",
                f"{day.year}/{number:03d}",
                f"{day:%y}/{number:03d} {short}",
                f"PPP0{short}-{number}/{6000 + number % 90}/{day.year}-{number:03d}",
                f"{short}/{day.year}/{number:03d}/{buyer.kind[:3].upper()}",
                f"{buyer.kind[:3].upper()}{day:%y}-{number:04d}",
            )
        )

    def _with_deadline(self, draft: Draft, role: str) -> Draft:
        if role not in ("call", "consultation"):
            return draft
        chance = self._chance
        shortest, longest = (12, 30) if draft.sub_type.startswith("E") else (22, 52)
        day = draft.published_at.date() + timedelta(days=chance.randint(shortest, longest))
        day += timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
        deadline = datetime.combine(day, chance.choice(HOURS))
        if role == "consultation" or chance.random() < 0.35:
            return replace(draft, deadline=deadline)
        asked_until = day - timedelta(days=chance.choice((7, 8, 10)))
        opened = draft.published_at.date()
        return replace(draft, deadline=deadline, question_period=(opened, max(opened, asked_until)))


def _round(number: int) -> int:
    """Large numbers as buyers write them: not to the unit."""
    if number > 1_000:
        return round(number, -2)
    return round(number, -1) if number > 200 else number


def _accreditations(item: PurchasedObject, amount: int) -> tuple[tuple[str, int], ...]:
    """Contractor classes are asked above 50,000 euros for a sub-category and 75,000 for a category."""
    code = item.accreditation
    if code is None or amount < (50 if len(code) > 1 else 75):
        return ()
    level = next((level for level, limit in enumerate(ACCREDITATION_CLASSES, 1) if amount <= limit), 8)
    main = ((code[0], level),) if len(code) > 1 and level >= 6 else ()
    return (*main, (code, level))
