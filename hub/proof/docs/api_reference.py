"""docs/api-reference.md: every name of `hub.api` and its parts, by task, each with an example that runs."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

from hub.plugin_host.packages.public_names import public_names
from hub.proof.docs.hooks import notes
from hub.proof.docs.manifest import MODELS, note_of
from hub.proof.docs.markdown import code, page, table
from hub.proof.docs.promised_names import members

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
INTRO = (
    "What a plugin may import of ours, module by module. A test runs every example. [Hooks](hooks.md) has the hooks and the "
    "fields of values, [manifest](manifest.md) what a plugin declares and what stand-ins offer; "
    "[write a plugin](write-a-plugin.md) says where to begin, and what [is promised](write-a-plugin.md#what-hubapi-promises)."
)


@dataclass(frozen=True)
class Example:
    """One function of a file in docs/examples: what it shows, and the names of its module that it uses."""

    title: str
    text: str
    source: str
    names: tuple[str, ...]


def api_reference_page() -> str:
    """The whole page."""
    chapters = [block for module, names in public_names().items() for block in _chapter(module, names)]
    return page("# Reference of hub.api", INTRO, *chapters)


def examples(module: str) -> list[Example]:
    """The examples of one module of `hub.api`, in order."""
    text = (EXAMPLES / f"{module.rpartition('.')[2]}.py").read_text(encoding="utf-8")
    return [_example(module, each, text) for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)]


def _example(module: str, function: ast.FunctionDef, text: str) -> Example:
    title, _, rest = (ast.get_docstring(function) or "").partition("\n\n")
    lines = text.splitlines()[function.body[1].lineno - 1 : function.end_lineno]
    imported = [each for each in ast.walk(function) if isinstance(each, ast.ImportFrom) and each.module == module]
    names = tuple(alias.name for each in imported for alias in each.names)
    return Example(title, rest, textwrap.dedent("\n".join(lines)), names)


def _chapter(module: str, names: dict[str, object]) -> Iterator[str]:
    yield f"## {module}"
    yield inspect.getdoc(importlib.import_module(module)) or ""
    shown: set[str] = set()
    for example in examples(module):
        yield f"### {example.title}"
        yield example.text
        yield f"```python\n{example.source}\n```"
        for name in [each for each in example.names if each not in shown]:
            shown.add(name)
            yield f"#### {name}"
            yield from _name(module, name, names[name])


def _name(module: str, name: str, value: Any) -> Iterator[str]:
    value = inspect.unwrap(value)
    if isinstance(value, FunctionType):
        yield f"```python\n{name}{_signature(value)}\n```"
        yield inspect.getdoc(value) or ""
    elif not isinstance(value, type):
        yield _note(module, name)
        yield f"Choices: {', '.join(map(code, value.__args__))}." if _is_choice(value) else ""
    else:
        yield inspect.getdoc(value) or ""
        yield _rest(name, value)


def _rest(name: str, value: type) -> str:
    """Where a class's fields stand, or a table of its own members."""
    if dataclasses.is_dataclass(value):
        return f"Its fields: [{name}](hooks.md#{name.lower()})."
    if value in MODELS:
        return f"Its fields: [{name}](manifest.md#{name.lower()})."
    if name.endswith("Sandbox"):
        return f"Its methods: [{name}](manifest.md#{name.lower()})."
    texts = notes(value)
    rows = [(code(_shown(value, each, member)), _meaning(texts, each, member)) for each, member in members(value)]
    return table(["Member", "Meaning"], [(shown, meaning or "As in the base class.") for shown, meaning in rows])


def _shown(value: type, name: str, member: object) -> str:
    return name if isinstance(member, str | property) else f"{name}{_signature(getattr(value, name))}"


def _meaning(texts: dict[str, str], name: str, member: Any) -> str:
    if isinstance(member, str):
        return texts.get(name) or code(member)
    return inspect.cleandoc(getattr(member, "__doc__", None) or "").partition("\n\n")[0]


def _signature(function: Callable[..., Any]) -> str:
    return str(inspect.signature(function)).replace("'", "").replace("(self, ", "(").replace("(self)", "()")


def _note(module: str, name: str) -> str:
    """The text below a constant, in the module that makes it."""
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                if name in (alias.asname, None if alias.asname else alias.name):
                    return _made(str(statement.module), alias.name)
    return ""


def _made(module: str, name: str) -> str:
    found = importlib.import_module(module)
    for statement in ast.parse(inspect.getsource(found)).body:
        if isinstance(statement, ast.ImportFrom) and name in [alias.asname or alias.name for alias in statement.names]:
            return _made(str(statement.module), name)
    return note_of(found, name)


def _is_choice(value: object) -> bool:
    return all(isinstance(each, str) for each in getattr(value, "__args__", (None,)))
