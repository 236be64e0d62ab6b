"""The vendor's own client, without our plugin, against our stand-in: the stand-in speaks as Salesforce does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce as Client
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceError,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql

from plugins.crm.salesforce.sandbox import CLIENT_ID, USERNAME, Sandbox


class Local(HTTPAdapter):
    """Takes the client, which speaks HTTPS to salesforce.com alone, to a stand-in on loopback."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: requests.PreparedRequest, *args: object, **kwargs: object) -> requests.Response:
        host = f"https://{(request.url or '').split('/')[2]}"
        request.url = (request.url or "").replace(host, self.url, 1)
        return super().send(request, *args, **kwargs)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def started() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def running(started: Sandbox) -> Sandbox:
    """By the true clock, for the vendor's client takes no other."""
    started.forget()
    return started


@pytest.fixture
def session(running: Sandbox) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    made.mount("https://", Local(running.url))
    return made


@pytest.fixture
def client(running: Sandbox, session: requests.Session) -> Client:
    key = running.settings()["private_key"]
    return Client(username=USERNAME, consumer_key=CLIENT_ID, privatekey=key, session=session, version="66.0")


def test_the_vendors_own_jwt_sign_in_is_accepted(client: Client, running: Sandbox) -> None:
    assert client.session_id in running.sessions
    assert client.limits()["DailyApiRequests"]["Max"] == 15_000


@pytest.mark.filterwarnings("ignore::UserWarning:simple_salesforce.*")
def test_the_vendors_sign_in_with_another_user_is_refused(running: Sandbox, session: requests.Session) -> None:
    key = running.settings()["private_key"]
    with pytest.raises(SalesforceAuthenticationFailed, match="approved this consumer"):
        Client(username="stranger@example.com", consumer_key=CLIENT_ID, privatekey=key, session=session)


def test_records_are_made_read_changed_and_deleted(client: Client) -> None:
    made = client.Contact.create({"FirstName": "Jo", "LastName": "Roe", "Phone": "(312) 555-0142"})
    assert made["success"] is True
    assert made["errors"] == []
    assert client.Contact.get(made["id"])["Name"] == "Jo Roe"
    assert client.Contact.update(made["id"], {"LastName": "Poe"}) == 204
    assert client.Contact.get(made["id"])["Name"] == "Jo Poe"
    assert client.Contact.delete(made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        client.Contact.get(made["id"])


def test_wrong_rows_are_refused_in_salesforces_words(client: Client) -> None:
    wrong = [
        ({"FirstName": "Jo"}, "REQUIRED_FIELD_MISSING"),
        ({"LastName": "x" * 81}, "STRING_TOO_LONG"),
        ({"LastName": "Roe", "Email": "nobody"}, "INVALID_EMAIL_ADDRESS"),
        ({"LastName": "Roe", "Fax_Machine__c": "1"}, "INVALID_FIELD"),
        ({"LastName": "Roe", "AccountId": "0015g0000009999AAA"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"LastName": "Roe", "AccountId": "x"}, "MALFORMED_ID"),
    ]
    for values, code in wrong:
        with pytest.raises(SalesforceMalformedRequest) as caught:
            client.Contact.create(values)
        assert caught.value.content[0]["errorCode"] == code
    with pytest.raises(SalesforceMalformedRequest) as caught:
        client.Task.create({"CallType": "Sideways"})
    assert caught.value.content[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_queries_page_as_salesforces_do(client: Client, running: Sandbox) -> None:
    made = [client.Account.create({"Name": f"Account {n}"})["id"] for n in range(7)]
    running.page_rows = 3
    first = client.query("SELECT Id FROM Account ORDER BY Id")
    assert (first["totalSize"], first["done"], len(first["records"])) == (7, False, 3)
    assert first["nextRecordsUrl"].startswith("/services/data/v66.0/query/01g")
    everything = client.query_all("SELECT Id, Name FROM Account ORDER BY Id")["records"]
    assert [row["Id"] for row in everything] == made
    assert everything[0]["attributes"]["type"] == "Account"
    with pytest.raises(SalesforceMalformedRequest) as caught:
        client.query_more("01gnothing-3")
    assert caught.value.content[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_text_that_the_vendor_quotes_is_found_again(client: Client) -> None:
    for name in ("O'Neil & Sons", 'back\\slash "quoted"', "tab\there", "100 %_", "Ünïcode 🚿", "') OR Name != ('"):
        made = client.Account.create({"Name": name})["id"]
        found = client.query(format_soql("SELECT Id FROM Account WHERE Name IN {}", [name, "other"]))
        assert [row["Id"] for row in found["records"]] == [made]


def test_conditions_parents_and_order_are_understood(client: Client, running: Sandbox) -> None:
    account = client.Account.create({"Name": "Roe Bakery"})["id"]
    jo = running.add_contact("Jo Roe", "+13125550142", "jo@example.com")
    al = running.add_contact("Al Poe", "+13125550143")
    client.Contact.update(jo, {"AccountId": account})
    condition = "(Email = 'JO@EXAMPLE.COM' AND AccountId != null) OR Id = '{}'"
    query = f"SELECT Id, Account.Name, Owner.Name FROM Contact WHERE {condition}"
    rows = client.query(f"{query.format(al)} ORDER BY LastName DESC LIMIT 5")["records"]
    assert [row["Id"] for row in rows] == [jo, al]
    assert rows[0]["Account"]["Name"] == "Roe Bakery"
    assert rows[1]["Account"] is None
    changed = client.query(
        "SELECT Id FROM Contact WHERE SystemModstamp >= 2020-01-01T00:00:00.000Z AND IsDeleted = false"
    )
    assert changed["totalSize"] == 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT", "MALFORMED_QUERY"),
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE Id LIKE 'x%'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact; DROP", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE Name = 'unclosed", "MALFORMED_QUERY"),
        ("SELECT COUNT() FROM Contact", "MALFORMED_QUERY"),
        ("SELECT Id, Id FROM Contact", "INVALID_FIELD"),
        ("SELECT Shoe FROM Contact", "INVALID_FIELD"),
        ("SELECT Owner.Shoe FROM Contact", "INVALID_FIELD"),
        ("SELECT Boss.Name FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE CreatedDate > '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE IsWon = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Task WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Shoe", "INVALID_TYPE"),
    ],
)
def test_what_is_no_query_is_refused(client: Client, query: str, code: str) -> None:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        client.query(query)
    assert caught.value.content[0]["errorCode"] == code


