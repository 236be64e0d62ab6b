"""The tools on how the hub is set up: what a call flow would do, and whether each connector works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.config.callflow.simulate import Behavior
from hub.contracts.phones import phone_number
from hub.errors import CannotDo
from hub.queries.connectors.connector_list import ConnectorSummary, connectors_of
from hub.queries.connectors.repairs import Repair, open_repairs
from hub.queries.flow_simulation import Known, simulated
from hub.queries.flows.current import CurrentFlow, current_flows
from hub.queries.lookup import known
from hub.web.mcp.reader import UNTRUSTED, Reader


def simulate_flow(
    reader: Reader,
    company: str,
    flow: str,
    *,
    caller: str | None,
    at: datetime | None,
    behavior: Behavior,
    repeat: bool,
    tags: Sequence[str],
    attribution: Mapping[str, str | None],
    with_documents: bool,
) -> dict[str, Any]:
    """What a call through a flow would do. Nobody is called, nothing is stored, and nothing of a person is read."""
    scope = reader.scope("setup")
    with reader.session(scope) as session:
        (row,) = reader.companies(session, scope, [company])
    found = _flow(reader, row.name, flow)
    number = phone_number(caller) if caller else None
    if caller and number is None:
        raise CannotDo("caller is not a phone number; write it in E.164, like +13125550142.")
    entries = [entry.name for entry in reader.hub.config.of_kind("carrier") if entry.serves(row.name)]
    carriers = [name for name in found.carriers if name in entries] or entries[:1]
    if not carriers:
        raise CannotDo("No carrier of this company is connected, so no call can be simulated.")
    call = Known(
        caller=number,
        at=at,
        first_time=not repeat and not tags,
        last_answered_by=None,
        tags=frozenset(tags),
        attribution=attribution,
    )
    result = simulated(reader.hub, found.company, found.flow, call, behavior, carriers)
    turns = [turn.plain() for turn in result.turns]
    if not with_documents:
        turns = [{name: value for name, value in turn.items() if name != "documents"} for turn in turns]
    decision = result.decision
    return {
        "company": row.name,
        "flow": found.flow.name,
        "turns": turns,
        "recording": {"verdict": decision["verdict"], "reason": decision["reason"], "duties": sorted(result.duties)}
        if decision
        else None,
    }


def _flow(reader: Reader, company: str, name: str) -> CurrentFlow:
    flows = {each.flow.name: each for each in current_flows(reader.hub.config, (company,))}
    return flows[known(name, flows, "flow")]


def connector_status(reader: Reader) -> dict[str, Any]:
    """Each connector of the account: whether it works, what waits, and what somebody should mend."""
    scope = reader.scope("setup")
    with reader.session(scope) as session:
        companies = reader.companies(session, scope)
    now = reader.hub.clock()
    with reader.hub.store.reading() as session:  # a connector's state belongs to no account
        summaries = connectors_of(session, reader.hub, companies, now)
        repairs = open_repairs(session, reader.hub, companies, now)
    return {
        "connectors": [_connector(reader, each) for each in summaries],
        "to_mend": [_repair(reader, each) for each in repairs],
    }


def _connector(reader: Reader, each: ConnectorSummary) -> dict[str, Any]:
    return {
        "name": each.name,
        "kind": each.manifest.kind,
        "provider": each.manifest.label,
        "companies": list(each.companies),
        "in_sandbox": each.entry.in_sandbox,
        "last_activity_at": each.last_at,
        "needs_sign_in": each.is_unsigned,
        "paused_at": each.paused_at,
        "paused_by_a_person": each.paused_by is not None,
        "failing_since": each.troubled_since,
        "next_try_in_seconds": each.next_try_seconds,
        "waiting": each.waiting.count,
        "oldest_waiting_at": each.waiting.oldest_at,
        UNTRUSTED: reader.said({"pause_reason": each.pause_reason, "the_last_sync_said": each.trouble}),
    }


def _repair(reader: Reader, each: Repair) -> dict[str, Any]:
    return {
        "connector": each.connector,
        "kind": each.kind,
        "title": each.title,
        "since": each.since,
        "waiting": each.waiting,
        "hint": each.hint,
        UNTRUSTED: reader.said({"text": each.text}),
    }
