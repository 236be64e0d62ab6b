"""docs/manifest.md: what a plugin declares, and what its stand-in offers."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from collections.abc import Iterator
from types import ModuleType
from typing import Any, get_args

from pydantic import BaseModel

from hub.contracts import answers, categories, manifest, sandbox, values
from hub.plugin_host.packages.public_names import public_names
from hub.proof.docs.markdown import code, page, table

MODELS: tuple[type[BaseModel], ...] = (
    manifest.Manifest,
    manifest.Recipient,
    manifest.DataFlow,
    manifest.Share,
    values.Transform,
    manifest.ClickId,
    manifest.Deletion,
    manifest.Auth,
    manifest.Scope,
    manifest.SetUpStep,
    manifest.Limits,
    answers.CallLimits,
    manifest.Webhooks,
    values.ApiVersion,
)


def manifest_page() -> str:
    """The whole page."""
    return page(
        "# Manifest and stand-ins",
        inspect.cleandoc(manifest.__doc__ or ""),
        *(block for model in MODELS for block in model_part(model)),
        "## Transforms",
        note_of(values, "TRANSFORMS"),
        table(["Transform"], [(code(name),) for name in sorted(values.TRANSFORMS)]),
        "## Abilities",
        "Of a carrier: " + ", ".join(map(code, get_args(answers.Ability))) + ". " + note_of(answers, "Ability"),
        "Of an ad network: "
        + ", ".join(map(code, get_args(manifest.ConversionAbility)))
        + ". "
        + note_of(manifest, "ConversionAbility"),
        "## Data uses",
        note_of(categories, "USES") + " Names without a note are those of fideslang.",
        table(["Use"], [(code(use),) for use in sorted(categories.USES)]),
        "Fideslang lacks these: "
        + ", ".join(map(code, sorted(categories.OWN_USES)))
        + ". "
        + note_of(categories, "OWN_USES"),
        "## Data categories",
        note_of(categories, "CATEGORIES")
        + " A `Fact` names one of these. Names without a note are those of fideslang.",
        table(["Category"], [(code(name),) for name in sorted(categories.CATEGORIES)]),
        "Fideslang lacks these: " + ", ".join(map(code, sorted(categories.OWN_CATEGORIES))) + ".",
        "## Stand-ins",
        inspect.cleandoc(sandbox.__doc__ or ""),
        *(block for kind in _stand_ins() for block in _stand_in(kind)),
    )


def model_part(model: type[BaseModel]) -> Iterator[str]:
    """A section with the fields of a model."""
    yield f"## {model.__name__}"
    yield inspect.cleandoc(model.__doc__ or "")
    notes = {
        name: note
        for each in reversed(model.__mro__[: model.__mro__.index(BaseModel)])
        for name, note in _notes(each).items()
    }
    yield table(
        ["Field", "Type", "Default", "Meaning"],
        [
            (code(field.alias or name), code(notes[name][0]), _default(field), notes[name][1])
            for name, field in model.model_fields.items()
        ],
    )


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    text = "" if isinstance(field.default, BaseModel) else repr(field.default)
    return code(text) if text not in ("", "''", "()", "None") else "empty" if text else "see there"


def _notes(model: type) -> dict[str, tuple[str, str]]:
    """The type and the note of each field, as the source has them."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(body, ast.ClassDef)
    found: dict[str, tuple[str, str]] = {}
    for above, below in zip(body.body, [*body.body[1:], ast.Pass()], strict=True):
        if isinstance(above, ast.AnnAssign) and isinstance(above.target, ast.Name):
            is_note = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
            note = str(below.value.value) if is_note else ""  # type: ignore[attr-defined]
            found[above.target.id] = (ast.unparse(above.annotation), note)
    return found


def note_of(module: ModuleType, name: str) -> str:
    """The text below a module's variable in its source."""
    body = ast.parse(inspect.getsource(module)).body
    for above, below in itertools.pairwise(body):
        targets = above.targets if isinstance(above, ast.Assign) else [getattr(above, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            match below:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    return " ".join(text.split())
    return ""


def _stand_ins() -> list[type]:
    """The base classes and protocols of stand-ins in the plugin API."""
    found = {name: kind for names in public_names().values() for name, kind in names.items() if isinstance(kind, type)}
    kinds = [found[name] for name in sorted(found) if name.endswith("Sandbox")]
    return [sandbox.Sandbox, *(each for each in kinds if each is not sandbox.Sandbox)]


def _stand_in(kind: type) -> Iterator[str]:
    yield f"### {kind.__name__}"
    yield inspect.cleandoc(kind.__doc__ or "")
    methods = [
        (name, each) for name, each in vars(kind).items() if not name.startswith("_") and inspect.isfunction(each)
    ]
    yield table(
        ["Method", "Meaning"],
        [
            (code(f"{name}{_signature(each)}"), inspect.cleandoc(each.__doc__ or "As in the base class."))
            for name, each in methods
        ],
    )


def _signature(method: Any) -> str:
    return str(inspect.signature(method)).replace("'", "").replace("(self, ", "(").replace("(self)", "()")
