"""`hub privacy rules`: every rule of law that the consent plugins know, its source, and whether it is confirmed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, plain, say
from hub.cli.support.tables import table
from hub.contracts.rules import TOPICS, LegalRule
from hub.platform.clock import utc_now
from hub.queries.flow_simulation import connected
from hub.queries.lookup import known, known_place
from hub.queries.privacy.legal_rules import law_state, legal_rules
from hub.startup.opening import read_config


def register(privacy: typer.Typer) -> None:
    """Add the command to `hub privacy`."""
    privacy.command("rules")(rules)


def rules(
    topic: Annotated[
        str | None,
        typer.Option(
            help="Only one of sharing, recording, texts, hours, tracking, signals, age, requests, retention.",
            metavar="TOPIC",
        ),
    ] = None,
    place: Annotated[
        str | None, typer.Option(help="Only the rules of this place: US, US-CA, CA-QC, DE …", metavar="PLACE")
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = CONFIG,
) -> None:
    """List the rules of law that the consent plugins of config.yaml and the hub itself apply. This is not legal advice.

    A rule that nobody has read in its source is shown as unconfirmed. Three months after its source was read, a rule must be
    read again; hub check warns about it too.
    """
    if topic is not None:
        known(topic, TOPICS, "topic of rules")
    code = known_place(place).strip() if place else None
    today = utc_now().date()
    with connected(read_config(config, sandbox=True)) as hub:
        found = legal_rules(hub.plugins, topic, code)
    if as_json:
        echo_json([_plain(name, rule) | {"overdue": rule.overdue(today)} for name, rule in found])
        return
    table(
        "The laws that this hub knows",
        ("rule", "topic", "places", "says", "law", "read in", "read on", "read again by"),
        (
            (plain(rule.id), rule.topic, plain(_places(rule)), plain(_says(rule)), plain(rule.cite), _read_in(rule),
             plain(rule.read_on),
             f"[red]{rule.verify_by}, overdue[/red]" if rule.overdue(today) else plain(rule.verify_by))
            for _, rule in found
        ),
    )  # fmt: skip
    state = law_state((rule for _, rule in found), today)
    say(
        f"{counted(state.rules, 'rule')}, {state.unconfirmed} of them unconfirmed, {len(state.overdue)} to be read again."
    )


def _plain(connector: str, rule: LegalRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "connector": connector,
        "topic": rule.topic,
        "places": list(rule.places),
        "says": rule.says,
        "cite": rule.cite,
        "sources": list(rule.sources),
        "confirmed": rule.confirmed,
        "read_on": rule.read_on,
        "verify_by": rule.verify_by,
        "since": rule.since,
    }


def _says(rule: LegalRule) -> str:
    since = f" In force since {rule.since}." if rule.since else ""
    return f"{rule.says}{since}"


def _places(rule: LegalRule) -> str:
    return ", ".join(rule.places)


def _read_in(rule: LegalRule) -> str:
    sources = plain(", ".join(rule.sources))
    if rule.confirmed:
        return sources
    return f"[yellow]unconfirmed[/yellow]{f' ({sources})' if rule.sources else ''}"
