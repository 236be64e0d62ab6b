"""May this person be sent a text, or be called back, at this hour? Their consent records first, then the clocks of all their
places. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from hub.api.privacy import ConsentQuestion, ConsentRecord, Opinion
from plugins.consent.jurisdictions.quiet_hours import (
    OWN_CITE,
    Clock,
    HoursRule,
    Week,
    hours_table,
    next_opening,
)
from plugins.consent.jurisdictions.rows import place_code
from plugins.consent.jurisdictions.translate import opinion

SERVICE = "essential.service.notifications.sms"
MARKETING = "marketing.communications.sms"
CALL_BACK = "essential.service.call_back"
USES = (SERVICE, MARKETING, CALL_BACK)
CONTACT = "contact"
"""The channel of a record that only states that the person called or wrote first."""
EXPRESS = ("marketing.communications", MARKETING)
"""Consent to one of these uses is consent to marketing texts. Consent to marketing as a whole (cookie banner) is not.
Source: 47 CFR 64.1200(f)(9), prior express written consent; CASL s. 6 and 10, express consent."""


OUR_OWN = {"cite": OWN_CITE, "source": "not a law"}


def may_contact(question: ConsentQuestion, trades_in: tuple[str, ...], marketing_hours: Week) -> Opinion:
    """`deny` with `not_before` if only the hour is wrong."""
    said = _consent(question, trades_in)
    if said.verdict != "allow":
        return said
    return _hours(question, trades_in, marketing_hours, said)


def _consent(question: ConsentQuestion, trades_in: tuple[str, ...]) -> Opinion:
    if question.use == MARKETING:
        heard = tuple(each for each in question.records if each.state != "given" or each.use in EXPRESS)
        return opinion(replace(question, records=heard), trades_in)
    law = opinion(question, trades_in)
    if law.verdict != "allow":
        return law
    oldest = question.at - timedelta(days=hours_table().contact_days)
    heard = tuple(each for each in question.records if each.channel != CONTACT or each.at >= oldest)
    word = replace(question, records=heard).latest_record()
    if word is None:
        reason = f"The person neither wrote nor called first, nor consented to {_what(question)}."
        return Opinion(verdict="needs", rule_id="jurisdictions.texts.nobody_asked", reason=reason)
    evidence = {"person": word.state, "by": CONTACT if word.channel == CONTACT else "their own word"}
    if word.state != "given":
        reason = f"The person has refused {_what(question)}."
        return Opinion(verdict="deny", rule_id="jurisdictions.texts.refused", reason=reason, evidence=evidence)
    reason = f"The person wrote or called first, or consented to {_what(question)}."
    return Opinion(verdict="allow", rule_id="jurisdictions.texts.asked", reason=reason, evidence=evidence)


def _hours(question: ConsentQuestion, trades_in: tuple[str, ...], marketing_hours: Week, said: Opinion) -> Opinion:
    table = hours_table()
    if question.use != MARKETING and _just_now(question.records, question, table.free_minutes):
        return said
    if question.use == SERVICE:
        clocks = _clocks(question, trades_in, table.service, law=False)
    elif question.use == CALL_BACK:
        # No law limits the hours of calls that answer somebody; the hours of telephone solicitation are kept all the same.
        clocks = _clocks(question, trades_in, table.service, law=True)
    else:
        clocks = _clocks(question, trades_in, marketing_hours, law=True)
    closed = [clock for clock in clocks if not clock.opens(question.at)]
    if clocks and not closed:
        return said
    later = next_opening(clocks, question.at) if clocks else None
    forbidding = [law for clock in clocks for law in clock.forbidding(question.at)]
    rule = max(forbidding, key=lambda law: (len(law.places[0]), law.id), default=None)
    whose = "that the law allows" if rule else "that this hub allows"
    return Opinion(
        verdict="deny",
        rule_id=f"jurisdictions.quiet_hours.{rule.id if rule else 'own'}",
        reason=f"It is outside the hours {whose} for such {_what(question)} where the person may be."
        if later
        else f"There is no hour of the week for such {_what(question)} in all zones where the person may be.",
        evidence={
            "zones": ", ".join(sorted({clock.zone for clock in closed})) or "unknown",
            **(rule.provenance if rule else OUR_OWN),
        },
        not_before=later,
    )


def _what(question: ConsentQuestion) -> str:
    return "calls" if question.use == CALL_BACK else "texts"


def _just_now(records: Iterable[ConsentRecord], question: ConsentQuestion, minutes: int) -> bool:
    since = question.at - timedelta(minutes=minutes)
    return any(each.channel == CONTACT and each.at >= since for each in records)


def _clocks(question: ConsentQuestion, trades_in: tuple[str, ...], own: Week, *, law: bool) -> list[Clock]:
    """One clock for each zone in which the person may be, with all rules that apply there. If the zone is unknown: the
    business's own clocks with the narrowest hours."""
    table = hours_table()
    hours: dict[str, list[Week]] = {}
    laws: dict[str, list[HoursRule]] = {}
    anywhere = not question.person_places
    for place in question.person_places:
        zones = place.time_zones or table.zones.get((place.country or "").upper(), ())
        rules = table.rules_at(place_code(place)) if law and place.country else ()
        for zone in zones:
            hours.setdefault(zone, [own])
            laws.setdefault(zone, []).extend(rules)
        anywhere = anywhere or not zones
    if anywhere:
        rules = _unlocated(trades_in) if law else ()
        for place in question.business_places:
            for zone in place.time_zones or table.zones.get((place.country or "").upper(), ()):
                hours.setdefault(zone, [own]).append(table.unknown)
                laws.setdefault(zone, []).extend(rules)
    return [Clock.of(zone, own_hours, laws[zone]) for zone, own_hours in sorted(hours.items())]


def _unlocated(trades_in: tuple[str, ...]) -> tuple[HoursRule, ...]:
    table = hours_table()
    return tuple({rule.id: rule for code in trades_in for rule in table.rules_at(code)}.values()) or table.rules
