"""Commands about profiles and mails."""

from __future__ import annotations

import click

from cli.common import (
    all_option,
    fail,
    json_option,
    prepared,
    query_argument,
    query_of,
    query_option,
    say,
    sentences,
    show,
)
from core import clock
from core.errors import VigieError
from store import Store


@click.group()
def profile() -> None:
    """Saved profiles."""


@profile.command("list")
@click.argument("email", required=False)
@json_option
@sentences
def profile_list(email: str | None, as_json: bool) -> None:
    """List the profiles, of one address or of all."""
    with Store.open(prepared()) as store:
        if email:
            owner = store.profiles.owner_by_email(email)
            found = store.profiles.of_owner(owner.id) if owner else []
        else:
            found = list(store.profiles.changed_since(0).put)
    show(found, as_json=as_json, line=lambda item: f"{item.id}  {item.state:12}  {item.name}")


@profile.command("add")
@click.argument("name")
@query_argument
@query_option
@all_option
@click.option("--email", required=True)
@click.option("--hour", default=7, show_default=True, type=click.IntRange(0, 23))
@click.option("--zone", default="Europe/Brussels", show_default=True)
@sentences
def profile_add(
    name: str, text: str | None, query_json: str | None, all_notices: bool, email: str, hour: int, zone: str
) -> None:
    """Save a profile; its address gets a mail to confirm first."""
    from alerts.profiles import ProfileRequest, Wishes, create
    from search import open_index

    settings = prepared()
    query = query_of(text, query_json, all_notices=all_notices)
    wishes = Wishes(language=settings.language, zone=zone, hour=hour)
    request = ProfileRequest(email=email, name=name, query=query, wishes=wishes)
    with Store.open(settings) as store, open_index(settings, writable=False) as index:
        saved = create(store, settings, index, request, clock.now())
    say(f"{query.describe(settings.language)}")
    click.echo(saved.profile.id)


@profile.command("pause")
@click.argument("profile_id")
@sentences
def profile_pause(profile_id: str) -> None:
    """Stop matching and delivering a profile until it is resumed."""
    from alerts.profiles import pause

    with Store.open(prepared()) as store:
        pause(store, profile_id)


@profile.command("delete")
@click.argument("profile_id")
@sentences
def profile_delete(profile_id: str) -> None:
    """Delete a profile."""
    from alerts.profiles import delete

    with Store.open(prepared()) as store:
        if not delete(store, profile_id):
            raise VigieError(f"There is no profile {profile_id}.")


@click.command()
@click.option("--deliver", is_flag=True, help="Hand the mails over as well.")
@sentences
def digest(deliver: bool) -> None:
    """Build the digests that are due now."""
    from alerts.digests import build_due
    from alerts.outbox import deliver_due

    settings = prepared()
    with Store.open(settings) as store:
        say(f"{len(build_due(store, settings, clock.now()))} digests built.")
        if deliver:
            done = deliver_due(store, settings, clock.now())
            say(f"{done.sent} mails accepted, {done.retried} to be tried again, {done.dead} refused for good.")
            if done.retried or done.dead:
                fail()
