"""The fields of a call flow's forms: the kinds of what its models do not say by their types, labels and hints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import BaseModel

from hub.config.callflow.definition import END, STEP_TYPES, Case, Flow
from hub.config.callflow.hours import DAYS
from hub.config.error_messages import known_keys
from hub.web.forms.derive import fields_of, said
from hub.web.forms.field import Field, Values
from hub.web.pages.flows.week import DAY_NAMES

LABELS: Mapping[str, tuple[str, str]] = {
    "say": ("What the caller hears", "Spoken by the carrier's voice."),
    "play": ("Play a file instead", "WAV or MP3, in the folder of config.yaml. The text above must be empty then."),
    "text": ("The text", "Sent to the caller if the law and the caller's own word allow it."),
    "number": ("Phone that rings", "With the country's code, like +1 312 555 0142."),
    "numbers": ("Phones that ring", ""),
    "also": ("Phones that ring too, later", "Those above are called anew, together with these. Empty: none."),
    "also_after": ("Seconds until those ring too", "If nobody has answered by then."),
    "ring_seconds": ("Rings for, in seconds", "In all."),
    "record": ("Record the conversation where the law allows it", "The flow then needs a recording notice."),
    "whisper": (
        "Said only to the person who answers",
        "[source] stands for the source of the call. Empty: nothing is said.",
    ),
    "accept": (
        "Who picks up takes the call",
        "With the key, a voicemail never takes a call; “Press 1 to take this call” follows what is said above.",
    ),
    "time_limit": ("Longest conversation, in seconds", "Then the call ends. Empty: no limit."),
    "skills": (
        "Agents need",
        "One skill a line, as `agents` of the flow name them in config.yaml. Empty: every agent.",
    ),
    "announce_seconds": ("Place and waiting time are said, in seconds", "How often; 0 for never."),
    "longest_wait": ("Longest wait, in seconds", "Then the call goes on."),
    "most_waiting": ("Callers who wait at once", "No more come in."),
    "pause_seconds": ("Pause of an agent after a conversation, in seconds", ""),
    "target_seconds": ("Answered in time if within, in seconds", "For the service level of the report."),
    "leave_key": ("Key that leaves the queue", "Empty: none."),
    "call_back_key": ("Key that asks for a call back", "The caller hangs up and keeps the place. Empty: none."),
    "sticky": ("A known caller first reaches the phone that answered last time", ""),
    "tries": ("How many phones are tried", "One after the other."),
    "hours": ("Each day", "Type 8, 8am or 17:30; all three are understood."),
    "time_zone": ("Time zone", "Like America/Chicago. Empty: the company's."),
    "holidays": ("Closed on public holidays", ""),
    "dates": (
        "Special days",
        "With hours like 9:00 am to 1:00 pm, or nothing if it is closed. They count before all others.",
    ),
    "seconds": ("Seconds to wait for a key", ""),
    "repeat": ("Said again", "How often, if the caller presses no listed key."),
    "longest": ("Longest message, in seconds", ""),
    "user": ("Whose it is", "The email address of a user, whom the page Voicemail then names. Empty: nobody's."),
    "language": ("Language", "Of what this step says, like es-US. Empty: that of the flow."),
    "tags": ("Tags", ""),
    "keys": ("Keys", ""),
    "box": ("Whose messages", "A voicemail of this flow."),
    "pin": ("PIN", "Six digits, which are stored sealed. Write six others to change it."),
    "zips": ("ZIP codes", "A ZIP code or its beginning, like 48201 or 482. The longest that fits counts."),
    "ways": (
        "Ways",
        "Each gets the same share of callers; a step that is named twice gets twice as many. A caller who calls again goes "
        "the same way.",
    ),
    "agent": ("Assistant", "The connector that answers, such as scripted."),
    "opening": (
        "What the assistant says first",
        "After a sentence that it is an automated assistant, and the recording notice; both are always said.",
    ),
    "may": (
        "What it may do",
        "A name that the assistant knows, and where the call then goes: to a phone, a voicemail, or a text to the caller.",
    ),
    "most_turns": ("How often the caller speaks at most", ""),
    "most_seconds": ("Longest conversation with it, in seconds", ""),
    "most_cost": ("What its answers may cost in one call", "As its plugin reports it. Empty: no limit."),
    "silence_seconds": ("Seconds for which the caller may be silent", ""),
    "places": ("Places", "A country or state, like US or US-IL. The state counts before its country."),
    "cases": ("Cases", "The first that matches is used. All conditions of a case must match; * stands for anything."),
    "open": ("When open", ""),
    "closed": ("When closed", ""),
    "holiday": ("On public holidays", ""),
    "otherwise": ("Otherwise: leads to", ""),
    "busy": ("The phone is busy: leads to", ""),
    "no_answer": ("It rings and nobody takes the call: leads to", ""),
    "leave": ("After that key: leads to", ""),
    "unanswered": ("Nobody answers: leads to", "Also if a phone cannot be reached."),
    "source": ("Source", ""),
    "medium": ("Medium", ""),
    "campaign": ("Campaign", ""),
    "landing_page": ("First page of the visit", ""),
    "caller": ("Caller", ""),
    "tag": ("Has the tag", ""),
    "caller_list": ("On your list", "Like vip. Numbers are put on it under Spam."),
    "owner": ("Owner in the CRM", "As the CRM has told at an earlier call. * stands for anything."),
    "then": ("Leads to", ""),
    "notice": ("Recording notice", "Said before a conversation is recorded. Empty: this flow records nothing."),
    "refuse": ("Said after it where the law gives a choice", "The key is 9."),
    "end": (
        "Said after it if a key ends the recording at any time",
        "Like: Press 9 at any time to end the recording. The carrier must hear keys in a conversation: only a SIP trunk does.",
    ),
    "agree": ("Said after it where the law asks for consent", "The key is 1; without it nothing is recorded."),
}
"""Field → its label and its hint, in the order in which a form shows them."""
TARGETS = (
    "then", "open", "closed", "holiday", "otherwise", "busy", "no_answer", "unanswered", "leave", "to", "start", "box"
)  # fmt: skip
"""Fields that name a step."""
TO = Field(name="to", label="leads to", kind="choice", required=True)
PHONE = Field(name="phone", label="Phone", kind="phone", maximum=40)
WEIGHT = Field(name="weight", label="weight", kind="number", default=1)
HOURS = Field(name="hours", label="hours", kind="hours", default="closed", placeholder="closed")
MAPPING: Mapping[str, Any] = {"kind": "rows", "is_mapping": True}
KINDS: Mapping[str, Mapping[str, Any]] = {
    **{name: {"kind": "choice"} for name in TARGETS},
    "holiday": {"kind": "choice", "empty": "the same as closed"},
    "busy": {"kind": "choice", "empty": "as if nobody answers"},
    "no_answer": {"kind": "choice", "empty": "as if nobody answers"},
    "leave": {"kind": "choice", "empty": "nowhere"},
    "skills": {"kind": "rows", "columns": (Field(name="skill", label="Skill", maximum=32),), "add": "Add a skill"},
    "accept": {"choices": (("none", "at once"), ("key", "by pressing 1"))},
    "also": {"kind": "rows", "columns": (PHONE,), "add": "Add a phone"},
    "number": {"kind": "phone", "maximum": 40},
    "play": {"kind": "choice", "empty": "no file"},
    "hours": {"kind": "group", "columns": tuple(
        Field(name=day, label=name, kind="hours", maximum=100) for day, name in zip(DAYS, DAY_NAMES, strict=True)
    )},
    "holidays": {"kind": "choice", "empty": "No, the hours of the week count"},
    "keys": {**MAPPING, "columns": (Field(name="key", label="Key", maximum=200), TO), "add": "Add a key"},
    "zips": {**MAPPING, "columns": (Field(name="zip", label="ZIP code", maximum=5), TO), "add": "Add a ZIP code"},
    "ways": {**MAPPING, "columns": (Field(name="way", label="Name", maximum=32), TO), "add": "Add a way"},
    "may": {**MAPPING, "columns": (Field(name="way", label="Name", maximum=32), TO), "add": "Add a way"},
    "places": {**MAPPING, "columns": (Field(name="place", label="Place"), TO), "add": "Add a place"},
    "dates": {**MAPPING, "columns": (Field(name="day", label="Day", kind="date"), HOURS), "add": "Add a date",
              "wrong": "Choose each day, and write its hours like 9:00 am to 1:00 pm, or nothing if it is closed."},
    "numbers": {"kind": "rows", "columns": (PHONE,), "add": "Add a phone"},
    "tags": {"kind": "rows", "columns": (Field(name="tag", label="Tag", maximum=64),), "add": "Add a tag"},
    "cases": {"kind": "rows", "add": "Add a case"},
    "caller": {"choices": (("first_time", "first call"), ("repeat", "called before")), "empty": "any"},
}  # fmt: skip
"""Field → what its type does not say."""
WEIGHTED: Mapping[str, Any] = {**KINDS["numbers"], **MAPPING, "columns": (PHONE, WEIGHT)}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "title": said("Name", "As people know it, like Office hours.", required=False),
    "start": said("Calls begin at", kind="choice"),
    "forward": said("If anything is late or fails, this phone rings at once", "With the country's code, like +1 312 555 0142.",
                    kind="phone"),
    "language": said("Language", "Of what is spoken, like en-US or es-US. Empty: the carrier decides.", maximum=10),
    "recording.notice": said(*LABELS["notice"], name="notice", required=False),
    "recording.refuse": said(*LABELS["refuse"], name="refuse"),
    "recording.agree": said(*LABELS["agree"], name="agree"),
    "recording.end": said(*LABELS["end"], name="end"),
    "recording.seconds": said("Seconds to wait for that key", "From 2 to 10.", name="seconds"),
    "allow": said("May dial all the same", "Often used for fraud, so they are refused otherwise.",
                  choices={"premium": "Premium-rate numbers", "satellite": "Satellite and worldwide numbers"}),
}  # fmt: skip


@cache
def fields_of_step(do: str) -> tuple[Field, ...]:
    """The fields of a step of one kind, without its name; its ways out come last."""
    fields = _fields(STEP_TYPES[do])
    if do == "round_robin":
        return tuple(replace(each, **WEIGHTED) if each.name == "numbers" else each for each in fields)
    if do == "attribution_route":
        return tuple(replace(each, columns=_fields(Case)) if each.name == "cases" else each for each in fields)
    return fields


def fields_of_flow() -> tuple[Field, ...]:
    """The fields of what holds for every step."""
    return fields_of(Flow, SETTINGS)


def with_choices(
    fields: Iterable[Field],
    values: Values,
    steps: Iterable[str],
    audio: Sequence[tuple[str, str]] = (),
    *,
    voicemail: str = "",
    places: Sequence[tuple[str, str]] = (),
) -> tuple[Field, ...]:
    """The fields with the steps, the files and the places with public holidays that can be chosen; a step that a form names
    and that is not there too. `voicemail` is the name of a step that is made if it is chosen."""
    new = [(voicemail, "Voicemail, a new step")] if voicemail else []
    known = [*((name, name) for name in steps), *new, (END, "end of the call")]

    def chosen(field: Field, name: str) -> Field:
        if field.name == "play":
            return replace(field, choices=tuple(audio))
        if field.name == "holidays":
            return replace(field, choices=tuple(places))
        if field.name not in TARGETS:
            return replace(field, columns=tuple(chosen(column, field.input(column)) for column in field.columns))
        lost = [text for text in dict.fromkeys(values.get(name, ())) if text and text not in dict(known)]
        return replace(field, choices=(*known, *((text, f"{text} (is not there)") for text in lost)))

    return tuple(chosen(field, field.name) for field in fields)


def _fields(model: type[BaseModel]) -> tuple[Field, ...]:
    keys = known_keys(model, ())
    words = {name: said(*LABELS[name], **KINDS.get(name, {})) for name in LABELS if name in keys}
    return fields_of(model, words)
