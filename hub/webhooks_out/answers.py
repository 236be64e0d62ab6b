"""What an endpoint's answer means for the event and for those behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.config.sections.webhooks import WebhookSection
from hub.contracts.addresses import is_connectable, is_public
from hub.errors import Rejected, RetryLater
from hub.model.states import WebhookEventState
from hub.platform.backoff import Jitter, next_try
from hub.plugin_host.public_post import Answer, PublicPost

GIVE_UP_AFTER = timedelta(hours=24)
"""An event that an endpoint has not taken within this time, counted from when it was noted or replayed, is set aside."""
MAX_REFUSALS = 5
"""Tries of an event that the endpoint answers with an error of its own: over about half an hour the others wait for it."""
LONGEST_STEP = 4
"""The pauses grow up to half an hour, so that an endpoint that works again does not wait for long."""
GONE = 410
BUSY = frozenset((408, 425, 429, 502, 503, 504))
"""The endpoint, or what is before it, takes nothing now, whatever is sent."""
UNREADABLE = frozenset((400, 405, 406, 411, 413, 414, 415, 422, 431, 501, 505))
"""It will not take this request however often it comes."""


@dataclass(frozen=True)
class Verdict:
    """What becomes of an event after a try."""

    state: WebhookEventState
    reason: str | None = None
    due_at: datetime | None = None
    status: int | None = None
    left: bool = True
    """Whether its content left the hub, or may have."""
    gone: bool = False
    """Whether the endpoint is gone for good."""

    @property
    def holds_up(self) -> bool:
        """Whether the events behind it wait."""
        return self.state == WebhookEventState.READY


def post_for(section: WebhookSection) -> PublicPost:
    """What sends to the endpoint: to public addresses only, unless config.yaml allows it a private one."""
    if not section.allow_private:
        return PublicPost()
    if section.url.startswith("http://"):
        return PublicPost(allowed=lambda address: is_connectable(address) and not is_public(address))
    return PublicPost(allowed=is_connectable)


def verdict_of(outcome: Answer | Exception, tries: int, noted_at: datetime, now: datetime, jitter: Jitter) -> Verdict:
    """What becomes of an event after `tries` tries, of which `outcome` is the last one's."""
    if isinstance(outcome, Answer):
        return _answered(outcome, tries, noted_at, now, jitter)
    if isinstance(outcome, RetryLater):
        return _later(str(outcome), None, tries, noted_at, now, jitter)
    if isinstance(outcome, Rejected):
        return Verdict(WebhookEventState.DEAD, str(outcome), left=False)
    # Whatever the other side does, it is tried again and then given up.
    return _later(f"It failed ({type(outcome).__name__}).", None, tries, noted_at, now, jitter)


def _answered(answer: Answer, tries: int, noted_at: datetime, now: datetime, jitter: Jitter) -> Verdict:
    status, said = answer.status, f"The endpoint answered {answer.status}"
    if 200 <= status < 300:
        return Verdict(WebhookEventState.DELIVERED, status=status)
    if status == GONE:
        return Verdict(WebhookEventState.DEAD, f"{said}: it is gone for good.", status=status, gone=True)
    if 300 <= status < 400:
        return Verdict(WebhookEventState.DEAD, f"{said}; redirects are not followed.", status=status)
    if status in UNREADABLE:
        return Verdict(WebhookEventState.DEAD, f"{said}; it does not take this event.", status=status)
    if status not in BUSY and tries >= MAX_REFUSALS:
        return Verdict(WebhookEventState.DEAD, f"Given up after {tries} tries: {said}.", status=status)
    return replace(_later(f"{said}.", answer.retry_after, tries, noted_at, now, jitter), status=status)


def _later(reason: str, after: float | None, tries: int, noted_at: datetime, now: datetime, jitter: Jitter) -> Verdict:
    due = next_try(
        now, min(tries, LONGEST_STEP), retry_after=after, event_time=noted_at, max_age=GIVE_UP_AFTER, jitter=jitter
    )
    if due is None:
        return Verdict(WebhookEventState.DEAD, f"Given up after {tries} tries: {reason}")
    return Verdict(WebhookEventState.READY, reason, due)
