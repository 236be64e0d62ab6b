"""A hook stands with its subject, in a class that the connector inherits; it does not only hand its arguments on."""

from __future__ import annotations

import ast

from parsed_tree import Module, each_module


def hands_on(node: ast.AST) -> bool:
    """Whether a hook does nothing but call a function of another module with what the connector holds."""
    if not isinstance(node, ast.FunctionDef) or "hookimpl" not in map(ast.unparse, node.decorator_list):
        return False
    match node.body[-1]:
        case (
            ast.Return(value=ast.Call(func=ast.Attribute(value=ast.Name(id=module)), args=arguments))
            | ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=module)), args=arguments))
        ):
            held = any(ast.unparse(each).startswith("self.") for each in arguments)
            return len(node.body) <= 2 and module != "self" and held
    return False


@each_module("plugins")
def handed_on(module: Module) -> list[str]:
    """The hooks that only call a function elsewhere."""
    return [module.at(each, "inherit the hook from a class") for each in module.nodes if hands_on(each)]


def test_no_hook_only_hands_on() -> None:
    assert [place for found in handed_on().values() for place in found] == []


def test_a_hook_that_hands_on_is_recognized() -> None:
    source = (
        "class One(Connector):\n    @hookimpl\n    def list_numbers(self):\n        return numbers.listed(self._rest)"
    )
    assert [hands_on(node) for node in ast.walk(ast.parse(source))].count(True) == 1
