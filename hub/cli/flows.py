"""`hub flows`: check, list and simulate the companies' call flows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from sqlmodel import col, select

from hub.answering.voicemail_boxes import sealed_pin
from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, plain, say
from hub.config.callflow.assistant.script import Script, parse_script
from hub.config.callflow.definition import Flow
from hub.config.callflow.route import flow_of
from hub.config.callflow.screening import ScreeningAction
from hub.config.callflow.simulate import Behavior
from hub.config.models import CompanySection, Config
from hub.contracts.phones import phone_number
from hub.contracts.transcripts import TranscriptPart
from hub.errors import CannotDo, ConfigError
from hub.model import Company as CompanyRow
from hub.model import FlowVersion
from hub.platform.id_words import words_of
from hub.queries.flow_simulation import Known, connected, rehearsed, simulated
from hub.startup.database import open_store, read_outline
from hub.startup.reading import read_config
from hub.store.encryption.keyfile import keyring_of

commands = typer.Typer(help="Check call flows, and simulate calls without a phone.", no_args_is_help=True)
Company = Annotated[str | None, typer.Option(help="The company's name in config.yaml.", metavar="NAME")]


@commands.command("check")
def check(as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Check the call flows of config.yaml and report every problem with its line; no provider is contacted.

    Exits with status 0 if all flows are valid, 2 if something is wrong.
    """
    try:
        loaded = read_config(config, sandbox=True)
    except ConfigError as error:
        if not as_json:
            raise
        problems = [{"line": each.line, "path": each.path, "text": each.text} for each in error.problems]
        echo_json({"ok": False, "problems": problems})
        raise typer.Exit(2) from None
    flows = _flows(loaded, None)
    if as_json:
        echo_json({"ok": True, "flows": [{"company": company.name, "flow": flow.name} for company, flow in flows]})
        return
    say(f"[green]✓[/green] {counted(len(flows), 'call flow')} in {plain(config)}: every path leads to an end.")


@commands.command("pin")
def pin(config: ConfigFile = CONFIG) -> None:
    """Seal the PIN of a voicemail, for a step `messages` of a call flow, or of an agent, for a step `sign_in`."""
    keyring = keyring_of(read_outline(config).hub)
    typed = typer.prompt("PIN (six digits)", hide_input=True, err=True)
    say(f"pin: {sealed_pin(keyring, typed.strip())}")


@commands.command("list")
@listing
def list_flows(company: Company = None, config: ConfigFile = CONFIG) -> Listing:
    """List the call flows, the version in use, and the trackers that use them."""
    loaded = read_config(config, sandbox=True)
    with open_store(loaded) as store, store.reading() as session:
        saved = select(CompanyRow.name, FlowVersion).join(
            FlowVersion, col(FlowVersion.company_id) == col(CompanyRow.id)
        )
        rows = session.exec(saved.order_by(col(FlowVersion.number))).all()
    latest = {(name, row.name): row for name, row in rows}
    listed: list[dict[str, Any]] = []
    for section, flow in _flows(loaded, company):
        row = latest.get((section.name, flow.name))
        listed.append(
            {
                "company": section.name,
                "flow": flow.name,
                "version": row.revision if row else None,
                "since": row.made_at if row else None,
                "steps": len(flow.steps),
                "forward": flow.forward,
                "records": flow.records,
                "trackers": [each.name for each in section.trackers if section.flow_of(each).name == flow.name],
            }
        )
    return Listing(
        "Call flows", listed,
        ("company", "flow", "version", ("since", minutes("since")), "steps", "forward", "records", "trackers"),
        optional=("since", "forward", "steps", "records")
    )  # fmt: skip


