"""One run of `hub import callrail`: what would be brought over, or what was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from hub.access.first_owner import first_steps
from hub.cli.importing.forecast import Forecast, forecast, refused_lists
from hub.cli.importing.news import new_in_structure, new_problems, note_structure
from hub.cli.support.audit_note import actor
from hub.cli.support.output import console, counted, plain, say
from hub.cli.support.tables import table
from hub.config.models import Config
from hub.importing.callrail.account import CallRailAccount
from hub.importing.imported_recordings import AudioSource, Wanted
from hub.importing.places import read_places
from hub.importing.records import Record, Structure
from hub.importing.refusals.in_contacts import count_refusals
from hub.importing.refusals.opt_outs import OptOutList, write_opt_outs
from hub.importing.run import Progress, Reader, import_rows
from hub.importing.steps import SAMPLES, added, merged
from hub.importing.structure import (
    Proposed,
    apply_structure,
    propose_structure,
    refuse_problems,
    target_of,
    with_websites,
)
from hub.importing.websites import RECENT, websites_of
from hub.model import ImportStep
from hub.platform.clock import utc_now
from hub.reload import ConfigFile
from hub.runtime import Hub
from hub.startup.assembly import assemble
from hub.startup.database import open_store
from hub.startup.reading import read_config
from hub.store.engine import Store

COUNTS = ("new", "changed", "unchanged", "skipped", "recordings")
SIGN_IN = "The users cannot sign in yet: hub users reset NAME prints a link for each."


class Source(Reader, Protocol):
    """An account behind the API, or exported files."""

    title: str
    found: list[tuple[str, str]]
    companies: Sequence[str]

    def structure(self) -> Structure:
        """Companies, trackers and users."""

    def recent(self, since: date) -> Iterator[Record]:
        """Calls and forms since a day, as many as say which websites the companies have."""

    def total(self, resource: str) -> int:
        """How many entries a list has."""


@dataclass
class Result:
    """What a run did or would do."""

    done: bool
    title: str
    companies: int
    trackers: int
    users: int
    tags: int
    new_companies: Sequence[str] = ()
    new_trackers: int = 0
    diff: str = ""
    lists: dict[str, dict[str, int]] = field(default_factory=dict)
    """List → how many entries it has (`there`), and what became of them."""
    as_text: Sequence[str] = ()
    """The places of texts of config.yaml with a `${` in them, which stays text."""
    problems: dict[str, Any] = field(default_factory=dict)
    """Reason → how many, and the first ids there."""
    refusals: dict[str, dict[str, int]] = field(default_factory=dict)
    """In what people refuse texts or calls → how many are sure, doubtful, and in what is not kept."""
    refusals_known: bool = True
    """Whether the lists were read for refusals: behind the API they are read as they are brought over."""
    opt_outs: dict[str, int] | None = None
    """Of `--opt-outs` the lines, and those that count; None without it."""
    mistakes: list[tuple[int, str]] = field(default_factory=list)
    """The lines of `--opt-outs` with a mistake, and what to do."""
    owner: str | None = None
    """How the owner of a new hub gets in; None if one can sign in already."""

    forecast: Forecast | None = None
    """How long it takes; None for files."""
    new_problems: dict[str, Any] = field(default_factory=dict)
    """Those of `problems` that the run before did not have, without those that are rules of an import."""
    is_list_new: bool = True
    """Whether the lines of `--opt-outs` were not read before."""

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "done": self.done,
            "companies": {"there": self.companies, "new": list(self.new_companies)},
            "trackers": {"there": self.trackers, "new": self.new_trackers},
            "users": {"there": self.users},
            "tags": {"there": self.tags},
            "lists": self.lists,
            "config_diff": self.diff,
            "kept_as_text": list(self.as_text),
            "not_brought_over": self.problems,
            "requests": self.forecast.requests if self.forecast else None,
            "seconds": round(self.forecast.seconds) if self.forecast else None,
            "refusals": self.refusals if self.refusals_known else None,
            "opt_outs": self.opt_outs,
            "opt_out_mistakes": [{"line": line, "what": what} for line, what in self.mistakes],
        }

    def show(self) -> None:
        """For people."""
        verb = "Brought over" if self.done else "Would bring over"
        say(
            f"[bold]{verb}[/bold] {plain(self.title)}: {_several(self.companies, 'company', 'companies')}, "
            f"{counted(self.trackers, 'tracker')}, {counted(self.users, 'user')}, {counted(self.tags, 'tag')}."
        )
        if self.diff and not self.done:
            self._show_diff()
        elif self.diff:
            say("config.yaml has the companies and trackers now; the page of its versions shows the change.")
        if self.as_text:
            say(
                "In config.yaml these texts hold `${`. It stays text, and stands for nothing of this machine; read them:"
            )
            for place in self.as_text:
                say(f"  {plain(place)}")
        columns = [name for name in ("there", *COUNTS) if any(each.get(name) for each in self.lists.values())]
        rows = [[plain(name), *(f"{each.get(c, 0):,}" for c in columns)] for name, each in self.lists.items()]
        if rows:
            table("Lists", ("list", *("at CallRail" if c == "there" else c for c in columns)), rows)
        self._show_refusals()
        self._show_problems("Not, or not wholly, brought over", self.problems)
        if not self.done:
            if self.forecast is not None:
                say(self.forecast.sentence)
            say("Nothing was changed. Run it again with [bold]--yes[/bold] to bring it over.")
            return
        if self.lists.get("users", {}).get("new"):
            say(SIGN_IN)
        if self.owner is not None:
            say(plain(self.owner))
        say("[bold]hub import plan[/bold] prints in which order to move the numbers.")

    def show_new_problems(self) -> None:
        """For people who read it each morning: only what nobody has seen yet."""
        self._show_problems("Not, or not wholly, brought over; new since the last run", self.new_problems)
        if self.is_list_new:
            self._show_mistakes()

    @staticmethod
    def _show_problems(title: str, problems: Mapping[str, Any]) -> None:
        rows = [
            (f"{each['count']:,}", plain(reason), plain(", ".join(map(str, each["ids"]))))
            for reason, each in sorted(problems.items(), key=lambda item: -item[1]["count"])
        ]
        if rows:
            table(title, ("how many", "why", "for example"), rows)

    def _show_refusals(self) -> None:
        if not self.refusals_known:
            say(
                "Refusals in texts, forms, notes and tags are looked for while they are brought over, whatever their age."
            )
        if self.refusals:
            names = ("sure", "doubtful", "not_kept")
            rows = [
                [plain(name), *(f"{each.get(column, 0):,}" for column in names)] for name, each in self.refusals.items()
            ]
            table("Refusals of texts or calls", ("found in a", "sure", "doubtful", "of those, too old to keep"), rows)
        if any(each.get("doubtful") for each in self.refusals.values()):
            say("Decide on the doubtful ones: [bold]hub texts doubtful[/bold].")
        if self.opt_outs is not None:
            verb = "were" if self.done else "would be"
            count, lines = self.opt_outs["stopped"], counted(self.opt_outs["lines"], "line")
            say(f"Of the opt-out list, {count:,} of {lines} {verb} put on the suppression list.")
        self._show_mistakes()

    def _show_mistakes(self) -> None:
        if self.mistakes:
            rows = [[f"{line:,}", plain(what)] for line, what in self.mistakes]
            table("Lines of the opt-out list to look at", ("line", "what is wrong, and what to do"), rows)

    def _show_diff(self) -> None:
        say("config.yaml would change like this:")
        for line in self.diff.splitlines():
            say(f"[green]{plain(line)}[/green]" if line.startswith("+") else plain(line))


@dataclass
class Job:
    """What was asked for."""

    source: Source
    wanted: Sequence[str]
    recordings: Wanted
    config: Path
    sandbox: bool
    quiet: bool
    into: str | None
    carrier: str | None
    dial: str | None
    opt_outs: OptOutList | None = None

    def look(self) -> Result:
        """Ask, compare, and change nothing."""
        with self._proposed() as (store, _, structure, proposed):
            refuse_problems(proposed)
            result = self._result(structure, proposed, done=False)
            self._foresee(store, result)
            for resource in self.wanted if result.refusals_known else ():
                result.lists[resource] = {"there": self.source.total(resource)}
                for page in self.source.pages(resource):
                    result.refusals = added(result.refusals, count_refusals(page.records))
            with store.reading() as session:
                result.new_problems = new_in_structure(session, self.source.source, result.problems)
        return result

    def _foresee(self, store: Store, result: Result) -> None:
        """Ask how much there is to read."""
        if not isinstance(self.source, CallRailAccount):
            return
        result.forecast = forecast(store, self.source, self.wanted, self.recordings, from_start=True)
        result.lists = {name: {"there": total or 0} for name, total in result.forecast.totals.items()}
        result.problems = merged(result.problems, refused_lists(result.forecast.totals))

    def bring(self) -> Result:
        """Bring it over."""
        with self._proposed() as (store, file, structure, proposed):
            target = target_of(
                read_config(self.config, sandbox=self.sandbox), self.source.title, self.into, self.carrier
            )
            tallies = apply_structure(store, file, structure, self.source, target, proposed, utc_now(), actor())
            result = self._result(structure, proposed, done=True)
            for name, tally in tallies.items():
                result.problems = merged(result.problems, tally.problems)
                if tally.counts:
                    result.lists[name] = {"there": sum(tally.counts.values()), **tally.counts}
            with store.writing() as session:
                result.new_problems = note_structure(
                    session, self.source.source, self.source.options, result.problems, utc_now()
                )
            audio = None
            if isinstance(self.source, CallRailAccount):
                result.forecast = forecast(store, self.source, self.wanted, self.recordings, from_start=False)
                if self.recordings != Wanted.NONE:
                    audio = AudioSource(self.source.client, self.source.account, self.recordings)
        if result.forecast is not None and not self.quiet:
            say(result.forecast.sentence)
        with _quiet_hub(read_config(self.config, sandbox=self.sandbox)) as hub, _bar(self.quiet) as progress:
            self._stop_listed(hub, result)
            if not self.quiet:  # a link that nobody sees would end the one that was printed
                own = hub.config.hub
                result.owner = first_steps(hub.store, utc_now(), str(own.public_url), own.sign_in.issuer)
            steps = import_rows(
                hub, self.source, self.wanted, actor(), progress, audio=audio, companies=self.source.companies
            )
        for step in steps:
            self._add(result, step)
        return result

    def _stop_listed(self, hub: Hub, result: Result) -> None:
        if self.opt_outs is None:
            return
        with hub.store.reading() as session:
            places = read_places(session, self.source.service, self.source.source, self.source.companies)
        begun = hub.clock()
        step, left = write_opt_outs(hub, self.source.source, self.opt_outs, places, actor())
        result.opt_outs = {"lines": self.opt_outs.lines, "stopped": step.counts.get("new", 0)}
        result.mistakes = sorted([*result.mistakes, *left])
        result.is_list_new = step.moved_at >= begun

    @contextmanager
    def _proposed(self) -> Iterator[tuple[Store, ConfigFile, Structure, Proposed]]:
        config = read_config(self.config, sandbox=self.sandbox)
        target = target_of(config, self.source.title, self.into, self.carrier)
        structure = self.source.structure()
        with open_store(config) as store:
            file = ConfigFile(self.config, store, utc_now, sandbox=self.sandbox)
            proposed = propose_structure(store, file, structure, self.source.source, target, self.dial)
            if proposed.plan.without_domains:
                since = utc_now() - RECENT
                websites = websites_of(self.source.recent(since.date()), since)
                structure = with_websites(structure, websites)
                proposed = propose_structure(store, file, structure, self.source.source, target, self.dial)
                proposed.plan.problems |= {reason: list(hosts) for reason, hosts in websites.left_out.items()}
            yield store, file, structure, proposed

    def _result(self, structure: Structure, proposed: Proposed, *, done: bool) -> Result:
        unreadable: dict[str, list[str]] = {}
        for external_id, reason in self.source.found:
            unreadable.setdefault(reason, []).append(external_id)
        return Result(
            done=done,
            title=self.source.title or self.source.source,
            companies=len(structure.companies),
            trackers=len(structure.trackers),
            users=len(structure.users),
            tags=len(structure.tags),
            new_companies=proposed.plan.new_companies,
            new_trackers=proposed.plan.new_trackers,
            diff=proposed.proposal.diff if proposed.proposal else "",
            as_text=proposed.as_text,
            problems=merged(merged({}, proposed.plan.problems), unreadable),
            refusals_known=done or not hasattr(self.source, "client"),
            opt_outs={"lines": self.opt_outs.lines, "stopped": len(self.opt_outs.opt_outs)} if self.opt_outs else None,
            mistakes=list(self.opt_outs.mistakes) if self.opt_outs else [],
        )

    @staticmethod
    def _add(result: Result, step: ImportStep) -> None:
        result.lists[step.resource] = {"there": step.total or 0, **step.counts}
        result.refusals = added(result.refusals, step.refusals)
        result.new_problems |= new_problems(step.problems, step.known_problems)
        for reason, each in step.problems.items():
            known = result.problems.setdefault(reason, {"count": 0, "ids": []})
            known["count"] += each["count"]
            known["ids"] = [*known["ids"], *each["ids"]][:SAMPLES]


@contextmanager
def _quiet_hub(config: Config) -> Iterator[Hub]:
    """A hub without connectors and rules: an import asks nobody, and nothing of it goes anywhere."""
    hub = assemble(replace(config, connectors={}, conversions=()))
    try:
        yield hub
    finally:
        hub.close()


@contextmanager
def _bar(quiet: bool) -> Iterator[Progress]:
    """A bar for each list; none if the output is not a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    shown = console(to_errors=True)
    with Bars(*columns, console=shown, disable=quiet or not shown.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def show(resource: str, done: int, total: int | None) -> None:
            if resource not in tasks:
                tasks[resource] = bars.add_task(resource, total=total)
            bars.update(tasks[resource], completed=done, total=total)

        yield show


def _several(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
