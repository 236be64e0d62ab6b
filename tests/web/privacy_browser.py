"""A visitor's browser on the privacy pages, and what they do there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx2
from web_edge import CALLER, PUBLIC, Edge

from hub.delivery.send_texts import send_texts
from hub.privacy_requests.run import work_tasks

PAGE = "/privacy/lakeside"
STRANGER = "+13125550177"


@dataclass
class Browser:
    """A browser with its cookies, at the hub's real address; the cookies are for https and are carried by hand."""

    edge: Edge
    cookies: dict[str, str] = field(default_factory=dict)

    def _keep(self, reply: httpx2.Response) -> httpx2.Response:
        for line in reply.headers.get_list("set-cookie"):
            assert "HttpOnly" in line and "Secure" in line
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return reply

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self._keep(self.edge.client.get(path, headers={"cookie": self._cookie(), **headers}))

    def post(self, path: str, origin: str | None = PUBLIC, **fields: str) -> httpx2.Response:
        headers = {"cookie": self._cookie()} | ({"origin": origin} if origin else {})
        return self._keep(self.edge.client.post(path, data=fields, headers=headers))

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def form(self, path: str = PAGE) -> str:
        """The hidden field of a page's form."""
        found = re.search(r'name="form" value="([0-9a-f]+)"', self.get(path).text)
        assert found
        return found[1]

    def ask(self, kind: str, phone: str = CALLER, **more: str) -> str:
        """Ask for something; the address of the request's page."""
        reply = self.post(f"{PAGE}/requests", form=self.form(), kind=kind, phone=phone, **more)
        assert reply.status_code == 303, reply.text
        return reply.headers["location"].removeprefix(PUBLIC)

    def code(self) -> str:
        """The code in the last text that the carrier was given."""
        work_tasks(self.edge.opened.hub)
        send_texts(self.edge.opened.hub, self.edge.opened.directory.current(), "twilio")
        (code,) = re.findall(r"\b\d{6}\b", self.edge.twilio.texts()[-1]["body"])
        return str(code)

    def prove(self, here: str, code: str | None = None) -> httpx2.Response:
        return self.post(f"{here}/proof", form=self.form(here), secret=code or self.code())
