"""The stand-in against HubSpot's own client, with all its checks on."""

from __future__ import annotations

import logging
from typing import Any

import hubspot
import pytest
from hubspot.crm.associations import v4 as associations
from hubspot.crm.contacts import PublicGdprDeleteInput
from hubspot.crm.contacts.exceptions import ApiException as ContactsException
from hubspot.crm.contacts.exceptions import UnauthorizedException
from hubspot.crm.deals import Filter, FilterGroup, PublicObjectSearchRequest
from hubspot.crm.deals.exceptions import ApiException as DealsException
from hubspot.crm.objects.calls import SimplePublicObjectInputForCreate
from hubspot.crm.objects.calls.exceptions import ApiException as CallsException
from hubspot.crm.properties import PropertyCreate

from hub.api.sandbox import CrmSandbox
from hub.testing import FrozenClock
from plugins.crm.hubspot.sandbox import Sandbox

logging.getLogger("urllib3").setLevel(logging.WARNING)
ANY = {"filterGroups": [], "sorts": [], "properties": [], "limit": 1}


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    return hubspot.HubSpot(access_token=sandbox.token, host=sandbox.url, base_url=sandbox.url)


def make_property(client: Any, sandbox: Sandbox) -> None:
    client.crm.properties.groups_api.create("calls", {"name": "ringfence", "label": "Ringfence"})
    definition = PropertyCreate(
        name="ringfence_call_id",
        label="Call id",
        group_name="ringfence",
        type="string",
        field_type="text",
        has_unique_value=True,
    )
    client.crm.properties.core_api.create("calls", definition)


def search(filters: list[Filter] | None = None, **changes: Any) -> PublicObjectSearchRequest:
    groups = [FilterGroup(filters=filters)] if filters else []
    told: dict[str, Any] = {"filter_groups": groups, "sorts": [], "properties": ["amount"], "limit": 100, "after": "0"}
    return PublicObjectSearchRequest(**{**told, **changes})


def test_it_plays_a_crm(sandbox: Sandbox) -> None:
    assert isinstance(sandbox, CrmSandbox)


def test_the_client_creates_a_call_on_a_contact(client: Any, sandbox: Sandbox) -> None:
    contact = sandbox.add_contact("Ada Example", "+13125550142")
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}
    call = SimplePublicObjectInputForCreate(
        properties={"hs_timestamp": "2026-11-24T14:00:00Z", "hs_call_direction": "INBOUND"},
        associations=[{"to": {"id": contact}, "types": [kind]}],
    )
    made = client.crm.objects.calls.basic_api.create(call)
    answer = client.crm.associations.v4.batch_api.get_page(
        "calls",
        "contacts",
        associations.BatchInputPublicFetchAssociationsBatchRequest(
            inputs=[associations.PublicFetchAssociationsBatchRequest(id=made.id)]
        ),
    )
    assert [(str(end.to_object_id), end.association_types[0].type_id) for end in answer.results[0].to] == [
        (contact, 194)
    ]


def test_the_client_upserts_by_a_unique_property(client: Any, sandbox: Sandbox) -> None:
    make_property(client, sandbox)
    one = {"idProperty": "ringfence_call_id", "id": "call-1", "properties": {"hs_timestamp": "2026-11-24T14:00:00Z"}}
    first = client.crm.objects.calls.batch_api.upsert({"inputs": [one]})
    again = client.crm.objects.calls.batch_api.upsert({"inputs": [one]})
    assert (first.results[0].new, again.results[0].new) == (True, False)
    assert first.results[0].id == again.results[0].id


