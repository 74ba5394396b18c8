"""The demonstration's mailbox: mails shown as hostile input, with working links."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from alerts.mailbox import mailbox_of
from tests.unit.web.conftest import Made

HTML = '<html><head><title>x</title></head><body><script>alert(1)</script><a href="http://127.0.0.1:8080/">Vigie</a></body></html>'


def mail() -> bytes:
    message = EmailMessage()
    message["From"] = "Vigie <alertes@vigie.invalid>"
    message["To"] = "anne@entreprise.example"
    message["Subject"] = "Vigie : 2 nouveaux avis أشغال"
    message["Message-ID"] = "<digest-1@vigie.invalid>"
    message["List-Unsubscribe"] = "<http://127.0.0.1:8080/alerts/unsubscribe/x>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("Deux avis : http://127.0.0.1:8080/notices/be_bda:1 <script>")
    message.add_alternative(HTML, subtype="html")
    return message.as_bytes()


@pytest.fixture
def demo(made: Callable[..., Made]) -> tuple[Made, str]:
    """A demonstration with one mail."""
    own = made(demo=True)
    return own, mailbox_of(own.settings).add(mail())


async def test_a_mail_is_listed_and_shown_with_its_headers(demo: tuple[Made, str]) -> None:
    own, name = demo
    async with own.browser() as client:
        assert "2 nouveaux avis أشغال" in (await client.get("/mailbox")).text
        page = await client.get(f"/mailbox/{name}")
    for said in (
        "&lt;digest-1@vigie.invalid&gt;",
        "List-Unsubscribe=One-Click",
        'href="http://127.0.0.1:8080/notices/be_bda:1"',
    ):
        assert said in page.text
    assert "<script>" not in page.text.partition("<main")[2]


async def test_the_html_of_a_mail_is_shown_without_scripts_in_a_sandbox(demo: tuple[Made, str]) -> None:
    own, name = demo
    async with own.browser() as client:
        page = await client.get(f"/mailbox/{name}")
        part = await client.get(f"/mailbox/{name}/html")
    policy = part.headers["content-security-policy"]
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert policy.startswith("sandbox allow-popups")
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert '<base target="_blank">' in part.text


async def test_there_is_no_mailbox_outside_the_demonstration(made: Callable[..., Made]) -> None:
    async with made().browser() as client:
        assert (await client.get("/mailbox")).status_code == 404


@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fsecret.key", "20261120T090000000000-00000000"])
async def test_an_unknown_mail_is_no_page(demo: tuple[Made, str], name: str) -> None:
    async with demo[0].browser() as client:
        assert (await client.get(f"/mailbox/{name}")).status_code == 404


async def test_every_page_of_the_demonstration_says_that_it_is_one(demo: tuple[Made, str]) -> None:
    async with demo[0].browser() as client:
        for path in ("/", "/sources", "/mailbox", "/nowhere"):
            assert "avis inventés" in (await client.get(path)).text, path


async def test_a_real_site_has_no_banner(made: Callable[..., Made]) -> None:
    async with made().browser() as client:
        assert "avis inventés" not in (await client.get("/")).text
