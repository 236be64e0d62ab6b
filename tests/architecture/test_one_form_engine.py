"""One engine turns models into forms and edits config.yaml from pages: `hub/web/forms`."""

from __future__ import annotations

import ast

from parsed_tree import ROOT, Module, each_module

ENGINE = ROOT / "hub/web/forms"
MAX_ENGINE_LINES = 768
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


REFUSED_IN_PLACE = {
    "hub/web/pages/alerts/channels.py": "a wrong code is counted in the same transaction",
    "hub/web/pages/alerts/choices.py": "the form has settings besides its fields",
    "hub/web/pages/config/editor.py": "a draft is kept",
    "hub/web/pages/config/mail_page.py": "a wrong password stands at its field",
    "hub/web/pages/deliveries/details.py": "says why a delivery cannot be built again",
    "hub/web/pages/flows/flow_actions.py": "a step is shown as it was typed",
    "hub/web/pages/flows/step_form.py": "a PIN that is too simple stands at its field",
    "hub/web/pages/numbers/offers.py": "a search, not a POST",
    "hub/web/pages/privacy/law.py": "a search, not a POST",
}
"""Pages that catch a refusal themselves, and why."""


@each_module("hub/web/pages")
def catches_refusals(module: Module) -> bool:
    """Whether it catches CannotDo."""
    handlers = [node for node in module.nodes if isinstance(node, ast.ExceptHandler) and node.type is not None]
    return any(
        isinstance(node, ast.Name) and node.id == "CannotDo" for each in handlers for node in ast.walk(each.type)
    )


def test_a_refused_post_is_shown_again_by_the_table_of_pages() -> None:
    found = {module for module, catches in catches_refusals().items() if catches}
    assert found == REFUSED_IN_PLACE.keys(), "raise CannotDo, and give the Page `again`"
