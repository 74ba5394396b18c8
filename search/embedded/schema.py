"""The Tantivy schema, and documents as Tantivy stores them.

Texts are analysed in Python (`search.analysis`) and handed over as terms between spaces, so that index, queries,
matcher and highlights share one definition. Two values of one field never make a phrase: Tantivy leaves a gap between
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import tantivy

from search import analysis
from search.document import UNKNOWN, IndexDocument
from search.plan import Number
from search.port import Facet

SCHEMA_VERSION: Final = "1"
"""Change it with the schema, `IndexDocument` or the analysis: an index written under another one is rebuilt."""

TERMS_TOKENIZER: Final = "vigie_terms"
NUMBER_FIELDS: Final = {
    Number.PUBLISHED_DAY: "published_day",
    Number.DEADLINE: "deadlines",
    Number.DEADLINE_DAY: "deadline_days",
    Number.AMOUNT: "amounts",
}
FACET_FACTS: Final = {
    Facet.KIND: "kind",
    Facet.COUNTRY: "country",
    Facet.PORTAL: "portal",
    Facet.NATURE: "nature",
    Facet.PROCEDURE: "procedure",
    Facet.LANGUAGE: "language",
}
KEYED_FACETS: Final = (*FACET_FACTS, Facet.CPV_DIVISION, Facet.REGION, Facet.PROVINCE, Facet.BUYER, Facet.MONTH)
"""Facets that are fields; the others are ranges."""
_MAX_KEY: Final = 300


def build() -> tantivy.Schema:
    """The schema."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("source", stored=True)
    builder.add_text_field("facts", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("title", tokenizer_name=TERMS_TOKENIZER, index_option="position")
    builder.add_text_field("body", tokenizer_name=TERMS_TOKENIZER, index_option="position")
    builder.add_text_field("words", tokenizer_name=TERMS_TOKENIZER, index_option="basic")
    for field in NUMBER_FIELDS.values():
        builder.add_integer_field(field, indexed=True, fast=True)
    for field in ("sort_published", "sort_deadline", "sort_value"):
        builder.add_integer_field(field, indexed=True, fast=True)
    for facet in KEYED_FACETS:
        builder.add_text_field(f"facet_{facet}", fast=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def register(index: tantivy.Index) -> None:
    """Make the tokenizer of the text fields known; must be done each time an index is opened."""
    analyser = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(TERMS_TOKENIZER, analyser)


def to_tantivy(document: IndexDocument, schema: tantivy.Schema) -> tantivy.Document:
    """The document as Tantivy takes it."""
    values: dict[str, Any] = {
        "id": document.id,
        "source": document.model_dump_json().encode(),
        "facts": list(document.facts),
        "title": [" ".join(analysis.terms(p.text, p.language)) for p in document.pieces if p.field == "title"],
        "body": [" ".join(analysis.terms(p.text, p.language)) for p in document.pieces],
        "words": " ".join({word for piece in document.pieces for word in analysis.words(piece.text)}),
        "deadlines": list(document.deadlines),
        "deadline_days": list(document.deadline_days),
        "amounts": list(document.amounts),
    }
    if document.published_at is not None:
        values |= {"sort_published": document.published_at, "published_day": document.published_day}
    if document.deadlines:
        values["sort_deadline"] = document.deadlines[0]
    if document.headline:
        values["sort_value"] = document.headline.cents
    values |= {f"facet_{facet}": list(facet_keys(document, facet)) for facet in KEYED_FACETS}
    return tantivy.Document.from_dict(values, schema)


def facet_keys(document: IndexDocument, facet: Facet) -> tuple[str, ...]:
    """The keys under which a document is counted; `?` when it does not say."""
    if facet in FACET_FACTS:
        keys = _values(document, FACET_FACTS[facet])
    elif facet is Facet.CPV_DIVISION:
        keys = (value for value in _values(document, "cpv") if len(value) == 2)
    elif facet is Facet.REGION:
        keys = (value for value in _values(document, "performance") if len(value) == 3 or "-" in value)
    elif facet is Facet.PROVINCE:
        keys = (value for value in _values(document, "performance") if len(value) == 4)
    elif facet is Facet.BUYER:
        keys = (name[:_MAX_KEY] for name in document.buyers)
    else:
        keys = iter((document.month,) if document.month else ())
    return tuple(dict.fromkeys(keys)) or (UNKNOWN,)


def _values(document: IndexDocument, name: str) -> Iterator[str]:
    start = f"{name}="
    return (fact[len(start) :] for fact in document.facts if fact.startswith(start))
