"""Analysis of text: the one definition that index, queries, matcher and highlighter use.

Tokens are runs of letters and digits, in lower case and folded (compatibility decomposition without marks; ligatures
and sharp s spelt out; Arabic without vowel signs and with one alef, one ya and one ta). French elisions are cut.
After folding, a Snowball stemmer per language; no stop words. Arabic words are all read as nouns with the article, as
the stemmer takes first letters of bare ones for prepositions (*waqud*, fuel, would lose its *wa*). A term is a stem
with its language in front (`fr:march`), so that a stem of one language never meets the same letters of another. The
language `xx` is any language without a stemmer and holds names and references.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import Stemmer

OTHER: Final = "xx"
STEMMERS: Final = {"fr": "french", "nl": "dutch_porter", "de": "german", "en": "english", "ar": "arabic"}
"""Snowball algorithm per language. `dutch_porter` is the one that other search engines call Dutch."""
LANGUAGES: Final = (*STEMMERS, OTHER)
MAX_TOKEN: Final = 64
"""Characters of a token that count; longer runs are cut, in documents and in queries alike."""

KEPT_APART: Final[dict[str, dict[str, str]]] = {
    "fr": {
        "voirie": "voirie", "voiries": "voirie",  # not *voir le cahier des charges*
        "commune": "commune", "communes": "commune",  # not *communication*
        "serie": "serie", "series": "serie",  # not *sera*
        "entree": "entree", "entrees": "entree",  # not *entre*
        "laser": "laser", "lasers": "laser",  # not *las*
        "palais": "palais",  # not *pale*
        "balai": "balai", "balais": "balai",  # not *bal*
    },
    "nl": {
        "brandweer": "brandweer",  # not *brandwering*
        "plaats": "plaats", "plaatsen": "plaats",  # not *platen*
    },
}  # fmt: skip
"""Folded words that Snowball throws together with an everyday word of tenders; they have a stem of their own."""

BEFORE_STEMMING: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "ar": (
        # *And*, *so*, *with*, *as* before the article, and *to the*, are the article.
        ("^[وف]?(?:[بك]?ال|لل)(?=.{3})", "ال"),
        # *And* before a word; not the first letter of ministry, agency, document, paper, fuel, means, unit, workshop...
        (
            "^و(?!زار|زير|كال|كيل|ثايق|ثيق|رق|قود|قاي|قف|سايل|سيل|سط|لاي|حد|رش|اد|اجه|اح|ضع|صول|صف|جب|جه|ثب|عاء|طن|دا)"
            "(?=.{4})",
            "",
        ),
        # *In* before commune, province, town, hamlet, prefecture, region, quarter, centre, territory, street, road.
        ("^ب(?=(?:جماعة|جماعات|اقليم|مدينة|دوار|عمالة|جهة|حي|مركز|تراب|قيادة|دايرة|شارع|زنقة|طريق)$)", ""),
        # The article before what has none; machine, mechanism, games, boards, clothes, electronic begin like it.
        ("^(?!ال(?!(?:ة|ات|ي|ية|يات|عاب|واح|بسة|منيوم|كترون.*)$))(?=[ء-ي]{2})", "ال"),
    ),
}
"""Of a folded word, what is replaced by what before it is stemmed, in this order; patterns that Java reads alike."""

_ELISIONS: Final = "[ldjmtsncLDJMTSNC]|(?i:qu|jusqu|lorsqu|puisqu|quoiqu)"
# Marks, tatweel, soft hyphen and joiners belong to the run they stand in; they are stripped by folding.
_INSIDE: Final = (
    "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u00ad\u200c\u200d"
)
_RUN: Final = rf"([^\W_]+(?:[{_INSIDE}][^\W_]*)*)"
_WORD: Final = re.compile(rf"(?:(?:{_ELISIONS})['’](?=[^\W_]))?{_RUN}")
_SPELT_OUT: Final = str.maketrans(
    {
        "œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i",
        "ħ": "h", "ς": "σ",
        "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ـ": None, "ۥ": None, "ۦ": None,
        **{chr(0x660 + digit): str(digit) for digit in range(10)},
        **{chr(0x6F0 + digit): str(digit) for digit in range(10)},
    }
)  # fmt: skip
_CACHE_LIMIT: Final = 400_000


class Token(NamedTuple):
    """A folded token and where the original word stands in its text."""

    text: str
    start: int
    end: int


class Reading(NamedTuple):
    """The tokens of a text in three spellings, each list as long as the others."""

    terms: list[str]
    words: list[str]
    printed: list[str]


def fold(word: str) -> str:
    """The folded form of one run; empty when nothing but marks was in it."""
    decomposed = unicodedata.normalize("NFKD", word.lower()).lower().translate(_SPELT_OUT)
    plain = decomposed if decomposed.isalnum() else "".join(char for char in decomposed if char.isalnum())
    cut = plain[:MAX_TOKEN]
    # Final ha is a common spelling of ta marbuta. This direction, because the stemmer knows endings in ta marbuta.
    return cut[:-1] + "ة" if cut.endswith("ه") else cut


def _prepared(text: str) -> str:
    return text.replace("\u02bc", "’").replace("\u02b9", "’")


class _Stems(dict[str, str]):
    """Raw run to term of one language, filled on demand. Empty text for a run that folds to nothing."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._prefix = f"{language}:"
        self._kept_apart = KEPT_APART.get(language, {})
        self._before = [(re.compile(pattern), plain) for pattern, plain in BEFORE_STEMMING.get(language, ())]
        self._stemmer = Stemmer.Stemmer(STEMMERS[language]) if language in STEMMERS else None
        self._lock = threading.Lock()  # a Snowball stemmer is not thread safe

    def __missing__(self, run: str) -> str:
        folded = fold(run)
        with self._lock:
            term = self._prefix + (self._stem(folded) or folded) if folded else ""
            if len(self) > _CACHE_LIMIT:
                self.clear()
            self[run] = term
        return term

    def _stem(self, folded: str) -> str:
        kept = self._kept_apart.get(folded)
        if kept is not None or self._stemmer is None:
            return kept or folded
        for pattern, plain in self._before:
            folded = pattern.sub(plain, folded, count=1)
        stem: str = self._stemmer.stemWord(folded)
        return stem


