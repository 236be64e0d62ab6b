"""Examples for the OpenAPI document: one value for each name of a field or parameter, put together as the schemas say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EXAMPLES: Mapping[str, Any] = {
    "request_id": "req_5f0c1c8ad2d94b6e8f3a7b21",
    # Ids
    "id": "01936c5e-8a40-7c3e-9f21-6b7d0e2a4c18", "call_id": "01936c5e-8a40-7c3e-9f21-6b7d0e2a4c18",
    "company_id": "01936c00-1f2b-7a4d-8c55-90ab12cd34ef", "subject_id": "01936c5e-8a40-7c3e-9f21-6b7d0e2a4c18",
    "delivery_id": "01936c5f-02aa-7b1c-a6d0-3f4e5d6c7b8a", "doubt_id": "01936c60-77de-7f00-b3c4-2a1b0c9d8e7f",
    "email_id": "01936c61-5b3a-7e22-8d9f-1c2d3e4f5a6b", "note_id": "01936c62-9c4d-7d11-9e8f-7a6b5c4d3e2f",
    "person_id": "01936c63-0d1e-7c99-a1b2-c3d4e5f60718", "recording_id": "01936c64-3e5f-7bd8-8f7e-6d5c4b3a2918",
    "report_id": "01936c65-7a8b-7ac7-9d0c-1e2f3a4b5c6d", "tag_id": "01936c66-bc9d-79b6-8e1f-2a3b4c5d6e7f",
    "text_id": "01936c67-f0e1-78a5-9f2e-3b4c5d6e7f80", "undo": None, "who": "01936c68-1223-7794-a03d-4c5d6e7f8091",
    "actor": "01936c68-1223-7794-a03d-4c5d6e7f8091", "subject": "01936c5e-8a40-7c3e-9f21-6b7d0e2a4c18",
    "by": "01936c68-1223-7794-a03d-4c5d6e7f8091", "CostReport.by": "source",
    # Times
    "at": "2026-11-24T15:04:05Z", "started_at": "2026-11-24T15:04:05Z", "answered_at": "2026-11-24T15:04:17Z",
    "ended_at": "2026-11-24T15:07:40Z", "made_at": "2026-11-24T15:10:00Z", "recorded_at": "2026-11-24T15:04:17Z",
    "decided_at": "2026-11-24T15:04:05Z", "overruled_at": None, "due_at": "2026-11-24T15:10:00Z",
    "finished_at": "2026-11-24T15:10:02Z", "received_at": "2026-11-24T15:04:05Z", "deadline": "2027-01-08T23:59:59Z",
    "closed_at": None, "decide_by": "2026-12-01T15:04:05Z", "stated_at": "2026-11-24T15:04:05Z", "lapses_at": None,
    "expires_at": "2026-11-24T15:19:05Z", "not_before": "2026-11-25T14:00:00Z", "last_at": "2026-11-23T13:00:00Z",
    "since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z", "first": "2026-11-01", "last": "2026-11-30",
    "next": "WzAsIjIwMjYtMTEtMjRUMTU6MDQ6MDUrMDA6MDAiLCIwMTkzNmM1ZSJd",
    # People and numbers
    "tracking_number": "+13125550120", "caller_number": "+13125550142", "person_number": "+13125550142",
    "phone_number": "+13125550142", "number": "+13125550142", "Visit.number": "+13125550120", "phone": "+13125550190",
    "answered_by": "+13125550100", "answered_device": None, "caller_name": "Pat Doe", "email": "pat@example.com",
    "NameBody.name": "Pat Doe", "Lead.name": "Pat Doe", "DoubtfulRefusal.who": "+13125550142",
    # Companies, trackers, sources
    "company": "lakeside", "Company.name": "lakeside", "title": "Lakeside Plumbing", "time_zone": "America/Chicago",
    "CompanyFigures.title": "Lakeside Plumbing",
    "tracker": "website", "source": "google", "medium": "cpc", "campaign": "emergency-plumbing", "keyword": "plumber near me",
    "landing_page": "https://lakeside.example.com/", "click_ids[]": "gclid", "rule": "click_id", "dimension": "source",
    "value": "google / cpc", "spend_of": "google / cpc", "names[]": "emergency-plumbing", "model": "last",
    "DoubtfulRefusal.source": "text", "PrivacyRequestDetail.rule": "us-ca", "LeadRecipient.rule": "qualified-lead",
    "Number.id": "01936c6a-3445-7572-825f-6e7f8091a2b3", "Number.number": "+13125550120", "Number.type": "session",
    "tracker_title": "Website", "carrier": "twilio", "flow": "route", "Number.state": "in_use", "Number.calls": 12,
    "last_call_at": "2026-11-24T15:04:05Z", "retired_at": None, "WaitingCaller.missed": 2, "WaitingCaller.voicemail": True,
    "first_missed_at": "2026-11-24T15:04:05Z", "last_missed_at": "2026-11-24T16:10:00Z", "total": 1,
    "Tracker.name": "website", "Tracker.type": "session", "Tracker.title": "Website", "Tracker.numbers[]": "+13125550120",
    "NewTrackerBody.title": "Spring mailer", "TrackerBody.title": "Spring mailer", "NewTrackerBody.numbers[]": "+13125550121",
    "tracker_id": "01936c6b-4556-7473-8a70-7081920a3b4c", "number_id": "01936c6a-3445-7572-825f-6e7f8091a2b3",
    "dial": "+13125550190", "area_code": "312", "toll_free": False, "NumberOrderBody.number": None,
    # Calls
    "duration": 215, "longer": 30, "shorter": 600, "voicemail": False, "first_time_caller": True, "spam": False,
    "failure": None, "outcome": "answered", "first_time": "yes", "confidence": 1.0, "Call.status": "completed",
    "CallDetail.status": "completed", "Recording.kind": "conversation", "Recording.state": "stored", "score": 12,
    "points": 12, "SpamReason.text": "First call from this number", "SpamScore.action": "none",
    "Signal.name": "booked", "Claim.name": "booked", "Insight.outcome": {"name": "booked", "confidence": 0.9, "lines": [2]},
    "signal": "booked", "is_outcome": True, "lines[]": 2, "summary": "A visit is booked.",
    "read_at": "2026-11-24T15:09:05Z",
    "agent": "+13125550190", "value_from": "100", "value_to": "1000", "weekday": 0,
    ".hour": "9-16", ".code": "hub.silence", ".state": "given", "Form.first_time": True,
    "known": "yes", "missed": "open", "consent": "allow", "Form.name": "Pat Doe",
    "person": "01936c63-0d1e-7c99-a1b2-c3d4e5f60718",
    # Queues
    "step": "line", "QueueWait.flow": "office", "QueueFigures.flow": "office", "QueueWait.state": "waits", "waited": 42,
    "QueueWait.agent": None, "QueueAgent.name": "Ana", "skills[]": "spanish", "doing": "free", "changed_by": "Ana",
    "missed_calls": False, "QueueSignBody.agent": "Ana", "QueueSignBody.state": "break", "came": 50, "in_time": 40,
    "QueueFigures.answered": 44, "called_back": 2, "abandoned": 2, "turned_away": 1, "left": 1, "failed": 0,
    "average_wait": 38, "longest_wait": 210,
    # Greetings and lists of callers
    "greeting_id": "01936c6c-5667-7364-9b81-8192a0b4c5d6", ".name": "Welcome", "Greeting.name": "Welcome",
    "file": "greeting:01936c6c-5667-7364-9b81-8192a0b4c5d6.wav", "sound": "wav", "seconds": 12, "played": True,
    "entry_id": "01936c6d-6778-7255-8c92-92a0b1c5d6e7", "list": "vip", "CallerEntryBody.number": "+13125550142",
    "CallerEntryBody.company_id": None, "CallerEntryBody.note": "", "CallerEntry.note": None, "made_by": "Ana",
    # Marks
    "status": "qualified", "lead": "qualified", "Lead.kind": "call", "amount": "240.00", "currency": "USD", "tag": "roof",
    "tags[]": "roof", "TagBody.name": "roof", "NewTagBody.name": "roof", "ChangedTagBody.name": "roofing",
    "TagDefinition.name": "roof", "color": "blue1", "enabled": True, "NoteBody.text": "Wants a quote for a new roof.",
    "NoteText.text": "Wants a quote for a new roof.", "goes_nowhere": None, "connector": "google_ads",
    "LeadRecipient.name": "Google Ads", "LeadRecipient.state": "goes", "LeadRecipient.reason": "",
    # Contact
    "TextBody.text": "Thanks for calling Lakeside Plumbing. When may we call you back?", "later": True,
    "QueuedText.status": "queued", "CallBack.status": "completed", "reason": None, "waits": False, "direction": "in",
    "purpose": None, "Text.status": "received", "body": "My sink leaks.", "archived": True, "refused": "texts",
    "said": "Please do not text me.", "words": "Please stop texting me.", "texts": "2026-11-24T15:04:05Z",
    "marketing": "2026-11-24T15:04:05Z", "calls": 40.0, "ContactRefusals.calls": None, "decision": "texts",
    "Decision.state": "stop",
    # Deliveries, recordings, consent, requests, audit log
    "hook": "upload_conversions", "Delivery.kind": "conversion", "Delivery.state": "delivered", "code": None,
    "ListedDelivery.kind": "conversion", "ListedDelivery.state": "delivered", "attempts": 1, "Attempt.number": 1,
    "result": "delivered", "Subject.kind": "call", "Subject.name": "Pat Doe", "PageView.url": "https://lakeside.example.com/drains",
    "PageView.title": "Drain cleaning",
    "url": "https://calls.example.com/recordings/01936c64-3e5f-7bd8-8f7e-6d5c4b3a2918/audio?user=u&expires=1795619945&signature=x",
    "Transcript.model": "small.en", "TranscriptPart.channel": "caller", "TranscriptPart.text": "My sink leaks.",
    "start": 0.4, "end": 1.9, "ConsentRecord.state": "given", "use": "marketing", "basis": "said", "channel": "phone",
    "PrivacyRequest.kind": "access", "PrivacyRequest.state": "open", "PrivacyRequestDetail.kind": "access",
    "PrivacyRequestDetail.state": "open", "places[]": "California", "action": "lead.mark", "detail": "qualified",
    # Webhooks
    "webhook_id": "01936c69-2334-7683-b14e-5d6e7f8091a2", "Webhook.name": "crm", "host": "hooks.example.com",
    "health": "failing", "failing_since": "2026-11-24T15:04:05Z", "Webhook.reason": "The endpoint answered 503.",
    "next_try_at": "2026-11-24T16:10:00Z", "waiting": 12, "dead": 0, "last_delivered_at": "2026-11-24T14:58:00Z",
    "type": "post_call", "WebhookEvent.state": "ready", "WebhookEvent.status": 503, "states[]": "dead", "events": 12,
    "WebhookEvent.reason": "The endpoint answered 503.",
    # Reports
    "calls_before": 32.0, "answered": 34.0, "leads": 12.0, "customers": 5.0, "clicks": 420, "impressions": 18_000,
    "won.*": "1200.00", "unassigned.*": "75.00", "amounts.*": "240.00", "numbers.*": 40.0, "cost": "600.00",
    "per_call": "15.0000", "per_lead": "50.0000", "per_customer": "120.0000", "on_spend": "2.0000", "calls_with_cost": "40",
    "leads_with_cost": "12", "customers_with_cost": "5", "won_with_cost": "1200.00", "delivered": 38, "held": 1, "rejected": 1,
    "RecordingEnd.held": False,
    "calls_by_week[]": 10, "report": "agents", "columns.*": "Calls", "SavedReport.name": "Monthly leads",
    "SavedReport.report": "trend", "query": "period=30d", "shared": True, "addresses": 1, "ReportEmail.report": "trend",
    "saved": "Monthly leads", "all_companies": False, "every": "weekly", "hour": 7, "stopped": None, "last_state": "sent",
    "last_reason": None, "limit": 50, "pages": 4,
}  # fmt: skip


def example_of(document: Mapping[str, Any], schema: Mapping[str, Any], name: str = "", owner: str = "") -> Any:
    """An example of a schema. `name` is that of the field or parameter, `owner` that of the schema that has it."""
    if "$ref" in schema:
        owner = schema["$ref"].rpartition("/")[2]
        return example_of(document, document["components"]["schemas"][owner], name, owner)
    for key in (f"{owner}.{name}", name):
        if key in EXAMPLES and schema.get("type") not in ("object", "array"):
            return EXAMPLES[key] if EXAMPLES[key] in schema.get("enum", [EXAMPLES[key]]) else schema["enum"][0]
    if "anyOf" in schema:
        return example_of(document, schema["anyOf"][0], name, owner)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    return _by_type(document, schema, name, owner)


def _by_type(document: Mapping[str, Any], schema: Mapping[str, Any], name: str, owner: str) -> Any:
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        if fields:
            return {each: example_of(document, inner, each, owner) for each, inner in fields.items()}
        inner = schema.get("additionalProperties")
        return (
            {KEYS.get(name, "key"): example_of(document, inner, f"{name}.*", owner)} if isinstance(inner, dict) else {}
        )
    if kind == "array":
        return [example_of(document, schema["items"], f"{name}[]", owner)]
    return {"integer": 0, "number": 0.0, "boolean": False, "null": None}.get(str(kind), f"MISSING {owner}.{name}")


KEYS: Mapping[str, str] = {
    "won": "USD", "unassigned": "USD", "amounts": "USD", "costs": "USD", "numbers": "calls", "columns": "calls",
    "lines[]": "calls",
}  # fmt: skip
"""The name of an object's field → a name that the object may have."""
