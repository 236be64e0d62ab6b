"""The part of docs/connect/README.md that says what each provider can do and how it answers: providers by abilities.

It is read from manifests, hooks, the declarations of JSON networks, the vendors' rules (`rules.yaml`) and the exchanges of
their documentation.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from hub.contracts.connector import Connector
from hub.contracts.untrusted import json_object
from hub.contracts.values import ApiVersion
from hub.contracts.vendor_file import Rules, read_rules
from hub.hookspecs import CallHooks, ConversionHooks, CostHooks, CrmHooks, NumberHooks, PrivacyHooks, TextHooks
from hub.plugin_host.host.description import hooks_of
from hub.proof.docs.config import built_in
from hub.proof.docs.markdown import code, table
from hub.protocols.json_ads import JsonAds
from hub.queries.connectors.version_ends import are_alternatives
from hub.testing.exchanges.exchange_file import exchange_paths, read_exchange_file

KINDS = ("carrier", "ads", "crm")
NONE = "–"
LIKENESS = {"results": "by row", "errors_by_index": "by row", "poll": "by row"}
"""Kind of a JSON network's batch → how it refuses, of those that name the rows."""
SENT: Sequence[tuple[Callable[..., Any], str]] = (
    (CallHooks.render_answer, "calls"),
    (TextHooks.send_text, "texts"),
    (CrmHooks.log_calls, "calls"),
    (ConversionHooks.upload_conversions, "conversions"),
)
MONEY: Sequence[tuple[Callable[..., Any], str]] = (
    (CostHooks.pull_costs, "read"),
    (NumberHooks.search_numbers, "prices of numbers"),
    (CrmHooks.pull_outcomes, "deals"),
)


class _Provider:
    """One plugin, with what the table reads of it."""

    def __init__(self, connector_class: type[Connector]) -> None:
        self.connector = connector_class
        self.manifest = connector_class.manifest
        self.folder = Path(inspect.getfile(connector_class)).parent
        self._hooks = frozenset(hooks_of(connector_class))
        file = self.folder / "sandbox" / "rules.yaml"
        self.rules: Rules | None = read_rules(file) if file.exists() else None
        self.json: type[JsonAds] | None = connector_class if issubclass(connector_class, JsonAds) else None

    def has(self, hook: Callable[..., Any]) -> bool:
        """Whether it implements a hook."""
        return hook.__name__ in self._hooks


def _sends(each: _Provider) -> str:
    limits = each.manifest.limits
    what = ", ".join(words for hook, words in SENT if each.has(hook))
    if each.manifest.kind != "ads":
        return what
    alone = each.json is not None and each.json.batch.kind == "one_each"
    size = 1 if alone else limits.per_request or limits.batch_size
    age = f", up to {limits.max_age.total_seconds() / 86_400:g} days old" if limits.max_age else ""
    changes = [kind for kind in ("restate", "retract") if each.manifest.takes(kind)]
    return f"{what} and their changes, {size:,} a request{age}" if changes else f"{what}, {size:,} a request{age}"


def _refuses(each: _Provider) -> str:
    if each.rules is None:
        return LIKENESS.get(each.json.batch.kind, "by request") if each.json else "by request"
    answers = each.rules.answers.values()
    final = sum(answer.means in ("final", "partly") for answer in answers)
    rows = "by row" if any(answer.row is not None for answer in answers) else "by request"
    return f"{rows if each.manifest.confirms else 'not said'}, {final} reasons known"


def _tries_again(each: _Provider) -> str:
    if each.rules is None:
        return "by HTTP status"
    count = Counter(answer.means for answer in each.rules.answers.values())
    waits, people = count["wait"] + count["wait_long"], count["sign_in"] + count["configuration"]
    families = len(each.rules.others.get("wait", ()))
    more = f" and {families} {'family' if families == 1 else 'families'}" if families else ""
    return f"{waits} answers{more} wait, {people} for a person"


def _known_again(each: _Provider) -> str:
    if each.manifest.kind == "carrier":
        return "the provider's id of the call or text"
    return ", ".join(map(code, sorted(set(_places_of_key(each.folder / "exchanges"))))) or NONE


def _places_of_key(folder: Path) -> Iterator[str]:
    """Where documented requests have the key of what the hub sends."""
    for path in exchange_paths(folder):
        file = read_exchange_file(path)
        given = [note for name, note in file.arguments().items() if name in ("conversions", "activities")]
        keys = {item["key"] for note in given if "{{" not in note.text for item in note.json({})}
        for request, _ in file.exchanges:
            yield from _names_of(json_object(request.body.encode()) or {}, keys)


def _names_of(tree: Any, values: set[str], name: str = "") -> Iterator[str]:
    if isinstance(tree, dict):
        for key, inner in tree.items():
            yield from _names_of(inner, values, key)
    elif isinstance(tree, list):
        for inner in tree:
            yield from _names_of(inner, values, name)
    elif isinstance(tree, str) and tree in values:
        yield name


def _consent(each: _Provider) -> str:
    if each.manifest.kind != "ads":
        return "before sending"
    return "sent with each conversion" if each.manifest.takes_permissions else "before sending; it has no field"


def _erases(each: _Provider) -> str:
    if each.has(PrivacyHooks.erase_person):
        return "yes"
    return "taken back" if each.manifest.takes("retract") and each.manifest.kind == "ads" else "no"


def _costs(each: _Provider) -> str:
    return next((words for hook, words in MONEY if each.has(hook)), NONE)


def _receipts(each: _Provider) -> str:
    if each.manifest.kind == "carrier":
        return "webhooks and lists" if each.has(CallHooks.list_calls) else "webhooks"
    if not each.manifest.confirms:
        return "none: unverifiable"
    later = each.has(ConversionHooks.poll_receipts) and (each.json is None or each.json.batch.kind == "poll")
    return "asked for later, one each" if later else "one each"


def _version(each: _Provider) -> str:
    shown: list[ApiVersion] = []
    for version in each.manifest.versions:
        field = each.connector.Settings.model_fields.get(version.setting)
        is_default = field is None or field.default == version.name
        if is_default and not any(are_alternatives(version, other) for other in shown):
            shown.append(version)
    return "; ".join(f"{version.api} {version.name}".strip() + f", {_end(version)}" for version in shown)


def _end(version: ApiVersion) -> str:
    if version.ends is None:
        return "no end published"
    day: date = version.ends
    return f"ends {'on' if version.is_published else 'about'} {day:%B} {day.day}, {day.year}"


COLUMNS: Sequence[tuple[str, Callable[[_Provider], str]]] = (
    ("Sends", _sends),
    ("Refuses", _refuses),
    ("Tries again", _tries_again),
    ("Known again by", _known_again),
    ("Consent", _consent),
    ("Erases", _erases),
    ("Costs", _costs),
    ("Receipts", _receipts),
    ("Version and its end", _version),
)


def providers_part() -> str:
    """The table, of each kind by name."""
    providers = [_Provider(each) for each in built_in().values() if each.manifest.kind in KINDS]
    providers.sort(key=lambda each: (KINDS.index(each.manifest.kind), each.manifest.label))
    rows = [(each.manifest.label, *(read(each) for _, read in COLUMNS)) for each in providers]
    return table(("Provider", *(title for title, _ in COLUMNS)), rows)
