"""A test hub whose company lakeside sends webhooks to a receiver on loopback."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from sqlmodel import select
from testbed import ACCOUNTS, CONNECTORS, TestHub
from webhook_receiver import WebhookReceiver

from hub.access.scope import AccessScope, scope_of
from hub.access.users import add_user
from hub.api import Connector
from hub.model import Account, Company, User, WebhookEndpoint, WebhookEvent
from hub.webhooks_out.endpoints import Endpoint, endpoint_named
from hub.webhooks_out.event_order import release_waiting
from hub.webhooks_out.send import send_events


def accounts_with(*webhooks: dict[str, Any]) -> list[dict[str, Any]]:
    """The accounts of the test hub; its first company has these webhooks."""
    accounts: Any = deepcopy(ACCOUNTS)
    accounts[0]["companies"][0]["webhooks"] = list(webhooks)
    return accounts  # type: ignore[no-any-return]


USE = "essential.service.operations"


@dataclass
class WebhookStage:
    """The hub, its receiver, and what tests do with both."""

    stage: TestHub
    receiver: WebhookReceiver

    @classmethod
    def open(
        cls,
        hub: Callable[..., TestHub],
        receiver: WebhookReceiver,
        *more: dict[str, Any],
        connectors: Mapping[str, type[Connector]] = CONNECTORS,
        **own: Any,
    ) -> WebhookStage:
        """A hub with the endpoint `crm`, changed by `own`, and `more` endpoints."""
        crm = {"name": "crm", "url": receiver.url, "use": USE, "allow_private": True, **own}
        return cls(hub(accounts=accounts_with(crm, *more), connectors=connectors), receiver)

    def run(self) -> None:
        """Do what the worker does, until nothing is due."""
        hub = self.stage.hub
        while sum(send_events(hub, self.stage.directory, each.id, jitter=lambda most: most) for each in self.endpoints):
            pass

    def after(self, **span: float) -> None:
        """Time passes; then the worker looks."""
        self.stage.clock.advance(**span)
        release_waiting(self.stage.hub)
        self.run()

    @property
    def endpoints(self) -> list[WebhookEndpoint]:
        return self.stage.rows(WebhookEndpoint)

    @property
    def events(self) -> list[WebhookEvent]:
        return self.stage.rows(WebhookEvent)

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(each.type, each.state) for each in sorted(self.events, key=lambda row: (row.at, row.id))]

    def endpoint(self, name: str = "crm") -> Endpoint:
        with self.stage.hub.store.reading() as session:
            return endpoint_named(session, self.stage.hub.config, self.stage.one(Company, name="lakeside"), name)

    def owner(self) -> AccessScope:
        """What an owner of the account may do."""
        with self.stage.hub.store.writing() as session:
            account = session.exec(select(Account)).one()
            known = session.exec(select(User).where(User.name == "maria")).first()
            user = known or add_user(session, account, "maria", "owner", self.stage.clock(), email="maria@example.com")
            return scope_of(session, user, "marks")
