"""`hub/api/promised.tsv`: every name, parameter and field that the number of `hub.api` promises to plugins."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from pydantic import BaseModel

import hub.api
from hub.hookspecs import FAMILIES, SPECS
from hub.plugin_host.packages.public_names import public_names

PROMISED_FILE = Path(hub.api.__file__).with_name("promised.tsv")
Names = Mapping[str, str]
"""What is promised, each with its type; a parameter is `NAME(PARAMETER)`, what a function returns `NAME() ->`."""
OPTIONAL, PROTOCOL = ", optional", "protocol"


def promised() -> Names:
    """What the file lists."""
    return dict(line.split("\t", 1) for line in PROMISED_FILE.read_text(encoding="utf-8").splitlines())


def offered() -> Names:
    """What the modules of `hub.api` and the hooks have today."""
    found = dict(
        each
        for module, names in public_names().items()
        for name, value in names.items()
        for each in _name(f"{module}.{name}", value)
    )
    for family in FAMILIES:
        for name, hook in vars(family).items():
            if name in SPECS:
                found |= dict(_function(f"hook {name}", hook))
    return found


def broken(promised: Names, offered: Names) -> dict[str, str]:
    """What no longer holds: the name and a sentence."""
    found = {name: f"{name} is gone." for name in promised if name not in offered}
    for name, kind in offered.items():
        was = promised.get(name)
        if was is None and _is_wanted(name, kind, promised):
            found[name] = f"{name} is new, and plugins of before do not have it."
        if was is not None and kind not in (was, was + OPTIONAL):
            found[name] = f"{name} was {was!r} and is {kind!r}."
    return found


def promised_text() -> str:
    """The file with what is offered besides. Only a person writes what takes something from plugins of before."""
    listed, found = promised(), offered()
    kept = {name: listed.get(name) for name in broken(listed, found)}
    lines = sorted({**found, **kept}.items())
    return "".join(f"{name}\t{kind}\n" for name, kind in lines if kind is not None)


def _is_wanted(name: str, kind: str, promised: Names) -> bool:
    """Whether plugins must give a new parameter, or their stand-ins have a new method."""
    owner, _, parameter = name.removesuffix("() ->").partition("(")
    if parameter:
        return not kind.endswith(OPTIONAL) and (owner in promised or f"{owner}() ->" in promised)
    return name.startswith("hub.api.sandbox.") and promised.get(owner.rpartition(".")[0]) == PROTOCOL


def _name(path: str, value: Any) -> Iterator[tuple[str, str]]:
    value = inspect.unwrap(value)
    if not isinstance(value, type):
        yield from _function(path, value) if isinstance(value, FunctionType) else [(path, _constant(value))]
        return
    bases = [_public()[each] for each in value.__mro__[1:] if each in _public()]
    yield path, PROTOCOL if getattr(value, "_is_protocol", False) else " ".join(["class", *bases[:1]])
    if issubclass(value, BaseModel):
        texts = {name: text for each in reversed(_ours(value)) for name, text in inspect.get_annotations(each).items()}
        for name, field in value.model_fields.items():
            yield f"{path}({name})", f"{texts[name]}{'' if field.is_required() else OPTIONAL}"
    elif issubclass(value, Enum):
        yield from ((f"{path}.{each.name}", repr(each.value)) for each in value)
    else:
        yield from _parameters(path, value.__init__)
    for name, member in members(value):
        if isinstance(member, property):
            yield f"{path}.{name}", f"property {_returned(member.fget)}"
        elif callable(member) or isinstance(member, classmethod | staticmethod):
            yield from _function(f"{path}.{name}", getattr(value, name))
        else:
            yield f"{path}.{name}", f"attribute {member}"


@cache
def _public() -> dict[type, str]:
    return {each: name for names in public_names().values() for name, each in names.items() if isinstance(each, type)}


def _ours(kind: type) -> list[type]:
    return [each for each in kind.__mro__ if each.__module__.startswith("hub.")]


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """Methods, properties and declared attributes that plugins may use or set, besides fields of a constructor and what
    another public class has."""
    fields = {each.name for each in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    fields |= set(kind.model_fields) | {"model_config"} if issubclass(kind, BaseModel) else set()
    found: dict[str, Any] = {}
    for each in [each for each in reversed(_ours(kind)) if each is kind or each not in _public()]:
        found |= inspect.get_annotations(each)
        code = (FunctionType, property, classmethod, staticmethod)
        found |= {name: member for name, member in vars(each).items() if isinstance(member, code)}
    return ((name, member) for name, member in found.items() if not name.startswith("_") and name not in fields)


def _function(path: str, function: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    yield f"{path}() ->", _returned(function)
    yield from _parameters(path, function)


def _parameters(path: str, function: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(function, FunctionType | MethodType):
        return
    for place, each in enumerate(inspect.signature(function).parameters.values()):
        if each.name != "self":
            where: dict[object, str] = {
                each.KEYWORD_ONLY: "keyword",
                each.VAR_POSITIONAL: "more",
                each.VAR_KEYWORD: "more keywords",
            }
            optional = "" if each.default is each.empty and each.kind not in list(where)[1:] else OPTIONAL
            yield f"{path}({each.name})", f"{where.get(each.kind, place)}: {_text(each.annotation)}{optional}"


def _returned(function: Any) -> str:
    return _text(inspect.signature(function).return_annotation)


def _text(annotation: object) -> str:
    return "" if annotation is inspect.Signature.empty else inspect.formatannotation(annotation).strip("'\"")


def _constant(value: object) -> str:
    return str(value) if getattr(value, "__args__", None) else type(value).__name__
