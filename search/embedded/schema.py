"""The Tantivy schema, and documents as Tantivy stores them.

Texts are analysed in Python (`search.analysis`) and handed over as terms between spaces, so that index, queries,
matcher and highlights share one definition. Two values of one field never make a phrase: Tantivy leaves a gap between
them.
"""

from __future__ import annotations

from typing import Any, Final

import tantivy

from search import analysis
from search.document import IndexDocument
from search.facets import KEYED_FACETS, facet_keys
from search.plan import Number

SCHEMA_VERSION: Final = "4"
"""Change it with the schema, `IndexDocument` or the analysis: an index written under another one is rebuilt."""

FOR_CLUSTERS: Final = {"lots", "results"}
TERMS_TOKENIZER: Final = "vigie_terms"
NUMBER_FIELDS: Final = {
    Number.PUBLISHED_DAY: "published_day",
    Number.DEADLINE: "deadlines",
    Number.DEADLINE_DAY: "deadline_days",
    Number.AMOUNT: "amounts",
}


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
    texts, words = _analysed(document)
    values: dict[str, Any] = {
        "id": document.id,
        "source": document.model_dump_json(exclude=FOR_CLUSTERS).encode(),
        "facts": list(document.facts),
        "title": [text for piece, text in zip(document.pieces, texts, strict=True) if piece.field == "title"],
        "body": texts,
        "words": " ".join(words),
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
    values |= {f"facet_{facet}": keys for facet, keys in facet_keys(document).items()}
    return tantivy.Document.from_dict(values, schema)


def _analysed(document: IndexDocument) -> tuple[list[str], set[str]]:
    """The terms of each piece between spaces, and every folded word."""
    texts: list[str] = []
    words: set[str] = set()
    for piece in document.pieces:
        reading = analysis.read(piece.text, piece.language)
        texts.append(" ".join(reading.terms))
        words.update(reading.words)
    return texts, words
