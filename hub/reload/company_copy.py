"""The edits of config.yaml with which a company begins as a copy of another one: call flows, trackers without their numbers,
and conversion rules. Secrets, accounts at providers and webhooks are not copied."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from hub.config.callflow.written import written_flow
from hub.config.document import Path as Place
from hub.config.edit import Change, tree_of
from hub.config.models import CompanySection, Config
from hub.config.references import literal
from hub.reload.company_changes import place_of

MAX_RULE_NAME = 100


def copied_company(
    config: Config, text: str, source: CompanySection, new: Mapping[str, Any], parts: Collection[str], folder: Path
) -> list[Change]:
    """The edits that add the company `new`, a section with its own `route`, to the account of `source`, that of the section
    first. `parts` are `flows`, `trackers` and `rules`; audio files are named from `folder`. The phone of the route takes the
    place of the one that rings for `source`."""
    place = place_of(config, source.name)
    written = _section(text, place)
    section = {**new, **(_flows(source, written, new, folder) if "flows" in parts else {})}
    if section.get("flow"):
        section.pop("route", None)
    edits: list[Change] = []
    if "trackers" in parts and (trackers := list(_trackers(source, written, new, with_flows="flows" in parts))):
        section["trackers"] = trackers
        edits += _carriers(config, source, str(new["name"]))
    if "rules" in parts:
        edits += _rules(config, text, source.name, new)
    return [Change((*place[:-1], new["name"]), section), *edits]


def own_accounts(config: Config, source: str) -> list[str]:
    """The connectors that serve only some companies, this one among them: a copy needs accounts of its own instead."""
    return [
        name
        for name, entry in config.connectors.items()
        if entry.kind != "carrier" and source in (entry.common.companies or ())
    ]


def main_phone(section: CompanySection) -> str:
    """The phone that rings for a company, or takes calls if anything fails; empty if it has none."""
    return section.route.dial if section.route else next((flow.forward for flow in section.flows), "")


def _section(text: str, place: Place) -> dict[str, Any]:
    accounts = {each["name"]: each for each in tree_of(text)["accounts"]}
    return next(each for each in accounts[place[1]]["companies"] if each["name"] == place[-1])


def _flows(source: CompanySection, written: Mapping[str, Any], new: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    before, phone = main_phone(source), new["route"]["dial"]
    found: dict[str, Any] = {}
    if source.flows:
        found["flows"] = [_with_phone(literal(written_flow(flow, folder)), before, phone) for flow in source.flows]
    if source.flow:
        found["flow"] = source.flow
    if source.route:
        found["route"] = {**written["route"], "dial": phone}
    return found


def _trackers(
    source: CompanySection, written: Mapping[str, Any], new: Mapping[str, Any], *, with_flows: bool
) -> Iterator[dict[str, Any]]:
    left_out = {"numbers"} if with_flows else {"numbers", "flow", "route"}
    for tracker in written.get("trackers") or ():
        kept = {key: value for key, value in tracker.items() if key not in left_out}
        yield _with_phone(kept, main_phone(source), new["route"]["dial"])


def _carriers(config: Config, source: CompanySection, name: str) -> Iterator[Change]:
    """Let carriers that serve only some companies serve the new one too."""
    for carrier in dict.fromkeys(each.carrier for each in source.trackers):
        serves = config.connectors[carrier].common.companies
        if serves is not None:
            yield Change(("connectors", carrier, "companies"), [*serves, name])


def _rules(config: Config, text: str, source: str, new: Mapping[str, Any]) -> Iterator[Change]:
    """Rules that name the company; without the destinations at accounts that do not serve the new one."""
    for rule in tree_of(text).get("conversions") or ():
        if (rule.get("when") or {}).get("company") != source:
            continue
        kept = {
            name: value
            for name, value in (rule.get("send_to") or {}).items()
            if config.connectors[name].common.companies is None
        }
        name = f"{rule['name']} ({new['title']})"[:MAX_RULE_NAME]
        rest = {key: value for key, value in rule.items() if key not in ("name", "send_to")}
        copied = {"name": name, **rest, "when": {**rule["when"], "company": new["name"]}}
        yield Change(("conversions", name), {**copied, "send_to": kept} if kept else copied)


def _with_phone(tree: Any, before: str, after: str) -> Any:
    """The same values with one phone in the place of another."""
    if isinstance(tree, Mapping):
        return {after if key == before else key: _with_phone(value, before, after) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_with_phone(value, before, after) for value in tree]
    return after if tree == before else tree
