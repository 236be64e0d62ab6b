"""Screens calls before they ring: who is blocked or suspect is rejected, asked for a key or led to voicemail.

It never makes a call wait or fail: the facts are read with the batch, and whatever goes wrong here, the call goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from hub.answering.call_context import AnswerRequest, call_key
from hub.config.callflow.screening import Screening, ScreeningAction
from hub.config.sections.spam import SpamAction, SpamSection
from hub.model import SpamScore
from hub.model.calls import VERDICTS
from hub.model.columns import CALL_RETENTION
from hub.numbers.directory import Directory
from hub.platform import metrics
from hub.runtime import Hub
from hub.spam.callers import listed
from hub.spam.facts import CallFacts
from hub.spam.history import CallEnvironment, load_risks, relations_of
from hub.spam.recent import RecentCalls
from hub.spam.rules import Score, score
from hub.store.rows import Columns

log = structlog.get_logger(__name__)
NEEDED: Mapping[ScreeningAction, frozenset[str]] = {
    "reject": frozenset(),
    "voicemail": frozenset({"say", "message"}),
    "challenge": frozenset({"say", "gather"}),
}
"""What each action needs of a carrier; without it the call rings and is only marked."""
DONE: Mapping[ScreeningAction, str] = {
    "reject": "rejected",
    "voicemail": "led to voicemail",
    "challenge": "asked for a key",
}


@dataclass(frozen=True, slots=True)
class ScreenedCall:
    """A suspect call: what happens to it, and its score as a row to store."""

    screening: Screening | None
    row: Columns


class Screener:
    """Decides about calls that ring, with the lists, the database and the last hour in memory."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._recent = hub, RecentCalls()
        self._policies = {company.name: company.spam for company in hub.config.companies}

    def note(self, requests: Sequence[AnswerRequest], now: datetime) -> None:
        """Remember the calls that ring, for those that follow within the hour."""
        self._recent.note(call_key(each, now) for each in requests if each.rings)

    def screen(
        self, session: Session, directory: Directory, requests: Sequence[AnswerRequest], now: datetime
    ) -> dict[tuple[str, str], ScreenedCall]:
        """The calls that do not just ring, by their id at the carrier. If anything but the database fails, none."""
        ringing = [each for each in requests if each.rings]
        try:
            return self._screened(session, directory, ringing, now) if ringing else {}
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - a call rings whatever is wrong here
            log.error("calls were not screened", error=type(error).__name__)
            return {}

    def _screened(
        self, session: Session, directory: Directory, ringing: Sequence[AnswerRequest], now: datetime
    ) -> dict[tuple[str, str], ScreenedCall]:
        keys = {each.call: call_key(each, now) for each in ringing}
        lists = listed(session, list(keys.values()))
        wanted = [
            each
            for each in ringing
            if lists.get(each.call) != "allow" and (each.call in lists or self._policy(each).stops_calls)
        ]
        if not wanted:
            return {}
        signed = {each.call: VERDICTS.get(each.point.attestation or "") for each in wanted}
        environment = CallEnvironment.of(self._hub.config, directory.lines)
        facts = load_risks(session, [keys[each.call] for each in wanted], signed, lists, environment, self._recent)
        # Few calls are suspect even if nobody knows the caller; only for them is looked up whether somebody does.
        suspect = [each for each in wanted if self._action(each, facts[each.call], score(facts[each.call]))]
        relations = relations_of(session, [keys[each.call] for each in suspect], environment.crms) if suspect else {}
        facts |= {call: replace(facts[call], relation=relation) for call, relation in relations.items()}
        found = {}
        for each in suspect:
            points = score(facts[each.call])
            action = self._action(each, facts[each.call], points)
            if action is None:
                continue
            metrics.SCREENED.labels(action).inc()
            why = f"{DONE[action]}, {points}"
            found[each.call] = ScreenedCall(Screening(action, why), _row(each, points, action, now))
        return found

    def _policy(self, each: AnswerRequest) -> SpamSection:
        return self._policies.get(each.line.company.name, SpamSection())

    def _action(self, each: AnswerRequest, facts: CallFacts, points: Score) -> ScreeningAction | None:
        """What happens to the call; None if it just rings. Callers whom the company knows always get through, except if users
        block the number itself."""
        policy = self._policy(each)
        if facts.listed == "block":
            wanted: SpamAction = policy.blocked
        elif facts.listed == "allow" or facts.relation is not None:
            return None
        else:
            wanted = policy.blocked if facts.listed == "block_prefix" else policy.action(points.points)
        if wanted == "none" or wanted == "mark":
            return None
        able = self._hub.plugins.connectors[each.connector].manifest.abilities
        return wanted if NEEDED[wanted] <= set(able) else None


def _row(each: AnswerRequest, points: Score, action: ScreeningAction, now: datetime) -> Columns:
    return SpamScore.columns(
        connector=each.connector,
        carrier_call_id=each.point.call_id,
        company_id=each.line.company.id,
        score=points.points,
        reasons=points.reported,
        action=action,
        decided_at=now,
        expires_at=now + CALL_RETENTION,
    )
