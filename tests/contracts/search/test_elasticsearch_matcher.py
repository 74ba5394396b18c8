"""What only stored queries on a server have: many answers, several workers, servers that forget, refusals."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
from elasticsearch import ApiError, AuthorizationException, ConnectionTimeout

from alerts.matching import MatcherState
from notices.model import NoticeKind, Place
from search.document import IndexDocument
from search.elasticsearch import matcher as matching
from search.elasticsearch.compiler import NUMBER_FIELDS
from search.elasticsearch.matcher import ElasticsearchMatcher
from search.elasticsearch.narrowing import marks, worth_asking
from search.elasticsearch.percolation import Percolation
from search.elasticsearch.profiles import SYNCED, Synced, trace
from search.errors import IndexUnavailable, QueryError
from search.plan import Number
from search.port import MatchedClause, SavedQuery
from search.query import NoticeQuery
from store import Store
from store.records import IncidentKind, ProfileState
from tests.contracts.search.search_material import NOW, Random, document, random_notice, random_query
from tests.contracts.search.search_material import stored as of_store
from tests.support.search_index import settings_for
from tests.support.search_matcher import MATCHING, shared, without_profiles
from tests.support.search_servers import SearchServer

VOIRIE = NoticeQuery(text="voirie")
ITEM = document(1, title={"fr": "Voirie"})
NODE = NodeConfig("http", "search.invalid", 9200)


@pytest.fixture
def one(text_server: SearchServer) -> Iterator[ElasticsearchMatcher]:
    """The matcher of one worker; the server knows no profile yet."""
    with without_profiles(text_server) as matcher:
        yield matcher


@pytest.fixture
def other(one: ElasticsearchMatcher, text_server: SearchServer) -> Iterator[ElasticsearchMatcher]:
    """The matcher of another worker."""
    matcher = shared(text_server)
    yield matcher
    matcher.close()


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """A store with an owner of three profiles."""
    with Store(sqlite_url) as opened:
        owner = opened.profiles.ensure_owner("a@example.org", "fr", "Europe/Brussels", 7, (0,))
        for name in ("voirie", "tunnel", "pont"):
            opened.profiles.create(owner.id, name, NoticeQuery(text=name).to_dict())
        yield opened


def matched(matcher: ElasticsearchMatcher) -> set[str]:
    """The profiles that a notice about roads matches."""
    return {match.profile_id for match in matcher.match([ITEM], now=NOW)}


def named(store: Store, name: str) -> str:
    """The id of a profile."""
    return next(put.id for put in store.profiles.changed_since(0).put if put.name == name)


def test_twelve_thousand_profiles_that_match_one_notice_all_come_back(one: ElasticsearchMatcher) -> None:
    queries = {f"p{number:05d}": VOIRIE for number in range(12_000)}
    one.follow([SavedQuery(id_, query, number + 1) for number, (id_, query) in enumerate(queries.items())], [], 12_000)
    found = one.match([document(2, title={"fr": "Tunnel"}), ITEM], now=NOW)
    assert len(found) == len(one) == 12_000
    assert {match.profile_id for match in found} == set(queries)
    assert {(match.notice_id, match.clauses[0].words) for match in found} == {(ITEM.id, ("Voirie",))}


def test_answers_of_several_pages_name_each_profile_and_notice_once(
    one: ElasticsearchMatcher, text_server: SearchServer
) -> None:
    for number in range(7):
        one.put(f"p{number}", VOIRIE if number % 2 else NoticeQuery(text="voirie OR tunnel"))
    one._percolation = Percolation(one._client, one._index.alias, settings_for(text_server, MATCHING), page=3)
    found = [(match.profile_id, match.notice_id) for match in one.match([ITEM, document(2, title={"fr": "Tunnel"})])]
    assert len(found) == len(set(found)) == 7 + 4


@pytest.mark.parametrize(("parts", "page"), [(8, 3), (64, 10_000), (256, 10_000)])
def test_profiles_that_are_asked_in_parts_match_what_they_match_in_one(
    parts: int, page: int, one: ElasticsearchMatcher, text_server: SearchServer
) -> None:
    random = Random(23)
    saved = [SavedQuery(f"p{number:03d}", random_query(random), number + 2) for number in range(150)]
    one.follow([SavedQuery("gone", VOIRIE, 1), *saved], [], 151)
    one.follow([], ["gone"], 152)
    items = [IndexDocument.of(of_store(random_notice(random, number))) for number in range(20)]
    items.append(ITEM)
    whole = one.match(items, now=NOW)
    settings = settings_for(text_server, MATCHING)
    one._percolation = Percolation(one._client, one._index.alias, settings, page)
    one._percolation._parts = parts
    assert whole
    assert sorted(one.match(items, now=NOW)) == sorted(whole)


def test_a_server_that_is_late_and_does_not_hang_is_asked_in_parts(
    one: ElasticsearchMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.put("a", VOIRIE)
    ask, asked = one._percolation._client.search, []

    def late_at_first(**request: Any) -> Any:
        asked.append(request)
        if len(asked) == 1:
            raise ConnectionTimeout("too slow")
        return ask(**request)

    monkeypatch.setattr(one._percolation._client, "search", late_at_first)
    assert matched(one) == {"a"}
    assert len(asked) == 1 + 8
    assert matched(one) == {"a"}
    assert len(asked) == 1 + 8 + 1


def test_profiles_outlive_the_process_and_are_not_sent_again(
    one: ElasticsearchMatcher, other: ElasticsearchMatcher, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    MatcherState(one).refresh(store)
    sent: list[Any] = []
    monkeypatch.setattr(other._index, "write", sent.append)
    MatcherState(other).refresh(store)
    assert sent == []
    assert matched(other) == {named(store, "voirie")}
    assert other.revision() == store.profiles.changed_since(0).revision


def test_what_one_worker_brought_in_the_other_matches(
    one: ElasticsearchMatcher, other: ElasticsearchMatcher, store: Store
) -> None:
    MatcherState(one).refresh(store)
    profile = store.profiles.update(named(store, "tunnel"), query=VOIRIE.to_dict())
    MatcherState(other).refresh(store)
    assert profile.id in matched(one)
    store.profiles.update(profile.id, state=ProfileState.PAUSED)
    MatcherState(one).refresh(store)
    assert matched(other) == {named(store, "voirie")}


def test_a_slow_worker_does_not_bring_back_what_was_changed_since(
    one: ElasticsearchMatcher, other: ElasticsearchMatcher
) -> None:
    one.follow([SavedQuery("a", VOIRIE, 1), SavedQuery("b", VOIRIE, 2)], [], 2)
    other.follow([SavedQuery("b", NoticeQuery(text="tunnel"), 4)], ["a"], 4)
    one.follow([SavedQuery("a", VOIRIE, 1), SavedQuery("b", VOIRIE, 2)], [], 2)
    assert matched(one) == set()
    assert (one.revision(), len(one)) == (4, 1)


@pytest.mark.parametrize("how", ["emptied", "replaced", "removed"])
def test_a_server_that_lost_its_profiles_is_filled_again_from_the_store(
    how: str, one: ElasticsearchMatcher, other: ElasticsearchMatcher, store: Store
) -> None:
    state = MatcherState(one)
    state.refresh(store)
    if how == "emptied":
        one._client.delete_by_query(index=one._index.alias, query={"match_all": {}}, refresh=True)
    elif how == "replaced":
        other.clear()
    else:
        one._client.indices.delete(index=one._index._indices())  # by name: a server refuses patterns here
    with pytest.raises(IndexUnavailable):
        one.match([ITEM], now=NOW)  # never an answer of which something is missing
    state.refresh(store)
    assert matched(one) == {named(store, "voirie")}


def test_a_restored_store_fills_the_server_anew(one: ElasticsearchMatcher, store: Store) -> None:
    one.follow([SavedQuery("of-yesterday", VOIRIE, 40)], [], 40)
    MatcherState(one).refresh(store)
    assert matched(one) == {named(store, "voirie")}


def test_a_worker_that_is_killed_while_it_fills_leaves_the_rest_to_the_next(
    one: ElasticsearchMatcher, other: ElasticsearchMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = [SavedQuery(str(number), VOIRIE, number) for number in range(1, 8)]
    monkeypatch.setattr(matching, "FILLING", 3)
    write, parts = one._write, []

    def killed(part: Any) -> Any:
        parts.append(part)
        if len(parts) == 3:
            raise KeyboardInterrupt
        return write(part)

    monkeypatch.setattr(one, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        one.follow(saved, [], 7)
    assert other.revision() == 6
    other.follow(saved[6:], [], 7)
    assert len(matched(other)) == 7


def test_a_query_that_the_server_cannot_keep_is_refused_with_a_sentence(
    one: ElasticsearchMatcher, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    valued = NoticeQuery(text="voirie", value={"minimum": 1, "currency": "EUR", "unknown": "exclude"})
    one.check(valued)
    monkeypatch.setitem(NUMBER_FIELDS, Number.AMOUNT, "a_field_nobody_mapped")
    for refused in (lambda: one.check(valued), lambda: one.put("a", valued)):
        with pytest.raises(QueryError, match="ne peut pas surveiller"):
            refused()
    assert len(one) == 0
    profile = store.profiles.update(named(store, "pont"), query=valued.to_dict())
    MatcherState(one).refresh(store)
    (incident,) = store.incidents.current()
    assert (incident.kind, incident.details["profiles"]) == (IncidentKind.PROFILE_UNREADABLE, [profile.id])
    assert matched(one) == {named(store, "voirie")}
    store.profiles.update(profile.id, query=VOIRIE.to_dict())
    MatcherState(shared_state := one).refresh(store)
    assert store.incidents.current() == []
    assert profile.id in matched(shared_state)


def lost_meanwhile(how: str, one: ElasticsearchMatcher, other: ElasticsearchMatcher) -> Any:
    """What `ProfileIndex.synced` does when the index is emptied or replaced right behind it."""
    synced = one._index.synced

    def answered() -> Synced:
        found = synced()
        if how == "emptied":
            one._client.delete_by_query(index=one._index.alias, query={"match_all": {}}, refresh=True)
        else:
            other.clear()
        return found

    return answered


@pytest.mark.parametrize("may_remove", [True, False], ids=["removed", "left"])
@pytest.mark.parametrize("how", ["emptied", "replaced"])
def test_a_query_that_is_offered_while_the_index_is_lost_is_not_kept(
    how: str, may_remove: bool, one: ElasticsearchMatcher, other: ElasticsearchMatcher, store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    MatcherState(one).refresh(store)

    def refused(**_: Any) -> Any:
        raise AuthorizationException("no", ApiResponseMeta(403, "1.1", HttpHeaders(), 0.0, NODE), {})

    with monkeypatch.context() as race:
        race.setattr(one._index, "synced", lost_meanwhile(how, one, other))
        if not may_remove:
            race.setattr(one._client, "delete", refused)
        with pytest.raises(IndexUnavailable, match="vidé ou remplacé"):
            one.check(VOIRIE)
    assert one._client.exists(index=one._index.alias, id=SYNCED).body is not may_remove
    assert other._index.known() is None
    with pytest.raises(IndexUnavailable):
        one.match([ITEM], now=NOW)
    MatcherState(other).refresh(store)
    assert matched(other) == {named(store, "voirie")}
    assert len(other) == 3


@pytest.mark.parametrize("found", [True, False], ids=["found", "not found yet"])
def test_a_query_that_an_index_got_before_anyone_began_it_makes_no_profile(
    found: bool, one: ElasticsearchMatcher, store: Store
) -> None:
    alias, query = one._index.alias, {"id": SYNCED, "asked": VOIRIE.to_json()}
    one._client.indices.put_settings(index=alias, settings={"index.refresh_interval": "-1"})
    one._client.create(index=alias, id=SYNCED, document=query, refresh=found)
    assert one.revision() == 0
    MatcherState(one).refresh(store)
    assert matched(one) == {named(store, "voirie")}


def test_a_removed_profile_leaves_a_trace_that_matches_nothing(one: ElasticsearchMatcher) -> None:
    one.put("a", NoticeQuery())
    one.remove("a")
    assert set(trace("a", 3)["_source"]) == {"id", "revision"}
    assert matched(one) == set()
    assert len(one) == 0


def test_a_document_that_the_server_cannot_read_does_not_keep_the_others_from_their_matches(
    one: ElasticsearchMatcher, caplog: pytest.LogCaptureFixture
) -> None:
    one.put("a", VOIRIE)
    items = [document(number, title={"fr": "Voirie"}) for number in range(5)]
    items[3] = items[3].model_copy(update={"amounts": (1 << 80,)})
    with caplog.at_level(logging.ERROR):
        found = one.match(items, now=NOW)
    assert [match.notice_id for match in found] == [item.id for item in items if item is not items[3]]
    assert items[3].id in caplog.text


@pytest.mark.parametrize(
    ("status", "said"),
    [(413, ""), (429, {"error": {"type": "circuit_breaking_exception", "reason": "Data too large"}})],
    ids=["the server's limit", "its memory"],
)
def test_documents_that_are_too_much_for_one_request_are_put_in_several(
    status: int, said: Any, one: ElasticsearchMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.put("a", VOIRIE)
    ask, asked = one._percolation._client.search, []

    def narrow(**request: Any) -> Any:
        documents = request["query"]["bool"]["filter"][-1]["percolate"]["documents"]
        asked.append(len(documents))
        if len(documents) > 2:
            raise ApiError("too much", ApiResponseMeta(status, "1.1", HttpHeaders(), 0.0, NODE), said)
        return ask(**request)

    monkeypatch.setattr(one._percolation._client, "search", narrow)
    found = one.match([document(number, title={"fr": "Voirie"}) for number in range(5)], now=NOW)
    assert [match.notice_id for match in found] == [f"be_bda:{number}" for number in range(5)]
    assert max(asked) == 5


def test_a_match_of_a_word_that_only_the_server_recognises_tells_what_was_asked(one: ElasticsearchMatcher) -> None:
    one.put("a", NoticeQuery(text="organs -tunnel"))
    (match,) = one.match([document(1, title={"en": "Organized transport"})], now=NOW)
    assert match.clauses == (MatchedClause("text", "organs"),)


def test_what_stands_beside_a_query_never_keeps_a_profile_from_what_it_matches() -> None:
    asked = NoticeQuery.open_calls(
        cpv=["4523"], cpv_unknown="include", countries=["BE"], kinds=["competition", "result"]
    )
    assert marks(asked) == {
        "country": ["BE"],
        "portal": ["*"],
        "kind": ["competition"],
        "cpv_division": ["45", "?"],
        "frequency": ["digest"],
    }
    item = document(1, kind=NoticeKind.RESULT, places=(Place(nuts="BE2"),))
    told = {field: values for asked in worth_asking([item]) for field, values in asked["terms"].items()}
    assert told == {
        "country": ["*", "BE"],
        "portal": ["*", "be_bda"],
        "kind": ["*", "result"],
        "cpv_division": ["*", "?"],
    }
