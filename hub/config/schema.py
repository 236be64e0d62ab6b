"""The JSON Schema of config.yaml for editors (completion and checks): the hub's keys and each plugin's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from hub.config.mail import MailSection
from hub.config.models import AccountSection, ConnectorCommon, ConversionRule, HubSection
from hub.config.references import BODY
from hub.config.retention import RetentionSection
from hub.config.sections.numbers import NumbersSection
from hub.config.sections.recordings import RecordingsSection
from hub.contracts.connector import Connector

JsonSchema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema(classes: Mapping[str, type[Connector]]) -> JsonSchema:
    """The schema of the whole file, with the settings and destinations of the plugins in `classes` (name → class)."""
    definitions: JsonSchema = {
        "reference": {
            "type": "string",
            "pattern": rf"(^|[^$]){BODY}",
            "description": "${env:NAME}, ${file:/path} or ${secret:NAME}",
        }
    }
    destinations = []
    for name, connector_class in sorted(classes.items()):
        definitions[f"connector.{name}"] = _connector(connector_class, definitions, name)
        if connector_class.Destination is not None:
            place = f"destination.{name}"
            definitions[place] = _model(connector_class.Destination, definitions, place)
            destinations.append({"$ref": f"#/$defs/{place}"})
    rule = _model(ConversionRule, definitions, "conversion")
    rule["properties"]["send_to"]["additionalProperties"] = {"anyOf": destinations} if destinations else {}
    entry = {
        "type": "object",
        "required": ["plugin"],
        "properties": {"plugin": {"enum": sorted(classes), "description": "The plugin's name."}},
        "allOf": [
            {
                "if": {"properties": {"plugin": {"const": name}}, "required": ["plugin"]},
                "then": {"$ref": f"#/$defs/connector.{name}"},
            }
            for name in sorted(classes)
        ],
    }
    return {
        "$schema": DIALECT,
        "title": "config.yaml of Ringfence",
        "type": "object",
        "additionalProperties": False,
        "required": ["hub", "connectors"],
        "properties": {
            "hub": _model(HubSection, definitions, "hub"),
            "connectors": {"type": "object", "additionalProperties": entry},
            "recordings": _model(RecordingsSection, definitions, "recordings"),
            "retention": _model(RetentionSection, definitions, "retention"),
            "numbers": _model(NumbersSection, definitions, "numbers"),
            "mail": _model(MailSection, definitions, "mail"),
            "conversions": {"type": "array", "items": rule},
            "accounts": {"type": "array", "items": _model(AccountSection, definitions, "account")},
        },
        "$defs": definitions,
    }


def _connector(connector_class: type[Connector], definitions: JsonSchema, name: str) -> JsonSchema:
    common = _model(ConnectorCommon, definitions, "connector")
    own = _model(connector_class.Settings, definitions, f"settings.{name}")
    schema: JsonSchema = {
        "type": "object",
        "description": connector_class.manifest.summary,
        "additionalProperties": False,
        "properties": {**common["properties"], **own.get("properties", {})},
    }
    if own.get("required"):
        # A connector that runs in its sandbox needs no credentials.
        schema["if"] = {"properties": {"sandbox": {"const": True}}, "required": ["sandbox"]}
        schema["else"] = {"required": own["required"]}
    return schema


def _model(model: type[BaseModel], definitions: JsonSchema, prefix: str) -> JsonSchema:
    """The schema of one model; the models inside it go to `definitions` under `prefix`, because plugins may use the
    same names."""
    schema = model.model_json_schema(ref_template=f"#/$defs/{prefix}.{{model}}")
    for name, inner in schema.pop("$defs", {}).items():
        definitions[f"{prefix}.{name}"] = _as_written(inner)
    written: JsonSchema = _as_written(json.loads(json.dumps(schema)))
    return written


def _as_written(schema: object) -> Any:
    """`schema` for what people may write: a reference for any value, and only a reference for secrets."""
    if isinstance(schema, list):
        return [_as_written(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    loose = {
        key: {name: _as_written(item) for name, item in value.items()} if key == "properties" else _as_written(value)
        for key, value in schema.items()
        if key not in ("default", "examples", "enum", "const", "required")
    }
    loose |= {key: schema[key] for key in ("default", "examples", "enum", "const", "required") if key in schema}
    kind = loose.get("type")
    if loose.get("format") == "password":
        return {"$ref": "#/$defs/reference"} | {key: loose[key] for key in ("title", "description") if key in loose}
    if kind == "string" and not ({"pattern", "format", "enum", "const"} & loose.keys()):
        return loose
    if kind in ("string", "integer", "number", "boolean"):
        about = {key: loose.pop(key) for key in ("title", "description", "default") if key in loose}
        return about | {"anyOf": [loose, {"$ref": "#/$defs/reference"}]}
    return loose
