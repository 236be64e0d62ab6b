"""docs/config.md: every key of config.yaml, and each built-in plugin's settings, limits and data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from hub.config.callflow.definition import STEP_TYPES, Case, Flow, Recording
from hub.config.callflow.route import Route
from hub.config.error_messages import fields_of, models_in
from hub.config.mail import MailSection
from hub.config.models import (
    AccountSection,
    CompanySection,
    ConnectorCommon,
    ConversionRule,
    HubSection,
    TrackerSection,
)
from hub.config.retention import Kept, RetentionSection
from hub.config.sections.company_sections import ContactSection
from hub.config.sections.conversion_values import When
from hub.config.sections.numbers import NumbersSection
from hub.config.sections.recordings import InsightsSection, RecordingsSection, SignalAction
from hub.config.sections.sign_in import OidcSection, SignInSection
from hub.config.sections.spam import SpamSection
from hub.config.sections.texts import TextsSection
from hub.contracts.connector import Connector
from hub.contracts.manifest import Manifest
from hub.platform.id_words import words_of
from hub.plugin_host.discovery import discover
from hub.proof.docs.markdown import code, page, table

SECTIONS: Mapping[str, type[BaseModel]] = {
    "hub": HubSection,
    "hub: sign_in": SignInSection,
    "hub: sign_in: oidc": OidcSection,
    "connectors: every entry": ConnectorCommon,
    "recordings": RecordingsSection,
    "retention": RetentionSection,
    "numbers": NumbersSection,
    "retention: a kind that is kept longer": Kept,
    "mail": MailSection,
    "conversions": ConversionRule,
    "conversions: when": When,
    "accounts": AccountSection,
    "accounts: companies": CompanySection,
    "accounts: companies: contact": ContactSection,
    "accounts: companies: trackers": TrackerSection,
    "accounts: companies: route": Route,
    "accounts: companies: flows": Flow,
    "accounts: companies: flows: recording": Recording,
    **{f"accounts: companies: flows: steps: {kind}": step for kind, step in STEP_TYPES.items()},
    "accounts: companies: flows: steps: attribution_route: cases": Case,
    "accounts: companies: texts": TextsSection,
    "accounts: companies: insights": InsightsSection,
    "accounts: companies: insights: actions": SignalAction,
    "accounts: companies: spam": SpamSection,
}
INTRODUCTION = """\
`config.yaml` has seven sections: `hub:`, `connectors:`, `recordings:`, `retention:`, `mail:`, `conversions:` and
`accounts:`. It is read strictly: an unknown key is an error, and all problems in the file are reported together, each with
its line. `hub check` reads it and asks every provider whether it answers; `hub config show` prints it with every reference
resolved; `hub config schema` prints its JSON Schema.

`${env:NAME}` stands for an environment variable and `${file:/path}` for the content of a file, as a whole value or as a part
of one; `$${` is the text `${`, as an import writes it. Secrets are never written in plain text. Relative paths (files, SQLite
databases, plugin folders) are relative to the folder of `config.yaml`. Only `true`, `false`, `null` and whole numbers are
special; all else is text, so +13125550142 needs no quotes. YAML's tags are refused."""


def config_page() -> str:
    """The whole page."""
    ours = [block for title, model in SECTIONS.items() for block in (f"## {title}", _about(model), _keys(model))]
    plugins = [block for connector_class in built_in().values() for block in _plugin(connector_class)]
    return page("# config.yaml", INTRODUCTION, *ours, "## Built-in plugins", *plugins)


def built_in() -> dict[str, type[Connector]]:
    """The plugins of this repository, by name; third-party plugins are not in our documentation."""
    found = discover().classes
    return {name: found[name] for name in sorted(found) if found[name].__module__.startswith("plugins.")}


