"""The part of each page in docs/connect that says what each answer of the provider means, from its `rules.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hub.contracts.untrusted import value_at
from hub.contracts.vendor_file import Answer, Means, Rules, read_rules
from hub.proof.docs.markdown import code, table

ROOT = Path(__file__).parents[3]
HEAD = ("Answer", "What it is about", "What the hub does")
DOES: Mapping[Means, str] = {
    "wait": "tries again soon",
    "wait_long": "tries again later",
    "sign_in": "waits until somebody renews the credentials",
    "configuration": "waits until somebody changes the settings",
    "partly": "counts the others, and gives up on those that the answer names",
    "final": "gives up on this one, and shows the reason",
}
INTRODUCTION = (
    "What the provider may answer, and what the hub does about it. Nothing is lost unless the hub gives up. An answer marked * "
    "is not confirmed by the provider's own pages."
)
OF_CARRIERS = (
    " A text or a call that the carrier may have taken already, after HTTP 5xx or no answer at all, is held for a person and "
    "never sent twice."
)


def rules_by_page() -> dict[str, Path]:
    """The page of each provider that has rules, as `connect/meta.md`, with the file. A page has the plugin's name, or its
    first word if no other plugin has that name."""
    files = {file.parts[-3].replace("_", "-"): file for file in sorted(ROOT.glob("plugins/*/*/sandbox/rules.yaml"))}
    others = {name.partition("-")[0]: file for name, file in files.items() if "-" in name}
    return {
        page: file
        for name, file in {**others, **files}.items()
        if (ROOT / "docs" / (page := f"connect/{name}.md")).is_file()
    }


def answers_part(file: Path) -> str:
    """The introduction and the table."""
    rules = read_rules(file)
    rows = [
        (means, (_answer(rules, each), f"{each.says[:1].upper()}{each.says[1:].rstrip('.')}", _does(each)))
        for means in DOES
        for each in rules.answers.values()
        if each.means == means
    ]
    rows += [
        (means, (_family(family), "", DOES[means])) for means, families in rules.others.items() for family in families
    ]
    order = list(DOES)
    introduction = INTRODUCTION + (OF_CARRIERS if "carriers" in file.parts else "")
    return f"{introduction}\n\n{table(HEAD, [row for _, row in sorted(rows, key=lambda each: order.index(each[0]))])}"


def _answer(rules: Rules, answer: Answer) -> str:
    """The status and the vendor's code, as `HTTP 400, 100/2804003`."""
    paths = (rules.code, rules.subcode) if answer.row is None else (rules.row_code or rules.code,)
    content = answer.body if answer.row is None else answer.row
    codes = [str(found).rpartition("#")[2] for path in paths if path and (found := value_at(content, path)) is not None]
    unsure = "*" if rules.pages[answer.page].sure == "memory" else ""
    place = f"HTTP {answer.status}" if answer.row is None else "for one row"
    return ", ".join([place, *([code("/".join(codes))] if codes else [])]) + unsure


def _family(family: str) -> str:
    if family == "*":
        return "any other code"
    return f"any other {family}" if " " in family else f"any other code {code(family)}"


def _does(answer: Answer) -> str:
    if answer.after is None:
        return DOES[answer.means]
    return f"{DOES[answer.means]}, after {answer.after.total_seconds() / 3600:g} h"
