"""`hub privacy rules`: every rule of law that the consent plugins know, its source, and whether it is confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from hub.cli.support.lists import Listing, listing
from hub.cli.support.output import CONFIG, ConfigFile, counted, plain
from hub.contracts.rules import TOPICS, LegalRule
from hub.platform.clock import utc_now
from hub.platform.fields import only
from hub.queries.flow_simulation import connected
from hub.queries.lookup import known, known_place
from hub.queries.privacy.legal_rules import law_state, legal_rules
from hub.startup.reading import read_config


@listing
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
    config: ConfigFile = CONFIG,
) -> Listing:
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
    rows = [_plain(name, rule) | {"overdue": rule.overdue(today)} for name, rule in found]
    state = law_state((rule for _, rule in found), today)
    return Listing(
        "The laws that this hub knows", rows,
        (("rule", "id"), "topic", "places", ("says", _says), ("law", "cite"), ("read in", _read_in), ("read on", "read_on"),
         ("read again by", _again)),
        notes=(f"{counted(state.rules, 'rule')}, {state.unconfirmed} of them unconfirmed, "
               f"{len(state.overdue)} to be read again.",)
    )  # fmt: skip


def _plain(connector: str, rule: LegalRule) -> dict[str, Any]:
    names = ("id", "topic", "places", "says", "cite", "sources", "confirmed", "read_on", "verify_by", "since")
    return {"connector": connector, **only(*names)(rule)}


def _says(rule: Mapping[str, Any]) -> str:
    return plain(rule["says"] + (f" In force since {rule['since']}." if rule["since"] else ""))


def _again(rule: Mapping[str, Any]) -> str:
    return f"[red]{rule['verify_by']}, overdue[/red]" if rule["overdue"] else plain(rule["verify_by"])


def _read_in(rule: Mapping[str, Any]) -> str:
    sources = plain(", ".join(rule["sources"]))
    if rule["confirmed"]:
        return sources
    return f"[yellow]unconfirmed[/yellow]{f' ({sources})' if rule['sources'] else ''}"
