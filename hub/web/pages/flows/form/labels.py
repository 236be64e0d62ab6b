"""The labels and hints of the form's fields, in the order in which a form shows them."""

from __future__ import annotations

from collections.abc import Mapping

LABELS: Mapping[str, tuple[str, str]] = {
    "say": ("What the caller hears", "Spoken by the carrier's voice."),
    "play": ("Play a file instead", "WAV or MP3, in the folder of config.yaml. The text above must be empty then."),
    "text": ("The text", "Sent to the caller if the law and the caller's own word allow it."),
    "number": ("Phone that rings", "With the country's code, like +1 312 555 0142."),
    "numbers": ("Phones that ring", ""),
    "ring_seconds": ("Rings for, in seconds", ""),
    "record": ("Record the conversation where the law allows it", "The flow then needs a recording notice."),
    "whisper": (
        "Said only to the person who answers",
        "[source] stands for the source of the call. Empty: nothing is said.",
    ),
    "sticky": ("A known caller first reaches the phone that answered last time", ""),
    "tries": ("How many phones are tried", "One after the other."),
    "hours": ("Hours", "Like 8:00-17:00, or 9:00-12:00, 13:00-15:00. Empty: closed."),
    "time_zone": ("Time zone", "Like America/Chicago. Empty: the company's."),
    "holidays": ("Closed on the public holidays of", "A country or state, like US or US-MI. Empty: of none."),
    "dates": ("Special days", "They override everything else."),
    "seconds": ("Seconds to wait for a key", ""),
    "repeat": ("Said again", "How often, if the caller presses no listed key."),
    "longest": ("Longest message, in seconds", ""),
    "tags": ("Tags", ""),
    "keys": ("Keys", ""),
    "places": ("Places", "A country or state, like US or US-IL. The state counts before its country."),
    "cases": ("Cases", "The first that matches is used. All conditions of a case must match; * stands for anything."),
    "open": ("Open: leads to", ""),
    "closed": ("Closed: leads to", ""),
    "holiday": ("On public holidays: leads to", "Empty: the same as closed."),
    "otherwise": ("Otherwise: leads to", ""),
    "unanswered": ("Nobody answers: leads to", ""),
    "source": ("Source", ""),
    "medium": ("Medium", ""),
    "campaign": ("Campaign", ""),
    "landing_page": ("First page of the visit", ""),
    "caller": ("Caller", ""),
    "tag": ("Has the tag", ""),
    "then": ("Leads to", ""),
    "notice": ("Recording notice", "Said before a conversation is recorded. Empty: this flow records nothing."),
    "refuse": ("Said after it where the law gives a choice", "The key is 9."),
    "end": (
        "Said after it if a key ends the recording at any time",
        "Like: Press 9 at any time to end the recording. The carrier must hear keys in a conversation: only a SIP trunk does.",
    ),
    "agree": ("Said after it where the law asks for consent", "The key is 1; without it nothing is recorded."),
}
"""Field → its label and its hint."""
ROW_LABELS: Mapping[str, str] = {
    "key": "Key",
    "to": "leads to",
    "place": "Place",
    "day": "Day",
    "hours": "hours, or closed",
    "phone": "Phone",
    "weight": "weight",
    "tag": "Tag",
}
CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "caller": (("first_time", "first call"), ("repeat", "called before")),
}
ADD_WORDS: Mapping[str, str] = {
    "keys": "Add a key",
    "places": "Add a place",
    "cases": "Add a case",
    "dates": "Add a day",
    "numbers": "Add a phone",
    "tags": "Add a tag",
}
"""List → the words of its button."""
DAY_NAMES: Mapping[str, str] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
