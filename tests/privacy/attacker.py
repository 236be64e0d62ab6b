"""An attacker with web forms, an email address, a phone of their own and a company's public pages."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any

from kept_forms import keep_form
from sqlmodel import select
from testbed import TestHub

from hub.api.carriers import MessageEvent
from hub.model import Company, PrivacyRequest, TextMessage
from hub.privacy_requests.access_file import read_file
from hub.privacy_requests.identity_proof import make_link_token, prove, send_code
from hub.privacy_requests.run import work_tasks
from hub.privacy_requests.steps import RequestRefused, open_request
from hub.texts.bodies import open_body
from hub.visits.forms import SentForm

NUMBER = "+13125550166"
EMAIL = "mallory@example.net"


@dataclass
class Attacker:
    """What anybody can do to the company from outside; `learnt` is every byte that came back to them."""

    stage: TestHub
    learnt: list[bytes] = field(default_factory=list)
    _forms: int = 0

    def types(self, **said: Any) -> None:
        """Send a form on the company's site, from a browser of their own."""
        self._forms += 1
        company = self.stage.directory.companies["lakeside"]
        keep_form(self.stage.hub, company, SentForm(key=f"mallory-{self._forms}", **said))
        self.stage.flow()

    def asks(
        self, kind: str, *, by: str, phone: str | None = None, email: str | None = None, **more: Any
    ) -> str | None:
        """Open a request on the privacy page and prove it with their own phone (`text`) or address (`email`); its id."""
        with self.stage.hub.store.writing() as session:
            company = session.get_one(Company, self.stage.directory.companies["lakeside"].id)
            request = open_request(
                session,
                self.stage.hub,
                company,
                kind,
                actor="the page",
                channel="page",
                phone=phone,
                email=email,
                **more,
            )
        secret = self._code(request.id) if by == "text" else self._token(request.id)
        with self.stage.hub.store.writing() as session:
            current = session.get_one(PrivacyRequest, request.id)
            if secret is None or not prove(session, self.stage.hub, current, secret):
                return None
        self._finish(request.id)
        return request.id

    def writes(self, body: str) -> None:
        """Send a text from their own phone."""
        text = MessageEvent(
            message_id=f"SM-mallory-{self.stage.clock().timestamp()}", at=self.stage.clock(),
            tracking_number="+13125550120", sender_number=NUMBER, body=body,
        )  # fmt: skip
        self.stage.tell(text)
        self.stage.flow()

    def _code(self, request_id: str) -> str | None:
        """The code that came to their own phone; None if it went to somebody else's."""
        hub = self.stage.hub
        with hub.store.writing() as session:
            request = session.get_one(PrivacyRequest, request_id)
            sent = send_code(session, hub, self.stage.directory, request, session.get_one(Company, request.company_id))
        if not sent or request.phone_number != NUMBER:
            return None
        with hub.store.reading() as session:
            texts = select(TextMessage).where(
                TextMessage.person_number == NUMBER, TextMessage.purpose == "identity_code"
            )
            latest = max(session.exec(texts), key=lambda text: (text.at, text.id))
            body = open_body(hub.vault, session, latest) or ""
        return re.findall(r"\b\d{6}\b", body)[0]

    def _token(self, request_id: str) -> str | None:
        """The token of the link that came to their own address; None if it went to somebody else's."""
        with self.stage.hub.store.writing() as session:
            request = session.get_one(PrivacyRequest, request_id)
            return make_link_token(session, self.stage.hub, request) if request.email == EMAIL else None

    def _finish(self, request_id: str) -> None:
        """Let the hub, and an officer who suspects nothing, do all that was asked for; keep what comes back."""
        from hub.privacy_requests.run import run

        hub = self.stage.hub
        work_tasks(hub)
        with hub.store.reading() as session:
            open_still = session.get_one(PrivacyRequest, request_id).state not in ("done", "refused")
        if open_still:
            try:
                run(hub, request_id, "officer")
            except RequestRefused as error:
                self.learnt.append(str(error).encode())
        with hub.store.reading() as session:
            request = session.get_one(PrivacyRequest, request_id)
            self.learnt.append(str(request.certificate).encode() + str(request.outcome).encode())
            data = read_file(session, hub, request) if request.file_path else None
        if data is not None:
            with zipfile.ZipFile(io.BytesIO(data)) as file:
                self.learnt += [file.read(name) for name in file.namelist()]
