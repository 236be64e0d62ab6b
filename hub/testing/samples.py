"""Fictional people, conversions and calls for the suites; each new one has a unique key."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hub.contracts.answers import Dial, Gather, HangUp, Instruction, Moment, Play, Say, TakeMessage
from hub.contracts.conversions import CallActivity, Conversion
from hub.contracts.costs import Cost
from hub.contracts.numbers import NumberSetup
from hub.contracts.sandbox import SimulatedCall
from hub.contracts.untrusted import JsonObject
from hub.contracts.values import Money

NUMBERS = itertools.count(1)
KEY = re.compile(r"(?:conversion|call)-\d{6}")
"""The keys of conversions and calls."""
AREA_CODES = ("312", "415", "206", "617", "713", "303", "602", "404")

FOREIGN = {"Britain": "+442079460018", "Germany": "+493023125018", "Brazil": "+5511912340018"}
"""Numbers of other countries; the first two are kept free for fiction by Ofcom and the Bundesnetzagentur."""

DIAL = "+13125550199"
TRACKING_NUMBER = "+13125550100"
HOSTILE = '</Say><Hangup/> & "{{7*7}}" ]]> \\u003c \x00 Привет'
"""Text that must stay text in the language of any carrier's documents."""

OTHER_DIAL = "+13125550198"

WAITING: Mapping[str, Instruction] = {
    "dial": Dial(numbers=(DIAL,), ring_seconds=20, record=True, whisper=True, mark="v1.sales"),
    "several": Dial(numbers=(DIAL, OTHER_DIAL), ring_seconds=20, mark="v1.team"),
    "keys": Gather(prompts=(Say(text="For sales press 1."),), seconds=6, mark="v1.menu"),
    "message": TakeMessage(longest=90, mark="v1.night"),
}
"""Each instruction after which the carrier asks again."""
ANSWERS: Mapping[str, tuple[Moment, tuple[Instruction, ...]]] = {
    "greeting and dial": ("ringing", (Say(text="Thank you for calling."), WAITING["dial"])),
    "only the forward": ("ringing", (Dial(numbers=(DIAL,)),)),
    "several phones at once": ("ringing", (WAITING["several"],)),
    "menu": ("ringing", (WAITING["keys"],)),
    "menu with a file": (
        "digits",
        (Gather(prompts=(Play(url="https://calls.example.com/audio/menu.wav"), Say(text="Press 1."))),),
    ),
    "choice": ("digits", (Say(text="Connecting.", language="en-GB"), Dial(numbers=(DIAL,)))),
    "message": ("dial_ended", (Say(text="Please leave a message."), WAITING["message"])),
    "end": ("message_left", (HangUp(),)),
    "farewell": ("dial_ended", (Say(text="Goodbye."), HangUp())),
    "whisper": ("whisper", (Say(text="Call from Spring flyer."),)),
    "no whisper": ("whisper", ()),
}
"""Answers of every kind by name."""


def key(word: str) -> str:
    """A key that no earlier sample has."""
    return f"{word}-{next(NUMBERS):06d}"


def person_number() -> str:
    """A fictional number (NPA-555-01xx) that differs from the last few hundred, and from those above."""
    area, line = divmod(next(NUMBERS), 97)
    return f"+1{AREA_CODES[area % len(AREA_CODES)]}55501{line + 1:02d}"


CLICK_IDS = ("gclid", "msclkid", "fbclid", "ttclid")


def click_id(name: str, number: int) -> str:
    """A click id as its network writes it: Microsoft's is a UUID."""
    return f"DD4AFCCCB1C94A4CAD9544DD{number:08X}" if name == "msclkid" else f"Test-{name}-{number:08d}"


COOKIES = {
    "_fbp": "fb.1.1795532400000.{number:010d}",
    "_fbc": "fb.1.1795532400000.Test-fbclid-{number:08d}",
    "_ga": "GA1.1.{number:010d}.1795532400",
    "_ga_*": "GS2.1.s1795532400$o1$g1$t{number:010d}$j60$l0$h0",
}
"""Values of well-known cookies, as their owners write them."""


def conversion(
    now: datetime,
    destination: Mapping[str, Any],
    clicks: Iterable[str] = CLICK_IDS,
    cookie_names: Iterable[str] = (),
    **changes: Any,
) -> Conversion:
    """A call that became business an hour ago, with everything known about the person."""
    started = now - timedelta(hours=1)
    number = next(NUMBERS)
    values: JsonObject = {
        "key": key("conversion"),
        "name": "qualified call",
        "occurred_at": started,
        "value": Money(Decimal("40.00"), "USD"),
        "destination": destination,
        "ad_user_data": "granted",
        "ad_personalization": "granted",
        "call_started_at": started,
        "click_ids": {name: click_id(name, number) for name in clicks},
        "clicked_at": dict.fromkeys(clicks, started),
        "cookies": {
            name.replace("*", "TEST123"): COOKIES.get(name, "test-cookie-{number:08d}").format(number=number)
            for name in cookie_names
        },
        "phone_number": person_number(),
        "email": f"pat.doe.{number}@example.com",
        "country": "US",
        "landing_page": f"https://www.example.com/drains?visit={number}",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Example/1.0",
    }
    return Conversion(**(values | changes))


def call_activity(now: datetime, **changes: Any) -> CallActivity:
    """A finished call, answered, from an ad."""
    values: JsonObject = {
        "key": key("call"),
        "answered": True,
        "started_at": now - timedelta(minutes=10),
        "duration": 95,
        "tracking_number": TRACKING_NUMBER,
        "company": "Example Plumbing",
        "source": "Google Ads",
        "medium": "cpc",
        "campaign": "drains-chicago",
        "caller_number": person_number(),
        "caller_name": "PAT DOE",
        "landing_page": "https://www.example.com/drains?visit=77",
        "recording_url": "https://calls.example.com/recordings/77",
    }
    return CallActivity(**(values | changes))


def simulated_call(now: datetime, **changes: Any) -> SimulatedCall:
    """A call to a tracking number that is answered by the business."""
    values: JsonObject = {
        "caller_number": person_number(),
        "tracking_number": TRACKING_NUMBER,
        "answering_number": DIAL,
        "started_at": now,
    }
    return SimulatedCall(**(values | changes))


def number_setup(number: str, webhook_url: str, label: str = "") -> NumberSetup:
    """The webhooks of a number, all at one connector's address."""
    return NumberSetup(
        number=number,
        voice_url=f"{webhook_url}/voice",
        fallback_url=f"{webhook_url}/fallback",
        status_url=f"{webhook_url}/status",
        message_url=f"{webhook_url}/message",
        message_fallback_url=f"{webhook_url}/message_fallback",
        label=label,
    )


def cost(day: date, amount: str) -> Cost:
    """What a new campaign with one ad group cost on a day."""
    number = next(NUMBERS)
    return Cost(
        day=day,
        source="ads",
        medium="cpc",
        campaign=f"Campaign {number}",
        campaign_id=str(21_000_000_000 + number),
        ad_group=f"Ad group {number}",
        ad_group_id=str(31_000_000_000 + number),
        cost=Money(Decimal(amount), "USD"),
        clicks=3,
        impressions=120,
    )
