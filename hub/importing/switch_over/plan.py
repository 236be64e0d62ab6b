"""Which numbers to move in which order: by what they stand for and by how many people call them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from sqlalchemy import case, func, select
from sqlmodel import Session, col

from hub.config.models import Config
from hub.contracts.untrusted import JsonObject
from hub.hookspecs import PortHooks
from hub.importing.places import TRACKER
from hub.importing.refusals.opt_outs import OPT_OUTS
from hub.importing.steps import added
from hub.model import (
    Call,
    Company,
    ImportMatch,
    ImportStep,
    PortOrderRow,
    SwitchStep,
    TextMessage,
    Tracker,
    TrackingNumber,
)
from hub.model.imports import IMPORTED, PREFIX

LOOKED_AT = timedelta(days=90)
"""How far back traffic counts."""
REHEARSALS = 2
"""Numbers that move first, alone."""
BUSIEST_SHARE = 0.2
"""The share of the numbers that move last, because a mistake with them costs most."""
REPEAT_CALLS = 5
"""A pool's number that was called so often by people who had called before is worth moving."""
Step = Literal["rehearsal", "most", "busiest"]


@dataclass(frozen=True)
class Moving:
    """One number with its traffic in the last 90 days."""

    number: str
    company: str
    tracker: str
    is_pooled: bool
    source: str
    carrier: str
    calls: int
    repeat_calls: int
    """From people who had called before."""
    here: int
    """Calls that came in at this hub itself: it is pointed here already."""
    texts: int
    port: str | None
    """The status of its port order; None if there is none."""


@dataclass(frozen=True)
class Site:
    """A company with a pool, and the domains of its website."""

    name: str
    title: str
    domains: tuple[str, ...]


@dataclass(frozen=True)
class SwitchPlan:
    """The numbers by what to do with them; each list in the order in which to do it."""

    now: datetime
    arrived: tuple[Moving, ...]
    """Already here."""
    under_way: tuple[Moving, ...]
    """With an open port order."""
    waves: Mapping[Step, tuple[Moving, ...]]
    """Of source trackers."""
    pools: tuple[Moving, ...]
    """Numbers of pools: replaced by new ones."""
    remembered: tuple[Moving, ...]
    """Those of them that people call again, so that they are worth moving after the others."""
    unused: tuple[Moving, ...]
    """Nobody called them in 90 days."""
    cannot_port: tuple[str, ...] = ()
    """Carriers here whose plugin cannot order a port."""
    last_import: datetime | None = None
    texting: tuple[Moving, ...] = field(default=())
    """Numbers of source trackers that send or get texts."""
    refusals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """In what the imports found refusals of texts or calls → how many are sure, doubtful, and in what is not kept."""
    opt_outs: int = 0
    """How many lines of the provider's own opt-out lists count."""
    sites: tuple[Site, ...] = ()
    done: Mapping[str, str] = field(default_factory=dict)
    """Step that was ticked off → when and by whom."""


def switch_plan(session: Session, config: Config, now: datetime) -> SwitchPlan:
    """The plan for the numbers in use of the trackers that were imported."""
    numbers = list(_numbers(session, now))
    open_ports = {"ported", "rejected", "cancelled"}
    arrived = [each for each in numbers if each.here or each.port == "ported"]
    under_way = [each for each in numbers if each not in arrived and each.port and each.port not in open_ports]
    left = [each for each in numbers if each not in arrived and each not in under_way]
    unused = [each for each in left if not each.calls and not each.texts]
    pools = [each for each in left if each.is_pooled and each not in unused]
    single = sorted((each for each in left if not each.is_pooled and each not in unused), key=_traffic)
    busiest = single[len(single) - round(len(single) * BUSIEST_SHARE) :] if len(single) > REHEARSALS else []
    rest = [each for each in single if each not in busiest]
    carriers = {each.carrier for each in left}
    return SwitchPlan(
        now=now,
        arrived=tuple(arrived),
        under_way=tuple(under_way),
        waves={"rehearsal": tuple(rest[:REHEARSALS]), "most": tuple(rest[REHEARSALS:]), "busiest": tuple(busiest)},
        pools=tuple(sorted(pools, key=_traffic, reverse=True)),
        remembered=tuple(
            sorted((each for each in pools if each.repeat_calls >= REPEAT_CALLS), key=_traffic, reverse=True)
        ),
        unused=tuple(unused),
        cannot_port=tuple(sorted(each for each in carriers if not _can_port(config, each))),
        last_import=_last_import(session),
        texting=tuple(each for each in single if each.texts),
        sites=tuple(
            Site(each.name, each.title, each.domains)
            for each in config.companies
            if any(tracker.type == "session" for tracker in each.trackers)
        ),
        done={each.step: f"{each.done_at:%Y-%m-%d} by {each.done_by}" for each in session.scalars(select(SwitchStep))},
        **_refusals(session),
    )


