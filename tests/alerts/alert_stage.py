"""A test hub whose users get alerts: its mail server, and what tests do with both."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, replace
from typing import Any

from mail_server import MailServer
from sqlmodel import select
from testbed import TestHub

from hub.access.users import add_user
from hub.alerts.kinds import CHANNEL_NAMES
from hub.alerts.send import send_due
from hub.alerts.settings import AlertSettings, WantedKind, save_settings
from hub.alerts.spread import spread
from hub.config.mail import MailSection
from hub.model import Account, Alert, AlertDelivery, Company, User
from hub.runtime import Hub


@dataclass
class DeadlyServer(MailServer):
    """A mail server that kills its first client at a step of the conversation."""

    step: str = ""
    victim: int | None = None

    def _kill(self, step: str) -> None:
        if step == self.step and self.victim is not None:
            os.kill(self.victim, signal.SIGKILL)
            self.victim = None

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: Any) -> Any:
        self._kill("greeted")
        session.host_name = hostname
        return responses

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        self._kill("taken")
        return answer


@dataclass
class AlertStage:
    """The hub, its mail server and its users."""

    stage: TestHub
    hub: Hub
    mail: MailServer

    @classmethod
    def of(cls, stage: TestHub, server: MailServer) -> AlertStage:
        section = MailSection.model_validate({"smtp": f"smtp://127.0.0.1:{server.port}", "from": "hub@example.org"})
        hub = replace(stage.hub, config=replace(stage.hub.config, mail=section))
        stage.hub = hub
        return cls(stage, hub, server)

    def user(self, name: str = "maria", role: str = "owner", **more: Any) -> User:
        with self.hub.store.writing() as session:
            account = session.exec(select(Account)).one()
            more = {"email": f"{name}@example.com", **more}
            return add_user(session, account, name, role, self.stage.clock(), **more)

    def company(self, name: str = "lakeside") -> Company:
        return self.stage.one(Company, name=name)

    def wants(
        self, user: User, *kinds: str, company: str = "lakeside", channels: Any = ("email",), **more: Any
    ) -> None:
        """The user chooses these kinds on these channels."""
        wanted = {kind: WantedKind(tuple(channels)) for kind in kinds}
        with self.hub.store.writing() as session:
            settings = AlertSettings(wanted, **{"time_zone": "UTC", **more})
            save_settings(session, user, self.company(company), settings, self.stage.clock())

    def run(self, **options: Any) -> None:
        """Do what the worker does, until nothing is due."""
        while spread(self.hub):
            pass
        for each in CHANNEL_NAMES:
            while send_due(self.hub, self.stage.directory, each, jitter=lambda longest: longest, **options):
                pass

    def after(self, **span: float) -> None:
        """Time passes; then the worker looks."""
        self.stage.clock.advance(**span)
        self.run()

    def alerts(self, user: User) -> list[Alert]:
        return self.stage.rows(Alert, user_id=user.id)

    def deliveries(self, user: User) -> list[AlertDelivery]:
        return self.stage.rows(AlertDelivery, user_id=user.id)
