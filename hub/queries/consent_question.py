"""Answer a consent question from the command line with the same plugins and hub rules that the flow uses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hub.answering.recording_consent import CATEGORY
from hub.answering.recording_consent import USE as RECORDING
from hub.contracts.categories import USES
from hub.contracts.consent import ConsentQuestion, ConsentRecord, Opinion, Place, Signal, State, strictest
from hub.contracts.disclosure import declared_categories
from hub.contracts.manifest import Manifest, Recipient
from hub.contracts.phones import phone_number
from hub.contracts.places import places_of_number
from hub.delivery.text_consent import question_about_text
from hub.errors import CannotDo
from hub.flow.case import Case
from hub.flow.case_loading import load_cases
from hub.flow.consent import StoredDecision, decide, question_about
from hub.hookspecs import (
    PERSONAL_VALUES,
    AgentHooks,
    ConversionHooks,
    CrmHooks,
    EnrichmentHooks,
    InsightHooks,
    RecordingHooks,
    TextHooks,
    TranscriptionHooks,
)
from hub.model import Call, Company, TextMessage
from hub.model.purposes import LISTED_USES
from hub.numbers.directory import Directory, Line
from hub.privacy.restriction import outside_transcriber
from hub.queries.lookup import known, known_place, shown
from hub.runtime import Hub
from hub.texts.suppression import STOPPED_REASON, is_suppressed

if TYPE_CHECKING:
    from sqlmodel import Session

TRACKING = "web.tracking"
HOOKS: Mapping[str, Callable[..., Any]] = {
    "ads": ConversionHooks.upload_conversions,
    "crm": CrmHooks.log_calls,
    "enrichment": EnrichmentHooks.enrich_caller,
    "transcription": TranscriptionHooks.transcribe,
    "insight": InsightHooks.read_conversation,
    "agent": AgentHooks.answer_caller,
    "text": TextHooks.send_text,
    "marketing-text": TextHooks.send_text,
    "recording": RecordingHooks.fetch_recording,
}
"""Purposes, and the hook through which a connector of that purpose is given the data."""
BY_THE_LINE = ("recording", "text", "marketing-text")
"""Purposes of which the carrier of the line is the recipient."""
PURPOSES = (*HOOKS, "tracking")
THE_HUB = Recipient(name="this hub", role="none")
ANYBODY = Recipient(name="any other company", role="independent_controller")
SUPPRESSED = "hub.suppression_list"
SUPPOSED_AGE = timedelta(minutes=1)
"""A supposed consent record or signal is dated this long before the question."""


@dataclass(frozen=True, kw_only=True)
class Supposed:
    """What the question is about. For a field that is None or empty, the hub uses what it knows."""

    purpose: str
    at: datetime | None = None
    company: str | None = None
    caller: str | None = None
    callee: str | None = None
    caller_places: tuple[str, ...] = ()
    callee_places: tuple[str, ...] = ()
    connector: str | None = None
    said: State | None = None
    channel: str = "agent"
    signals: tuple[str, ...] = ()
    age: int | None = None


@dataclass(frozen=True)
class Answer:
    """The ruling on one recipient."""

    recipient: str
    ruling: StoredDecision


def answers(hub: Hub, directory: Directory, supposed: Supposed) -> list[Answer]:
    """One ruling for each recipient that the purpose has at the company; CannotDo says what is missing or wrong."""
    _check(supposed)
    company, line = _company(directory, supposed)
    at = _moment(supposed.at, company.time_zone, hub.clock())
    caller = _number(supposed.caller, company.country) if supposed.caller else None
    lines = _lines(directory, company, line)
    carriers = {each.tracker.carrier for each in lines}
    found = []
    for name, manifest in _recipients(hub, supposed, company, carriers):
        dialed = next((each for each in lines if each.tracker.carrier == name), lines[0])
        case = _case(hub, directory, dialed, caller, supposed.purpose, at)
        with hub.store.reading() as session:
            question = _question(session, case, manifest, supposed, at)
        question = _with_supposed(question, supposed, caller, at)
        if question.use == RECORDING and (transcriber := outside_transcriber(hub.config, company.name)):
            question = replace(question, transcribed_by=transcriber.name)
        (ruling,) = decide(hub, [case], name, "ask", [question])
        ruling = _held_to_stops(hub, company, caller, ruling)
        found.append(Answer(manifest.recipient.name, ruling))
    return found


def _held_to_stops(hub: Hub, company: Company, caller: str | None, ruling: StoredDecision) -> StoredDecision:
    """The ruling, with a no added if the suppression list forbids the use, as it does when a text is sent."""
    if caller is None or ruling.question.use not in LISTED_USES:
        return ruling
    with hub.store.writing() as session:
        stopped = is_suppressed(session, hub, company.id, caller, ruling.question.use)
    if not stopped:
        return ruling
    no = Opinion(verdict="deny", rule_id=SUPPRESSED, reason=STOPPED_REASON)
    return replace(ruling, decision=strictest([("hub", no), *ruling.decision.opinions]))


def _check(supposed: Supposed) -> None:
    if supposed.purpose not in PURPOSES and supposed.purpose not in USES:
        raise CannotDo(
            f"There is no purpose {shown(supposed.purpose)!r}; choose one of {', '.join(PURPOSES)}, or a data use of "
            f"{', '.join(sorted(USES))}."
        )
    for signal in supposed.signals:
        if signal not in ("gpc", "dnt"):
            raise CannotDo(f"{shown(signal)!r} is not a signal; choose gpc or dnt.")
    for code in (*supposed.caller_places, *supposed.callee_places):
        known_place(code)


def _company(directory: Directory, supposed: Supposed) -> tuple[Company, Line | None]:
    """The company that is called or named, and the dialed line if it is one of ours."""
    called = _number(supposed.callee, None) if supposed.callee else None
    line = directory.lines.get(called or "")
    names = list(directory.companies)
    if supposed.company is not None:
        known(supposed.company, names, "company")
        if line is not None and line.company.name != supposed.company:
            raise CannotDo(f"That number is not {supposed.company}'s; use only one of --callee and --company.")
        return directory.companies[supposed.company], line
    if line is not None:
        return line.company, line
    if len(names) == 1:
        return directory.companies[names[0]], None
    what = (
        "--callee is not one of our tracking numbers" if supposed.callee else "The company of the caller is not known"
    )
    raise CannotDo(f"{what}; name the company: --company NAME, one of {', '.join(names) or 'none'}.")


def _recipients(hub: Hub, supposed: Supposed, company: Company, carriers: Set[str]) -> Iterator[tuple[str, Manifest]]:
    """The connectors that would be given the data: the named one, or all that serve the company. For a text or a recording,
    the carriers of its lines."""
    connectors, hook = hub.plugins.connectors, HOOKS.get(supposed.purpose)
    if supposed.connector is not None:
        named = connectors[known(supposed.connector, list(connectors), "connector")]
        if hook is not None and supposed.connector not in hub.plugins.with_hook(hook):
            raise CannotDo(
                f"{supposed.connector} is not a recipient for {supposed.purpose}; omit --connector to see all."
            )
        yield supposed.connector, named.manifest
        return
    if hook is None:
        recipient = THE_HUB if supposed.purpose in ("tracking", TRACKING) else ANYBODY
        yield "hub", _manifest(recipient)
        return
    found = [name for name in hub.plugins.with_hook(hook) if hub.config.connectors[name].serves(company.name)]
    if supposed.purpose in BY_THE_LINE:
        found = [name for name in found if name in carriers]
    if not found:
        raise CannotDo(
            f"config.yaml has no connector for {supposed.purpose} of {company.name}; hub plugins lists the plugins."
        )
    yield from ((name, connectors[name].manifest) for name in found)


def _manifest(recipient: Recipient) -> Manifest:
    """The manifest of a recipient that is not a connector; it limits nothing, because any data may be given."""
    return Manifest(name="nobody", kind="ads", version="0", summary=recipient.name, recipient=recipient)


def _case(hub: Hub, directory: Directory, line: Line, caller: str | None, purpose: str, at: datetime) -> Case:
    """A call or text at this moment that is never stored, with everything known about its person."""
    tracker, number = line.tracker, line.number.number
    subject: Call | TextMessage
    if HOOKS.get(purpose) is TextHooks.send_text:
        subject = TextMessage(
            connector=tracker.carrier,
            direction="out",
            purpose="marketing" if purpose == "marketing-text" else "service",
            company_id=line.company.id,
            tracker_id=tracker.id,
            tracking_number=number,
            person_number=caller,
            at=at,
        )
    else:
        subject = Call(
            connector=tracker.carrier,
            carrier_call_id="asked",
            company_id=line.company.id,
            tracker_id=tracker.id,
            tracking_number=number,
            caller_number=caller,
            started_at=at,
        )
    with hub.store.reading() as session:
        (case,) = load_cases(session, directory, [subject], at)
    return case


def _lines(directory: Directory, company: Company, line: Line | None) -> list[Line]:
    """The dialed line, or all lines of the company."""
    lines = [line] if line else [each for each in directory.lines.values() if each.company.id == company.id]
    if not lines:
        raise CannotDo(f"{company.name} has no tracking number yet; add a tracker with one to config.yaml.")
    return sorted(lines, key=lambda each: each.number.number)


def _question(session: Session, case: Case, manifest: Manifest, supposed: Supposed, at: datetime) -> ConsentQuestion:
    purpose, hook = supposed.purpose, HOOKS.get(supposed.purpose)
    if hook is TextHooks.send_text:
        return question_about_text(session, case, manifest, at)
    if purpose == "recording" or hook is None:
        use = {"recording": RECORDING, "tracking": TRACKING}.get(purpose, purpose)
        categories = frozenset({CATEGORY}) if use == RECORDING else frozenset[str]()
        return question_about(case, manifest=manifest, use=use, categories=categories, now=at)
    flow = manifest.flow(hook.__name__)
    return question_about(
        case,
        manifest=manifest,
        use=flow.use if flow else "essential.service",
        categories=declared_categories(manifest, hook.__name__, PERSONAL_VALUES[hook.__name__]),
        now=at,
    )


def _with_supposed(question: ConsentQuestion, supposed: Supposed, caller: str | None, at: datetime) -> ConsentQuestion:
    """The question, with what the user supposes added to what the hub knows."""
    records, signals = question.records, question.signals
    if supposed.said is not None:
        record = ConsentRecord(
            state=supposed.said,
            use=question.use,
            channel=supposed.channel,
            at=at - SUPPOSED_AGE,
            evidence="supposed",
        )
        records = (*records, record)
    for kind in supposed.signals:
        signals = (*signals, Signal(kind=kind, at=at - SUPPOSED_AGE, evidence="supposed"))  # type: ignore[arg-type]
    return replace(
        question,
        person_places=_places((*question.person_places, *places_of_number(caller)), supposed.caller_places, "declared"),
        business_places=_places(question.business_places, supposed.callee_places, "business"),
        records=records,
        signals=signals,
        age=question.age if supposed.age is None else supposed.age,
    )


def _places(those: Iterable[Place], more: Iterable[str], basis: str) -> tuple[Place, ...]:
    added = []
    for text in more:
        country, _, region = known_place(text).partition("-")
        added.append(Place(country=country, region=region or None, basis=basis))
    return tuple(dict.fromkeys((*those, *added)))


def _number(text: str, country: str | None) -> str:
    number = phone_number(text, country) if country else phone_number(text)
    if number is None:
        raise CannotDo("That is not a phone number; write it in E.164, like +13125550142.")
    return number


def _moment(at: datetime | None, time_zone: str, now: datetime) -> datetime:
    """The moment in UTC; a time without a zone is in the company's time zone."""
    if at is None:
        return now
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(time_zone))).astimezone(UTC)
