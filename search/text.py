"""The words a person types, read into a tree.

Words beside each other must all be there; `OR` (or `OU`, `|`) gives a choice and binds less tightly; `"a phrase"` keeps
words together; `-word` excludes; `word*` takes every word that begins so; parentheses group; `AND`, `ET` and `NOT` are
understood in capital letters. `*` alone is everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from search import analysis
from search.errors import QueryError

MAX_LENGTH: Final = 1000
MAX_TERMS: Final = 50
MAX_DEPTH: Final = 10
MIN_PREFIX: Final = 2


@dataclass(frozen=True, slots=True)
class Phrase:
    """One word, or several that stand beside each other in this order; `words` are folded."""

    printed: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every word that begins with `start` (folded)."""

    printed: str
    start: str


@dataclass(frozen=True, slots=True)
class Everything:
    """`*` alone."""


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be there."""

    inner: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of these."""

    parts: tuple[Node, ...]


Node = Phrase | Prefix | Everything | Not | And | Or

_OPEN, _CLOSE = '"“”«', '"“”»'
_LEXEME = re.compile(
    rf"(?P<space>\s+)|(?P<phrase>[{_OPEN}](?P<inside>[^{_OPEN}{_CLOSE}]*)(?P<end>[{_CLOSE}]?))|(?P<group>[()|])"
    # A hyphen inside a word belongs to it; one before a word excludes.
    rf"|(?P<minus>-(?=\S))|(?P<word>[^\s()|{_OPEN}{_CLOSE}]+)|(?P<stray>.)",
    re.DOTALL,
)
_OPERATORS: Final = {"OR": "or", "OU": "or", "|": "or", "AND": "and", "ET": "and", "NOT": "not"}


@dataclass(frozen=True, slots=True)
class _Lexeme:
    kind: str  # word, phrase, (, ), or, and, not
    text: str
    position: int


def parse(text: str) -> Node:
    """The tree of a text. Raises `QueryError` with the position of what cannot be understood."""
    if len(text) > MAX_LENGTH:
        raise QueryError("Le texte a plus de {limit} caractères.", limit=MAX_LENGTH, parameter="text")
    return _Parser(list(_lexemes(text))).whole()


def restricts(node: Node) -> bool:
    """Whether a notice needs some word to match: neither everything, nor only exclusions."""
    match node:
        case Phrase() | Prefix():
            return True
        case And(parts):
            return any(restricts(part) for part in parts)
        case Or(parts):
            return all(restricts(part) for part in parts)
        case _:
            return False


def _lexemes(text: str) -> Iterator[_Lexeme]:
    for match in _LEXEME.finditer(text):
        kind, found, at = match.lastgroup or "", match.group(), match.start()
        if match.group("phrase") is not None:
            if not match.group("end"):
                raise QueryError("ce guillemet n’est pas fermé.", position=at, parameter="text")
            yield _Lexeme("phrase", match.group("inside"), at)
        elif kind == "group":
            yield _Lexeme(_OPERATORS.get(found, found), found, at)
        elif kind == "minus":
            yield _Lexeme("not", found, at)
        elif kind == "word":
            yield _Lexeme(_OPERATORS.get(found, "word"), found, at)
        elif kind == "stray":
            raise QueryError("ce guillemet n’a pas été ouvert.", position=at, parameter="text")


