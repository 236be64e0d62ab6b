"""Examples of hub.api.crm for docs/api-reference.md; each function is one, with the imports that it needs."""


def logged_calls() -> None:
    """Calls to log

    `log_calls` writes each call once: look for its `key` first, because a batch may come again after a crash.
    """
    from datetime import UTC, datetime

    from hub.api import Receipt
    from hub.api.crm import CallActivity

    logged: dict[str, dict[str, object]] = {}

    def log(call: CallActivity) -> Receipt:
        if call.key in logged:
            return Receipt(key=call.key, status="duplicate")
        logged[call.key] = {"at": call.started_at.isoformat(), "seconds": call.duration, "from": call.caller_number}
        return Receipt(key=call.key, status="delivered")

    call = CallActivity(
        key="call-1",
        answered=True,
        started_at=datetime(2026, 11, 24, 15, 0, tzinfo=UTC),
        duration=62,
        tracking_number="+13125550100",
        company="north",
        caller_number="+13125550142",
    )
    assert [log(call).status, log(call).status] == ["delivered", "duplicate"]


def outcomes() -> None:
    """Outcomes of deals

    `pull_outcomes` returns what changed since a cursor that it gave itself. Take the cursor from the deals that
    came, not from the clock, and say `more` while there is another page. `changed_since` does both, for lists of what changed
    at an instant or later in the order of the changes; it returns a `ChangedPage`. `changed_at` reads the time of a
    change, and `instant` any time of a provider's, None if it is none.
    """
    from datetime import UTC, datetime
    from decimal import Decimal

    from hub.api import JsonObject, Money
    from hub.api.crm import ChangedPage, Outcome, OutcomePage, changed_at, changed_since, instant

    changed = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert changed_at("2026-11-24T09:00:00-06:00") == changed_at(1795532400000) == changed
    assert instant("soon") is None
    deal = Outcome(
        external_id="deal-9",
        stage="won",
        changed_at=changed,
        occurred_at=changed,
        value=Money(Decimal("1200"), "USD"),
        phone_numbers=("+13125550142",),
    )
    page = OutcomePage(outcomes=(deal,), cursor=changed.isoformat(), more=False)
    assert page.cursor == "2026-11-24T15:00:00+00:00"

    deals: list[JsonObject] = [{"id": str(n), "at": f"2026-11-24T15:0{n}:00Z"} for n in range(3)]

    def ask(since: str | None, skip: int) -> JsonObject:
        changed = [each for each in deals if each["at"] >= (since or "")]
        return {"data": changed[skip : skip + 2], "has_more": len(changed) > skip + 2}

    first: ChangedPage = changed_since(None, ask, "data", "at", "has_more")
    assert ([each["id"] for each in first.items], first.more) == (["0", "1"], True)
    second = changed_since(first.cursor, ask, "data", "at", "has_more")
    assert ([each["id"] for each in second.items], second.more) == (["1", "2"], False)


def corrections() -> None:
    """Corrections, and sources that a CRM names

    `correct_person` writes what is right. `list_sources` names exact values by which a visit's source is known,
    without the network.
    """
    from hub.api.crm import Corrected, Correction, KnownSource

    people = {"+13125550142": "Pad"}

    def correct(wanted: Correction) -> Corrected:
        found = [number for number in wanted.phone_numbers if number in people]
        for number in found:
            people[number] = wanted.new_name or people[number]
        return Corrected(status="corrected" if found else "nothing_held", records=len(found))

    assert correct(Correction(phone_numbers=("+13125550142",), new_name="Pat")).records == 1
    assert people == {"+13125550142": "Pat"}
    tag = KnownSource(kind="utm_source", value="acme-mail", source="acme", medium="email")
    assert tag.value == tag.value.lower()


def erasing() -> None:
    """What is erased

    `erase_logged` deletes the company's own calls first, and the contact only if no other company uses it.
    """
    from hub.api import PersonReference
    from hub.api.crm import erase_logged

    deleted: list[object] = []
    person = PersonReference(phone_numbers=("+13125550142",), shared=True)
    erasure = erase_logged(person, [{"id": "call-1"}], [{"id": "contact-1"}], deleted.append)
    assert (erasure.status, erasure.records, deleted) == ("impossible", 1, [{"id": "call-1"}])


