"""What the URL says about the simulated call: when, who calls from where, for which reason, and what people do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.config.callflow.simulate import Behavior
from hub.contracts.consent import Place
from hub.contracts.phones import phone_number
from hub.contracts.places import is_place, places_of_number
from hub.contracts.regions import REGIONS
from hub.platform.formats import phone
from hub.queries.flow_simulation import Known

ATTRIBUTION = ("source", "medium", "campaign", "landing_page")
FIELDS = ("at", "from", *ATTRIBUTION, "known", "tag", "keys", "says", "who")
MAX_LENGTH, MAX_KEYS, MAX_SAID = 200, 60, 1_000
AREA_CODE = re.compile(r"[2-9][0-9]{2}")
YEARS = range(2000, 2100)
EXCHANGE_OF_EXAMPLES = "5550100"
"""Completes an area code to a number that belongs to nobody."""


@dataclass
class SimulatedCaller:
    """The form of the simulation, as the URL fills it."""

    values: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    number: str | None = None
    places: tuple[Place, ...] = ()

    def value(self, name: str) -> str:
        """The value of an input."""
        return self.values.get(name, "")

    @property
    def hint(self) -> str:
        """Where the number says that the caller is."""
        names = " or ".join(sorted({place_name(each) for each in self.places}))
        if self.number and not self.value("from").startswith("+") and AREA_CODE.fullmatch(self.value("from")):
            return f"Area code {self.value('from')}: {names or 'no known place'}."
        if self.number or self.places:
            return f"{phone(self.number) if self.number else 'Any number'}: {names or 'no known place'}."
        return "A number, an area code like 312, a place like US-MI, or empty. Nothing stored about the person is read."

    @property
    def behavior(self) -> Behavior:
        """What the caller and the business do."""
        typed = self.value("keys").replace(" ", "")
        keys = typed.split(",") if "," in typed else list(typed)
        says = [each.strip() for each in self.value("says").split("/")] if self.value("says") else ()
        return Behavior(keys=keys[:MAX_KEYS], answers=self.value("who") != "nobody", says=says)

    def known(self, zone: ZoneInfo) -> Known:
        """What is known about the call."""
        repeat = self.value("known") == "repeat" or bool(self.value("tag"))
        at = _moment(self.value("at"))
        return Known(
            caller=self.number,
            at=at.replace(tzinfo=zone) if at else None,
            first_time=not repeat,
            last_answered_by=None,
            tags=frozenset(filter(None, [self.value("tag")])),
            attribution={name: self.value(name) or None for name in ATTRIBUTION},
            places=() if self.number else self.places,
        )


def caller_of(query: Mapping[str, str], country: str, now: datetime) -> SimulatedCaller:
    """The form as the URL fills it; a call now if the URL says nothing. `now` is in the company's time zone."""
    most = {"says": MAX_SAID}
    values = {name: query.get(name, "").replace("\0", "")[: most.get(name, MAX_LENGTH)].strip() for name in FIELDS}
    values["at"] = values["at"] or now.strftime("%Y-%m-%dT%H:%M")
    caller = SimulatedCaller(values)
    if _moment(values["at"]) is None:
        caller.errors["at"] = "Write a day and a time, like 2026-11-24 10:00."
    if re.fullmatch(r"[0-9*#, ]*", values["keys"]) is None:
        caller.errors["keys"] = "Write the keys 0 to 9, * and #, like 2 or 2,,1; nothing between commas is no key."
    _place(caller, country)
    return caller


def _place(caller: SimulatedCaller, country: str) -> None:
    typed = caller.value("from")
    if not typed:
        return
    code = _place_code(typed, country)
    if code:
        land, _, region = code.partition("-")
        caller.places = (Place(country=land, region=region or None),)
        return
    full = f"+1{typed}{EXCHANGE_OF_EXAMPLES}" if AREA_CODE.fullmatch(typed) else typed
    caller.number = phone_number(full) or phone_number(full, country)
    caller.places = places_of_number(caller.number)
    if caller.number is None:
        caller.errors["from"] = (
            "This is neither a phone number nor a place. Write +1 312 555 0142, 312, US-MI or Michigan."
        )


def _place_code(typed: str, country: str) -> str | None:
    """`US-MI` for itself, for MI in a company of the United States, and for Michigan."""
    for land in dict.fromkeys((country, *REGIONS)):
        names = {name.casefold(): f"{land}-{code}" for name, code in REGIONS.get(land, {}).items()}
        if typed.casefold() in names:
            return names[typed.casefold()]
    upper = typed.upper()
    return next((code for code in (f"{country}-{upper}", upper) if len(upper) > 1 and is_place(code)), None)


def place_name(place: Place) -> str:
    """Michigan (US-MI), or the country's code."""
    code = "-".join(filter(None, (place.country, place.region)))
    names = {region: name for name, region in REGIONS.get(place.country or "", {}).items()}
    return f"{names[place.region]} ({code})" if place.region in names else code or "an unknown place"


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None
    return at if at.year in YEARS else None
