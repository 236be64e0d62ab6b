"""Decide: chooses the answers to calls that ring at the same moment, each along its flow, and the records of each
answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from hub.answering.assistants import token_for
from hub.answering.call_context import AnswerRequest, call_contexts, must_read
from hub.answering.call_lines import CallLines
from hub.answering.queue_turns import take_turns
from hub.answering.recording_consent import ask_to_record
from hub.answering.screen import Screener
from hub.answering.step_log import SPOOLED_AS, AnswerRecord, keep, step_rows
from hub.answering.voicemail_boxes import openings
from hub.config.callflow.context import CallContext, FlowResult, Permission, StepTaken
from hub.config.callflow.definition import Flow
from hub.config.callflow.resume_token import parse_mark
from hub.config.callflow.walk import static, walk
from hub.contracts.answers import AnswerPoint, Converse, Dial
from hub.numbers.directory import Directory, LiveDirectory
from hub.numbers.flows import flows_of_versions, versions_of_calls
from hub.runtime import Hub
from hub.store.rows import Columns
from hub.store.writers.inbox_writer import UnstoredWebhook

WILLING = Permission(allowed=True)
"""Used to find out whether a call would be recorded at all, before consent is asked."""


class Decider:
    """Walks calls along their flows with data from the database and the consent plugins."""

    def __init__(self, hub: Hub, directory: LiveDirectory, lines: CallLines) -> None:
        self._hub, self._directory, self._lines = hub, directory, lines
        self._public_url = str(hub.config.hub.public_url).rstrip("/")
        self._versions: dict[int, Flow] = {}
        self._screener = Screener(hub)

    def remember(self, directory: Directory) -> None:
        """Store the present versions of all flows, because calls may outlive them."""
        lines = (*directory.resting.values(), *directory.lines.values())
        self._versions |= {**directory.former_flows} | {line.version: line.flow for line in lines}

    def decide(
        self,
        connector: str,
        points: Sequence[AnswerPoint],
        forwarded: Sequence[AnswerPoint] = (),
        webhooks: Sequence[UnstoredWebhook] = (),
        still_asked: Callable[[], None] = lambda: None,
    ) -> list[FlowResult]:
        """One walk per point; its records, and the webhooks that asked, are durable when this returns. Also records that the
        calls at `forwarded` were only forwarded. `still_asked` raises, before the commit, if the callers were answered
        otherwise meanwhile."""
        led = self._led(connector, [*points, *forwarded])
        requests, missing = self._requests(connector, points, led)
        now = self._hub.clock()
        self._screener.note(requests, now)
        if missing or any(must_read(each) or each.flow.records or each.rings for each in requests):
            with self._hub.store.reading() as session:
                if missing:
                    self._versions |= flows_of_versions(session, missing)
                    requests, _ = self._requests(connector, points, led)
                answers = self._walk(session, requests, now)
        else:
            answers = self._walk(None, requests, now)
        static_answers = self._forwarded(connector, forwarded, led)
        queued = any(answer.walk.asks_turn or answer.walk.moves for answer in answers)
        if webhooks or static_answers or queued or any(answer.walk.taken for answer in answers):
            with self._hub.store.connected() as connection:
                if webhooks:
                    webhooks[0].writer.insert(connection, [each.row for each in webhooks])
                if queued:
                    answers = take_turns(connection, answers, now)
                keep(connection, self._hub.keyring, [*answers, *static_answers], now)
                still_asked()
        return [answer.walk for answer in answers]

    def request_at(self, connector: str, point: AnswerPoint) -> AnswerRequest:
        """The flow and the version that lead the call at a point of a known number."""
        requests, missing = self._requests(connector, [point], {})
        if missing:
            with self._hub.store.reading() as session:
                self._versions |= flows_of_versions(session, missing)
            requests, _ = self._requests(connector, [point], {})
        return requests[0]

    def decide_from_memory(
        self, connector: str, points: Sequence[AnswerPoint], forwarded: Sequence[AnswerPoint] = ()
    ) -> list[FlowResult]:
        """As `decide`, while the database is away: callers are as new ones, and the records are durable in the spool. No
        call is recorded, because what the caller said, and the company's policies, cannot be read."""
        now = self._hub.clock()
        requests, _ = self._requests(connector, points, {})
        known = call_contexts(None, requests, now, self._public_url)
        walks = [replace(_walked(each, what), notice=None) for each, what in zip(requests, known, strict=True)]
        answers = [AnswerRecord(each, walked) for each, walked in zip(requests, walks, strict=True)]
        rows = step_rows([*answers, *self._forwarded(connector, forwarded, {})], now)
        if rows:
            self._hub.spool.put(SPOOLED_AS, rows)
        return walks

    def _led(self, connector: str, points: Sequence[AnswerPoint]) -> dict[str, int]:
        """Call id → the version that has led the call so far, for calls that come back without a resume token: they were
        only forwarded when they rang."""
        lost = {each.call_id for each in points if each.moment != "ringing" and parse_mark(each.mark) is None}
        if not lost:
            return {}
        with self._hub.store.reading() as session:
            return versions_of_calls(session, connector, lost)

    def _requests(
        self, connector: str, points: Sequence[AnswerPoint], led: Mapping[str, int]
    ) -> tuple[list[AnswerRequest], set[int]]:
        """Each point with its flow: the version that its resume token names, else the one that has led the call, else the
        number's own. Also the versions to read."""
        directory, now, requests, missing = self._directory.latest, self._hub.clock(), [], set()
        for point in points:
            line, mark = self._lines.line(directory, point, now), parse_mark(point.mark)
            assert line is not None, "only calls on known numbers are answered"
            former = mark.version if mark else led.get(point.call_id)
            version = former if former is not None and point.moment != "ringing" else line.version
            flow = line.flow if version == line.version else self._versions.get(version)
            if flow is None:
                missing.add(version)
                flow, version = line.flow, line.version
            requests.append(AnswerRequest(connector=connector, point=point, line=line, flow=flow, version=version))
        return requests, missing

    def _walk(self, session: Session | None, requests: Sequence[AnswerRequest], now: datetime) -> list[AnswerRecord]:
        screened = self._screener.screen(session, self._directory.latest, requests, now) if session else {}
        actions = {call: found.screening for call, found in screened.items() if found.screening is not None}
        known = call_contexts(session, requests, now, self._public_url, WILLING, actions, self._hub.vault)
        for index, each in enumerate(requests):
            if each.flow.has_queue:
                known[index] = replace(known[index], queues={})
            if each.flow.converses:
                known[index] = replace(known[index], converses=self._converses(each.connector))
        if session and any(each.flow.asks_pin for each in requests):
            opened = openings(session, self._hub.keyring, requests, now, self._public_url)
            known = [replace(what, opening=opened.get(each.call)) for each, what in zip(requests, known, strict=True)]
        walks = [_walked(each, what) for each, what in zip(requests, known, strict=True)]
        rows = {call: found.row for call, found in screened.items()}
        decisions: dict[int, Columns] = {}
        wanting = [index for index, walked in enumerate(walks) if _records(walked)]
        permitted = ask_to_record(self._hub, session, [(requests[i], known[i]) for i in wanting], now)
        for index, (permission, decisions[index]) in zip(wanting, permitted, strict=True):
            known[index] = replace(known[index], recording=permission)
            walks[index] = _permitted(requests[index], known[index], walks[index])
        return [
            self._with_token(
                AnswerRecord(each, walked, decisions.get(i), rows.get(each.call) if each.rings else None, what), now
            )
            for i, (each, walked, what) in enumerate(zip(requests, walks, known, strict=True))
        ]

    def _converses(self, connector: str) -> bool:
        return bool(self._hub.keyring) and "converse" in self._hub.plugins.connectors[connector].manifest.abilities

    def _with_token(self, answer: AnswerRecord, now: datetime) -> AnswerRecord:
        *before, last = answer.walk.instructions or (None,)
        if not isinstance(last, Converse):
            return answer
        token = token_for(self._hub.keyring, answer.request.connector, answer.request.point, last.mark, now)
        instructions = (*(each for each in before if each), replace(last, token=token))
        return replace(answer, walk=replace(answer.walk, instructions=instructions))

    def _forwarded(self, connector: str, points: Sequence[AnswerPoint], led: Mapping[str, int]) -> list[AnswerRecord]:
        requests, _ = self._requests(connector, points, led)
        return [
            AnswerRecord(
                each, FlowResult(instructions=(), taken=(_static_step(each.flow, each.point),)), forwarded=True
            )
            for each in requests
        ]


def _static_step(flow: Flow, point: AnswerPoint) -> StepTaken:
    rings = any(isinstance(each, Dial) for each in static(flow, point))
    result = (
        f"the answer was late or failed: {f'rings {flow.forward}' if rings else 'continues without it'}, not recorded"
    )
    return StepTaken(step="forward", do="forward", result=result)


def _walked(request: AnswerRequest, known: CallContext) -> FlowResult:
    return walk(request.flow, request.version, request.point, known)


def _permitted(request: AnswerRequest, known: CallContext, willing: FlowResult) -> FlowResult:
    """The walk with its permission. One that asks the caller nothing, and says no more, leads the same way as `willing`."""
    permission = known.recording
    if not permission.allowed or permission.asks_caller or "announce_transcription" in permission.duties:
        return _walked(request, known)
    if willing.notice is None:
        return willing
    notice = replace(willing.notice, duties=permission.duties, decision_id=permission.decision_id)
    return replace(willing, notice=notice)


def _records(walked: FlowResult) -> bool:
    return walked.notice is not None or any(
        isinstance(each, Converse) or (isinstance(each, Dial) and each.record) for each in walked.instructions
    )
