"""The phones of the business in browsers: whose they are, and the tokens with which their users sign in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from hub.contracts.browser_phones import BrowserSdk, PhoneToken
from hub.hookspecs import CallHooks
from hub.model import Company, User
from hub.numbers.directory import Directory
from hub.runtime import Hub
from hub.store import audit


@dataclass(frozen=True, slots=True)
class BrowserPhone:
    """One phone that a user may take calls at."""

    connector: str
    name: str
    sdk: BrowserSdk


def browser_phones(
    hub: Hub, directory: Directory, user: User, companies: Collection[Company]
) -> Iterator[BrowserPhone]:
    """The phones with a user's email address, at the carriers of the companies that they may see."""
    carriers = {tracker.carrier for each in companies for tracker in directory.trackers.get(each.id, ())}
    for name in sorted(carriers & hub.plugins.connectors.keys()):
        connector = hub.plugins.connectors[name]
        sdk, email = connector.manifest.browser_phone, (user.email or "").lower()
        if sdk is None or not email:
            continue
        own = (phone for phone, owner in connector.settings.phone_users().items() if owner.lower() == email)
        yield from (BrowserPhone(name, phone, sdk) for phone in own)


def sign_in_phone(hub: Hub, user: User, phone: BrowserPhone, now: datetime) -> PhoneToken:
    """A token for one of the user's own phones, with its audit entry."""
    token = hub.plugins.call(phone.connector, CallHooks.sign_in_phone, phone.name)
    with hub.store.writing() as session:
        audit.note(session, now, user.id, "phones.sign_in", user.id, f"{phone.connector} {phone.name}")
    return token
