"""One engine turns models into forms and edits config.yaml from pages: `hub/web/forms`."""

from __future__ import annotations

import ast

from parsed_tree import ROOT, Module, each_module

ENGINE = ROOT / "hub/web/forms"
MAX_ENGINE_LINES = 771
WRITERS_OF_THE_FILE = {"hub/web/pages/config/editor.py", "hub/web/pages/config/review.py"}
"""The editor of the file itself, whose form is the text."""


@each_module("hub/web/pages")
def attributes(module: Module) -> set[str]:
    """The attributes that it uses."""
    return {node.attr for node in module.nodes if isinstance(node, ast.Attribute)}


def using(name: str) -> set[str]:
    """The modules of pages that use an attribute of this name."""
    return {module for module, found in attributes().items() if name in found}


def test_pages_edit_the_configuration_by_edit_config_alone() -> None:
    edits = using("propose") - WRITERS_OF_THE_FILE
    assert not edits, f"{sorted(edits)}: call edit_config of hub/web/forms/config_edit.py instead"


def test_pages_take_the_fields_of_a_model_from_the_engine_alone() -> None:
    engines = using("model_fields")
    assert not engines, f"{sorted(engines)}: call fields_of of hub/web/forms/derive.py instead"


def test_the_engine_stays_small() -> None:
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in ENGINE.glob("*.py"))
    assert lines <= MAX_ENGINE_LINES, f"hub/web/forms has {lines} lines; one engine needs at most {MAX_ENGINE_LINES}"
