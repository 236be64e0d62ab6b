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
from hub.contracts.answers import AnswerPoint, Dial, HangUp, Instruction, Moment, Say, TakeMessage
from hub.contracts.routes import Route
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.errors import RingfenceError
from hub.numbers.directory import Directory, LiveDirectory

log = structlog.get_logger(__name__)
DEADLINE = 1.0
"""Seconds from the webhook's arrival to its answer."""
MOMENTS: tuple[Moment, ...] = ("ringing", "dial_ended", "digits", "message_left", "whisper")


class Answerer:
    """Knows each number's route and has its static documents at hand."""

    def __init__(self, hub: Hub, directory: LiveDirectory) -> None:
        self._hub = hub
        self._directory = directory
        self._lock = threading.Lock()
        self._static: dict[tuple[str, Moment], AnswerDocument] = {}
        self._made_for: Directory | None = None
        self._acknowledgements = self._acknowledge()
        self.prepare()

    def prepare(self) -> None:
        """Make the static documents of every number that lacks them."""
        directory = self._directory.current()
        with self._lock:
            if directory is self._made_for:
                return
            by_carrier: dict[str, list[tuple[AnswerPoint, Sequence[Instruction]]]] = {}
            for number, line in directory.lines.items():
                if line.tracker.carrier in self._hub.plugins.connectors:
                    wanted = by_carrier.setdefault(line.tracker.carrier, [])
                    static = line.route.static()
                    points = [AnswerPoint(moment=moment, tracking_number=number) for moment in MOMENTS]
                    wanted += [(point, instructions(static, point, line.source_name)) for point in points]
            for carrier, wanted in by_carrier.items():
                self._make_static(carrier, wanted)
            self._made_for = directory

    def knows(self, connector: str, point: AnswerPoint) -> bool:
        """Whether a call at `point` is on a number of that carrier; one on another number has no route."""
        line = self._directory.latest.lines.get(point.tracking_number)
        if line is not None and line.tracker.carrier == connector:
            return True
        log.warning("call on an unknown number", connector=connector, moment=point.moment)
        metrics.ANSWERS.labels(connector, point.moment, "unknown").inc()
        return False

    def submit(self, connector: str, points: Sequence[AnswerPoint]) -> Future[list[AnswerDocument | RingfenceError]]:
        """Start to make the answers to several calls on known numbers, each along its route. RingfenceError where that
        cannot even start."""
        lines = [self._directory.latest.lines[point.tracking_number] for point in points]
        wanted = [
            (point, instructions(line.route, point, line.source_name))
            for point, line in zip(points, lines, strict=True)
        ]
        return self._hub.plugins.submit_answers(connector, wanted)

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

    def _make_static(self, carrier: str, wanted: list[tuple[AnswerPoint, Sequence[Instruction]]]) -> None:
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


def instructions(route: Route, point: AnswerPoint, source_name: str) -> list[Instruction]:
    """What the carrier does next with a call at `point` along `route`."""
    match point.moment:
        case "ringing" | "digits":
            return [
                *_spoken(route),
                Dial(
                    numbers=(route.dial,),
                    ring_seconds=route.ring_seconds,
                    record=route.record and route.recording_notice is not None,
                    whisper=route.whisper is not None,
                ),
            ]
        case "whisper":
            return [Say(text=route.whisper.replace("[source]", source_name))] if route.whisper else []
        case "dial_ended" if route.voicemail and not point.answered:
            return [Say(text=route.voicemail), TakeMessage()]
    return [HangUp()]


def _spoken(route: Route) -> list[Instruction]:
    notice = route.recording_notice if route.record else None
    return [Say(text=text) for text in (route.greeting, notice) if text]
