"""A CRM with people in two modules, a field for each number, and tokens of OAuth.

Set-up: none. Limits: a call per request, 20 calls per batch. Fields: `key`, `started_at`. What cannot be undone: nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from hub.api import (
    Auth,
    Deletion,
    JsonObject,
    Limits,
    Manifest,
    Money,
    PersonReference,
    PluginSettings,
    Provider,
    Recipient,
    Share,
    each_item,
    hookimpl,
)
from hub.api.crm import CallActivity, CrmStandIn, JsonCrm, Outcome, OutcomePage, changed_at, changed_since
from hub.api.json_service import ServiceRequest, ServiceStandIn
from hub.api.oauth import OAuthGrant

PHONES = ("phone", "mobile")
MODULES = ("people", "leads")


class Settings(PluginSettings):
    refresh_token: SecretStr = Field(description="For which tokens are given.")
    accounts_url: str = Field(description="Where tokens are given.")
    base_url: str = Field(description="Where the API is.")


class Modular(JsonCrm):
    """Finds people by the last digits of their numbers."""

    Settings = Settings
    manifest = Manifest(
        name="modular",
        kind="crm",
        version="1",
        title="Modular",
        recipient=Recipient(name="Modular", role="processor", privacy_url="https://modular.example.com/privacy"),
        regions=("US",),
        hosts=("modular.example.com",),
        shares=(Share(field="caller_number"),),
        retention="as long as the customer keeps it",
        deletion=Deletion(supported=True, note="people and calls"),
        auth=Auth(kind="oauth2"),
        limits=Limits(batch_size=20),
    )
    provider = Provider(name="Modular", remedy="renew refresh_token in config.yaml", code="code", words="code")
    headers = {"authorization": "Bearer {oauth_token}"}
    contact_name = "full_name"
    name_fields = ("first_name", "last_name")
    phone_fields = PHONES
    email_fields = ("email",)
    no_record = ("NO_SUCH_ID",)
    stand_in = ServiceStandIn(settings={"accounts_url": "{url}"}, token="/oauth/token")
    check = ServiceRequest(method="GET", path="/me")
    search = ServiceRequest(path="/{module}/search", body={"field": "{field}", "text": "{text}", "skip": "{skip}"})
    new_call = ServiceRequest(path="/calls", body="{record}")
    change_contact = ServiceRequest(method="PUT", path="/{module}/{id}", body="{changes}")
    delete_contact = ServiceRequest(method="DELETE", path="/{module}/{id}")
    delete_call = ServiceRequest(method="DELETE", path="/calls/{id}")

    def oauth(self) -> OAuthGrant:
        settings = self.settings
        return OAuthGrant(
            provider=self.provider,
            token_url=f"{settings.accounts_url}/oauth/token",
            client_id="us",
            client_secret="ours",
            refresh_token=settings.refresh_token.get_secret_value(),
        )

    def contacts(self, numbers: Sequence[str], emails: Sequence[str]) -> Iterator[JsonObject]:
        wanted = [(field, number[-4:]) for number in numbers for field in PHONES]
        for field, text in (*wanted, *(("email", each) for each in emails)):
            for module in MODULES:
                for person in self._all(module, field, text):
                    yield person | {"module": module}

    def logged_call(self, activity: CallActivity) -> JsonObject | None:
        return next(self._all("calls", "key", activity.key), None)

    def log_call(self, activity: CallActivity, contact: Mapping[str, Any]) -> JsonObject:
        record = {"key": activity.key, "contact_id": contact.get("id"), "at": activity.started_at.isoformat()}
        return dict(self.ask(self.new_call, record=record))

    def call_key(self, call: Mapping[str, Any]) -> str:
        return str(call["key"])

    def calls_of(self, person: PersonReference, contacts: Sequence[JsonObject]) -> Iterator[JsonObject]:
        for key in person.item_keys:
            yield from self._all("calls", "key", key)

    @hookimpl
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        page = changed_since(cursor, partial(self._page, "deals", "changed"), "data", "changed", "more")
        return OutcomePage(outcomes=tuple(map(self._outcome, page.items)), cursor=page.cursor, more=page.more)

    def _outcome(self, deal: Mapping[str, Any]) -> Outcome:
        numbers, emails = self.reach(deal)
        changed = changed_at(deal["changed"])
        value = Money(Decimal(deal["amount"]), deal["currency"])
        return Outcome(
            external_id=deal["id"], stage=deal["stage"], changed_at=changed, occurred_at=changed, value=value,
            phone_numbers=tuple(numbers), email=next(iter(emails), None),
        )  # fmt: skip

    def _all(self, module: str, field: str, text: str) -> Iterator[JsonObject]:
        return each_item(partial(self._page, module, field, text), "data", "more", by="offset")

    def _page(self, module: str, field: str, text: str | None, skip: int) -> Mapping[str, Any]:
        return self.ask(self.search, module=module, field=field, text=text, skip=skip)


class ModularStandIn(CrmStandIn):
    network = Modular
    modules: ClassVar = {"people": "contact", "leads": "contact", "calls": "call", "deals": "deal"}
    missing = (400, {"code": "NO_SUCH_ID"})
    refused = (400, {"code": "NOT_VALID"})

    def contact(self, name: str, phone_number: str, email: str | None) -> JsonObject:
        first, _, last = name.rpartition(" ")
        return {
            "first_name": first,
            "last_name": last,
            "full_name": name,
            "phone": "",
            "mobile": phone_number,
            "email": email,
        }

    def deal(self, contact: JsonObject, stage: str, amount: Decimal, currency: str) -> JsonObject:
        reach = {name: contact[name] for name in (*PHONES, "email")}
        return reach | {
            "stage": stage, "amount": str(amount), "currency": currency, "changed": self.clock().isoformat(),
        }  # fmt: skip

    def call_key(self, call: Mapping[str, Any]) -> str:
        return str(call["key"])

    def routes(self) -> Sequence[tuple[str, str, Callable[..., Any]]]:
        return [
            ("GET", "/me", lambda request, body: {"name": "Example"}),
            ("POST", "/{module}/search", self.search),
            ("POST", "/calls", lambda request, body: self.log(body)),
            ("PUT", "/{module}/{id}", self.change),
            ("DELETE", "/{module}/{id}", lambda request, body: self.deleted(request)),
        ]

    def search(self, request: Any, body: Any) -> JsonObject:
        module, field, text = request.path_params["module"], body["field"], body.get("text") or ""
        held = self.held(self.modules[module], module=module)
        found = [each for each in held if (each[field] >= text if module == "deals" else text in (each[field] or ""))]
        found.sort(key=lambda each: (each.get("changed", ""), each["id"]))
        end = body["skip"] + self.page_size(50)
        return {"data": found[body["skip"] : end], "more": end < len(found)}

    def change(self, request: Any, body: Any) -> JsonObject:
        person = self.one(request)
        person |= body
        person["full_name"] = f"{person['first_name']} {person['last_name']}".strip()
        return person