class _Parser:
    """Recursive descent over the lexemes of one text."""

    def __init__(self, lexemes: list[_Lexeme]) -> None:
        self._lexemes = lexemes
        self._next = 0
        self._terms = 0
        self._depth = 0

    def whole(self) -> Node:
        if not self._lexemes:
            raise QueryError("le texte est vide.", position=0, parameter="text")
        node = self._choice()
        if left := self._peek():
            raise QueryError("cette parenthèse n’a pas été ouverte.", position=left.position, parameter="text")
        if node is None:
            raise self._wrong("il n’y a ici aucun mot à chercher.", self._lexemes[0])
        return node

    def _peek(self) -> _Lexeme | None:
        return self._lexemes[self._next] if self._next < len(self._lexemes) else None

    def _take(self, kind: str) -> _Lexeme | None:
        lexeme = self._peek()
        if lexeme is None or lexeme.kind != kind:
            return None
        self._next += 1
        return lexeme

    def _choice(self) -> Node | None:
        """`a b OR c`; None when there is only punctuation."""
        first = self._all()
        parts = [first]
        while sign := self._take("or"):
            part = self._all()
            if parts[-1] is None or part is None:
                raise self._wrong("« {sign} » attend un mot de chaque côté.", sign, sign=sign.text)
            parts.append(part)
        if len(parts) == 1:
            return first
        return Or(tuple(part for part in parts if part is not None))

    def _all(self) -> Node | None:
        parts: list[Node] = []
        while (lexeme := self._peek()) and lexeme.kind not in ("or", ")"):
            if lexeme.kind == "and":
                self._and(lexeme, bool(parts))
            elif (part := self._one()) is not None:
                parts.append(part)
        if len(parts) < 2:
            return parts[0] if parts else None
        return And(tuple(parts))

    def _and(self, sign: _Lexeme, something_before: bool) -> None:
        self._next += 1
        following = self._peek()
        if not something_before or following is None or following.kind in ("and", "or", ")"):
            raise self._wrong("« {sign} » attend un mot de chaque côté.", sign, sign=sign.text)

    def _one(self) -> Node | None:
        if sign := self._take("not"):
            return self._exclusion(sign)
        if bracket := self._take("("):
            return self._group(bracket)
        lexeme = self._lexemes[self._next]
        self._next += 1
        return self._phrase(lexeme) if lexeme.kind == "phrase" else self._word(lexeme)

    def _exclusion(self, sign: _Lexeme) -> Node:
        following = self._peek()
        if following is None or following.kind in ("or", "and", "not", ")"):
            raise self._wrong("« {sign} » doit être suivi de ce qu’il faut exclure.", sign, sign=sign.text)
        inner = self._one()
        if inner is None:
            raise self._wrong("« {sign} » doit être suivi de ce qu’il faut exclure.", sign, sign=sign.text)
        return Not(inner)

    def _group(self, bracket: _Lexeme) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._wrong("il y a plus de {limit} parenthèses l’une dans l’autre.", bracket, limit=MAX_DEPTH)
        inner = self._choice()
        if self._take(")") is None:
            raise self._wrong("cette parenthèse n’est pas fermée.", bracket)
        if inner is None:
            raise self._wrong("il n’y a aucun mot dans cette parenthèse.", bracket)
        self._depth -= 1
        return inner

    def _phrase(self, lexeme: _Lexeme) -> Node:
        if "*" in lexeme.text:
            raise self._wrong("« * » n’a pas de sens entre guillemets.", lexeme)
        found = tuple(analysis.words(lexeme.text))
        if not found:
            raise self._wrong("il n’y a aucun mot entre ces guillemets.", lexeme)
        self._count(lexeme, len(found))
        return Phrase(" ".join(lexeme.text.split()), found)

    def _word(self, lexeme: _Lexeme) -> Node | None:
        text = lexeme.text
        if text == "*":
            return Everything()
        if text == "-":
            raise self._wrong("« - » exclut un mot : collez-le au mot, ou retirez-le.", lexeme)
        if "*" in text:
            return self._prefix(lexeme)
        found = tuple(analysis.words(text))
        if not found:
            return None  # punctuation between words, as in a pasted title, says nothing here or in a document
        self._count(lexeme, len(found))
        return Phrase(text, found)

    def _prefix(self, lexeme: _Lexeme) -> Node:
        start = lexeme.text[:-1]
        found = analysis.words(start)
        if "*" in start or not start or len(found) != 1:
            raise self._wrong("« * » ne se met qu’à la fin d’un seul mot, comme dans « rout* ».", lexeme)
        if len(found[0]) < MIN_PREFIX:
            raise self._wrong("il faut au moins {limit} lettres avant « * ».", lexeme, limit=MIN_PREFIX)
        self._count(lexeme, 1)
        return Prefix(lexeme.text, found[0])

    def _count(self, lexeme: _Lexeme, number: int) -> None:
        self._terms += number
        if self._terms > MAX_TERMS:
            raise self._wrong("il y a plus de {limit} mots.", lexeme, limit=MAX_TERMS)

    @staticmethod
    def _wrong(message: str, lexeme: _Lexeme, **places: object) -> QueryError:
        return QueryError(message, position=lexeme.position, parameter="text", **places)
