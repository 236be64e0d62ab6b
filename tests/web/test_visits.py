"""A page reports its visit and shows the number that it is told."""

from __future__ import annotations

from web_edge import Edge


def test_a_visitor_who_leaves_gives_the_number_back_and_it_cools_down(edge: Edge) -> None:
    first = edge.visit().json()
    ended = edge.client.post(f"/track/lakeside/visit/{first['visit_id']}/end")
    assert (ended.status_code, ended.content) == (204, b"")
    assert edge.one("SELECT count(*) FROM lease WHERE expires_at > granted_at") == 0
    second = edge.visit().json()
    assert second["number"] != first["number"], "the number that was idle longest goes first"
    assert edge.visit().json()["number"] == first["number"], "a pool that is all taken lends it again"


def test_a_visit_that_ended_twice_or_never_was_is_no_error(edge: Edge) -> None:
    visit = edge.visit().json()["visit_id"]
    for each in (visit, visit, "unknown", "%00", "..%2f..", "x" * 5000, "%ed%a0%80"):
        assert edge.client.post(f"/track/lakeside/visit/{each}/end").status_code in (204, 404), each


def test_only_the_visits_own_company_ends_it(edge: Edge) -> None:
    visit = edge.visit().json()["visit_id"]
    assert edge.client.post(f"/track/northgate/visit/{visit}/end").status_code == 204
    assert edge.client.post(f"/track/nobody/visit/{visit}/end").status_code == 404
    assert edge.one("SELECT count(*) FROM lease WHERE expires_at > granted_at") == 1


def test_an_end_comes_as_a_beacon_from_the_own_pages(edge: Edge) -> None:
    visit = edge.visit().json()["visit_id"]
    beacon = {"origin": "https://lakeside.example.com", "content-type": "text/plain"}
    ended = edge.client.post(f"/track/lakeside/visit/{visit}/end", content=b"", headers=beacon)
    assert ended.headers["access-control-allow-origin"] == "https://lakeside.example.com"
    assert ended.headers["cache-control"] == "no-store"


def test_a_visitor_who_comes_back_after_leaving_gets_a_number_again(edge: Edge) -> None:
    visit = edge.visit().json()
    edge.client.post(f"/track/lakeside/visit/{visit['visit_id']}/end")
    again = edge.visit(visit_id=visit["visit_id"]).json()
    assert (again["visit_id"], again["lease_seconds"]) == (visit["visit_id"], 1800)
