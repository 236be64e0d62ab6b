"""What must have happened at the stand-in before an exchange.

A comment `# stage: contact = add_contact {"name": "Ada Example", "phone_number": "+13125550142"}` calls a method of the
stand-in, or reads an attribute, and names the result: of a list the last item, of an object each field, as `token.scope`.
`# stage: paid` calls the function `paid` of the file `stages.py` beside the exchanges; it gets the stand-in and returns values
by their names. That file is the plugin author's own code, and runs where the plugin does.
"""

from __future__ import annotations

import base64
import importlib.util
import re
import sys
from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from types import GenericAlias
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from hub.contracts.sandbox import Sandbox
from hub.testing.exchanges.exchange_file import ExchangeFile, Note

STAGE = re.compile(r"(?:(\w+) *= *)?([a-z]\w*(?:\.[a-z]\w*)*)(?: +(\{.*\}|\[.*\]))?")
FILE = "stages.py"
Functions = Mapping[str, Callable[[Any], Mapping[str, str]]]


def staged(file: ExchangeFile, sandbox: Sandbox) -> dict[str, str]:
    """Do the stages of a file; the stand-in's settings, and the values that the stages gave, by their names."""
    values = {name: str(value) for name, value in sandbox.settings().items()}
    stages = [note for note in file.notes if note.name == "stage"]
    functions = _functions(file.path.with_name(FILE)) if stages else {}
    for note in stages:
        parts = STAGE.fullmatch(note.text)
        if parts is None:
            raise note.place.error(
                "write a stage as `name = method {JSON of its arguments}` or as a function of stages.py"
            )
        name, action, _ = parts.groups()
        if action in functions:
            values |= functions[action](sandbox)
            continue
        try:
            held = attrgetter(action)(sandbox)
        except AttributeError:
            raise note.place.error(
                f"neither {FILE} nor the stand-in has {action!r}; {FILE} has {', '.join(sorted(functions)) or 'nothing'}"
            ) from None
        arguments = Note(note.name, parts[3] or "{}", note.place).json(values)
        if isinstance(arguments, list):
            made = held(*_with_bytes(arguments))
        else:
            made = held(**_typed_arguments(note, arguments, held)) if callable(held) else held
        if name:
            values |= _named(name, made)
    return values


def _named(name: str, made: Any) -> dict[str, str]:
    """The values that a name stands for: each field of an object, the last item of a list."""
    if isinstance(made, Mapping):
        return {f"{name}.{field}": str(value) for field, value in made.items()}
    return {name: str(made[-1] if isinstance(made, list | tuple) and made else made)}


def _typed_arguments(note: Note, held: Mapping[str, Any], method: Callable[..., Any]) -> dict[str, Any]:
    try:
        hints = get_type_hints(method)
    except NameError:  # of types that the stand-in imports for type checkers only
        hints = {}
    return {name: typed(value, hints.get(name, Any), note, name) for name, value in held.items()}


def typed(value: Any, annotation: Any, note: Note, name: str) -> Any:
    """A value of JSON as a type of the contract; `{"base64": "…"}` is bytes."""
    try:
        # In a tuple, because pydantic gives a dataclass no setting of its own; without it an unknown field is passed over.
        alone: Any = GenericAlias(tuple, (annotation,))
        return TypeAdapter(alone, config=ConfigDict(extra="forbid")).validate_python((_with_bytes(value),))[0]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in (name, *first["loc"][1:]))
        raise note.place.error(f"{where}: {first['msg']}") from None


def _with_bytes(value: Any) -> Any:
    if isinstance(value, dict):
        return (
            base64.b64decode(value["base64"])
            if value.keys() == {"base64"}
            else {k: _with_bytes(v) for k, v in value.items()}
        )
    return [_with_bytes(each) for each in value] if isinstance(value, list) else value


def _functions(path: Path) -> Functions:
    if not path.exists():
        return {}
    name = f"exchange_stages_{path.parent.parent.name}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return {each: value for each, value in vars(module).items() if getattr(value, "__module__", "") == name}
