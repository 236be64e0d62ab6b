"""A hub starts for the first time while its PostgreSQL is away: it answers by config.yaml, keeps what comes in, and stores it
when the server comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from sqlmodel import select

from hub.api import AnswerDocument, WebhookRequest
from hub.api.sandbox import SimulatedCall
from hub.model import Call, CallStep, Company, FlowVersion, FormSubmission, Visit
from hub.model.states import CallStatus
from hub.proof.chaos.environment import BUSINESS, COMPANY, DEFAULT_NUMBER, Environment, set_stage
from hub.proof.chaos.hub_process import HubProcess
from hub.proof.chaos.load import BROWSER
from hub.proof.chaos.postgres import PostgresServer, why_no_postgres
from hub.store.engine import Store

pytestmark = [pytest.mark.soak, pytest.mark.skipif(why_no_postgres() is not None, reason="needs PostgreSQL's programs")]


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def place_call(stage: Environment, client: httpx2.Client) -> tuple[str, list[str]]:
    """A call that does what the hub's documents say; its id, and the documents."""
    documents = []

    def exchange(request: WebhookRequest) -> AnswerDocument:
        path = request.url.removeprefix(stage.address)
        reply = client.request(request.method, path, content=request.body, headers=dict(request.headers))
        assert reply.status_code == 200
        documents.append(reply.text)
        return AnswerDocument(reply.headers.get("content-type", ""), reply.text)

    call = SimulatedCall(
        caller_number="+13125550142",
        tracking_number=DEFAULT_NUMBER,
        answering_number=BUSINESS,
        started_at=datetime.now(UTC),
        recorded=False,
    )
    return stage.carrier.place_call(call, f"{stage.address}/webhooks/carrier", exchange), documents


@pytest.mark.timeout(400)
def test_a_hub_that_never_saw_its_database_answers_calls_and_keeps_what_comes_in(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "postgres")
    server.create()
    server.stop()
    (tmp_path / "hub").mkdir()
    with set_stage(tmp_path / "hub", server=server) as stage:
        process, store = HubProcess(stage), Store(stage.database)
        try:
            process.start()
            process.wait_until_ready()
            with httpx2.Client(base_url=stage.address, timeout=30, trust_env=False, headers=BROWSER) as client:
                call_id, documents = place_call(stage, client)
                page = {"landing_page": "https://lakeside.example.com/?gclid=Cj0KCQfirst", "human": True}
                visit = client.post(f"/track/{COMPANY}/visit", json=page).json()
                form = {
                    "submission_key": "first-form-of-a-visitor",
                    "phone": "+13125550143",
                    "fields": {"message": "Call me"},
                }
                assert client.post(f"/track/{COMPANY}/form", json=form).is_success
            assert any(BUSINESS in document for document in documents), "the caller is connected"
            assert visit["number"] == DEFAULT_NUMBER
            server.start()

            def is_stored() -> bool:
                with store.reading() as session:
                    call = session.exec(select(Call).where(Call.carrier_call_id == call_id)).first()
                    return call is not None and call.status == CallStatus.COMPLETED

            until(lambda: "the database has come" in process.log.read_text())
            until(is_stored)
            with store.reading() as session:
                company_id = session.exec(select(Company.id)).one()
                assert session.exec(select(FormSubmission.submission_key)).all() == [
                    f"{company_id}:first-form-of-a-visitor"
                ]
                assert session.exec(select(Visit.id)).all() == [visit["visit_id"]]
                steps = session.exec(select(CallStep).where(CallStep.carrier_call_id == call_id)).all()
                versions = set(session.exec(select(FlowVersion.number)))
                assert steps and {(each.company_id, each.flow_version in versions) for each in steps} == {
                    (company_id, True)
                }
        finally:
            process.end()
            store.close()
            server.stop()
