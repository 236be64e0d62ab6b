"""Makes walks that came to a queue again, with the turn of their callers, and keeps what becomes of them there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from hub.answering.call_context import AnswerRequest
from hub.answering.queue_agents import BY_PHONE
from hub.answering.queues import Caller, CompanyQueues
from hub.answering.step_log import AnswerRecord, spelled
from hub.config.callflow.definition import Queue
from hub.config.callflow.walk import walk
from hub.model.queues import AgentState

SIGNED = frozenset(AgentState)
"""The moves of agents."""


def take_turns(connection: Connection, answers: Sequence[AnswerRecord], now: datetime) -> list[AnswerRecord]:
    """The answers, each with the place of its caller; what changes is written within the transaction of `connection`."""
    queues: dict[str, CompanyQueues] = {}
    found = []
    for answer in answers:
        request, walked, known = answer.request, answer.walk, answer.known
        if (walked.asks_turn is None and not walked.moves) or known is None:
            found.append(answer)
            continue
        company = request.line.company.id
        if company not in queues:
            queues[company] = CompanyQueues.of(connection, company, now)
        while walked.asks_turn is not None:
            turn = queues[company].turn(_caller(request, walked.asks_turn))
            known = replace(known, queues={**(known.queues or {}), walked.asks_turn: turn})
            walked = walk(request.flow, request.version, request.point, known)
        for move in walked.moves:
            if move.move in SIGNED:
                queues[company].agents.sign(move.agent or "", AgentState(move.move), BY_PHONE)
            else:
                queues[company].apply(_caller(request, move.step), [move])
        found.append(replace(answer, walk=walked, known=known))
    for each in queues.values():
        each.write()
    return found


def _caller(request: AnswerRequest, name: str) -> Caller:
    step = request.flow.steps[name]
    assert isinstance(step, Queue), "only queues ask for turns"
    return Caller(
        connector=request.connector,
        call_id=request.point.call_id,
        point=spelled(request.point),
        flow=request.flow.name,
        step_name=name,
        step=step,
        agents=request.flow.agents,
        time_zone=request.line.company.time_zone,
        dial_ended=request.point.moment == "dial_ended",
        why="no_answer" if request.point.answered else request.point.why,
    )
