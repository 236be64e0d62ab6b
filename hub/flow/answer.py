"""Answer: a ringing call gets its document in the webhook's reply, and never waits for more than a second.

Calls that ring at the same moment are answered in one go: what is known of them is loaded, their way is walked, and what it
leaves behind (the steps, the exact recording notice) is written in one short transaction before the carrier is told. The
static document of every number (only the forward, never recorded) is made at start and when the directory changes, so that
it is in memory when the database or a plugin is late or fails.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from sqlmodel import Session

from hub import metrics
from hub.assembly import Hub, utc_now
from hub.callflow.circumstances import Circumstances, Permission, Walk
from hub.callflow.definition import Flow
from hub.callflow.marks import parse_mark
from hub.callflow.walk import static, walk
from hub.contracts.answers import AnswerPoint, Dial, Instruction, Moment
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.errors import PluginTimeout, RingfenceError
from hub.flow.call_steps import Answered, keep
from hub.flow.circumstances import Asked, circumstances, must_read
from hub.flow.permission import ask_to_record
from hub.numbers.directory import Directory, LiveDirectory
from hub.numbers.flows import flows_of_versions
from hub.store.grouping import GroupWriter

log = structlog.get_logger(__name__)
DEADLINE = 1.0
"""Seconds from the webhook's arrival to its answer."""
MOST_TOGETHER = 200
"""Jobs of one connector that share a transaction; each is as many calls as rang at the same moment."""
MOMENTS: tuple[Moment, ...] = ("ringing", "dial_ended", "digits", "message_left", "whisper")
Document = AnswerDocument | RingfenceError
Wanted = tuple[AnswerPoint, Sequence[Instruction]]


@dataclass(slots=True)
class Making:
    """Answers on their way: what comes of them, and since when (monotonic) the plugin has been at work, if it is."""

    points: Sequence[AnswerPoint]
    asked_at: float
    documents: Future[list[Document]] = field(default_factory=Future)
    rendering_since: float | None = None

    @property
    def plugin_is_late(self) -> bool:
        """Whether it is the plugin that lets callers wait, and not the database."""
        since = self.rendering_since
        return not self.documents.done() and since is not None and time.monotonic() - since > DEADLINE / 2


