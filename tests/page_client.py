"""A browser without JavaScript that is signed in to the pages of a test hub."""

from __future__ import annotations

import re
from typing import Any

from sqlmodel import Session, select
from starlette.applications import Starlette
from starlette.testclient import TestClient
from testbed import Pages, TestHub

from hub.access.sign_in.sessions import open_session
from hub.access.users import add_user
from hub.model import Account, Company, User, UserCompany
from hub.web.pages.routes import page_routes

PHONE = "+13125550190"


class PageClient:
    """One signed-in user's browser. `get` and `post` follow no redirects."""

    def __init__(self, stage: TestHub, user: User | None, token: str | None = None) -> None:
        self.stage, self.user = stage, user
        public = str(stage.hub.config.hub.public_url).rstrip("/")
        self.client = TestClient(pages(stage), base_url=public, follow_redirects=False)
        if user is not None:
            if token is None:
                with stage.hub.store.writing() as session:
                    token = new_token(session, user, stage)
            self.client.cookies.set("__Host-hub" if public.startswith("https:") else "hub_session", token)

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> Any:
        headers = {"sec-fetch-site": "same-origin", **options.pop("headers", {})}
        return self.client.post(path, data=data or {}, headers=headers, **options)

    def text(self, path: str, **options: Any) -> str:
        """What a reader sees of a page, without tags."""
        answer = self.get(path, **options)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return seen(answer.text)


def pages(stage: TestHub) -> Starlette:
    """The pages of a hub, which all its browsers share; with the directory as it is now."""
    if stage.pages is None or stage.pages.hub is not stage.hub:
        routes = page_routes(stage.hub, stage.live, config_file=stage.config_file)
        stage.pages = Pages(stage.hub, Starlette(routes=routes))
    stage.live.refresh()
    return stage.pages.app


def new_token(session: Session, user: User, stage: TestHub) -> str:
    """The token of a new session of a user."""
    return open_session(session, user, "link", "Test", stage.clock())


def seen(html: str) -> str:
    """The text of a page, blanks joined."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", re.sub("</?mark>", "", html), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body).replace("&#39;", "'").replace("&amp;", "&"))


def signed_in(stage: TestHub, role: str = "owner", *companies: str, account: str = "agency") -> PageClient:
    """A new user of a role, limited to `companies` if some are named, in a browser."""
    with stage.hub.store.writing() as session:
        row = session.exec(select(Account).where(Account.name == account)).one()
        name = "-".join([role.replace("_", "-"), account, *companies])
        user = session.exec(select(User).where(User.name == name)).first()
        if user is None:
            user = add_user(session, row, name, role, stage.clock(), phone_numbers=[PHONE] if role == "agent" else [])
            for each in companies:
                company = session.exec(select(Company).where(Company.name == each)).one()
                session.add(UserCompany(user_id=user.id, company_id=company.id))
        token = new_token(session, user, stage)
    return PageClient(stage, user, token)