def _about(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _keys(model: type[BaseModel]) -> str:
    return table(["Key", "Value", "Default", "Meaning"], _rows(model, model.model_json_schema(), ""))


def _rows(model: type[BaseModel], schema: dict[str, Any], above: str) -> Iterator[tuple[str, str, str, str]]:
    """One row per key; the keys of a plugin's inner sections follow with their path."""
    definitions = schema.get("$defs", {})
    for name, field in fields_of(model).items():
        kind = _kind(schema["properties"][name], definitions)
        yield code(above + name), kind, _default(field), field.description or ""
        inner = models_in(field.annotation)
        if len(inner) == 1 and inner[0] not in SECTIONS.values():
            yield from _rows(inner[0], inner[0].model_json_schema(), f"{above}{name}.")


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or isinstance(value, SignInSection) or value in ((), [], {}):
        return ""
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, Mapping):
        return ", ".join(code(f"{key}: {item}") for key, item in value.items())
    return ", ".join(map(code, value)) if isinstance(value, tuple | list) else code(value)


def _kind(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """The allowed values, in words."""
    if "$ref" in schema:
        return _kind(definitions.get(schema["$ref"].rsplit("/", 1)[-1], {}), definitions)
    if "anyOf" in schema:
        kinds = [_kind(each, definitions) for each in schema["anyOf"] if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in schema or "const" in schema:
        return ", ".join(map(code, schema.get("enum", [schema.get("const")])))
    if schema.get("format") == "password":
        return "secret"
    kind = schema.get("type")
    if kind == "array":
        kind = _kind(schema.get("items", {}), definitions)
        return f"list of {kind}s" if kind in ("section", "secret", "text") else f"list of {kind}"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"name to {_kind(values, definitions)}" if isinstance(values, dict) else "section"
    words = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`", "string": "text"}
    example = f", like {code(schema['examples'][0])}" if schema.get("examples") else ""
    return ("web address" if schema.get("format") in ("uri", "url") else words.get(str(kind), "anything")) + example


def _plugin(connector_class: type[Connector]) -> Iterator[str]:
    manifest = connector_class.manifest
    yield f"### {manifest.name}"
    yield manifest.summary
    yield _keys(connector_class.Settings) or "It has no settings of its own."
    if connector_class.Destination is not None:
        yield "Below `send_to:` of a conversion rule:"
        yield _keys(connector_class.Destination)
    yield table(["Of the provider", ""], _facts(manifest))
    yield "What it is given:" if manifest.flows else "It is given no personal data."
    yield table(
        ["Hook", "For", "Field", "As"],
        [
            (code(flow.hook), code(flow.use), code(share.field) + _only(share.keys), share.transform_name)
            for flow in manifest.flows
            for share in flow.shares
        ],
    )


def _only(keys: tuple[str, ...]) -> str:
    return f" (only {', '.join(keys)})" if keys else ""


def _facts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    recipient, limits = manifest.recipient, manifest.limits
    yield "Kind", f"{manifest.kind}, version {manifest.version}"
    yield "Recipient", "nobody: nothing leaves the machine" if recipient.role == "none" else _recipient(manifest)
    yield "Regions", ", ".join(manifest.regions) or "none"
    yield "Hosts", ", ".join(map(code, manifest.hosts)) or "none"
    yield (
        "Sign-in",
        manifest.auth.kind + (f", scopes {', '.join(map(code, manifest.auth.scopes))}" if manifest.auth.scopes else ""),
    )
    yield "Items a batch", str(limits.batch_size)
    yield "Requests a minute", str(limits.requests_per_minute or "no limit known")
    yield "Oldest conversion", f"{limits.max_age.days} days" if limits.max_age else "no limit"
    if manifest.personal_in_address:
        yield "Personal data in addresses", manifest.personal_in_address
    yield "Kept there", manifest.retention
    yield "Deletion", f"{'possible' if manifest.deletion.supported else 'not possible'}: {manifest.deletion.note}"


def _recipient(manifest: Manifest) -> str:
    recipient = manifest.recipient
    role = words_of(recipient.role)
    return f"{recipient.name} ({role})" + (f", {recipient.privacy_url}" if recipient.privacy_url else "")
