"""Slips in what hooks return: annotations of another type, and values in the source that are of another type for certain."""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from linecache import checkcache, getlines
from typing import Any, Union, get_args, get_origin, get_type_hints

from hub.contracts.connector import Connector
from hub.hookspecs import SPECS, HookSpec
from hub.plugin_host.inspection.findings import Finding, place, place_of, returned_form
from hub.plugin_host.inspection.hooks import MARK, own_functions

LITERALS: dict[type, type] = {
    ast.Dict: dict,
    ast.DictComp: dict,
    ast.Set: set,
    ast.SetComp: set,
    ast.JoinedStr: str,
    ast.Compare: bool,
    ast.List: list,
    ast.ListComp: list,
    ast.Tuple: tuple,
}
"""Expressions → the type that their value has for certain."""
Items = tuple[Any, ...]


def return_findings(connector_class: type[Connector]) -> Iterator[Finding]:
    """The slips in what the hooks of a class return."""
    for name, function in own_functions(connector_class):
        spec = SPECS.get(name)
        if (
            spec is None
            or not hasattr(function, MARK)
            or not spec.result_types
            or inspect.iscoroutinefunction(function)
        ):
            continue
        wrong = [*_wrong_annotation(spec, function)] or [*_wrong_values(spec, function)]
        for at, words in wrong[:1]:
            yield Finding(at, f"{name} {words}; it returns {returned_form(spec)}")


def _wrong_annotation(spec: HookSpec, function: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    try:
        annotation = get_type_hints(function).get("return", Any)
    except Exception:  # noqa: BLE001 - a name that only type checkers know, or anything that the plugin's code raises
        return
    if not all(_fits(spec, each) for each in _members(annotation)):
        yield place_of(function), f"is annotated to return {_shown(annotation)}"


def _members(annotation: Any) -> Sequence[Any]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def _fits(spec: HookSpec, annotation: Any) -> bool:
    """Whether values of an annotation can be what the hook returns; True if that is not certain."""
    kind = get_origin(annotation) or annotation
    if not isinstance(kind, type) or kind in (object, Any):
        return True
    if not spec.returns_sequence:
        return any(_related(kind, each) for each in spec.result_types)
    if not (issubclass(kind, list | tuple) or kind is Sequence or issubclass(list, kind)):
        return False
    parts = [each for whole in get_args(annotation)[:1] for each in _members(whole)]
    items = [get_origin(each) or each for each in parts]
    return all(
        not isinstance(each, type) or each in (object, Any) or any(_related(each, right) for right in spec.result_types)
        for each in items
    )


def _related(one: type, other: type) -> bool:
    return issubclass(one, other) or issubclass(other, one)


def _shown(annotation: Any) -> str:
    if isinstance(annotation, type) and not get_args(annotation):
        return "None" if annotation is type(None) else annotation.__name__
    return str(annotation).replace("typing.", "")


def _wrong_values(spec: HookSpec, function: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    code = inspect.unwrap(function).__code__
    checkcache(code.co_filename)
    nodes = list(_without_inner(_functions("".join(getlines(code.co_filename)))[code.co_firstlineno]))
    returns = [each for each in nodes if isinstance(each, ast.Return)]
    if not any(each.value for each in returns) and not any(isinstance(each, ast.Raise) for each in nodes):
        if type(None) not in spec.result_types:
            yield place_of(function), "returns nothing"
        return
    for each in returns:
        kind, items = _type_of(each.value)
        if kind is not None and not _is_right(spec, kind, items):
            shown = kind.__name__ if kind is not type(None) else "None"
            yield place(code.co_filename, each.lineno), f"returns {_of(shown, items)}"


@lru_cache(maxsize=8)
def _functions(source: str) -> dict[int, ast.FunctionDef]:
    """The functions of a module by the line on which they, or their decorators, begin."""
    functions = (each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.FunctionDef))
    return {min([each.lineno, *(line.lineno for line in each.decorator_list)]): each for each in functions}


def _without_inner(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of functions within it."""
    for node in ast.iter_child_nodes(function):
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield from _without_inner(node)


def _type_of(value: ast.expr | None) -> tuple[type | None, list[type]]:
    """The type of an expression's value, and those of its items, as far as they are certain."""
    if value is None:
        return type(None), []
    if isinstance(value, ast.Constant):
        return type(value.value), []
    items = [kind for each in getattr(value, "elts", ()) if (kind := _type_of(each)[0])]
    return LITERALS.get(type(value)), items


def _is_right(spec: HookSpec, kind: type, items: list[type]) -> bool:
    if not spec.returns_sequence:
        return issubclass(kind, spec.result_types)
    return kind in (list, tuple) and all(issubclass(each, spec.result_types) for each in items)


def _of(kind: str, items: list[type]) -> str:
    return f"a {kind} of {items[0].__name__}" if items else kind
