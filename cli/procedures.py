"""Commands about procedures: which notices are one tender, why, and what an operator decides about it."""

from __future__ import annotations

from getpass import getuser

import click

from cli.common import fail, json_option, prepared, say, sentences, show
from core.errors import VigieError
from monitoring import identifiers
from store import Store
from store.procedure_decisions import IdentifierDecision
from store.procedure_identifiers import Identifier
from store.procedure_parts import MOST_AT_ONCE
from store.procedure_rebuild import RebuildReport
from store.procedure_register import ProcedureView

_DECISIONS = "vigie procedures decisions"
_FEW = 10
"""Notices named per identifier; `--json` names all."""


@click.group()
def procedures() -> None:
    """Look at procedures, make them anew, and say which identifiers count."""


@procedures.command("show")
@click.argument("name", metavar="NOTICE|PROCEDURE")
@json_option
@sentences
def show_procedure(name: str, as_json: bool) -> None:
    """Say which notices are in a procedure, and which identifiers brought them together."""
    with Store.open(prepared()) as store:
        view = store.procedures.show(name)
        if view is None:
            raise VigieError(f"There is no notice and no procedure {name}.")
        titles = {id_: _title(store, id_) for id_ in view.notice_ids[: None if as_json else _FEW * 5]}
    if as_json:
        click.echo(view.model_dump_json())
        return
    _print(view, titles)


def _title(store: Store, notice_id: str) -> str:
    stored = store.notices.get(notice_id)
    if stored is None:
        return ""
    title = next(iter(stored.notice.title.values()), "")
    return f"{stored.notice.kind.value}, version {stored.version}: {title[:100]}"


def _print(view: ProcedureView, titles: dict[str, str]) -> None:
    number = len(view.notice_ids)
    click.echo(f"procedure {view.key}: {number} notice{'' if number == 1 else 's'}")
    for notice_id, title in titles.items():
        click.echo(f"  {notice_id} · {title}")
    if len(view.notice_ids) > len(titles):
        click.echo(f"  and {len(view.notice_ids) - len(titles)} more; --json lists all")
    shared = [tie for tie in view.ties if len(tie.notice_ids) > 1]
    click.echo("what they share:" if shared else "they share no identifier with another notice")
    for tie in shared:
        named = ", ".join(tie.notice_ids[:_FEW])
        more = f" and {len(tie.notice_ids) - _FEW} more" if len(tie.notice_ids) > _FEW else ""
        click.echo(f"  {tie.scheme} {tie.value}: {len(tie.notice_ids)} notices ({named}{more})")
    for link in view.links:
        click.echo(
            f"joined {link.linked_at:%Y-%m-%d %H:%M} UTC: {link.joined_key}, "
            f"because {link.notice_id} brings {link.scheme} {link.value}"
        )
    for decision in view.refused:
        click.echo(_decision_line(decision))
    if shared:
        say("What does not belong together: `vigie procedures refuse SCHEME VALUE --reason ... [--notice ID]`.")


@procedures.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
@sentences
def rebuild(dry_run: bool, as_json: bool) -> None:
    """Make all procedures anew from what the stored notices say.

    Takes apart what does not belong together and joins what does, in short transactions, while Vigie runs. Cut short,
    it is simply run again. Alerts go on from what people were told: nobody hears of a notice twice.
    """
    with Store.open(prepared()) as store:
        report = (store.procedures.survey if dry_run else store.procedures.rebuild)(_progress)
        if not dry_run:
            identifiers.judge(store)
    say("")
    if as_json:
        click.echo(report.model_dump_json())
    else:
        click.echo(_report_line(report, "would be" if dry_run else "were"))
    if report.set_aside:
        say(f"`{_DECISIONS}` says which identifiers; refuse or allow each.")


def _progress(what: str, number: int) -> None:
    click.echo(f"\r{what}: {number}", err=True, nl=False)


def _report_line(report: RebuildReport, verb: str) -> str:
    return (
        f"{report.procedures} procedures and {report.notices} notices looked at: "
        f"{report.taken_apart} procedures {verb} split, which makes {report.made} new ones, "
        f"{report.merged} {verb} merged into another, "
        f"{report.removed} without notices {verb} removed, {report.set_aside} identifiers {verb} set aside."
    )


_reason = click.option("--reason", required=True, help="Why, for whoever reads it later.")
_by = click.option("--by", default=getuser, show_default="the user of the system", help="Who decides.")


@procedures.command()
@click.argument("scheme")
@click.argument("value")
@click.option("--notice", "notice_id", help="Only in what this notice says.")
@_reason
@_by
@sentences
def refuse(scheme: str, value: str, notice_id: str | None, reason: str, by: str) -> None:
    """Say that an identifier ties no notices together, now and after every crawl to come."""
    identifier = Identifier(scheme, value)
    with Store.open(prepared()) as store:
        store.procedures.refuse(identifier, reason=reason, by=by, notice_id=notice_id)
        identifiers.judge(store)
    say(
        "It does not count any more, and the notices that it alone tied are apart "
        f"(in a procedure of more than {MOST_AT_ONCE} notices after `vigie procedures rebuild`)."
    )


@procedures.command()
@click.argument("scheme")
@click.argument("value")
@_reason
@_by
@sentences
def allow(scheme: str, value: str, reason: str, by: str) -> None:
    """Say that an identifier counts, however many notices share it."""
    with Store.open(prepared()) as store:
        store.procedures.allow(Identifier(scheme, value), reason=reason, by=by)
        identifiers.judge(store)
    say("It counts from now on; `vigie procedures rebuild` joins the notices that are stored.")


@procedures.command()
@json_option
@sentences
def decisions(as_json: bool) -> None:
    """List what was decided about identifiers; exit 1 when some were set aside and nobody has decided yet."""
    with Store.open(prepared()) as store:
        found = store.procedures.decisions()
        undecided = store.procedures.undecided()
    show(found, as_json=as_json, line=_decision_line)
    if undecided:
        say(f"{len(undecided)} set aside by the limit: refuse or allow each, so that somebody has looked at it.")
        fail()


def _decision_line(decision: IdentifierDecision) -> str:
    where = f" in {decision.notice_id}" if decision.notice_id else ""
    return (
        f"{decision.verdict} {decision.scheme} {decision.value}{where}: {decision.reason} "
        f"({decision.by}, {decision.decided_at:%Y-%m-%d %H:%M} UTC)"
    )
