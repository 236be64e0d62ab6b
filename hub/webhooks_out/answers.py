"""What an endpoint's answer means for the event and for those behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from hub.config.sections.webhooks import WebhookSection
from hub.contracts.addresses import may_send_to
from hub.errors import Rejected, RetryLater
from hub.model.states import WebhookEventState
from hub.platform.backoff import Jitter, sane_wait
from hub.plugin_host.public_post import Answer, PublicPost

GIVE_UP_AFTER = timedelta(days=3)
"""An event that an endpoint has not taken within this time, counted from when it was noted or replayed, is set aside."""
PAUSES = (5.0, 30.0, 120.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0)
"""Seconds after the first try, the second, and so on, before jitter; the last one stays. An endpoint that works again after a
long time waits for two hours at most."""
SHORTEST_ASKED = 60.0
"""Seconds, before jitter: what Retry-After may shorten a pause to, so that an endpoint that asks for 0 is not flooded."""
GONE = 410
LIMITED = 429
OF_ITSELF = frozenset((400, 405, 406, 411, 413, 414, 415, 422, 431, 501, 505))
"""The answer is about this request; what comes behind it may well be taken."""


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
    def goes_on(self) -> bool:
        """Whether it is tried again."""
        return self.state == WebhookEventState.READY

    @property
    def is_of_itself(self) -> bool:
        """Whether the answer is about this event alone."""
        return self.status in OF_ITSELF


def post_for(section: WebhookSection) -> PublicPost:
    """What sends to the endpoint: to public addresses only, unless config.yaml allows it a private one."""
    return PublicPost(allowed=partial(may_send_to, section.url, private=section.allow_private))


def verdict_of(outcome: Answer | Exception, tries: int, noted_at: datetime, now: datetime, jitter: Jitter) -> Verdict:
    """What becomes of an event after `tries` tries, of which `outcome` is the last one's."""
    if isinstance(outcome, Answer):
        return _answered(outcome, tries, noted_at, now, jitter)
    said = str(outcome) if isinstance(outcome, RetryLater | Rejected) else f"It failed ({type(outcome).__name__})."
    return replace(_later(said, None, tries, noted_at, now, jitter), left=not isinstance(outcome, Rejected))


def _answered(answer: Answer, tries: int, noted_at: datetime, now: datetime, jitter: Jitter) -> Verdict:
    status, said = answer.status, f"The endpoint answered {answer.status}"
    if 200 <= status < 300:
        return Verdict(WebhookEventState.DELIVERED, status=status)
    if status == GONE:
        return Verdict(WebhookEventState.DEAD, f"{said}: it is gone for good.", status=status, gone=True)
    if 300 <= status < 400:
        said += "; redirects are not followed"
    elif status in OF_ITSELF:
        said += "; it does not take this event"
    return replace(_later(f"{said}.", answer.retry_after, tries, noted_at, now, jitter), status=status)


def _later(reason: str, after: float | None, tries: int, noted_at: datetime, now: datetime, jitter: Jitter) -> Verdict:
    """Try again after the next pause, the last time when the three days are over; after Retry-After, if that is given."""
    left = noted_at + GIVE_UP_AFTER - now
    if left <= timedelta():
        return Verdict(WebhookEventState.DEAD, f"Given up after {tries} tries: {reason}")
    pause = PAUSES[min(tries, len(PAUSES)) - 1]
    if after is None:
        return Verdict(WebhookEventState.READY, reason, now + min(timedelta(seconds=jitter(pause)), left))
    shortest = timedelta(seconds=jitter(min(pause, SHORTEST_ASKED)))
    return Verdict(WebhookEventState.READY, reason, now + max(sane_wait(after), shortest))
