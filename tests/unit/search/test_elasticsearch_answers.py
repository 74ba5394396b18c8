"""What Elasticsearch answers when it cannot: waiting where waiting helps, else one sentence that says what to do."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from elastic_transport import ConnectionTimeout

from core.errors import ConfigurationError
from core.settings import SearchSettings, Settings
from search import open_index
from search.elasticsearch import ElasticsearchIndex
from search.elasticsearch.bulk import Patience
from search.elasticsearch.client import connect
from search.elasticsearch.mappings import Mappings
from search.errors import IndexReadOnly, IndexUnavailable
from search.port import IndexState
from search.query import NoticeQuery
from tests.contracts.search.search_material import NOW, document
from tests.support import scripted_node
from tests.support.bad_servers import ELASTICSEARCH, answering, self_signed
from tests.support.scripted_node import Asked, scripted

QUICK = Patience(tries=3, first=0.0, longest=0.0)
VERSION = Mappings.load("vigie").version("notices")
IN_USE = {f"vigie-notices-{VERSION}-000001": {"mappings": {"_meta": {"mapping_version": VERSION, "cluster": "c"}}}}
CLOUD_ID = f"vigie:{base64.b64encode(b'ece.invalid:9243$one$two').decode()}"

COUNTED = {"_search": {"hits": {"total": {"value": 7}}}, "_settings": {"i": {"settings": {}}}}


def opened(*, writable: bool = True, retries: int = 0) -> ElasticsearchIndex:
    """An index whose server is the script of the test."""
    settings = SearchSettings(urls=("http://search.invalid:9200",), node_class=scripted_node.NAME, retries=retries)
    return ElasticsearchIndex(settings, writable=writable, patience=QUICK)


def about_the_index(asked: Asked) -> tuple[int, Any] | None:
    """The answers of a healthy server to what is asked before anything is written."""
    if "-next/" in asked.target:  # none is being filled
        return 404, {"error": {"type": "index_not_found_exception", "reason": "no such index"}}
    if "/_mapping" in asked.target:
        return 200, IN_USE
    return (200, {"cluster_uuid": "c"}) if "/_cluster/state" in asked.target else None


def offered(asked: Asked) -> list[str]:
    """The ids of a bulk request."""
    return [line["index"]["_id"] for line in asked.lines if "index" in line]


def bulk_answer(results: dict[str, tuple[int, Any]]) -> tuple[int, Any]:
    """The answer to a bulk request, by id."""
    items = [
        {"index": {"_id": id_, "_index": "i", "status": status, **({"error": error} if error else {})}}
        for id_, (status, error) in results.items()
    ]
    return 200, {"errors": any(status >= 300 for status, _ in results.values()), "items": items}


BUSY = {"type": "es_rejected_execution_exception", "reason": "queue is full"}
MALFORMED = {
    "type": "document_parsing_exception",
    "reason": "failed to parse field [amounts]",
    "caused_by": {"type": "input_coercion_exception", "reason": "out of range"},
}


def test_a_busy_server_is_offered_again_only_what_it_had_no_room_for() -> None:
    tries: list[list[str]] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        if told := about_the_index(asked):
            return told
        tries.append(offered(asked))
        full = len(tries) < 3
        return bulk_answer({id_: (429, BUSY) if full and id_ == "be_bda:2" else (201, None) for id_ in tries[-1]})

    with scripted(answer), opened() as index:
        assert index.index([document(1), document(2), document(3)]).refused == ()
    assert tries == [["be_bda:1", "be_bda:2", "be_bda:3"], ["be_bda:2"], ["be_bda:2"]]


def test_a_server_that_stays_busy_is_told_as_unavailable_so_that_the_queue_waits() -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        return about_the_index(asked) or bulk_answer(dict.fromkeys(offered(asked), (429, BUSY)))

    with scripted(answer) as script, opened() as index:
        with pytest.raises(IndexUnavailable, match="surchargé"):
            index.index([document(1)])
        assert sum("_bulk" in asked.target for asked in script.asked) == QUICK.tries + 1


def test_a_request_that_is_busy_as_a_whole_is_offered_again() -> None:
    tries: list[list[str]] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        if told := about_the_index(asked):
            return told
        tries.append(offered(asked))
        return (429, {"error": BUSY}) if len(tries) == 1 else bulk_answer(dict.fromkeys(tries[-1], (201, None)))

    with scripted(answer), opened() as index:
        index.index([document(1)])
    assert len(tries) == 2


def test_a_server_too_slow_for_a_full_request_is_given_smaller_ones() -> None:
    taken: list[str] = []

    def answer(asked: Asked) -> tuple[int, Any]:
        if told := about_the_index(asked):
            return told
        if len(offered(asked)) > 100:
            raise ConnectionTimeout("too slow")
        taken.extend(offered(asked))
        return bulk_answer(dict.fromkeys(offered(asked), (201, None)))

    with scripted(answer), opened() as index:
        assert index.index([document(number) for number in range(700)]).refused == ()
    assert sorted(taken) == sorted(f"be_bda:{number}" for number in range(700))


def test_a_server_that_hangs_is_told_as_unavailable_after_two_tries() -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        if told := about_the_index(asked):
            return told
        raise ConnectionTimeout("hangs")

    with scripted(answer) as script, opened(retries=3) as index:
        with pytest.raises(IndexUnavailable, match="temps"):
            index.index([document(number) for number in range(700)])
        assert sum("_bulk" in asked.target for asked in script.asked) == 2


def test_a_refused_document_is_told_with_the_server_s_reason_while_the_others_are_taken() -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        told = about_the_index(asked)
        bad = {"be_bda:2": (400, MALFORMED)}
        return told or bulk_answer({id_: bad.get(id_, (201, None)) for id_ in offered(asked)})

    with scripted(answer), opened() as index:
        outcome = index.index([document(1), document(2), document(3)])
    assert [refusal.notice_id for refusal in outcome.refused] == ["be_bda:2"]
    assert "failed to parse field [amounts]" in outcome.refused[0].reason
    assert "out of range" in outcome.refused[0].reason


def test_a_reason_that_blames_no_document_counts_only_when_the_index_takes_others() -> None:
    no_pipeline = {"type": "illegal_argument_exception", "reason": "pipeline with id [x] does not exist"}
    refused = {"be_bda:1", "be_bda:2"}

    def answer(asked: Asked) -> tuple[int, Any]:
        told = about_the_index(asked)
        return told or bulk_answer(
            {id_: (400, no_pipeline) if id_ in refused else (201, None) for id_ in offered(asked)}
        )

    with scripted(answer), opened() as index:
        with pytest.raises(IndexUnavailable, match="pipeline with id"):
            index.index([document(1), document(2)])
        outcome = index.index([document(1), document(2), document(3)])
    assert [refusal.notice_id for refusal in outcome.refused] == ["be_bda:1", "be_bda:2"]


def test_a_request_that_is_refused_as_a_whole_is_cut_until_the_culprit_stands_alone() -> None:
    taken: set[str] = set()

    def answer(asked: Asked) -> tuple[int, Any]:
        if told := about_the_index(asked):
            return told
        if "be_bda:13" in offered(asked):
            return 400, {"error": {"type": "action_request_validation_exception", "reason": "an id is too long"}}
        taken.update(offered(asked))
        return bulk_answer(dict.fromkeys(offered(asked), (201, None)))

    with scripted(answer), opened() as index:
        outcome = index.index([document(number) for number in range(40)])
    assert [refusal.notice_id for refusal in outcome.refused] == ["be_bda:13"]
    assert "too long" in outcome.refused[0].reason
    assert taken == {f"be_bda:{number}" for number in range(40)} - {"be_bda:13"}


SENTENCES = [
    (
        401,
        {"type": "security_exception", "reason": "unable to sign in"},
        IndexUnavailable,
        "clé ou le mot de passe",
    ),
    (403, {"type": "security_exception", "reason": "is unauthorized"}, IndexReadOnly, "les droits nécessaires"),
    (
        429,
        {
            "type": "cluster_block_exception",
            "reason": "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, "
            "index has read-only-allow-delete block];",
        },
        IndexUnavailable,
        "faute de place",
    ),
    (
        403,
        {"type": "cluster_block_exception", "reason": "index [x] blocked by: [FORBIDDEN/8/index write (api)];"},
        IndexUnavailable,
        "bloqué en écriture",
    ),
    (404, {"type": "index_not_found_exception", "reason": "no such index"}, IndexUnavailable, "n’existe pas"),
    (503, {"type": "unavailable_shards_exception", "reason": "primary not active"}, IndexUnavailable, "état rouge"),
    (400, {"type": "media_type_header_exception", "reason": "version 9 not supported"}, IndexUnavailable, "version"),
    (
        400,
        {"type": "strict_dynamic_mapping_exception", "reason": "[x] is not allowed"},
        IndexUnavailable,
        "autre schéma",
    ),
]


@pytest.mark.parametrize(("status", "error", "kind", "words"), SENTENCES, ids=[row[3] for row in SENTENCES])
@pytest.mark.parametrize("whole", [True, False], ids=["the request", "one document of it"])
def test_what_keeps_everything_out_is_one_sentence_and_refuses_no_document(
    whole: bool, status: int, error: dict[str, Any], kind: type[Exception], words: str
) -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        told = about_the_index(asked)
        if whole:
            return told or (status, {"error": error, "status": status})
        return told or bulk_answer(dict.fromkeys(offered(asked), (status, error)))

    with scripted(answer), opened() as index, pytest.raises(kind, match=words):
        index.index([document(1), document(2)])


def test_a_part_of_the_index_that_does_not_answer_is_no_smaller_result() -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        assert all(line["allow_partial_search_results"] is False for line in asked.lines[::2])
        error = {"type": "no_shard_available_action_exception", "reason": "no shard"}
        return 200, {"responses": [{"status": 503, "error": error} for _ in asked.lines[::2]]}

    with scripted(answer), opened(writable=False) as index, pytest.raises(IndexUnavailable, match="état rouge"):
        index.search(NoticeQuery(), now=NOW)


def test_a_part_that_does_not_answer_is_neither_an_absent_document_nor_a_smaller_number() -> None:
    away = {"type": "no_shard_available_action_exception", "reason": "No shard available"}

    def answer(asked: Asked) -> tuple[int, Any]:
        if "/_mget" in asked.target:
            return 200, {"docs": [{"_index": "i", "_id": "be_bda:1", "error": {"root_cause": [away], **away}}]}
        if "/_search" in asked.target:
            assert "allow_partial_search_results=false" in asked.target
            return 503, {"error": away, "status": 503}
        return about_the_index(asked) or (200, {})

    with scripted(answer), opened() as index:
        with pytest.raises(IndexUnavailable, match="état rouge"):
            index.delete(["be_bda:1"])  # taken for absent, it would stay for ever
        with pytest.raises(IndexUnavailable, match="état rouge"):
            index.size()


def test_another_product_is_told_as_such() -> None:
    with scripted(lambda _: (200, {}), product="Something"), opened() as index:
        status = index.status()
    assert status.state is IndexState.UNAVAILABLE
    assert "n’est pas un Elasticsearch" in (status.sentence or "")


def test_an_index_of_another_version_is_neither_written_nor_emptied() -> None:
    older = {"vigie-notices-0-000001": {"mappings": {"_meta": {"mapping_version": 0, "cluster": "c"}}}}

    def answer(asked: Asked) -> tuple[int, Any]:
        assert asked.method == "GET"
        return (200, older) if "/_mapping" in asked.target else (200, {"cluster_uuid": "c"})

    with scripted(answer), opened() as index:
        with pytest.raises(IndexUnavailable, match="autre schéma"):
            index.index([document(1)])
        assert not index.status().needs_rebuild


def test_an_index_on_another_cluster_than_it_was_filled_on_is_filled_again() -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        if "/_cluster/state" in asked.target:
            return 200, {"cluster_uuid": "another"}
        said = {"_cluster/health": {"status": "green"}, **COUNTED}
        found = next((body for name, body in said.items() if name in asked.target), None)
        return (200, found) if found else about_the_index(asked) or (500, {})

    with scripted(answer), opened() as index:
        assert index.status().needs_rebuild


@pytest.mark.parametrize(("health", "state"), [("red", IndexState.UNAVAILABLE), ("yellow", IndexState.READY)])
def test_a_red_index_is_not_relied_on_and_a_yellow_one_is(health: str, state: IndexState) -> None:
    def answer(asked: Asked) -> tuple[int, Any]:
        said = {"_cluster/health": {"status": health}, **COUNTED}
        found = next((body for name, body in said.items() if name in asked.target), None)
        return (200, found) if found else about_the_index(asked) or (500, {})

    with scripted(answer), opened(writable=False) as index:
        status = index.status()
    assert status.state is state
    assert bool(status.sentence) == (state is IndexState.UNAVAILABLE)
    assert not status.needs_rebuild


def test_a_reader_never_writes() -> None:
    with scripted(lambda _: (500, {})) as script, opened(writable=False) as index:
        for attempt in (lambda: index.index([document(1)]), lambda: index.delete(["x"]), index.clear):
            with pytest.raises(IndexReadOnly):
                attempt()
        assert script.asked == []


def test_nobody_answers_at_the_address() -> None:
    settings = Settings(search=SearchSettings(urls=("http://127.0.0.1:9",), retries=0))
    with open_index(settings, writable=True) as index:
        assert "VIGIE_SEARCH__URLS" in (index.status().sentence or "")
        with pytest.raises(IndexUnavailable, match="ne répond pas"):
            index.count(NoticeQuery(), now=NOW)


def test_a_certificate_that_nobody_vouches_for_is_told_with_the_setting_that_helps(tmp_path: Path) -> None:
    with answering(200, {}, ELASTICSEARCH, self_signed(tmp_path, "127.0.0.1")) as port:
        settings = Settings(search=SearchSettings(urls=(f"https://127.0.0.1:{port}",), retries=0))
        with open_index(settings, writable=True) as index:
            assert "VIGIE_SEARCH__CA" in (index.status().sentence or "")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ca": Path("/nowhere/ca.pem")}, "search.ca"),
        ({"urls": (), "cloud_id": CLOUD_ID, "ca": Path("/nowhere/ca.pem")}, "search.ca"),
        ({"node_class": "carrier-pigeon"}, "search.node_class"),
        ({"node_class": "nowhere:Node"}, "search.node_class"),
        ({"node_class": "json:JSONDecoder"}, "search.node_class"),
    ],
)
def test_settings_that_cannot_be_used_name_the_setting(given: dict[str, Any], words: str) -> None:
    settings = Settings(search=SearchSettings(**{"urls": ("https://search.invalid:9200",), **given}))
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        open_index(settings, writable=False)


@pytest.mark.parametrize("address", [{"urls": ("https://search.invalid:9200",)}, {"cloud_id": CLOUD_ID}])
def test_the_authority_of_the_settings_vouches_for_addresses_and_for_a_cloud_id(
    address: dict[str, Any], tmp_path: Path
) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    with connect(SearchSettings(**address, ca=authority)) as client:
        assert [node.config.ca_certs for node in client.transport.node_pool.all()] == [str(authority)]
