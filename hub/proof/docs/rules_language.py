"""docs/rules-language.md: the language in which rules.yaml and the operations of a stand-in are written."""

from __future__ import annotations

import inspect
from pathlib import Path

from hub.contracts import operations, vendor_file
from hub.proof.docs.manifest import model_part
from hub.proof.docs.markdown import code, page, table

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "acme.rules.yaml"
MODELS = (
    vendor_file.Rules,
    vendor_file.Page,
    vendor_file.Good,
    vendor_file.Rule,
    vendor_file.Age,
    vendor_file.Probe,
    vendor_file.Answer,
    vendor_file.Version,
)


def rules_language_page() -> str:
    """The whole page."""
    return page(
        "# The language of rules.yaml",
        inspect.cleandoc(vendor_file.__doc__ or "") + " [Rules](write-a-plugin.md#rules) says how a stand-in uses it.",
        "## A whole file",
        "This example is tried by a test: each request of `good` is taken, and each `probe` gets the answer of its rule.",
        f"```yaml\n{EXAMPLE.read_text('utf-8')}```",
        *(block for model in MODELS for block in model_part(model)),
        "## What an answer means",
        table(["`means`", "Meaning"], [(code(name), meaning) for name, meaning in vendor_file.MEANINGS.items()]),
        "## Operations",
        "An operation is a method and a path, in which `{name}` stands for one part. A field whose name ends in `!` is "
        "required, and one that is not listed is refused. [Operations](api-reference.md#operations) checks requests "
        "without rules.",
        table(["Part", "Meaning"], [(code(name), meaning) for name, meaning in vendor_file.OF_OPERATIONS.items()]),
        "## Kinds",
        "The kind of a field, of a query or of a path in `when` and `is`.",
        table(["Kind", "Values"], [(code(name), values) for name, values in operations.KIND_NOTES.items()]),
    )
