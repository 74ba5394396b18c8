"""The templates of `index_mappings/`: they never change under one version, and they read texts as the analysis does."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from search import analysis
from search.document import IndexDocument
from search.elasticsearch import documents
from search.elasticsearch.compiler import FROM_NOW, NUMBER_FIELDS
from search.elasticsearch.mappings import COMPONENTS, TEMPLATES, Mappings
from search.facets import KEYED_FACETS
from search.plan import Moment
from tests.contracts.search.search_material import NOW, Random, random_notice, stored

FOLDER = Path(__file__).parents[3] / "index_mappings"
DIGESTS = Path(__file__).parent / "index_mapping_digests.json"
FILES = (*(f"components/{name}.json" for name in COMPONENTS), *(f"{name}.json" for name in TEMPLATES))
LOADED = Mappings.load("vigie")


def digest(template: dict[str, Any]) -> str:
    """The digest of what a file says, whatever its layout."""
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize("name", FILES)
def test_a_mapping_never_changes_without_a_new_version(name: str) -> None:
    template = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    known: dict[str, str] = json.loads(DIGESTS.read_text(encoding="utf-8"))[name]
    version = str(template["version"])
    assert known.get(version) == digest(template), (
        f"{name} is not what version {version} was. Raise its version (and that of what is composed of it), and add "
        f'"{version}": "{digest(template)}" to {DIGESTS.name} beside the former ones.'
    )


def test_every_file_is_loaded() -> None:
    found = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json")}
    assert found == set(FILES)


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_index_names_the_versions_it_is_made_of(name: str) -> None:
    template = LOADED.templates[name]
    assert template["template"]["mappings"]["_meta"]["mapping_version"] == template["version"]
    assert template["index_patterns"] == [f"vigie-{name}-{template['version']}-*"]
    parts = [f"vigie-{part}-{body['version']}" for part, body in LOADED.components.items()]
    assert template["composed_of"] == parts


def _properties(name: str) -> dict[str, Any]:
    own = LOADED.templates[name]["template"]["mappings"]
    shared = LOADED.components["matching"]["template"]["mappings"]
    assert own["dynamic"] == shared["dynamic"] == "strict"
    assert not set(own["properties"]) & set(shared["properties"])
    return {**own["properties"], **shared["properties"]}


def _unknown(value: Any, properties: dict[str, Any], path: str = "") -> list[str]:
    """Paths of a document that a mapping lacks."""
    if isinstance(value, list):
        return [found for item in value for found in _unknown(item, properties, path)]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    for name, inner in value.items():
        field = properties.get(name)
        if field is None:
            found.append(f"{path}{name}")
        elif field.get("enabled", True):
            found += _unknown(inner, field.get("properties", {}), f"{path}{name}.")
    return found


def test_every_field_of_a_document_is_in_the_mapping() -> None:
    random = Random(11)
    for number in range(100):
        item = IndexDocument.of(stored(random_notice(random, number)))
        assert _unknown(documents.source(item), _properties("notices")) == []
        assert _unknown(documents.percolated(item, Moment.of(NOW)), _properties("profiles")) == []
        assert documents.read(json.loads(json.dumps(documents.source(item)))) == item


def test_every_number_and_facet_that_queries_ask_for_is_in_the_mapping() -> None:
    assert {*NUMBER_FIELDS.values()} <= set(_properties("notices"))
    assert {*NUMBER_FIELDS.values(), *FROM_NOW.values()} <= set(_properties("profiles"))
    assert set(_properties("notices")["facets"]["properties"]) == {str(facet) for facet in KEYED_FACETS}


SETTINGS = LOADED.components["matching"]["template"]["settings"]["analysis"]
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


def test_the_letters_that_the_server_spells_out_are_those_that_folding_spells_out() -> None:
    for rule in SETTINGS["char_filter"]["vigie_letters"]["mappings"]:
        printed, _, plain = _ESCAPE.sub(lambda code: chr(int(code.group(1), 16)), rule).partition(" => ")
        if printed in "\u02b9\u02bc":  # an apostrophe, which separates
            assert plain == "’"
        elif printed == "\u03c2":  # a final sigma, which lower case makes or not by the letters around it
            assert plain == "σ"
        else:
            assert analysis.fold(f"a{printed}a")[1:-1].replace("ς", "σ") == plain.replace("ς", "σ")


def test_words_kept_apart_by_the_analysis_are_kept_apart_by_the_server() -> None:
    for language in analysis.STEMMERS:
        rules = SETTINGS["filter"].get(f"vigie_{language}_apart", {}).get("rules", [])
        expected = analysis.KEPT_APART.get(language, {})
        assert dict(rule.split(" => ") for rule in rules) == expected
        assert (f"vigie_{language}_apart" in SETTINGS["analyzer"][f"vigie_{language}"]["filter"]) == bool(expected)


def test_words_are_prepared_for_their_stemmer_as_the_analysis_prepares_them() -> None:
    for language, rules in analysis.BEFORE_STEMMING.items():
        names = [f"vigie_{language}_{number}" for number in range(1, len(rules) + 1)]
        filters = [SETTINGS["filter"][name] for name in names]
        assert [(one["pattern"], one["replacement"], one["all"]) for one in filters] == [
            (*rule, False) for rule in rules
        ]
        assert SETTINGS["analyzer"][f"vigie_{language}"]["filter"][-len(names) - 1 :] == [
            *names,
            f"vigie_{language}_stems",
        ]


def test_runs_of_the_server_are_the_runs_of_the_analysis() -> None:
    ours = analysis._WORD.pattern.replace(r"(?=[^\W_])", r"(?=[\p{L}\p{N}])")
    printed = SETTINGS["tokenizer"]["vigie_runs"]["pattern"]
    theirs = _ESCAPE.sub(lambda code: chr(int(code.group(1), 16)), printed)
    # A run of ours is written with a group that repeats, which Java would walk through by recursion.
    head, _, run = theirs.partition("([\\p{L}")
    assert head == ours[: ours.index(r"([^\W_]")]
    assert run == r"\p{N}][\p{L}\p{N}" + analysis._INSIDE + "]*)"
    assert SETTINGS["filter"]["vigie_cut"]["length"] == analysis.MAX_TOKEN
