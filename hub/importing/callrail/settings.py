"""Settings at CallRail that are not brought over: each that is in use there is listed, with what to do instead.

Source: CallRail's API documentation, as `hub.callrail.fields` has it. `hub docs import-callrail` has the whole table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hub.importing.callrail.vocabulary import is_yes, text_of

OF_COMPANY: Mapping[str, str] = {
    "callscore_enabled": "CallScore rates its calls; here a person or a rule of conversions says which call is a lead",
    "lead_scoring_enabled": "its leads are qualified automatically; here a person or a rule of conversions does it",
    "callscribe_enabled": "its calls are transcribed; add a connector for transcription (hub docs recordings)",
    "keyword_spotting_enabled": "words are spotted in its calls; that is not brought over",
    "swap_ppc_override": "a paid visit replaces the source of earlier ones there; here each call says which visit led to it",
    "swap_landing_override": "a landing page replaces earlier sources there; here each call says which visit led to it",
    "form_capture": "its forms are captured there; hub snippet --forms prints the script that does it here",
}
"""A switch of a company → what to do if it is on."""
OF_LISTS: Mapping[str, tuple[str, str]] = {
    "notifications.json": (
        "notifications",
        "a notification is not brought over: each user chooses alerts on their page of alerts",
    ),
    "summary_emails.json": ("summary_emails", "a summary email is not brought over: subscribe to a report on its page"),
    "message-flows.json": ("message_flows", "a message flow is not brought over: write `texts:` (hub docs texts)"),
    "caller_ids.json": (
        "caller_ids",
        "an outbound caller id is not brought over: calls are placed from a tracking number",
    ),
}
"""A list of the account → its key in the answer, and what is said of each entry."""
INTEGRATION = "an integration is not brought over: add a connector, or a webhook of the company"


def switches_on(row: Mapping[str, object], switches: Mapping[str, str]) -> tuple[str, ...]:
    """What is to be said of the switches that are on."""
    return tuple(words for name, words in switches.items() if is_yes(row.get(name)) is True)


def lost_of_tracker(flow: Mapping[str, object], source: Mapping[str, object]) -> Iterator[str]:
    """What a tracker does there and cannot do here."""
    if flow.get("type") not in (None, "", "basic"):
        yield f"its call flow is of the type {text_of(flow.get('type'), 40)}: it only rings its destination here"
    if flow.get("greeting_recording_url"):
        yield "its greeting is a recording: write what it says, or name the file, in the route"
    landing = text_of(source.get("landing"), 200)
    if landing:
        yield "its landing pages: use a rule of sources (hub docs reports#where-a-visit-came-from)"
