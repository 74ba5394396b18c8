"""The check of a search by a cluster, before an alert is saved, keeps nobody waiting who need not wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts import watchable
from core.settings import Settings
from search.errors import IndexUnavailable
from search.query import NoticeQuery

ROADS = NoticeQuery(text="voirie")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of an installation on a cluster."""
    return Settings(data_dir=tmp_path, search={"urls": ("http://127.0.0.1:9",)})


class Silent:
    """A matcher on a cluster that does not answer."""

    def __init__(self, _: Settings) -> None:
        """Connects to nothing yet."""

    def check(self, _: NoticeQuery) -> None:
        """Never answers."""
        raise IndexUnavailable("no answer in 8 s")

    def close(self) -> None:
        """Give back connections."""


def test_out_of_turn_the_cluster_is_not_asked_and_nobody_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Settings] = []
    monkeypatch.setattr("alerts.watchable.new_matcher", opened.append)

    @contextmanager
    def resting() -> Iterator[None]:
        raise IndexUnavailable("resting")
        yield

    assert watchable.refusal(settings, ROADS, "fr", resting) is None
    assert opened == []


def test_a_cluster_that_does_not_answer_refuses_nobody_and_whose_turn_it_was_learns_of_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.watchable.new_matcher", Silent)
    learnt: list[str] = []

    @contextmanager
    def turn() -> Iterator[None]:
        try:
            yield
        except IndexUnavailable as error:
            learnt.append(str(error))
            raise

    assert watchable.refusal(settings, ROADS, "fr", turn) is None
    assert learnt == ["no answer in 8 s"]
