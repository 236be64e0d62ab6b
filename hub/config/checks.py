"""Checks between the parts of config.yaml: names exist, numbers have one owner, rules can match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from hub.config.callflow.definition import ConverseStep
from hub.config.destinations import destination_problems
from hub.config.document import Path
from hub.config.error_messages import nearest
from hub.config.flow_checks import call_problems
from hub.config.models import CompanySection, ConnectorCommon, ConversionRule, TrackerSection
from hub.config.parts import Parts
from hub.config.retention import RetentionSection, spell_life
from hub.config.rule_checks import rule_problems, unknown
from hub.config.sections.recordings import RecordingsSection

Found = Iterator[tuple[Path, str]]
OF_ALL: Path = ("accounts",)
"""The place of a problem between two accounts. A longer one would name what one of them has to the other."""


def problems_between(parts: Parts) -> Found:
    """(path, sentence) of every problem between the parts."""
    checks = (
        _names,
        _connectors,
        _rules,
        destination_problems,
        _consent,
        _trackers,
        _numbers,
        _companies,
        _transcription,
        _insights,
        _assistants,
        _audio,
        _texts,
        call_problems,
    )
    for check in checks:
        yield from check(parts)


def _names(parts: Parts) -> Found:
    lists = {"account": ("accounts",), "company": ("accounts", "companies"), "rule": ("conversions",)}
    for thing, keys in lists.items():
        yield from _doubled(parts, parts.written_names(*keys), thing)
    trackers: dict[Path, list[tuple[Path, str]]] = {}
    for path, name in parts.written_names("accounts", "companies", "trackers"):
        trackers.setdefault(path[:-2], []).append((path, name))
    for of_company in trackers.values():
        yield from _doubled(parts, of_company, "tracker")
    flows: dict[Path, list[tuple[Path, str]]] = {}
    for path, name in parts.written_names("accounts", "companies", "flows"):
        flows.setdefault(path[:-2], []).append((path, name))
    for of_company in flows.values():
        yield from _doubled(parts, of_company, "flow")


def _doubled(parts: Parts, named: list[tuple[Path, str]], thing: str) -> Found:
    first: dict[str, Path] = {}
    for path, name in named:
        earlier = first.setdefault(name, path)
        line = parts.document.line((*earlier, "name"))
        if earlier != path and thing == "company" and earlier[:2] != path[:2]:
            yield (
                OF_ALL,
                f"two accounts have a company named {name!r}, on lines {line} and {parts.document.line(path)}; rename one",
            )
        elif earlier != path:
            yield (*path, "name"), f"another {thing} is named {name!r} already, on line {line}; give it another name"


def _connectors(parts: Parts) -> Found:
    companies = [name for _, name in parts.written_names("accounts", "companies")]
    for path, common in parts.placed(ConnectorCommon):
        for index, company in enumerate(common.companies or ()):
            if company not in companies:
                yield (*path, "companies", index), unknown("company", company, parts.shown(path, companies))
        served = list(common.companies or companies)
        for company in common.costs:
            if company not in served:
                yield (*path, "costs", company), unknown("company", company, parts.shown(path, served))


def _rules(parts: Parts) -> Found:
    companies = [name for _, name in parts.written_names("accounts", "companies")]
    trackers = [name for _, name in parts.written_names("accounts", "companies", "trackers")]
    for path, rule in parts.placed(ConversionRule):
        yield from (
            ((*path, *inner), text)
            for inner, text in rule_problems(rule, companies, trackers, partial(parts.shown, path))
        )


def _consent(parts: Parts) -> Found:
    request = any(each.manifest.kind == "consent" for each in parts.connector_classes.values())
    unclear = len(parts.connector_classes) < len(parts.connector_names)
    if parts.destinations and not request and not unclear:
        yield (
            ("connectors",),
            "no consent connector is configured, so nothing has consent and nothing would be sent; add one like "
            "`signals: {plugin: signals}`",
        )


def _trackers(parts: Parts) -> Found:
    carriers = [name for name, each in parts.connector_classes.items() if each.manifest.kind == "carrier"]
    for path, tracker in parts.placed(TrackerSection):
        if tracker.carrier not in parts.connector_names:
            yield (*path, "carrier"), unknown("carrier", tracker.carrier, parts.shown(path, carriers))
        elif tracker.carrier in parts.connector_classes and tracker.carrier not in carriers:
            yield (
                (*path, "carrier"),
                f"{tracker.carrier!r} is not a carrier; {nearest('', parts.shown(path, carriers), 'carriers are')}",
            )
        if tracker.type == "source":
            count = len(tracker.numbers)
            if count > 1:
                yield _present(parts, path, "numbers"), f"a source tracker has at most one number, found {count}"
            if not tracker.source:
                yield path, "a source tracker needs its `source:`, like yellow_pages"
        if tracker.signals and tracker.default:
            yield (*path, "signals"), "the default number is for everybody; use another number for privacy signals"
        for key in ("source", "medium", "campaign", "default", "signals") if tracker.type == "session" else ():
            if getattr(tracker, key):
                yield (*path, key), "a session tracker gets this from the visit; remove it or write `type: source`"


def _transcription(parts: Parts) -> Found:
    for path, section in parts.placed(RecordingsSection):
        yield from _of_kind(parts, (*path, "transcribe"), section.transcribe, "transcription", "transcribe", "whisper")


def _insights(parts: Parts) -> Found:
    """What is read in transcripts needs transcripts, and a rule about a signal one of the names that are looked for."""
    is_transcribed = any(each.transcribe for each in parts.all(RecordingsSection))
    names: dict[str, tuple[str, ...]] = {}
    for path, company in parts.placed(CompanySection):
        if (section := company.insights) is None:
            continue
        names[company.name] = section.names
        place = (*path, "insights", "read_by")
        yield from _of_kind(parts, place, section.read_by, "insight", "read conversations", "phrases")
        for index, action in enumerate(section.actions):
            if action.name not in section.names:
                place_of_name = (*path, "insights", "actions", index, "name")
                yield place_of_name, unknown("signal", action.name, section.names)
        entry = parts.connectors.get(section.read_by or "")
        if entry is not None and not entry.serves(company.name):
            yield place, f"{section.read_by!r} does not serve this company; add it to the connector's `companies:`"
        if section.read_by and not is_transcribed and not any(flow.converses for flow in company.flows):
            yield place, "nothing is transcribed, so there is nothing to read; write `transcribe:` below `recordings:`"
    for path, rule in parts.placed(ConversionRule):
        wanted = names if rule.when.company is None else {None: names.get(rule.when.company, ())}
        known = sorted(set(chain.from_iterable(wanted.values())))
        if rule.when.name is not None and rule.when.name not in known:
            none = "no company has `insights:`, so no signal is ever read"
            yield (*path, "when", "name"), unknown("signal", rule.when.name, known) if known else none


def _assistants(parts: Parts) -> Found:
    """The assistant of a step is a connector of the company, and gives no word of a caller to anybody else."""
    for path, company in parts.placed(CompanySection):
        for index, flow in enumerate(company.flows):
            for name, step in flow.steps.items():
                if not isinstance(step, ConverseStep):
                    continue
                place = (*path, "flows", index, "steps", name, "agent")
                yield from _of_kind(parts, place, step.agent, "agent", "talk with callers", "scripted")
                entry, kind = parts.connectors.get(step.agent), parts.connector_classes.get(step.agent)
                if entry is not None and not entry.serves(company.name):
                    yield place, f"{step.agent!r} does not serve this company; add it to the connector's `companies:`"
                if kind is not None and kind.manifest.kind == "agent" and kind.manifest.recipient.role != "none":
                    yield (
                        place,
                        f"{step.agent!r} gives what callers say to {kind.manifest.recipient.name} while they speak; use one "
                        "whose model runs on this machine or in your own network",
                    )


def _of_kind(parts: Parts, place: Path, name: str | None, kind: str, does: str, example: str) -> Found:
    """The connector that is named at `place` exists and is of this kind."""
    able = [each for each, found in parts.connector_classes.items() if found.manifest.kind == kind]
    if name is None or name in able:
        return
    if name not in parts.connector_names:
        yield place, unknown("connector", name, parts.shown(place, able or parts.connector_names))
    elif name in parts.connector_classes:
        shown = parts.shown(place, able)
        hint = nearest(name, shown, "these do:") if shown else f"add one like `{example}: {{plugin: {example}}}`"
        yield place, f"{name!r} does not {does}; {hint}"


def _audio(parts: Parts) -> Found:
    """Recordings and transcripts are kept no longer than `retention:` allows; a longer time needs a reason there."""
    longest = next(parts.all(RetentionSection), None)
    for path, section in parts.placed(RecordingsSection) if longest else ():
        for key, kind in (("keep", "recording_audio"), ("keep_transcripts", "transcript")):
            if longest and key in section.model_fields_set and getattr(section, key) > longest.life(kind):
                retention = spell_life(longest.life(kind))
                yield (
                    (*path, key),
                    (
                        f"is longer than {retention}, the maximum retention; shorten it, or write "
                        f"`{kind}: {{keep: …, reason: …}}` below `retention:`"
                    ),
                )


def _numbers(parts: Parts) -> Found:
    owner: dict[str, Path] = {}
    for path, tracker in parts.placed(TrackerSection):
        for index, number in enumerate(tracker.numbers):
            place = (*path, "numbers", index)
            first = owner.setdefault(number, place)
            if first != place:
                line = parts.document.line(first)
                if first[:2] == place[:2]:
                    yield place, f"{number} is already the number of {parts.document.spell(first[:-2])} (line {line})"
                else:
                    lines = f"lines {line} and {parts.document.line(place)}"
                    yield OF_ALL, f"{number} is the number of trackers of two accounts, on {lines}; take it out of one"


def _companies(parts: Parts) -> Found:
    for path, company in parts.placed(CompanySection):
        defaults = [tracker for tracker in company.trackers if tracker is not None and tracker.default]
        if len(defaults) > 1:
            yield (*path, "trackers"), "more than one tracker is the default; keep `default: true` on one"
        if sum(tracker is not None and tracker.signals for tracker in company.trackers) > 1:
            yield (*path, "trackers"), "more than one tracker is for privacy signals; keep `signals: true` on one"


def _texts(parts: Parts) -> Found:
    of_company: dict[Path, set[str]] = {}
    for path, tracker in parts.placed(TrackerSection):
        of_company.setdefault(path[:-2], set()).update(tracker.numbers)
    sections: Mapping[Path, Any] = {**dict(parts.placed(CompanySection)), **dict(parts.placed(TrackerSection))}
    for path, section in sections.items():
        sender = section.texts.sender if section.texts else None
        company = path if isinstance(section, CompanySection) else path[:-2]
        if sender is not None and sender not in of_company.get(company, set()):
            yield (
                (*path, "texts", "from"),
                f"{sender} is not a tracking number of this company; texts must come from one",
            )


def _present(parts: Parts, path: Path, key: str) -> Path:
    return (*path, key) if parts.document.is_written((*path, key)) else path
