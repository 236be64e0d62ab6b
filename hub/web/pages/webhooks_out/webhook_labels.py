"""How the pages of webhooks name what they show."""

from __future__ import annotations

HEALTH = {
    "unused": ("", "Nothing sent yet"),
    "working": ("good", "Working"),
    "retrying": ("warn", "Trying again"),
    "failing": ("bad", "Takes nothing"),
    "paused": ("bad", "Gone"),
    "disabled": ("held", "Disabled"),
}
STATES = {
    "ready": ("", "Due"),
    "leased": ("live", "Being sent"),
    "waiting": ("", "Waiting its turn"),
    "delivered": ("good", "Taken"),
    "held": ("held", "Held"),
    "dropped": ("", "Nothing to send"),
    "dead": ("bad", "Set aside"),
    "quarantined": ("bad", "In quarantine"),
}
TABS = ((None, "All"), ("dead", "Set aside"), ("held", "Held"), ("delivered", "Taken"))
AGAIN = {
    "tried": ("Being tried again", ("ready", "waiting"), True),
    "dead": ("Set aside", ("dead",), True),
    "held": ("Held for privacy", ("held",), False),
    "dropped": ("Nothing to send", ("dropped",), False),
    "delivered": ("Taken", ("delivered",), False),
}
"""Which events of a range are sent again: the words, their states, and whether they are chosen at first."""
TYPES = {
    "pre_call": "A call comes in",
    "call_routing_complete": "It is known where a call went",
    "post_call": "A call is over",
    "call_modified": "A call changed afterwards",
    "outbound_post_call": "A call placed here is over",
    "text_received": "A text came",
    "text_sent": "A text went out",
    "form": "A form was sent",
}
NOTICES = {"person_erased": "A person was erased", "person_opted_out": "A person opted out"}
FORMATS = {"standard": "Ringfence (Standard Webhooks)", "callrail": "CallRail"}
ROLES = {"processor": "Works for the company", "independent_controller": "Decides itself what it does with it"}
THIRD_PARTY = (
    "It decides for itself what it does with the data, so it is a third party: what it gets is a sale or sharing, and your "
    "public data map says so. It gets nothing about people who opted out or whose browser sends Global Privacy Control, and in "
    "places that ask for a yes only about people who gave it."
)
WITHHELD = {
    "phone_number": "Phone numbers",
    "name": "Names",
    "email": "Email addresses",
    "place": "Where people are",
    "pages": "Pages that they saw",
    "click_ids": "Click ids",
    "recording": "Links to recordings",
    "transcript": "Transcripts",
    "message": "What texts say",
    "fields": "What forms say",
    "notes": "Notes",
}
