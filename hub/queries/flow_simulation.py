"""Simulate a call flow with the connectors of a config.yaml: its consent plugins decide, its carriers write documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from hub.answering.assistants import ask_agent
from hub.answering.call_context import AnswerRequest, call_contexts
from hub.answering.recording_consent import ask_to_record
from hub.config.callflow.carrier_checks import carrier_problems
from hub.config.callflow.context import CallContext, Permission
from hub.config.callflow.definition import Flow
from hub.config.callflow.screening import Screening, ScreeningAction
from hub.config.callflow.simulate import Behavior, Turn, rehearse
from hub.config.models import CompanySection, Config
from hub.contracts.answers import AnswerPoint
from hub.contracts.consent import Duty, Place
from hub.contracts.titles import spoken_source
from hub.contracts.webhooks import AnswerDocument
from hub.errors import CannotDo
from hub.hookspecs import CallHooks
from hub.model import Company, Tracker, TrackingNumber
from hub.numbers.directory import Line
from hub.platform.clock import utc_now
from hub.plugin_host.sandboxes import start_sandboxes
from hub.runtime import Hub
from hub.startup.assembly import assemble

SAMPLE_NUMBER = "+13125550100"
"""The tracking number of a simulation if the flow has none yet."""
VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the user of the simulation says about the call."""

    caller: str | None
    at: datetime | None
    first_time: bool
    last_answered_by: str | None
    tags: frozenset[str]
    attribution: Mapping[str, str | None] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    """Where the caller is, if no number says so."""
    suspect: ScreeningAction | None = None
    """What happens to the call before its flow, because it is suspect when it rings."""


@dataclass(frozen=True, kw_only=True)
class SimulatedTurn:
    """One turn of the call, as it is printed."""

    moment: str
    digits: str
    steps: list[dict[str, Any]]
    notice: dict[str, Any] | None
    instructions: list[dict[str, Any]]
    documents: dict[str, str]
    said: list[dict[str, Any]]
    """What an assistant and the caller said before, with what was decided."""

    def plain(self) -> dict[str, Any]:
        """The turn as JSON takes it."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A simulated call: its turns, and the decision on recording if the flow records."""

    turns: list[SimulatedTurn]
    decision: Mapping[str, Any] | None
    """As a row of consent decisions holds it."""
    duties: frozenset[Duty] = frozenset()


def rehearsed(
    config: Config, company: CompanySection, flow: Flow, known: Known, behavior: Behavior, carrier: str | None
) -> list[SimulatedTurn]:
    """Every turn of the call, with each carrier's document; CannotDo if `carrier` is not in config.yaml."""
    carriers = [entry.name for entry in config.of_kind("carrier") if carrier in (None, entry.name)]
    if not carriers:
        raise CannotDo(f"No carrier is named {carrier!r}; `hub plugins` lists what config.yaml connects.")
    with connected(config) as hub:
        return simulated(hub, company, flow, known, behavior, carriers).turns


def simulated(
    hub: Hub, company: CompanySection, flow: Flow, known: Known, behavior: Behavior, carriers: Sequence[str]
) -> Simulation:
    """A call with the connectors of `hub`; the first carrier's number is called. Nothing is read from the database, and
    nothing is stored."""
    line = _line(company, flow, carriers[0])
    call = AnswerPoint(
        moment="ringing", tracking_number=line.number.number, call_id="rehearsal", caller_number=known.caller
    )
    request = AnswerRequest(connector=carriers[0], point=call, line=line, flow=flow, version=VERSION)
    now = _moment(known.at, company.time_zone)
    rulings: list[tuple[Permission, Mapping[str, object]]] = []

    def permit(call_contexts: CallContext) -> Permission:
        if not flow.records:
            return Permission()
        rulings.extend(ask_to_record(hub, None, [(request, call_contexts)], now))
        return rulings[-1][0]

    context = _call_context(hub, request, known, now)
    ask, title = partial(ask_agent, hub), company.title or company.name
    turns = rehearse(flow, VERSION, call.tracking_number, context, behavior, permit, ask, title)
    return Simulation(
        turns=[_simulated_turn(hub, carriers, flow, turn, known.caller) for turn in turns],
        decision=rulings[-1][1] if rulings else None,
        duties=rulings[-1][0].duties if rulings else frozenset(),
    )