def a_crm() -> None:
    """A CRM that takes JSON, as a declaration

    `JsonCrm` is a `JsonService`. It writes the receipts of logged calls, says who is calling if `facts` are declared, and does
    what people ask for: your methods find and write, it decides what is the person's and the company's. `basic` is user name
    and password of HTTP Basic. `pull_outcomes` is yours. `CrmStandIn` is the CRM in memory; it serves your `routes`.
    """
    from collections.abc import Iterable, Mapping, Sequence
    from functools import partial
    from typing import Any

    from pydantic import SecretStr

    from hub.api import JsonObject, Manifest, PersonReference, PluginSettings, Provider, Recipient, Share, each_item
    from hub.api.crm import CallActivity, CrmStandIn, JsonCrm
    from hub.api.json_service import ServiceRequest
    from hub.testing import FrozenClock, connect

    class AcmeSettings(PluginSettings):
        api_key: SecretStr

    class Acme(JsonCrm):
        Settings = AcmeSettings
        manifest = Manifest(
            name="acme_crm",
            kind="crm",
            version="0.1.0",
            recipient=Recipient(name="Acme", role="processor"),
            hosts=("api.acme.example.com",),
            shares=(Share(field="caller_number"),),
        )
        provider = Provider(name="Acme", remedy="renew api_key in config.yaml", words="error")
        basic = ("{api_key}", "")
        facts = {"caller_name": ("name", "user.name")}
        check = ServiceRequest(method="GET", path="/account")
        search = ServiceRequest(path="/contacts/search", body={"number": "{number}", "cursor": "{cursor}"})
        find_call = ServiceRequest(path="/calls/search", body={"key": "{key}"})
        new_call = ServiceRequest(path="/calls", body="{record}")
        change_contact = ServiceRequest(method="PUT", path="/contacts/{id}", body="{changes}")
        delete_contact = ServiceRequest(method="DELETE", path="/contacts/{id}")
        delete_call = ServiceRequest(method="DELETE", path="/calls/{id}")

        def contacts(self, numbers: Sequence[str], emails: Sequence[str]) -> Iterable[JsonObject]:
            for number in numbers:
                yield from each_item(partial(self._page, number), "data", "next")

        def _page(self, number: str, cursor: Any) -> Mapping[str, Any]:
            return self.ask(self.search, number=number, cursor=cursor)

        def logged_call(self, activity: CallActivity) -> JsonObject | None:
            found = self.ask(self.find_call, key=activity.key)["data"]
            return found[0] if found else None

        def log_call(self, activity: CallActivity, contact: Mapping[str, Any]) -> JsonObject:
            record = {"key": activity.key, "contact_id": contact.get("id"), "at": activity.started_at.isoformat()}
            return dict(self.ask(self.new_call, record=record))

        def call_key(self, call: Mapping[str, Any]) -> str:
            return str(call.get("key", ""))

        def calls_of(self, person: PersonReference, contacts: Sequence[JsonObject]) -> Iterable[JsonObject]:
            for key in person.item_keys:
                yield from self.ask(self.find_call, key=key)["data"]

    class AcmeStandIn(CrmStandIn):
        network = Acme

        def contact(self, name: str, phone_number: str, email: str | None) -> JsonObject:
            return {"name": name, "phones": [{"phone": phone_number}], "emails": [{"email": email}] if email else []}

        def call_key(self, call: Mapping[str, Any]) -> str:
            return str(call["key"])

        def routes(self) -> Any:
            return [
                ("GET", "/account", lambda request, body: {"name": "Example"}),
                ("POST", "/contacts/search", lambda request, body: {"data": self.held("contact")}),
                ("PUT", "/contacts/{id}", lambda request, body: self.one(request, "contact") | body),
                ("DELETE", "/contacts/{id}", lambda request, body: self.deleted(request, "contact")),
                ("POST", "/calls/search", lambda request, body: {"data": self.held("call", key=body["key"])}),
                ("POST", "/calls", lambda request, body: self.log(body)),
                ("DELETE", "/calls/{id}", lambda request, body: self.deleted(request, "call")),
            ]

    clock = FrozenClock()
    with AcmeStandIn(clock) as acme:
        crm = connect(Acme, acme, clock=clock)
        assert crm.check_connection().ok
        contact = acme.add_contact("Pat Doe", "(312) 555-0142")
        call = CallActivity(
            key="call-1",
            answered=True,
            started_at=clock.now,
            duration=62,
            tracking_number="+13125550100",
            company="north",
            caller_number="+13125550142",
        )
        assert [crm.log_calls([call])[0].status for _ in range(2)] == ["delivered", "duplicate"]
        assert acme.activities()[0]["contact_id"] == contact
        person = PersonReference(phone_numbers=("+13125550142",), item_keys=("call-1",))
        assert [record.record_type for record in crm.export_person(person)] == ["contact", "call"]
        assert [crm.erase_person(person).status for _ in range(2)] == ["erased", "nothing_held"]
