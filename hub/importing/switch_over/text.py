"""The switch-over plan as Markdown, which can be read as it is too."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from hub.importing.switch_over.plan import REPEAT_CALLS, SwitchPlan


def switch_text(plan: SwitchPlan) -> str:
    """The plan as Markdown."""
    return _rendered(plan)[0]


def switch_steps(plan: SwitchPlan) -> tuple[str, ...]:
    """The names of the steps that can be ticked off, in the order of the plan."""
    return _rendered(plan)[1]


def _rendered(plan: SwitchPlan) -> tuple[str, tuple[str, ...]]:
    steps: list[str] = []

    def box(step: str) -> str:
        """The beginning of a step: a box, its name, and when it was ticked off by whom."""
        steps.append(step)
        when = plan.done.get(step)
        return f"- [x] `{step}` (done {when}):" if when else f"- [ ] `{step}`:"

    made = Environment(loader=PackageLoader("hub.importing"), undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - Markdown, not HTML
    text = made.get_template("switch_plan.md.j2").render(plan=plan, repeats=REPEAT_CALLS, box=box)
    return text, tuple(steps)
