"""The Belgian platform through a browser: its pages ask with the portal's own script, and we read what they receive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulated_portals.be_bda.server import make_portal
from simulated_portals.messages import Answer, Request
from tests.support.chromium import installed_chromium
from tests.support.crawls import Installation, installation

pytestmark = pytest.mark.browser

# What the platform's application does, as far as the dossier tells: a token for its public client, then the search with
# the fields of the page's address, or the workspace that the address names.
APPLICATION = b"""<!DOCTYPE html><html><body><div id="app"></div><script>(async () => {
  const script = await (await fetch('/env.config.js')).text();
  const value = (name) => script.match(new RegExp(name + '["\\']?\\\\s*[:=]\\\\s*["\\']([^"\\']*)'))[1];
  const pair = btoa(value('VITE_AUTH_CLIENTID') + ':' + value('VITE_AUTH_CLIENTSECRET'));
  const token = await (await fetch('/auth/realms/supplier/protocol/openid-connect/token', {method: 'POST',
    headers: {'Content-Type': 'application/x-www-form-urlencoded', 'Authorization': 'Basic ' + pair},
    body: 'grant_type=client_credentials&scope=openid'})).json();
  const headers = {'Authorization': 'Bearer ' + token.access_token, 'BelGov-Trace-Id': crypto.randomUUID(),
    'Content-Type': 'application/json'};
  const asked = Object.fromEntries(new URLSearchParams(location.search));
  const id = (location.pathname.match(/publication-workspaces[/]([^/]+)/) || [])[1];
  if (id) {
    await fetch('/api/dos/publication-workspaces/' + id + '?includeDrafts=false', {headers});
  } else {
    const body = {includeOrganisationChildren: true, page: Number(asked.page), pageSize: Number(asked.itemsPerPage)};
    if (asked.withActiveSubmissionDeadline) body.withActiveSubmissionDeadline = true;
    for (const name of ['publicationDateFrom', 'publicationDateTo']) if (asked[name]) body[name] = asked[name];
    await fetch('/api/sea/search/publications', {method: 'POST', headers, body: JSON.stringify(body)});
  }
})();</script></body></html>"""


@pytest.fixture
def vigie(tmp_path: Path) -> Iterator[Installation]:
    portal = make_portal(invented=8, seed=3)
    inner = portal.answer

    def with_application(request: Request) -> Answer:
        if request.path == "/bda" or request.path.endswith("/general"):
            return Answer(200, APPLICATION, "text/html; charset=utf-8")
        return inner(request)

    portal.answer = with_application  # type: ignore[method-assign]
    browser = {"be_bda": {"transport": "browser"}}
    with installation(tmp_path, portal, portals=browser, crawl={"chromium": str(installed_chromium())}) as made:
        yield made


def test_open_calls_are_read_from_what_the_portals_own_pages_receive(vigie: Installation) -> None:
    report = vigie.crawl_open()
    now = vigie.control.clock.local_now()
    still_open = {
        f"be_bda:{item.workspace_id}"
        for item in vigie.control.catalogue.publications()
        if item.deadline and item.deadline > now
    }
    assert report.complete, report.run.message
    assert {stored.notice.id for stored in vigie.store.notices.iterate()} == still_open
    # Every token was asked for by a page: one for each page that was opened, none by us.
    assert vigie.requests("token") == vigie.requests("search") + vigie.requests("workspace")
    assert vigie.requests("organisations") == 0
