"""What the hub knows of a caller while the phone rings: lists, the owner of the contact, messages behind a PIN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from flow_samples import BUSINESS, of_steps
from recorder import Recorder, tell_of
from testbed import CALLER, CONNECTORS, SHARED, TestHub

from hub.answering.call_context import AnswerRequest, call_contexts
from hub.answering.voicemail_boxes import may_hear, openings, sealed_pin
from hub.contracts.answers import AnswerPoint
from hub.model import Call, CallStep, FactRow
from hub.queries.flows.shares import shares_of
from hub.recordings.keep import fetch_due
from hub.spam.callers import add_rule
from hub.store.encryption.encrypted_fields import seal_facts


def test_the_lists_the_owner_and_the_messages_of_a_box_are_found_on_every_database(hub: Callable[..., TestHub]) -> None:
    stage = hub(connectors={**CONNECTORS, "carrier": Recorder}, recordings={"storage": "memory://boxes"})
    tell_of(stage, kind="voicemail", choice=None)
    stage.flow()
    fetch_due(stage.hub)
    now, line, call = stage.clock(), stage.directory.lines[SHARED], stage.one(Call)
    common = {"connector": "carrier", "carrier_call_id": "CA1", "company_id": line.company.id, "flow_version": 1}
    common |= {"at": now, "expires_at": now + timedelta(days=9)}
    stage.add(CallStep(**common, point="a", position=0, step="night", do="voicemail", result="takes a message"))
    stage.add(CallStep(**common, point="a", position=1, step="half", do="split", result="share short: night"))
    pin = "482915"
    flow = of_steps(
        "who",
        {
            "who": {
                "do": "attribution_route",
                "cases": [{"caller_list": "vip", "then": "box"}, {"owner": "M*", "then": "box"}],
                "otherwise": "night",
            },
            "box": {
                "do": "messages", "say": "PIN?", "box": "night", "pin": sealed_pin(stage.hub.keyring, pin), "otherwise": "end",
            },
            "night": {"do": "voicemail", "say": f"Call {BUSINESS}."},
        },
    ).model_copy(update={"name": line.flow.name})  # fmt: skip
    with stage.hub.store.writing() as session:
        add_rule(session, line.company.account_id, line.company.id, "vip", "+1312*", now, "olivia")
        add_rule(session, line.company.account_id, None, "block", "+14155550142", now, "olivia")
        fact = FactRow(
            subject_id=call.id, source="crm", name="owner", value="Maria", category="user.name", confidence=1.0,
            learned_at=now, expires_at=now + timedelta(days=30),
        )  # fmt: skip
        seal_facts(stage.hub.vault, session, [(call, fact)])
        session.add(fact)
    point = AnswerPoint(
        moment="digits", tracking_number=SHARED, call_id="CA2", caller_number=CALLER, mark="3.box.1.n.0"
    )
    right = AnswerRequest(connector="carrier", point=replace(point, digits=pin), line=line, flow=flow, version=3)
    wrong = replace(right, point=replace(point, digits="111111", call_id="CA3"))
    with stage.hub.store.reading() as session:
        (known,) = call_contexts(session, [right], now, "", vault=stage.hub.vault)
        found = openings(session, stage.hub.keyring, [*[wrong] * 4, right, wrong, replace(right)], now, "")
        shares = shares_of(session, [line.company.id], now)
    assert (known.caller_lists, known.owner) == ({"vip"}, "Maria")
    assert found["carrier", "CA2"].locked and found["carrier", "CA2"].messages == (), (
        "five guesses came at the same moment"
    )
    with stage.hub.store.reading() as session:
        opened = openings(session, stage.hub.keyring, [right], now, "")["carrier", "CA2"]
    (address,) = opened.messages
    path, _, query = address.partition("?")
    parts = dict(each.split("=") for each in query.split("&"))
    recording = path.removeprefix("/audio/").removesuffix(".wav")
    assert may_hear(stage.hub.keyring, recording, parts, now)
    assert not may_hear(stage.hub.keyring, recording, parts, now + timedelta(hours=1))
    assert not may_hear(stage.hub.keyring, call.id, parts, now)
    assert [(each.way, each.calls) for each in shares] == [("short", 1)]


def test_of_a_caller_with_very_many_calls_the_last_200_are_looked_at(hub: Callable[..., TestHub]) -> None:
    stage = hub()
    line = stage.directory.lines[SHARED]
    with stage.hub.store.writing() as session:
        for count in range(230):
            at = stage.clock() - timedelta(minutes=count)
            agent = {0: None, 1: "+13125550151"}.get(count, "+13125550152")
            common = {"connector": "carrier", "carrier_call_id": f"CA{count}", "company_id": line.company.id}
            call = Call(
                **common, caller_number=CALLER, tracking_number=SHARED, answered_by=agent, started_at=at, due_at=at
            )
            step = CallStep(**common, point="a", position=0, step="mark", do="tag", result="goes on", flow_version=1)
            step.at, step.expires_at, step.tags = at, at, [f"call {count}"]
            session.add_all([call, step])
    flow = of_steps(
        "who",
        {
            "who": {"do": "attribution_route", "cases": [{"tag": "call 3", "then": "end"}], "otherwise": "end"},
        },
    )
    ringing = AnswerPoint(moment="ringing", tracking_number=SHARED, call_id="CA0", caller_number=CALLER)
    others = replace(ringing, call_id="CB1", caller_number="+13125550149")
    requests = [
        AnswerRequest(connector="carrier", point=each, line=line, flow=flow, version=1) for each in (ringing, others)
    ]
    with stage.hub.store.reading() as session:
        known, unknown = call_contexts(session, requests, stage.clock(), "")
    assert (known.first_time, known.last_answered_by) == (False, "+13125550151")
    assert known.tags == {f"call {count}" for count in range(1, 200)}
    assert (unknown.first_time, unknown.tags) == (True, frozenset())
