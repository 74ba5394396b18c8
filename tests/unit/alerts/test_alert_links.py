from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from alerts import links
from core import clock
from tests.unit.alerts.alerts_kit import NOON, settings_in


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_says_whom_it_is_for_and_is_under_the_public_address(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    url = links.confirm_url(settings, "owner", "profile")
    assert url.startswith("https://vigie.example/alerts/confirm/")
    assert links.verify_confirmation(settings, token_of(url)) == links.Confirmation(
        owner_id="owner", profile_id="profile"
    )
    assert links.verify_manage(settings, token_of(links.manage_url(settings, "owner"))) == "owner"
    stop = links.verify_unsubscribe(settings, token_of(links.unsubscribe_url(settings, "owner", "profile")))
    assert (stop.owner_id, stop.profile_id) == ("owner", "profile")


def test_a_link_for_one_purpose_does_nothing_else(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    unsubscribe = token_of(links.unsubscribe_url(settings, "owner"))
    for verify in (links.verify_confirmation, links.verify_manage):
        with pytest.raises(links.LinkError):
            verify(settings, unsubscribe)


def test_a_confirmation_link_expires_and_the_others_do_not(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    with clock.frozen_at(NOON):
        confirm, manage = links.confirm_url(settings, "owner"), links.manage_url(settings, "owner")
    with clock.frozen_at(NOON + timedelta(days=6, hours=23)):
        assert links.verify_confirmation(settings, token_of(confirm)).owner_id == "owner"
    with clock.frozen_at(NOON + timedelta(days=7, hours=1)), pytest.raises(links.LinkError, match="expiré"):
        links.verify_confirmation(settings, token_of(confirm))
    with clock.frozen_at(NOON + timedelta(days=4000)):
        assert links.verify_manage(settings, token_of(manage)) == "owner"


@pytest.mark.parametrize(
    "spoil", [lambda token: token[:-2], lambda token: "x" + token, lambda token: "", lambda _: "a" * 5000]
)
def test_an_altered_link_is_refused_in_a_sentence(tmp_path: Path, spoil) -> None:  # type: ignore[no-untyped-def]
    settings = settings_in(tmp_path)
    with pytest.raises(links.LinkError, match="pas valable"):
        links.verify_manage(settings, spoil(token_of(links.manage_url(settings, "owner"))))


def test_a_new_key_ends_every_link(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    other = settings.model_copy(update={"secret_key": SecretStr("another key")})
    with pytest.raises(links.LinkError):
        links.verify_manage(other, token_of(links.manage_url(settings, "owner")))


def test_a_notice_id_cannot_leave_its_place_in_an_address(tmp_path: Path) -> None:
    url = links.notice_url(settings_in(tmp_path), "be_bda:../../x?y#z")
    assert url == "https://vigie.example/notices/be_bda:..%2F..%2Fx%3Fy%23z"
