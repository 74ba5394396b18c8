from __future__ import annotations

import pytest

from alerts.addresses import AddressError, clean_address


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("anne@pme.example", "anne@pme.example"),
        ("  Anne.Dupont+marches@PME.Example ", "Anne.Dupont+marches@pme.example"),
        ("o'neill@atelier.example", "o'neill@atelier.example"),
        ("info@société.example", "info@xn--socit-esab.example"),
    ],
)
def test_an_ordinary_address_is_kept(typed: str, kept: str) -> None:
    assert clean_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anne",
        "@pme.example",
        "anne@",
        "anne@localhost",
        "anne@pme..example",
        "anne@-pme.example",
        "anne@192.168.0.1",
        "a" * 65 + "@pme.example",
        "anne@" + "a" * 250 + ".example",
        "Anne <anne@pme.example>",
        "anne@pme.example, boss@pme.example",
        "anne@pme.example\r\nBcc: everybody@pme.example",
        "anne@pme.example\nSubject: hello",
        "anne\u2028@pme.example",
        "anne@pme.example\x00",
        '"anne smith"@pme.example',
        "anne@pme.example>\r\nRCPT TO:<victim@pme.example",
    ],
)
def test_nothing_but_one_plain_mailbox_is_accepted(typed: str) -> None:
    with pytest.raises(AddressError) as refused:
        clean_address(typed)
    assert str(refused.value).endswith(".")
