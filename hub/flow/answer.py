"""Answer: a ringing call gets its document in the webhook's reply, and never waits for more than a second.

The static document of every number and step (only the forward) is made at start and when the directory changes, so that
it is in memory when a plugin is late or fails.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future

import structlog

from hub import metrics
from hub.assembly import Hub, utc_now
from hub.contracts.routes import Route
from hub.contracts.webhooks import AnswerDocument, AnswerPoint, Step, WebhookRequest
from hub.errors import RingfenceError
from hub.numbers.directory import Directory, LiveDirectory

log = structlog.get_logger(__name__)
DEADLINE = 1.0
"""Seconds from the webhook's arrival to its answer."""
STEPS: tuple[Step, ...] = ("ringing", "after_dial", "whisper", "done")


class Answerer:
    """Knows each number's route and has its static documents at hand."""

    def __init__(self, hub: Hub, directory: LiveDirectory) -> None:
        self._hub = hub
        self._directory = directory
        self._lock = threading.Lock()
        self._static: dict[tuple[str, Step], AnswerDocument] = {}
        self._made_for: Directory | None = None
        self._acknowledgements = self._acknowledge()
        self.prepare()

    def prepare(self) -> None:
        """Make the static documents of every number that lacks them."""
        directory = self._directory.current()
        with self._lock:
            if directory is self._made_for:
                return
            by_carrier: dict[str, list[tuple[AnswerPoint, Route, str]]] = {}
            for number, line in directory.lines.items():
                if line.tracker.carrier in self._hub.plugins.connectors:
                    wanted = by_carrier.setdefault(line.tracker.carrier, [])
                    static = line.route.static()
                    wanted += [(AnswerPoint(step, number), static, line.source_name) for step in STEPS]
            for carrier, wanted in by_carrier.items():
                self._make_static(carrier, wanted)
            self._made_for = directory

    def knows(self, connector: str, point: AnswerPoint) -> bool:
        """Whether a call at `point` is on a number of that carrier; one on another number has no route."""
        line = self._directory.latest.lines.get(point.tracking_number)
        if line is not None and line.tracker.carrier == connector:
            return True
        log.warning("call on an unknown number", connector=connector, step=point.step)
        metrics.ANSWERS.labels(connector, point.step, "unknown").inc()
        return False

    def submit(self, connector: str, points: Sequence[AnswerPoint]) -> Future[list[AnswerDocument | RingfenceError]]:
        """Start to make the answers to several calls on known numbers, each along its route. RingfenceError where that
        cannot even start."""
        lines = [self._directory.latest.lines[point.tracking_number] for point in points]
        wanted = [(point, line.route, line.source_name) for point, line in zip(points, lines, strict=True)]
        return self._hub.plugins.submit_answers(connector, wanted)

    def note_late(self, connector: str) -> None:
        """The plugin did not make its answers in time."""
        self._hub.plugins.guards[connector].late("render_answer", DEADLINE)

    def static_document(self, connector: str, point: AnswerPoint) -> AnswerDocument:
        """The document that only forwards the call; it is in memory."""
        metrics.ANSWERS.labels(connector, point.step, "static").inc()
        return self._static.get((point.tracking_number, point.step)) or self.acknowledgement(connector)

    def acknowledgement(self, connector: str) -> AnswerDocument:
        """The reply to a webhook that only tells something."""
        return self._acknowledgements.get(connector, AnswerDocument("text/plain", ""))

    def _make_static(self, carrier: str, wanted: list[tuple[AnswerPoint, Route, str]]) -> None:
        try:
            documents = self._hub.plugins.render_answers(carrier, wanted)
        except RingfenceError as error:
            documents = [error] * len(wanted)
        failures = {type(each).__name__ for each in documents if isinstance(each, RingfenceError)}
        if failures:
            # The rest of the hub must start: only these calls have no forward in memory, and earlier ones stay.
            log.error("no static answers", connector=carrier, errors=sorted(failures))
        for (point, _, _), document in zip(wanted, documents, strict=True):
            if isinstance(document, AnswerDocument):
                self._static[point.tracking_number, point.step] = document

    def _acknowledge(self) -> dict[str, AnswerDocument]:
        plugins, made = self._hub.plugins, {}
        for name in plugins.with_hook("acknowledge_webhook"):
            try:
                made[name] = plugins.acknowledge_webhook(name, WebhookRequest("POST", "", b"", utc_now()))
            except RingfenceError as error:
                log.error("no acknowledgement", connector=name, error=type(error).__name__)
        return made