@commands.command("simulate")
def simulate(
    flow: Annotated[str, typer.Argument(help="The flow's name in config.yaml; `route` for a company's route.")],
    caller: Annotated[str | None, typer.Option("--from", help="The caller's number; hidden by default.")] = None,
    at: Annotated[datetime | None, typer.Option(help="When, in the company's time zone; now by default.")] = None,
    source: Annotated[str | None, typer.Option(help="The source of the call, like google.")] = None,
    medium: Annotated[str | None, typer.Option(help="The medium of the call, like cpc.")] = None,
    campaign: Annotated[str | None, typer.Option(help="The campaign of the call.")] = None,
    landing_page: Annotated[str | None, typer.Option(help="The page on which the caller's visit began.")] = None,
    repeat: Annotated[bool, typer.Option("--repeat", help="The caller called before.")] = False,
    last_answered_by: Annotated[str | None, typer.Option(help="Who answered the caller's last call.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="A tag of the caller's earlier calls; may be repeated.")] = None,
    keys: Annotated[str, typer.Option(help="The caller's keys, one per menu: 1,2; empty for no key in time.")] = "",
    unanswered: Annotated[bool, typer.Option("--unanswered", help="No one picks up.")] = False,
    say_file: Annotated[
        Path | None, typer.Option("--say", help="A file with what the caller says to an assistant (`hub docs flows`).")
    ] = None,
    suspect: Annotated[
        str | None,
        typer.Option(help="The caller is suspect: challenge, voicemail or reject (`hub docs spam`).", metavar="ACTION"),
    ] = None,
    carrier: Annotated[str | None, typer.Option(help="Only this carrier's documents.", metavar="NAME")] = None,
    company: Company = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Simulate a call through a flow without a phone: each step, and the document that each carrier would get.

    The consent connectors of config.yaml decide whether it would be recorded. Nothing is stored, and no call is made.
    """
    loaded = read_config(config, sandbox=True)
    section, found = _one_flow(loaded, flow, company)
    action = next((each for each in get_args(ScreeningAction) if each == suspect), None)
    if suspect is not None and action is None:
        raise CannotDo("--suspect is one of challenge, voicemail and reject.")
    known = Known(
        suspect=action,
        caller=_number("--from", caller),
        at=at,
        first_time=not repeat and last_answered_by is None and not tag,
        last_answered_by=_number("--last-answered-by", last_answered_by),
        tags=frozenset(tag or ()),
        attribution={"source": source, "medium": medium, "campaign": campaign, "landing_page": landing_page},
    )
    script = _script(say_file) if say_file else None
    behavior = Behavior(
        keys=keys.split(",") if keys else (), answers=not unanswered, says=script.says if script else ()
    )
    turns = rehearsed(loaded, section, found, known, behavior, carrier)
    if as_json:
        echo_json({"company": section.name, "flow": found.name, "turns": [turn.plain() for turn in turns]})
        return
    for turn in turns:
        _print_turn(turn)


@commands.command("test")
def test(
    folder: Annotated[
        Path | None, typer.Argument(help="The folder with the files; `conversations` beside config.yaml if left out.")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """Play each conversation of a folder (`*.txt`) through its flow and compare it with what the file expects.

    No provider is contacted. Exits with status 0 if all went as their files say, 1 if one did not.
    """
    loaded = read_config(config, sandbox=True)
    where = folder or config.parent / "conversations"
    files = sorted(where.rglob("*.txt"))
    if not files:
        raise CannotDo(f"{where} has no file like flooded_basement.txt; `hub docs flows` shows one.")
    carriers = [entry.name for entry in loaded.of_kind("carrier")]
    results: list[dict[str, Any]] = []
    with connected(loaded) as hub:
        for file in files:
            script = _script(file)
            said = script.options
            section, flow = _one_flow(loaded, said.get("flow", ""), said.get("company"))
            known = Known(
                caller=_number("from:", said.get("from")),
                at=_time(file, said.get("at")),
                first_time=True,
                last_answered_by=None,
                tags=frozenset(),
                attribution={"source": said.get("source")},
            )
            keys = said["keys"].split(",") if said.get("keys") else ()
            played = simulated(hub, section, flow, known, Behavior(keys=keys, says=script.says), carriers[:1])
            lines = [TranscriptPart(**each) for turn in played.turns for each in turn.said]
            wrong = script.wrong(lines, [step["step"] for turn in played.turns for step in turn.steps])
            results.append({"file": str(file.relative_to(where)), "flow": flow.name, "wrong": wrong})
    if as_json:
        echo_json({"ok": not any(each["wrong"] for each in results), "conversations": results})
    for each in () if as_json else results:
        say(f"{'[red]✗' if each['wrong'] else '[green]✓'}[/] {plain(each['file'])}")
        for sentence in each["wrong"]:
            say(f"  {plain(sentence)}")
    if any(each["wrong"] for each in results):
        raise typer.Exit(1)


def _script(file: Path) -> Script:
    try:
        return parse_script(file.read_text(encoding="utf-8"), file.name)
    except (OSError, UnicodeDecodeError) as error:
        raise CannotDo(f"{file} cannot be read; write a text file in UTF-8.") from error


def _time(file: Path, text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise CannotDo(f"{file.name}: `at:` is no time; write it like 2026-11-23T22:00.") from None


def _number(name: str, value: str | None) -> str | None:
    number = phone_number(value) if value else None
    if value and number is None:
        raise CannotDo(f"{name} is not a phone number; write it in E.164, like +13125550142.")
    return number


def _print_turn(turn: Any) -> None:
    for line in turn.said:
        decided = f" [dim]({plain(line['decided'])})[/dim]" if line["decided"] else ""
        who = "assistant" if line["channel"] == "business" else "caller"
        say(f"  [bold]{who}[/bold] {plain(line['text'] or '…')}{decided}")
    say(f"[bold]{words_of(turn.moment)}[/bold]{f' [dim]key {plain(turn.digits)}[/dim]' if turn.digits else ''}")
    for step in turn.steps:
        say(f"  [green]{plain(step['step'])}[/green] {plain(step['do'])}: {plain(step['result'])}")
    if turn.notice:
        say(f"  [yellow]recording[/yellow] {plain(words_of(turn.notice['choice']))}: “{plain(turn.notice['text'])}”")
    for name, document in turn.documents.items():
        say(f"  [dim]{plain(name)}[/dim] {plain(document)}")


def _flows(config: Config, company: str | None) -> list[tuple[CompanySection, Flow]]:
    """Every flow of every company: those in config.yaml, and those made from routes."""
    found: list[tuple[CompanySection, Flow]] = []
    for section in config.companies:
        if company not in (None, section.name):
            continue
        flows = {flow.name: flow for flow in section.flows}
        if section.route is not None:
            made = flow_of(section.route)
            flows[made.name] = made
        flows |= {flow.name: flow for flow in map(section.flow_of, section.trackers)}
        found += [(section, flow) for flow in flows.values()]
    if not found and company is not None:
        known = ", ".join(section.name for section in config.companies)
        raise CannotDo(f"No company is named {company!r}; there are {known}.")
    return found


def _one_flow(config: Config, name: str, company: str | None) -> tuple[CompanySection, Flow]:
    flows = _flows(config, company)
    matching = [each for each in flows if each[1].name == name]
    if len(matching) > 1:
        owners = ", ".join(section.name for section, _ in matching)
        raise CannotDo(f"More than one company has a flow {name!r} ({owners}); name one with --company.")
    if not matching:
        raise CannotDo(
            f"No flow is named {name!r}; there are {', '.join(dict.fromkeys(flow.name for _, flow in flows))}."
        )
    return matching[0]
