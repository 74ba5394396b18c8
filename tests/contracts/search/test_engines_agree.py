"""The same notices and queries on two engines: filters find identical sets, and so do the words of the contract.

How often the stemmers of the two engines differ on other words is measured on real notices, and shown with `-rP`.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import analysis
from search.document import IndexDocument
from search.elasticsearch import ElasticsearchIndex
from search.embedded import EmbeddedIndex
from search.port import Facet, Sort
from tests.contracts.search.search_material import NOW, WORDS, random_notice, random_query, stored
from tests.contracts.search.test_search_words import FOUND, NOT_FOUND
from tests.support.search_index import emptied
from tests.support.search_servers import SearchServer

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"
LANGUAGES = {"FRA": "fr", "NLD": "nl", "DEU": "de", "ENG": "en", "ARA": "ar"}
TOLERATED = 0.003
"""Share of the running words of real notices whose terms may differ between the engines."""
examples = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
seeds = given(seed=st.integers(0, 2**32))

Engines = tuple[EmbeddedIndex, ElasticsearchIndex]


@pytest.fixture(scope="module")
def engines(server: SearchServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Two engines with the same 150 notices."""
    random = Random(2026)
    documents = [IndexDocument.of(stored(random_notice(random, number))) for number in range(150)]
    folder = tmp_path_factory.mktemp("agree") / "index"
    with EmbeddedIndex.writer(folder) as embedded, emptied(server) as cluster:
        for engine in (embedded, cluster):
            assert engine.index(documents).refused == ()
        yield embedded, cluster


@examples
@seeds
def test_filters_find_identical_sets_on_both_engines(engines: Engines, seed: int) -> None:
    random = Random(seed)
    for query in (random_query(random).model_copy(update={"text": None}) for _ in range(5)):
        found = [set(engine.scan(query, now=NOW)) for engine in engines]
        assert found[0] == found[1], query.to_json()


@examples
@seeds
def test_filters_are_counted_alike_on_both_engines(engines: Engines, seed: int) -> None:
    random = Random(seed)
    query = random_query(random).model_copy(update={"text": None})
    sort = random.choice([Sort.DEADLINE, Sort.VALUE, Sort.PUBLISHED])
    pages = [engine.search(query, now=NOW, sort=sort, facets=tuple(Facet), limit=5) for engine in engines]
    assert pages[0].total == pages[1].total
    assert pages[0].facets == pages[1].facets
    assert pages[0].unknowns == pages[1].unknowns


@pytest.mark.analysed
@examples
@seeds
def test_words_of_the_contract_find_identical_sets_on_both_engines(engines: Engines, seed: int) -> None:
    random = Random(seed)
    for query in (random_query(random) for _ in range(5)):
        found = [set(engine.scan(query, now=NOW)) for engine in engines]
        assert found[0] == found[1], query.to_json()


def server_terms(index: ElasticsearchIndex, words: list[str], language: str) -> list[list[str]]:
    """The terms that the server makes of each word."""
    analyser = "vigie_words" if language == analysis.OTHER else f"vigie_{language}"
    made: list[list[str]] = [[] for _ in words]
    starts, length = [], 0
    for word in words:
        starts.append(length)
        length += len(word) + 1
    place = {start + at: number for number, start in enumerate(starts) for at in range(len(words[number]))}
    for start in range(0, len(words), 2_000):
        part = words[start : start + 2_000]
        answer = index._client.indices.analyze(index=index._alias, analyzer=analyser, text=part).body
        for token in answer["tokens"]:
            made[place[token["start_offset"] + starts[start]]].append(token["token"])
    return made


def our_terms(words: list[str], language: str) -> list[list[str]]:
    """The terms that we make of each word."""
    return [[term.partition(":")[2] for term in analysis.terms(word, language)] for word in words]


@pytest.mark.analysed
@pytest.mark.parametrize("language", analysis.LANGUAGES)
def test_the_words_of_the_contract_have_the_same_terms_on_both_engines(engines: Engines, language: str) -> None:
    texts = [word for words in WORDS.values() for word in words]
    texts += [part for _, title, text in (*FOUND, *NOT_FOUND) for part in (title, text)]
    words = sorted({word for text in texts for word in text.split()})
    assert server_terms(engines[1], words, language) == our_terms(words, language)
    folded = sorted({word for text in texts for word in analysis.words(text)})
    assert server_terms(engines[1], folded, language) == our_terms(folded, language)


def words_of_samples() -> dict[str, Counter[str]]:
    """The running words of real notices, by language."""
    found: dict[str, Counter[str]] = {language: Counter() for language in analysis.LANGUAGES}
    for path in sorted(SAMPLES.rglob("*.xml")):
        text = path.read_text(encoding="utf-8", errors="replace")
        for code, inner in re.findall(r'languageID="([A-Z]{3})"[^>]*>([^<]+)<', text):
            found[LANGUAGES.get(code, analysis.OTHER)].update(inner.split())
    for path in sorted((SAMPLES / "morocco").rglob("*.*")):
        found["ar"].update(re.findall("[\u0600-\u06ff]+", path.read_text(encoding="utf-8", errors="replace")))
    return found


@pytest.mark.samples
@pytest.mark.analysed
def test_on_the_words_of_real_notices_the_engines_differ_rarely(engines: Engines) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the samples are missing: ../shared/samples")
    for language, counted in words_of_samples().items():
        words = sorted(counted)
        pairs = zip(words, our_terms(words, language), server_terms(engines[1], words, language), strict=True)
        differ = {word: (ours, theirs) for word, ours, theirs in pairs if ours != theirs}
        running = sum(counted.values())
        share = sum(counted[word] for word in differ) / running
        shown = "; ".join(f"{word} {ours} {theirs}" for word, (ours, theirs) in list(differ.items())[:5])
        sys.stdout.write(
            f"{language}: {len(differ)} of {len(words)} words, {share:.3%} of {running} running words; {shown}\n"
        )
        assert share <= TOLERATED