@pytest.mark.parametrize("wrong", [
    {"hs_call_direction": "SIDEWAYS"}, {"hs_call_duration": "long"}, {"hs_timestamp": "today"},
    {"no_such_property": "x"}, {"hs_call_title": 5},
])  # fmt: skip
def test_a_value_that_hubspot_would_refuse_is_refused(client: Any, sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    make_property(client, sandbox)
    one = {"idProperty": "ringfence_call_id", "id": "1", "properties": {"hs_timestamp": "1764000000000", **wrong}}
    with pytest.raises(CallsException) as caught:
        client.crm.objects.calls.batch_api.upsert({"inputs": [one]})
    assert caught.value.status == 400 and "VALIDATION_ERROR" in caught.value.body
    assert not sandbox.records("calls")


def test_batches_and_pages_have_hubspots_limits(client: Any, sandbox: Sandbox) -> None:
    make_property(client, sandbox)
    one = {"idProperty": "ringfence_call_id", "properties": {"hs_timestamp": "1764000000000"}}
    for inputs in ([{**one, "id": str(n)} for n in range(101)], [{**one, "id": "1"}] * 2):
        with pytest.raises(CallsException):
            client.crm.objects.calls.batch_api.upsert({"inputs": inputs})
    refused = [
        search(limit=201),
        search(limit=0),
        search(after="9950"),
        search(sorts=["amount", "dealstage"]),
        search([Filter(property_name="amount", operator="GT", value="1")] * 7),
        search([Filter(property_name="amount", operator="CONTAINS_TOKEN", value="1")]),
        search([Filter(property_name="no_such_property", operator="EQ", value="1")]),
        search([Filter(property_name="amount", operator="IN")]),
        search([Filter(property_name="amount", operator="GT")]),
    ]
    sandbox.add("deals", amount="1")
    for request in refused:
        with pytest.raises(DealsException) as caught:
            client.crm.deals.search_api.do_search(request)
        assert caught.value.status == 400


def test_search_pages_through_everything_that_passes(client: Any, sandbox: Sandbox) -> None:
    made = [sandbox.add("deals", amount=str(n)) for n in range(250)]
    found: list[str] = []
    after: str | None = "0"
    while after:
        page = client.crm.deals.search_api.do_search(
            search(
                [
                    Filter(property_name="amount", operator="GTE", value="10"),
                    Filter(property_name="amount", operator="LT", value="240"),
                    Filter(property_name="amount", operator="NEQ", value="17"),
                    Filter(property_name="amount", operator="HAS_PROPERTY"),
                ],
                sorts=[{"propertyName": "amount", "direction": "DESCENDING"}],
                after=after,
            )
        )
        assert page.total == 229
        found += [record.id for record in page.results]
        after = page.paging.next.after if page.paging else None
    assert found == [deal for n, deal in reversed(list(enumerate(made))) if 10 <= n < 240 and n != 17]


def test_a_purged_contact_is_gone(client: Any, sandbox: Sandbox) -> None:
    by_id, by_email = sandbox.add_contact("Ada", "+13125550142"), sandbox.add_contact("Ada", "", "ada@example.com")
    client.crm.contacts.basic_api.purge(PublicGdprDeleteInput(object_id=by_id))
    client.crm.contacts.basic_api.purge(PublicGdprDeleteInput(object_id="ada@example.com", id_property="email"))
    assert by_email and not sandbox.records("contacts")


def test_errors_have_hubspots_shape_and_limits_its_headers(client: Any, sandbox: Sandbox) -> None:
    stranger = hubspot.HubSpot(access_token="wrong", host=sandbox.url)
    with pytest.raises(UnauthorizedException) as caught:
        stranger.crm.contacts.search_api.do_search(ANY)
    assert {"status", "message", "correlationId", "category"} <= set(_body(caught.value))
    sandbox.burst = 1
    reading = {"inputs": [{"id": "1"}], "properties": [], "propertiesWithHistory": []}
    client.crm.contacts.batch_api.read(reading)
    with pytest.raises(ContactsException) as limited:
        client.crm.contacts.batch_api.read(reading)
    assert limited.value.status == 429 and _body(limited.value)["policyName"] == "TEN_SECONDLY_ROLLING"
    assert limited.value.headers["X-HubSpot-RateLimit-Remaining"] == "0"


def test_search_has_its_own_limits_of_requests_and_characters(
    client: Any, sandbox: Sandbox, clock: FrozenClock
) -> None:
    sandbox.burst = 0
    for _ in range(5):
        client.crm.contacts.search_api.do_search(ANY)
        clock.advance(milliseconds=10)
    with pytest.raises(ContactsException) as limited:
        client.crm.contacts.search_api.do_search(ANY)
    assert limited.value.status == 429 and _body(limited.value)["policyName"] == "SECONDLY"
    assert "X-HubSpot-RateLimit-Remaining" not in limited.value.headers
    clock.advance(seconds=1)
    with pytest.raises(ContactsException) as long:
        client.crm.contacts.search_api.do_search({**ANY, "query": "a" * 3000})
    assert long.value.status == 400 and "3000 characters" in _body(long.value)["message"]


@pytest.mark.parametrize("body", [
    {"limit": 1}, {**ANY, "limit": "1"}, {**ANY, "colour": "blue"}, {**ANY, "after": 0},
    {**ANY, "filterGroups": [{"filters": [{"propertyName": "email"}]}]}, {**ANY, "filterGroups": [{"filters": []}]},
    {**ANY, "filterGroups": [{"filters": [{"propertyName": "email", "operator": "LIKE", "value": "x"}]}]},
])  # fmt: skip
def test_a_search_that_is_not_as_specified_is_refused(client: Any, sandbox: Sandbox, body: dict[str, Any]) -> None:
    path = "/crm/objects/2026-09/contacts/search"
    reply = client.api_request({"path": path, "method": "POST", "body": body})
    assert (reply.status_code, reply.json()["category"]) == (400, "VALIDATION_ERROR"), reply.text


def test_two_contacts_never_have_one_email_address(client: Any, sandbox: Sandbox) -> None:
    sandbox.add_contact("Ada Example", "+13125550142", "ada@example.com")
    other = sandbox.add_contact("Bea Example", "+13125550143")
    for email, status in (("Ada@example.com", 409), ("no address", 400)):
        with pytest.raises(ContactsException) as refused:
            client.crm.contacts.batch_api.update({"inputs": [{"id": other, "properties": {"email": email}}]})
        assert refused.value.status == status


@pytest.mark.parametrize("version", ["2026-03", "2026-09"])
def test_dated_paths_answer_as_the_old_ones(client: Any, sandbox: Sandbox, version: str) -> None:
    deal = sandbox.add("deals", amount="5")
    path = f"/crm/objects/{version}/deals/search"
    told = client.api_request({"path": path, "method": "POST", "body": ANY}).json()
    assert [record["id"] for record in told["results"]] == [deal]
    unknown = client.api_request({"path": "/crm/objects/2019-01/deals/search", "method": "POST", "body": {}})
    assert unknown.status_code == 404
    garbled = client.api_request({"path": path, "method": "POST", "body": "[", "defaultJson": False})
    assert garbled.status_code == 400 and garbled.json()["category"] == "VALIDATION_ERROR"


def test_tokens_can_be_looked_at(sandbox: Sandbox) -> None:
    import httpx2

    form = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}
    url = f"{sandbox.url}/oauth/2026-03/token"
    told = httpx2.post(url, data={**form, "grant_type": "refresh_token", "refresh_token": sandbox.refresh_token}).json()
    assert httpx2.post(f"{url}/introspect", data={**form, "token": told["access_token"]}).json()["active"]
    sandbox.expire_tokens()
    assert not httpx2.post(f"{url}/introspect", data={**form, "token": told["access_token"]}).json()["active"]
    wrong = httpx2.post(url, data={**form, "grant_type": "refresh_token", "refresh_token": "x"})
    assert wrong.status_code == 400 and wrong.json()["status"] == "BAD_REFRESH_TOKEN"


def _body(error: Any) -> dict[str, Any]:
    import json

    body: dict[str, Any] = json.loads(error.body)
    return body
