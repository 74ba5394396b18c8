"""What the portal of purchase orders publishes: notices that ask for quotes, and their results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Article:
    """One article asked for."""

    title: str
    unit: str
    quantity: int
    tax: int
    warranty: str
    specifications: str


@dataclass(frozen=True)
class Cancellation:
    """When and why a notice was cancelled."""

    at: datetime
    reason: str


@dataclass(frozen=True)
class Order:
    """An avis d'achat. Instants are naive, on Casablanca's clock."""

    id: int
    reference: str
    title: str
    buyer: str
    published: datetime
    deadline: datetime
    places: tuple[str, ...]
    category: str
    nature: str
    articles: tuple[Article, ...]
    files: tuple[str, ...] = ()
    cancellation: Cancellation | None = None


@dataclass(frozen=True)
class Result:
    """A result. Without winner it was unsuccessful."""

    reference: str
    title: str
    buyer: str
    category: str
    published: datetime
    quotes: int
    winner: str | None = None
    amount: Decimal | None = None
