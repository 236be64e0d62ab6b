"""`hub privacy rules`: every rule of law that the consent plugins know, its source, and whether it is confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.support.output import CONFIG, AsJson, ConfigFile, counted, echo_json, plain, say, table

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
    from hub.contracts.rules import TOPICS
    from hub.hookspecs import ConsentHooks
    from hub.queries.flow_simulation import connected
    from hub.queries.lookup import known, known_place
    from hub.runtime import utc_now
    from hub.startup import read_config

    if topic is not None:
        known(topic, TOPICS, "topic of rules")
    code = known_place(place).strip() if place else None
    today = utc_now().date()
    with connected(read_config(config, sandbox=True)) as hub:
        found = [
            (name, rule)
            for name in hub.plugins.with_hook(ConsentHooks.list_rules)
            for rule in hub.plugins.call(name, ConsentHooks.list_rules)
        ]
    found += [("hub", rule) for rule in _deadlines()]
    found = [
        (name, rule) for name, rule in found if topic in (None, rule.topic) and (code is None or rule.holds_at(code))
    ]
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


def _deadlines() -> Iterator[LegalRule]:
    """The deadlines of privacy requests, from the hub's own table."""
    from hub.contracts.rules import ANYWHERE, LegalRule
    from hub.privacy_requests.deadlines import every_row

    for row in every_row():
        kinds = ", ".join(sorted(row.kinds)).replace("_", " ") or "any"
        unit = row.within.unit.replace("_", " ")
        unit = unit[:-1] if row.within.count == 1 else unit
        yield LegalRule(
            id=f"requests.{row.id}",
            topic="requests",
            places=tuple(sorted(row.places)) or (ANYWHERE,),
            says=f"Answer a request ({kinds}) within {row.within.count} {unit}.",
            cite=row.cite,
            sources=(row.source,),
            verify_by=row.verify_by,
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
