"""Shows the plan for the end of a company."""

from __future__ import annotations

from dataclasses import asdict

from hub.cli.support.output import moment, plain, say
from hub.cli.support.tables import table
from hub.platform.fields import only
from hub.queries.privacy.company_end import CompanyEndPlan


def plan_as_json(planned: CompanyEndPlan) -> dict[str, object]:
    """The plan for scripts."""
    end = planned.end
    return only("title", "counts", "sections", "connectors", "steps", "blockers", "remains")(planned) | {
        "company": planned.name,
        "state": end.state if end else None,
        "exported": end.exported if end else {},
        "outcome": end.outcome if end else {},
        "numbers": [asdict(each) for each in planned.numbers],
        "asked": [asdict(each) for each in planned.requested],
    }


def show_plan(planned: CompanyEndPlan) -> None:
    """The plan for people."""
    say(f"The end of {plain(planned.title)} ({plain(planned.name)}). This command changes nothing.")
    for each in planned.blockers:
        say(f"[red]Blocked:[/red] {plain(each)}")
    table("What is there", ("what", "count"), ((words, f"{count:,}") for words, count in planned.counts.items()))
    table(
        "Numbers",
        ("number", "tracker", "state", "what becomes of it"),
        ((each.number, plain(each.tracker), each.state, plain(each.step)) for each in planned.numbers),
    )
    table(
        "Asked to erase every person",
        ("connector", "recipient", "asked", "what the provider does"),
        (
            (plain(each.connector), plain(each.recipient), "no" if each.kept else "yes", plain(each.note))
            for each in planned.requested
        ),
    )
    table("Sections of config.yaml that name it", ("section",), ((plain(each),) for each in planned.sections))
    say("Steps:")
    for number, step in enumerate(planned.steps, 1):
        say(f"  {number}. {plain(step)}")
    for each in planned.remains:
        say(f"Remains: {plain(each)}")
    _show_state(planned)


def _show_state(planned: CompanyEndPlan) -> None:
    end = planned.end
    if end is None:
        say(f"Next: hub companies end {plain(planned.name)} --request")
        return
    say(f"Requested {moment(end.requested_at)} by {plain(end.requested_by)}; {end.state}.")
    if end.exported:
        say(f"Exported {plain(end.exported['at'])}: {end.exported['files']} files.")
    if trouble := end.outcome.get("trouble"):
        say(f"[yellow]It waits:[/yellow] {plain(trouble)}")
    if end.state == "requested":
        next_step = f"--confirm {plain(planned.name)}" if end.exported else "--export PATH"
        say(f"Next: hub companies end {plain(planned.name)} {next_step}")
