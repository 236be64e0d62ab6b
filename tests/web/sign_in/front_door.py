"""A hub with one owner, and browsers without JavaScript that sign in to it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import Any

import pyotp
from pydantic import SecretStr
from sqlmodel import select
from starlette.applications import Starlette
from starlette.testclient import TestClient
from testbed import TestHub

from hub.access.sign_in.credentials import set_password
from hub.access.sign_in.links import Purpose, new_link
from hub.access.sign_in.totp import new_secret
from hub.access.users import add_user
from hub.config.sections.sign_in import OidcSection
from hub.model import Account, AuditEntry, User
from hub.web.pages.routes import page_routes

PUBLIC = "https://calls.example.com"
STRONG, OTHER = "walnut-ferry-umbrella-41", "copper lantern 9 meadow"
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}
SECRET = SecretStr("the provider's secret")


class Browser:
    """One browser: it keeps cookies and follows no redirects."""

    def __init__(self, app: Any, address: str = "81.2.69.7") -> None:
        self.client = TestClient(app, base_url=PUBLIC, follow_redirects=False, client=(address, 50_000))

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def post(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Any:
        return self.client.post(path, data=fields, headers={**SAME_ORIGIN, **(headers or {})})

    @property
    def is_in(self) -> bool:
        """Whether the browser has a living session."""
        return bool(self.get("/me").status_code == 200)

    def sign_in(self, house: House, password: str = STRONG, name: str = "maria", target: str = "/") -> Any:
        """Name, password and code; the last answer."""
        answer = self.post("/sign-in", name=name, password=password, next=target)
        if answer.status_code != 303:
            return answer
        return self.post(answer.headers["location"], code=house.code())


@dataclass
class House:
    """The hub; `secret` is that of maria's app."""

    stage: TestHub
    maria: User
    secret: str = ""
    codes: list[str] = field(default_factory=list)
    app: Any = None

    def browser(self, address: str = "81.2.69.7") -> Browser:
        return Browser(self.app, address)

    def restart(self, oidc: OidcSection | None = None) -> None:
        """As a new process: nothing is counted."""
        if oidc is not None:
            config = self.stage.hub.config
            section = config.hub.sign_in.model_copy(update={"oidc": oidc})
            object.__setattr__(config, "hub", config.hub.model_copy(update={"sign_in": section}))
        self.app = Starlette(routes=page_routes(self.stage.hub))

    def code(self, secret: str | None = None) -> str:
        return pyotp.TOTP(secret or self.secret).at(int(self.stage.clock().timestamp()))

    def give_password(self) -> None:
        self.secret = new_secret()
        with self.stage.hub.store.writing() as session:
            self.codes = set_password(
                session, self.stage.hub.keyring, self.maria, STRONG, self.secret, self.code(), self.stage.clock()
            )
        self.stage.clock.advance(minutes=1)

    def add(self, name: str, role: str = "admin", email: str | None = None) -> User:
        with self.stage.hub.store.writing() as session:
            return add_user(session, session.exec(select(Account)).one(), name, role, self.stage.clock(), email=email)

    def link(self, purpose: Purpose = "setup", user: User | None = None) -> str:
        """The path of a new link."""
        with self.stage.hub.store.writing() as session:
            return new_link(session, user or self.maria, purpose, self.stage.clock(), "")

    def noted(self) -> list[str]:
        return [f"{each.action} {each.detail}".strip() for each in self.stage.rows(AuditEntry)]


def make_house(stage: TestHub) -> House:
    with stage.hub.store.writing() as session:
        agency = session.exec(select(Account)).one()
        maria = add_user(session, agency, "maria", "owner", stage.clock(), email="maria@example.com")
    house = House(stage, maria)
    house.restart()
    return house


def seen(page: str) -> str:
    """The text of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return html.unescape(found[1])


def shown_secret(page: str) -> str:
    """The app's key as the set-up page spells it."""
    found = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert found, page
    return found[1].replace(" ", "")
