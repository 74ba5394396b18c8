"""Turns invented drafts into awards: winners, amounts, tenders received, and what goes wrong with them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from simulated_portals.be_bda.drafts import Draft, DraftAward, DraftLot
from simulated_portals.be_bda.invented_data import InventedWorld, PurchasedObject, Supplier

_SUB_TYPES = {"16": "29", "17": "30", "19": "29", "20": "33", "E3": "E4"}


class AwardDrawer:
    """Draws outcomes with one source of chance."""

    def __init__(self, world: InventedWorld, chance: random.Random) -> None:
        self._world = world
        self._chance = chance
        self._objects = {item.key: item for item in world.objects}

    def award_of(self, call: Draft, fresh: Draft) -> Draft:
        """The award of an earlier call: its procedure and words, the ids and times of `fresh`."""
        award = replace(
            call,
            workspace_id=fresh.workspace_id,
            notice_id=fresh.notice_id,
            suffix="002" if call.suffix == "001" else "pub02",
            sub_type=_SUB_TYPES[call.sub_type],
            legal_basis="D24" if call.legal_basis == "D23" else call.legal_basis,
            published_at=fresh.published_at,
            dispatch_date=fresh.dispatch_date,
            deadline=None,
            estimated=None,
            question_period=None,
            two_stage=False,
        )
        return self.with_outcome(award)

    def with_outcome(self, draft: Draft) -> Draft:
        """The draft with a result for every lot."""
        chance = self._chance
        item = self._objects[draft.object_key]
        awards = tuple(self._lot_outcome(draft, item, lot) for lot in draft.lots)
        decided = draft.published_at.date() - timedelta(days=chance.randint(3, 28))
        draft = replace(draft, awards=awards, award_date=decided, total_given=chance.random() < 0.5)
        if draft.sub_type == "25":
            return replace(draft, explanation=self._phrases(draft, "direct_reason"))
        if draft.sub_type == "38":
            percent = str(chance.choice((6, 8, 12, 15, 22)))
            words = {code: text.format(percent=percent) for code, text in self._phrases(draft, "modification").items()}
            return replace(draft, explanation=words, changed_notice=f"{draft.procedure_id[:-2]}a1-01")
        return draft

    def _phrases(self, draft: Draft, name: str) -> dict[str, str]:
        return {language: self._world.phrase(name, language) for language in draft.languages}

    def _lot_outcome(self, draft: Draft, item: PurchasedObject, lot: DraftLot) -> DraftAward:
        chance = self._chance
        direct = draft.sub_type in ("25", "38")
        if not direct and chance.random() < 0.12:
            return DraftAward(lot, None, None, chance.choice((0, 0, 1, 2)))
        amount = self._amount(item, len(draft.lots))
        tenders = 1 if draft.sub_type == "25" else chance.choice((1, 1, 2, 2, 3, 3, 4, 5, 6, 8))
        lowest = highest = None
        if tenders > 1 and chance.random() < 0.4:
            lowest, highest = (
                amount,
                (amount * Decimal(str(round(chance.uniform(1.05, 1.7), 2)))).quantize(Decimal("0.01")),
            )
        return DraftAward(
            lot,
            self._winner(draft, item),
            amount if chance.random() < 0.86 else None,
            None if direct else tenders,
            unnamed_statistic=chance.random() < 0.15,
            lowest=lowest,
            highest=highest,
        )

    def _amount(self, item: PurchasedObject, lots: int) -> Decimal:
        low, high = item.amounts
        euros = self._chance.triangular(low, high, low + (high - low) / 6) * 1000 / lots
        return Decimal(str(round(euros, 2)))

    def _winner(self, draft: Draft, item: PurchasedObject) -> Supplier:
        """Enterprises of the trade, those near the buyer more often."""
        able = [supplier for supplier in self._world.suppliers if item.trade in supplier.sectors]
        near = [supplier for supplier in able if supplier.seat.languages[0] in draft.buyer.languages]
        return self._chance.choice(near if near and self._chance.random() < 0.8 else able)
