"""`NoticeQuery`: the one language of search pages, saved profiles, feeds and exports.

A query is a set of clauses that must all hold; the values inside one list are alternatives. Clauses are about the
notice: any lot satisfies any clause. Each filter declares what happens to notices that do not say: `include` keeps
them, labelled and counted, `exclude` drops them. The canonical form is JSON (`to_json`) or a URL query string
(`to_url`); both read back to an equal query. Everything that cannot be understood raises `QueryError`, a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from notices.model import CurrencyCode, Nature, NoticeKind
from search import analysis, describe, restriction, url
from search.codes import country_code, cpv_branch, place_code, procedure_code
from search.describe import Clause
from search.errors import QueryError
from search.text import parse

QUERY_VERSION: Final = "1"
MAX_VALUES: Final = 200
"""Alternatives in one list."""
MAX_JSON: Final = 100_000
"""Characters of a query as JSON or URL."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Amount = Annotated[Decimal, Field(ge=0, le=Decimal(10) ** 12, max_digits=18, decimal_places=2)]


class Unknown(StrEnum):
    """What a filter does with notices that do not say."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class PlaceOf(StrEnum):
    """Which place a place filter looks at."""

    PERFORMANCE = "performance"
    SEAT = "seat"  # of a buyer
    EITHER = "either"


class QueryPart(BaseModel):
    """Base of query and clauses: immutable, unknown keys refused, every error a `QueryError`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="wrap")
    @classmethod
    def _sentences(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(data)
        except ValidationError as error:
            raise _as_query_error(error) from error


class ValueRange(QueryPart):
    """Amounts between `minimum` and `maximum`, both included, in one currency; amounts are never converted."""

    minimum: Amount | None = None
    maximum: Amount | None = None
    currency: CurrencyCode
    unknown: Unknown = Unknown.INCLUDE

    @field_validator("minimum", "maximum")
    @classmethod
    def _canonical_amount(cls, value: Decimal | None) -> Decimal | None:
        return None if value is None else Decimal(format(value.normalize(), "f"))

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise QueryError("La valeur minimale dépasse la valeur maximale.", parameter="value")
        return self

    def says_something(self) -> bool:
        """Whether the clause can exclude any notice."""
        return self.minimum is not None or self.maximum is not None or self.unknown is Unknown.EXCLUDE


class DateRange(QueryPart):
    """Publication days `from` to `to`, both included, in the portal's days; or the last days up to today.

    `last_days=1` is today alone.
    """

    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    last_days: Days | None = None
    unknown: Unknown = Unknown.INCLUDE

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _check_dates(self.from_, self.to, self.last_days, "published")
        return self

    def says_something(self) -> bool:
        """Whether the clause can exclude any notice."""
        return bool(self.from_ or self.to or self.last_days) or self.unknown is Unknown.EXCLUDE


class DeadlineRange(QueryPart):
    """First instant by which suppliers must act, in the portal's days; `next_days=1` is today alone.

    `open` keeps calls for competition whose deadline has not passed and that are not cancelled.
    """

    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    next_days: Days | None = None
    open: bool = False
    unknown: Unknown = Unknown.INCLUDE

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _check_dates(self.from_, self.to, self.next_days, "deadline")
        return self

    def ranged(self) -> bool:
        """Whether a range of days, or a stated deadline, is asked for."""
        if self.from_ or self.to or self.next_days:
            return True
        return self.unknown is Unknown.EXCLUDE and not self.open

    def says_something(self) -> bool:
        """Whether the clause can exclude any notice."""
        return self.open or self.ranged()


_Range = TypeVar("_Range", ValueRange, DateRange, DeadlineRange)


class FlagClause(QueryPart):
    """What a notice must say about itself."""

    is_: bool = Field(alias="is")
    unknown: Unknown = Unknown.INCLUDE


class FlagClauses(QueryPart):
    """One clause per flag of the common model."""

    sme_suitable: FlagClause | None = None
    reserved: FlagClause | None = None
    green: FlagClause | None = None
    social: FlagClause | None = None
    innovation: FlagClause | None = None
    eu_funds: FlagClause | None = None
    electronic_submission: FlagClause | None = None

    def items(self) -> tuple[tuple[str, FlagClause], ...]:
        """The flags that are asked for."""
        return tuple((name, clause) for name in type(self).model_fields if (clause := getattr(self, name)) is not None)


class NoticeQuery(QueryPart):
    """A search over notices; see docs/query-language.md. Lists are sorted and without duplicates."""

    version: Literal["1"] = QUERY_VERSION
    text: str | None = Field(default=None, description="words as a person types them")
    countries: tuple[str, ...] = Field(default=(), description="ISO 3166-1 alpha-2 codes")
    portals: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")], ...] = ()
    kinds: tuple[NoticeKind, ...] = ()
    natures: tuple[Nature, ...] = ()
    natures_unknown: Unknown = Unknown.EXCLUDE
    procedures: tuple[Words, ...] = Field(default=(), description="codes of the eForms list procurement-procedure-type")
    procedures_unknown: Unknown = Unknown.EXCLUDE
    buyers: tuple[Words, ...] = Field(default=(), description="words of a buyer's name, or a registration number")
    languages: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")], ...] = ()
    languages_unknown: Unknown = Unknown.EXCLUDE
    cpv: tuple[str, ...] = Field(default=(), description="CPV branches as their significant digits: 45, 4523, 45233140")
    cpv_unknown: Unknown = Unknown.EXCLUDE
    cpv_not: tuple[str, ...] = Field(default=(), description="notices with any code in these branches are left out")
    places: tuple[str, ...] = Field(default=(), description="NUTS codes of any level, or ISO 3166-1 and 3166-2 codes")
    place_of: PlaceOf = PlaceOf.EITHER
    places_unknown: Unknown = Unknown.INCLUDE
    value: ValueRange | None = None
    published: DateRange | None = None
    deadline: DeadlineRange | None = None
    flags: FlagClauses = FlagClauses()

    @field_validator("text")
    @classmethod
    def _understood(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        parse(value)  # as typed, so that positions are those of the person's text
        return " ".join(value.split())

    @field_validator("languages", "portals", "kinds", "natures", mode="before")
    @classmethod
    def _lower_case(cls, value: Any) -> Any:
        if not isinstance(value, (list, tuple, set, frozenset)):
            return value
        return [item.strip().lower() if type(item) is str else item for item in value]

    @field_validator("buyers")
    @classmethod
    def _searchable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if not analysis.words(entry):
                raise QueryError("« {given} » n’est pas un nom d’acheteur.", given=entry, parameter="buyers")
        return value

    @field_validator("procedures")
    @classmethod
    def _procedures(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(procedure_code(printed) for printed in value)

    @field_validator("cpv", "cpv_not")
    @classmethod
    def _branches(cls, value: tuple[str, ...], info: Any) -> tuple[str, ...]:
        return tuple(cpv_branch(code, info.field_name) for code in value)

    @field_validator("countries")
    @classmethod
    def _countries(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(country_code(code) for code in value)

    @field_validator("places")
    @classmethod
    def _codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(place_code(code) for code in value)

    @field_validator(
        "countries", "portals", "kinds", "natures", "procedures", "buyers", "languages", "cpv", "cpv_not", "places"
    )
    @classmethod
    def _sorted(cls, value: tuple[str, ...], info: Any) -> tuple[str, ...]:
        if len(value) > MAX_VALUES:
            raise QueryError(
                "Le champ « {name} » a plus de {limit} valeurs.",
                name=info.field_name, limit=MAX_VALUES, parameter=info.field_name,
            )  # fmt: skip
        return tuple(sorted(set(value)))

    @field_validator("value", "published", "deadline")
    @classmethod
    def _absent_when_empty(cls, value: _Range | None) -> _Range | None:
        return value if value is not None and value.says_something() else None

    @classmethod
    def open_calls(cls, **fields: Any) -> Self:
        """A query for open calls, with other fields as given."""
        return cls(deadline=DeadlineRange(open=True), **fields)

    def only_open(self) -> Self:
        """This query, narrowed to open calls."""
        deadline = (self.deadline or DeadlineRange()).model_copy(update={"open": True})
        return self.model_copy(update={"deadline": deadline})

    def to_dict(self) -> dict[str, Any]:
        """The canonical form as JSON values: what is not said is left out, the version is always there."""
        return {"version": self.version, **self.model_dump(mode="json", by_alias=True, exclude_defaults=True)}

    def to_json(self) -> str:
        """The canonical form as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, source: str | bytes | Mapping[str, Any]) -> Self:
        """Read JSON text or JSON values. Raises `QueryError`."""
        if isinstance(source, Mapping):
            return cls.model_validate(dict(source))
        if len(source) > MAX_JSON:
            raise QueryError("La requête a plus de {limit} caractères.", limit=MAX_JSON)
        try:
            data = json.loads(source)
        except (ValueError, RecursionError) as error:
            raise QueryError("La requête n’est pas du JSON : {detail}.", detail=error) from error
        if not isinstance(data, dict):
            raise QueryError("La requête n’est pas un objet JSON.")
        return cls.model_validate(data)

    def to_url(self) -> str:
        """The canonical form as a URL query string, without a question mark."""
        return url.encode(self.to_dict())

    @classmethod
    def from_url(cls, query_string: str, *, beside: frozenset[str] = frozenset()) -> Self:
        """Read a URL query string. Raises `QueryError` for parameters that are neither ours nor in `beside`.

        `beside` names the parameters that a page reads itself, such as a sort order.
        """
        if len(query_string) > MAX_JSON:
            raise QueryError("La requête a plus de {limit} caractères.", limit=MAX_JSON)
        return cls.model_validate(url.decode(query_string.removeprefix("?"), beside))

    def matches_everything(self, language: str = "fr") -> str | None:
        """Why a profile of this query must be refused, as a sentence, or None when the query restricts something."""
        return restriction.reason(self, language)

    def clauses(self, language: str = "fr") -> tuple[Clause, ...]:
        """Every clause with its name and a text for people."""
        return describe.clauses(self, language)

    def describe(self, language: str = "fr") -> str:
        """The query as a sentence for people."""
        return describe.sentence(self, language)


def _check_dates(start: date | None, end: date | None, days: int | None, parameter: str) -> None:
    if days is not None and (start or end):
        raise QueryError("Donnez soit des dates, soit un nombre de jours, pas les deux.", parameter=parameter)
    if start and end and start > end:
        raise QueryError("La première date est après la dernière.", parameter=parameter)


def _as_query_error(error: ValidationError) -> QueryError:
    """The first thing that is wrong, as a sentence."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"] if not isinstance(part, int)) or "?"
    given, context = first.get("input"), first.get("ctx", {})
    if first["type"] == "extra_forbidden":
        return QueryError("Une requête n’a pas de champ « {name} ».", name=name, parameter=name)
    if first["type"] == "missing":
        return QueryError("Il manque le champ « {name} ».", name=name, parameter=name)
    if first["type"] in ("enum", "literal_error"):
        return QueryError(
            "« {given} » n’est pas une valeur du champ « {name} » : attendu {expected}.",
            given=given, name=name, parameter=name,
            expected=str(context.get("expected", "?")).replace("'", "").replace(" or ", ", "),
        )  # fmt: skip
    shown = str(given)[:80]
    return QueryError("« {given} » ne convient pas au champ « {name} ».", given=shown, name=name, parameter=name)