def _traffic(each: Moving) -> tuple[int, str]:
    return each.calls, each.number


def _can_port(config: Config, carrier: str) -> bool:
    entry = config.connectors.get(carrier)
    own = getattr(entry.connector_class, PortHooks.order_port.__name__, None) if entry else None
    return own is not None


def _last_import(session: Session) -> datetime | None:
    found: datetime | None = session.scalar(select(func.max(ImportStep.finished_at)))
    return found


def _refusals(session: Session) -> JsonObject:
    steps = session.scalars(select(ImportStep)).all()
    found: dict[str, dict[str, int]] = {}
    for step in steps:
        found = added(found, step.refusals)
    listed = sum(int(step.counts.get("new", 0)) for step in steps if step.resource == OPT_OUTS)
    return {"refusals": dict(sorted(found.items())), "opt_outs": listed}


def _numbers(session: Session, now: datetime) -> Iterable[Moving]:
    since = now - LOOKED_AT
    traffic, texts, ports = _calls(session, since), _texts(session, since), _ports(session)
    companies = {each.id: each for each in session.scalars(select(Company))}
    living = select(TrackingNumber, Tracker).join(Tracker, col(Tracker.id) == TrackingNumber.tracker_id)
    imported = select(col(ImportMatch.own_id)).where(col(ImportMatch.kind) == TRACKER)
    living = living.where(
        col(TrackingNumber.retired_at).is_(None), col(Tracker.retired_at).is_(None), col(Tracker.id).in_(imported)
    )
    for number, tracker in session.execute(living.order_by(col(TrackingNumber.number))):
        calls, repeats, here = traffic.get(number.number, (0, 0, 0))
        yield Moving(
            number=number.number,
            company=companies[tracker.company_id].title,
            tracker=tracker.name,
            is_pooled=tracker.type == "session",
            source=" / ".join(filter(None, (tracker.source, tracker.medium))) or "by visit",
            carrier=tracker.carrier,
            calls=calls,
            repeat_calls=repeats,
            here=here,
            texts=texts.get(number.number, 0),
            port=ports.get(number.number),
        )


def _calls(session: Session, since: datetime) -> dict[str, tuple[int, int, int]]:
    """Number → calls, those of people who had called before, and those that came in here."""
    call: Any = Call
    query = select(
        call.tracking_number,
        func.count(),
        func.sum(case((call.first_time_caller.is_(False), 1), else_=0)),
        func.sum(case((call.found_by != IMPORTED, 1), else_=0)),
    ).where(call.started_at >= since, call.tracking_number.is_not(None))
    rows: Sequence[Any] = session.execute(query.group_by(call.tracking_number)).all()
    return {number: (int(count), int(repeats), int(here)) for number, count, repeats, here in rows}


def _texts(session: Session, since: datetime) -> dict[str, int]:
    text: Any = TextMessage
    query = select(text.tracking_number, func.count()).where(text.at >= since, text.connector.startswith(PREFIX))
    return {number: int(count) for number, count in session.execute(query.group_by(text.tracking_number))}


def _ports(session: Session) -> dict[str, str]:
    found: dict[str, str] = defaultdict(str)
    for row in session.scalars(select(PortOrderRow).order_by(col(PortOrderRow.ordered_at))):
        for number in row.numbers:
            found[str(number)] = row.status
    return dict(found)


def switch_text(plan: SwitchPlan) -> str:
    """The plan as Markdown."""
    return _rendered(plan)[0]


def switch_steps(plan: SwitchPlan) -> tuple[str, ...]:
    """The names of the steps that can be ticked off, in the order of the plan."""
    return _rendered(plan)[1]


@cache
def _template() -> Template:
    made = Environment(loader=PackageLoader("hub.importing"), undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - Markdown, not HTML
    return made.get_template("switch_plan.md.j2")


def _rendered(plan: SwitchPlan) -> tuple[str, tuple[str, ...]]:
    steps: list[str] = []

    def box(step: str) -> str:
        """The beginning of a step: a box, its name, and when it was ticked off by whom."""
        steps.append(step)
        when = plan.done.get(step)
        return f"- [x] `{step}` (done {when}):" if when else f"- [ ] `{step}`:"

    text = _template().render(plan=plan, repeats=REPEAT_CALLS, box=box)
    return text, tuple(steps)
