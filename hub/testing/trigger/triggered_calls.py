"""Plays one realistic call into a running hub: a visitor clicks an ad, sees a number, and calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import urlencode

from hub.config.models import Config
from hub.contracts.phones import phone_number
from hub.contracts.sandbox import SimulatedCall
from hub.contracts.untrusted import JsonObject
from hub.errors import CannotDo, ConfigError
from hub.platform.clock import utc_now
from hub.runtime import webhook_url
from hub.testing.trigger.running_hub import RunningHub, Target, stand_in

CALLER = "+12025550123"
"""A fictional number: it belongs to nobody."""
RING = timedelta(seconds=4)
Outcome = Literal["answered", "voicemail", "abandoned"]
Say = Callable[[str], None]
"""Takes one sentence about what was done."""


@dataclass(frozen=True, kw_only=True)
class Ad:
    """The ad that the visitor clicked."""

    source: str = "google"
    medium: str = "cpc"
    campaign: str | None = None
    click_ids: Mapping[str, str] = field(default_factory=dict)
    """By parameter name, as in the landing page's address."""


@dataclass(frozen=True, kw_only=True)
class CallPlan:
    """How the call goes. The keys are pressed one at each menu."""

    caller: str = CALLER
    outcome: Outcome = "answered"
    talk: timedelta = timedelta(seconds=90)
    keys: str = ""


def play_call(running: RunningHub, target: Target, ad: Ad, plan: CallPlan, say: Say) -> str:
    """Play the call; the carrier's id of it. CannotDo if the connector is live, no hub answers, or it refuses a webhook."""
    number = _number(running, target, ad, say)
    played = SimulatedCall(
        caller_number=fictional(plan.caller), tracking_number=number, started_at=utc_now(), outcome=plan.outcome,
        answering_number=target.company.flow_of(target.tracker).forward, ring=RING, talk=plan.talk, keys=tuple(plan.keys),
    )  # fmt: skip
    carrier = _carrier_of(target, number)
    with stand_in(running.config, carrier) as sandbox:
        say(f"{played.caller_number} calls {number}.")
        call_id = sandbox.place_call(played, webhook_url(running.config, carrier), running.post)
        for heard in sandbox.spoken(call_id):
            say(f"  hears: {heard}")
    say_webhooks(running, say)
    return call_id


def can_play(config: Config, target: Target) -> bool:
    """Whether the carrier of a tracker is a stand-in, so that made-up calls may be played to it."""
    entry = config.connectors.get(target.tracker.carrier)
    return entry is not None and entry.in_sandbox


def fictional(number: str) -> str:
    """A number that belongs to no one, because what is played may lead to texts and uploads; ConfigError for any other."""
    read = phone_number(number)
    if read is None or not (read.startswith("+1") and read[5:10] == "55501"):
        raise ConfigError(
            f"{number} may be somebody's number. Use a fictional one, 555-0100 to 555-0199, like +1 202 555 0123."
        )
    return read


def landing_page(target: Target, ad: Ad) -> str:
    """The page that the ad leads to."""
    domain = next(iter(target.company.domains), "example.com")
    tags = {"utm_source": ad.source, "utm_medium": ad.medium, "utm_campaign": ad.campaign, **ad.click_ids}
    return f"https://{domain}/?{urlencode({name: value for name, value in tags.items() if value})}"


def visit(running: RunningHub, target: Target, ad: Ad, say: Say) -> JsonObject:
    """A visitor opens the page; what it would show: `visit_id`, `number`."""
    page = landing_page(target, ad)
    say(f"A visitor opens {page}")
    return running.visit(target.company.name, page, "https://www.google.com/", target.company.country)


def say_webhooks(running: RunningHub, say: Say) -> None:
    """How many webhooks the hub took, and how fast; CannotDo if it refused one."""
    refused = [status for _, status, _ in running.sent if status >= 300]
    if refused:
        many = "a webhook" if len(refused) == 1 else f"{len(refused)} webhooks"
        raise CannotDo(f"The hub refused {many} of the stand-in with status {refused[0]}.")
    count, first = len(running.sent), running.sent[0][2]
    say(f"{count} webhook{'' if count == 1 else 's'} acknowledged, the first after {first * 1000:.0f} ms.")


def _number(running: RunningHub, target: Target, ad: Ad, say: Say) -> str:
    """The number to call: the one of a source, or the one that a visitor of the website sees."""
    if target.tracker.type == "source":
        return target.tracker.numbers[0]
    number = visit(running, target, ad, say)["number"]
    if number is None:
        raise CannotDo(
            "The website shows no tracking number to this visitor: the pool is empty, or the visitor is asked first."
        )
    say(f"The page shows {number}.")
    return str(number)


def _carrier_of(target: Target, number: str) -> str:
    """The page may show the number of another tracker of the company."""
    return next((each.carrier for each in target.company.trackers if number in each.numbers), target.tracker.carrier)
