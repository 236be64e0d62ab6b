"""While the database is away, pages report visits, consent, forms and ends; all of it is there once afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from web_edge import CALLER, DEFAULT, POOL, Edge

from hub.model import Visit
from hub.visits.batch_writer import VisitBatchWriter
from hub.visits.visit_request import VisitRequest

LANDING = "https://lakeside.example.com/?gclid=Cj0example"
OWN = {"origin": "https://www.lakeside.example.com"}


def call(edge: Edge, number: str, caller: str) -> None:
    """A call to a number, whose webhooks all come."""
    for request in edge.call(tracking_number=number, caller_number=caller):
        assert edge.send(request).status_code == 200


def form(edge: Edge, visit_id: str, **more: Any) -> int:
    body = {"submission_key": "submission-1", "visit_id": visit_id, "phone": CALLER, **more}
    return edge.client.post("/track/lakeside/form", json=body, headers=OWN).status_code


def test_what_pages_report_without_the_database_is_there_afterwards_once(own_edge: Edge) -> None:
    edge, spool = own_edge, own_edge.opened.hub.spool
    known = edge.visit(landing_page="https://lakeside.example.com/", visitor_id="ada").json()
    assert known["number"] in POOL
    with edge.without_database():
        edge.clock.advance(minutes=2)
        page = {"visit_id": known["visit_id"], "landing_page": LANDING}
        again = edge.visit(**page, consent={"ads": "denied", "analytics": "granted"}).json()
        assert [again[name] for name in ("number", "visit_id", "lease_until")] == [
            known[name] for name in ("number", "visit_id", "lease_until")
        ], "a visitor goes on seeing the own number, and the lease is not prolonged in memory"
        new = edge.visit(landing_page=LANDING, visitor_id="bo").json()
        assert (new["number"], new["lease_until"]) == (DEFAULT, None), "two visitors could be lent the same number"
        edge.clock.advance(minutes=1)
        assert edge.visit(visit_id=new["visit_id"], landing_page="https://lakeside.example.com/next").status_code == 200
        assert edge.visit(visit_id="from-another-process").status_code == 503, "so that the page keeps its number"
        assert edge.visit(consent={"all": "denied"}).json()["visit_id"] is None
        assert form(edge, known["visit_id"]) == 204
        call(edge, str(known["number"]), "+13125550143")
        call(edge, DEFAULT, "+13125550144")
        edge.clock.advance(minutes=1)
        left = edge.client.post(f"/track/lakeside/visit/{known['visit_id']}/end")
        assert left.status_code == 204
        left_at, waiting = edge.clock(), spool.take(100)
    edge.clock.advance(minutes=10)
    edge.until_drained()
    for each in waiting:
        spool.put(each.kind, [each.row])
    edge.until_drained()
    edge.work()
    visits = {row["visitor_id"]: row for row in edge.rows("SELECT * FROM visit")}
    assert visits.keys() == {"ada", "bo", None} and len(edge.rows("SELECT id FROM visit")) == 3
    assert '"ads": "denied"' in visits["ada"]["consent"] and "Cj0example" in visits["ada"]["click_ids"]
    assert "Cj0example" in visits["bo"]["click_ids"] and visits["bo"]["id"] == new["visit_id"]
    pages = edge.rows("SELECT visit_id, url FROM page_view ORDER BY id")
    assert [row["url"] for row in pages if row["visit_id"] == new["visit_id"]] == [
        "https://lakeside.example.com/",
        "https://lakeside.example.com/next",
    ]
    (lease,) = edge.rows("SELECT * FROM lease")
    assert datetime.fromisoformat(lease["expires_at"]) == left_at.replace(tzinfo=None)
    (kept,) = edge.rows("SELECT * FROM form_submission")
    assert kept["visit_id"] == known["visit_id"]
    found = "SELECT caller_number, visit_id FROM call JOIN attribution ON attribution.subject_id = call.id"
    met = {row["caller_number"]: row["visit_id"] for row in edge.rows(found)}
    assert met == {"+13125550143": known["visit_id"], "+13125550144": new["visit_id"]}
    assert edge.visit(visit_id=new["visit_id"]).json()["number"] in POOL, "now a number of the pool is lent"


def test_a_page_that_reports_before_the_spool_is_drained_stays_in_its_visit(lite_hub: Any) -> None:
    stage = lite_hub()
    hub, lakeside, desk = stage.hub, stage.directory.companies["lakeside"], VisitBatchWriter(stage.hub)
    report = VisitRequest(landing_page=LANDING, referrer=None, human=True, user_agent="Mozilla/5.0 (X11)")
    hub.store.outage.begin("test")
    first = desk.receive(stage.directory, lakeside, report).result(10)
    hub.store.outage.end()
    later = replace(report, visit_id=first.visit_id, landing_page="https://lakeside.example.com/next")
    assert desk.receive(stage.directory, lakeside, later).result(10).visit_id == first.visit_id
    desk.drain(SimpleNamespace(current=lambda: stage.directory), [each.row for each in hub.spool.take(10)])  # type: ignore[arg-type]
    visit = stage.one(Visit)
    assert visit.id == first.visit_id and visit.click_ids == {"gclid": "Cj0example"}
    desk.close()
