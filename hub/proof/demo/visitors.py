"""The visitors of the day: each uses a company's page in a browser, or sends the hub the same requests as such a page."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, Protocol

import httpx2

from hub.proof.demo.scenario import Story

Way = Literal["page", "api"]


@dataclass(frozen=True)
class Showing:
    """What one visitor saw: a number in E.164, and the visit that the page says it belongs to.

    `number` is the number in the text and `linked` the number of its tel: link; both are None if no number was shown.
    """

    way: Way
    company: str
    number: str | None
    linked: str | None
    visit_id: str | None


class Visitor(Protocol):
    """A visitor of a company's website."""

    @property
    def showing(self) -> Showing:
        """What the visitor sees now."""
        ...

    def send_form(self, index: int, story: Story) -> bool:
        """Fill in the contact form and send it; False if the page may not pass it to the hub."""
        ...

    def leave(self) -> None:
        """Close the page."""
        ...


class Entrance(Protocol):
    """A way for visitors to come."""

    def arrive(self, story: Story) -> Visitor:
        """Let a visitor come, until a number is shown."""
        ...


class ApiEntrance:
    """An entrance without a browser: sends the hub the requests of the page's script directly."""

    def __init__(self, client: httpx2.Client, seed: int) -> None:
        self._client, self._seed = client, seed

    def arrive(self, story: Story) -> Visitor:
        """Report a visit as a human's."""
        reply = self._client.post(
            f"/track/{story.company}/visit",
            headers=_headers(story),
            json={
                "landing_page": story.landing_page,
                "referrer": story.referrer,
                "consent": dict(story.consent),
                "country": story.country,
                "human": True,
            },
        )
        reply.raise_for_status()
        shown = reply.json()
        read = shown.get("cookies", ())
        cookies = {name: value for name, value in story.cookies if any(fnmatchcase(name, each) for each in read)}
        if cookies:
            self._client.post(
                f"/track/{story.company}/visit",
                headers=_headers(story),
                json={
                    "visit_id": shown["visit_id"],
                    "consent": dict(story.consent),
                    "country": story.country,
                    "cookies": cookies,
                    "human": True,
                },
            ).raise_for_status()
        showing = Showing("api", story.company, shown["number"], shown["number"], shown["visit_id"])
        return _ApiVisitor(self._client, self._seed, showing)


@dataclass(frozen=True)
class _ApiVisitor:
    client: httpx2.Client
    seed: int
    showing: Showing

    def send_form(self, index: int, story: Story) -> bool:
        """Every second form is sent twice, like a browser that retries."""
        form = {
            "submission_key": f"demo-{self.seed}-{index}",
            "visit_id": self.showing.visit_id,
            "form_id": story.form,
            "page": story.landing_page,
            "fields": written(index, story),
            "consent": dict(story.consent),
        }
        for _ in range(2 if index % 2 == 0 else 1):
            self.client.post(f"/track/{story.company}/form", headers=_headers(story), json=form).raise_for_status()
        return True

    def leave(self) -> None:
        """Report the end of the visit."""
        if self.showing.visit_id is not None:
            self.client.post(f"/track/{self.showing.company}/visit/{self.showing.visit_id}/end")


def written(index: int, story: Story) -> dict[str, str]:
    """The values that the visitor enters in the form's fields."""
    first_name, _, last_name = story.caller_name.lower().partition(" ")
    return {
        "name": story.caller_name,
        "phone": story.caller or "",
        "email": f"{first_name}.{last_name or index}@example.com",
        "message": story.message,
    }


def signals(story: Story) -> dict[str, str]:
    """The privacy signals that the visitor's browser sends with every request."""
    return {name: "1" for name, sent in (("sec-gpc", story.gpc), ("dnt", story.dnt)) if sent}


def _headers(story: Story) -> dict[str, str]:
    return {"user-agent": "Mozilla/5.0 (demo)", **signals(story)}
