"""What CallRail's API takes and this one does not: the rows of the table in `hub docs callrail-api`, by which requests are
refused. A test sends each row's example and compares the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import HTTPException

from hub.errors import CannotDo, NotFound
from hub.web.callrail.request import FALSE, CallRailRequest
from hub.web.callrail.resource import ANY_ROLE, Answer, Endpoint, Method

Outcome = Literal["400", "403", "404", "ignored", "null"]
ANY: tuple[str, ...] = ()
ON = ("true", "1", "yes", "t")


@dataclass(frozen=True)
class NotTaken:
    """One row. `member` is of the body, with dots, or for GET the parameter; without one the whole request is refused."""

    method: Method
    path: str
    member: str
    why: str
    """One sentence, which the client gets unless the member is ignored or null."""
    values: tuple[str, ...] = ANY
    """The values that are refused; `ANY` for whatever is given."""
    outcome: Outcome = "400"
    is_checked_first: bool = True
    """False: what else is sent decides too, so the function of the endpoint refuses it."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """What a test sends besides, if the request needs more to come so far."""

    @property
    def request(self) -> str:
        """The method and the path."""
        return f"{self.method} {self.path}"

    def is_sent(self, request: CallRailRequest) -> bool:
        """Whether a request has the member with a value that is refused."""
        found: object = request.parameters if self.method == "GET" else request.body
        for key in self.member.split("."):
            found = found.get(key) if isinstance(found, Mapping) else None
        if self.values:
            return str(found).casefold() in self.values
        return bool(found) and str(found).casefold() not in FALSE

    def refusal(self) -> Exception:
        """The error that the client gets."""
        if self.outcome == "403":
            return HTTPException(403, self.why)
        return NotFound(self.why) if self.outcome == "404" else CannotDo(self.why)


def both(path: str) -> tuple[tuple[Method, str], ...]:
    """The requests that make something and change it."""
    return ("POST", path), ("PUT", f"{path}/{{id}}")


def refuse(endpoint: Endpoint, request: CallRailRequest) -> None:
    """Raise the refusal of the first row that a request meets."""
    for row in BY_REQUEST.get((endpoint.method, endpoint.path), ()):
        if row.is_sent(request):
            raise row.refusal()


NO_FUNCTION = "Ringfence has no such function."
FORMS_ALWAYS = "The forms of a company's sites are captured by its script; they cannot be switched by the API."
NO_GREETING = "A call that you place has no greeting; leave outbound_greeting_text and its recording out."
NO_RECORDED_GREETING = "A greeting is spoken from call_flow.greeting_text; a recording of it cannot be sent by the API."
NO_TRIGGERS = "What a webhook gets is set at the webhook, and what becomes a conversion by conversions: in config.yaml."
BY_SCRIPT = "The page script swaps numbers by the visit, whatever the library of the page."
SCORES = ("callscore_enabled", "callscribe_enabled", "lead_scoring_enabled", "keyword_spotting_enabled")
NO_ANALYSIS = ("call_summary", "sentiment", "call_highlights", "keywords_spotted", "waveforms", "custom", "detail_tags")
UNKNOWN_CALLER = {"customer_phone_number": "+13125550177"}

NOBODY_CALLED = NotTaken(
    "POST", "calls", "customer_phone_number",
    "Nobody has called, written or sent a form to this company from that number, and Ringfence calls nobody who did not "
    "ask for it.", is_checked_first=False, example=UNKNOWN_CALLER,
)  # fmt: skip
NOBODY_WROTE = NotTaken(
    "POST", "text-messages", "customer_phone_number",
    "Nobody has called, written or sent a form to this company from that number, and Ringfence texts nobody who did not "
    "ask for it.", is_checked_first=False, example=UNKNOWN_CALLER,
)  # fmt: skip
BY_VISIT = NotTaken(
    "POST", "trackers", "source.type",
    "A source by landing page needs a tracker of type session: each visit says where it came from.",
    ("landing_url", "landing_params", "all"), is_checked_first=False, example={"source": {"type": "landing_url"}},
)  # fmt: skip
NO_CAP = NotTaken(
    "POST", "trackers", "tracking_number",
    "Programs buy numbers only below a cap: set what the account's numbers may cost a month on the page Numbers, or with "
    "hub numbers cap.", outcome="403", is_checked_first=False, example={"tracking_number": {"area_code": "312"}},
)  # fmt: skip
NO_COMPANIES = NotTaken(
    "POST", "users", "role",
    "companies is missing: a manager sees the companies that are named; send the role admin for all of them.",
    ("manager",), is_checked_first=False,
)  # fmt: skip
ONLY_OWN = NotTaken(
    "POST", "notifications", "email",
    "A key changes the notifications of its own user; leave user_id and email out, or use that user's key.",
    is_checked_first=False, example={"email": "other@agency.example.com"},
)  # fmt: skip
NOT_OURS = NotTaken(
    "POST", "caller_ids", "phone_number",
    "Only the company's tracking numbers are caller IDs here: a person who calls back must reach the company. That number "
    "is none of them.", is_checked_first=False, example={"phone_number": "+13125550199"},
)  # fmt: skip
ONE_ANSWER = NotTaken(
    "POST", "message-flows", "steps",
    "Ringfence answers an incoming text with one text: send one step of the type sms_response with its message.",
    is_checked_first=False, example={"steps": {"a": {"type": "tag"}}},
)  # fmt: skip

ROWS: tuple[NotTaken, ...] = (
    NotTaken("GET", "calls", "sort", "Names are encrypted with a key of each person, so no list is sorted by them.",
             ("customer_name",)),
    NotTaken("GET", "calls", "sort", "Calls are not sorted by source; group calls/summary by it.", ("source",)),
    NotTaken("GET", "calls", "fields", "Ringfence has no such analysis.", NO_ANALYSIS, "null"),
    NotTaken("GET", "calls", "fields", "Cookies of an analytics that has ended, which Ringfence never reads.",
             ("utma", "utmb", "utmc", "utmv", "utmz", "ga"), "null"),
    NotTaken("GET", "calls/{id}/transcription", "",
             "CallRail has it no longer either; ask for fields=transcription or conversational_transcript.", outcome="404"),
    NotTaken("POST", "calls", "recording_enabled",
             "Calls that you place are not recorded; leave recording_enabled out, or send false.", ON),
    NotTaken("POST", "calls", "outbound_greeting_text", NO_GREETING),
    NotTaken("POST", "calls", "outbound_greeting_recording_url", NO_GREETING),
    NOBODY_CALLED,
    *(NotTaken("PUT", "companies/{id}", each, NO_FUNCTION, ON) for each in SCORES),
    *(NotTaken("POST", "companies", each, NO_FUNCTION, outcome="ignored") for each in SCORES),
    *(NotTaken("PUT", "companies/{id}", f"swap_{each}", BY_SCRIPT, outcome="ignored")
      for each in ("exclude_jquery", "ppc_override", "landing_override")),
    NotTaken("PUT", "companies/{id}", "external_form_capture", FORMS_ALWAYS, (*ON, *FALSE)),
    NotTaken("POST", "companies/bulk_update", "external_form_capture", FORMS_ALWAYS, tuple(FALSE)),
    NotTaken("POST", "trackers", "call_flow.greeting_recording_url", NO_RECORDED_GREETING),
    NotTaken("PUT", "trackers/{id}", "call_flow.greeting_recording_url", NO_RECORDED_GREETING),
    NotTaken("POST", "trackers", "sms_enabled", "A number takes texts if its carrier can.", outcome="ignored"),
    NotTaken("PUT", "trackers/{id}", "disabled", "Send DELETE to disable a tracker.", ON),
    BY_VISIT,
    NO_CAP,
    *(NotTaken(method, path, "role", "No role here only gets notifications; send one that reads, like reporting.",
               ("notification",)) for method, path in both("users")),
    NotTaken("POST", "users", "password", "Users choose how they sign in, by the link that the answer has.", outcome="ignored"),
    NO_COMPANIES,
    NotTaken("POST", "text-messages", "media_urls", "Pictures are sent on the page Texts; leave media_urls out."),
    NOBODY_WROTE,
    NotTaken("GET", "webhooks", "", "CallRail has none either; webhooks are an integration.", outcome="404"),
    NotTaken("POST", "integrations", "type",
             "Only integrations of the type Webhooks can be made: Ringfence keeps no cookies but those that its connectors "
             "read.", ("custom",)),
    *(NotTaken(method, path, "config.updated_outbound_call_webhook",
               "Calls that you place are sent once, by post_outbound_call_webhook; they do not change later.")
      for method, path in both("integrations")),
    *(NotTaken(method, path, "", NO_TRIGGERS, outcome="403")
      for method, path in both("integration_triggers")),
    *(NotTaken(method, path, each, "Alerts are of whole companies here; leave tracker_id and agent_id out.")
      for method, path in both("notifications") for each in ("tracker_id", "agent_id")),
    ONLY_OWN,
    NOT_OURS,
    NotTaken("DELETE", "caller_ids/{id}", "",
             "A tracking number is a caller ID as long as its tracker has it; disable the tracker instead."),
    ONE_ANSWER,
)  # fmt: skip
BY_REQUEST = {
    request: tuple(
        row
        for row in ROWS
        if (row.method, row.path) == request and row.is_checked_first and row.outcome not in ("ignored", "null")
    )
    for request in {(row.method, row.path) for row in ROWS if row.member}
}
"""Method and path → the rows that are looked at before the endpoint's own function."""


def refusing(row: NotTaken) -> Endpoint:
    """The endpoint of a request that is refused as a whole; who may not write does not learn that."""

    def answer(request: CallRailRequest) -> Answer:
        raise row.refusal()

    return Endpoint(row.method, row.path, ANY_ROLE if row.method == "GET" else ("configure",), answer)


ENDPOINTS: Sequence[Endpoint] = tuple(refusing(row) for row in ROWS if not row.member)
