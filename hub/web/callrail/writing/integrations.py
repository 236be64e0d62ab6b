"""`integrations`: where a company's webhooks go; and `integration_triggers`, which Ringfence has not.

The webhooks of a company that have CallRail's form are one integration of the type Webhooks. They stand in config.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import HTTPException
from sqlmodel import Session
from starlette.responses import Response

from hub.access.users import may
from hub.callrail.ids import COMPANY, number_of, wire_id
from hub.config.models import CompanySection
from hub.errors import CannotDo, NotFound, existing
from hub.model import Company
from hub.model.states import WebhookType
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint, json_answer
from hub.web.callrail.small_lists import small_list
from hub.web.callrail.writing.config_edits import edits_of, running_section
from hub.web.callrail.writing.members import choice_in, company_in, list_in, object_in
from hub.webhooks_out.endpoints import endpoint_named, secrets_of
from hub.webhooks_out.integrations import addresses_by_type, changes_for

WEBHOOKS = "Webhooks"
NAMES: Mapping[str, WebhookType] = {
    "pre_call_webhook": WebhookType.PRE_CALL,
    "answered_call_webhook": WebhookType.ROUTED,
    "post_call_webhook": WebhookType.POST_CALL,
    "updated_call_webhook": WebhookType.MODIFIED,
    "post_outbound_call_webhook": WebhookType.OUTBOUND,
    "sms_received_webhook": WebhookType.TEXT_RECEIVED,
    "sms_sent_webhook": WebhookType.TEXT_SENT,
    "form_captured_webhook": WebhookType.FORM,
}
"""The name of a list of addresses in `config` → the type of event."""
STATES = ("active", "disabled")
SIGNING_KEY = "signing_key"
"""The field by which a client asks for the key that signs the events."""


def listed(request: CallRailRequest) -> Response:
    """The company's integration, if it has one."""
    with request.session() as session:
        company = request.company(session)
    if company is None:
        raise CannotDo("company_id is missing.")
    section = running_section(request, company)
    found = [_record(company, section)] if section and _has_any(section) else []
    return small_list(request, "integrations", found)


def one(request: CallRailRequest) -> Answer:
    """One integration."""
    company = _named(request)
    section = running_section(request, company)
    if section is None or not _has_any(section):
        raise NotFound("Not found")
    record = _record(company, section)
    if SIGNING_KEY in request.parameters.list("fields"):
        record[SIGNING_KEY] = _signing_key(request, company, section)
    return record


def create(request: CallRailRequest) -> Response:
    """Send a company's events to these addresses."""
    _check_type(request)
    with request.session() as session:
        company = company_in(request, session)
    return json_answer(_saved(request, company, object_in(request.body, "config"), 201), 201)


def change(request: CallRailRequest) -> Answer:
    """Change the addresses; with the state `disabled` none gets anything, and with `active` alone all do again."""
    company = _named(request)
    section = edits_of(request).section_of(company)
    if not _has_any(section):
        raise NotFound("Not found")
    state = choice_in(request.body, "state", STATES)
    config = object_in(request.body, "config")
    if state == "disabled":
        config = {name: [] for name in NAMES}
    elif state == "active" and not config:
        config = {
            name: [each.url for each in section.webhooks if each.format == "callrail" and event in each.events]
            for name, event in NAMES.items()
        }
    return _saved(request, company, config, 200)


def disable(request: CallRailRequest) -> None:
    """Send nothing to the addresses any more; they stay in config.yaml, disabled."""
    company = _named(request)
    if not _has_any(edits_of(request).section_of(company)):
        raise NotFound("Not found")
    _saved(request, company, {name: [] for name in NAMES}, 204)


def triggers(request: CallRailRequest) -> Response:
    """None."""
    return small_list(request, "integration_triggers", [])


def _saved(
    request: CallRailRequest, company: Company, config: Mapping[str, object], status: int
) -> Mapping[str, object]:
    unknown = sorted(config.keys() - NAMES.keys() - {"updated_outbound_call_webhook"})
    if unknown:
        raise CannotDo(f"config has the unknown member {unknown[0][:60]}; it takes {', '.join(NAMES)}.")
    with request.session() as session:
        account = edits_of(request).place_of_company(session, company.name)[1]

    def action() -> dict[str, str]:
        section = edits_of(request).section_of(company)
        if status == 201 and any(addresses_by_type(section).values()):
            raise CannotDo("The company has an integration of the type Webhooks; change that one.")
        wanted: dict[WebhookType, list[str]] = dict(addresses_by_type(section))
        for name, event in NAMES.items():
            addresses = list_in(config, name)
            if addresses is not None:
                wanted[event] = addresses
        if status == 201 and not any(wanted.values()):
            raise CannotDo("config is missing; send lists of addresses, like post_call_webhook.")
        edits_of(request).apply(changes_for(account, section, wanted), {"webhooks.url": "config"})
        return {}

    request.once.do_alone(request.authorized, action, status, harmless=True)
    return _record(company, edits_of(request).section_of(company))


def _signing_key(request: CallRailRequest, company: Company, section: CompanySection) -> str:
    """The key that signs the events of the company's only address, which is noted in the audit log before it is given."""
    user, names = (
        request.scope.user,
        [each.name for each in section.webhooks if each.format == "callrail" and each.enabled],
    )
    if may(user, "configure") is None or request.scope.companies is not None:
        raise HTTPException(403, "A signing key is given to users who may change the set-up of the whole account.")
    if len(names) != 1:
        raise CannotDo("Each address has its own signing key; they are on the page Webhooks.")
    file = edits_of(request).file
    with request.session() as session:
        endpoint = endpoint_named(session, file.check(file.read().text), company, names[0])
    key = secrets_of(request.hub, endpoint).present
    request.authorized.note("webhook.secret", company.id, names[0])
    return key


def _check_type(request: CallRailRequest) -> None:
    if choice_in(request.body, "type", (WEBHOOKS,)) is None:
        raise CannotDo("type is missing; send Webhooks.")


def _has_any(section: CompanySection) -> bool:
    return any(each.format == "callrail" for each in section.webhooks)


def _record(company: Company, section: CompanySection) -> dict[str, object]:
    addresses = addresses_by_type(section)
    return {
        "id": number_of(company.id),
        "type": WEBHOOKS,
        "state": "active" if any(addresses.values()) else "disabled",
        "company_id": wire_id(COMPANY, company.id),
        "config": {name: addresses[event] for name, event in NAMES.items()},
    }


def _named(request: CallRailRequest) -> Company:
    """The company whose integration the path names."""
    with request.session() as session:
        found = existing(_by_number(request, session))
    return found


def _by_number(request: CallRailRequest, session: Session) -> Company | None:
    companies = session.exec(request.scope.select(Company))
    return next((each for each in companies if request.ids["id"] == str(number_of(each.id))), None)


ENDPOINTS = (
    Endpoint("GET", "integrations", ("setup",), listed),
    Endpoint("GET", "integrations/{id}", ("setup",), one),
    Endpoint("POST", "integrations", ("configure",), create),
    Endpoint("PUT", "integrations/{id}", ("configure",), change),
    Endpoint("DELETE", "integrations/{id}", ("configure",), disable),
    Endpoint("GET", "integration_triggers", ("setup",), triggers),
)
