"""Telnyx' webhooks in both formats: which event a request reports, which answer it waits for, and its content.

TeXML sends forms, everything else is JSON. The body decides which, because the content type is not signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hub.api import BadPayload, Event, VerifiedWebhook, WebhookRequest
from plugins.carriers.telnyx import forms, notices
from plugins.carriers.telnyx.forms import Form
from plugins.carriers.telnyx.notices import Notice
from plugins.carriers.telnyx.settings import TelnyxSettings

MAX_EVENT_KEY_CHARACTERS = 200


def is_json(request: WebhookRequest) -> bool:
    """Whether the body is a JSON event."""
    return request.body.lstrip()[:1] in (b"{", b"[")


def verified(request: WebhookRequest) -> VerifiedWebhook:
    """A verified request's event and the point at which it waits. Content that makes no sense is named by its hash."""
    try:
        if is_json(request):
            return VerifiedWebhook(f"event:{Notice(request).id}")
        form = Form(request)
        key = forms.event_key(form)
        if len(key) <= MAX_EVENT_KEY_CHARACTERS:
            return VerifiedWebhook(key, forms.answer_point(form))
    except BadPayload:
        pass
    return VerifiedWebhook(f"sha256:{hashlib.sha256(request.body).hexdigest()}")


def events(request: WebhookRequest, settings: TelnyxSettings) -> Sequence[Event]:
    """The events in a request: one or none."""
    if is_json(request):
        found = notices.event(Notice(request), settings.base_url)
    else:
        found = forms.event(Form(request), settings.account_id, settings.base_url)
    return [found] if found else []