class Answerer:
    """Knows each number's call flow and has its static documents at hand."""

    def __init__(self, hub: Hub, directory: LiveDirectory) -> None:
        self._hub = hub
        self._directory = directory
        self._lock = threading.Lock()
        self._static: dict[tuple[str, Moment], AnswerDocument] = {}
        self._made_for: Directory | None = None
        self._versions: dict[int, Flow] = {}
        self._public_url = str(hub.config.hub.public_url).rstrip("/")
        self._acknowledgements = self._acknowledge()
        self._desks: dict[str, GroupWriter[Making, list[list[Wanted]]]] = {}
        self.prepare()

    def close(self) -> None:
        """Answer who waits, then end."""
        for desk in self._desks.values():
            desk.close()

    def prepare(self) -> None:
        """Make the static documents of every number that lacks them."""
        directory = self._directory.current()
        with self._lock:
            if directory is self._made_for:
                return
            by_carrier: dict[str, list[Wanted]] = {}
            for number, line in directory.lines.items():
                if line.tracker.carrier in self._hub.plugins.connectors:
                    wanted = by_carrier.setdefault(line.tracker.carrier, [])
                    points = [AnswerPoint(moment=moment, tracking_number=number) for moment in MOMENTS]
                    wanted += [(point, static(line.flow, point)) for point in points]
            for carrier, wanted in by_carrier.items():
                self._make_static(carrier, wanted)
            self._versions |= {line.version: line.flow for line in directory.lines.values()}
            self._made_for = directory

    def knows(self, connector: str, point: AnswerPoint) -> bool:
        """Whether a call at `point` is on a number of that carrier; one on another number has no flow."""
        line = self._directory.latest.lines.get(point.tracking_number)
        if line is not None and line.tracker.carrier == connector:
            return True
        log.warning("call on an unknown number", connector=connector, moment=point.moment)
        metrics.ANSWERS.labels(connector, point.moment, "unknown").inc()
        return False

    def submit(self, connector: str, points: Sequence[AnswerPoint]) -> Making:
        """Start to make the answers to several calls on known numbers, each along its flow; returns at once."""
        making = Making(points, time.monotonic())
        self._desk(connector).submit(making)
        return making

    def note_late(self, connector: str) -> None:
        """The plugin did not make its answers in time."""
        self._hub.plugins.guards[connector].late("render_answer", DEADLINE)

    def static_document(self, connector: str, point: AnswerPoint) -> AnswerDocument:
        """The document that only forwards the call; it is in memory."""
        metrics.ANSWERS.labels(connector, point.moment, "static").inc()
        return self._static.get((point.tracking_number, point.moment)) or self.acknowledgement(connector)

    def acknowledgement(self, connector: str) -> AnswerDocument:
        """The reply to a webhook that only tells something."""
        return self._acknowledgements.get(connector, AnswerDocument("text/plain", ""))

    # one batch of one connector

    def _desk(self, connector: str) -> GroupWriter[Making, list[list[Wanted]]]:
        with self._lock:
            if connector not in self._desks:

                def decide(jobs: Sequence[Making]) -> list[list[Wanted]]:
                    return self._decide(connector, jobs)

                def render(jobs: Sequence[Making], wanted: list[list[Wanted]]) -> None:
                    self._render(connector, jobs, wanted)

                self._desks[connector] = GroupWriter(f"answers-{connector}", MOST_TOGETHER, decide, render, _fail)
            return self._desks[connector]

    def _decide(self, connector: str, jobs: Sequence[Making]) -> list[list[Wanted]]:
        """Each job's instructions; what they leave behind is durable then. A job that is late already gets none: its
        callers were forwarded, so nothing is written of a notice that nobody heard."""
        in_time = [job for job in jobs if time.monotonic() - job.asked_at < DEADLINE]
        points = [point for job in in_time for point in job.points]
        asked, missing = self._asked(connector, points)
        now = self._hub.clock()
        if missing or any(must_read(each) or each.flow.records for each in asked):
            with self._hub.store.reading() as session:
                if missing:
                    self._versions |= flows_of_versions(session, missing)
                    asked, _ = self._asked(connector, points)
                answers = self._walk(session, asked, now)
        else:
            answers = self._walk(None, asked, now)
        if any(answer.walk.taken for answer in answers):
            with self._hub.store.writing() as session:
                keep(session, answers, now)
        decided = iter(answers)
        made: dict[int, list[Wanted]] = {
            id(job): [(point, next(decided).walk.instructions) for point in job.points] for job in in_time
        }
        return [made.get(id(job), []) for job in jobs]

    def _asked(self, connector: str, points: Sequence[AnswerPoint]) -> tuple[list[Asked], set[int]]:
        """Each point with its flow: the version that its mark names, else the number's own; and versions to be read."""
        lines, asked, missing = self._directory.latest.lines, [], set()
        for point in points:
            line, mark = lines[point.tracking_number], parse_mark(point.mark)
            version = mark.version if mark and point.moment != "ringing" else line.version
            flow = line.flow if version == line.version else self._versions.get(version)
            if flow is None:
                missing.add(version)
                flow, version = line.flow, line.version
            asked.append(Asked(connector=connector, point=point, line=line, flow=flow, version=version))
        return asked, missing

    def _walk(self, session: Session | None, asked: Sequence[Asked], now: datetime) -> list[Answered]:
        known = circumstances(session, asked, now, self._public_url)
        walks = [_walked(each, replace(what, recording=WILLING)) for each, what in zip(asked, known, strict=True)]
        answers = [Answered(each, walked) for each, walked in zip(asked, walks, strict=True)]
        wanting = [index for index, walked in enumerate(walks) if _records(walked)]
        permitted = ask_to_record(self._hub, session, [(asked[i], known[i]) for i in wanting], now)
        for index, (permission, decision) in zip(wanting, permitted, strict=True):
            walked = _walked(asked[index], replace(known[index], recording=permission))
            answers[index] = Answered(asked[index], walked, decision)
        return answers

    def _render(self, connector: str, jobs: Sequence[Making], wanted: list[list[Wanted]]) -> None:
        for job, mine in zip(jobs, wanted, strict=True):
            if not mine:
                _fail([job], PluginTimeout("the answer was late."))
        jobs = [job for job, mine in zip(jobs, wanted, strict=True) if mine]
        wanted = [mine for mine in wanted if mine]
        if not jobs:
            return
        try:
            rendering = self._hub.plugins.submit_answers(connector, [each for mine in wanted for each in mine])
        except RingfenceError as error:
            _fail(jobs, error)
            return
        for job in jobs:
            job.rendering_since = time.monotonic()

        def rendered(done: Future[list[Document]]) -> None:
            error = done.exception()
            if error is not None:
                _fail(jobs, error)
                return
            documents = iter(done.result())
            for job in jobs:
                job.documents.set_result([next(documents) for _ in job.points])

        rendering.add_done_callback(rendered)

    # in memory

    def _make_static(self, carrier: str, wanted: list[Wanted]) -> None:
        try:
            documents = self._hub.plugins.render_answers(carrier, wanted)
        except RingfenceError as error:
            documents = [error] * len(wanted)
        failures = {type(each).__name__ for each in documents if isinstance(each, RingfenceError)}
        if failures:
            # The rest of the hub must start: only these calls have no forward in memory, and earlier ones stay.
            log.error("no static answers", connector=carrier, errors=sorted(failures))
        for (point, _), document in zip(wanted, documents, strict=True):
            if isinstance(document, AnswerDocument):
                self._static[point.tracking_number, point.moment] = document

    def _acknowledge(self) -> dict[str, AnswerDocument]:
        plugins, made = self._hub.plugins, {}
        for name in plugins.with_hook("acknowledge_webhook"):
            try:
                made[name] = plugins.acknowledge_webhook(name, WebhookRequest("POST", "", b"", utc_now()))
            except RingfenceError as error:
                log.error("no acknowledgement", connector=name, error=type(error).__name__)
        return made


WILLING = Permission(allowed=True)
"""To find out whether a call would be recorded at all, before anybody is asked."""


def _walked(asked: Asked, known: Circumstances) -> Walk:
    return walk(asked.flow, asked.version, asked.point, known)


def _records(walked: Walk) -> bool:
    return walked.notice is not None or any(isinstance(each, Dial) and each.record for each in walked.instructions)


def _fail(jobs: Sequence[Making], error: BaseException) -> None:
    log.warning("no answers", jobs=len(jobs), error=type(error).__name__)
    for job in jobs:
        job.documents.set_exception(error)
