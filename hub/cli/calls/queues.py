"""`hub queues`: who waits for an agent, what each agent does, how long callers waited; and sign agents in and out."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from hub.answering.queue_agents import sign_agent
from hub.cli.calls.call_commands import ListedByDefault
from hub.cli.lists.reading import AsUser, CompanyName, ShowPersonal, opened
from hub.cli.support.audit_note import actor
from hub.cli.support.lists import Listing, listing, minutes
from hub.cli.support.output import CONFIG, ConfigFile, plain, say
from hub.model.queues import AgentState
from hub.queries.activity.queues import QueuesNow, agent_named, agents_now, queues_now
from hub.startup.reading import read_config

commands = typer.Typer(
    cls=ListedByDefault, help="See who waits in the queues and how long callers waited, and sign agents in and out."
)


@commands.command("list")
@listing
def waiting(
    company: CompanyName = None, user: AsUser = None, show_personal: ShowPersonal = False, config: ConfigFile = CONFIG
) -> Listing:
    """List who waits for an agent or talks with one now, who came first before all others."""
    rows = _read(config, company, user, "queues" if show_personal else "").waits
    columns = ("company", "step", "state", ("waits, seconds", "waited"), "agent", ("caller", "caller_number"))
    return Listing("In the queues", rows, columns, nothing="Nobody waits.")


@commands.command("agents")
@listing
def agents(company: CompanyName = None, user: AsUser = None, config: ConfigFile = CONFIG) -> Listing:
    """List the agents of the queues, what they do now, and who signed them in or out last."""
    rows = [asdict(each) for each in _read(config, company, user).agents]
    for each in rows:
        del each["agent"], each["company_id"], each["caller_number"]
    columns = ("company", "name", "phone", "doing", ("since", minutes("since")), ("by", "changed_by"))
    return Listing("Agents", rows, columns, nothing="No call flow has a queue with agents.")


@commands.command("report")
@listing
def report(company: CompanyName = None, user: AsUser = None, config: ConfigFile = CONFIG) -> Listing:
    """Report how long the callers of the last seven days waited, and what became of them."""
    rows = _read(config, company, user).figures
    columns = ("company", "step", "came", "answered", ("in time", "in_time"), ("average", "average_wait"),
               ("longest", "longest_wait"), ("hung up", "abandoned"), "left", ("called back", "called_back"),
               ("turned away", "turned_away"), "failed")  # fmt: skip
    return Listing("Queues of the last seven days; seconds", rows, columns, nothing="Nobody has waited.")


@commands.command("sign")
def sign(
    agent: Annotated[str, typer.Argument(help="The agent's name or phone in config.yaml.", metavar="AGENT")],
    state: Annotated[AgentState, typer.Argument(help="Whether the agent takes calls from now on.")],
    company: Annotated[str, typer.Option("--company", help="The agent's company.", metavar="NAME")],
    user: AsUser = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Sign an agent in or out, or send them on a break. A conversation under way goes on."""
    loaded = read_config(config, sandbox=True)
    with opened(config, company, user, "calls") as (store, read), store.writing() as session:
        seen = read(session)
        found = agent_named(agents_now(session, list(seen.companies.values()), loaded, seen.now), company, agent)
        sign_agent(session, seen.scope.user, found.company_id, found.agent, state, seen.now, None if user else actor())
    say(f"{plain(found.name)}: {state}")


def _read(config: Path, company: str | None, user: str | None, personal: str = "") -> QueuesNow:
    """What one of the lists shows."""
    loaded = read_config(config, sandbox=True)
    with opened(config, company, user, "calls", personal=personal) as (store, read), store.reading() as session:
        seen = read(session)
        found = queues_now(session, seen.scope, list(seen.companies.values()), loaded, (None, None), seen.now)
    hidden = [replace(each, caller_number=seen.mask.phone(each.caller_number)) for each in found.waits]
    return replace(found, waits=hidden)
