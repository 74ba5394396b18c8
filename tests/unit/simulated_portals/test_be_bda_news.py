"""What happens on the simulated portal while it runs: new calls, deadlines that move, calls withdrawn."""

from __future__ import annotations

from datetime import datetime

import pytest
from lxml import etree

from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.be_bda.xml_names import CAC, CBC, EFAC, EFBC


def an_old_open_call(client) -> dict[str, object]:
    rows = client.search(withActiveSubmissionDeadline=True)["publications"]
    return next(row for row in rows if len(row["noticeIds"]) == 1 and row["publicationDate"] < "2026-11-20")


def test_a_published_call_comes_first_and_is_open(portal: BeBdaPortal, client) -> None:
    workspace_id = portal.publish()
    first = client.search()["publications"][0]
    assert first["publicationWorkspaceId"] == workspace_id
    assert first["publicationDate"] == "2026-11-20"
    assert first["vaultSubmissionDeadline"] > "2026-11-20T12:00"


def test_every_published_call_is_another(portal: BeBdaPortal) -> None:
    assert len({portal.publish() for _ in range(20)}) == 20


def test_a_rectified_call_reappears_today_with_one_more_notice(portal: BeBdaPortal, client) -> None:
    row = an_old_open_call(client)
    portal.rectify(row["publicationWorkspaceId"], datetime.fromisoformat("2027-01-14T10:00"))
    after = next(r for r in client.everything() if r["publicationWorkspaceId"] == row["publicationWorkspaceId"])
    assert after["noticeIds"][:-1] == row["noticeIds"]
    assert len(after["publishedAt"]) == 2
    assert (after["publicationDate"], after["insertionDate"]) == ("2026-11-20", row["insertionDate"])
    assert after["vaultSubmissionDeadline"] == "2027-01-14T10:00:00"


def test_the_document_of_a_rectification_says_what_changed(portal: BeBdaPortal, client) -> None:
    row = an_old_open_call(client)
    portal.rectify(row["publicationWorkspaceId"], datetime.fromisoformat("2027-01-14T10:00"))
    last = client.workspace(row["publicationWorkspaceId"])["versions"][-1]["notice"]
    root = etree.fromstring(last["xmlContent"].encode())
    assert root.findtext(f"{{{CBC}}}ID") == last["id"]
    assert root.findtext(f"{{{CBC}}}VersionID") == "02"
    assert root.findtext(f".//{{{EFBC}}}ChangedNoticeIdentifier") == f"{row['noticeIds'][0]}-01"
    periods = [p for name in ("TenderSubmissionDeadlinePeriod", "ParticipationRequestReceptionPeriod")
               for p in root.iter(f"{{{CAC}}}{name}")]  # fmt: skip
    assert {p.findtext(f"{{{CBC}}}EndDate") for p in periods} == {"2027-01-14+01:00"}


def test_a_withdrawn_call_is_marked_and_its_document_says_cancel(portal: BeBdaPortal, client) -> None:
    row = an_old_open_call(client)
    portal.do({"do": "cancel", "id": row["publicationWorkspaceId"]})
    after = next(r for r in client.everything() if r["publicationWorkspaceId"] == row["publicationWorkspaceId"])
    assert after["cancelledAt"].startswith("2026-11-20T12:00")
    assert after["publicationType"] == "ACTIVE"
    xml = client.workspace(row["publicationWorkspaceId"])["versions"][-1]["notice"]["xmlContent"]
    reason = etree.fromstring(xml.encode()).find(f".//{{{EFAC}}}ChangeReason/{{{CBC}}}ReasonCode")
    assert reason is not None
    assert reason.text == "cancel"


def test_an_award_has_no_deadline_to_move(portal: BeBdaPortal, client) -> None:
    award = next(row for row in client.everything() if row["noticeSubType"] == "29")
    with pytest.raises(ValueError, match="no deadline"):
        portal.rectify(award["publicationWorkspaceId"])


def test_a_working_day_brings_new_calls_and_corrections(portal: BeBdaPortal, client) -> None:
    for _ in range(40):
        portal.make_news()
    rows = client.everything()
    assert 260 < len(rows) < 300
    assert any(len(row["noticeIds"]) > 1 and row["publicationDate"] == "2026-11-20" for row in rows)
