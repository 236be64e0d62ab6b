"""One engine turns models into forms and edits config.yaml from pages: `hub/web/forms`."""

from __future__ import annotations

import ast
from pathlib import Path

PAGES = Path(__file__).parents[2] / "hub/web/pages"
ENGINE = Path(__file__).parents[2] / "hub/web/forms"
MAX_ENGINE_LINES = 790
WRITERS_OF_THE_FILE = {"config/editor.py", "config/review.py"}
"""The editor of the file itself, whose form is the text."""
OWN_EDITS = {
    "flows/publish.py",
    "flows/remove.py",
}
"""Pages that still propose and apply edits themselves. Entries may only go."""
OWN_ENGINES = {
    "flows/form/fields.py",
    "flows/form/settings_form.py",
    "flows/form/state.py",
}
"""Modules that still make fields from models. Entries may only go."""


def attributes(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def using(*names: str) -> set[str]:
    """The modules of pages that use an attribute of one of these names."""
    return {
        str(file.relative_to(PAGES)) for file in sorted(PAGES.rglob("*.py")) if not attributes(file).isdisjoint(names)
    }


def test_pages_edit_the_configuration_by_edit_config_alone() -> None:
    edits = using("propose") - WRITERS_OF_THE_FILE
    assert edits <= OWN_EDITS, f"{sorted(edits - OWN_EDITS)}: call edit_config of hub/web/forms/config_edit.py instead"
    assert edits >= OWN_EDITS, f"{sorted(OWN_EDITS - edits)} no longer edit the file: take them out of OWN_EDITS"


def test_pages_take_the_fields_of_a_model_from_the_engine_alone() -> None:
    engines = using("model_fields")
    assert engines <= OWN_ENGINES, f"{sorted(engines - OWN_ENGINES)}: call fields_of of hub/web/forms/derive.py instead"
    assert engines >= OWN_ENGINES, f"{sorted(OWN_ENGINES - engines)} no longer do: take them out of OWN_ENGINES"


def test_the_engine_stays_small() -> None:
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in ENGINE.glob("*.py"))
    assert lines <= MAX_ENGINE_LINES, f"hub/web/forms has {lines} lines; one engine needs at most {MAX_ENGINE_LINES}"
