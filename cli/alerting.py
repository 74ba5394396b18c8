"""Commands about profiles and mails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

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
from core.settings import Settings
from store import Store
from store.records import OutboxMessage, OutboxState

if TYPE_CHECKING:
    from search.port import SearchIndex


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
            changes = store.profiles.changed_since(0)
            stopped = (store.profiles.get(profile_id) for profile_id in changes.removed)
            found = [*changes.put, *(item for item in stopped if item is not None)]
    if email and owner is None:
        say(f"Nobody with the address {email} has a profile.")
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
    from alerts.confirmation import Asked
    from alerts.profiles import ProfileRequest, Wishes, create

    settings = prepared()
    query = query_of(text, query_json, all_notices=all_notices)
    wishes = Wishes(language=settings.language, zone=zone, hour=hour)
    request = ProfileRequest(email=email, name=name, query=query, wishes=wishes)
    with Store.open(settings) as store:  # what is open is searched for when the address is confirmed
        saved = create(store, settings, None, request, clock.now())
    say(query.describe(settings.language))
    if saved.asked is Asked.SENT:
        say(f"Nothing is sent to {saved.owner.email} before the link in its confirmation mail is followed.")
    elif saved.asked is Asked.RECENT:
        say(f"{saved.owner.email} was asked to confirm less than ten minutes ago; no second mail is sent.")
    click.echo(saved.profile.id)


@profile.command("pause")
@click.argument("profile_id")
@sentences
def profile_pause(profile_id: str) -> None:
    """Stop matching and delivering a profile until it is resumed."""
    from alerts.profiles import pause

    with Store.open(prepared()) as store:
        paused = pause(store, profile_id)
    say(f"{paused.name} is paused; `vigie profile resume {paused.id}` goes on.")


@profile.command("resume")
@click.argument("profile_id")
@sentences
def profile_resume(profile_id: str) -> None:
    """Match and deliver a profile again; what is open now and was missed comes with the next digest."""
    from alerts.owed import any_owed
    from alerts.profiles import resume

    settings = prepared()
    with Store.open(settings) as store, ExitStack() as opened:
        resumed = resume(store, settings, _index_if_any(settings, opened), profile_id, clock.now())
        later = any_owed(store, [resumed])
    say(f"{resumed.name} is {resumed.state}.")
    if later:
        say("The search engine does not answer now; what is open is told when it does.")


def _index_if_any(settings: Settings, opened: ExitStack) -> SearchIndex | None:
    """The index until `opened` ends; None while there is none."""
    from search import open_index
    from search.errors import IndexUnavailable

    try:
        return opened.enter_context(open_index(settings, writable=False))
    except IndexUnavailable:
        return None


@profile.command("delete")
@click.argument("profile_id")
@sentences
def profile_delete(profile_id: str) -> None:
    """Delete a profile."""
    from alerts.profiles import delete

    with Store.open(prepared()) as store:
        if not delete(store, profile_id):
            raise VigieError(f"There is no profile {profile_id}.")
    say(f"Profile {profile_id} is deleted.")


@click.command()
@click.option("--deliver", is_flag=True, help="Hand the mails over as well.")
@sentences
def digest(deliver: bool) -> None:
    """Build the digests that are due now, and tell alerts what is open that they are still owed."""
    from alerts.outbox import deliver_due
    from alerts.owed import tell

    settings = prepared()
    with Store.open(settings) as store:
        say(f"{len(tell(store, settings, clock.now()))} digests built.")
        if deliver:
            done = deliver_due(store, settings, clock.now())
            say(f"{done.sent} mails accepted, {done.retried} to be tried again, {done.dead} refused for good.")
            if done.dropped:
                say(f"{done.dropped} not delivered, as their readers unsubscribed.")
            if done.retried:
                words = done.words or "no reason given"
                say(f"The mail server did not take them: {words}. They wait, and go out by themselves.")
            if done.retried or done.dead:
                fail()


@click.group()
def outbox() -> None:
    """Mails on their way, and mails that the server refused."""


@outbox.command("list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in OutboxState]),
    default=OutboxState.DEAD.value,
    show_default=True,
    help="dead: refused for good; dropped: given up on purpose.",
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@json_option
@sentences
def outbox_list(state: str, limit: int, as_json: bool) -> None:
    """List messages of one state, oldest first, with the server's words."""
    with Store.open(prepared()) as store:
        found = store.outbox.in_state(OutboxState(state), limit)
        count = store.outbox.counts()[OutboxState(state)]
    show((_summary(item) for item in found), as_json=as_json, line=_line)
    say(f"{len(found)} of {count} {state} messages.")


@outbox.command("retry")
@click.argument("message_ids", nargs=-1, required=True)
@sentences
def outbox_retry(message_ids: tuple[str, ...]) -> None:
    """Try dead messages again at the next delivery; the incident closes with the last dead one."""
    from alerts.outbox import revive

    with Store.open(prepared()) as store:
        _each(message_ids, lambda message_id: revive(store, message_id, clock.now()), "is due now", "is not dead")


@outbox.command("drop")
@click.argument("message_ids", nargs=-1, required=True)
@sentences
def outbox_drop(message_ids: tuple[str, ...]) -> None:
    """Give messages up: they are never delivered. The incident closes with the last dead one."""
    from alerts.outbox import drop

    with Store.open(prepared()) as store:
        _each(message_ids, lambda message_id: drop(store, message_id), "is dropped", "is neither waiting nor dead")


def _each(message_ids: tuple[str, ...], action: Callable[[str], bool], done: str, refused: str) -> None:
    """Do something to each message and say what became of it; exit 1 when one was not there."""
    outcomes = {message_id: action(message_id) for message_id in message_ids}
    for message_id, was_done in outcomes.items():
        say(
            f"{message_id} {done}."
            if was_done
            else f"{message_id} {refused}; `vigie outbox list` names those that are."
        )
    if not all(outcomes.values()):
        fail()


def _summary(message: OutboxMessage) -> dict[str, object]:
    return message.model_dump(mode="json", exclude={"payload"})


def _line(item: dict[str, object]) -> str:
    words = f"  {item['last_error']}" if item["last_error"] else ""
    return f"{item['id']}  {item['recipient']}  {item['attempts']} attempts{words}"
