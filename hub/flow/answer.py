"""Answer: a ringing call gets its document in the webhook's reply, and never waits for more than a second.

The static document of every number and step (only the forward) is made at start and when the directory changes, so that
it is in memory when a plugin is late or fails.
"""

from __future__ import annotations

import threading

import structlog

from hub import metrics
from hub.assembly import Hub, utc_now
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
        self._acknowledgements = {
            name: hub.plugins.acknowledge_webhook(name, WebhookRequest("POST", "", b"", utc_now()))
            for name in hub.plugins.with_hook("acknowledge_webhook")
        }
        self.prepare()

    def prepare(self) -> None:
        """Make the static documents of every number that lacks them."""
        directory = self._directory.current()
        with self._lock:
            if directory is self._made_for:
                return
            for number, line in directory.lines.items():
                if line.tracker.carrier not in self._hub.plugins.connectors:
                    continue
                for step in STEPS:
                    self._static[number, step] = self._render(AnswerPoint(step, number), directory, static=True)
            self._made_for = directory

    def document(self, connector: str, point: AnswerPoint, seconds_left: float = DEADLINE) -> AnswerDocument:
        """The answer to a call at `point`: along its route, or the static forward where that is late or fails."""
        directory = self._directory.latest
        line = directory.lines.get(point.tracking_number)
        if line is None or line.tracker.carrier != connector:
            log.warning("call on an unknown number", connector=connector, step=point.step)
            metrics.ANSWERS.labels(connector, point.step, "unknown").inc()
            return self.acknowledgement(connector)
        try:
            answer = self._render(point, directory, deadline=max(0.0, seconds_left))
            metrics.ANSWERS.labels(connector, point.step, "route").inc()
        except RingfenceError as error:
            log.warning("static answer", connector=connector, step=point.step, error=type(error).__name__)
            answer = self.static_document(connector, point)
        return answer

    def static_document(self, connector: str, point: AnswerPoint) -> AnswerDocument:
        """The document that only forwards the call; it is in memory."""
        metrics.ANSWERS.labels(connector, point.step, "static").inc()
        return self._static.get((point.tracking_number, point.step)) or self.acknowledgement(connector)

    def acknowledgement(self, connector: str) -> AnswerDocument:
        """The reply to a webhook that only tells something."""
        return self._acknowledgements.get(connector, AnswerDocument("text/plain", ""))

    def _render(
        self, point: AnswerPoint, directory: Directory, *, static: bool = False, deadline: float = DEADLINE
    ) -> AnswerDocument:
        line = directory.lines[point.tracking_number]
        route = line.route.static() if static else line.route
        return self._hub.plugins.render_answer(line.tracker.carrier, point, route, line.source_name, deadline)
