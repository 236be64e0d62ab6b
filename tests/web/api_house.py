"""Two accounts with users of every role and something of each kind, and the matrix of what the API lets each role do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import count
from typing import Any

from sqlmodel import select
from starlette.testclient import TestClient
from testbed import TestHub, company
from webhook_stage import accounts_with

from hub.access.keys import new_api_key
from hub.access.narrowing import to_account
from hub.access.permissions import ROLES
from hub.access.users import add_user
from hub.model import (
    Account,
    CallerRule,
    Company,
    Delivery,
    DoubtfulRefusal,
    Greeting,
    Note,
    Person,
    Recording,
    ReportSubscription,
    SavedView,
    TagDefinition,
    TextMessage,
    TrackingNumber,
    TranscriptRow,
    User,
    WebhookEndpoint,
)
from hub.privacy_requests.steps import open_request
from hub.texts.bodies import seal_body
from hub.web.api import create_api

Factory = Callable[..., TestHub]
DESK, RIVALS_DESK = "+13125550190", "+13125550199"
RIVAL = "+13145550120"
CRM = {"name": "crm", "url": "https://hooks.example.com/", "use": "essential.service.operations"}
AGENCY = accounts_with(CRM)
AGENCY[0]["companies"][1]["webhooks"] = [CRM]
TWO_ACCOUNTS = [
    *AGENCY,
    {
        "name": "rival",
        "title": "Rival",
        "companies": [{**company("southside", ("+13145550100",), RIVAL), "webhooks": [CRM]}],
    },
]
ALLOWED = {
    "GET /companies": {"owner", "admin", "marketer", "receptionist", "privacy_officer"},
    "GET /numbers": {"owner", "admin", "marketer"},
    "GET /waiting-callers": {"owner", "admin", "marketer", "receptionist", "agent"},
    "GET /queues": {"owner", "admin", "marketer", "receptionist", "agent"},
    "PUT /queues/{company_id}/agents": {"owner", "admin", "marketer", "receptionist", "agent"},
    "GET /calls": {"owner", "admin", "marketer", "receptionist", "agent"},
    "GET /calls/{call_id}": {"owner", "admin", "marketer", "receptionist", "agent"},
    "POST /calls/{call_id}/lead": {"owner", "admin", "marketer", "receptionist", "agent"},
    "POST /calls/{call_id}/tags": {"owner", "admin", "marketer", "receptionist", "agent"},
    "POST /calls/{call_id}/notes": {"owner", "admin", "marketer", "receptionist", "agent"},
    "GET /calls/{call_id}/marks": {"owner", "admin", "marketer", "receptionist", "agent"},
    "POST /calls/{call_id}/spam": {"owner", "admin", "marketer", "receptionist", "agent"},
    "POST /calls/{call_id}/name": {"owner", "admin", "marketer", "receptionist", "agent"},
    "DELETE /calls/{call_id}/tags/{tag}": {"owner", "admin", "marketer", "receptionist", "agent"},
    "DELETE /calls/{call_id}/notes/{note_id}": {"owner", "admin", "marketer", "receptionist", "agent"},
    "POST /calls/{call_id}/texts": {"owner", "admin", "receptionist"},
    "POST /calls/{call_id}/call_backs": {"owner", "admin", "receptionist"},
    "POST /calls/{call_id}/called_back": {"owner", "admin", "receptionist"},
    "GET /calls/{call_id}/call_backs": {"owner", "admin", "receptionist"},
    "POST /calls/{call_id}/refusals": {"owner", "admin", "receptionist"},
    "GET /calls/{call_id}/refusals": {"owner", "admin", "receptionist"},
    "GET /calls/{call_id}/deliveries": {"owner", "admin", "marketer"},
    "GET /deliveries": {"owner", "admin", "marketer"},
    "GET /forms": {"owner", "admin", "marketer", "receptionist", "agent"},
    "POST /deliveries/{delivery_id}/replay": {"owner", "admin", "marketer"},
    "POST /texts/{text_id}/archive": {"owner", "admin", "receptionist"},
    "GET /tags": {"owner", "admin", "marketer", "receptionist", "privacy_officer"},
    "POST /tags": {"owner", "admin"},
    "POST /tags/{tag_id}": {"owner", "admin"},
    "DELETE /tags/{tag_id}": {"owner", "admin"},
    "GET /leads": {"owner", "admin", "marketer", "receptionist", "agent"},
    "GET /visits": {"owner", "admin", "marketer"},
    "GET /texts": {"owner", "admin", "marketer", "receptionist"},
    "GET /texts/{text_id}/body": {"owner", "admin", "receptionist"},
    "POST /recordings/{recording_id}/link": {"owner", "admin", "agent"},
    "POST /calls/{call_id}/recording/end": {"owner", "admin", "receptionist", "agent"},
    "GET /recordings/{recording_id}/transcript": {"owner", "admin", "agent"},
    "GET /reports/companies": {"owner", "admin", "marketer"},
    "GET /reports/agents": {"owner", "admin", "marketer"},
    "GET /reports/weeks": {"owner", "admin", "marketer"},
    "GET /reports/hours": {"owner", "admin", "marketer"},
    "GET /reports/signals": {"owner", "admin", "marketer"},
    "GET /reports/trackers": {"owner", "admin", "marketer"},
    "GET /reports/weekdays": {"owner", "admin", "marketer"},
    "GET /reports/{company}/{dimension}": {"owner", "admin", "marketer"},
    "GET /reports/{company}/costs": {"owner", "admin", "marketer"},
    "GET /saved-reports": {"owner", "admin", "marketer"},
    "POST /saved-reports/{report_id}/send": {"owner", "admin", "marketer"},
    "GET /report-emails": {"owner", "admin", "marketer"},
    "POST /report-emails/{email_id}/send": {"owner", "admin", "marketer"},
    "GET /consent": {"owner", "admin", "privacy_officer"},
    "GET /doubtful_refusals": {"owner", "admin", "privacy_officer"},
    "POST /doubtful_refusals/{doubt_id}": {"owner", "admin", "privacy_officer"},
    "GET /requests": {"owner", "privacy_officer"},
    "GET /requests/{request_id}": {"owner", "privacy_officer"},
    "GET /requests/{request_id}/file": {"owner", "privacy_officer"},
    "GET /audit": {"owner", "auditor"},
    "GET /trackers": {"owner", "admin", "marketer"},
    "POST /trackers": {"owner", "admin"},
    "POST /trackers/{tracker_id}": {"owner", "admin"},
    "DELETE /trackers/{tracker_id}": {"owner", "admin"},
    "POST /numbers": {"owner", "admin"},
    "POST /numbers/{number_id}/rest": {"owner", "admin"},
    "DELETE /numbers/{number_id}": {"owner", "admin"},
    "GET /greetings": {"owner", "admin", "marketer"},
    "POST /greetings": {"owner", "admin"},
    "GET /greetings/{greeting_id}/sound": {"owner", "admin", "marketer"},
    "PUT /greetings/{greeting_id}/sound": {"owner", "admin"},
    "DELETE /greetings/{greeting_id}": {"owner", "admin"},
    "GET /caller-lists": {"owner", "admin", "marketer"},
    "POST /caller-lists": {"owner", "admin", "marketer"},
    "DELETE /caller-lists/{entry_id}": {"owner", "admin", "marketer"},
    "GET /webhooks": {"owner", "admin", "marketer"},
    "GET /webhooks/{webhook_id}/events": {"owner", "admin", "marketer"},
    "POST /webhooks/{webhook_id}/replay": {"owner", "admin", "marketer"},
}
"""Written by hand and not read from the product: a route that is not here fails, and so does a role too many."""

MP3 = b"ID3\x04\x00" + bytes(100)
BODIES: dict[str, Any] = {
    "POST /trackers/{tracker_id}": {"title": "Mailer"},
    "POST /calls/{call_id}/lead": {"status": "qualified", "amount": "240"},
    "POST /calls/{call_id}/tags": {"name": "roof"},
    "POST /calls/{call_id}/notes": {"text": "Wants a quote"},
    "POST /calls/{call_id}/spam": {"spam": True},
    "POST /calls/{call_id}/name": {"name": "Pat Doe"},
    "POST /calls/{call_id}/texts": {"text": "We call you back.", "later": True},
    "POST /calls/{call_id}/call_backs": {"phone": "+13125550191"},
    "POST /calls/{call_id}/called_back": {},
    "POST /calls/{call_id}/refusals": {"refused": "calls"},
    "POST /doubtful_refusals/{doubt_id}": {"decision": "keep"},
    "POST /deliveries/{delivery_id}/replay": {},
    "POST /texts/{text_id}/archive": {"archived": True},
    "POST /tags/{tag_id}": {"color": "green2"},
    "PUT /queues/{company_id}/agents": {"agent": "Ana", "state": "break"},
    "POST /greetings": MP3,
    "PUT /greetings/{greeting_id}/sound": MP3,
    "POST /webhooks/{webhook_id}/replay": {"since": "2026-11-24T00:00:00Z", "until": "2026-11-25T00:00:00Z"},
}
OF_SETUP = {
    "POST /trackers", "POST /trackers/{tracker_id}", "DELETE /trackers/{tracker_id}",
    "POST /numbers", "POST /numbers/{number_id}/rest", "DELETE /numbers/{number_id}",
}  # fmt: skip
"""What the hub of the house answers with 409: it has no config.yaml, no cap, and its numbers are all in use."""
OF_WHOLE_ACCOUNT = {
    "GET /audit", "POST /greetings", "PUT /greetings/{greeting_id}/sound", "DELETE /greetings/{greeting_id}",
    "POST /tags", "POST /tags/{tag_id}", "DELETE /tags/{tag_id}", *OF_SETUP,
}  # fmt: skip
"""What no user who is limited to companies may do."""
NEW_NAMES = (f"tag {number}" for number in count())


@dataclass
class House:
    """Two accounts, each with a call, a text and a recording, and a user of every role in the first."""

    stage: TestHub
    keys: dict[str, str]
    mine: dict[str, str]
    theirs: dict[str, str]

    @cached_property
    def _api(self) -> Any:
        return create_api(self.stage.hub, self.stage.live)

    def api(self, narrow: Any = to_account) -> Any:
        """As it is for all requests of a process; with another filter, one of its own."""
        return self._api if narrow is to_account else create_api(self.stage.hub, self.stage.live, narrow)

    def get(
        self, path: str, role: str = "owner", method: str = "GET", api: Any = None, body: Any = None, **query: Any
    ) -> Any:
        headers = {"authorization": f"Bearer {self.keys[role]}"}
        sent: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        return TestClient(api or self.api()).request(method, path, headers=headers, params=query, **sent)

    def user(self, role: str) -> User:
        return self.stage.one(User, name=role.replace("_", "-"))


def fill(stage: TestHub, number: str) -> dict[str, str]:
    call = stage.call_in(number=number)
    now, later = stage.clock(), stage.clock() + timedelta(days=90)
    with stage.hub.store.writing() as session:
        text = TextMessage(
            connector="carrier", company_id=call.company_id, tracking_number=number, person_number="+13125550142",
            body=None, at=now, due_at=now, state="done", expires_at=later,
        )  # fmt: skip
        text.body = seal_body(stage.hub.vault, session, text.company_id, text.person_number, text.id, "My sink leaks")
        recording = Recording(
            connector="carrier", carrier_recording_id=f"RE{number}", call_id=call.id, recorded_at=now, due_at=now,
            state="stored", path=f"{number[1:]}.sealed", stored_at=now, expires_at=later,
        )  # fmt: skip
        account_id = session.get_one(Company, str(call.company_id)).account_id
        note = Note(company_id=str(call.company_id), subject_id=call.id, made_at=now, made_by="x", expires_at=later)
        offered = TagDefinition(
            account_id=account_id, company_id=call.company_id, name=f"of {number}", color="red1", made_at=now,
            made_by="x",
        )  # fmt: skip
        sent = Delivery(
            connector="network", hook="upload_conversions", dedup_key=f"{number}:new", item_key=number,
            subject_id=call.id, company_id=call.company_id, state="dead", due_at=now, made_at=now,
        )  # fmt: skip
        doubt = DoubtfulRefusal(
            id=text.id, company_id=str(call.company_id), subject_id=text.id, source="text", refused="texts",
            person_number="+13125550142", at=now, decide_by=later, expires_at=later,
        )  # fmt: skip
        other = session.exec(select(User).where(User.account_id == account_id)).first()
        owner = other or add_user(session, session.get_one(Account, account_id), f"owner{number[1:]}", "owner", now)
        about: dict[str, Any] = {
            "account_id": account_id,
            "user_id": owner.id,
            "company_id": call.company_id,
            "made_at": now,
        }
        saved = SavedView(page="reports/trend", name=f"of {number}", query="period=30d", shared=True, **about)
        mailed = ReportSubscription(
            report="trend", query="period=30d", every="weekly", hour=7, time_zone="UTC", email=f"{number[1:]}@example.com",
            **about,
        )  # fmt: skip
        greeting = Greeting(
            company_id=str(call.company_id), name=f"of {number}", suffix="mp3", audio=MP3, made_at=now
        )  # fmt: skip
        listed = CallerRule(
            account_id=account_id, company_id=call.company_id, kind="vip", pattern=number, made_at=now, made_by=owner.id,
            expires_at=later,
        )  # fmt: skip
        session.add_all([text, recording, note, offered, sent, doubt, saved, mailed, greeting, listed])
        session.flush()
        session.add(
            TranscriptRow(recording_id=recording.id, connector="x", language="en", due_at=now, expires_at=later)
        )
        assert call.company_id is not None
        asks = session.get_one(Company, call.company_id)
        request = open_request(session, stage.hub, asks, "access", actor="x", channel="phone", phone="+13125550142")
        name, request_id = asks.name, request.id
        more = {"greeting_id": greeting.id, "entry_id": listed.id}
    stage.say(stage.one(Person, id=call.person_id), "given", "marketing", evidence="form 1")
    webhook = stage.one(WebhookEndpoint, company_id=call.company_id)
    return {
        "call_id": call.id, "text_id": text.id, "recording_id": recording.id, "company": name, "dimension": "source",
        "company_id": str(call.company_id), "request_id": request_id, "note_id": note.id, "tag_id": offered.id,
        "delivery_id": sent.id, "tag": "roof", "doubt_id": doubt.id, "report_id": saved.id, "email_id": mailed.id,
        "webhook_id": webhook.id, "tracker_id": str(call.tracker_id),
        "number_id": stage.one(TrackingNumber, number=number).id, **more,
    }  # fmt: skip


def furnish(stage: TestHub) -> House:
    keys = {}
    with stage.hub.store.writing() as session:
        agency = session.exec(select(Account).where(Account.name == "agency")).one()
        for role in ROLES:
            phones = [DESK] if role == "agent" else []
            user = add_user(session, agency, role.replace("_", "-"), role, stage.clock(), phone_numbers=phones)
            keys[role] = new_api_key(session, user, stage.clock())
    return House(stage, keys, fill(stage, "+13125550120"), fill(stage, RIVAL))


def sent(house: House, path: str, body: Any, key: str | None, role: str = "owner", method: str = "POST") -> Any:
    headers = {"authorization": f"Bearer {house.keys[role]}"} | ({"idempotency-key": key} if key else {})
    return TestClient(house.api()).request(method, path, headers=headers, json=body)
