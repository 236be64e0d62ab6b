"""The switch-over plan as Markdown, which can be read as it is too."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from hub.importing.switch_plan import REPEAT_CALLS, SwitchPlan


def switch_text(plan: SwitchPlan) -> str:
    """The plan as Markdown."""
    made = Environment(loader=PackageLoader("hub.importing"), undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - Markdown, not HTML
    return made.get_template("switch_plan.md.j2").render(plan=plan, repeats=REPEAT_CALLS)
