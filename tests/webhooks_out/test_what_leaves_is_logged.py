"""What a webhook's body says about a person is what the record of disclosures says, and what is withheld is nowhere in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_forms import keep_form
from recorder import Recorder, notice, tone
from testbed import CALLER, CONNECTORS, SHARED, TestHub, finished_call
from text_steps import queue, write_in
from webhook_receiver import Request, WebhookReceiver
from webhook_stage import WebhookStage

from hub.api import CallEvent
from hub.api.carriers import CallBackEvent
from hub.marks.notes import add_note
from hub.marks.tags import tag
from hub.model import Call, Disclosure, OutgoingCall, Recording, TranscriptRow, WebhookEvent
from hub.model.states import WebhookType
from hub.recordings.keep import fetch_due
from hub.recordings.transcripts import place_in
from hub.visits.forms import SentForm
from hub.webhooks_out.content import REMOVED, Content
from hub.webhooks_out.sample import send_test

NAME, EMAIL = "Quill Hartwin", "quill.hartwin@example.com"
SOMEBODY_ELSE = "773.555.0143"
OURS = {"+13125550120", "+13125550190", "+13125550100", "+13125550101", "+13125550102"}
CANARIES = {
    "zqnote": "user.content.private",
    "zqspoken": "user.content.private",
    "zqfield": "user.content.private",
    "zqtext": "user.telephony.message_body",
    "zqpage": "user.behavior.browsing_history",
    "zqclick": "user.advertising.click_id",
    NAME: "user.name",
    EMAIL: "user.contact.email",
}
"""Words that stand for a category: each is written where such data comes from."""
WITHHELD = ["phone_number", "email", "name"]


def plays(hub: Callable[..., TestHub], receiver: WebhookReceiver, tmp_path: Path, **own: Any) -> WebhookStage:
    """A person visits, calls, is recorded, writes, sends a form, is called back; everywhere they give numbers and addresses."""
    sending = WebhookStage.open(hub, receiver, connectors={**CONNECTORS, "carrier": Recorder}, **own)
    stage, scope = sending.stage, sending.owner()
    stage.carrier.kept["RE1"] = tone()
    shown = stage.visit(landing_page="https://lakeside.example.com/zqpage?gclid=Cj0KCQzqclick")
    notice(stage, "CA1", "announced", stage.clock())
    recorded = CallEvent(
        kind="recorded", call_id="CA1", at=stage.clock() + timedelta(seconds=95), recording_id="RE1",
        recording_url="https://carrier.example.com/RE1", recording_duration=2,
    )  # fmt: skip
    stage.tell(
        *finished_call("CA1", shown.number or SHARED, CALLER, True, 90, stage.clock(), caller_name=NAME), recorded
    )
    stage.flow()
    fetch_due(stage.hub)
    call = stage.one(Call)
    transcribe(stage, call, f"zqspoken this is {NAME}, my mail is {EMAIL} and my cell {SOMEBODY_ELSE}")
    sending.after(minutes=3)
    with stage.hub.store.writing() as session:
        tag(session, scope, call.id, f"again {SOMEBODY_ELSE}", stage.clock())
        add_note(session, scope, stage.hub.vault, call.id, f"zqnote ask (312) 555-0142 or {EMAIL}", stage.clock())
    write_in(stage, f"zqtext mail me at {EMAIL}")
    stage.flow()
    queue(stage, "zqtext we called 1-312-555-0142")
    stage.send_texts()
    fields = {"phone": SOMEBODY_ELSE, "your-email": EMAIL, "full_name": NAME, "message": "zqfield ring +1 312 555 0142",
              "next": "https://lakeside.example.com/?p=%2B1312%2D555%2D0142"}  # fmt: skip
    company = stage.directory.companies["lakeside"]
    page = "https://lakeside.example.com/zqpage"
    keep_form(stage.hub, company, SentForm(key="f1", fields=fields, page=page, visit_id=shown.visit_id))
    stage.flow()
    called_back(stage, scope.user.id)
    sending.after(minutes=3)
    return sending


def transcribe(stage: TestHub, call: Call, words: str) -> None:
    row = TranscriptRow(
        recording_id=stage.one(Recording).id, connector="ears", language="en", state="written", due_at=stage.clock(),
        expires_at=stage.clock() + timedelta(days=30),
    )  # fmt: skip
    said = json.dumps([{"start": 0.0, "end": 1.0, "text": words, "channel": "caller"}]).encode()
    with stage.hub.store.writing() as session:
        row.sealed = stage.hub.vault.seal(session, call.company_id, CALLER, call.id, said, place_in(row.id))
        session.add(row)


def called_back(stage: TestHub, user_id: str) -> None:
    now, key = stage.clock(), "01a21de8-0000-7000-8000-000000000001"
    stage.add(
        OutgoingCall(
            id=key, connector="carrier", company_id=stage.directory.companies["lakeside"].id, user_id=user_id,
            user_number="+13125550190", tracking_number=SHARED, person_number=CALLER, status="placed", state="accepted",
            made_at=now, placed_at=now, due_at=now, expires_at=now,
        )
    )  # fmt: skip
    stage.tell(CallBackEvent(key=key, call_id="CB1", leg="person", status="completed", at=now, duration=42))


def categories_in(request: Request) -> set[str]:
    """The categories in a body, found by the canaries and by the digits of the two numbers."""
    text = json.dumps(request.document, ensure_ascii=False)
    found = {category for word, category in CANARIES.items() if word.casefold() in text.casefold()}
    digits = re.sub(r"%2[BD]|[^0-9\"]", "", text)
    if "3125550142" in digits or "7735550143" in digits:
        found.add("user.contact.phone_number")
    data = request.document.get("data", request.document)
    recording = any(data.get(name) for name in ("recording_url", "recording", "recording_duration"))
    person = any(data.get(name) for name in ("person_id", "person_resource_id"))
    place = any(data.get(name) for name in ("country", "customer_country", "callercountry"))
    return {
        *found,
        *(["user.location.imprecise"] if place else []),
        "user.telephony.call_metadata",
        *(["user.telephony.recording"] if recording else []),
        *(["user.unique_id.pseudonymous"] if person else []),
    }


def delivered(sending: WebhookStage) -> Iterator[tuple[str, Request, Disclosure]]:
    """Each event that was delivered, with its body and its disclosure."""
    told = sorted(sending.stage.rows(Disclosure, connector="webhook/lakeside/crm"), key=lambda row: row.id)
    types = {each.id: each.type for each in sending.stage.rows(WebhookEvent)}
    assert len(told) == len(sending.receiver.received)
    for request, row in zip(sending.receiver.received, told, strict=True):
        yield types[request.headers["webhook-id"]], request, row


@pytest.mark.parametrize("withhold", [[], WITHHELD, ["fields", "notes", "transcript", "message"]])
@pytest.mark.parametrize("form", ["standard", "callrail"])
def test_the_categories_of_every_body_are_those_of_its_disclosure(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver, tmp_path: Path, form: str, withhold: list[str]
) -> None:
    sending = plays(lite_hub, receiver, tmp_path, format=form, withhold=withhold)
    seen = set()
    for kind, request, row in delivered(sending):
        assert set(row.categories) == categories_in(request), f"{kind}: {request.body.decode()}"
        seen.add(kind)
    assert seen == set(WebhookType)


@pytest.mark.parametrize("form", ["standard", "callrail"])
def test_numbers_addresses_and_names_that_are_withheld_stand_nowhere(
    lite_hub: Callable[..., TestHub], receiver: WebhookReceiver, tmp_path: Path, form: str
) -> None:
    plays(lite_hub, receiver, tmp_path, format=form, withhold=WITHHELD)
    for request in receiver.received:
        text = request.body.decode()
        digits = re.sub(r"\D", "", text.replace("%2B", "").replace("%2D", ""))
        assert "5550142" not in digits and "5550143" not in digits, text
        assert EMAIL not in text and "hartwin" not in text.casefold(), text
        assert "3125550120" in digits or "3125550100" in digits or b'"form' in request.body, "our own number stays"
    bodies = [request.body for request in receiver.received]
    for canary in ("zqnote", "zqspoken", "zqfield", "zqtext", REMOVED):
        assert any(canary.encode() in body for body in bodies), f"{canary} is not withheld"


def test_a_test_event_withholds_the_same(lite_hub: Callable[..., TestHub], receiver: WebhookReceiver) -> None:
    sending = WebhookStage.open(lite_hub, receiver, withhold=WITHHELD)
    send_test(sending.stage.hub, sending.endpoint(), "maria")
    assert b"0142" not in receiver.received[0].body and b"Kim" not in receiver.received[0].body


NUMBER = Content(frozenset({"+17735550143"}), frozenset({NAME}), frozenset({"+13125550120"}))
SEPARATORS = st.sampled_from(["", " ", "-", ".", " - ", ") ", "/", "\u00a0", "\u2011", "\u200b", "%20", "%2D"])


@given(
    st.sampled_from(["", "+1", "1", "+1 ", "001", "%2B1", "tel:"]), SEPARATORS, SEPARATORS,
    st.sampled_from(["", "ask ", "(", "https://x.example.com/?p="]), st.sampled_from(["", " ext 4", ".", ", please", '"']),
)  # fmt: skip
def test_a_persons_number_is_found_however_it_is_written(
    code: str, first: str, second: str, before: str, after: str
) -> None:
    text = f"{before}{code}773{first}555{second}0143{after}"
    clean = NUMBER.without({"deep": [text]}, ["phone_number"])["deep"][0]
    assert "0143" not in clean and NUMBER.parts_in(text) >= {"phone_number"} and not NUMBER.parts_in(clean), clean


@pytest.mark.parametrize("text", ["٧٧٣ ٥٥٥ ٠١٤٣", " ".join(reversed(NAME.split())), ", ".join(reversed(NAME.split()))])
def test_digits_of_other_scripts_and_a_name_with_the_family_name_first_are_found(text: str) -> None:
    clean = NUMBER.without(f"from {text}, today", WITHHELD)
    assert clean == f"from {REMOVED}, today" and NUMBER.parts_in(text) and not NUMBER.parts_in(clean)


@pytest.mark.parametrize(
    "text",
    ["2026-11-29T10:33:22.123Z", "2026-11-29 10:33", "11/29/2026", "019ac123-7735-7abc-8000-0123456789ab", "$1,250.00",
     "60601-1234", "call us: (312) 555-0120", "tel:+13125550120", "Suite 200, 5 W Lake St", "kim at example", "9-5"],
)  # fmt: skip
def test_dates_ids_amounts_and_the_businesss_own_number_stay(text: str) -> None:
    assert NUMBER.without(text, WITHHELD) == text and not NUMBER.parts_in(text)