def _call_context(hub: Hub, request: AnswerRequest, known: Known, now: datetime) -> CallContext:
    (found,) = call_contexts(None, [request], now, str(hub.config.hub.public_url).rstrip("/"))
    campaign, source = known.attribution.get("campaign"), known.attribution.get("source")
    return replace(
        found,
        first_time=known.first_time,
        last_answered_by=known.last_answered_by,
        tags=known.tags,
        source_name=spoken_source(source, campaign) or found.source_name,
        source=source or found.source,
        medium=known.attribution.get("medium") or found.medium,
        campaign=campaign or found.campaign,
        landing_page=known.attribution.get("landing_page"),
        places=known.places or found.places,
        screening=Screening(known.suspect, "simulated as a suspect call") if known.suspect else None,
    )


def _simulated_turn(hub: Hub, carriers: Sequence[str], flow: Flow, turn: Turn, caller: str | None) -> SimulatedTurn:
    documents = {}
    point = replace(turn.point, caller_number=caller)
    for name in carriers:
        here = {"language", "recording", *(each.step for each in turn.walk.taken)}
        problems = carrier_problems(flow, hub.plugins.connectors[name].manifest)
        refused = [f"{each.step}: {each.what}; {each.remedy}" for each in problems if each.step in here]
        if refused:
            documents[name] = "\n".join(refused)
            continue
        (made,) = hub.plugins.call_each(name, CallHooks.render_answer, [(point, turn.walk.instructions)])
        documents[name] = made.body if isinstance(made, AnswerDocument) else str(made)
    notice = turn.walk.notice
    return SimulatedTurn(
        moment=point.moment,
        digits=point.digits,
        steps=[asdict(each) for each in turn.walk.taken],
        notice={"text": notice.text, "choice": notice.choice, "duties": sorted(notice.duties)} if notice else None,
        instructions=[{"do": type(each).__name__, **asdict(each)} for each in turn.walk.instructions],
        documents=documents,
        said=[asdict(each) for each in turn.said],
    )


@contextmanager
def connected(config: Config, hook: str | None = None) -> Iterator[Hub]:
    """The connectors that implement `hook`, or carriers and consent plugins; each one uses its sandbox.

    The database is not touched.
    """
    others = {
        name: entry
        for name, entry in config.connectors.items()
        if (hasattr(entry.connector_class, hook) if hook else entry.kind in ("carrier", "consent", "agent"))
    }
    wanted = {name: entry for name, entry in others.items() if entry.in_sandbox}
    with start_sandboxes({name: entry.connector_class for name, entry in wanted.items()}) as running:
        pointed = {name: entry.with_sandbox(running.settings(name)) for name, entry in wanted.items()}
        nowhere = config.hub.model_copy(update={"database": "sqlite://"})
        hub = assemble(replace(config, hub=nowhere, connectors={**others, **pointed}))
        try:
            yield hub
        finally:
            hub.close()


def _line(company: CompanySection, flow: Flow, carrier: str) -> Line:
    row = Company(
        account_id="", name=company.name, title=company.title, time_zone=company.time_zone, country=company.country,
        region=company.region,
    )  # fmt: skip
    mine = [each for each in company.trackers if company.flow_of(each).name == flow.name]
    numbers = [number for each in mine for number in each.numbers]
    tracker = Tracker(company_id=row.id, name=mine[0].name if mine else "rehearsal", type="source", carrier=carrier)
    if mine:
        tracker.source, tracker.medium, tracker.campaign = mine[0].source, mine[0].medium, mine[0].campaign
    number = TrackingNumber(tracker_id=tracker.id, number=numbers[0] if numbers else SAMPLE_NUMBER)
    return Line(number, tracker, row, flow, VERSION)


def _moment(at: datetime | None, time_zone: str) -> datetime:
    if at is None:
        return utc_now()
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(time_zone))).astimezone(UTC)
