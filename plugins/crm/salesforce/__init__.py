"""Salesforce: who is calling, calls logged as Tasks, opportunities as outcomes, and export or erasure of a person's data."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hub.api import (
    ApiVersion,
    Auth,
    Caller,
    ConnectionReport,
    Connector,
    DataFlow,
    Deletion,
    Erasure,
    Fact,
    HeldRecord,
    Limits,
    Manifest,
    PersonReference,
    Receipt,
    Recipient,
    RingfenceError,
    Share,
    hookimpl,
)
from hub.api.crm import CallActivity, Corrected, Correction, OutcomePage
from hub.api.oauth import AccountList, SignIn

from .settings import SalesforceSettings
from .sign_in import ASKS, NOTE, web_sign_in

if TYPE_CHECKING:
    from .connection import Connection

PERSON = (Share(field="phone_numbers"), Share(field="emails"))
RIGHT = (Share(field="new_name"), Share(field="new_email"), Share(field="new_phone_number"))


class Salesforce(Connector):
    """One Salesforce org."""

    manifest = Manifest(
        name="salesforce",
        kind="crm",
        version="0.1.0",
        title="Salesforce",
        summary="Looks callers up in Salesforce, logs their calls and reads their outcomes.",
        recipient=Recipient(
            name="Salesforce, Inc.", role="processor", privacy_url="https://www.salesforce.com/company/legal/privacy/"
        ),
        regions=("US",),
        hosts=("*.salesforce.com", "*.my.salesforce.com"),
        network_library="simple-salesforce",
        flows=(
            DataFlow(hook="enrich_caller", use="sales", shares=(Share(field="phone_number"),)),
            DataFlow(
                hook="log_calls",
                use="sales",
                shares=(
                    Share(field="caller_number"),
                    Share(field="caller_name"),
                    Share(field="landing_page"),
                    Share(field="recording_url"),
                ),
            ),
            DataFlow(hook="export_person", use="essential.legal_obligation", shares=PERSON),
            DataFlow(hook="erase_person", use="essential.legal_obligation", shares=PERSON),
            DataFlow(hook="correct_person", use="essential.legal_obligation", shares=(*PERSON, *RIGHT)),
        ),
        retention="until the business deletes it; then 15 days in Salesforce's recycle bin",
        personal_in_address="Salesforce takes queries only in the address: the number of the contact stands in it.",
        deletion=Deletion(
            supported=True,
            note="Calls that we logged are deleted; contacts and leads only with `erasure: people`. Salesforce keeps "
            "deleted records in its recycle bin for 15 days.",
        ),
        auth=Auth(
            kind="oauth2",
            scopes=("api", "refresh_token"),
            asks=ASKS,
            note=NOTE,
            first=("login_url",),
            keys_url="https://login.salesforce.com",
        ),
        limits=Limits(batch_size=200),
        versions=tuple(ApiVersion(name=f"{number}.0", setting="api_version") for number in range(52, 69)),
    )
    Settings = SalesforceSettings
    settings: SalesforceSettings

    _connection: Connection | None = None
    _connecting = threading.Lock()

    @property
    def connection(self) -> Connection:
        """The connection to the org, made at first use because it imports the vendor's library."""
        with self._connecting:
            if self._connection is None:
                from .connection import Connection

                self._connection = Connection(self.settings, self.services, self.manifest.hosts)
            return self._connection

    def sign_in(self) -> SignIn | None:
        return web_sign_in(self.settings)

    @classmethod
    def needs_sign_in(cls, settings: Any) -> bool:
        return settings.private_key is None and settings.refresh_token is None

    @hookimpl
    def list_accounts(self) -> AccountList:
        """The org of the person who signed in."""
        from .check import org

        return org(self.connection, self.services.tokens.load() or {})

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """Who has this number: name, company, record, owner, and the open deal."""
        from .people import who_calls

        return who_calls(self.connection, caller.phone_number) if caller.phone_number else ()

    @hookimpl
    def log_calls(self, activities: Sequence[CallActivity]) -> Sequence[Receipt]:
        """Each call as a completed Task on the caller's contact or lead."""
        from .calls import log

        return log(self.connection, activities) if activities else ()

    @hookimpl
    def pull_outcomes(self, cursor: str | None) -> OutcomePage:
        """Opportunities in the order of their changes."""
        from .deals import changed

        return changed(self.connection, cursor)

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """Contacts, leads, calls and deals of the person."""
        from .privacy import held_on

        return held_on(self.connection, person)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Erase the calls that we logged, and the person if `erasure: people` is set."""
        from .privacy import erase

        return erase(self.connection, person)

    @hookimpl
    def correct_person(self, correction: Correction) -> Corrected:
        """Correct the name, address and number in the person's contacts and leads."""
        from .privacy import correct

        return correct(self.connection, correction)

    @hookimpl
    def check_connection(self) -> ConnectionReport:
        """Sign in, read the limits, and check that the fields named in the settings exist."""
        try:
            from .check import report

            return report(self.connection)
        except RingfenceError as error:
            return ConnectionReport(ok=False, detail=str(error))
