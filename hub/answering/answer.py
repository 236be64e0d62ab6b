"""Answer: returns the carrier's document for a ringing call in the webhook's reply, in at most one second.

Calls that ring at the same moment are answered as one batch. The hub loads what it knows about them, walks each call
flow, and writes the steps and the exact recording notice in one short transaction, before the carrier gets the
documents. The static document of each number (it only forwards the call and never records) is rendered at start and
again when the directory changes. It is therefore in memory when a plugin is late or fails. While the database is away,
calls follow their flow with what is in memory, and are not recorded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import structlog

from hub.answering.call_context import AnswerRequest
from hub.answering.call_lines import CallLines
from hub.answering.decide import Decider
from hub.config.callflow.walk import static
from hub.contracts.answers import AnswerPoint, Dial, Instruction, Moment
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.errors import PluginTimeout, RingfenceError
from hub.hookspecs import CallHooks
from hub.numbers.directory import Directory, LiveDirectory
from hub.platform import metrics
from hub.platform.clock import utc_now
from hub.plugin_host.registry import many
from hub.runtime import Hub
from hub.store.writers.group_commit import GroupCommitter, WithoutDatabase
from hub.store.writers.inbox_writer import UnstoredWebhook

log = structlog.get_logger(__name__)
MAX_JOBS_PER_COMMIT = 200
"""Jobs of one connector that share a transaction; each is as many calls as rang at the same moment."""
MOMENTS: tuple[Moment, ...] = ("ringing", "dial_ended", "digits", "message_left", "whisper", "accept", "conversed")
Document = AnswerDocument | RingfenceError
RenderRequest = tuple[AnswerPoint, Sequence[Instruction]]


@dataclass(slots=True)
class PendingAnswer:
    """Answers in the making: their documents, and since when (monotonic) the plugin has been rendering them."""

    points: Sequence[AnswerPoint]
    asked_at: float
    webhooks: Sequence[UnstoredWebhook] = ()
    """The webhooks that asked for them; they are stored with the records of the answers."""
    documents: Future[list[Document]] = field(default_factory=Future)
    rendering_since: float | None = None
    forwarded: bool = False
    """The static document forwarded these calls; only the record of that must still be written."""

    def plugin_is_late(self, answer_seconds: float) -> bool:
        """Whether the plugin, not the database, makes callers wait."""
        since = self.rendering_since
        return not self.documents.done() and since is not None and time.monotonic() - since > answer_seconds / 2


class Answerer:
    """Holds each number's call flow and its static documents in memory."""

    def __init__(self, hub: Hub, directory: LiveDirectory, lines: CallLines | None = None) -> None:
        self.seconds = hub.answer_seconds
        self._hub = hub
        self._directory = directory
        self._lines = lines or CallLines()
        self._lock = threading.Lock()
        self._static: dict[tuple[str, Moment], AnswerDocument] = {}
        self._made_for: Directory | None = None
        self._made_of: dict[str, tuple[str, int]] = {}
        """Number → the carrier and the flow's version that its documents were rendered for."""
        self._decider = Decider(hub, directory, self._lines)
        self._acknowledgements = self._acknowledge()
        self._unassigned = self._forward_unassigned()
        self._committers: dict[str, GroupCommitter[PendingAnswer, list[list[RenderRequest]]]] = {}
        self.prepare()

    def close(self) -> None:
        """Answer the waiting calls, then stop."""
        for committer in self._committers.values():
            committer.close()

    def prepare(self) -> None:
        """Render the static documents of every number that lacks them, or whose carrier or flow has changed."""
        directory = self._directory.current()
        with self._lock:
            if directory is self._made_for:
                return
            by_carrier: dict[str, list[RenderRequest]] = {}
            self._lines.note(directory)
            answered = {**self._lines.former, **directory.resting, **directory.lines}
            for number, line in answered.items():
                carrier = line.tracker.carrier
                if carrier in self._hub.plugins.connectors and self._made_of.get(number) != (carrier, line.version):
                    points = [AnswerPoint(moment=moment, tracking_number=number) for moment in MOMENTS]
                    by_carrier.setdefault(carrier, []).extend((point, static(line.flow, point)) for point in points)
            failed = {number for carrier, wanted in by_carrier.items() for number in self._make_static(carrier, wanted)}
            self._made_of = {
                number: (line.tracker.carrier, line.version)
                for number, line in answered.items()
                if number not in failed
            }
            self._decider.remember(directory)
            self._made_for = None if failed else directory

    def knows(self, connector: str, point: AnswerPoint) -> bool:
        """Whether the number of a call at `point` belongs to that carrier. A call on another carrier's number has no
        flow."""
        line = self._lines.line(self._directory.latest, point, self._hub.clock())
        if line is not None and line.tracker.carrier == connector:
            return True
        log.warning("call on an unknown number", connector=connector, moment=point.moment)
        metrics.ANSWERS.labels(connector, point.moment, "unknown").inc()
        return False

    def request_at(self, connector: str, point: AnswerPoint) -> AnswerRequest:
        """The flow that leads a call on a known number."""
        return self._decider.request_at(connector, point)

    def submit(
        self, connector: str, points: Sequence[AnswerPoint], webhooks: Sequence[UnstoredWebhook] = ()
    ) -> PendingAnswer:
        """Start to answer several calls on known numbers, each along its flow, and to store the webhooks that asked; returns
        at once."""
        pending = PendingAnswer(points, time.monotonic(), webhooks)
        self._committer(connector).submit(pending)
        return pending

    def note_late(self, connector: str) -> None:
        """The plugin did not render its answers in time."""
        self._hub.plugins.guards[connector].late(CallHooks.render_answer.__name__, self.seconds)

    def static_document(self, connector: str, point: AnswerPoint) -> AnswerDocument:
        """The document that only forwards the call; it is in memory."""
        metrics.ANSWERS.labels(connector, point.moment, "static").inc()
        return self._static.get((point.tracking_number, point.moment)) or self.without_line(connector, point)

    def without_line(self, connector: str, point: AnswerPoint) -> AnswerDocument:
        """The document for a call on a number without a tracker: a new one rings the phone for such calls, if there is one."""
        forward = self._unassigned.get(connector) if point.moment == "ringing" else None
        return forward or self.acknowledgement(connector)

    def note_forwarded(self, connector: str, point: AnswerPoint) -> None:
        """Record that a call got the static document, as soon as the database allows it; returns at once."""
        line = self._lines.line(self._directory.latest, point, self._hub.clock())
        if line is not None and line.tracker.carrier == connector:
            self._committer(connector).submit(PendingAnswer([point], time.monotonic(), forwarded=True))

    def acknowledgement(self, connector: str) -> AnswerDocument:
        """The reply to a webhook that only reports something."""
        return self._acknowledgements.get(connector, AnswerDocument("text/plain", ""))

    # one batch of one connector

    def _committer(self, connector: str) -> GroupCommitter[PendingAnswer, list[list[RenderRequest]]]:
        with self._lock:
            if connector not in self._committers:

                def decide(jobs: Sequence[PendingAnswer]) -> list[list[RenderRequest]]:
                    return self._decide(connector, jobs)

                def render(jobs: Sequence[PendingAnswer], wanted: list[list[RenderRequest]]) -> None:
                    _stored(jobs)
                    self._render(connector, jobs, wanted)

                def from_memory(jobs: Sequence[PendingAnswer]) -> None:
                    render(jobs, self._decide(connector, jobs, from_memory=True))

                self._committers[connector] = GroupCommitter(
                    "call_steps",
                    MAX_JOBS_PER_COMMIT,
                    decide,
                    render,
                    _not_decided,
                    count=lambda job: len(job.points),
                    thread=f"call_steps-{connector}",
                    without=WithoutDatabase(self._hub.store.outage, from_memory),
                )
            return self._committers[connector]

    def _decide(
        self, connector: str, jobs: Sequence[PendingAnswer], *, from_memory: bool = False
    ) -> list[list[RenderRequest]]:
        """Each job's instructions. The records behind them are durable when this returns. A job that is already late
        gets no instructions: its callers were forwarded, so no notice may be recorded that nobody heard."""
        in_time = [job for job in jobs if not job.forwarded and time.monotonic() - job.asked_at < self.seconds]
        points = [point for job in in_time for point in job.points]
        forwarded = [point for job in jobs if job.forwarded for point in job.points]
        webhooks = [each for job in jobs for each in job.webhooks]
        if from_memory:
            if webhooks:
                webhooks[0].writer.set_aside([each.row for each in webhooks])
            decided = iter(self._decider.decide_from_memory(connector, points, forwarded))
        else:
            still_asked = self._committers[connector].refuse_if_late
            decided = iter(self._decider.decide(connector, points, forwarded, webhooks, still_asked))
        made: dict[int, list[RenderRequest]] = {
            id(job): [(point, next(decided).instructions) for point in job.points] for job in in_time
        }
        return [made.get(id(job), []) for job in jobs]

    def _render(self, connector: str, jobs: Sequence[PendingAnswer], wanted: list[list[RenderRequest]]) -> None:
        for job, mine in zip(jobs, wanted, strict=True):
            if not mine and not job.forwarded:
                _fail([job], PluginTimeout("the answer was late."))
        jobs = [job for job, mine in zip(jobs, wanted, strict=True) if mine]
        wanted = [mine for mine in wanted if mine]
        if not jobs:
            return
        try:
            rendering = self._hub.plugins.submit_each(
                connector, CallHooks.render_answer, [each for mine in wanted for each in mine]
            )
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

    def _make_static(self, carrier: str, wanted: list[RenderRequest]) -> set[str]:
        """Render documents; returns the numbers of those that failed."""
        try:
            documents = self._hub.plugins.call_each(carrier, CallHooks.render_answer, wanted, many(wanted))
        except RingfenceError as error:
            documents = [error] * len(wanted)
        failures = {type(each).__name__ for each in documents if isinstance(each, RingfenceError)}
        if failures:
            # The rest of the hub must start. Only these calls have no forward in memory; earlier ones stay.
            log.error("no static answers", connector=carrier, errors=sorted(failures))
        for (point, _), document in zip(wanted, documents, strict=True):
            if isinstance(document, AnswerDocument):
                self._static[point.tracking_number, point.moment] = document
        pairs = zip(wanted, documents, strict=True)
        return {point.tracking_number for (point, _), each in pairs if not isinstance(each, AnswerDocument)}

    def _forward_unassigned(self) -> dict[str, AnswerDocument]:
        """Carrier → the document that rings `forward_unassigned`; it needs no number, because nothing follows it."""
        phone, plugins, made = self._hub.config.numbers.forward_unassigned, self._hub.plugins, {}
        for name in plugins.with_hook(CallHooks.render_answer) if phone else ():
            point = AnswerPoint(moment="ringing", tracking_number="")
            try:
                made[name] = plugins.call(name, CallHooks.render_answer, point, (Dial(numbers=(str(phone),)),))
            except RingfenceError as error:
                log.error("calls without a tracker are not forwarded", connector=name, error=type(error).__name__)
        return made

    def _acknowledge(self) -> dict[str, AnswerDocument]:
        plugins, made = self._hub.plugins, {}
        for name in plugins.with_hook(CallHooks.acknowledge_webhook):
            try:
                made[name] = plugins.call(
                    name, CallHooks.acknowledge_webhook, WebhookRequest("POST", "", b"", utc_now())
                )
            except RingfenceError as error:
                log.error("no acknowledgement", connector=name, error=type(error).__name__)
        return made


def _stored(jobs: Sequence[PendingAnswer]) -> None:
    webhooks = [each for job in jobs for each in job.webhooks]
    for each in webhooks:
        each.written(True)
    if webhooks:
        webhooks[0].writer.committed()


def _not_decided(jobs: Sequence[PendingAnswer], error: BaseException) -> None:
    """No answers, because they could not be written. The webhooks that asked for them are stored alone first."""
    for job in jobs:

        def written(durable: bool, job: PendingAnswer = job) -> None:
            for each in job.webhooks:
                each.written(durable)
            _fail([job], error)

        if job.webhooks:
            job.webhooks[0].writer.submit([each.row for each in job.webhooks], written)
        else:
            _fail([job], error)


def _fail(jobs: Sequence[PendingAnswer], error: BaseException) -> None:
    log.warning("no answers", jobs=len(jobs), error=type(error).__name__)
    for job in jobs:
        job.documents.set_exception(error)