class _Folded(dict[str, str]):
    def __missing__(self, run: str) -> str:
        folded = fold(run)
        if len(self) > _CACHE_LIMIT:
            self.clear()
        self[run] = folded
        return folded


_stems: Final = {language: _Stems(language) for language in LANGUAGES}
_folded: Final = _Folded()


def known(language: str) -> str:
    """The language itself when it has a stemmer, else `xx`."""
    return language if language in STEMMERS else OTHER


def tokens(text: str) -> Iterator[Token]:
    """Folded tokens with their places in `text`."""
    for match in _WORD.finditer(_prepared(text)):
        if folded := _folded[match.group(1)]:
            yield Token(folded, match.start(1), match.end(1))


def words(text: str) -> list[str]:
    """Folded tokens, unstemmed."""
    return [folded for run in _WORD.findall(_prepared(text)) if (folded := _folded[run])]


def terms(text: str, language: str) -> list[str]:
    """Terms (`fr:march`) in the order of the text."""
    stems = _stems[known(language)]
    return [term for run in _WORD.findall(_prepared(text)) if (term := stems[run])]


def read(text: str, language: str) -> Reading:
    """What `terms` and `words` give, and the words as printed, reading the text once."""
    printed = list(filter(_folded.__getitem__, _WORD.findall(_prepared(text))))
    return Reading(
        list(map(_stems[known(language)].__getitem__, printed)), list(map(_folded.__getitem__, printed)), printed
    )


def located_terms(text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """Terms with the places of the original words in `text`."""
    stems = _stems[known(language)]
    for match in _WORD.finditer(_prepared(text)):
        if term := stems[match.group(1)]:
            yield term, match.start(1), match.end(1)


def in_every_language(folded: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The terms of already folded tokens, once per language: what a query word may look like in a document."""
    run = tuple(folded)
    return tuple(tuple(_stems[language][word] for word in run) for language in LANGUAGES)
