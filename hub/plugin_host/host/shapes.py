"""The secrets in settings, the shape of a plugin's settings as plain data, and a model with that shape.

The hub checks config.yaml and draws forms with such a model, so that it need not import the plugin. The plugin's own
validators run in a child process (`Check`).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    Secret,
    SecretBytes,
    SecretStr,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from hub.contracts.connector import PluginSettings, as_written
from hub.plugin_host.plugin_texts.scrubber import Scrubber

SCALARS: Mapping[str, Any] = {
    "str": str, "int": int, "float": float, "bool": bool, "bytes": bytes, "none": type(None), "any": Any, "secret": SecretStr,
    "datetime": datetime, "date": date, "time": time, "timedelta": timedelta, "decimal": Decimal, "http_url": AnyHttpUrl,
    "url": HttpUrl,
}  # fmt: skip
NAMES = {id(kind): name for name, kind in SCALARS.items()}
CONTAINERS: Mapping[str, Any] = {
    "list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "dict": dict, "mapping": Mapping, "sequence": Sequence,
}  # fmt: skip
CONTAINER_NAMES = {kind: name for name, kind in CONTAINERS.items()}
CONSTRAINTS = ("ge", "gt", "le", "lt", "min_length", "max_length", "multiple_of", "pattern")
EXTRA: Mapping[str, Literal["forbid", "allow", "ignore"]] = {"forbid": "forbid", "allow": "allow", "ignore": "ignore"}
MAX_DEPTH = 8
Shape = dict[str, Any]
Check = Callable[[dict[str, Any]], dict[str, Any]]
"""Gives plain values to the plugin's own model; returns `values`, or `errors` with place and sentence."""


def secrets_in(value: object) -> Iterator[str]:
    """Every secret in a connector's settings, in clear."""
    if isinstance(value, Secret | SecretStr | SecretBytes):
        yield str(as_written(value))
    elif isinstance(value, BaseModel):
        yield from secrets_in([getattr(value, name) for name in type(value).model_fields if hasattr(value, name)])
    elif isinstance(value, Mapping):
        yield from secrets_in(list(value.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from secrets_in(each)


def shape_of(model: type[BaseModel], depth: int = 0) -> Shape:
    """A model as plain data."""
    return {
        "name": model.__name__,
        "extra": model.model_config.get("extra", "ignore"),
        "fields": [_field(name, info, depth) for name, info in model.model_fields.items()],
        "checks": has_validators(model),
    }


def has_validators(model: type[BaseModel], depth: int = 0) -> bool:
    """Whether a model checks more than its types say: it has validators of its own, here or in a model inside."""
    decorators = model.__pydantic_decorators__
    if decorators.field_validators or decorators.model_validators or decorators.validators or depth > MAX_DEPTH:
        return True
    infos = model.model_fields.values()
    return any(_has_function(info.annotation, depth) or any(map(_is_function, info.metadata)) for info in infos)


def model_from(shape: Shape, check: Check | None = None) -> type[PluginSettings]:
    """The model of a shape. Values that pass its types are given to `check`, if the plugin has validators of its own."""
    fields: dict[str, Any] = {}
    for each in shape["fields"]:
        name = str(each["name"])
        if not name.isidentifier() or name.startswith(("_", "model_")):
            raise ValueError(f"{name[:40]!r} is not a name for a setting")
        default = ... if each["required"] else each["default"]
        options = {key: each[key] for key in ("description", "alias") if each[key] is not None}
        fields[name] = (_type(each["type"], each["constraints"]), Field(default, **options))
    config = ConfigDict(extra=EXTRA.get(shape["extra"], "forbid"), frozen=True, validate_default=True)
    base = type("Settings", (PluginSettings,), {"model_config": config, "__module__": __name__})
    validators: dict[str, Any] = {"checked_by_plugin": _checked(check)} if check and shape["checks"] else {}
    made: Any = create_model(str(shape["name"]), __base__=base, __validators__=validators, **fields)
    return cast("type[PluginSettings]", made)


def _field(name: str, info: Any, depth: int) -> dict[str, Any]:
    default = None if info.is_required() else as_written(info.get_default(call_default_factory=True))
    return {
        "name": name,
        "type": _shape(info.annotation, depth),
        "constraints": _constraints(info.metadata),
        "required": info.is_required(),
        "default": default,
        "description": info.description,
        "alias": info.alias,
    }


def _shape(annotation: object, depth: int) -> object:
    if depth > MAX_DEPTH:
        return "any"
    if id(annotation) in NAMES:
        return NAMES[id(annotation)]
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return {"annotated": _shape(parts[0], depth + 1), "constraints": _constraints(parts[1:])}
    if origin is Literal:
        return {"literal": list(parts)}
    if origin in (Union, types.UnionType):
        return {"union": [_shape(part, depth + 1) for part in parts]}
    if origin in CONTAINER_NAMES:
        inner = ["..." if part is ... else _shape(part, depth + 1) for part in parts]
        return {"container": CONTAINER_NAMES[origin], "of": inner}
    if annotation in CONTAINER_NAMES:
        return {"container": CONTAINER_NAMES[annotation], "of": []}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {"model": shape_of(annotation, depth + 1)}
    return "any"


def _constraints(metadata: Sequence[object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for each in metadata:
        for name in CONSTRAINTS:
            value = getattr(each, name, None)
            if isinstance(value, int | float | str | Decimal):
                found[name] = value
    return found


def _type(shape: object, constraints: Mapping[str, Any]) -> object:
    found = _plain_type(shape)
    allowed = {name: value for name, value in constraints.items() if name in CONSTRAINTS}
    return Annotated[found, Field(**allowed)] if allowed and found is not Any else found


def _plain_type(shape: Any) -> object:
    if isinstance(shape, str):
        return SCALARS[shape]
    if "annotated" in shape:
        return _type(shape["annotated"], shape["constraints"])
    if "literal" in shape:
        return Literal[tuple(shape["literal"])]
    if "union" in shape:
        return Union[tuple(_plain_type(part) for part in shape["union"])]  # noqa: UP007 - the parts are not known here
    if "model" in shape:
        return model_from(shape["model"])
    inner = tuple(... if part == "..." else _plain_type(part) for part in shape["of"])
    container = CONTAINERS[shape["container"]]
    return container[inner] if inner else container


def _checked(check: Check) -> Any:
    def checked(cls: Any, tree: Any, handler: Any) -> Any:
        """The types first, then the plugin's own validators, which may also change values."""
        typed = handler(tree)
        answer = check(as_written(typed))
        if "errors" in answer:
            scrub = Scrubber(secrets_in(typed)).text
            raise ValidationError.from_exception_data(cls.__name__, list(_details(answer["errors"], scrub)))
        return handler(answer["values"])

    return model_validator(mode="wrap")(classmethod(checked))  # type: ignore[arg-type]


def _details(errors: Sequence[Any], scrub: Callable[[str], str]) -> Iterator[InitErrorDetails]:
    for place, sentence in errors:
        kind = PydanticCustomError("value_error", "{error}", {"error": scrub(str(sentence))[:500]})
        yield InitErrorDetails(type=kind, loc=tuple(place), input=None)


def _has_function(annotation: object, depth: int) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return has_validators(annotation, depth + 1)
    if get_origin(annotation) is Annotated and any(map(_is_function, get_args(annotation)[1:])):
        return True
    return any(_has_function(part, depth + 1) for part in get_args(annotation))


def _is_function(metadata: object) -> bool:
    return callable(getattr(metadata, "func", None))
