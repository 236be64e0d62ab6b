"""Asks one provider to do what a request needs: erase or correct a person, or take conversions back."""

from __future__ import annotations

from typing import Any

from hub.contracts.people import PersonReference
from hub.errors import RetryLater
from hub.hookspecs import PrivacyHooks
from hub.model import PrivacyRequest, RequestTask
from hub.privacy.erasure import PersonData
from hub.privacy_requests import erase, rights
from hub.privacy_requests.people import covering_holds
from hub.privacy_requests.providers import retract
from hub.privacy_requests.providers.disclose import hand_over
from hub.privacy_requests.providers.scope import EMPTY_SCOPE, SCOPES_KEY, scoped, scopes_of
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import correction_in


def ask_provider(hub: Hub, task: RequestTask) -> tuple[int, str | None, bool]:
    """The number of changed records, the provider's remark, and whether the provider cannot do it."""
    with hub.store.reading() as session:
        request = session.get_one(PrivacyRequest, task.request_id)
        new = correction_in(hub.vault, session, request)
    known = PersonReference(
        phone_numbers=tuple(request.known_as.get("phone_numbers", ())),
        emails=tuple(request.known_as.get("emails", ())),
    )
    if task.connector not in hub.plugins.connectors:
        return 0, "The connector is no longer configured, so it cannot be asked.", True
    if task.hook == retract.HOOK:
        return retract.take_back(hub, request, task.connector)
    if task.hook == erase.HOOK:
        person = _scoped(hub, request, task.connector, known)
        done: Any = hub.plugins.call(
            task.connector, PrivacyHooks.erase_person, hand_over(hub, request, task.connector, person, task.hook)
        )
    else:
        correction = rights.correction_of(new, known)
        right = hand_over(hub, request, task.connector, correction, task.hook)
        done = hub.plugins.call(task.connector, PrivacyHooks.correct_person, right)
    return done.records, done.reason, done.status == "impossible"


def _scoped(hub: Hub, request: PrivacyRequest, connector: str, known: PersonReference) -> PersonReference:
    """What the provider may erase now. RetryLater while a legal hold that was set after the erasure began covers the
    person.
    """
    with hub.store.reading() as session:
        if covering_holds(session, hub, [request.company_id], known):
            raise RetryLater("A legal hold keeps what this provider has; it is asked once the hold is lifted.")
        # An erasure that an earlier version began has no scopes. The company's numbers are still known.
        scopes = request.known_as.get(SCOPES_KEY) or scopes_of(session, hub, request, PersonData(), erase.HOOK)
        scope = scopes.get(connector, EMPTY_SCOPE)
        return scoped(session, hub, request, connector, known, scope)
