"""`hub privacy rules`: every rule of law that the consent plugins know, its source, and whether it is confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, plain, say
from hub.cli.support.tables import table

if TYPE_CHECKING:
    from hub.contracts.rules import LegalRule


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

    A rule written from memory is shown as unconfirmed. A rule past its date must be reviewed; hub check warns about it too.
    """
    from hub.clock import utc_now
    from hub.contracts.rules import TOPICS
    from hub.queries.flow_simulation import connected
    from hub.queries.lookup import known, known_place
    from hub.queries.privacy.legal_rules import legal_rules
    from hub.startup import read_config

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
        ("rule", "topic", "places", "says", "law", "read in", "verify by"),
        (
            (plain(rule.id), rule.topic, plain(_places(rule)), plain(_says(rule)), plain(rule.cite), _read_in(rule),
             f"[red]{rule.verify_by}, overdue[/red]" if rule.overdue(today) else str(rule.verify_by))
            for _, rule in found
        ),
    )  # fmt: skip
    unconfirmed = sum(not rule.confirmed for _, rule in found)
    say(f"{counted(len(found), 'rule')}, {unconfirmed} of them unconfirmed.")


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
    return sources if rule.confirmed else f"[yellow]unconfirmed[/yellow] ({sources})"