def test_only_query_all_sees_archived_and_deleted_activities(client: Client, running: Sandbox) -> None:
    old = {"Subject": "Call", "Status": "Completed", "ActivityDate": "2020-01-31"}
    kept, gone, late = (client.Task.create(old | {"Subject": name})["id"] for name in ("a", "b", "c"))
    open_one = client.Task.create(old | {"Status": "Not Started"})["id"]
    client.Task.delete(gone)
    assert [row["Id"] for row in client.query("SELECT Id FROM Task")["records"]] == [open_one]
    everything = client.query("SELECT Id, IsArchived FROM Task ORDER BY Id", include_deleted=True)["records"]
    assert [(row["Id"], row["IsArchived"]) for row in everything] == [
        (kept, True), (gone, True), (late, True), (open_one, False),
    ]  # fmt: skip
    query = "SELECT Id FROM Task WHERE IsArchived = true AND IsDeleted = false"
    assert client.query(query, include_deleted=True)["totalSize"] == 2


def test_requests_that_salesforce_does_not_know_are_refused(client: Client, running: Sandbox) -> None:
    task = {"attributes": {"type": "Task"}, "Subject": "Call"}
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("JSON_PARSER_ERROR", {"json": {"records": [task], "colour": "blue"}}),
        ("JSON_PARSER_ERROR", {"json": {"records": [task], "allOrNone": "false"}}),
        ("INVALID_QUERY_PARAMETER", {"json": {"records": [task]}, "params": {"colour": "blue"}}),
        ("UNSUPPORTED_MEDIA_TYPE", {"data": "{}", "headers": {"Content-Type": "text/plain"}}),
    ]
    for code, options in wrong:
        with pytest.raises(SalesforceError) as caught:
            client.restful("composite/sobjects", method="POST", **options)
        assert caught.value.content[0]["errorCode"] == code
    with pytest.raises(SalesforceGeneralError) as long:
        client.query("SELECT Id FROM Task WHERE Subject IN ('" + "a" * 16_384 + "')")
    assert long.value.status == 414
    for version, status in (("30.0", 410), ("69.0", 404)):
        client.base_url = client.base_url.replace(f"v{client.sf_version}", f"v{version}")
        client.sf_version = version
        with pytest.raises(SalesforceError) as unknown:
            client.restful("limits")
        assert unknown.value.status == status


def test_searches_answer_as_salesforces_do(client: Client, running: Sandbox) -> None:
    jo = running.add_contact("Jo Roe", "+13125550142")
    found = client.search("FIND {3125550142} IN PHONE FIELDS RETURNING Contact(Id, Name), Lead(Id)")["searchRecords"]
    assert [(row["attributes"]["type"], row["Id"], row["Name"]) for row in found] == [("Contact", jo, "Jo Roe")]
    assert client.quick_search("roe")["searchRecords"][0]["Id"] == jo
    assert client.search("FIND {nobody}")["searchRecords"] == []
    with pytest.raises(SalesforceMalformedRequest) as caught:
        client.search("FIND {(jo}")
    assert caught.value.content[0]["errorCode"] == "MALFORMED_SEARCH"


def test_collections_answer_row_by_row(client: Client, running: Sandbox) -> None:
    records = [
        {"attributes": {"type": "Task"}, "Subject": "Call", "CallDurationInSeconds": 5},
        {"attributes": {"type": "Task"}, "Subject": "x" * 256},
        {"attributes": {"type": "Shoe"}},
    ]
    results = client.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": records})
    assert [result["success"] for result in results] == [True, False, False]
    assert results[1]["errors"][0]["statusCode"] == "STRING_TOO_LONG"
    ids = {"ids": f"{results[0]['id']},00T5g0000009999AAA", "allOrNone": "false"}
    gone = client.restful("composite/sobjects", method="DELETE", params=ids)
    assert [result["success"] for result in gone] == [True, False]
    with pytest.raises(SalesforceMalformedRequest) as caught:
        client.restful("composite/sobjects", method="POST", json={"records": records * 67})
    assert caught.value.content[0]["errorCode"] == "EXCEEDED_ID_LIMIT"


def test_sessions_and_limits_end_as_salesforces_do(client: Client, running: Sandbox, session: requests.Session) -> None:
    stale = Client(session_id="x", instance_url=running.url, session=session, version="66.0")
    with pytest.raises(SalesforceExpiredSession) as expired:
        stale.limits()
    assert expired.value.content == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    running.expire_sessions()
    assert client.limits()["DailyApiRequests"]["Remaining"] > 0, "the client renews its own session"
    running.daily_limit = running.used
    with pytest.raises(SalesforceRefusedRequest) as caught:
        client.limits()
    assert caught.value.content[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"


def test_a_path_that_does_not_exist_is_not_found(client: Client) -> None:
    with pytest.raises(SalesforceResourceNotFound) as caught:
        client.restful("tooling/anything")
    assert caught.value.content[0]["errorCode"] == "NOT_FOUND"
